//! A seeded market of offers and demands for benchmarks: the same seed gives the same market.
//!
//! Offers and demands lie on a map, belong to product sets of unequal size, and fit by price,
//! distance and stars; about 1.3 % of all pairs are eligible. It must not know the solver.

#[path = "random.rs"]
mod random;

pub use random::Random;

use matching::allocation::instance::{
    Capacity, DemandLimits, Market, Need, OfferLimits, Pair, Pairs,
};

/// Product sets; a lower set is more frequent.
const SETS: u64 = 26;
/// The map, in kilometres.
const MAP_KM: (u64, u64) = (600, 1500);
/// Product names in a set.
const PRODUCTS: u64 = 100;
/// Freight of a kilogram over a kilometre.
const FREIGHT_PER_KM: i32 = 20;
/// Distance at which a score for nearness is zero.
const FAR_KM: i32 = 1500;

#[derive(Clone, Copy)]
struct Offer {
    capacity: u32,
    product: u64,
    quantity: u64,
    price: i32,
    km: (i32, i32),
    stars: i32,
    reliability: i32,
}

#[derive(Clone, Copy)]
struct Demand {
    set: usize,
    product: u64,
    quantity: u64,
    ceiling: i32,
    km: (i32, i32),
    max_km: i32,
    min_stars: i32,
}

/// A market and who fits whom.
pub struct Seeded {
    /// Both sides with their limits.
    pub market: Market,
    offers: Vec<Vec<Offer>>,
    demands: Vec<Demand>,
}

impl Seeded {
    /// A market of `size` offers and `size` demands; with limits, offers have minimum orders and
    /// increments, and demands have minimum shares, minimum fills and supplier limits.
    pub fn new(size: u32, with_limits: bool, seed: u64) -> Self {
        let random = &mut Random::new(seed);
        let mut offers = vec![Vec::new(); SETS as usize];
        for capacity in 0..size {
            offers[set(random)].push(offer(capacity, random));
        }
        for of_set in &mut offers {
            of_set.sort_unstable_by_key(|offer| (offer.price, offer.capacity));
        }
        let demands: Vec<_> = (0..size).map(|_| demand(random)).collect();
        let market = sides(&offers, &demands, with_limits, random);
        Self { market, offers, demands }
    }

    /// Calls `each` with every eligible pair of a need, cheapest offer first.
    pub fn of_need(&self, need: usize, mut each: impl FnMut(u32, u16)) {
        let demand = &self.demands[need];
        for offer in &self.offers[demand.set] {
            if offer.price > demand.ceiling {
                break;
            }
            if let Some(score) = score(demand, offer) {
                each(offer.capacity, score);
            }
        }
    }

    /// Every eligible pair.
    pub fn pairs(&self) -> Pairs {
        self.best_pairs(usize::MAX)
    }

    /// The `most` best pairs of every need.
    pub fn best_pairs(&self, most: usize) -> Pairs {
        let mut pairs = Vec::new();
        for need in 0..self.demands.len() {
            let start = pairs.len();
            self.of_need(need, |capacity, score| {
                pairs.push(Pair { capacity, need: need as u32, score });
            });
            pairs[start..].sort_unstable_by_key(|pair| (u16::MAX - pair.score, pair.capacity));
            pairs.truncate(start.saturating_add(most).min(pairs.len()));
        }
        Pairs::new(&self.market, pairs).expect("the generator pairs each once")
    }
}

fn set(random: &mut Random) -> usize {
    random.below(SETS).min(random.below(SETS * 3 / 2)) as usize
}

fn place(random: &mut Random) -> (i32, i32) {
    (random.below(MAP_KM.0) as i32, random.below(MAP_KM.1) as i32)
}

fn offer(capacity: u32, random: &mut Random) -> Offer {
    Offer {
        capacity,
        product: random.below(PRODUCTS),
        quantity: kilograms(random, 50, 6),
        price: 50_000 + random.below(100_000) as i32,
        km: place(random),
        stars: 3 + (random.below(10) / 6 + random.below(10) / 9) as i32,
        reliability: 5_000 + random.below(5_001) as i32,
    }
}

fn demand(random: &mut Random) -> Demand {
    Demand {
        set: set(random),
        product: random.below(PRODUCTS),
        quantity: kilograms(random, 50, 6),
        ceiling: 80_000 + random.below(60_000) as i32,
        km: place(random),
        max_km: 300 + random.below(1_200) as i32,
        min_stars: 3 + (random.below(10) / 7) as i32,
    }
}

fn score(demand: &Demand, offer: &Offer) -> Option<u16> {
    let (dx, dy) = (demand.km.0 - offer.km.0, demand.km.1 - offer.km.1);
    let square = dx * dx + dy * dy;
    if offer.stars < demand.min_stars || square > demand.max_km * demand.max_km {
        return None;
    }
    let km = (square as f32).sqrt() as i32;
    let margin = demand.ceiling - offer.price - FREIGHT_PER_KM * km;
    if margin < 0 {
        return None;
    }
    let text = text(demand.product, offer.product);
    let price = (20_000 * i64::from(margin) / i64::from(demand.ceiling)).min(10_000) as i32;
    let quantity = (10_000 * demand.quantity.min(offer.quantity) / demand.quantity) as i32;
    let near = 10_000 * (FAR_KM - km).max(0) / FAR_KM;
    let quality = 5_000 * (offer.stars - 3);
    let (pair, own) = (25 * text + 25 * price, 10 * quality + 10 * offer.reliability);
    Some(((pair + 15 * quantity + 15 * near + own) / 100) as u16)
}

/// Full for the product that is asked for, otherwise how alike the two names happen to be.
fn text(wanted: u64, offered: u64) -> i32 {
    if wanted == offered {
        return 10_000;
    }
    let mixed = (wanted * PRODUCTS + offered).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    3_000 + ((mixed >> 32) % 4_000) as i32
}

/// Kilograms spread over two powers of two, as base units of a gram.
fn kilograms(random: &mut Random, least: u64, doublings: u64) -> u64 {
    let scale = least << random.below(doublings);
    (scale + random.below(scale)) * 1_000
}

fn sides(offers: &[Vec<Offer>], demands: &[Demand], limits: bool, random: &mut Random) -> Market {
    let size = demands.len();
    let mut capacities = vec![Capacity { quantity: 0, offer: 0, producer: 0 }; size];
    for &Offer { capacity: offer, quantity, .. } in offers.iter().flatten() {
        capacities[offer as usize] = Capacity { quantity, offer, producer: offer };
    }
    let need = |(demand, &Demand { quantity: max, .. })| {
        let min = if limits && random.below(4) == 0 { max / 2 } else { 0 };
        Need { max, min, demand }
    };
    let needs = (0..).zip(demands).map(need).collect();
    let offers = (0..size).map(|_| offer_limits(limits, random)).collect();
    let demands = (0..size).map(|_| demand_limits(limits, random)).collect();
    Market::new(capacities, needs, offers, demands).expect("the generator keeps the rules")
}

fn offer_limits(with_limits: bool, random: &mut Random) -> OfferLimits {
    if !with_limits {
        return OfferLimits::default();
    }
    let increment = [1_000, 5_000, 10_000][random.below(3) as usize];
    OfferLimits { min_order: (1 + random.below(6)) * 10_000, increment }
}

fn demand_limits(with_limits: bool, random: &mut Random) -> DemandLimits {
    if !with_limits {
        return DemandLimits::default();
    }
    let max_suppliers = (random.below(2) == 0).then(|| 1 + random.below(4) as u32);
    DemandLimits { min_share: random.below(4) * 10_000, max_suppliers }
}
