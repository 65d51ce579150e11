//! ocop-link: links small OCOP producers with the distributors who need them.

pub mod market;
