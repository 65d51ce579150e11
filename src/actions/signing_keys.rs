//! Use cases of the keys that sign access tokens: a rotation stands in the audit trail. Must not
//! know how a key is made.

use super::audit_trail::{self, Deed};
use crate::app::Context;
use crate::store::WriteTx;
use crate::store::signing_keys::KeptKey;
use crate::store::snapshot::Record;

/// Notes that `key` takes the place of the others; at once if they are in other hands.
pub fn note_rotation(tx: &mut WriteTx<'_>, context: &Context, key: &KeptKey, is_at_once: bool) {
    let action = if is_at_once { "replace_compromised" } else { "rotate" };
    let after = Record::SigningKey(key, context.caller.party());
    audit_trail::note(tx, context, Deed { action, before: None, after });
}
