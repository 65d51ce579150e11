//! Rows of the keys that sign access tokens. They are numbered, so that of two instances that make
//! the next one at the same time only one does.

use diesel::prelude::*;
use matching::date::Timestamp;

use super::dialect::on_each;
use super::schema::signing_keys;
use super::transaction::{ReadTx, WriteTx};
use crate::error::Error;

/// A key as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptKey {
    /// Keys are numbered from 1.
    pub number: i32,
    /// The private key, as text.
    pub private_key: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Tokens are signed with it from then on, until a later key signs.
    pub signs_from: Timestamp,
    /// Its signatures are accepted before that instant; for ever if absent.
    pub accepted_until: Option<Timestamp>,
}

/// Without the key.
impl std::fmt::Debug for KeptKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "KeptKey({})", self.number)
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = signing_keys)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    number: i32,
    private_key: String,
    created_at: i64,
    signs_from: i64,
    accepted_until: Option<i64>,
}

impl From<&KeptKey> for Row {
    fn from(key: &KeptKey) -> Self {
        let KeptKey { number, private_key, created_at, signs_from, accepted_until } = key;
        Self {
            number: *number,
            private_key: private_key.clone(),
            created_at: created_at.micros(),
            signs_from: signs_from.micros(),
            accepted_until: accepted_until.map(Timestamp::micros),
        }
    }
}

impl From<Row> for KeptKey {
    fn from(row: Row) -> Self {
        let Row { number, private_key, created_at, signs_from, accepted_until } = row;
        Self {
            number,
            private_key,
            created_at: Timestamp::from_micros(created_at),
            signs_from: Timestamp::from_micros(signs_from),
            accepted_until: accepted_until.map(Timestamp::from_micros),
        }
    }
}

/// Every key, oldest first.
///
/// # Errors
/// Whatever the database says.
pub fn all(tx: &mut ReadTx<'_>) -> Result<Vec<KeptKey>, Error> {
    let rows: Vec<Row> = signing_keys::table.order(signing_keys::number).load(tx.connection())?;
    Ok(rows.into_iter().map(KeptKey::from).collect())
}

/// Keeps a new key; false if another instance has taken its number.
///
/// # Errors
/// Whatever the database says.
pub fn insert(tx: &mut WriteTx<'_>, key: &KeptKey) -> Result<bool, Error> {
    let row = Row::from(key);
    let inserted = on_each!(tx.connection(), |c| {
        diesel::insert_into(signing_keys::table).values(&row).on_conflict_do_nothing().execute(c)
    })?;
    Ok(inserted == 1)
}

/// Has the signatures of every key that is there accepted no longer than `until`.
///
/// # Errors
/// Whatever the database says.
pub fn limit_all(tx: &mut WriteTx<'_>, until: Timestamp) -> Result<(), Error> {
    let end = signing_keys::accepted_until;
    let longer = signing_keys::table.filter(end.is_null().or(end.gt(until.micros())));
    diesel::update(longer).set(end.eq(until.micros())).execute(tx.connection())?;
    Ok(())
}

/// Forgets the keys whose signatures are no longer accepted at `now`.
///
/// # Errors
/// Whatever the database says.
pub fn forget_ended(tx: &mut WriteTx<'_>, now: Timestamp) -> Result<(), Error> {
    let ended = signing_keys::table.filter(signing_keys::accepted_until.le(now.micros()));
    diesel::delete(ended).execute(tx.connection())?;
    Ok(())
}
