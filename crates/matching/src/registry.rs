//! The register of recognised products counted: how many of which stars, of how many producers.
//! Must not know how a product came to its star.

use std::collections::{BTreeMap, BTreeSet};

use crate::certificate::Stars;
use crate::id::PartyId;
use crate::place::ProvinceCode;
use crate::product::ProductSet;

/// A product that is recognised on the day of the count; each product once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recognised {
    /// Its producer.
    pub producer: PartyId,
    /// Its set.
    pub product_set: ProductSet,
    /// The province of its producer, of today.
    pub province: ProvinceCode,
    /// Its star.
    pub stars: Stars,
}

/// How many products have which star. The four kinds of star are apart, so they add up to
/// `products`: a potential five-star product is not counted among the four-star ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RegistryCount {
    /// Recognised products.
    pub products: u32,
    /// Producers of them, each once.
    pub producers: u32,
    /// With three stars.
    pub three_star: u32,
    /// With four stars, not awaiting five.
    pub four_star: u32,
    /// With four stars, awaiting five.
    pub potential_five_star: u32,
    /// With five stars.
    pub five_star: u32,
}

impl RegistryCount {
    fn add(&mut self, stars: Stars) {
        self.products += 1;
        *match stars {
            Stars::Three => &mut self.three_star,
            Stars::Four => &mut self.four_star,
            Stars::PotentialFive => &mut self.potential_five_star,
            Stars::Five => &mut self.five_star,
        } += 1;
    }
}

/// Counts all of them.
#[must_use]
pub fn count(recognised: &[Recognised]) -> RegistryCount {
    count_by(recognised, |_| ()).remove(&()).unwrap_or_default()
}

/// Counts them by what `key` says of each, in order of key; a key of none is absent.
#[must_use]
pub fn count_by<K: Ord>(
    recognised: &[Recognised],
    key: impl Fn(&Recognised) -> K,
) -> BTreeMap<K, RegistryCount> {
    let mut groups: BTreeMap<K, (RegistryCount, BTreeSet<PartyId>)> = BTreeMap::new();
    for product in recognised {
        let (count, producers) = groups.entry(key(product)).or_default();
        count.add(product.stars);
        producers.insert(product.producer);
    }
    let counted = groups.into_iter().map(|(key, (count, producers))| {
        let producers = u32::try_from(producers.len()).unwrap_or(u32::MAX);
        (key, RegistryCount { producers, ..count })
    });
    counted.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn recognised(producer: u128, set: u8, stars: Stars) -> Recognised {
        Recognised {
            producer: PartyId::new(Uuid::from_u128(producer)),
            product_set: ProductSet::new(set).expect("a set"),
            province: ProvinceCode::new(86).expect("a province"),
            stars,
        }
    }

    #[test]
    fn kinds_of_star_add_up_and_a_producer_counts_once() {
        let register = [
            recognised(1, 1, Stars::Three),
            recognised(1, 4, Stars::PotentialFive),
            recognised(2, 4, Stars::Four),
            recognised(3, 4, Stars::Five),
        ];
        let all = count(&register);
        let apart = [all.three_star, all.four_star, all.potential_five_star, all.five_star];
        assert_eq!((all.products, all.producers, apart), (4, 3, [1, 1, 1, 1]));
        let sets = count_by(&register, |product| product.product_set.number());
        let sizes: Vec<_> = sets.iter().map(|(set, it)| (*set, it.products)).collect();
        assert_eq!(sizes, [(1, 1), (4, 3)]);
        assert_eq!(sets[&4].producers, 3);
        assert_eq!(count(&[]), RegistryCount::default());
    }
}
