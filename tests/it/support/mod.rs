//! The test kit.

pub(crate) mod api;
pub(crate) mod cluster;
pub(crate) mod contract;
pub(crate) mod databases;
pub(crate) mod identity;
pub(crate) mod obstacle;
pub(crate) mod program;
