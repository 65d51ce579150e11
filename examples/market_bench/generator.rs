//! A seeded market over the real product names. Must not measure.

use matching::certificate::{CertificateKind, CertificateKinds, StarPeriod, Stars};
use matching::date::{Date, Period, Timestamp};
use matching::demand::*;
use matching::facts::{Fulfilment, Paper};
use matching::id::{DemandId, OfferId, PartyId, ProductId};
use matching::money::Price;
use matching::offer::*;
use matching::place::{Place, Point, ProvinceCode, ProvinceSet};
use matching::product::ProductSet;
use matching::quantity::{Content, Dimension, UnitContent};
use matching::visibility::Audience;
use ocop_link::market::change::{MarketChange, PartyChange, ProductChange};

pub(crate) const TODAY: i32 = 20_780;
const PLACES: u64 = 3000;
const PROVINCES: [u8; 12] = [1, 4, 24, 31, 48, 56, 68, 75, 79, 86, 91, 92];

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn within(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }

    fn uuid(&mut self) -> uuid::Uuid {
        uuid::Uuid::from_u64_pair(self.next(), self.next())
    }
}

pub(crate) struct Producer {
    id: PartyId,
    place: Place,
}

struct Kind {
    name: String,
    set: ProductSet,
    price: u64,
}

pub(crate) struct Product {
    id: ProductId,
    producer: usize,
    kind: usize,
}

pub(crate) struct Generator {
    pub(crate) is_searchable: bool,
    random: Random,
    kinds: Vec<Kind>,
    pub(crate) parties: Vec<Producer>,
    pub(crate) products: Vec<Product>,
}

fn day(days: i64) -> Date {
    Date::from_days(TODAY + days as i32)
}

fn period(from: i64, days: u64) -> Period {
    Period::new(day(from), day(from + days as i64)).unwrap()
}

impl Generator {
    pub(crate) fn new(seed: u64, offers: usize) -> Self {
        let mut random = Random(seed);
        let names = include_str!("../../data/ocop_products.csv").lines().skip(1);
        let kinds = names.map(|line| Kind {
            name: line.split(',').next().unwrap().trim_matches('"').to_owned(),
            set: ProductSet::new(random.within(1, 26) as u8).unwrap(),
            price: random.within(10, 400) * 1000,
        });
        let kinds: Vec<Kind> = kinds.collect();
        let places: Vec<Place> = (0..PLACES).map(|_| place(&mut random)).collect();
        let parties: Vec<Producer> = (0..offers / 10)
            .map(|_| Producer {
                id: PartyId::new(random.uuid()),
                place: random.pick(&places).clone(),
            })
            .collect();
        let products = (0..offers / 4)
            .map(|_| Product {
                id: ProductId::new(random.uuid()),
                producer: random.below(parties.len() as u64) as usize,
                kind: random.below(kinds.len() as u64) as usize,
            })
            .collect();
        Self { is_searchable: false, random, kinds, parties, products }
    }

    fn party(&mut self, index: usize) -> MarketChange {
        let (random, party) = (&mut self.random, &self.parties[index]);
        let history = if random.chance(60) { random.within(1, 4) } else { 0 };
        let fulfilments = (0..history).map(|_| {
            let agreed = random.within(100, 5000);
            let accepted = agreed - random.below(agreed / 3);
            Fulfilment { due_on: day(-(random.below(400) as i64)), agreed, accepted }
        });
        MarketChange::Party(Box::new(PartyChange {
            id: party.id,
            name: format!("Hợp tác xã nông nghiệp số {index}"),
            place: party.place.clone(),
            place_names: "xã Cầu Kè, tỉnh Vĩnh Long".into(),
            coordinates: index.is_multiple_of(50),
            papers: Vec::new(),
            fulfilments: fulfilments.collect(),
        }))
    }

    fn product(&mut self, index: usize) -> MarketChange {
        let random = &mut self.random;
        let product = &self.products[index];
        let levels = [Stars::Three, Stars::Three, Stars::Four, Stars::PotentialFive, Stars::Five];
        let stars = *random.pick(&levels);
        let counts = period(-(random.below(1200) as i64), 1096);
        let kinds = [CertificateKind::Haccp, CertificateKind::Vietgap, CertificateKind::Organic];
        let papers = random.chance(40).then(|| Paper {
            kind: *random.pick(&kinds),
            counts: period(-(random.below(300) as i64), random.within(300, 900)),
        });
        MarketChange::Product(Box::new(ProductChange {
            id: product.id,
            party_id: self.parties[product.producer].id,
            name: self.kinds[product.kind].name.clone(),
            product_set: self.kinds[product.kind].set,
            unit: "kg".into(),
            stars: vec![StarPeriod { counts, stars }],
            papers: papers.into_iter().collect(),
            is_listed: self.is_searchable,
        }))
    }

    fn offer(&mut self) -> Offer {
        let random = &mut self.random;
        let product = random.pick(&self.products);
        let (producer, kind) = (&self.parties[product.producer], &self.kinds[product.kind]);
        let mass = Content { dimension: Dimension::Mass, base_units: 1000 };
        let base = kind.price * random.within(70, 130) / 100;
        let cut = random.chance(30).then(|| PriceBreak {
            min_quantity: random.within(100, 1000),
            unit_price: Price::new(base * 9 / 10).unwrap(),
        });
        let start = random.below(60) as i64 - 20;
        let capacity = (0..random.within(1, 6)).map(|month| DeclaredCapacity {
            period: period(start + month as i64 * 30, 29),
            quantity: random.within(50, 3000),
        });
        let capacity = capacity.collect();
        let increment = *random.pick(&[1, 1, 5, 10]);
        let terms = OfferTerms::new(OfferDraft {
            party_id: producer.id,
            product_id: product.id,
            unit: "kg".into(),
            content: UnitContent::new(mass),
            unit_price: random.chance(90).then(|| Price::new(base).unwrap()),
            price_breaks: Vec::new(),
            min_order: increment * random.within(1, 20),
            increment,
            capacity,
            place: producer.place.clone(),
            lead_time_days: random.below(10) as u32,
            delivers_to: some_provinces(random, 30),
            pickup: random.chance(20),
            audience: Audience::public(),
            note: None,
        });
        let mut draft = (*terms.unwrap()).clone();
        draft.price_breaks.extend(cut.filter(|_| draft.unit_price.is_some()));
        let terms = OfferTerms::new(draft).unwrap();
        Offer {
            capacity: terms.capacity.iter().copied().map(Capacity::untouched).collect(),
            id: OfferId::new(random.uuid()),
            version: 1,
            terms_version: 1,
            created_at: Timestamp::from_micros(0),
            updated_at: Timestamp::from_micros(0),
            confirmed_at: Timestamp::from_micros(0),
            status: OfferStatus::Published,
            terms,
        }
    }

    /// What is wanted: 60 % by text alone, 20 % by set, 15 % by set and text, 5 % by product.
    fn demand(&mut self) -> Demand {
        let kind = self.random.below(self.kinds.len() as u64) as usize;
        let kind = &self.kinds[kind];
        let random = &mut self.random;
        let words = kind.name.split(' ').take(random.within(2, 4) as usize);
        let words: Vec<&str> = words.collect();
        let text = match random.chance(40) {
            true => matching::text::fold::fold(&words.join(" ")),
            false => words.join(" "),
        };
        let way = random.below(100);
        let named = (way >= 95).then(|| random.pick(&self.products).id);
        let sets = if (60..95).contains(&way) { vec![kind.set] } else { vec![] };
        let requirements = Requirements {
            min_stars: random.chance(40).then(|| random.within(3, 4) as u8),
            certificates: match random.chance(10) {
                true => [CertificateKind::Haccp].into_iter().collect(),
                false => CertificateKinds::default(),
            },
            provinces: some_provinces(random, 10),
            max_distance_km: random.chance(10).then(|| random.within(100, 800) as u32),
            ..Requirements::default()
        };
        let deliveries = if random.chance(80) { 1 } else { random.within(2, 4) };
        let deliveries = (0..deliveries).map(|_| DeliveryNeed {
            place: place(random),
            window: period(random.below(120) as i64, random.within(3, 30)),
            quantity: random.within(50, 2000),
            min_quantity: None,
            max_quantity: None,
        });
        let terms = DemandTerms::new(DemandDraft {
            deliveries: deliveries.collect(),
            party_id: random.pick(&self.parties).id,
            title: "Cần mua".into(),
            text: ((60..80).contains(&way) || way >= 95)
                .then_some(())
                .map_or(Some(text), |()| None),
            product_sets: sets,
            product_ids: named.into_iter().collect(),
            substitutes: Vec::new(),
            unit: "kg".into(),
            packagings: Vec::new(),
            content: Content { dimension: Dimension::Mass, base_units: 1000 },
            max_unit_price: random
                .chance(80)
                .then(|| Price::new(kind.price * random.within(80, 200) / 100).unwrap()),
            price_basis: *random.pick(&[PriceBasis::AtOrigin, PriceBasis::Delivered]),
            requirements,
            max_suppliers: None,
            min_share: random.chance(5).then_some(50),
            preferences: None,
            terms: CommercialTerms::default(),
            anonymous: false,
            audience: Audience::public(),
            closes_at: None,
        })
        .unwrap();
        Demand {
            progress: vec![Progress::default(); terms.deliveries.len()],
            id: DemandId::new(random.uuid()),
            version: 1,
            terms_version: 1,
            created_at: Timestamp::from_micros(0),
            updated_at: Timestamp::from_micros(0),
            status: DemandStatus::Open,
            terms,
        }
    }

    pub(crate) fn changes(&mut self, number: usize, offers: usize) -> MarketChange {
        let (parties, products) = (self.parties.len(), self.products.len());
        match number {
            n if n < parties => self.party(n),
            n if n < parties + products => self.product(n - parties),
            n if n < parties + products + offers => MarketChange::Offer(Box::new(self.offer())),
            _ => MarketChange::Demand(Box::new(self.demand())),
        }
    }
}

fn place(random: &mut Random) -> Place {
    let (lat, lon) =
        (random.within(8_600_000, 23_000_000), random.within(102_500_000, 109_000_000));
    Place {
        province: ProvinceCode::new(*random.pick(&PROVINCES)).unwrap(),
        commune_code: Some("29308".into()),
        address: None,
        given: None,
        point: Point::new(lat as i32, lon as i32).unwrap(),
    }
}

fn some_provinces(random: &mut Random, percent: u64) -> ProvinceSet {
    let count = if random.chance(percent) { random.within(3, 8) } else { 0 };
    (0..count).filter_map(|_| ProvinceCode::new(*random.pick(&PROVINCES))).collect()
}
