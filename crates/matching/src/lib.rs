//! Eligibility, score, ranking and allocation of OCOP offers and demands, with the domain values
//! that they are computed from. A domain value checks itself: one that exists is legal.
//!
//! Pure: no HTTP, no database, no serde, no clock, no randomness, no I/O, no logging. The same
//! input gives the same answer, byte for byte.

pub mod allocation;
mod ceiling;
pub mod certificate;
pub mod check;
pub mod coverage;
pub mod date;
pub mod demand;
pub mod evaluation;
pub mod factor;
pub mod facts;
pub mod grant;
pub mod id;
pub mod money;
pub mod offer;
mod order;
pub mod pair;
pub mod party;
pub mod place;
pub mod planning;
pub mod price;
pub mod product;
pub mod quantity;
pub mod registry;
pub mod score;
pub mod text;
pub mod violation;
pub mod visibility;
