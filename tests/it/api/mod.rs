//! The API as clients meet it, one behaviour a test, on both databases.

mod allocations;
mod audit_trail;
mod authorisation;
mod clients;
mod clock;
mod demand_lists;
mod demand_rules;
mod demands;
mod edge;
mod forged_tokens;
mod grants;
mod idempotency;
mod interchange;
mod keys;
mod linked_data;
mod match_terms;
mod matches;
mod offers;
mod parties;
mod products;
mod rate_limits;
mod reference_data;
mod refresh;
mod registry;
mod sessions;
mod visibility;
