//! A market of any size for benchmarks, streamed: nothing is kept but the plan. Names are composed
//! from the real ones, so sets are as skewed and words as common as in the real list.

use super::demo_products;
use super::random::Random;
use super::wire::{GENERATED_SYSTEM, external_ids, reference};
use super::{generated_demands, generated_supply};
use crate::reference::Reference;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::sync::Arc;

/// Offers of one product: other lots, minimum orders and seasons.
const OFFERS_PER_PRODUCT: usize = 4;
/// Products of one producer; the programme had 17,316 products of 9,345 producers in 9/2025.
const PRODUCTS_PER_PRODUCER: usize = 2;
/// Demands of one buyer, on average.
const DEMANDS_PER_BUYER: usize = 20;
/// Provinces where most buyers sit: Hà Nội, Đà Nẵng, TP. Hồ Chí Minh, Cần Thơ.
const BUYING_PROVINCES: [&str; 4] = ["01", "48", "79", "92"];

/// A commune as the wire names it.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) name: String,
    province_code: String,
    commune_code: String,
}

impl Site {
    /// The place by its codes.
    pub(super) fn place(&self) -> Value {
        json!({ "province_code": self.province_code, "commune_code": self.commune_code })
    }

    /// Code of the province it lies in.
    pub(super) fn province(&self) -> &str {
        &self.province_code
    }
}

/// What all lines of a generated market share.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) today: Date,
    pub(super) offers: usize,
    pub(super) demands: usize,
    /// Real product names with their set, as often as they stand in the list.
    pub(super) names: Vec<(String, u8)>,
    sites: Vec<Site>,
    buying_sites: Vec<usize>,
}

impl Plan {
    fn new(
        reference: &Reference,
        today: Date,
        seed: u64,
        (offers, demands): (usize, usize),
    ) -> Self {
        let sites: Vec<_> = reference.communes().iter().map(Site::of).collect();
        let buying = |site: &Site| BUYING_PROVINCES.contains(&site.province());
        let buying_sites = (0..sites.len()).filter(|at| buying(&sites[*at])).collect();
        let rows = demo_products::list().into_iter();
        let names = rows.filter_map(|row| Some((row.name, row.set_no?))).collect();
        Self { seed, today, offers, demands, names, sites, buying_sites }
    }

    pub(super) fn products(&self) -> usize {
        self.offers.div_ceil(OFFERS_PER_PRODUCT)
    }

    pub(super) fn producers(&self) -> usize {
        self.products().div_ceil(PRODUCTS_PER_PRODUCER)
    }

    pub(super) fn buyers(&self) -> usize {
        self.demands.div_ceil(DEMANDS_PER_BUYER)
    }

    /// Where a producer sits: any commune, so provinces weigh by their communes.
    pub(super) fn producer_site(&self, producer: usize) -> &Site {
        Random::of(self.seed, "producer-site", producer).pick(&self.sites)
    }

    /// Where a delivery goes: mostly to the large cities.
    pub(super) fn buying_site(&self, random: &mut Random) -> &Site {
        match random.percent(60) {
            true => &self.sites[*random.pick(&self.buying_sites)],
            false => random.pick(&self.sites),
        }
    }

    /// The product of an offer.
    pub(super) fn product_of(&self, offer: usize) -> usize {
        offer / OFFERS_PER_PRODUCT
    }

    /// The producer of a product.
    pub(super) fn producer_of(&self, product: usize) -> usize {
        product / PRODUCTS_PER_PRODUCER
    }
}

impl Site {
    fn of(commune: &crate::reference::Commune) -> Self {
        Self {
            name: commune.name.clone(),
            province_code: commune.province_code.to_string(),
            commune_code: commune.code.to_string(),
        }
    }
}

/// A market of so many offers and demands, line by line in the order of the interchange. The same
/// arguments give the same bytes; `offers` and `demands` may be any number, zero included.
pub fn generated_market(
    reference: &Reference,
    today: Date,
    seed: u64,
    offers: usize,
    demands: usize,
) -> impl Iterator<Item = Value> + use<> {
    let plan = Arc::new(Plan::new(reference, today, seed, (offers, demands)));
    let producers = each(&plan, plan.producers(), generated_supply::party);
    let buyers = each(&plan, plan.buyers(), generated_demands::party);
    let products = each(&plan, plan.products(), generated_supply::product);
    let papers = each(&plan, plan.producers(), generated_supply::paper).flatten();
    let stars = each(&plan, plan.products(), generated_supply::recognition).flatten();
    let offers = each(&plan, offers, generated_supply::offer);
    let demands = each(&plan, demands, generated_demands::demand);
    producers.chain(buyers).chain(products).chain(papers).chain(stars).chain(offers).chain(demands)
}

fn each<T>(
    plan: &Arc<Plan>,
    count: usize,
    line: fn(&Plan, usize) -> T,
) -> impl Iterator<Item = T> + use<T> {
    let plan = Arc::clone(plan);
    (0..count).map(move |index| line(&plan, index))
}

/// External id of a generated row.
pub(super) fn own_id(kind: &str, index: usize) -> Value {
    external_ids(GENERATED_SYSTEM, &id(kind, index))
}

/// Reference to a generated row.
pub(super) fn link(kind: &str, index: usize) -> Value {
    reference(GENERATED_SYSTEM, &id(kind, index))
}

fn id(kind: &str, index: usize) -> String {
    format!("{kind}-{index:06}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use std::collections::{BTreeMap, BTreeSet};

    const TODAY: Date = date(2026, 11, 23);

    fn market(seed: u64, offers: usize, demands: usize) -> Vec<Value> {
        generated_market(&Reference::load(), TODAY, seed, offers, demands).collect()
    }

    fn count(lines: &[Value], kind: &str) -> usize {
        lines.iter().filter(|line| line["type"] == kind).count()
    }

    #[test]
    fn has_the_size_that_was_asked_for() {
        let lines = market(1, 300, 200);
        assert_eq!((count(&lines, "offer"), count(&lines, "demand")), (300, 200));
        assert_eq!(count(&lines, "product"), 75);
        assert_eq!(count(&lines, "party"), 38 + 10);
        assert!(market(1, 0, 0).is_empty());
    }

    #[test]
    fn same_seed_same_lines() {
        assert_eq!(market(5, 60, 60), market(5, 60, 60));
        assert_ne!(market(5, 60, 60), market(6, 60, 60));
    }

    #[test]
    fn references_point_back_and_units_are_known() {
        let (lines, reference) = (market(2, 400, 400), Reference::load());
        let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in &lines {
            for kind in ["party", "product"] {
                if let Some(id) = line[kind]["id"].as_str() {
                    assert!(known[kind].contains(id), "{line}");
                }
            }
            if let Some(unit) = line["unit"].as_str() {
                assert!(reference.units().get(unit).is_some(), "{unit}");
            }
            if let Some(id) = line["external_ids"]["generated"].as_str() {
                let kind = line["type"].as_str().unwrap().to_owned();
                assert!(known.entry(kind).or_default().insert(id.to_owned()));
            }
        }
    }

    #[test]
    fn offers_have_one_to_six_ordered_periods_on_the_increment() {
        for offer in market(3, 500, 0).iter().filter(|line| line["type"] == "offer") {
            let periods = offer["capacity"].as_array().unwrap();
            assert!((1..=6).contains(&periods.len()));
            let days = periods.iter().flat_map(|p| [p["from"].as_str(), p["to"].as_str()]);
            assert!(days.clone().is_sorted(), "{offer}");
            let step = offer["increment"].as_u64().unwrap();
            assert!(periods.iter().all(|p| p["quantity"].as_u64().unwrap() % step == 0));
            assert_eq!(offer["min_order"].as_u64().unwrap() % step, 0);
        }
    }

    #[test]
    fn demands_mix_text_and_sets_and_most_buyers_sit_in_cities() {
        let lines = market(4, 0, 1_000);
        let demands: Vec<_> = lines.iter().filter(|line| line["type"] == "demand").collect();
        let with_text = demands.iter().filter(|demand| demand.get("text").is_some()).count();
        let with_sets =
            demands.iter().filter(|demand| demand.get("product_sets").is_some()).count();
        assert!((450..=800).contains(&with_text), "{with_text}");
        assert!((350..=700).contains(&with_sets), "{with_sets}");
        let city = |demand: &&&Value| {
            let code = demand["deliveries"][0]["place"]["province_code"].as_str().unwrap();
            BUYING_PROVINCES.contains(&code)
        };
        assert!(demands.iter().filter(city).count() > 550);
    }
}
