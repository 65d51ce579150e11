//! Product search with filters and facets over one version of the market. Must not know changes,
//! HTTP or the database.

use std::sync::{Arc, PoisonError, RwLock};

use matching::certificate::{CertificateKind, CertificateKinds, StarPeriod, recognition_on};
use matching::date::{Date, Period};
use matching::facts::Paper;
use matching::id::PartyId;
use matching::place::{ProvinceCode, ProvinceSet};
use matching::product::{PRODUCT_SETS, ProductSet};
use matching::text::relevance::FULL;
use matching::text::search::{DEFAULT_FLOOR, DocumentText, SearchIndex};
use matching::text::synonyms::Synonyms;
use matching::visibility::Viewer;

use super::rank::{Best, Page};
use super::record::{PartyRecord, ProductRecord};
use super::state::State;
use super::table::Slot;

const MONTHS: u8 = 12;
/// Star counts that a list can be filtered by.
const STARS: std::ops::RangeInclusive<u8> = 3..=5;

/// Months of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Months(u16);

impl Months {
    /// Whether no month is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `month`, 1 to 12, is in it.
    #[must_use]
    pub const fn contains(self, month: u8) -> bool {
        month <= MONTHS && self.0 >> month & 1 == 1
    }

    /// The same months with those that have a day of `period`.
    #[must_use]
    pub fn with(self, period: Period) -> Self {
        let ((year, month, _), (last_year, last_month, _)) =
            (period.from().ymd(), period.to().ymd());
        let ahead = i32::from(last_year - year) * 12 + i32::from(last_month - month);
        let months = (0..=ahead.min(11)).map(|step| (i32::from(month) - 1 + step) % 12 + 1);
        Self(months.fold(self.0, |bits, month| bits | 1 << month))
    }
}

impl FromIterator<u8> for Months {
    fn from_iter<I: IntoIterator<Item = u8>>(months: I) -> Self {
        let months = months.into_iter().filter(|month| (1..=MONTHS).contains(month));
        Self(months.fold(0, |bits, month| bits | 1 << month))
    }
}

/// What a product must have; several values of one kind are alternatives, an empty kind lets all
/// in.
#[derive(Debug, Clone, Default)]
pub struct ProductFilter {
    /// Its producer.
    pub producers: Vec<PartyId>,
    /// The fewest stars today.
    pub min_stars: Option<u8>,
    /// Its set.
    pub product_sets: Vec<ProductSet>,
    /// The province of its producer.
    pub provinces: ProvinceSet,
    /// A paper, of the product or its producer, that counts today.
    pub certificates: CertificateKinds,
    /// A month in which an offer of it that the viewer sees has free capacity.
    pub months: Months,
}

/// The place of a product in a search: score down, id up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SearchKey {
    /// 10000 less the score.
    pub distance: u16,
    /// Id of the product.
    pub id: u128,
}

/// What a product search asks.
#[derive(Debug, Clone, Copy)]
pub struct ProductAsk<'a> {
    /// What was typed; empty finds all.
    pub text: &'a str,
    /// What the products must have.
    pub filter: &'a ProductFilter,
    /// Who looks: an offer that is not shown to it does not count.
    pub viewer: Viewer,
    /// The day on which stars and papers are judged.
    pub today: Date,
    /// The most items.
    pub limit: usize,
    /// Continue after this place.
    pub after: Option<SearchKey>,
}

/// A product that was found.
#[derive(Debug, Clone, Copy)]
pub struct ProductHit<'v> {
    /// The product.
    pub product: &'v ProductRecord,
    /// Its producer.
    pub producer: &'v PartyRecord,
    /// How well it answers what was typed, 0 to 10000.
    pub score: u16,
    /// The recognition that counts on the asked day.
    pub recognition: Option<StarPeriod>,
}

/// How long the list would be with each value in place of the filter of its kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    /// By fewest stars, 3 to 5.
    pub min_stars: Vec<(u8, u32)>,
    /// By set.
    pub product_sets: Vec<(ProductSet, u32)>,
    /// By province.
    pub provinces: Vec<(ProvinceCode, u32)>,
    /// By paper.
    pub certificates: Vec<(CertificateKind, u32)>,
    /// By month, 1 to 12.
    pub months: Vec<(u8, u32)>,
}

/// What the filters look at.
struct Traits {
    stars: u8,
    product_set: ProductSet,
    province: ProvinceCode,
    papers: CertificateKinds,
    months: Months,
}

impl Traits {
    /// Whether each kind of filter lets it in, in the order of [`Facets`].
    fn passes(&self, filter: &ProductFilter) -> [bool; 5] {
        let sets = &filter.product_sets;
        let kinds = filter.certificates;
        [
            filter.min_stars.is_none_or(|min| self.stars >= min),
            sets.is_empty() || sets.contains(&self.product_set),
            filter.provinces.is_empty() || filter.provinces.contains(self.province),
            kinds.is_empty() || kinds.iter().any(|kind| self.papers.contains(kind)),
            filter.months.is_empty() || filter.months.0 & self.months.0 != 0,
        ]
    }
}

/// The searchable texts of products, shared by every version of the market: a search may find a
/// product by a text that is a moment newer than the version, and shows it as the version has it.
#[derive(Debug)]
pub(super) struct Catalogue {
    index: RwLock<SearchIndex>,
    product_set_labels: Vec<Arc<str>>,
}

impl Catalogue {
    pub(super) fn new(synonyms: Synonyms, product_set_labels: Vec<String>) -> Self {
        let product_set_labels = product_set_labels.into_iter().map(Into::into).collect();
        Self { index: RwLock::new(SearchIndex::new(synonyms)), product_set_labels }
    }

    /// Indexes the products whose searchable texts differ between two versions.
    pub(super) fn follow(&self, before: &State, after: &State, products: &[Slot]) {
        let changed = |slot: &&Slot| self.document(before, **slot) != self.document(after, **slot);
        let changed: Vec<Slot> = products.iter().filter(changed).copied().collect();
        if changed.is_empty() {
            return;
        }
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        for slot in &changed {
            index.remove(*slot);
        }
        index.insert_all(changed.into_iter().filter_map(|slot| {
            let words = after.products.get(slot)?.name_text.words();
            Some((slot, words, self.document(after, slot)?))
        }));
    }

    fn document(&self, state: &State, slot: Slot) -> Option<DocumentText> {
        let product = state.products.get(slot).filter(|product| product.is_listed)?;
        let producer = state.parties.get(product.producer)?;
        let set = usize::from(product.facts.product_set.number());
        let latest = product.facts.stars.iter().max_by_key(|star| star.counts.from());
        Some(DocumentText {
            name: Arc::clone(product.name()),
            producer: Arc::clone(&producer.name),
            place: Arc::clone(&producer.place_names),
            product_set_label: self.product_set_labels.get(set - 1).cloned().unwrap_or_default(),
            stars: latest.map(|star| star.stars.number()),
        })
    }

    /// Listed products, of the producers that are asked for, that answer the text.
    fn hits(&self, state: &State, ask: &ProductAsk<'_>) -> Vec<(Slot, u16)> {
        let producers = &ask.filter.producers;
        let is_wanted = |slot| {
            with_producer(state, slot).is_some_and(|(product, producer)| {
                product.is_listed
                    && (producers.is_empty() || producers.contains(&producer.facts.id))
            })
        };
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        index.hits(ask.text, DEFAULT_FLOOR, is_wanted)
    }

    /// Products that answer a text and pass the filter, best first.
    pub(super) fn search<'v>(
        &self,
        state: &'v State,
        ask: &ProductAsk<'_>,
    ) -> Page<ProductHit<'v>, SearchKey> {
        let mut best = Best::new(ask.limit, ask.after);
        for (slot, score) in self.hits(state, ask) {
            let Some((product, producer)) = with_producer(state, slot) else { continue };
            let traits = traits(state, (product, producer), ask);
            if traits.passes(ask.filter) == [true; 5] {
                let distance = FULL.saturating_sub(score);
                let key = SearchKey { distance, id: product.facts.id.as_u128() };
                let recognition = recognition_on(ask.today, &product.facts.stars);
                best.offer(key, ProductHit { product, producer, score, recognition });
            }
        }
        best.into_page().map(|(_, hit)| hit)
    }

    /// How long the list would be with each value in place of the filter of its kind.
    pub(super) fn facets(&self, state: &State, ask: &ProductAsk<'_>) -> Facets {
        let mut counts = Counts::default();
        for (slot, _) in self.hits(state, ask) {
            if let Some(found) = with_producer(state, slot) {
                let traits = traits(state, found, ask);
                counts.add(&traits, traits.passes(ask.filter));
            }
        }
        counts.into_facets()
    }
}

fn with_producer(state: &State, slot: Slot) -> Option<(&ProductRecord, &PartyRecord)> {
    let product = state.products.get(slot)?;
    Some((product, state.parties.get(product.producer)?))
}

fn traits(
    state: &State,
    (product, producer): (&ProductRecord, &PartyRecord),
    ask: &ProductAsk<'_>,
) -> Traits {
    let recognition = recognition_on(ask.today, &product.facts.stars);
    let counts = |paper: &&Paper| paper.counts.contains(ask.today);
    let papers = product.facts.papers.iter().chain(&producer.facts.papers).filter(counts);
    let ocop = recognition.map(|_| CertificateKind::Ocop);
    Traits {
        stars: recognition.map_or(0, |star| star.stars.number()),
        product_set: product.facts.product_set,
        province: producer.facts.province,
        papers: papers.map(|paper| paper.kind).chain(ocop).collect(),
        months: months(state, (product, producer), ask),
    }
}

/// Months, from today on, in which an offer of the product that the viewer sees has free capacity.
fn months(
    state: &State,
    (product, producer): (&ProductRecord, &PartyRecord),
    ask: &ProductAsk<'_>,
) -> Months {
    let (viewer, today) = (&ask.viewer, ask.today);
    let oversees = viewer.oversees(producer.facts.province);
    let offers = product.offers.iter().filter_map(|slot| state.offers.get(*slot));
    let offers = offers
        .filter(|offer| oversees || viewer.is_shown(producer.facts.id, offer.facts.audience()));
    let capacity = offers.flat_map(|offer| state.capacities.get(offer.capacity));
    let free = capacity.filter(|capacity| capacity.free() > 0);
    let periods = free.filter_map(|capacity| {
        Period::new(capacity.period.from().max(today), capacity.period.to())
    });
    periods.fold(Months::default(), Months::with)
}

#[derive(Default)]
struct Counts {
    min_stars: [u32; 6],
    product_sets: [u32; PRODUCT_SETS as usize + 1],
    provinces: std::collections::BTreeMap<ProvinceCode, u32>,
    certificates: std::collections::BTreeMap<CertificateKind, u32>,
    months: [u32; MONTHS as usize + 1],
}

impl Counts {
    /// Counts a product under its values of every kind that alone could keep it out.
    fn add(&mut self, traits: &Traits, passes: [bool; 5]) {
        let others_pass = |kind: usize| (0..5).all(|other| other == kind || passes[other]);
        if others_pass(0) {
            STARS.filter(|min| traits.stars >= *min).for_each(|min| {
                self.min_stars[usize::from(min)] += 1;
            });
        }
        if others_pass(1) {
            self.product_sets[usize::from(traits.product_set.number())] += 1;
        }
        if others_pass(2) {
            *self.provinces.entry(traits.province).or_default() += 1;
        }
        if others_pass(3) {
            for kind in traits.papers.iter() {
                *self.certificates.entry(kind).or_default() += 1;
            }
        }
        if others_pass(4) {
            for month in (1..=MONTHS).filter(|month| traits.months.contains(*month)) {
                self.months[usize::from(month)] += 1;
            }
        }
    }

    /// The values with at least one product.
    fn into_facets(self) -> Facets {
        let sets = (1..=PRODUCT_SETS).filter_map(ProductSet::new);
        let sets = sets.map(|set| (set, self.product_sets[usize::from(set.number())]));
        let stars = STARS.map(|min| (min, self.min_stars[usize::from(min)]));
        let months = (1..=MONTHS).map(|month| (month, self.months[usize::from(month)]));
        Facets {
            min_stars: stars.filter(|(_, count)| *count > 0).collect(),
            product_sets: sets.filter(|(_, count)| *count > 0).collect(),
            provinces: self.provinces.into_iter().collect(),
            certificates: self.certificates.into_iter().collect(),
            months: months.filter(|(_, count)| *count > 0).collect(),
        }
    }
}
