//! ocop-link: links small OCOP producers with the distributors who need them.

pub mod actions;
pub mod app;
pub mod caller;
pub mod cli;
pub mod clock;
pub mod config;
pub mod credentials;
pub mod error;
pub mod http;
pub mod identity;
pub mod jobs;
pub mod market;
pub mod market_data;
pub mod reference;
pub mod store;
pub mod telemetry;
