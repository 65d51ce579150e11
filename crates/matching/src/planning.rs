//! A run over a market: from a snapshot of what is offered and wanted to shares, to what limits
//! each of them, and to what would lessen each shortage.
//!
//! Everything follows from the snapshot, so a stored run can be solved again and gives the same
//! answer. It must not know where a snapshot comes from, nor words for what it finds.

pub mod balance;
mod excess;
mod fill;
mod part;
mod price;
pub mod reduction;
pub mod snapshot;
mod solve;
mod trial;
pub mod verify;

pub use fill::{Fairness, Fills};
pub use solve::{Binding, Certificate, Outcome, Progress, Share, plan, repair};
pub use trial::{Gain, gains};

pub use crate::allocation::margin::Margin;

use crate::allocation::plan::Objective;

/// How producers are treated among each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// No producer's fill can grow without taking from one whose fill is no higher.
    MaxMin,
    /// In proportion to what each offers.
    ProRata,
    /// The same quantity for each, as far as possible.
    Equal,
    /// Who offered first sells first; an offer's id tells when it was recorded.
    FirstCome,
    /// Score alone decides.
    None,
}

/// What a run is after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// What is to be most.
    pub objective: Objective,
    /// Which of the best plans is taken.
    pub rule: Rule,
}
