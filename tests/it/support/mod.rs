//! The test kit.

pub(crate) mod api;
pub(crate) mod cluster;
mod contract;
pub(crate) mod databases;
