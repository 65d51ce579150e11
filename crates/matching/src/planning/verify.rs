//! Confirms a stored answer without solving anything: that every share keeps every limit, that the
//! figures add up, and that the prices prove the bound. It must not know how a plan was found.

use std::collections::BTreeMap;
use std::fmt;

use crate::allocation::check::{Fault, check_bound, check_limits};
use crate::allocation::instance::InstanceError;
use crate::allocation::plan::{Objective, Plan, Prices, Worth};

use super::part::{Part, Terms, parts};
use super::snapshot::{Reduction, Snapshot};
use super::solve::{Certificate, Outcome};

/// No tier of a price is further from zero: it is a sum of scores along a path. What all sides
/// together have, at such prices, is told in 128 bits.
const PRICE_MAX: u128 = 1 << 40;

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
    /// Whether the shares are told to be the best although the prices do not prove it: rules and
    /// limits between shares can keep every plan below what prices bound, and to confirm that takes
    /// a search.
    pub is_only_told: bool,
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
    /// A share of another size than its steps make up, or with another score than its pair has.
    Share {
        /// Place of the capacity in the snapshot.
        capacity: u32,
        /// Place of the need in the snapshot.
        need: u32,
    },
    /// A side that a pair names has no price, or one beyond all sums of scores.
    NoPrice,
    /// An optimum without prices.
    NoProof,
    /// The shares are worth another figure than is told.
    Worth {
        /// As told.
        told: Worth,
        /// As it is.
        is: Worth,
    },
    /// An optimum that is not what was found to be the bound over all eligible pairs.
    Reduction,
    /// A bound that the shares exceed in the first tier, or an optimum that does not reach it; of a
    /// part of the market without limits between shares that is the bound of the prices.
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
            Self::Share { capacity, need } => {
                write!(f, "the share of capacity {capacity} for need {need} is not that of a plan")
            }
            Self::NoProof => write!(f, "told to be the best without prices"),
            Self::NoPrice => write!(f, "a side of a pair has no price that can be"),
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
    snapshot.check().map_err(Doubt::Market)?;
    let parts = parts(Terms { snapshot, changed: None }).map_err(Doubt::Market)?;
    let planned = |part| -> Result<Planned, Doubt> { Planned::new(part, &outcome.shares) };
    let parts = parts.into_iter().map(planned).collect::<Result<Vec<_>, _>>()?;
    check_shares(&parts, outcome)?;
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
    let (bound, first) = (objective.first_tier(outcome.bound), objective.first_tier(is));
    if bound < first || (outcome.is_optimal && bound > first) {
        return Err(Doubt::Bound { told: outcome.bound, is });
    }
    let is_best = outcome.is_optimal && told.is_none();
    let proven = match &outcome.certificate {
        Some(certificate) => Some(proven_bound(&parts, objective, (certificate, is_best))?),
        None if is_best => return Err(Doubt::NoProof),
        None => None,
    };
    let is_only_told = outcome.is_optimal && proven != Some(is);
    Ok(Confirmed { shares: outcome.shares.len(), reached: is, proven, is_only_told, told })
}

/// A part of the market with what an answer plans of it, within every limit.
struct Planned {
    part: Part,
    plan: Plan,
}

impl Planned {
    fn new(part: Part, shares: &[super::Share]) -> Result<Self, Doubt> {
        let plan = part.local(shares);
        check_limits(&part.market, &part.pairs, &plan).map_err(Doubt::Fault)?;
        Ok(Self { part, plan })
    }

    /// What the pairs of the shares are, with base units and score.
    fn shares(&self) -> impl Iterator<Item = ((u32, u32), (u64, Option<u16>))> {
        let Self { part, plan } = self;
        plan.shares().iter().map(|share| {
            let (capacity, need) = (share.capacity as usize, share.need as usize);
            let score = part.pairs.score(share.capacity, share.need);
            ((part.capacities[capacity], part.needs[need]), (share.quantity * part.grain, score))
        })
    }

    /// Whether no plan is refused for the sizes of its shares or for who has them, so that prices
    /// prove the first tier of the best one.
    fn is_plain(&self) -> bool {
        let Part { market, pairs, .. } = &self.part;
        pairs.all().iter().all(|pair| {
            market.least_share(pair.capacity, pair.need) <= 1
                && market.offer_limits(pair.capacity).increment == 1
                && market.needs()[pair.need as usize].min <= 1
                && market.demand_limits(pair.need).max_suppliers.is_none()
        })
    }
}

/// Holds each share against what was confirmed within its part.
fn check_shares(parts: &[Planned], outcome: &Outcome) -> Result<(), Doubt> {
    let confirmed: BTreeMap<_, _> = parts.iter().flat_map(Planned::shares).collect();
    for &super::Share { capacity, need, base, score, .. } in &outcome.shares {
        match confirmed.get(&(capacity, need)) {
            None => return Err(Doubt::Ineligible { capacity, need }),
            Some(share) if *share != (base, Some(score)) => {
                return Err(Doubt::Share { capacity, need });
            }
            Some(_) => {}
        }
    }
    Ok(())
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

fn can_be(price: &Worth) -> bool {
    price.quantity.unsigned_abs().max(price.score.unsigned_abs()) <= PRICE_MAX
}

/// What no plan can exceed, after every eligible pair is held against its two prices. If a plan is
/// told to be the best, it reaches that in every part where nothing can keep it from it.
fn proven_bound(
    parts: &[Planned],
    objective: Objective,
    (certificate, is_best): (&Certificate, bool),
) -> Result<Worth, Doubt> {
    let table =
        |prices: &[(u32, Worth)]| -> BTreeMap<u32, Worth> { prices.iter().copied().collect() };
    let (capacities, needs) = (table(&certificate.capacities), table(&certificate.needs));
    let mut proven = Worth::default();
    for planned in parts {
        let Planned { part, plan } = planned;
        let price = |table: &BTreeMap<u32, Worth>, all: &[u32]| -> Option<Vec<Worth>> {
            all.iter().map(|at| table.get(at).copied().filter(can_be)).collect()
        };
        let prices = price(&capacities, &part.capacities).zip(price(&needs, &part.needs));
        let (capacities, needs) = prices.ok_or(Doubt::NoPrice)?;
        let prices = Prices { capacities, needs };
        let bound = check_bound(&part.market, &part.pairs, objective, &prices);
        let (bound, is) = (bound.map_err(Doubt::Fault)?, plan.worth(&part.pairs, objective));
        let is_short = objective.first_tier(is) < objective.first_tier(bound);
        if is_best && is_short && planned.is_plain() {
            return Err(Doubt::Bound { told: bound, is });
        }
        proven = proven + bound.times(part.grain);
    }
    Ok(proven)
}
