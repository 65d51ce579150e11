//! The answer of an allocation in words: shares with their reasons, shortages with what would
//! lessen them, what is left, prices and fairness.

use std::collections::BTreeMap;

use matching::allocation::plan::Worth;
use matching::certificate::CertificateKind;
use matching::money::Price;
use matching::planning::balance::Balances;
use matching::planning::snapshot::{Change, DemandSide, Reduction, Snapshot};
use matching::planning::{Binding as Bound, Fills, Gain, Margin, Outcome, Rule, Share as Part};
use matching::quantity::Dimension;

use super::allocation_parts::{
    Answer, CapacityPrice, DeliveryShortage, FairnessRecord, FillRecord, HeldPairs, Named,
    OverTime, RelaxationRecord, RelaxedField, Share, Shortage, Total, UnitWorth, Unsold,
};
use super::allocation_texts::{Gained, Reason, gain_text, held_text, reason_text};
use super::problem_texts::Language;

/// The whole, in basis points.
const WHOLE_BP: u128 = 10_000;
/// The most relaxations that a shortage names.
const MAX_RELAXATIONS: usize = 5;

impl Answer {
    /// The answer in words.
    #[must_use]
    pub fn new((sides, outcome): (&Snapshot, &Outcome), rule: Rule, language: Language) -> Self {
        let ledger = Ledger::new(sides, outcome);
        let writer = Writer { sides, outcome, ledger, rule, language };
        let fairness = &outcome.fairness;
        let shares = outcome.shares.iter().map(|share| writer.share(share)).collect();
        Self {
            totals: Some(writer.totals()),
            shares: Some(shares),
            shortages: Some(writer.shortages()),
            unsold: Some(writer.unsold()),
            prices: Some(writer.prices()),
            fairness: Some(FairnessRecord {
                before: fill_record(fairness.before),
                after: fill_record(fairness.after),
                cost_score_quantity: cost(fairness.cost.score),
                over_time: writer.over_time(),
            }),
            held_pairs: sides.reduction.map(|it| held_pairs(&it, rule, language)),
            left_out_pairs: Some(sides.left_out),
        }
    }
}

fn held_pairs(reduction: &Reduction, rule: Rule, language: Language) -> HeldPairs {
    let Reduction { eligible, held, rounds, is_complete, .. } = *reduction;
    let text = held_text((held, eligible), rule, language);
    HeldPairs { eligible, held, rounds, complete: is_complete, text }
}

fn cost(score: i128) -> u64 {
    u64::try_from((score.max(0) as u128).div_ceil(WHOLE_BP)).unwrap_or(u64::MAX)
}

const fn fill_record(fills: Fills) -> FillRecord {
    let Fills { producers, selling_nothing, least_bp, p10_bp, median_bp } = fills;
    FillRecord { producers, selling_nothing, min_bp: least_bp, p10_bp, median_bp }
}

/// Who gets and gives how much, in base units.
struct Ledger {
    given: Vec<u64>,
    taken: BTreeMap<u32, u64>,
    sellers: Balances,
}

impl Ledger {
    fn new(sides: &Snapshot, outcome: &Outcome) -> Self {
        let taken = outcome.offered.iter().map(|at| (*at, 0)).collect();
        let (given, sellers) = (vec![0; sides.needs.len()], Balances::of(sides, outcome));
        let mut ledger = Self { given, taken, sellers };
        for share in &outcome.shares {
            ledger.given[share.need as usize] += share.base;
            *ledger.taken.entry(share.capacity).or_default() += share.base;
        }
        ledger
    }
}

/// Writes one answer.
struct Writer<'a> {
    sides: &'a Snapshot,
    outcome: &'a Outcome,
    ledger: Ledger,
    rule: Rule,
    language: Language,
}

impl Writer<'_> {
    fn share(&self, share: &Part) -> Share {
        let sides = self.sides;
        let (offer, demand) = (sides.offer_of(share.capacity), sides.demand_of(share.need));
        let capacity = sides.capacities[share.capacity as usize];
        let need = sides.needs[share.need as usize];
        let quantity = share.base / offer.content.base_units.max(1);
        Share {
            offer_id: offer.id.to_string(),
            product: named(offer.product.0, &offer.product.1),
            producer: named(offer.producer.0, &offer.producer.1),
            capacity: capacity.period.into(),
            demand_id: demand.id.to_string(),
            delivery: need.delivery,
            buyer: demand.buyer.as_ref().map(|(id, name)| named(id, name)),
            window: need.window.into(),
            quantity,
            unit: offer.unit.to_string(),
            base_quantity: share.base,
            dimension: offer.content.dimension.into(),
            unit_price: offer.price_at(quantity).map(Price::vnd),
            score: share.score,
            binding: self.binding(share).into(),
            reason: reason_text(self.reason(share, quantity), self.language),
        }
    }

    /// What keeps a share from being larger: a side of which less than a step is left is not used
    /// up, though it is as the plan counts.
    fn binding(&self, share: &Part) -> Bound {
        let is_left = match share.binding {
            Bound::Capacity => self.left(share.capacity) > 0,
            Bound::Need => {
                let most = self.sides.needs[share.need as usize].most;
                self.ledger.given[share.need as usize] < self.sides.need_base(share.need, most)
            }
            Bound::MinOrder | Bound::Increment | Bound::MaxSuppliers | Bound::Rule => false,
        };
        if is_left { Bound::Increment } else { share.binding }
    }

    /// What is left of a capacity, in the unit of its offer.
    fn left(&self, capacity: u32) -> u64 {
        let base_units = self.sides.offer_of(capacity).content.base_units.max(1);
        let taken = self.ledger.taken.get(&capacity).copied().unwrap_or(0);
        self.sides.capacities[capacity as usize].free.saturating_sub(taken / base_units)
    }

    fn reason(&self, share: &Part, quantity: u64) -> Reason<'_> {
        let sides = self.sides;
        let (offer, demand) = (sides.offer_of(share.capacity), sides.demand_of(share.need));
        let capacity = sides.capacities[share.capacity as usize];
        let unit = &*offer.unit;
        match self.binding(share) {
            Bound::Capacity => {
                Reason::Capacity { quantity: capacity.free, unit, period: capacity.period }
            }
            Bound::Need => {
                let most = sides.needs[share.need as usize].most;
                Reason::Need { quantity: most, unit: &demand.unit }
            }
            Bound::MinOrder => Reason::MinOrder { quantity, unit },
            Bound::Increment => Reason::Increment { quantity: offer.increment, unit },
            Bound::MaxSuppliers => {
                Reason::MaxSuppliers { suppliers: demand.max_suppliers.unwrap_or(0) }
            }
            Bound::Rule => {
                let seller = sides.seller(share.capacity);
                let (sales, earlier) =
                    (self.ledger.sellers.get(seller), sides.balances.get(seller));
                let in_all = (!sides.balances.is_empty()).then(|| sales.plus(earlier).fill_bp());
                Reason::Rule { rule: self.rule, fill_bp: sales.fill_bp(), in_all_bp: in_all }
            }
        }
    }

    /// How evenly the sellers of this run were treated before it, and are with it.
    fn over_time(&self) -> Option<OverTime> {
        let (balances, own) = (&self.sides.balances, &self.ledger.sellers);
        let earlier = own.iter().map(|(seller, _)| balances.get(seller));
        let in_all = own.iter().map(|(seller, sales)| balances.get(seller).plus(sales));
        (!balances.is_empty()).then(|| OverTime {
            earlier: fill_record(Fills::of(earlier)),
            in_all: fill_record(Fills::of(in_all)),
        })
    }

    fn lacking(&self, need: usize) -> u64 {
        let wanted = self.sides.need_base(need as u32, self.sides.needs[need].wanted);
        wanted.saturating_sub(self.ledger.given[need])
    }

    fn shortages(&self) -> Vec<Shortage> {
        let mut short: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (at, need) in self.sides.needs.iter().enumerate() {
            if self.lacking(at) > 0 {
                short.entry(need.demand).or_default().push(at);
            }
        }
        short.into_iter().map(|(demand, needs)| self.shortage(demand, &needs)).collect()
    }

    fn shortage(&self, at: u32, needs: &[usize]) -> Shortage {
        let demand = &self.sides.demands[at as usize];
        let base = demand.content.base_units.max(1);
        let short_base = needs.iter().map(|&need| self.lacking(need)).fold(0, plus);
        let of_demand = self.sides.needs.iter().filter(|need| need.demand == at);
        let delivery = |&at: &usize| {
            let need = self.sides.needs[at];
            DeliveryShortage {
                delivery: need.delivery,
                wanted: need.wanted,
                allocated: self.ledger.given[at] / base,
                short: self.lacking(at).div_ceil(base),
            }
        };
        Shortage {
            demand_id: demand.id.to_string(),
            buyer: demand.buyer.as_ref().map(|(id, name)| named(id, name)),
            text: demand.words.as_deref().map(str::to_owned),
            unit: demand.unit.to_string(),
            wanted: of_demand.map(|need| need.wanted).sum(),
            short: short_base.div_ceil(base),
            short_base,
            dimension: demand.content.dimension.into(),
            deliveries: needs.iter().map(delivery).collect(),
            relaxations: self.relaxations(at, demand, short_base.div_ceil(base)),
        }
    }

    /// Of one field the mildest change that gains as much; those that close the shortage first.
    fn relaxations(&self, at: u32, demand: &DemandSide, short: u64) -> Vec<RelaxationRecord> {
        let mut gains: Vec<&Gain> =
            self.outcome.gains.iter().filter(|gain| gain.demand == at).collect();
        gains.sort_by_key(|gain| (!gain.closes, std::cmp::Reverse(gain.all)));
        let mut seen: Vec<(RelaxedField, Option<u32>, u64)> = Vec::new();
        gains.retain(|gain| {
            let (field, delivery, _) = relaxed(gain.change);
            let key = (field, delivery, gain.own);
            let is_new = !seen.contains(&key);
            seen.push(key);
            is_new
        });
        gains.truncate(MAX_RELAXATIONS);
        gains.into_iter().map(|gain| self.relaxation(gain, demand, short)).collect()
    }

    fn relaxation(&self, gain: &Gain, demand: &DemandSide, short: u64) -> RelaxationRecord {
        let (field, delivery, value) = relaxed(gain.change);
        let (quantity, unit) = (gain.own / demand.content.base_units.max(1), &*demand.unit);
        let gained = Gained { change: gain.change, quantity, short, closes: gain.closes, unit };
        RelaxationRecord {
            field,
            delivery,
            value,
            gains: quantity,
            gains_base: gain.own,
            gains_in_all_base: gain.all,
            closes: gain.closes,
            text: gain_text(gained, self.language),
        }
    }

    fn unsold(&self) -> Vec<Unsold> {
        let left = |&at: &u32| {
            let (offer, side) = (self.sides.offer_of(at), self.sides.capacities[at as usize]);
            let quantity = self.left(at);
            (quantity > 0).then(|| Unsold {
                offer_id: offer.id.to_string(),
                product: named(offer.product.0, &offer.product.1),
                producer: named(offer.producer.0, &offer.producer.1),
                capacity: side.period.into(),
                quantity,
                unit: offer.unit.to_string(),
            })
        };
        self.ledger.taken.keys().filter_map(left).collect()
    }

    fn prices(&self) -> Vec<CapacityPrice> {
        let prices = self.outcome.certificate.iter().flat_map(|it| &it.capacities);
        let intervals: BTreeMap<u32, Margin> = self.outcome.intervals.iter().copied().collect();
        let priced = prices.filter(|(_, price)| *price > Worth::default());
        let record = |(at, price): &(u32, Worth)| {
            let (UnitWorth { quantity, score }, interval) = (unit_worth(*price), intervals.get(at));
            CapacityPrice {
                offer_id: self.sides.offer_of(*at).id.to_string(),
                capacity: self.sides.capacities[*at as usize].period.into(),
                quantity,
                score,
                one_more: interval.map(|it| unit_worth(it.more)),
                one_less: interval.and_then(|it| it.less).map(unit_worth),
            }
        };
        priced.map(record).collect()
    }

    fn totals(&self) -> Vec<Total> {
        let mut totals: BTreeMap<Dimension, Total> = BTreeMap::new();
        for (at, need) in self.sides.needs.iter().enumerate() {
            let dimension = self.sides.demand_of(at as u32).content.dimension;
            let total = totals.entry(dimension).or_insert_with(|| empty(dimension));
            total.wanted = plus(total.wanted, self.sides.need_base(at as u32, need.wanted));
            total.allocated = plus(total.allocated, self.ledger.given[at]);
            total.short = plus(total.short, self.lacking(at));
        }
        for &at in self.ledger.taken.keys() {
            let dimension = self.sides.offer_of(at).content.dimension;
            let total = totals.entry(dimension).or_insert_with(|| empty(dimension));
            total.offered = plus(total.offered, self.sides.free_base(at));
        }
        totals.into_values().collect()
    }
}

/// A sum, at most the highest number of the contract.
fn plus(sum: u64, more: u64) -> u64 {
    sum.saturating_add(more).min(i64::MAX.unsigned_abs())
}

fn unit_worth(worth: Worth) -> UnitWorth {
    let number = |tier: i128| i64::try_from(tier).unwrap_or(i64::MAX);
    UnitWorth { quantity: number(worth.quantity), score: number(worth.score) }
}

fn empty(dimension: Dimension) -> Total {
    Total { dimension: dimension.into(), wanted: 0, allocated: 0, short: 0, offered: 0 }
}

fn named(id: impl ToString, name: &str) -> Named {
    Named { id: id.to_string(), name: name.to_owned() }
}

/// The field, delivery and value of a change, to be sent as they are.
fn relaxed(change: Change) -> (RelaxedField, Option<u32>, Option<String>) {
    match change {
        Change::Ceiling { unit_price, .. } => {
            (RelaxedField::MaxUnitPrice, None, Some(unit_price.vnd().to_string()))
        }
        Change::MinStars(stars) => {
            (RelaxedField::MinStars, None, stars.map(|stars| stars.to_string()))
        }
        Change::WindowFrom { delivery, day } => {
            (RelaxedField::From, Some(delivery), Some(day.to_string()))
        }
        Change::WindowUntil { delivery, day } => {
            (RelaxedField::To, Some(delivery), Some(day.to_string()))
        }
        Change::Distance(km) => (RelaxedField::MaxDistanceKm, None, Some(km.to_string())),
        Change::Province(code) => (RelaxedField::ProvinceCodes, None, Some(code.to_string())),
        Change::Without(kinds) => {
            let codes: Vec<&str> = kinds.iter().map(CertificateKind::code).collect();
            (RelaxedField::Certificates, None, Some(codes.join(",")))
        }
        Change::NoMinShare => (RelaxedField::MinShare, None, None),
        Change::MaxSuppliers(most) => {
            (RelaxedField::MaxSuppliers, None, most.map(|most| most.to_string()))
        }
        Change::NoLeast { delivery } => (RelaxedField::MinQuantity, Some(delivery), None),
    }
}
