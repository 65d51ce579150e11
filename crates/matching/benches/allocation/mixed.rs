//! Small seeded markets in which all limits meet: six producers of one or two periods, two demands
//! of one or two deliveries, quantities as people order them.

#[path = "random.rs"]
mod random;

use random::Random;

use matching::allocation::instance::{
    Capacity, DemandLimits, InstanceError, Market, Need, OfferLimits, Pair, Pairs,
};

const PRODUCERS: u32 = 6;
const INCREMENTS: [u64; 5] = [1, 5, 6, 7, 10];
/// Of the deliveries, the periods that overlap each: the first, the second or both.
const WINDOWS: [[bool; 2]; 3] = [[true, false], [false, true], [true, true]];

fn within(random: &mut Random, least: u64, most: u64) -> u64 {
    least + random.below(most - least + 1)
}

fn is_drawn(random: &mut Random, percent: u64) -> bool {
    random.below(100) < percent
}

/// A market of this seed.
pub fn mixed(seed: u64) -> Result<(Market, Pairs), InstanceError> {
    let random = &mut Random::new(seed);
    let (mut capacities, mut offers, mut periods) = (Vec::new(), Vec::new(), Vec::new());
    for offer in 0..PRODUCERS {
        let increment = INCREMENTS[random.below(INCREMENTS.len() as u64) as usize];
        offers.push(OfferLimits { min_order: increment * within(random, 1, 6), increment });
        for period in 0..1 + usize::from(is_drawn(random, 60)) {
            let quantity = within(random, 10, 120);
            let quantity = quantity - quantity % increment;
            capacities.push(Capacity { quantity, offer, producer: offer });
            periods.push(period);
        }
    }
    let (mut needs, mut windows, mut demands) = (Vec::new(), Vec::new(), Vec::new());
    for demand in 0..2 {
        let max_suppliers = is_drawn(random, 50).then(|| within(random, 1, 3) as u32);
        let min_share = if is_drawn(random, 40) { within(random, 5, 30) } else { 0 };
        demands.push(DemandLimits { min_share, max_suppliers });
        let first = random.below(3) as usize;
        for delivery in 0..within(random, 1, 2) as usize {
            let wanted = within(random, 30, 150);
            let min = if is_drawn(random, 40) { within(random, 10, wanted) } else { 0 };
            let more = if is_drawn(random, 30) { random.below(21) } else { 0 };
            needs.push(Need { max: wanted + more, min, demand });
            windows.push(WINDOWS[(first + delivery) % WINDOWS.len()]);
        }
    }
    let scores: Vec<Option<u16>> = (0..2 * PRODUCERS)
        .map(|_| is_drawn(random, 75).then(|| within(random, 4_000, 9_500) as u16))
        .collect();
    let mut pairs = Vec::new();
    for (need, of) in (0..).zip(&needs) {
        for (capacity, from) in (0..).zip(&capacities) {
            let score = scores[(of.demand * PRODUCERS + from.producer) as usize];
            let is_met = windows[need as usize][periods[capacity as usize]];
            pairs.extend(score.filter(|_| is_met).map(|score| Pair { capacity, need, score }));
        }
    }
    let market = Market::new(capacities, needs, offers, demands)?;
    let pairs = Pairs::new(&market, pairs)?;
    Ok((market, pairs))
}
