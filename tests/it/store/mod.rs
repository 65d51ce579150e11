//! The store on both databases: each behaviour is written once and is two test cases.

mod allocations;
mod capacity;
mod change_log;
mod contention;
mod drafts;
mod filters;
mod grants;
mod idempotency;
mod market;
mod migrations;
mod paging;
mod plans;
mod records;
mod transactions;
