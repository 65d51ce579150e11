//! Searches the market for the best offers for a demand: groups of offers by bound, opened while
//! they may hold one of the best. Must not know changes, HTTP or the database.

use matching::evaluation::NO_TEXT_VALUE;
use matching::facts::{DemandFacts, is_set_substitute};
use matching::pair::{Moment, route_of};
use matching::product::{PRODUCT_SETS, ProductSet};
use matching::text::relevance::FULL;

use super::cluster::{Below, Tree};
use super::matches::{Ask, Judged, Reader, Sought, rank_all};
use super::named::Named;
use super::rank::{Best, Candidate, Page, RankKey, Subject, best_first};
use super::row::{DemandRow, OfferRow, bound};
use super::table::Slot;
use super::texts::TextNumber;

/// Where offers stand whose products are wanted.
struct WantedGroups<'v> {
    /// By names that answer in words, with at least the value of the text factor.
    named: Vec<(&'v Named, u16)>,
    /// By sets, those names among others.
    trees: Vec<&'v Tree>,
    /// The names that answer in words, sorted.
    names: Vec<TextNumber>,
}

impl WantedGroups<'_> {
    /// Whether an offer of a tree stands among those with a name too.
    fn is_named(&self, row: &OfferRow) -> bool {
        !self.names.is_empty() && self.names.binary_search(&row.name).is_ok()
    }
}

/// A search for the best offers for a demand: what may be among them, and what is in a group.
struct Search<'s, 'v> {
    reader: Reader<'v>,
    sought: &'s Sought<'s, 'v>,
    probe: DemandRow,
    /// Offers of the products that the demand names, sorted.
    by_product: Vec<Slot>,
    wanted: WantedGroups<'v>,
    /// Trees that may be opened; their places follow those of the named.
    trees: Vec<&'v Tree>,
    /// The rows that were read last.
    rows: Vec<(Slot, &'v OfferRow)>,
}

impl<'s, 'v> Search<'s, 'v> {
    fn new(reader: Reader<'v>, sought: &'s Sought<'s, 'v>) -> Self {
        let (by_product, wanted) = (reader.offers_by_product(sought), reader.wanted_groups(sought));
        let probe = DemandRow::new(0, sought.facts, sought.needs);
        Self { reader, sought, probe, by_product, wanted, trees: Vec::new(), rows: Vec::new() }
    }

    fn bound(&self, row: &OfferRow, text: u16) -> Option<u16> {
        bound(row, &self.probe, text, self.reader.freight)
    }

    fn candidates(&mut self) -> Vec<Candidate> {
        let by_product = self.by_product.iter();
        let mut candidates: Vec<Candidate> =
            by_product.map(|offer| Candidate::record(FULL, *offer)).collect();
        candidates.extend(self.wanted.named.iter().enumerate().filter_map(
            |(place, (named, text))| {
                let best = named.best.as_ref();
                let bound = best.map_or(Some(FULL), |it| self.bound(it, *text))?;
                Some(Candidate::group(bound, place as u32))
            },
        ));
        for tree in std::mem::take(&mut self.wanted.trees) {
            self.add_tree(tree, 0, &mut candidates);
        }
        candidates
    }

    fn add_tree(&mut self, tree: &'v Tree, least: u16, candidates: &mut Vec<Candidate>) {
        let bound = self.bound(&tree.best, self.sought.text_value_at_most());
        if let Some(bound) = bound.filter(|bound| *bound >= least) {
            let place = self.wanted.named.len() + self.trees.len();
            candidates.push(Candidate::group(bound, place as u32));
            self.trees.push(tree);
        }
    }

    /// What is in a group and has at least the bound `least`.
    fn open(&mut self, place: u32, least: u16, opened: &mut Vec<Candidate>) {
        let place = place as usize;
        if let Some((named, text)) = self.wanted.named.get(place).copied() {
            self.read(&named.offers);
            opened.extend(
                self.near(text, least).map(|(bound, (offer, _))| Candidate::record(bound, offer)),
            );
            return;
        }
        match &self.trees[place - self.wanted.named.len()].below {
            Below::Leaf(offers) => self.open_leaf(offers, least, opened),
            Below::Halves(halves) => {
                halves.trees().iter().for_each(|tree| self.add_tree(tree, least, opened));
            }
        }
    }

    fn open_leaf(&mut self, offers: &[Slot], least: u16, opened: &mut Vec<Candidate>) {
        self.read(offers);
        let near = self.near(self.sought.text_value_at_most(), least);
        let others = near.filter(|(_, (_, row))| !self.wanted.is_named(row));
        opened.extend(others.map(|(bound, (offer, _))| Candidate::record(bound, offer)));
    }

    /// Reads the rows of some offers: all before one is bounded, so that their memory is fetched
    /// together.
    fn read(&mut self, offers: &[Slot]) {
        let rows = &self.reader.state.offer_rows;
        self.rows.clear();
        self.rows.extend(offers.iter().filter_map(|offer| Some((*offer, rows.get(*offer)?))));
    }

    /// What was read and has at least the bound `least`, but for offers of products that the demand
    /// names, which stand first.
    fn near(&self, text: u16, least: u16) -> impl Iterator<Item = (u16, (Slot, &'v OfferRow))> {
        let others = self.rows.iter().filter(|(offer, _)| !self.is_by_product(*offer));
        let bounds = others.filter_map(move |read| Some((self.bound(read.1, text)?, *read)));
        bounds.filter(move |(bound, _)| *bound >= least)
    }

    fn is_by_product(&self, offer: Slot) -> bool {
        !self.by_product.is_empty() && self.by_product.binary_search(&offer).is_ok()
    }
}

impl<'v> Reader<'v> {
    /// Eligible offers, best first.
    pub(super) fn ranked_offers<'a>(
        self,
        sought: &'a Sought<'_, '_>,
        moment: Moment,
        ask: &Ask<RankKey>,
    ) -> Page<(RankKey, Box<Judged<'a>>), RankKey>
    where
        'v: 'a,
    {
        let mut search = Search::new(self, sought);
        let candidates = search.candidates();
        let open = |place: u32, least: u16, opened: &mut Vec<Candidate>| {
            search.open(place, least, opened);
        };
        let best = Best::new(ask.limit, ask.after);
        best_first(candidates, best, open, |slots, found| {
            let pairs =
                slots.iter().filter_map(|slot| Some((*slot, self.pair(sought, *slot, moment)?)));
            rank_all(
                pairs.collect(),
                |pair| {
                    let is_listed = !sought.has_dismissed(pair, ask.dismissed_by);
                    is_listed.then_some(pair.offer.id.as_u128())
                },
                found,
            );
        })
    }

    /// Every offer whose product is wanted, each once.
    pub(super) fn wanted_offers(self, sought: &Sought<'_, '_>) -> Vec<Slot> {
        let (by_product, wanted) = (self.offers_by_product(sought), self.wanted_groups(sought));
        let mut slots = by_product.clone();
        let mut add = |offer: Slot| {
            if by_product.binary_search(&offer).is_err() {
                slots.push(offer);
            }
        };
        wanted.named.iter().flat_map(|(named, _)| &named.offers).for_each(|offer| add(*offer));
        let row = |offer| self.state.offer_rows.get(offer);
        for tree in &wanted.trees {
            tree.each_offer(&mut |offer| {
                if row(offer).is_some_and(|row| !wanted.is_named(row)) {
                    add(offer);
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

    /// Offers of the products that the demand names, sorted.
    fn offers_by_product(self, sought: &Sought<'_, '_>) -> Vec<Slot> {
        let ids = sought.facts.rare().product_ids.iter();
        let products = ids.filter_map(|id| self.state.products.get(self.state.product_slot(*id)?));
        let mut offers: Vec<Slot> = products.flat_map(|it| it.offers.iter().copied()).collect();
        offers.sort_unstable();
        offers
    }

    /// Where offers of products stand that are wanted by set, text or substitute.
    fn wanted_groups(self, sought: &Sought<'_, '_>) -> WantedGroups<'v> {
        let texts = sought.text.iter().chain(sought.substitutes.iter().flatten());
        let mut names: Vec<TextNumber> =
            texts.flat_map(|text| text.answering().map(|(name, _)| name)).collect();
        names.sort_unstable();
        names.dedup();
        let by_name = &self.state.offers_by_name;
        let named =
            names.iter().flat_map(|name| by_name.of_name(*name).iter().map(|it| (*name, it)));
        let named = named.filter_map(|(name, named)| {
            let likeness = sought.likeness_at_most(name);
            route_of(sought.facts, ProductSet::new(named.product_set)?, &likeness)?;
            Some((named, if sought.text.is_some() { likeness.text } else { NO_TEXT_VALUE }))
        });
        let sets = (1..=PRODUCT_SETS).filter_map(ProductSet::new);
        let sets = sets
            .filter(|set| sought.facts.wants_set(*set) || has_set_substitute(sought.facts, *set));
        let trees = sets.flat_map(|set| self.state.offer_clusters.of_set(set.number()));
        WantedGroups { named: named.collect(), trees: trees.collect(), names }
    }
}

/// Whether one of the demand's substitutes names `set`.
fn has_set_substitute(demand: &DemandFacts, set: ProductSet) -> bool {
    demand.rare().substitutes.iter().any(|substitute| is_set_substitute(substitute, set))
}
