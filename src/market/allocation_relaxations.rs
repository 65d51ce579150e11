//! What might lessen a shortage: from the offers that miss a demand by one check, the mildest
//! change of the demand that lets one in, and the one that lets enough in. Each is judged again as
//! if the demand were so. Must not know what a change gains.

use std::collections::BTreeMap;

use matching::certificate::CertificateKinds;
use matching::check::Remedy;
use matching::date::{Date, Period};
use matching::evaluation::Judgement;
use matching::facts::{DemandFacts, NeedFacts};
use matching::money::Price;
use matching::pair::Pair;
use matching::place::ProvinceCode;
use matching::planning::snapshot::{Change, Relaxation};

use super::allocation::Draft;

/// The most changes of one kind that are tried for a demand.
const CHANGES_OF_A_KIND: usize = 2;

/// A demand of a draft that is not served in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Short {
    /// Place of the demand in the snapshot.
    pub demand: u32,
    /// The deliveries that are short, each with the base units that it lacks.
    pub deliveries: BTreeMap<u32, u64>,
}

impl Draft<'_> {
    /// Adds to the snapshot the changes that might lessen a shortage, each with the pairs that the
    /// demand would have; those with which all changes together would have more than `max_pairs`
    /// are left out.
    pub fn relax(&mut self, short: &Short, max_pairs: usize) {
        let (Some(&slot), Some(&first)) =
            (self.demands.get(short.demand as usize), self.needs.get(short.demand as usize))
        else {
            return;
        };
        let Some(record) = self.reader.state.demands.get(slot) else { return };
        let Some(sought) = self.reader.sought(record) else { return };
        let needs = only(sought.needs, short);
        let mut misses = Misses::default();
        let short_sought = sought.changed(&record.facts, &needs);
        for offer in self.reader.wanted_offers(&short_sought) {
            let pair = self.reader.pair(&short_sought, offer, self.moment);
            if let Some(pair) = pair.filter(|pair| self.is_plannable(&short_sought, pair)) {
                misses.note(&pair, short);
            }
        }
        for change in misses.changes(short).into_iter().chain(limits(&record.facts, short)) {
            let (mut facts, mut needs) = (record.facts.clone(), sought.needs.to_vec());
            if apply((&mut facts, &mut needs), change).is_some() {
                let changed = sought.changed(&facts, &needs);
                let (pairs, minima) = self.eligible(&changed, (short.demand, first));
                if self.relaxed_pairs() + pairs.len() <= max_pairs {
                    let relaxation = Relaxation { demand: short.demand, change, pairs, minima };
                    self.snapshot.relaxations.push(relaxation);
                }
            }
        }
    }

    fn relaxed_pairs(&self) -> usize {
        self.snapshot.relaxations.iter().map(|relaxation| relaxation.pairs.len()).sum()
    }
}

/// The deliveries that are short.
fn only(needs: &[NeedFacts], short: &Short) -> Vec<NeedFacts> {
    let needs = (0_u32..).zip(needs).filter(|(at, _)| short.deliveries.contains_key(at));
    needs.map(|(_, need)| *need).collect()
}

/// Changes of the limits that a demand sets itself, whatever is offered.
fn limits<'a>(facts: &'a DemandFacts, short: &'a Short) -> impl Iterator<Item = Change> + 'a {
    let rare = facts.rare();
    let more = rare
        .max_suppliers
        .map(|most| [Change::MaxSuppliers(Some(most + 1)), Change::MaxSuppliers(None)]);
    let least = short.deliveries.keys().filter(|at| facts.least(**at as usize) > 0);
    let least = least.map(|&delivery| Change::NoLeast { delivery });
    let share = rare.min_share.map(|_| Change::NoMinShare);
    more.into_iter().flatten().chain(least).chain(share)
}

/// Changes the demand; none if the change is none.
fn apply((facts, needs): (&mut DemandFacts, &mut [NeedFacts]), change: Change) -> Option<()> {
    match change {
        Change::Ceiling { unit_price, .. } => facts.max_unit_price = Some(unit_price),
        Change::MinStars(stars) => facts.min_stars = stars,
        Change::WindowFrom { delivery, day } => {
            let need = needs.get_mut(delivery as usize)?;
            need.window = Period::new(day, need.window.to())?;
        }
        Change::WindowUntil { delivery, day } => {
            let need = needs.get_mut(delivery as usize)?;
            need.window = Period::new(need.window.from(), day)?;
        }
        Change::Distance(km) => {
            facts.max_distance_km = Some(km.try_into().unwrap_or(u16::MAX));
        }
        Change::Province(province) => {
            let rare = facts.rare_mut();
            rare.provinces = rare.provinces.iter().chain([province]).collect();
        }
        Change::Without(kinds) => facts.certificates = facts.certificates.without(kinds),
        Change::NoMinShare => facts.rare_mut().min_share = None,
        Change::MaxSuppliers(most) => facts.rare_mut().max_suppliers = most,
        Change::NoLeast { delivery } => {
            *facts.rare_mut().least.get_mut(delivery as usize)? = 0;
        }
    }
    Some(())
}

/// Base units that would come in, by what would have to be allowed.
type Steps<K> = BTreeMap<K, u64>;

/// Offers that miss a demand by one check, by what would let them in.
#[derive(Debug, Default)]
struct Misses {
    ceilings: Steps<(u64, u64)>,
    /// By stars that would no longer be asked: the fewest asked off first.
    stars: Steps<u8>,
    from: Steps<(u32, std::cmp::Reverse<Date>)>,
    until: Steps<(u32, Date)>,
    distances: Steps<u32>,
    provinces: Steps<ProvinceCode>,
    papers: Vec<(CertificateKinds, u64)>,
}

impl Misses {
    fn note(&mut self, pair: &Pair<'_>, short: &Short) {
        let judgement = Judgement::of(pair);
        let checks = judgement.checks(pair);
        let mut failed = checks.iter().filter(|check| !check.passes());
        let (Some(check), None) = (failed.next(), failed.next()) else { return };
        let Some(remedy) = check.remedy() else { return };
        let Some(nearest) = judgement.nearest else { return };
        let free = free_base(pair, &judgement, nearest.capacity);
        let delivery = short.deliveries.keys().nth(nearest.need).copied().unwrap_or(0);
        self.put(remedy, (delivery, free));
    }

    fn put(&mut self, remedy: Remedy, (delivery, free): (u32, u64)) {
        match remedy {
            Remedy::Ceiling { unit_price_vnd, raise_bp } => {
                add(&mut self.ceilings, (unit_price_vnd, raise_bp), free);
            }
            Remedy::MinStars { stars } => {
                add(&mut self.stars, u8::MAX - stars.unwrap_or(0), free);
            }
            Remedy::WindowUntil { day } => add(&mut self.until, (delivery, day), free),
            Remedy::WindowFrom { day } => {
                add(&mut self.from, (delivery, std::cmp::Reverse(day)), free);
            }
            Remedy::Area { served: None, allowed: None, max_distance_km: Some(longest) } => {
                add(&mut self.distances, longest, free);
            }
            Remedy::Area { served: None, allowed: Some(province), max_distance_km: None } => {
                add(&mut self.provinces, province, free);
            }
            Remedy::Papers { missing } => {
                match self.papers.iter_mut().find(|(kinds, _)| *kinds == missing) {
                    Some((_, sum)) => *sum = sum.saturating_add(free),
                    None => self.papers.push((missing, free)),
                }
            }
            Remedy::AnyPaper { .. }
            | Remedy::Area { .. }
            | Remedy::Renewal { .. }
            | Remedy::BothQuantities { .. }
            | Remedy::WantedQuantity { .. }
            | Remedy::FreeQuantity { .. }
            | Remedy::CapacityUntil { .. } => {}
        }
    }

    /// Of each kind the mildest change, and the one that lets in as much as is short.
    fn changes(&self, short: &Short) -> Vec<Change> {
        let lacking = short.deliveries.values().copied().fold(0, u64::saturating_add);
        let mut changes = Vec::new();
        changes.extend(steps(&self.ceilings, lacking).into_iter().filter_map(|(vnd, raise_bp)| {
            Some(Change::Ceiling { unit_price: Price::new(vnd)?, raise_bp })
        }));
        changes.extend(steps(&self.stars, lacking).into_iter().map(|asked| {
            let stars = u8::MAX - asked;
            Change::MinStars((stars >= 3).then_some(stars))
        }));
        for (&delivery, &lacking) in &short.deliveries {
            let of = |(at, day): (&(u32, Date), &u64)| (at.0 == delivery).then_some((at.1, *day));
            let until: Steps<Date> = self.until.iter().filter_map(of).collect();
            let until = steps(&until, lacking).into_iter();
            changes.extend(until.map(|day| Change::WindowUntil { delivery, day }));
            let from = self.from.iter().filter(|((at, _), _)| *at == delivery);
            let from: Steps<_> = from.map(|((_, day), free)| (*day, *free)).collect();
            let from = steps(&from, lacking).into_iter();
            changes.extend(from.map(|day| Change::WindowFrom { delivery, day: day.0 }));
        }
        changes.extend(steps(&self.distances, lacking).into_iter().map(Change::Distance));
        let provinces: Vec<_> = self.provinces.iter().map(|(code, free)| (*code, *free)).collect();
        changes.extend(largest(provinces).map(Change::Province));
        changes.extend(largest(self.papers.clone()).map(Change::Without));
        changes
    }
}

fn free_base(pair: &Pair<'_>, judgement: &Judgement, capacity: usize) -> u64 {
    let free = pair.capacity.get(capacity).map_or(0, |capacity| capacity.free());
    judgement.conversion.map_or(0, |by| free.saturating_mul(by.offer_base))
}

fn add<K: Ord>(steps: &mut Steps<K>, key: K, free: u64) {
    let sum = steps.entry(key).or_default();
    *sum = sum.saturating_add(free);
}

/// The first step, and the first at which all steps so far let `lacking` base units in, or the
/// last.
fn steps<K: Copy + Ord>(steps: &Steps<K>, lacking: u64) -> Vec<K> {
    let mut sum = 0_u64;
    let enough = steps.iter().find(|(_, free)| {
        sum = sum.saturating_add(**free);
        sum >= lacking
    });
    let enough = enough.or_else(|| steps.last_key_value()).map(|(key, _)| *key);
    let mut chosen: Vec<K> = steps.keys().next().copied().into_iter().chain(enough).collect();
    chosen.dedup();
    chosen
}

/// The few that let most in.
fn largest<K>(mut choices: Vec<(K, u64)>) -> impl Iterator<Item = K> {
    choices.sort_by_key(|(_, free)| std::cmp::Reverse(*free));
    choices.into_iter().take(CHANGES_OF_A_KIND).map(|(kind, _)| kind)
}
