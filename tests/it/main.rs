//! The integration tests: one binary, so that it links once and shares one throw-away server.

mod api;
mod openapi;
mod store;
mod support;
