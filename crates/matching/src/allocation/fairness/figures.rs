//! How evenly a plan fills the producers. It must not know rules.

use crate::allocation::instance::Market;
use crate::allocation::plan::Plan;

/// The whole, in basis points.
const WHOLE: u128 = 10_000;

/// Fills of the producers who offer anything, in basis points, rounded down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// A tenth of the producers are filled to this or less.
    pub p10: u16,
    /// Half of the producers are filled to this or less.
    pub median: u16,
    /// Producers who sell nothing.
    pub selling_nothing: u32,
}

impl Figures {
    /// The figures of a plan.
    #[must_use]
    pub fn of(market: &Market, plan: &Plan) -> Self {
        let mut producers = vec![(0_u128, 0_u128); market.producer_count()];
        for capacity in market.capacities() {
            producers[capacity.producer as usize].1 += u128::from(capacity.quantity);
        }
        for share in plan.shares() {
            let producer = market.capacities()[share.capacity as usize].producer;
            producers[producer as usize].0 += u128::from(share.quantity);
        }
        producers.retain(|&(_, offered)| offered > 0);
        let fill = |&(sold, offered): &(u128, u128)| (sold * WHOLE / offered) as u16;
        let mut fills: Vec<_> = producers.iter().map(fill).collect();
        fills.sort_unstable();
        let at = |part: usize| fills.get(fills.len() / part).copied().unwrap_or(0);
        let selling_nothing = producers.iter().filter(|&&(sold, _)| sold == 0).count() as u32;
        Self { p10: at(10), median: at(2), selling_nothing }
    }
}
