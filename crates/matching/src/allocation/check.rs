//! The independent check of a plan and of its proof, without solving anything.
//!
//! Written apart from the solvers: it shares the instance and the answer with them, and no step
//! of their work. It must not know how a plan was found.

use super::instance::{Market, Pair, Pairs};
use super::plan::{Objective, Plan, Prices, Share, Worth};
use std::fmt;

/// What is wrong with a plan or its proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A share of a pair that is not eligible, or given twice, or of nothing.
    Share(Share),
    /// More is taken from the capacity at this index than it has.
    Capacity(u32),
    /// More is given to the need at this index than it takes.
    Need(u32),
    /// The number of prices is not that of capacities and needs.
    PriceCount,
    /// The price of the capacity at this index is negative.
    CapacityPrice(u32),
    /// The price of the need at this index is negative.
    NeedPrice(u32),
    /// An eligible pair is worth more than its two prices: it would improve the plan.
    Gain {
        /// Index of the capacity.
        capacity: u32,
        /// Index of the need.
        need: u32,
    },
    /// A pair is used although it is worth less than its two prices.
    Loss(Share),
    /// The capacity at this index has a price although some of it is left.
    IdleCapacity(u32),
    /// The need at this index has a price although some of it is unmet.
    IdleNeed(u32),
    /// The prices bound the worth at another figure than the plan reaches.
    Gap {
        /// What the plan is worth.
        reached: Worth,
        /// What no plan can exceed.
        bound: Worth,
    },
    /// A share below the minimum order, the minimum share or the least between its two sides, or
    /// off the increment.
    Size(Share),
    /// The need at this index gets something, but less than its minimum.
    Minimum(u32),
    /// More producers than allowed serve the demand at this index.
    Suppliers(u32),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Fault {}

/// Checks that shares are eligible and that no capacity and no need is exceeded (C1, C2).
///
/// # Errors
/// The first fault.
pub fn check_feasible(market: &Market, pairs: &Pairs, plan: &Plan) -> Result<(), Fault> {
    let shares = plan.shares();
    for (at, share) in shares.iter().enumerate() {
        let is_known = (share.need as usize) < market.needs().len()
            && pairs.score(share.capacity, share.need).is_some();
        let is_repeated = shares[..at]
            .last()
            .is_some_and(|before| (before.need, before.capacity) >= (share.need, share.capacity));
        if !is_known || is_repeated || share.quantity == 0 {
            return Err(Fault::Share(*share));
        }
    }
    let left = Left::of(market, plan);
    if let Some(at) = left.capacities.iter().position(|&left| left < 0) {
        return Err(Fault::Capacity(at as u32));
    }
    if let Some(at) = left.needs.iter().position(|&left| left < 0) {
        return Err(Fault::Need(at as u32));
    }
    Ok(())
}

/// Checks that a plan is feasible and optimal over all eligible pairs (C1, C2): no pair is worth
/// more than its prices, complementary slackness holds, and bound and worth are equal.
///
/// # Errors
/// The first fault.
pub fn check_optimal(
    market: &Market,
    pairs: &Pairs,
    objective: Objective,
    plan: &Plan,
    prices: &Prices,
) -> Result<(), Fault> {
    check_feasible(market, pairs, plan)?;
    check_prices(market, prices)?;
    for pair in pairs.all() {
        check_no_gain(pair, objective, prices)?;
    }
    check_slackness(market, pairs, objective, plan, prices)?;
    let (reached, bound) = (plan.worth(pairs, objective), bound(market, prices));
    if reached == bound { Ok(()) } else { Err(Fault::Gap { reached, bound }) }
}

/// Checks that prices prove a bound for plans within all limits (C1 to C5), and tells it: prices
/// are not negative, and no pair whose smallest legal share fits both sides is worth more than
/// its two prices.
///
/// # Errors
/// The first fault.
pub fn check_bound(
    market: &Market,
    pairs: &Pairs,
    objective: Objective,
    prices: &Prices,
) -> Result<Worth, Fault> {
    check_prices(market, prices)?;
    let fits = |pair: &&Pair| {
        let (capacity, need) =
            (market.capacities()[pair.capacity as usize], market.needs()[pair.need as usize]);
        let offer = market.offer_limits(pair.capacity);
        let least = market.least_share(pair.capacity, pair.need);
        let most = capacity.quantity.min(need.max);
        let whole = most - most % offer.increment;
        whole > 0 && whole >= least
    };
    for pair in pairs.all().iter().filter(fits) {
        check_no_gain(pair, objective, prices)?;
    }
    Ok(bound(market, prices))
}

/// What no plan can exceed, by weak duality, if no pair is worth more than its prices.
fn bound(market: &Market, prices: &Prices) -> Worth {
    let supply = market.capacities().iter().map(|capacity| capacity.quantity);
    let wanted = market.needs().iter().map(|need| need.max);
    let all = prices.capacities.iter().zip(supply).chain(prices.needs.iter().zip(wanted));
    all.map(|(price, quantity)| price.times(quantity)).sum()
}

/// Checks that a pair is worth no more than its two prices together.
///
/// # Errors
/// [`Fault::Gain`]
pub fn check_no_gain(pair: &Pair, objective: Objective, prices: &Prices) -> Result<(), Fault> {
    let Pair { capacity, need, score } = *pair;
    let price = prices.capacities[capacity as usize] + prices.needs[need as usize];
    if objective.worth(score) > price { Err(Fault::Gain { capacity, need }) } else { Ok(()) }
}

fn check_prices(market: &Market, prices: &Prices) -> Result<(), Fault> {
    let is_complete = prices.capacities.len() == market.capacities().len()
        && prices.needs.len() == market.needs().len();
    let is_negative = |price: &Worth| *price < Worth::default();
    if !is_complete {
        Err(Fault::PriceCount)
    } else if let Some(at) = prices.capacities.iter().position(is_negative) {
        Err(Fault::CapacityPrice(at as u32))
    } else if let Some(at) = prices.needs.iter().position(is_negative) {
        Err(Fault::NeedPrice(at as u32))
    } else {
        Ok(())
    }
}

fn check_slackness(
    market: &Market,
    pairs: &Pairs,
    objective: Objective,
    plan: &Plan,
    prices: &Prices,
) -> Result<(), Fault> {
    for share in plan.shares() {
        let price = prices.capacities[share.capacity as usize] + prices.needs[share.need as usize];
        let worth = pairs.score(share.capacity, share.need).map(|score| objective.worth(score));
        if worth != Some(price) {
            return Err(Fault::Loss(*share));
        }
    }
    let left = Left::of(market, plan);
    let idle = |prices: &[Worth], left: &[i128]| {
        let mut priced = prices.iter().zip(left);
        priced.position(|(&price, &left)| price != Worth::default() && left > 0)
    };
    if let Some(at) = idle(&prices.capacities, &left.capacities) {
        return Err(Fault::IdleCapacity(at as u32));
    }
    match idle(&prices.needs, &left.needs) {
        Some(at) => Err(Fault::IdleNeed(at as u32)),
        None => Ok(()),
    }
}

/// Checks every rule of a share, a delivery and a demand (C1 to C5).
///
/// # Errors
/// The first fault.
pub fn check_limits(market: &Market, pairs: &Pairs, plan: &Plan) -> Result<(), Fault> {
    check_feasible(market, pairs, plan)?;
    for share in plan.shares() {
        let offer = market.offer_limits(share.capacity);
        let least = market.least_share(share.capacity, share.need);
        if share.quantity < least || share.quantity % offer.increment != 0 {
            return Err(Fault::Size(*share));
        }
    }
    let left = Left::of(market, plan);
    for (at, need) in market.needs().iter().enumerate() {
        let given = i128::from(need.max) - left.needs[at];
        if given > 0 && given < i128::from(need.min) {
            return Err(Fault::Minimum(at as u32));
        }
    }
    check_suppliers(market, plan)
}

fn check_suppliers(market: &Market, plan: &Plan) -> Result<(), Fault> {
    let supplier = |share: &Share| {
        let demand = market.needs()[share.need as usize].demand;
        (demand, market.capacities()[share.capacity as usize].producer, share.need)
    };
    let mut suppliers: Vec<_> = plan.shares().iter().map(supplier).collect();
    suppliers.sort_unstable();
    suppliers.dedup_by_key(|(demand, producer, _)| (*demand, *producer));
    for of_demand in suppliers.chunk_by(|one, other| one.0 == other.0) {
        let (demand, _, need) = of_demand[0];
        let most = market.demand_limits(need).max_suppliers;
        if most.is_some_and(|most| of_demand.len() > most as usize) {
            return Err(Fault::Suppliers(demand));
        }
    }
    Ok(())
}

/// What a plan leaves of every capacity and need; negative where it takes too much.
struct Left {
    capacities: Vec<i128>,
    needs: Vec<i128>,
}

impl Left {
    fn of(market: &Market, plan: &Plan) -> Self {
        let quantity = |quantity: u64| i128::from(quantity);
        let mut capacities: Vec<_> =
            market.capacities().iter().map(|capacity| quantity(capacity.quantity)).collect();
        let mut needs: Vec<_> = market.needs().iter().map(|need| quantity(need.max)).collect();
        for share in plan.shares() {
            capacities[share.capacity as usize] -= quantity(share.quantity);
            needs[share.need as usize] -= quantity(share.quantity);
        }
        Self { capacities, needs }
    }
}
