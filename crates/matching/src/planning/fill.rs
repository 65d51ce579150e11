//! How evenly a run treats the producers. It must not know rules.

use std::collections::BTreeMap;

use crate::allocation::plan::{Plan, Worth};
use crate::id::PartyId;
use crate::quantity::Dimension;

use super::part::Part;
use super::snapshot::Snapshot;

/// The whole, in basis points.
const WHOLE: u128 = 10_000;

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

/// Sold and offered, by producer and dimension.
#[derive(Debug, Default)]
pub(super) struct Sales(BTreeMap<(PartyId, Dimension), (u64, u64)>);

impl Sales {
    pub(super) fn add(&mut self, snapshot: &Snapshot, part: &Part, plan: &Plan) {
        let mut sold = vec![0; part.capacities.len()];
        for share in plan.shares() {
            sold[share.capacity as usize] += share.quantity * part.grain;
        }
        for (&at, sold) in part.capacities.iter().zip(sold) {
            let sales = self.0.entry(snapshot.seller(at)).or_default();
            *sales = (sales.0 + sold, sales.1 + snapshot.free_base(at));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn fills(&self) -> Fills {
        let offering = self.0.values().filter(|(_, offered)| *offered > 0);
        let fill =
            |&(sold, offered): &(u64, u64)| (u128::from(sold) * WHOLE / u128::from(offered)) as u16;
        let nothing = offering.clone().filter(|(sold, _)| *sold == 0).count();
        let mut fills: Vec<u16> = offering.map(fill).collect();
        fills.sort_unstable();
        let at = |part: usize| fills.get(fills.len() / part).copied().unwrap_or(0);
        Fills {
            producers: fills.len() as u32,
            selling_nothing: nothing as u32,
            least_bp: fills.first().copied().unwrap_or(0),
            p10_bp: at(10),
            median_bp: at(2),
        }
    }
}
