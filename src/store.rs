//! The database: the only code that knows diesel. Holds no business rule, and no row type leaves it.

pub mod changes;
mod columns;
mod connection;
pub mod database;
mod dialect;
pub mod external_ids;
pub mod keyset;
mod migrations;
pub mod parties;
mod pool;
mod postgres;
pub(crate) mod schema;
pub mod secrets;
mod sqlite;
mod transaction;

pub use database::Database;
pub use transaction::{ReadTx, WriteTx};
