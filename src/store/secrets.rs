//! Keys that every instance of one deployment shares: made by the first that needs one.

use diesel::prelude::*;
use matching::date::Timestamp;

use super::dialect::on_each;
use super::schema::secrets;
use super::transaction::{ReadTx, WriteTx};
use crate::error::Error;

/// The secret with this name.
///
/// # Errors
/// Whatever the database says.
pub fn find(tx: &mut ReadTx<'_>, name: &str) -> Result<Option<String>, Error> {
    let value = secrets::table.find(name).select(secrets::value).get_result(tx.connection());
    Ok(value.optional()?)
}

/// Keeps `value` under `name` unless another instance was faster.
///
/// # Errors
/// Whatever the database says.
pub fn keep(tx: &mut WriteTx<'_>, name: &str, value: &str, at: Timestamp) -> Result<(), Error> {
    let row =
        (secrets::name.eq(name), secrets::value.eq(value), secrets::created_at.eq(at.micros()));
    on_each!(tx.connection(), |c| {
        diesel::insert_into(secrets::table).values(row).on_conflict_do_nothing().execute(c)
    })?;
    Ok(())
}
