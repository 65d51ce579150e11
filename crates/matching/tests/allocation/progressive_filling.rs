//! Max–min against integer progressive filling, and what other systems are blamed for.
//!
//! The oracle shares no step with the solver: it hands out one unit at a time, to the producer of
//! the lowest fill who can still sell one more beside all others, as told by plain augmenting
//! paths. On a polymatroid this greedy is exact (Federgruen and Groenevelt, 1986).

use crate::fairness::{build, compare, compare_levels, fills, run};
use crate::market::{Sketch, sketches};
use matching::allocation::fairness::Rule;
use matching::allocation::instance::{Market, Pair, Pairs};
use matching::allocation::plan::Objective;
use proptest::prelude::*;
use std::cmp::Ordering;

/// Shares under construction, by capacity and need, in an order that only grows sales.
struct Filling<'a> {
    market: &'a Market,
    pairs: &'a Pairs,
    shares: Vec<Vec<u64>>,
}

impl<'a> Filling<'a> {
    fn new(market: &'a Market, pairs: &'a Pairs) -> Self {
        let shares = vec![vec![0; market.needs().len()]; market.capacities().len()];
        Self { market, pairs, shares }
    }

    /// Sold and offered, in earlier runs too.
    fn fill(&self, producer: usize) -> (u64, u64) {
        let earlier = self.market.earlier(producer);
        (self.sold(producer) + earlier.sold, self.offered(producer) + earlier.offered)
    }

    fn sold(&self, producer: usize) -> u64 {
        let capacities = self.market.capacities().iter().zip(&self.shares);
        let own = capacities.filter(|(capacity, _)| capacity.producer as usize == producer);
        own.map(|(_, shares)| shares.iter().sum::<u64>()).sum()
    }

    fn offered(&self, producer: usize) -> u64 {
        let own = self.market.capacities().iter().filter(|c| c.producer as usize == producer);
        own.map(|capacity| capacity.quantity).sum()
    }

    /// Sells one more unit of a producer, moving units of others between needs where it helps.
    fn sell_one(&mut self, producer: usize) -> bool {
        let mut seen = Seen {
            capacities: vec![false; self.shares.len()],
            needs: vec![false; self.market.needs().len()],
        };
        let producer = producer as u32;
        (0..self.shares.len()).any(|at| self.can_sell(at, producer) && self.place(at, &mut seen))
    }

    fn can_sell(&self, capacity: usize, producer: u32) -> bool {
        let of = self.market.capacities()[capacity];
        of.producer == producer && self.shares[capacity].iter().sum::<u64>() < of.quantity
    }

    /// Finds a place for one more unit of a capacity; every producer sells what it sold.
    fn place(&mut self, capacity: usize, seen: &mut Seen) -> bool {
        if std::mem::replace(&mut seen.capacities[capacity], true) {
            return false;
        }
        for need in 0..self.market.needs().len() {
            let is_eligible = self.pairs.score(capacity as u32, need as u32).is_some();
            if !is_eligible || std::mem::replace(&mut seen.needs[need], true) {
                continue;
            }
            let given: u64 = self.shares.iter().map(|shares| shares[need]).sum();
            if given < self.market.needs()[need].max {
                self.shares[capacity][need] += 1;
                return true;
            }
            for other in 0..self.shares.len() {
                if self.shares[other][need] > 0 && self.gives_way(other, seen) {
                    self.shares[other][need] -= 1;
                    self.shares[capacity][need] += 1;
                    return true;
                }
            }
        }
        false
    }

    /// Finds another place for a unit of a capacity, or for one that its producer sells instead.
    fn gives_way(&mut self, capacity: usize, seen: &mut Seen) -> bool {
        let producer = self.market.capacities()[capacity].producer;
        (0..self.shares.len()).any(|other| {
            (other == capacity || self.can_sell(other, producer)) && self.place(other, seen)
        })
    }
}

/// What a search has looked at.
struct Seen {
    capacities: Vec<bool>,
    needs: Vec<bool>,
}

/// Sold and offered of each producer who offers anything, by progressive filling.
pub(crate) fn filled(market: &Market, pairs: &Pairs) -> Vec<(u64, u64)> {
    let mut filling = Filling::new(market, pairs);
    let mut open: Vec<usize> = (0..market.producer_count()).collect();
    open.retain(|&producer| filling.fill(producer).1 > 0);
    let all = open.clone();
    while !open.is_empty() {
        let fill = |&at: &usize| filling.fill(at);
        let lowest = |one: &usize, other: &usize| {
            let order = compare(&fill(one), &fill(other));
            order.then(fill(one).1.cmp(&fill(other).1))
        };
        let next = *open.iter().min_by(|one, other| lowest(one, other)).unwrap();
        if !filling.sell_one(next) {
            open.retain(|&producer| producer != next);
        }
    }
    all.into_iter().map(|at| filling.fill(at)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn max_min_is_what_progressive_filling_reaches(
        sketch in sketches(8, 30),
        producers in 1_u32..8,
    ) {
        let (market, pairs) = build(&sketch, producers);
        let plan = run(&market, &pairs, Objective::Coverage, Rule::MaxMin).plan;
        let (own, oracle) = (fills(&market, &plan), filled(&market, &pairs));
        let sold = |fills: &[(u64, u64)]| fills.iter().map(|fill| fill.0).sum::<u64>();
        prop_assert_eq!(sold(&own), sold(&oracle));
        prop_assert_eq!(compare_levels(&own, &oracle), Ordering::Equal, "{:?} {:?}", own, oracle);
    }

    #[test]
    fn the_order_of_the_producers_changes_no_fill(
        sketch in sketches(6, 20),
        turn in 1_usize..6,
    ) {
        let (count, needs) = (sketch.supply.len(), sketch.wanted.len());
        let from = |at: usize| (at + turn) % count;
        let turned = Sketch {
            supply: (0..count).map(|at| sketch.supply[from(at)]).collect(),
            wanted: sketch.wanted.clone(),
            scores: (0..count * needs)
                .map(|at| sketch.scores[at / count * count + from(at % count)])
                .collect(),
        };
        for rule in [Rule::MaxMin, Rule::Equal, Rule::None] {
            let answer = |sketch: &Sketch| {
                let (market, pairs) = sketch.build();
                let run = run(&market, &pairs, Objective::Coverage, rule);
                (fills(&market, &run.plan), run.reached)
            };
            let ((one, reached), (other, turned)) = (answer(&sketch), answer(&turned));
            prop_assert_eq!(reached.quantity, turned.quantity);
            match rule {
                Rule::None => prop_assert_eq!(reached, turned),
                Rule::MaxMin => prop_assert_eq!(compare_levels(&one, &other), Ordering::Equal),
                _ => {
                    let mut sold = [one, other].map(|fills| {
                        fills.iter().map(|fill| fill.0).collect::<Vec<_>>()
                    });
                    sold.iter_mut().for_each(|sold| sold.sort_unstable());
                    prop_assert_eq!(&sold[0], &sold[1]);
                }
            }
        }
    }
}

/// Three members with like offers and two small orders: Foodsoft's rounding gave one member all
/// that was left over.
#[test]
fn foodsoft_one_member_does_not_get_all_the_rounding() {
    let market = Market::unlimited(&[10; 3], &[4, 4]).unwrap();
    let pair = |at: u32| Pair { capacity: at % 3, need: at / 3, score: 100 };
    let pairs = Pairs::new(&market, (0..6).map(pair).collect()).unwrap();
    let fair = run(&market, &pairs, Objective::Coverage, Rule::MaxMin).plan;
    let sold: Vec<_> = fills(&market, &fair).iter().map(|fill| fill.0).collect();
    assert_eq!(sold, [3, 3, 2]);
}

/// Two members with like offers and one order that either could fill: in open mSupply whoever
/// comes first takes everything.
#[test]
fn open_msupply_first_come_takes_everything_only_under_its_rule() {
    let market = Market::unlimited(&[10, 10], &[10]).unwrap();
    let pair = |capacity| Pair { capacity, need: 0, score: 100 };
    let pairs = Pairs::new(&market, vec![pair(0), pair(1)]).unwrap();
    let sold = |rule| {
        let plan = run(&market, &pairs, Objective::Coverage, rule).plan;
        fills(&market, &plan).iter().map(|fill| fill.0).collect::<Vec<_>>()
    };
    assert_eq!(sold(Rule::FirstCome(&[7, 3])), [0, 10]);
    assert_eq!(sold(Rule::MaxMin), [5, 5]);
    assert_eq!(sold(Rule::ProRata), [5, 5]);
}
