//! Use cases: plain functions over a transaction. Each authorises, builds domain values (which
//! check themselves), stores them and notes the change. Must not know HTTP, serde or diesel.

pub mod allocation_run;
pub mod allocations;
pub mod audit;
mod audit_allocations;
pub mod audit_trail;
pub mod authorise;
pub mod certificates;
pub mod clients;
pub mod demand_deliveries;
pub mod demand_terms;
pub mod demands;
mod external_ids;
pub mod gather;
pub mod grants;
pub mod idempotency;
pub mod interchange;
pub mod linked_data;
pub mod login_failures;
pub mod matches;
pub mod offers;
pub mod parties;
pub mod places;
pub mod precondition;
pub mod product_search;
pub mod products;
pub mod registry;
pub mod sessions;
pub mod signing_keys;
pub mod users;
