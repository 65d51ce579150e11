//! Use cases of clients: programs of a party that prove who they are with a secret (RFC 6749
//! section 2.3.1). Only an admin registers them. Two secrets are accepted while one takes the place
//! of the other.

use matching::date::Timestamp;
use matching::id::{ClientId, PartyId};
use matching::violation::Violations;

use super::audit_trail::{self, Deed};
use super::users::require_party;
use crate::app::Context;
use crate::caller::Scopes;
use crate::credentials::secret::{Secret, SecretHash};
use crate::error::Error;
use crate::store::clients::{self, Client, ClientSecret};
use crate::store::snapshot::Record;
use crate::store::{ReadTx, WriteTx};

/// The longest name of a client or user, in characters.
pub const MAX_NAME_CHARS: u64 = 100;
/// The longest life of a secret, in days.
pub const MAX_SECRET_DAYS: u32 = 730;
/// The longest time that the secret before is accepted beside a new one, in days.
pub const MAX_OVERLAP_DAYS: u32 = 90;
const DAY_SECONDS: i64 = 24 * 3600;

/// What is stated about a client.
#[derive(Debug, Clone)]
pub struct ClientCommand {
    /// The party that it acts for.
    pub party: PartyId,
    /// What people call it.
    pub name: String,
    /// The most that it may ask for.
    pub scopes: Scopes,
    /// How long its secret is accepted, in days.
    pub secret_days: u32,
}

/// How a secret takes the place of another.
#[derive(Debug, Clone, Copy)]
pub struct SecretRotation {
    /// How long the new secret is accepted, in days.
    pub secret_days: u32,
    /// How long the one before is still accepted, in days.
    pub overlap_days: u32,
}

/// A client, and until when its newest secret is accepted.
#[derive(Debug, Clone)]
pub struct ClientView {
    /// The client.
    pub client: Client,
    /// Its newest secret is accepted before that instant.
    pub expires_at: Timestamp,
}

/// Registers a client that proves itself with `secret`.
///
/// # Errors
/// Broken rules; [`Error::Forbidden`] unless the caller is an admin.
pub fn create(
    tx: &mut WriteTx<'_>,
    context: &Context,
    command: &ClientCommand,
    secret: &SecretHash,
) -> Result<ClientView, Error> {
    require_admin(context)?;
    let mut violations = Violations::default();
    violations.length(command.name.trim(), (1, MAX_NAME_CHARS), "/name");
    violations.range(command.secret_days.into(), (1, MAX_SECRET_DAYS.into()), "/secret_days");
    violations.into_result(())?;
    require_party(tx, command.party, &command.scopes)?;
    let client = Client {
        id: ClientId::new(context.moment.new_id()),
        party: command.party,
        name: command.name.trim().to_owned(),
        scopes: command.scopes.clone(),
        created_at: context.moment.now(),
        revoked_at: None,
        version: 1,
    };
    clients::insert(tx, &client)?;
    note(tx, context, "create", (None, &client));
    let expires_at = add_secret(tx, (context, client.id), secret, command.secret_days)?;
    Ok(ClientView { client, expires_at })
}

/// Gives a client another secret; the one before is accepted a while longer, older ones no more.
///
/// # Errors
/// Broken rules; [`Error::NotFound`], also of a client that was revoked; [`Error::Forbidden`].
pub fn rotate(
    tx: &mut WriteTx<'_>,
    context: &Context,
    (id, rotation): (ClientId, SecretRotation),
    secret: &SecretHash,
) -> Result<ClientView, Error> {
    require_admin(context)?;
    let SecretRotation { secret_days, overlap_days } = rotation;
    let mut violations = Violations::default();
    violations.range(secret_days.into(), (1, MAX_SECRET_DAYS.into()), "/secret_days");
    violations.range(overlap_days.into(), (0, MAX_OVERLAP_DAYS.into()), "/overlap_days");
    violations.into_result(())?;
    let client = living(tx, id)?.ok_or(Error::NotFound)?;
    clients::count_change(tx, id)?;
    let rotated = living(tx, id)?.ok_or(Error::NotFound)?;
    note(tx, context, "rotate_secret", (Some(&client), &rotated));
    let before = clients::secrets(tx, id)?.into_iter().next();
    clients::remove_secrets(tx, id)?;
    let overlap_end = context.moment.now().plus_seconds(days(overlap_days));
    if let Some(before) = before.filter(|_| overlap_days > 0) {
        let expires_at = before.expires_at.min(overlap_end);
        clients::insert_secret(tx, id, &ClientSecret { expires_at, ..before })?;
    }
    let expires_at = add_secret(tx, (context, id), secret, secret_days)?;
    Ok(ClientView { client: rotated, expires_at })
}

/// Tells a client apart from the service, for good: it gets no more tokens.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Forbidden`] unless the caller is an admin.
pub fn revoke(tx: &mut WriteTx<'_>, context: &Context, id: ClientId) -> Result<(), Error> {
    require_admin(context)?;
    let client = clients::find(tx, id)?.ok_or(Error::NotFound)?;
    clients::remove_secrets(tx, id)?;
    if clients::revoke(tx, id, context.moment.now())? {
        let revoked = clients::find(tx, id)?.ok_or(Error::NotFound)?;
        note(tx, context, "revoke", (Some(&client), &revoked));
    }
    Ok(())
}

fn note(
    tx: &mut WriteTx<'_>,
    context: &Context,
    action: &'static str,
    (before, after): (Option<&Client>, &Client),
) {
    let (before, after) = (before.map(Record::Client), Record::Client(after));
    audit_trail::note(tx, context, Deed { action, before, after });
}

/// The client that says it is `id` and proves it with `secret` at `now`.
///
/// # Errors
/// Whatever the database says.
pub fn authenticate(
    tx: &mut ReadTx<'_>,
    now: Timestamp,
    (id, secret): (&str, &Secret),
) -> Result<Option<Client>, Error> {
    let Ok(id) = id.parse() else { return Ok(None) };
    let Some(client) = living(tx, id)? else { return Ok(None) };
    let secrets = clients::secrets(tx, id)?;
    let proves = |kept: &ClientSecret| now < kept.expires_at && kept.hash.is_of(secret);
    Ok(secrets.iter().any(proves).then_some(client))
}

fn living(tx: &mut ReadTx<'_>, id: ClientId) -> Result<Option<Client>, Error> {
    Ok(clients::find(tx, id)?.filter(|client| client.revoked_at.is_none()))
}

fn add_secret(
    tx: &mut WriteTx<'_>,
    (context, id): (&Context, ClientId),
    secret: &SecretHash,
    secret_days: u32,
) -> Result<Timestamp, Error> {
    let created_at = context.moment.now();
    let expires_at = created_at.plus_seconds(days(secret_days));
    let kept = ClientSecret { hash: secret.clone(), created_at, expires_at };
    clients::insert_secret(tx, id, &kept)?;
    Ok(expires_at)
}

fn days(count: u32) -> i64 {
    i64::from(count) * DAY_SECONDS
}

/// Who may act is registered by admins alone.
pub(super) fn require_admin(context: &Context) -> Result<(), Error> {
    if context.caller.is_admin() { Ok(()) } else { Err(Error::Forbidden) }
}
