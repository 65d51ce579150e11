//! Searches the market for the best offers for a demand: groups of offers by bound, opened while
//! they may hold one of the best. Must not know changes, HTTP or the database.

use std::sync::Arc;

use matching::evaluation::NO_TEXT_VALUE;
use matching::facts::{DemandFacts, is_set_substitute};
use matching::pair::{Moment, Pair, route_of};
use matching::product::{PRODUCT_SETS, ProductSet};
use matching::text::relevance::FULL;

use super::block::{Block, Key};
use super::cluster::{Below, Node};
use super::matches::{Ask, Judged, Reader, Sought, is_dismissed, rank_all};
use super::rank::{Best, Candidate, Page, RankKey, Subject, best_first};
use super::row::{DemandRow, OfferRow, bound};
use super::table::Slot;
use super::texts::TextNumber;

/// Where offers stand whose products are wanted.
struct WantedGroups<'v> {
    /// By names that answer in words, with at least the value of the text factor.
    blocks: Vec<(&'v Block<OfferRow>, u16)>,
    /// By sets, those names among others.
    clusters: Vec<&'v Node>,
    /// The names that answer in words, sorted.
    names: Vec<TextNumber>,
}

impl WantedGroups<'_> {
    /// Whether a row of a cluster stands in a block too.
    fn is_in_block(&self, reader: Reader<'_>, row: &OfferRow) -> bool {
        let name = || Some(reader.name_of(row)?.number);
        !self.names.is_empty() && name().is_some_and(|it| self.names.binary_search(&it).is_ok())
    }
}

/// A search for the best offers for a demand: what may be among them, and what is in a group.
struct Search<'s, 'v> {
    reader: Reader<'v>,
    sought: &'s Sought<'s, 'v>,
    probe: DemandRow,
    named: Vec<Slot>,
    wanted: WantedGroups<'v>,
    /// Nodes of clusters that may be opened; their places follow those of the blocks.
    nodes: Vec<&'v Node>,
}

impl<'s, 'v> Search<'s, 'v> {
    fn new(reader: Reader<'v>, sought: &'s Sought<'s, 'v>) -> Self {
        let (named, wanted) = (reader.named_products(sought), reader.wanted_groups(sought));
        let probe = DemandRow::new(0, sought.facts);
        Self { reader, sought, probe, named, wanted, nodes: Vec::new() }
    }

    fn bound(&self, row: &OfferRow, text: u16) -> Option<u16> {
        bound(row, &self.probe, text, self.reader.freight)
    }

    fn candidates(&mut self) -> Vec<Candidate> {
        let named = self.reader.offers_of(&self.named);
        let mut candidates: Vec<Candidate> =
            named.map(|offer| Candidate::record(FULL, offer)).collect();
        candidates.extend(self.wanted.blocks.iter().enumerate().filter_map(
            |(place, (block, text))| {
                let best = block.best.as_ref();
                let bound = best.map_or(Some(FULL), |it| self.bound(it, *text))?;
                Some(Candidate::group(bound, place as u32))
            },
        ));
        for node in std::mem::take(&mut self.wanted.clusters) {
            self.add_node(node, 0, &mut candidates);
        }
        candidates
    }

    fn add_node(&mut self, node: &'v Node, least: u16, candidates: &mut Vec<Candidate>) {
        let bound = self.bound(&node.best, self.sought.text_value_at_most());
        if let Some(bound) = bound.filter(|bound| *bound >= least) {
            let place = self.wanted.blocks.len() + self.nodes.len();
            candidates.push(Candidate::group(bound, place as u32));
            self.nodes.push(node);
        }
    }

    /// What is in a group and has at least the bound `least`.
    fn open(&mut self, place: u32, least: u16, opened: &mut Vec<Candidate>) {
        let place = place as usize;
        match self.wanted.blocks.get(place) {
            Some(block) => self.open_block(*block, least, opened),
            None => match &self.nodes[place - self.wanted.blocks.len()].below {
                Below::Rows(rows) => self.open_leaf(rows, least, opened),
                Below::Halves(halves) => {
                    halves.nodes().iter().for_each(|node| self.add_node(node, least, opened));
                }
            },
        }
    }

    fn open_block(
        &self,
        (block, text): (&Block<OfferRow>, u16),
        least: u16,
        opened: &mut Vec<Candidate>,
    ) {
        let near = self.near(&block.rows, text, least);
        opened.extend(near.map(|(bound, row)| Candidate::record(bound, row.offer)));
    }

    fn open_leaf(&self, rows: &[OfferRow], least: u16, opened: &mut Vec<Candidate>) {
        let near = self.near(rows, self.sought.text_value_at_most(), least);
        let others = near.filter(|(_, row)| !self.wanted.is_in_block(self.reader, row));
        opened.extend(others.map(|(bound, row)| Candidate::record(bound, row.offer)));
    }

    /// The rows that have at least the bound `least`, but for named products, which stand first.
    fn near<'r>(
        &self,
        rows: &'r [OfferRow],
        text: u16,
        least: u16,
    ) -> impl Iterator<Item = (u16, &'r OfferRow)> {
        let rows = rows.iter().filter(|row| !self.named.contains(&row.product));
        let bounds = rows.filter_map(move |row| Some((self.bound(row, text)?, row)));
        bounds.filter(move |(bound, _)| *bound >= least)
    }
}

impl<'v> Reader<'v> {
    /// Eligible offers, best first.
    pub(super) fn ranked_offers(
        self,
        sought: &Sought<'_, '_>,
        moment: Moment,
        ask: &Ask<RankKey>,
    ) -> Page<(RankKey, Judged), RankKey> {
        let mut search = Search::new(self, sought);
        let candidates = search.candidates();
        let open = |place: u32, least: u16, opened: &mut Vec<Candidate>| {
            search.open(place, least, opened);
        };
        let is_dismissed = |pair: &Pair<'_>| {
            sought.record.is_some_and(|record| is_dismissed(record, pair, ask.dismissed_by))
        };
        let best = Best::new(ask.limit, ask.after);
        best_first(candidates, best, open, |slots, found| {
            let pairs =
                slots.iter().filter_map(|slot| Some((*slot, self.pair(sought, *slot, moment)?)));
            let pairs: Vec<(Slot, Pair<'_>)> = pairs.collect();
            rank_all(pairs, |pair| (!is_dismissed(pair)).then_some(pair.offer.id.as_u128()), found);
        })
    }

    /// Every offer whose product is wanted, each once.
    pub(super) fn wanted_offers(self, sought: &Sought<'_, '_>) -> Vec<Slot> {
        let (named, wanted) = (self.named_products(sought), self.wanted_groups(sought));
        let mut slots: Vec<Slot> = self.offers_of(&named).collect();
        let mut add = |row: &OfferRow| {
            if !named.contains(&row.product) {
                slots.push(row.offer);
            }
        };
        wanted.blocks.iter().flat_map(|(block, _)| &block.rows).for_each(&mut add);
        for node in &wanted.clusters {
            node.each_row(&mut |row| {
                if !wanted.is_in_block(self, row) {
                    add(row);
                }
            });
        }
        slots
    }

    /// Shows every offer whose product is wanted and whose score may be above the floor, once, with
    /// at least its score.
    pub(super) fn each_above(
        self,
        sought: &Sought<'_, '_>,
        floor: i64,
        mut each: impl FnMut((Slot, u16)),
    ) {
        let least = (floor + 1).clamp(0, u16::MAX.into()) as u16;
        let mut search = Search::new(self, sought);
        let mut candidates = search.candidates();
        while let Some(candidate) = candidates.pop() {
            match candidate.subject() {
                _ if candidate.bound() < least => {}
                Subject::Record(offer) => each((offer, candidate.bound())),
                Subject::Group(place) => search.open(place, least, &mut candidates),
            }
        }
    }

    fn named_products(self, sought: &Sought<'_, '_>) -> Vec<Slot> {
        let ids = sought.facts.rare().product_ids.iter();
        ids.filter_map(|id| self.state.product_slot(*id)).collect()
    }

    fn offers_of(self, products: &[Slot]) -> impl Iterator<Item = Slot> {
        let products = products.iter().filter_map(move |slot| self.state.products.get(*slot));
        products.flat_map(|product| product.offers.iter().copied())
    }

    /// Where offers of products stand that are wanted by set, text or substitute.
    fn wanted_groups(self, sought: &Sought<'_, '_>) -> WantedGroups<'v> {
        let texts = sought.text.iter().chain(sought.substitutes.iter().flatten());
        let mut names: Vec<TextNumber> =
            texts.flat_map(|text| text.answering().map(|(name, _)| name)).collect();
        names.sort_unstable();
        names.dedup();
        let rows = &self.state.offer_rows;
        let blocks = names.iter().flat_map(|name| rows.of_text(*name));
        let blocks = blocks.filter_map(|slot| self.wanted_block(sought, rows.get(*slot)?));
        let sets = (1..=PRODUCT_SETS).filter_map(ProductSet::new);
        let sets = sets
            .filter(|set| sought.facts.wants_set(*set) || has_set_substitute(sought.facts, *set));
        let clusters = sets.flat_map(|set| self.state.offer_clusters.of_set(set.number()));
        let clusters = clusters.map(Arc::as_ref).collect();
        WantedGroups { blocks: blocks.collect(), clusters, names }
    }

    fn wanted_block(
        self,
        sought: &Sought<'_, '_>,
        block: &'v Block<OfferRow>,
    ) -> Option<(&'v Block<OfferRow>, u16)> {
        let Key::Name(set, name) = block.key else { return None };
        let likeness = sought.likeness_at_most(name);
        route_of(sought.facts, ProductSet::new(set)?, &likeness)?;
        Some((block, if sought.text.is_some() { likeness.text } else { NO_TEXT_VALUE }))
    }
}

/// Whether one of the demand's substitutes names `set`.
fn has_set_substitute(demand: &DemandFacts, set: ProductSet) -> bool {
    demand.rare().substitutes.iter().any(|substitute| is_set_substitute(substitute, set))
}
