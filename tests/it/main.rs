//! The integration tests: one binary, so that it links once and shares one throw-away server.

mod api;
mod architecture;
mod openapi;
mod process;
mod store;
mod support;
