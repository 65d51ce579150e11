//! The demo market: real products and producers with generated prices, volumes and seasons.

use super::certificates;
use super::demo_products::{DemoParty, DemoProduct, DemoRegistry, Fate};
use super::random::Random;
use super::{demo_demands, demo_offers, real_lines};
use crate::reference::Reference;
use jiff::civil::Date;
use serde_json::Value;

/// What the demo market holds and what of it is invented, to be said to who starts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoSummary {
    /// Rows of the public list.
    pub listed_rows: usize,
    /// Products after rows of the same product are joined.
    pub products: usize,
    /// Producers of the list, placeholders included.
    pub producers: usize,
    /// Placeholders for producers that the list does not name, one a commune or district,
    /// else one a province.
    pub unnamed_producers: usize,
    /// Products whose stars are valid by the list alone.
    pub stars_listed: usize,
    /// Products whose lapsed or lapsing stars the demo renewed.
    pub stars_renewed: usize,
    /// Products whose stars are left lapsed or lapsing.
    pub stars_lapsed: usize,
    /// Real supply lines among the offers.
    pub supply_lines: usize,
    /// Real supply lines that could not be said exactly.
    pub supply_lines_left_out: usize,
    /// Real demand lines among the demands.
    pub demand_lines: usize,
    /// Real demand lines that could not be said exactly.
    pub demand_lines_left_out: usize,
    /// Invented demands.
    pub demo_demands: usize,
}

/// The lines of the demo market with their summary.
#[derive(Debug)]
pub struct DemoMarket {
    /// What the lines hold.
    pub summary: DemoSummary,
    lines: Vec<Value>,
}

impl DemoMarket {
    /// Makes the market for a day. The same seed and day give the same bytes.
    #[must_use]
    pub fn build(reference: &Reference, today: Date, seed: u64) -> Self {
        let registry = DemoRegistry::build(reference, today, seed);
        let supplies = real_lines::supplies(today);
        let wanted = real_lines::demands(today);
        let demands = demo_demands::lines(today);
        let summary = summary(&registry, (&supplies, &wanted), demands.len());
        let DemoRegistry { parties, products, .. } = &registry;
        let mut lines = demo_demands::parties();
        lines.extend(parties.iter().map(DemoParty::line));
        lines.extend(supplies.parties.into_iter().chain(wanted.parties));
        lines.extend(products.iter().map(|product| product.line(&parties[product.party])));
        lines.extend(supplies.products);
        lines.extend(products.iter().flat_map(recognitions));
        lines.extend(papers(&registry, today, seed));
        lines.extend(products.iter().map(|product| offer(reference, product, today, seed)));
        lines.extend(supplies.offers);
        lines.extend(demands.into_iter().chain(wanted.demands));
        Self { summary, lines }
    }

    /// Parties, products, certificates, offers, demands, in this order.
    pub fn into_lines(self) -> impl Iterator<Item = Value> {
        self.lines.into_iter()
    }
}

/// The lines of [`DemoMarket`].
pub fn demo_market(
    reference: &Reference,
    today: Date,
    seed: u64,
) -> impl Iterator<Item = Value> + use<> {
    DemoMarket::build(reference, today, seed).into_lines()
}

fn recognitions(product: &DemoProduct) -> impl Iterator<Item = Value> {
    product.recognitions.iter().map(|own| own.line(&product.id))
}

fn offer(reference: &Reference, product: &DemoProduct, today: Date, seed: u64) -> Value {
    let place = reference.resolve_text(&product.place);
    let province = place.map(|place| place.province_code.to_string()).unwrap_or_default();
    demo_offers::line(product, &province, today, seed)
}

/// Invented papers: most producers a food safety certificate, some enterprises more.
fn papers(registry: &DemoRegistry, today: Date, seed: u64) -> Vec<Value> {
    let mut papers = Vec::new();
    for (index, party) in registry.parties.iter().enumerate() {
        let mut random = Random::of(seed, "papers", index);
        let enterprise = party.legal_form() == "enterprise";
        let chances = [
            ("food_safety", 70),
            ("haccp", if enterprise { 35 } else { 8 }),
            ("iso22000", if enterprise { 25 } else { 3 }),
        ];
        for (kind, chance) in chances {
            if random.percent(chance) {
                papers.push(certificates::paper(("party", &party.id), kind, today, &mut random));
            }
        }
    }
    for product in registry.products.iter().filter(|product| product.set <= 4) {
        let mut random = Random::of(seed, "product-papers", product.row);
        for (kind, chance) in [("vietgap", 35), ("organic", 10)] {
            if random.percent(chance) {
                let subject = ("product", product.id.as_str());
                papers.push(certificates::paper(subject, kind, today, &mut random));
            }
        }
    }
    papers
}

fn summary(
    registry: &DemoRegistry,
    (supplies, wanted): (&real_lines::RealLines, &real_lines::RealLines),
    demo_demands: usize,
) -> DemoSummary {
    let with = |fate| registry.products.iter().filter(|product| product.fate == fate).count();
    DemoSummary {
        listed_rows: super::demo_products::list().len(),
        products: registry.products.len(),
        producers: registry.parties.len(),
        unnamed_producers: registry.parties.iter().filter(|party| party.unnamed).count(),
        stars_listed: with(Fate::Listed),
        stars_renewed: with(Fate::Renewed),
        stars_lapsed: with(Fate::Lapsed),
        supply_lines: supplies.offers.len(),
        supply_lines_left_out: supplies.left_out,
        demand_lines: wanted.demands.len(),
        demand_lines_left_out: wanted.left_out,
        demo_demands,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use std::collections::{BTreeMap, BTreeSet};

    const TODAY: Date = date(2026, 11, 23);

    fn lines() -> Vec<Value> {
        demo_market(&Reference::load(), TODAY, 1).collect()
    }

    fn of_type<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
        lines.iter().filter(|line| line["type"] == kind).collect()
    }

    fn bytes(seed: u64) -> String {
        let lines = demo_market(&Reference::load(), TODAY, seed);
        lines.map(|line| format!("{line}\n")).collect()
    }

    #[test]
    fn same_seed_same_bytes_other_seed_other_bytes() {
        assert_eq!(bytes(1), bytes(1));
        assert_ne!(bytes(1), bytes(2));
    }

    #[test]
    fn lines_come_in_the_order_of_the_interchange() {
        let order = ["party", "product", "certificate", "offer", "demand"];
        let rank = |line: &Value| order.iter().position(|kind| line["type"] == *kind).unwrap();
        assert!(lines().windows(2).all(|pair| rank(&pair[0]) <= rank(&pair[1])));
    }

    #[test]
    fn external_ids_are_unique_and_every_reference_has_a_target() {
        let lines = lines();
        let mut known: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for line in &lines {
            if let Some(id) = line["external_ids"]["demo"].as_str() {
                let kind = line["type"].as_str().unwrap();
                assert!(known.entry(kind).or_default().insert(id), "{id}");
            }
            for kind in ["party", "product"] {
                if let Some(id) = line[kind]["id"].as_str() {
                    assert!(known[kind].contains(id), "{line}");
                }
            }
        }
    }

    #[test]
    fn whatever_is_invented_is_marked() {
        let lines = lines();
        for offer in of_type(&lines, "offer") {
            assert!(offer["note"].as_str().unwrap().contains("giá trị demo"), "{offer}");
        }
        for demand in of_type(&lines, "demand") {
            assert!(demand["title"].as_str().unwrap().contains("demo"), "{demand}");
        }
        for paper in of_type(&lines, "certificate") {
            let number = paper["number"].as_str().unwrap();
            let marked = paper["note"].as_str().unwrap().contains("demo");
            assert_eq!(number.starts_with("DEMO"), marked, "{paper}");
        }
    }

    #[test]
    fn offers_obey_their_own_increment() {
        for offer in of_type(&lines(), "offer") {
            let increment = offer["increment"].as_u64().unwrap();
            assert_eq!(offer["min_order"].as_u64().unwrap() % increment, 0, "{offer}");
            assert!(!offer["capacity"].as_array().unwrap().is_empty());
        }
    }

    #[test]
    fn the_summary_counts_the_lines() {
        let market = DemoMarket::build(&Reference::load(), TODAY, 1);
        let summary = market.summary;
        let lines: Vec<_> = market.into_lines().collect();
        assert_eq!(summary.listed_rows, 671);
        assert_eq!(of_type(&lines, "offer").len(), summary.products + summary.supply_lines);
        let demands = summary.demo_demands + summary.demand_lines;
        assert_eq!(of_type(&lines, "demand").len(), demands);
    }
}
