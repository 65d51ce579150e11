//! The database: the only code that knows diesel. Holds no business rule, and no row type leaves
//! it.

pub mod allocation_outcomes;
pub mod allocation_snapshots;
pub mod allocations;
pub mod audit_trail;
mod capacities;
pub mod certificates;
pub mod changes;
pub mod clients;
mod columns;
mod connection;
pub mod database;
mod delivery_needs;
mod demand_columns;
pub mod demands;
mod dialect;
pub mod dismissals;
pub mod external_ids;
pub mod grants;
pub mod idempotency;
mod invitations;
pub mod keyset;
pub mod login_failures;
mod migrations;
pub mod offers;
mod owner;
pub mod parties;
pub mod pool;
mod postgres;
pub mod products;
pub mod registry;
pub(crate) mod schema;
pub mod secrets;
pub mod sessions;
pub mod signing_keys;
pub mod snapshot;
mod sqlite;
mod transaction;
pub mod users;
pub mod visibility;

pub use database::Database;
pub use transaction::{ReadTx, WriteTx};
