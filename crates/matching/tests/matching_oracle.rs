//! The judgement of a pair against a second, plain reading of design §1–2: one loop after another
//! over the recorded values, every price a fraction over one common denominator.

mod generator;
mod plain_day;
mod plain_sale;

use generator::{Party, Product, TODAY, World};
use matching::certificate::{CertificateKind, CertificateKinds};
use matching::check::{CHECKS, Check, CheckCode};
use matching::date::Date;
use matching::demand::{Demand, DemandState, PriceBasis, SubstituteProduct};
use matching::evaluation::{Evaluation, evaluate};
use matching::factor::Factor;
use matching::facts::{DemandFacts, FreeCapacity, NeedFacts, OfferFacts};
use matching::offer::{Offer, OfferState};
use matching::pair::{Likeness, Moment, Pair};
use matching::price::FreightRate;
use matching::quantity::Dimension;
use matching::text::relevance::{Name, Query, relevance};
use matching::text::synonyms::Synonyms;
use proptest::prelude::*;

const RATE: i128 = 2500;

struct Case<'a> {
    world: &'a World,
    offer: &'a Offer,
    demand: &'a Demand,
    product: &'a Product,
    producer: &'a Party,
    buyer: &'a Party,
}

impl<'a> Case<'a> {
    fn new(world: &'a World, offer: &'a Offer, demand: &'a Demand) -> Self {
        let (mut products, mut parties) = (world.products.iter(), world.parties.iter());
        let product = products.find(|it| it.id == offer.terms.product_id).expect("a product");
        let producer = &world.parties[product.party];
        let buyer = parties.find(|it| it.id == demand.terms.party_id).expect("a party");
        Self { world, offer, demand, product, producer, buyer }
    }

    fn likeness_to(&self, text: &str) -> u16 {
        let synonyms = Synonyms::default();
        relevance(&Query::new(text, &synonyms), &Name::new(&self.product.name, &synonyms))
    }

    fn evaluate(&self) -> (Evaluation, [Check; CHECKS]) {
        let substitutes =
            self.demand.terms.substitutes.iter().map(|substitute| match &substitute.product {
                SubstituteProduct::Text(text) => self.likeness_to(text),
                SubstituteProduct::ProductSet(_) => 0,
            });
        let text = self.demand.terms.text.as_deref().map_or(0, |text| self.likeness_to(text));
        let pair = Pair {
            offer: &OfferFacts::from(self.offer),
            capacity: &FreeCapacity::of(self.offer),
            product: &self.product.facts(),
            producer: &self.producer.facts(),
            demand: &DemandFacts::from(self.demand),
            needs: &NeedFacts::of(self.demand),
            buyer: &self.buyer.facts(),
            likeness: Likeness { text, substitutes: substitutes.collect() },
            freight: FreightRate::new(RATE as u64).expect("legal"),
            moment: Moment::at(self.world.now),
        };
        let evaluation = evaluate(&pair);
        let checks = evaluation.judgement.checks(&pair);
        (evaluation, checks)
    }
}

/// What the plain reading finds.
#[derive(Debug, PartialEq)]
struct Plain {
    eligible: bool,
    /// Checks of the pair as a whole: state, visible, product, unit, price.
    whole: [bool; 5],
    /// Failures of the best pair of capacity period and delivery.
    fewest_failures: usize,
    scored: Option<Scored>,
    /// How far it may be: to the nearest delivery that is served, or to one of a nearest pair.
    ways_km: Vec<u32>,
}

#[derive(Debug, PartialEq)]
struct Scored {
    score: u16,
    values: [u16; 6],
    unit_price: Option<i128>,
    landed_price: Option<i128>,
    net_price: Option<i128>,
    coverage: Vec<(i128, i128)>,
}

/// A capacity period with a delivery: which of period, quantity, stars, certificates, area, market
/// pass, and the judged date.
fn plain_encounters(
    case: &Case<'_>,
    ratio: i128,
    base: Option<i128>,
) -> Vec<Vec<([bool; 6], Date)>> {
    let (offer, demand) = (&case.offer.terms, &case.demand.terms);
    let mut all = Vec::new();
    for (index, need) in demand.deliveries.iter().enumerate() {
        let mut row = Vec::new();
        let committed = case.demand.progress[index].committed;
        let most = i128::from(need.max_quantity.unwrap_or(need.quantity).saturating_sub(committed));
        for capacity in &case.offer.capacity {
            let to = capacity.period.to().min(need.window.to());
            let ready = Date::from_days(TODAY + offer.lead_time_days as i32);
            let period = capacity.period.from().max(need.window.from()).max(ready) <= to;
            let date =
                if period { to } else { plain_day::told(capacity.period, need.window, ready) };
            let free = capacity.declared - capacity.held - capacity.committed - capacity.consumed;
            let quantity = base.is_some_and(|base| {
                (1..=free / offer.increment).any(|steps| {
                    let units = steps * offer.increment;
                    let worth = i128::from(units) * base * 10_000;
                    let wanted = i128::from(demand.content.base_units) * ratio;
                    units >= offer.min_order
                        && worth >= i128::from(demand.min_share.unwrap_or(0)) * wanted
                        && worth <= most * wanted
                })
            });
            let stars =
                demand.requirements.min_stars.is_none_or(|min| plain_stars(case, date) >= min);
            let certificates = plain_papers(case, demand.requirements.certificates, date);
            let groups = &demand.requirements.market_papers;
            let market = groups.iter().all(|group| {
                CertificateKind::ALL
                    .iter()
                    .any(|kind| group.contains(*kind) && plain_paper(case, *kind, date))
            });
            let distance = offer.place.point.distance_km(need.place.point);
            let served = offer.delivers_to.is_empty()
                || offer.delivers_to.iter().any(|province| province == need.place.province);
            let allowed = demand.requirements.provinces.is_empty()
                || demand.requirements.provinces.iter().any(|each| each == case.producer.province);
            let near = demand.requirements.max_distance_km.is_none_or(|max| distance <= max);
            let area = served && allowed && near;
            row.push(([period, quantity, stars, certificates, area, market], date));
        }
        all.push(row);
    }
    all
}

fn plain_stars(case: &Case<'_>, date: Date) -> u8 {
    let on = matching::certificate::recognition_on(date, &case.product.stars);
    on.map_or(0, |star| star.stars.number())
}

fn plain_papers(case: &Case<'_>, required: CertificateKinds, date: Date) -> bool {
    let each = CertificateKind::ALL.iter();
    each.copied().all(|kind| !required.contains(kind) || plain_paper(case, kind, date))
}

fn plain_paper(case: &Case<'_>, kind: CertificateKind, date: Date) -> bool {
    let of_product = case.product.papers.iter();
    let has = of_product.chain(&case.producer.papers).any(|paper| {
        paper.kind == kind && paper.counts.from() <= date && date <= paper.counts.to()
    });
    has || kind == CertificateKind::Ocop && plain_stars(case, date) > 0
}

fn plain_ratio(case: &Case<'_>) -> Option<(bool, i128)> {
    let terms = &case.demand.terms;
    if terms.product_ids.contains(&case.product.id) {
        return Some((true, 10_000));
    }
    let silent = terms.product_sets.is_empty() && terms.product_ids.is_empty();
    let by_text = terms.text.as_deref().map_or(0, |text| case.likeness_to(text)) >= 3000;
    if terms.product_sets.contains(&case.product.set) || silent && by_text {
        return Some((false, 10_000));
    }
    for substitute in &terms.substitutes {
        let fits = match &substitute.product {
            SubstituteProduct::Text(text) => case.likeness_to(text) >= 3000,
            SubstituteProduct::ProductSet(set) => *set == case.product.set,
        };
        if fits {
            return Some((false, i128::from(substitute.ratio)));
        }
    }
    None
}

fn plain_mass(case: &Case<'_>) -> i128 {
    let content = &case.offer.terms.content;
    let contents = [Some(content.primary()), content.secondary()];
    let amount = |dimension: Dimension| {
        let found = contents.iter().flatten().find(|content| content.dimension == dimension);
        found.map(|content| i128::from(content.base_units))
    };
    amount(Dimension::Mass)
        .or(amount(Dimension::Volume))
        .or(amount(Dimension::Count).map(|pieces| pieces * 1000))
        .expect("mass, volume or count")
}

fn plain_reliability(case: &Case<'_>) -> u16 {
    let since = Date::from_days(TODAY).plus_months(-12);
    let (mut agreed, mut accepted) = (0_u64, 0_u64);
    for fulfilment in &case.producer.fulfilments {
        if fulfilment.due_on > since {
            agreed += fulfilment.agreed;
            accepted += fulfilment.accepted;
        }
    }
    (10_000 * accepted).checked_div(agreed).map_or(5000, |value| value.min(10_000) as u16)
}

fn plain_visible(case: &Case<'_>) -> bool {
    let (buyer, producer) = (case.buyer, case.producer);
    case.offer.terms.audience.admits(buyer.id, buyer.roles_coordinator)
        && case.demand.terms.audience.admits(producer.id, producer.roles_coordinator)
}

fn plain(case: &Case<'_>) -> Plain {
    let (offer, demand) = (&case.offer.terms, &case.demand.terms);
    let open = case.offer.state(Date::from_days(TODAY)) == OfferState::Published
        && [DemandState::Open, DemandState::PartiallyCovered]
            .contains(&case.demand.state(case.world.now))
        && offer.party_id != demand.party_id;
    let route = plain_ratio(case);
    let ratio = route.map_or(10_000, |(_, ratio)| ratio);
    let base = offer.content.in_dimension(demand.content.dimension).map(i128::from);
    let rows = plain_encounters(case, ratio, base);
    let fewest_of = |row: &[([bool; 6], Date)]| {
        let failures = |passes: &[bool; 6]| passes.iter().filter(|pass| !**pass).count();
        row.iter().map(|(passes, _)| (!passes[0], failures(passes))).min().expect("a period")
    };
    let fewest = rows.iter().map(|row| fewest_of(row)).min().expect("a pair");
    let (nearest, fewest_failures) = (rows.iter().zip(&demand.deliveries), fewest.1);
    let nearest = nearest.filter(|(row, _)| fewest_of(row) == fewest);
    let mut ways_km: Vec<u32> =
        nearest.map(|(_, need)| offer.place.point.distance_km(need.place.point)).collect();
    if fewest_failures == 0 {
        ways_km = ways_km.into_iter().min().into_iter().collect();
    }
    let scored = (fewest_failures == 0).then(|| plain_score(case, &rows, ways_km[0]));
    let price = match (offer.unit_price, demand.max_unit_price) {
        (Some(_), Some(_)) if base.is_none() => Some(false),
        (Some(_), Some(ceiling)) => scored.as_ref().map(|scored| {
            let compared = match demand.price_basis {
                PriceBasis::AtOrigin => scored.unit_price,
                PriceBasis::Delivered => scored.landed_price,
            };
            compared.expect("a price") <= i128::from(ceiling.vnd())
        }),
        _ => Some(true),
    };
    let whole = [open, plain_visible(case), route.is_some(), base.is_some(), price.unwrap_or(true)];
    Plain {
        eligible: whole.iter().all(|pass| *pass) && fewest_failures == 0,
        whole,
        fewest_failures,
        scored,
        ways_km,
    }
}

fn plain_score(case: &Case<'_>, rows: &[Vec<([bool; 6], Date)>], distance_km: u32) -> Scored {
    let (offer, demand) = (&case.offer.terms, &case.demand.terms);
    let (named, ratio) = plain_ratio(case).unwrap_or((false, 10_000));
    let base = i128::from(offer.content.in_dimension(demand.content.dimension).expect("converts"));
    let demand_base = i128::from(demand.content.base_units);
    let wanted: Vec<i128> = demand
        .deliveries
        .iter()
        .zip(&case.demand.progress)
        .map(|(need, done)| i128::from(need.quantity.saturating_sub(done.committed)))
        .collect();
    let free: Vec<i128> = case.offer.capacity.iter().map(|c| i128::from(c.free())).collect();
    let available: Vec<i128> = rows
        .iter()
        .map(|row| {
            let units: i128 = row
                .iter()
                .zip(&free)
                .filter(|((passes, _), _)| *passes == [true; 6])
                .map(|(_, free)| free)
                .sum();
            units * base * 10_000 / ratio
        })
        .collect();
    let total: i128 = wanted.iter().sum();
    let increment = i128::from(offer.increment);
    let (ask, supply) = (demand_base * ratio, base * 10_000);
    let share = i128::from(demand.min_share.unwrap_or(0)) * ask;
    let mut smallest = i128::from(offer.min_order);
    while smallest * supply < share {
        smallest += increment;
    }
    let sold = match rows {
        [only] => {
            let by = (ask, supply, increment, smallest);
            plain_sale::sold_to_one(only, wanted[0], &free, by)
        }
        several => plain_sale::sold(several, &wanted, free, (ask, supply, increment)),
    };
    let ordered = sold.max(smallest);
    let mut price = offer.unit_price.map(|price| i128::from(price.vnd()));
    for step in &offer.price_breaks {
        if i128::from(step.min_quantity) <= ordered {
            price = Some(i128::from(step.unit_price.vnd()));
        }
    }
    // One demand unit is `over / under` offer units.
    let (over, under) = (demand_base * ratio, base * 10_000);
    let freight = if offer.pickup { 0 } else { i128::from(distance_km) * RATE * plain_mass(case) };
    let landed = price.map(|price| ((price * 1_000_000 + freight) * over, under * 1_000_000));
    let price_value = match (landed, demand.max_unit_price) {
        (Some((num, den)), Some(ceiling)) => {
            let ceiling = i128::from(ceiling.vnd());
            (20_000 * (ceiling * den - num)).div_euclid(ceiling * den).clamp(0, 10_000) as u16
        }
        _ => 5000,
    };
    let covered: i128 = wanted.iter().zip(&available).map(|(w, a)| (w * demand_base).min(*a)).sum();
    let date = rows
        .iter()
        .flatten()
        .filter(|(passes, _)| *passes == [true; 6])
        .map(|(_, date)| *date)
        .min()
        .expect("a passing pair");
    let stars = matching::certificate::recognition_on(date, &case.product.stars);
    let quality = match stars.map(|star| (star.stars.number(), star.stars.is_potential_five())) {
        Some((5, _)) => 10_000,
        Some((4, true)) => 7500,
        Some((4, false)) => 5000,
        _ => 0,
    };
    let text = match &demand.text {
        _ if named => 10_000,
        None => 5000,
        Some(text) => case.likeness_to(text),
    };
    let values = [
        text,
        price_value,
        if total == 0 { 0 } else { (10_000 * covered / (total * demand_base)) as u16 },
        (10_000 * (1500 - i128::from(distance_km)).max(0) / 1500) as u16,
        quality,
        plain_reliability(case),
    ];
    let weights = demand.preferences.unwrap_or_default();
    let sum: u64 = Factor::ALL
        .iter()
        .zip(values)
        .map(|(factor, value)| u64::from(weights.of(*factor)) * u64::from(value))
        .sum();
    let ceil = |(num, den): (i128, i128)| (num + den - 1) / den;
    let fee = i128::from(demand.terms.listing_fee_vnd) * demand_base;
    let kept = 100 - i128::from(demand.terms.discount_percent);
    let matched = (ordered * base * 10_000 / ratio).max(1);
    Scored {
        score: (sum / 10_000) as u16,
        values,
        unit_price: price.map(|price| ceil((price * over, under))),
        landed_price: landed.map(ceil),
        net_price: price.map(|price| {
            let num = price * over * kept * matched - fee * under * 100;
            num.div_euclid(under * 100 * matched).max(0)
        }),
        coverage: available.iter().map(|base| base / demand_base).zip(wanted).collect(),
    }
}

fn found(evaluation: &Evaluation, checks: &[Check; CHECKS]) -> (bool, [bool; 5], usize) {
    let passes = |code: CheckCode| checks[code as usize].passes();
    let whole = [
        passes(CheckCode::State),
        passes(CheckCode::Visible),
        passes(CheckCode::Product),
        passes(CheckCode::Unit),
        passes(CheckCode::Price),
    ];
    let failures = checks[5..].iter().filter(|check| !check.passes()).count();
    (evaluation.eligible, whole, failures)
}

fn check_scored(evaluation: &Evaluation, scored: &Scored) {
    let wide = |price: Option<u64>| price.map(i128::from);
    let coverage = evaluation.coverage().map(|(a, w)| (i128::from(a), i128::from(w)));
    let judged = Scored {
        score: evaluation.score,
        values: evaluation.factors.map(|share| share.value),
        unit_price: wide(evaluation.unit_price_vnd),
        landed_price: wide(evaluation.landed_unit_price_vnd),
        net_price: wide(evaluation.net_unit_price_vnd),
        coverage: coverage.collect(),
    };
    assert_eq!(&judged, scored);
}

fn check_case(case: &Case<'_>) -> Plain {
    let ((evaluation, checks), plain) = (case.evaluate(), plain(case));
    let (eligible, mut whole, failures) = found(&evaluation, &checks);
    if plain.scored.is_none() && plain.whole[3] {
        whole[4] = plain.whole[4];
    }
    assert_eq!((eligible, whole, failures), (plain.eligible, plain.whole, plain.fewest_failures));
    assert!(plain.ways_km.contains(&evaluation.distance_km()), "{:?}", plain.ways_km);
    if let (Some(scored), true) = (&plain.scored, plain.whole[3]) {
        check_scored(&evaluation, scored);
    }
    let contributions: u16 = evaluation.factors.iter().map(|share| share.contribution).sum();
    assert_eq!(contributions, evaluation.score, "contributions sum to the score");
    plain
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_pair_is_judged_as_the_plain_reading_judges_it(seed: u64) {
        let world = World::new(seed, 10);
        for offer in &world.offers {
            for demand in &world.demands {
                check_case(&Case::new(&world, offer, demand));
            }
        }
    }
}

#[test]
fn the_random_pairs_pass_and_fail_every_check() {
    let (mut eligible, mut failed, mut reasons) = (0, 0, [0; 5]);
    for seed in 0..40 {
        let world = World::new(seed, 12);
        for (offer, demand) in
            world.offers.iter().flat_map(|o| world.demands.iter().map(move |d| (o, d)))
        {
            let plain = plain(&Case::new(&world, offer, demand));
            eligible += usize::from(plain.eligible);
            failed += usize::from(plain.fewest_failures > 0);
            for (reason, pass) in reasons.iter_mut().zip(plain.whole) {
                *reason += usize::from(!pass);
            }
        }
    }
    assert!(
        eligible > 50 && failed > 50 && reasons.iter().all(|count| *count > 50),
        "{eligible} eligible, {failed} without a pair, {reasons:?}"
    );
}
