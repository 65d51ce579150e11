//! How evenly a run treats the producers. It must not know rules.

use crate::allocation::plan::{Plan, Worth};

use super::balance::{Balances, Sales};
use super::part::Part;
use super::snapshot::Snapshot;

/// Fills of the producers: sold over offered within the run, in basis points, rounded down. A
/// producer that sells in two dimensions counts once in each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fills {
    /// How many offer anything that fits.
    pub producers: u32,
    /// How many of them sell nothing.
    pub selling_nothing: u32,
    /// The lowest.
    pub least_bp: u16,
    /// A tenth are filled to this or less.
    pub p10_bp: u16,
    /// Half are filled to this or less.
    pub median_bp: u16,
}

/// Fills if score alone decided, and in the plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fairness {
    /// If score alone decided.
    pub before: Fills,
    /// In the plan.
    pub after: Fills,
    /// What the rule cost, in base units.
    pub cost: Worth,
}

impl Fills {
    /// The fills of sellers who offer anything.
    #[must_use]
    pub fn of(sales: impl Iterator<Item = Sales>) -> Self {
        let offering: Vec<Sales> = sales.filter(|sales| sales.offered > 0).collect();
        let nothing = offering.iter().filter(|sales| sales.sold == 0).count();
        let mut fills: Vec<u16> = offering.into_iter().map(Sales::fill_bp).collect();
        fills.sort_unstable();
        let at = |part: usize| fills.get(fills.len() / part).copied().unwrap_or(0);
        Self {
            producers: fills.len() as u32,
            selling_nothing: nothing as u32,
            least_bp: fills.first().copied().unwrap_or(0),
            p10_bp: at(10),
            median_bp: at(2),
        }
    }
}

/// Notes the sales of a plan of a part.
pub(super) fn note(balances: &mut Balances, snapshot: &Snapshot, part: &Part, plan: &Plan) {
    let mut sold = vec![0; part.capacities.len()];
    for share in plan.shares() {
        sold[share.capacity as usize] += share.quantity * part.grain;
    }
    for (&at, sold) in part.capacities.iter().zip(sold) {
        let offered = snapshot.free_base(at);
        balances.add(snapshot.seller(at), Sales { offered, sold });
    }
}
