//! Solves a snapshot part by part, and names what limits each share. It must not know how one part
//! is planned.

use std::collections::BTreeMap;

use crate::allocation::fairness;
use crate::allocation::flow::{Flow, Outcome as Solved};
use crate::allocation::instance::InstanceError;
use crate::allocation::margin::Margin;
use crate::allocation::plan::{Objective, Plan, Prices, Share as LocalShare, Worth};
use crate::allocation::repair::repair as fill_gap;
use crate::allocation::{Planning, Run};
use crate::id::PartyId;

use super::balance::Balances;
use super::fill::{Fairness, Fills, note};
use super::part::{Part, Terms, parts};
use super::price::intervals;
use super::snapshot::Snapshot;
use super::trial::Gain;
use super::{Rule, Wish};

/// What keeps a share from being larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Binding {
    /// All that is free in the period is taken.
    Capacity,
    /// The delivery takes no more.
    Need,
    /// The share is the smallest that offer and demand allow.
    MinOrder,
    /// What is left over on both sides is less than the increment.
    Increment,
    /// The demand has as many producers as it allows.
    MaxSuppliers,
    /// The delivery takes no more, and the rule divided it among producers who could give more.
    Rule,
}

/// A quantity of one capacity for one need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Place of the capacity in the snapshot.
    pub capacity: u32,
    /// Place of the need in the snapshot.
    pub need: u32,
    /// Base units.
    pub base: u64,
    /// Score of the pair, in basis points.
    pub score: u16,
    /// What keeps it from being larger.
    pub binding: Binding,
}

/// What one more base unit would be worth, by place in the snapshot. Weak duality makes these
/// prices a bound on every plan without minimum orders and limits on suppliers; such limits only
/// lower what can be reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Certificate {
    /// Of capacities that are eligible for some need.
    pub capacities: Vec<(u32, Worth)>,
    /// Of needs that some capacity is eligible for.
    pub needs: Vec<(u32, Worth)>,
}

/// What a run answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The shares, by need and then by capacity.
    pub shares: Vec<Share>,
    /// Capacities that are eligible for some need, by place in the snapshot.
    pub offered: Vec<u32>,
    /// What the shares are worth, in base units.
    pub reached: Worth,
    /// What no plan can exceed, in base units.
    pub bound: Worth,
    /// Whether it is proven that no plan is better.
    pub is_optimal: bool,
    /// The proof of the bound; absent where the run was stopped before it was known.
    pub certificate: Option<Certificate>,
    /// Of capacities with a price, what one unit more or less would be worth, by place in the
    /// snapshot: one unit is the largest measure of base units that all increments of its part of
    /// the market are multiples of; the worth is that of one base unit.
    pub intervals: Vec<(u32, Margin)>,
    /// How evenly the producers are treated, and what that cost.
    pub fairness: Fairness,
    /// What the relaxations that help would gain.
    pub gains: Vec<Gain>,
}

impl Outcome {
    /// Base units of all shares together, as far as 63 bits go.
    #[must_use]
    pub fn quantity(&self) -> u64 {
        let bases = self.shares.iter().map(|share| share.base);
        bases.fold(0, u64::saturating_add).min(i64::MAX.unsigned_abs())
    }
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Demands whose eligible pairs are known.
    pub demands_judged: u32,
    /// Demands of the run.
    pub demands: u32,
    /// Parts of the market that have a plan; it may still be bettered.
    pub parts_done: u32,
    /// Parts of the market; 0 before it is known which pairs are held.
    pub parts: u32,
    /// Times that a plan was priced against all pairs of a market that holds only some.
    pub rounds: u32,
    /// Worth of what is planned, in base units.
    pub reached: Worth,
    /// What no plan can exceed, in base units: over all pairs before the parts are known, then of
    /// the planned parts.
    pub bound: Worth,
}

/// Plans a snapshot. `stop` is asked by the calling thread alone, and equally often for the same
/// work.
///
/// # Errors
/// A quantity or a number of sides above the limits of an instance.
pub fn plan(
    snapshot: &Snapshot,
    wish: Wish,
    stop: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(Progress),
) -> Result<Outcome, InstanceError> {
    let mut parts = parts(Terms { snapshot, changed: None })?;
    parts.sort_by_key(|part| part.pairs.all().len());
    let mut tally = Tally::new(snapshot, &parts, wish.objective, progress);
    let mut plannings = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        plannings.push(begin(part, wish, stop));
        tally.begun(at, &plannings[at]);
    }
    improve(&mut plannings, &mut tally, stop);
    let mut answer = Answer::new(snapshot, wish);
    for (part, planning) in parts.iter().zip(plannings) {
        let planned = Planned::from(planning.finish(stop));
        answer.add(part, &planned);
        answer.fairness(part, &planned, stop);
        if let Some(prices) = &planned.prices {
            let found = intervals(part, prices, wish.objective, stop);
            answer.outcome.intervals.extend(found);
        }
    }
    Ok(answer.finish())
}

/// Betters all plans in turn, as long as any can be.
fn improve(plannings: &mut [Planning<'_>], tally: &mut Tally<'_>, stop: &dyn Fn() -> bool) {
    let mut open: Vec<usize> = (0..plannings.len()).collect();
    while !open.is_empty() {
        open.retain(|&at| {
            let is_better = plannings[at].improve(stop);
            tally.note(at, &plannings[at]);
            is_better
        });
    }
}

/// Adds up where the parts stand, and tells it.
struct Tally<'a> {
    parts: &'a [Part],
    objective: Objective,
    /// By part, in base units.
    reached: Vec<Worth>,
    at: Progress,
    tell: &'a mut dyn FnMut(Progress),
}

impl<'a> Tally<'a> {
    fn new(
        snapshot: &Snapshot,
        parts: &'a [Part],
        objective: Objective,
        tell: &'a mut dyn FnMut(Progress),
    ) -> Self {
        let rounds = snapshot.reduction.map_or(0, |reduction| reduction.rounds);
        let (reached, bound) = (Worth::default(), Worth::default());
        let demands = snapshot.demands.len() as u32;
        let at = Progress {
            demands_judged: demands,
            demands,
            parts_done: 0,
            parts: parts.len() as u32,
            rounds,
            reached,
            bound,
        };
        Self { parts, objective, reached: vec![reached; parts.len()], at, tell }
    }

    /// Notes the first plan of a part.
    fn begun(&mut self, part: usize, planning: &Planning<'_>) {
        let plain = || self.parts[part].plain_bound(self.objective);
        let bound = planning.progress().1.unwrap_or_else(plain);
        self.at.bound = self.at.bound + bound.times(self.parts[part].grain);
        self.at.parts_done += 1;
        self.note(part, planning);
    }

    /// Notes a better plan of a part.
    fn note(&mut self, part: usize, planning: &Planning<'_>) {
        let reached = planning.progress().0.times(self.parts[part].grain);
        self.at.reached = self.at.reached + reached - self.reached[part];
        self.reached[part] = reached;
        (self.tell)(self.at);
    }
}

/// Plans the gap that declining producers leave in `outcome`; every other share stays.
///
/// # Errors
/// As [`plan`].
pub fn repair(
    snapshot: &Snapshot,
    objective: Objective,
    (outcome, declined): (&Outcome, &[PartyId]),
    stop: &dyn Fn() -> bool,
) -> Result<Outcome, InstanceError> {
    let wish = Wish { objective, rule: Rule::None };
    let mut answer = Answer::new(snapshot, wish);
    for part in &parts(Terms { snapshot, changed: None })? {
        let accepted = part.local(&outcome.shares);
        let gone = part.producers(snapshot, declined);
        let (market, pairs) = (&part.market, &part.pairs);
        let plan = fill_gap(market, pairs, objective, (&accepted, &gone), stop);
        let reached = plan.worth(pairs, objective);
        let planned = Planned { plan, reached, bound: None, prices: None, is_optimal: false };
        answer.add(part, &planned);
    }
    // Whoever declines only takes pairs away, so what bounded the whole still does.
    Ok(Outcome { bound: outcome.bound, is_optimal: false, ..answer.finish() })
}

/// A planned part, in its own measure.
pub(super) struct Planned {
    pub(super) plan: Plan,
    reached: Worth,
    bound: Option<Worth>,
    prices: Option<Prices>,
    is_optimal: bool,
}

impl From<Run> for Planned {
    fn from(run: Run) -> Self {
        let Run { plan, reached, bound, prices, is_optimal, .. } = run;
        Self { plan, reached, bound, prices, is_optimal }
    }
}

/// Plans one part to the end.
pub(super) fn plan_part(part: &Part, wish: Wish, stop: &dyn Fn() -> bool) -> Planned {
    let mut planning = begin(part, wish, stop);
    while planning.improve(stop) {}
    Planned::from(planning.finish(stop))
}

fn begin<'a>(part: &'a Part, wish: Wish, stop: &dyn Fn() -> bool) -> Planning<'a> {
    Planning::begin(&part.market, &part.pairs, wish.objective, part.rule(wish.rule), stop)
}

impl Part {
    fn rule(&self, rule: Rule) -> fairness::Rule<'_> {
        match rule {
            Rule::MaxMin => fairness::Rule::MaxMin,
            Rule::ProRata => fairness::Rule::ProRata,
            Rule::Equal => fairness::Rule::Equal,
            Rule::FirstCome => fairness::Rule::FirstCome(&self.offered_at),
            Rule::None => fairness::Rule::None,
        }
    }

    /// The shares of a snapshot that belong to this part.
    pub(super) fn local(&self, shares: &[super::Share]) -> Plan {
        let place = |all: &[u32]| -> BTreeMap<u32, u32> { all.iter().copied().zip(0..).collect() };
        let (capacities, needs) = (place(&self.capacities), place(&self.needs));
        let shares = shares.iter().filter_map(|share| {
            let capacity = *capacities.get(&share.capacity)?;
            let need = *needs.get(&share.need)?;
            Some(LocalShare { capacity, need, quantity: share.base / self.grain })
        });
        Plan::new(shares.collect())
    }

    fn producers(&self, snapshot: &Snapshot, parties: &[PartyId]) -> Vec<u32> {
        let own = self.capacities.iter().zip(self.market.capacities());
        let gone = own.filter(|(at, _)| parties.contains(&snapshot.offer_of(**at).producer.0));
        gone.map(|(_, capacity)| capacity.producer).collect()
    }

    /// What no plan can exceed, without solving: each need takes all that it can of its best pair.
    fn plain_bound(&self, objective: Objective) -> Worth {
        let worth = |need: usize| {
            let pairs = self.pairs.of_need(need);
            let capacity = |pair: &crate::allocation::instance::Pair| {
                self.market.capacities()[pair.capacity as usize].quantity
            };
            let supply = pairs.iter().map(capacity).fold(0, u64::saturating_add);
            let best = pairs.iter().map(|pair| pair.score).max().unwrap_or(0);
            objective.worth(best).times(supply.min(self.market.needs()[need].max))
        };
        (0..self.needs.len()).map(worth).sum()
    }
}

/// An answer that is being put together.
struct Answer<'a> {
    snapshot: &'a Snapshot,
    wish: Wish,
    outcome: Outcome,
    before: Balances,
}

impl<'a> Answer<'a> {
    fn new(snapshot: &'a Snapshot, wish: Wish) -> Self {
        let outcome = Outcome {
            shares: Vec::new(),
            offered: Vec::new(),
            reached: Worth::default(),
            bound: Worth::default(),
            is_optimal: true,
            certificate: Some(Certificate::default()),
            intervals: Vec::new(),
            fairness: Fairness::default(),
            gains: Vec::new(),
        };
        Self { snapshot, wish, outcome, before: Balances::default() }
    }

    fn add(&mut self, part: &Part, planned: &Planned) {
        let base = |worth: Worth| worth.times(part.grain);
        let bound = planned.bound.unwrap_or_else(|| part.plain_bound(self.wish.objective));
        let outcome = &mut self.outcome;
        outcome.reached = outcome.reached + base(planned.reached);
        outcome.bound = outcome.bound + base(bound);
        outcome.is_optimal &= planned.is_optimal;
        outcome.offered.extend(&part.capacities);
        outcome.shares.extend(shares(part, &planned.plan, self.wish.rule));
        let certificate = outcome.certificate.take().zip(planned.prices.as_ref());
        outcome.certificate = certificate.map(|(mut all, prices)| {
            all.capacities.extend(part.capacities.iter().copied().zip(prices.capacities.clone()));
            all.needs.extend(part.needs.iter().copied().zip(prices.needs.clone()));
            all
        });
    }

    /// Notes the sales of the plan that score alone would decide, and what the rule cost.
    fn fairness(&mut self, part: &Part, planned: &Planned, stop: &dyn Fn() -> bool) {
        let by_score = (self.wish.rule != Rule::None).then(|| {
            let mut flow = Flow::new(&part.market, self.wish.objective);
            flow.add(part.pairs.all());
            (flow.solve(stop) == Solved::Optimal).then(|| flow.plan())
        });
        let before = by_score.flatten();
        let before = before.as_ref().unwrap_or(&planned.plan);
        note(&mut self.before, self.snapshot, part, before);
        let lost = before.worth(&part.pairs, self.wish.objective) - planned.reached;
        self.outcome.fairness.cost = self.outcome.fairness.cost + lost.times(part.grain);
    }

    fn finish(self) -> Outcome {
        let mut outcome = self.outcome;
        outcome.offered.sort_unstable();
        outcome.shares.sort_unstable_by_key(|share| (share.need, share.capacity));
        let fills = |balances: &Balances| Fills::of(balances.iter().map(|(_, sales)| sales));
        let after = fills(&Balances::of(self.snapshot, &outcome));
        let before = if self.before.is_empty() { after } else { fills(&self.before) };
        outcome.fairness = Fairness { before, after, ..outcome.fairness };
        if let Some(reduction) = &self.snapshot.reduction {
            // What is proven of the pairs that are held is not yet proven of all, and a rule was
            // followed among the held ones alone.
            outcome.bound = reduction.bound;
            outcome.is_optimal = self.wish.rule == Rule::None && outcome.reached == reduction.bound;
        }
        outcome
    }
}

/// The shares of a part by place in the snapshot, each with what keeps it from being larger.
fn shares(part: &Part, plan: &Plan, rule: Rule) -> Vec<Share> {
    let left = Left::of(part, plan);
    let share = |share: &LocalShare| Share {
        capacity: part.capacities[share.capacity as usize],
        need: part.needs[share.need as usize],
        base: share.quantity * part.grain,
        score: part.pairs.score(share.capacity, share.need).unwrap_or(0),
        binding: left.binding(part, share, rule),
    };
    plan.shares().iter().map(share).collect()
}

/// What a plan leaves on both sides.
struct Left {
    capacities: Vec<u64>,
    needs: Vec<u64>,
    /// By demand: its producers, each once.
    suppliers: Vec<Vec<u32>>,
}

impl Left {
    fn of(part: &Part, plan: &Plan) -> Self {
        let market = &part.market;
        let mut left = Self {
            capacities: market.capacities().iter().map(|capacity| capacity.quantity).collect(),
            needs: market.needs().iter().map(|need| need.max).collect(),
            suppliers: vec![Vec::new(); market.demand_count()],
        };
        for share in plan.shares() {
            left.capacities[share.capacity as usize] -= share.quantity;
            left.needs[share.need as usize] -= share.quantity;
            let producer = market.capacities()[share.capacity as usize].producer;
            let demand = market.needs()[share.need as usize].demand;
            let suppliers = &mut left.suppliers[demand as usize];
            if !suppliers.contains(&producer) {
                suppliers.push(producer);
            }
        }
        left
    }

    fn binding(&self, part: &Part, share: &LocalShare, rule: Rule) -> Binding {
        let market = &part.market;
        if self.capacities[share.capacity as usize] == 0 {
            return Binding::Capacity;
        }
        if self.needs[share.need as usize] == 0 {
            let own = market.capacities()[share.capacity as usize].producer;
            let others = part.pairs.of_need(share.need as usize).iter();
            let mut others =
                others.map(|pair| market.capacities()[pair.capacity as usize].producer);
            let is_divided = rule != Rule::None && others.any(|producer| producer != own);
            return if is_divided { Binding::Rule } else { Binding::Need };
        }
        let limits = market.demand_limits(share.need);
        let demand = market.needs()[share.need as usize].demand;
        let suppliers = self.suppliers[demand as usize].len();
        if limits.max_suppliers.is_some_and(|most| suppliers >= most as usize) {
            Binding::MaxSuppliers
        } else if share.quantity <= market.least_share(share.capacity, share.need) {
            Binding::MinOrder
        } else {
            Binding::Increment
        }
    }
}
