//! The test kit.

pub(crate) mod cluster;
pub(crate) mod databases;
