//! Eligibility, score, ranking and allocation of OCOP offers and demands.
//!
//! Pure: no HTTP, no database, no serde, no clock, no randomness, no I/O, no logging. The same
//! input gives the same answer, byte for byte.

pub mod allocation;
