//! Rules among producers: which of the best plans is taken, and what that costs.
//!
//! A rule never lowers the first tier of the objective: under coverage it costs no quantity, only
//! score; under value it chooses among plans of the most score × quantity. Only `exchange` and
//! `within` know minimum orders and supplier limits.

mod entitlement;
mod exchange;
mod figures;
mod level;
mod levels;
mod leximin;
mod max_flow;
mod within;

use super::flow::solve_weighted;
use super::instance::{Market, PATH_SCORE_MAX, Pairs, QUANTITY_MAX, SIDE_MAX};
use super::plan::{Objective, Plan, Prices, Share, Worth};
pub(super) use exchange::exchange;
pub use figures::Figures;
use leximin::{Sellers, leximin};
pub(super) use within::within;

/// One unit of the middle tier, above all scores along a path.
const MIDDLE: i64 = 1 << 36;
const _: () = assert!(MIDDLE > 2 * PATH_SCORE_MAX);
/// One base unit of quantity, above the middle tier. A rank, or what a producer keeps, counts for a
/// capacity alike whichever way its units go: along a path it cancels out but at the ends.
const QUANTITY: i64 = 1 << 58;
const _: () = assert!(QUANTITY / 2 > SIDE_MAX as i64 * MIDDLE + PATH_SCORE_MAX);
/// One point of score, above the ranks of all producers.
const SCORE: i64 = 1 << 20;
const _: () = assert!(SCORE > SIDE_MAX as i64 && SCORE * PATH_SCORE_MAX < QUANTITY);

/// More base units than a producer sells in this run and earlier ones together.
const LEVEL: u64 = 2 * QUANTITY_MAX;

/// How producers are treated among each other; fill is sold over offered, within the run and the
/// earlier ones that the market comes [after](Market::after).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule<'a> {
    /// No producer's fill can grow without taking from one whose fill is no higher.
    MaxMin,
    /// Every producer is entitled to the common fill of its part of the market, in whole units by
    /// largest remainders, and to what it is behind the common fill of earlier runs. As much of
    /// these entitlements as possible is sold, and the rest goes by score; where limits keep that
    /// from being had, the sum of squared differences to what is due is least.
    ProRata,
    /// As [`Rule::MaxMin`], on base units sold instead of fills.
    Equal,
    /// Who offered first, by producer index, sells as much as possible first; equal times go by
    /// index.
    FirstCome(&'a [i64]),
    /// Score alone decides.
    None,
}

/// Chooses among the plans that are as good as `best` in the first tier the one of the rule, or
/// `None` if the stop signal came first. `best` is optimal, and the prices prove it.
#[must_use]
pub fn plan(
    market: &Market,
    pairs: &Pairs,
    objective: Objective,
    (rule, best, prices): (Rule<'_>, &Plan, &Prices),
    stop: &dyn Fn() -> bool,
) -> Option<Plan> {
    let run = Ruled { market, pairs, objective, best, prices, stop };
    match rule {
        Rule::MaxMin => run.with_sales(&run.leximin(offered_in_all(market))?),
        Rule::Equal => run.with_sales(&run.leximin(vec![LEVEL; run.producers()])?),
        Rule::ProRata => run.pro_rata(),
        Rule::FirstCome(times) => run.first_come(times),
        Rule::None => Some(best.clone()),
    }
}

struct Ruled<'a> {
    market: &'a Market,
    pairs: &'a Pairs,
    objective: Objective,
    /// The plan when score alone decides, and its prices.
    best: &'a Plan,
    prices: &'a Prices,
    stop: &'a dyn Fn() -> bool,
}

impl Ruled<'_> {
    fn producers(&self) -> usize {
        self.market.producer_count()
    }

    /// The most level sales by these weights among plans that are best in the first tier. Under
    /// value these use only pairs without loss, and sell whole what has a price.
    fn leximin(&self, weights: Vec<u64>) -> Option<Vec<u64>> {
        let is_coverage = self.objective == Objective::Coverage;
        let pairs = self.pairs.all().iter().filter(|pair| {
            let prices = self.prices;
            let price =
                prices.capacities[pair.capacity as usize] + prices.needs[pair.need as usize];
            is_coverage || self.objective.worth(pair.score) == price
        });
        let pairs: Vec<_> = pairs.map(|pair| (pair.capacity, pair.need)).collect();
        let capacities = self.market.capacities().iter();
        let capacities: Vec<_> = capacities.map(|c| (c.producer, c.quantity)).collect();
        let wanted: Vec<_> = self.market.needs().iter().map(|need| need.max).collect();
        let has_price = |price: &Worth| !is_coverage && *price > Worth::default();
        leximin(
            Sellers {
                capacities: &capacities,
                is_fixed: self.prices.capacities.iter().map(has_price).collect(),
                wanted: &wanted,
                pairs: &pairs,
                weights: &weights,
                earlier: &sold_earlier(self.market),
            },
            self.stop,
        )
    }

    /// The plan of most score in which every producer sells exactly this: what it keeps goes to
    /// a need of its own, so that a plan of most quantity sells the rest.
    fn with_sales(&self, sales: &[u64]) -> Option<Plan> {
        let kept: Vec<_> =
            offered(self.market).iter().zip(sales).map(|(offered, sold)| offered - sold).collect();
        self.with_keeping(&kept, |score| QUANTITY + i64::from(score), QUANTITY)
    }

    fn pro_rata(&self) -> Option<Plan> {
        let entitled = entitlement::entitlements(self.market, self.pairs, self.best);
        let kept: Vec<_> =
            offered(self.market).iter().zip(entitled).map(|(offered, due)| offered - due).collect();
        match self.objective {
            Objective::Coverage => {
                self.with_keeping(&kept, |score| QUANTITY + i64::from(score), MIDDLE)
            }
            Objective::Value => self.with_keeping(&kept, |score| i64::from(score) * SCORE, 1),
        }
    }

    /// Solves with a need for each producer that takes up to what the producer keeps.
    fn with_keeping(&self, kept: &[u64], pair: impl Fn(u16) -> i64, keep: i64) -> Option<Plan> {
        let needs = self.market.needs().len() as u32;
        let own = (0..)
            .zip(self.market.capacities())
            .map(|(capacity, of)| (capacity, needs + of.producer, keep));
        let pairs = self.pairs.all().iter();
        let arcs = pairs.map(|p| (p.capacity, p.need, pair(p.score))).chain(own);
        let wanted = self.market.needs().iter().map(|need| need.max).chain(kept.iter().copied());
        let plan = self.solve(&wanted.collect::<Vec<_>>(), arcs)?;
        let is_sold = |share: &&Share| share.need < needs;
        Some(Plan::new(plan.shares().iter().filter(is_sold).copied().collect()))
    }

    fn first_come(&self, times: &[i64]) -> Option<Plan> {
        let ranks = ranks(self.producers(), times);
        let weight = |capacity: u32, score: u16| {
            let rank = ranks[self.market.capacities()[capacity as usize].producer as usize];
            match self.objective {
                Objective::Coverage => QUANTITY + rank * MIDDLE + i64::from(score),
                Objective::Value => i64::from(score) * SCORE + rank,
            }
        };
        let arcs = self.pairs.all().iter();
        let arcs = arcs.map(|p| (p.capacity, p.need, weight(p.capacity, p.score)));
        let wanted: Vec<_> = self.market.needs().iter().map(|need| need.max).collect();
        self.solve(&wanted, arcs)
    }

    fn solve(&self, wanted: &[u64], arcs: impl Iterator<Item = (u32, u32, i64)>) -> Option<Plan> {
        let supply: Vec<_> = self.market.capacities().iter().map(|c| c.quantity).collect();
        solve_weighted(&supply, wanted, arcs, self.stop)
    }
}

/// By producer: how many come after it, and one more.
pub(super) fn ranks(producers: usize, times: &[i64]) -> Vec<i64> {
    let mut order: Vec<usize> = (0..producers).collect();
    order.sort_by_key(|&producer| times.get(producer).copied().unwrap_or(i64::MAX));
    let mut ranks = vec![0; producers];
    for (rank, &producer) in (1..).zip(order.iter().rev()) {
        ranks[producer] = rank;
    }
    ranks
}

/// By producer: base units offered in this run and in earlier ones.
fn offered_in_all(market: &Market) -> Vec<u64> {
    let offered = offered(market).into_iter().enumerate();
    offered.map(|(producer, units)| units + market.earlier(producer).offered).collect()
}

/// By producer: base units sold in earlier runs.
fn sold_earlier(market: &Market) -> Vec<u64> {
    (0..market.producer_count()).map(|producer| market.earlier(producer).sold).collect()
}

/// By producer: base units offered.
pub(super) fn offered(market: &Market) -> Vec<u64> {
    let mut offered = vec![0; market.producer_count()];
    for capacity in market.capacities() {
        offered[capacity.producer as usize] += capacity.quantity;
    }
    offered
}
