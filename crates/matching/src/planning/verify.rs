//! Confirms a stored answer without solving anything: that every share keeps every limit, that the
//! figures add up, and that the prices prove the bound. It must not know how a plan was found.

use std::collections::BTreeMap;
use std::fmt;

use crate::allocation::check::{Fault, check_bound, check_limits};
use crate::allocation::instance::InstanceError;
use crate::allocation::plan::{Objective, Prices, Worth};

use super::part::{Part, Terms, parts};
use super::snapshot::{Reduction, Snapshot};
use super::solve::{Certificate, Outcome};

/// What is confirmed of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmed {
    /// Shares that keep every limit.
    pub shares: usize,
    /// What they are worth.
    pub reached: Worth,
    /// What the prices prove that no plan over the pairs of the snapshot exceeds; absent without
    /// prices.
    pub proven: Option<Worth>,
    /// What is told of eligible pairs that the snapshot does not hold. Nothing here contradicts it;
    /// to confirm it takes the market.
    pub told: Option<Reduction>,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// The snapshot is no market.
    Market(InstanceError),
    /// A share, a limit or a price is wrong.
    Fault(Fault),
    /// A share of a pair that is not eligible.
    Ineligible {
        /// Place of the capacity in the snapshot.
        capacity: u32,
        /// Place of the need in the snapshot.
        need: u32,
    },
    /// A side that a pair names has no price.
    NoPrice,
    /// The shares are worth another figure than is told.
    Worth {
        /// As told.
        told: Worth,
        /// As it is.
        is: Worth,
    },
    /// An optimum that is not what was found to be the bound over all eligible pairs.
    Reduction,
    /// A bound that the shares exceed in the first tier, or an optimum that does not reach it.
    Bound {
        /// As told.
        told: Worth,
        /// What the shares are worth.
        is: Worth,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Market(error) => write!(f, "the snapshot is no market: {error}"),
            Self::Fault(fault) => write!(f, "{fault}"),
            Self::Ineligible { capacity, need } => {
                write!(f, "capacity {capacity} is not eligible for need {need}")
            }
            Self::NoPrice => write!(f, "a side of a pair has no price"),
            Self::Worth { told, is } => write!(f, "told to be worth {told:?}, is {is:?}"),
            Self::Reduction => write!(f, "the bound is not that over all eligible pairs"),
            Self::Bound { told, is } => write!(f, "told bound {told:?} of shares worth {is:?}"),
        }
    }
}

/// Confirms an answer to a snapshot.
///
/// # Errors
/// The first doubt.
pub fn confirm(
    snapshot: &Snapshot,
    objective: Objective,
    outcome: &Outcome,
) -> Result<Confirmed, Doubt> {
    let parts = parts(Terms { snapshot, changed: None }).map_err(Doubt::Market)?;
    let mut confirmed = 0;
    for part in &parts {
        let plan = part.local(&outcome.shares);
        check_limits(&part.market, &part.pairs, &plan).map_err(Doubt::Fault)?;
        confirmed += plan.shares().len();
    }
    if confirmed != outcome.shares.len() {
        return Err(ineligible(&parts, outcome));
    }
    let worth = |share: &super::Share| objective.worth(share.score).times(share.base);
    let is: Worth = outcome.shares.iter().map(worth).sum();
    if is != outcome.reached {
        return Err(Doubt::Worth { told: outcome.reached, is });
    }
    let told = snapshot.reduction;
    if told.is_some_and(|told| !agrees(outcome, &told)) {
        return Err(Doubt::Reduction);
    }
    // A search may have proven less than the prices do; only they are confirmed here.
    let left = objective.first_tier(outcome.bound) - objective.first_tier(is);
    if left < 0 || (outcome.is_optimal && left > 0) {
        return Err(Doubt::Bound { told: outcome.bound, is });
    }
    let proven = outcome.certificate.as_ref();
    let proven = proven.map(|it| proven_bound(&parts, objective, it)).transpose()?;
    Ok(Confirmed { shares: confirmed, reached: is, proven, told })
}

/// Whether an answer claims no more than what was found over all eligible pairs.
fn agrees(outcome: &Outcome, reduction: &Reduction) -> bool {
    outcome.bound == reduction.bound
        && outcome.reached <= reduction.bound
        && (!outcome.is_optimal || outcome.reached == reduction.bound)
}

/// Whether the shares of an answer are of sides of the snapshot, and no more together than is free
/// in each capacity and taken by each need.
#[must_use]
pub fn fits(snapshot: &Snapshot, outcome: &Outcome) -> bool {
    let capacities = 0..snapshot.capacities.len() as u32;
    let mut free: Vec<u64> = capacities.map(|at| snapshot.free_base(at)).collect();
    let needs = (0_u32..).zip(&snapshot.needs);
    let mut wanted: Vec<u64> = needs.map(|(at, need)| snapshot.need_base(at, need.most)).collect();
    let take = |left: Option<&mut u64>, base: u64| {
        let rest = left.as_ref().and_then(|left| left.checked_sub(base));
        left.zip(rest).map(|(left, rest)| *left = rest).is_some()
    };
    outcome.shares.iter().all(|share| {
        take(free.get_mut(share.capacity as usize), share.base)
            && take(wanted.get_mut(share.need as usize), share.base)
    })
}

fn ineligible(parts: &[Part], outcome: &Outcome) -> Doubt {
    let is_known = |share: &&super::Share| {
        parts.iter().any(|part| {
            part.needs.contains(&share.need) && part.capacities.contains(&share.capacity)
        })
    };
    let stray = outcome.shares.iter().find(|share| !is_known(share));
    stray.map_or(Doubt::NoPrice, |share| Doubt::Ineligible {
        capacity: share.capacity,
        need: share.need,
    })
}

/// What no plan can exceed, after every eligible pair is held against its two prices.
fn proven_bound(
    parts: &[Part],
    objective: Objective,
    certificate: &Certificate,
) -> Result<Worth, Doubt> {
    let table =
        |prices: &[(u32, Worth)]| -> BTreeMap<u32, Worth> { prices.iter().copied().collect() };
    let (capacities, needs) = (table(&certificate.capacities), table(&certificate.needs));
    let mut proven = Worth::default();
    for part in parts {
        let price = |table: &BTreeMap<u32, Worth>, all: &[u32]| -> Option<Vec<Worth>> {
            all.iter().map(|at| table.get(at).copied()).collect()
        };
        let prices = price(&capacities, &part.capacities).zip(price(&needs, &part.needs));
        let (capacities, needs) = prices.ok_or(Doubt::NoPrice)?;
        let prices = Prices { capacities, needs };
        let bound = check_bound(&part.market, &part.pairs, objective, &prices);
        proven = proven + bound.map_err(Doubt::Fault)?.times(part.grain);
    }
    Ok(proven)
}
