//! Random offers, products, parties and demands from a seed, close enough to each other that every
//! check passes often and fails often. Must not judge them.

#![allow(dead_code, reason = "each test uses a part of it")]

use matching::certificate::{CertificateKind, CertificateKinds, StarPeriod, Stars};
use matching::date::{Date, Period, Timestamp};
use matching::demand::*;
use matching::factor::Weights;
use matching::facts::{
    DemandFacts, FreeCapacity, Fulfilment, NeedFacts, OfferFacts, Paper, PartyFacts, ProductFacts,
};
use matching::id::{DemandId, OfferId, PartyId, ProductId};
use matching::money::Price;
use matching::offer::*;
use matching::pair::{Likeness, Moment, Pair};
use matching::place::{Place, Point, ProvinceCode, ProvinceSet};
use matching::price::FreightRate;
use matching::product::ProductSet;
use matching::quantity::{Content, Dimension, UnitContent};
use matching::visibility::{Audience, Visibility};

pub(crate) const TODAY: i32 = 20_800;
const NAMES: [&str; 10] = [
    "Mật hoa dừa Sokfarm",
    "Mật hoa dừa tươi",
    "Kẹo dừa sáp",
    "Dừa sáp Cầu Kè",
    "Kẹo dứa",
    "Rượu nếp than",
    "Gạo ST25",
    "Mắm rươi",
    "Tôm khô Vinh Kim",
    "Trà hoa vàng",
];
const TEXTS: [&str; 7] =
    ["mật hoa dừa", "keo dua sap", "dừa sáp", "gạo", "tom kho", "dứa", "nước mắm cá cơm"];
const MARKETS: [&str; 2] = ["JP", "KR"];

/// SplitMix64 (Steele, Lea and Flood 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn within(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }

    fn maybe<T>(&mut self, percent: u64, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.chance(percent).then(|| make(self))
    }

    fn several<T>(&mut self, most: u64, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| make(self)).collect()
    }

    fn uuid(&mut self) -> uuid::Uuid {
        uuid::Uuid::from_u64_pair(self.next(), self.next())
    }

    fn period(&mut self, from: i64, to: i64, longest: u64) -> Period {
        let start = TODAY + from as i32 + self.below((to - from) as u64) as i32;
        let end = start + self.below(longest) as i32;
        Period::new(Date::from_days(start), Date::from_days(end)).expect("in order")
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Party {
    pub(crate) id: PartyId,
    pub(crate) province: ProvinceCode,
    pub(crate) roles_coordinator: bool,
    pub(crate) papers: Vec<Paper>,
    pub(crate) fulfilments: Vec<Fulfilment>,
}

impl Party {
    /// What it is judged by.
    pub(crate) fn facts(&self) -> PartyFacts {
        PartyFacts {
            id: self.id,
            province: self.province,
            coordinates: self.roles_coordinator,
            papers: self.papers.clone().into(),
            fulfilments: self.fulfilments.clone().into(),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Product {
    pub(crate) id: ProductId,
    pub(crate) party: usize,
    pub(crate) name: String,
    pub(crate) set: ProductSet,
    pub(crate) stars: Vec<StarPeriod>,
    pub(crate) papers: Vec<Paper>,
}

impl Product {
    /// What it is judged by.
    pub(crate) fn facts(&self) -> ProductFacts {
        ProductFacts {
            id: self.id,
            product_set: self.set,
            stars: self.stars.clone().into(),
            papers: self.papers.clone().into(),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) parties: Vec<Party>,
    pub(crate) products: Vec<Product>,
    pub(crate) offers: Vec<Offer>,
    pub(crate) demands: Vec<Demand>,
}

impl World {
    /// `size` offers and as many demands, of half as many products and a fifth as many parties.
    pub(crate) fn new(seed: u64, size: usize) -> Self {
        let random = &mut Random(seed);
        let now = Timestamp::from_micros(i64::from(TODAY) * 86_400_000_000 + 3_600_000_000);
        let parties: Vec<Party> = (0..2.max(size / 5)).map(|_| party(random)).collect();
        let products: Vec<Product> =
            (0..1.max(size / 2)).map(|_| product(random, parties.len())).collect();
        let offers = (0..size).map(|_| offer(random, &parties, &products)).collect();
        let demands = (0..size).map(|_| demand(random, &parties, &products)).collect();
        Self { now, parties, products, offers, demands }
    }

    pub(crate) fn product(&self, offer: &Offer) -> &Product {
        let mut products = self.products.iter();
        products.find(|it| it.id == offer.terms.product_id).expect("a product")
    }

    /// What `tell` says of an offer and a demand.
    pub(crate) fn with_pair<T>(
        &self,
        (offer, demand): (&Offer, &Demand),
        likeness: Likeness,
        tell: impl Fn(&Pair<'_>) -> T,
    ) -> T {
        let (product, buyer) = (self.product(offer), demand.terms.party_id);
        let buyer = self.parties.iter().find(|party| party.id == buyer).expect("a party");
        tell(&Pair {
            offer: &OfferFacts::from(offer),
            capacity: &FreeCapacity::of(offer),
            product: &product.facts(),
            producer: &self.parties[product.party].facts(),
            demand: &DemandFacts::from(demand),
            needs: &NeedFacts::of(demand),
            buyer: &buyer.facts(),
            likeness,
            freight: FreightRate::new(2500).expect("legal"),
            moment: Moment::at(self.now),
        })
    }
}

fn paper(random: &mut Random) -> Paper {
    let kinds = [CertificateKind::Haccp, CertificateKind::Organic, CertificateKind::Fda];
    Paper { kind: *random.pick(&kinds), counts: random.period(-200, 60, 300) }
}

fn party(random: &mut Random) -> Party {
    let fulfilment = |random: &mut Random| {
        let agreed = random.below(1000);
        let due_on = Date::from_days(TODAY - random.below(500) as i32);
        Fulfilment { due_on, agreed, accepted: random.below(agreed + 10) }
    };
    Party {
        id: PartyId::new(random.uuid()),
        province: province(random),
        roles_coordinator: random.chance(30),
        papers: random.several(3, paper),
        fulfilments: random.several(4, fulfilment),
    }
}

fn product(random: &mut Random, parties: usize) -> Product {
    let star = |random: &mut Random| {
        let stars = [Stars::Three, Stars::Four, Stars::PotentialFive, Stars::Five];
        StarPeriod { counts: random.period(-900, 30, 1096), stars: *random.pick(&stars) }
    };
    Product {
        id: ProductId::new(random.uuid()),
        party: random.below(parties as u64) as usize,
        name: (*random.pick(&NAMES)).to_owned(),
        set: ProductSet::new(random.within(1, 3) as u8).expect("a set"),
        stars: random.several(3, star),
        papers: random.several(3, paper),
    }
}

fn province(random: &mut Random) -> ProvinceCode {
    ProvinceCode::new(*random.pick(&[1, 79, 86])).expect("a province")
}

fn provinces(random: &mut Random) -> ProvinceSet {
    if random.chance(70) {
        ProvinceSet::default()
    } else {
        random.several(3, province).into_iter().collect()
    }
}

fn place(random: &mut Random) -> Place {
    let (lat, lon) =
        (random.within(8_600_000, 23_000_000), random.within(102_000_000, 109_000_000));
    Place {
        province: province(random),
        commune_code: None,
        address: None,
        given: None,
        point: Point::new(lat as i32, lon as i32).expect("on the Earth"),
    }
}

fn audience(random: &mut Random, parties: &[Party]) -> Audience {
    match random.below(10) {
        0 => Audience::new(Visibility::Coordinators, Vec::new()).expect("legal"),
        1 => {
            let invited = random.several(4, |random| random.pick(parties).id);
            Audience::new(Visibility::Invited, invited).expect("legal")
        }
        _ => Audience::public(),
    }
}

fn content(random: &mut Random) -> Content {
    let (dimension, sizes): (_, &[u64]) = match random.below(10) {
        0 => (Dimension::Count, &[1, 10, 12]),
        1 => (Dimension::Volume, &[1000, 500, 6000]),
        _ => (Dimension::Mass, &[1000, 500, 1, 100_000]),
    };
    Content { dimension, base_units: *random.pick(sizes) }
}

fn price(random: &mut Random) -> Price {
    Price::new(random.within(1, 120) * 1000 + random.below(2) * random.below(999)).expect("legal")
}

fn capacity(random: &mut Random) -> Vec<DeclaredCapacity> {
    let mut start = TODAY - 30 + random.below(40) as i32;
    (0..random.within(1, 4))
        .map(|_| {
            let end = start + random.below(40) as i32;
            let period = Period::new(Date::from_days(start), Date::from_days(end));
            start = end + 1 + random.below(20) as i32;
            DeclaredCapacity { period: period.expect("in order"), quantity: random.within(1, 900) }
        })
        .collect()
}

fn breaks(random: &mut Random, base: Option<Price>) -> Vec<PriceBreak> {
    let (Some(base), true) = (base, random.chance(40)) else {
        return Vec::new();
    };
    let (first, second) = (random.within(1, 200), random.within(201, 900));
    let cut = |percent: u64| Price::new(base.vnd() * percent / 100).expect("legal");
    vec![
        PriceBreak { min_quantity: first, unit_price: cut(90) },
        PriceBreak { min_quantity: second, unit_price: cut(80) },
    ]
}

fn offer(random: &mut Random, parties: &[Party], products: &[Product]) -> Offer {
    let product = random.pick(products);
    let increment = *random.pick(&[1, 1, 5, 10]);
    let primary = content(random);
    let secondary = Content { dimension: Dimension::Mass, base_units: random.within(1, 2000) };
    let unit_price = random.maybe(90, price);
    let terms = OfferTerms::new(OfferDraft {
        party_id: parties[product.party].id,
        product_id: product.id,
        unit: "kg".into(),
        content: if random.chance(30) {
            UnitContent::new(primary).with_secondary(secondary)
        } else {
            UnitContent::new(primary)
        },
        unit_price,
        price_breaks: breaks(random, unit_price),
        min_order: increment * random.within(1, 12),
        increment,
        capacity: capacity(random),
        place: place(random),
        lead_time_days: random.below(3) as u32 * random.below(20) as u32,
        delivers_to: provinces(random),
        pickup: random.chance(20),
        audience: audience(random, parties),
        note: None,
    })
    .expect("a legal offer");
    let taken = |declared: &DeclaredCapacity, held: u64| Capacity {
        held: held.min(declared.quantity),
        ..Capacity::untouched(*declared)
    };
    let capacity = terms.capacity.clone();
    let capacity =
        capacity.iter().map(|declared| taken(declared, random.below(3) * random.below(300)));
    Offer {
        capacity: capacity.collect(),
        id: OfferId::new(random.uuid()),
        version: 1,
        terms_version: random.within(1, 3) as i64,
        created_at: Timestamp::from_micros(0),
        updated_at: Timestamp::from_micros(0),
        confirmed_at: Timestamp::from_micros(0),
        status: if random.chance(95) { OfferStatus::Published } else { OfferStatus::Paused },
        terms,
    }
}

fn need(random: &mut Random) -> DeliveryNeed {
    let quantity = random.within(1, 1500);
    DeliveryNeed {
        place: place(random),
        window: random.period(-5, 60, 45),
        quantity,
        min_quantity: None,
        max_quantity: random.maybe(30, |random| quantity + random.below(200)),
    }
}

fn kinds(random: &mut Random) -> CertificateKinds {
    let kinds = random.several(2, paper);
    let ocop = random.maybe(10, |_| CertificateKind::Ocop);
    kinds.into_iter().map(|paper| paper.kind).chain(ocop).collect()
}

fn weights(random: &mut Random) -> Weights {
    let mut cuts: Vec<u64> = (0..5).map(|_| random.below(10_001)).collect();
    cuts.push(0);
    cuts.push(10_000);
    cuts.sort_unstable();
    let parts: Vec<u16> = cuts.windows(2).map(|pair| (pair[1] - pair[0]) as u16).collect();
    Weights::new(parts.try_into().expect("six parts")).expect("they sum")
}

fn substitute(random: &mut Random) -> Substitute {
    let product = if random.chance(50) {
        SubstituteProduct::Text((*random.pick(&TEXTS)).to_owned())
    } else {
        SubstituteProduct::ProductSet(ProductSet::new(random.within(1, 3) as u8).expect("a set"))
    };
    Substitute { product, ratio: *random.pick(&[4000, 10_000, 25_000, 3333]) }
}

fn requirements(random: &mut Random) -> Requirements {
    let market = random.maybe(15, |random| (*random.pick(&MARKETS)).to_owned());
    Requirements {
        min_stars: random.maybe(40, |random| random.within(3, 5) as u8),
        certificates: if random.chance(30) { kinds(random) } else { CertificateKinds::default() },
        provinces: provinces(random),
        max_distance_km: random.maybe(20, |random| random.within(100, 1700) as u32),
        market_papers: market.as_ref().map_or_else(Vec::new, |_| random.several(3, kinds)),
        market,
    }
}

pub(crate) fn demand_terms(
    random: &mut Random,
    parties: &[Party],
    products: &[Product],
) -> DemandTerms {
    let product_sets: Vec<ProductSet> = match random.below(3) {
        0 => random.several(2, |random| ProductSet::new(random.within(1, 3) as u8).expect("a set")),
        _ => Vec::new(),
    };
    let product_ids = if random.chance(20) {
        random.several(3, |random| random.pick(products).id)
    } else {
        vec![]
    };
    let named = !product_sets.is_empty() || !product_ids.is_empty();
    let text = (!named || random.chance(50)).then(|| (*random.pick(&TEXTS)).to_owned());
    DemandTerms::new(DemandDraft {
        party_id: random.pick(parties).id,
        title: "Cần mua".into(),
        text,
        product_sets,
        product_ids,
        substitutes: if random.chance(40) { random.several(3, substitute) } else { vec![] },
        unit: "kg".into(),
        packagings: Vec::new(),
        content: content(random),
        max_unit_price: random.maybe(70, price),
        price_basis: *random.pick(&[PriceBasis::AtOrigin, PriceBasis::Delivered]),
        requirements: requirements(random),
        deliveries: (0..random.within(1, 4)).map(|_| need(random)).collect(),
        max_suppliers: None,
        min_share: random.maybe(20, |random| random.within(1, 200)),
        preferences: random.maybe(30, weights),
        terms: CommercialTerms {
            discount_percent: random.below(3) as u8 * random.below(30) as u8,
            payment_days: 30,
            listing_fee_vnd: random.below(2) * random.below(5_000_000),
        },
        anonymous: false,
        audience: audience(random, parties),
        closes_at: random.maybe(10, |random| {
            Timestamp::from_micros(
                (i64::from(TODAY) - 5 + random.below(60) as i64) * 86_400_000_000,
            )
        }),
    })
    .expect("a legal demand")
}

fn demand(random: &mut Random, parties: &[Party], products: &[Product]) -> Demand {
    let terms = demand_terms(random, parties, products);
    let progress = terms.deliveries.iter().map(|need| Progress {
        committed: random.below(4) / 3 * random.below(need.quantity + 1),
        in_transit: 0,
        fulfilled: 0,
    });
    Demand {
        progress: progress.collect(),
        id: DemandId::new(random.uuid()),
        version: 1,
        terms_version: random.within(1, 3) as i64,
        created_at: Timestamp::from_micros(0),
        updated_at: Timestamp::from_micros(0),
        status: if random.chance(95) { DemandStatus::Open } else { DemandStatus::Closed },
        terms,
    }
}
