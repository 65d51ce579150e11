//! ocop-link: links small OCOP producers with the distributors who need them.

pub mod caller;
pub mod clock;
pub mod error;
pub mod store;
