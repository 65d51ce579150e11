//! Answers match queries from one version of the market: by bounds first, exactly for what is left.
//! Must not know changes, HTTP or the database.

use std::sync::Arc;

use matching::check::Check;
use matching::date::Timestamp;
use matching::demand::DemandTerms;
use matching::evaluation::{Evaluation, Judgement, NO_TEXT_VALUE, explain};
use matching::facts::{DemandFacts, NeedFacts};
use matching::id::{DemandId, PartyId};
use matching::pair::{Likeness, Moment, Pair};
use matching::price::FreightRate;
use matching::text::relevance::{ELIGIBLE, Query};

use super::change::Dismissal;
use super::rank::{AnyKey, Best, MissKey, Page, RankKey};
use super::record::{DemandRecord, Dismissed, OfferRecord, PartyRecord, ProductRecord};
use super::state::State;
use super::table::Slot;
use super::texts::{Likenesses, NameText, QueryText, TextNumber, Texts};

/// What a list query asks besides its subject.
#[derive(Debug, Clone, Copy)]
pub struct Ask<K> {
    /// When it is asked.
    pub now: Timestamp,
    /// The most items.
    pub limit: usize,
    /// Continue after this place.
    pub after: Option<K>,
    /// Leave out what this party dismissed.
    pub dismissed_by: Option<PartyId>,
}

/// A record, the pair that it is in, and the judgement of that.
pub(super) struct Judged<'a> {
    pub(super) slot: Slot,
    pub(super) pair: Pair<'a>,
    pub(super) judgement: Judgement,
}

/// An offer and a demand, judged.
#[derive(Debug, Clone)]
pub struct Match<'v> {
    /// The offer.
    pub offer: &'v OfferRecord,
    /// Its product.
    pub product: &'v ProductRecord,
    /// Its producer.
    pub producer: &'v PartyRecord,
    /// The demand; absent for one that is not in the market.
    pub demand: Option<&'v DemandRecord>,
    /// The demand's text, if it has one.
    pub words: Option<Arc<str>>,
    /// The buyer.
    pub buyer: &'v PartyRecord,
    /// The judgement with its explanation.
    pub evaluation: Evaluation,
    /// Every check of a near miss; none of a match, which passes them all.
    pub checks: Vec<Check>,
}

/// A demand that is not in the market: one that nobody has recorded, or a draft.
#[derive(Debug, Clone, Copy)]
pub struct Unlisted<'a> {
    /// What it states.
    pub terms: &'a DemandTerms,
    /// The version of that.
    pub terms_version: i64,
    /// What parties do not want to see for it.
    pub dismissals: &'a [Dismissal],
}

impl<'a> From<&'a DemandTerms> for Unlisted<'a> {
    fn from(terms: &'a DemandTerms) -> Self {
        Self { terms, terms_version: 1, dismissals: &[] }
    }
}

/// One version of the market with what it shares with the others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'v> {
    pub(super) state: &'v State,
    pub(super) texts: &'v Texts,
    pub(super) freight: FreightRate,
}

/// A demand that offers are sought for, with the likeness of every name to its texts.
pub(super) struct Sought<'f, 'v> {
    pub(super) facts: &'f DemandFacts,
    pub(super) needs: &'f [NeedFacts],
    pub(super) record: Option<&'v DemandRecord>,
    dismissed: &'f [Dismissed],
    pub(super) words: Option<Arc<str>>,
    pub(super) buyer: &'v PartyRecord,
    pub(super) text: Option<Likenesses<Query>>,
    pub(super) substitutes: Vec<Option<Likenesses<Query>>>,
}

impl<'f, 'v> Sought<'f, 'v> {
    /// The same demand with other facts and deliveries.
    pub(super) fn changed<'g>(
        &'g self,
        facts: &'g DemandFacts,
        needs: &'g [NeedFacts],
    ) -> Sought<'g, 'v> {
        let (words, text) = (self.words.clone(), self.text.clone());
        let substitutes = self.substitutes.clone();
        let Sought { record, dismissed, buyer, .. } = *self;
        Sought { facts, needs, record, dismissed, words, buyer, text, substitutes }
    }

    fn likeness(&self, name: &NameText) -> Likeness {
        let of = |texts: &Option<Likenesses<Query>>| texts.as_ref().map_or(0, |it| it.to(name));
        Likeness { text: of(&self.text), substitutes: self.substitutes.iter().map(of).collect() }
    }

    /// At least the likeness, with nothing to work out; what is wanted is the same by either.
    pub(super) fn likeness_at_most(&self, name: TextNumber) -> Likeness {
        let of =
            |texts: &Option<Likenesses<Query>>| texts.as_ref().map_or(0, |it| it.at_most(name));
        Likeness { text: of(&self.text), substitutes: self.substitutes.iter().map(of).collect() }
    }

    /// Whether a party does not want to see an offer for it.
    pub(super) fn has_dismissed(&self, pair: &Pair<'_>, by: Option<PartyId>) -> bool {
        let hides = |by| self.dismissed.iter().any(|it| it.hides((self.facts, pair.offer), by));
        by.is_some_and(hides)
    }

    /// At least the text factor of a name that answers neither its text nor a substitute.
    pub(super) fn text_value_at_most(&self) -> u16 {
        self.text.as_ref().map_or(NO_TEXT_VALUE, |_| ELIGIBLE - 1)
    }
}

impl<'v> Reader<'v> {
    /// Offers for a demand of the market, best first.
    pub(super) fn for_demand(
        self,
        id: DemandId,
        ask: &Ask<RankKey>,
    ) -> Option<Page<Match<'v>, RankKey>> {
        let record = self.state.demands.get(self.state.demand_slot(id)?)?;
        let sought = self.sought(record)?;
        let moment = Moment::at(ask.now);
        let page = self.ranked_offers(&sought, moment, ask);
        Some(page.map(|(_, found)| self.shown(&sought, *found)).flatten())
    }

    /// Offers for a demand that is not in the market, best first.
    pub(super) fn for_unlisted(
        self,
        demand: &Unlisted<'_>,
        ask: &Ask<RankKey>,
    ) -> Option<Page<Match<'v>, RankKey>> {
        let (facts, needs, dismissed) = unlisted(demand);
        let sought = self.sought_by(demand.terms, (&facts, &needs, &dismissed))?;
        let page = self.ranked_offers(&sought, Moment::at(ask.now), ask);
        Some(page.map(|(_, found)| self.shown(&sought, *found)).flatten())
    }

    fn sought_by<'f>(
        self,
        terms: &DemandTerms,
        (facts, needs, dismissed): (&'f DemandFacts, &'f [NeedFacts], &'f [Dismissed]),
    ) -> Option<Sought<'f, 'v>> {
        let buyer = self.state.parties.get(self.state.party_slot(terms.party_id)?)?;
        let row = |text: &str| self.texts.names_by_text(text);
        let substitutes = terms.substitutes.iter().map(|substitute| match &substitute.product {
            matching::demand::SubstituteProduct::Text(text) => Some(row(text)),
            matching::demand::SubstituteProduct::ProductSet(_) => None,
        });
        Some(Sought {
            facts,
            needs,
            record: None,
            dismissed,
            words: terms.text.as_deref().map(Arc::from),
            buyer,
            text: terms.text.as_deref().map(row),
            substitutes: substitutes.collect(),
        })
    }

    /// Open, visible and wanted offers that fail for a demand, nearest first.
    pub(super) fn excluded(
        self,
        id: DemandId,
        ask: &Ask<MissKey>,
    ) -> Option<Page<Match<'v>, MissKey>> {
        let record = self.state.demands.get(self.state.demand_slot(id)?)?;
        Some(self.missed(&self.sought(record)?, ask))
    }

    /// The same for a demand that is not in the market.
    pub(super) fn excluded_for_unlisted(
        self,
        demand: &Unlisted<'_>,
        ask: &Ask<MissKey>,
    ) -> Option<Page<Match<'v>, MissKey>> {
        let (facts, needs, dismissed) = unlisted(demand);
        Some(self.missed(&self.sought_by(demand.terms, (&facts, &needs, &dismissed))?, ask))
    }

    fn missed(self, sought: &Sought<'_, 'v>, ask: &Ask<MissKey>) -> Page<Match<'v>, MissKey> {
        let moment = Moment::at(ask.now);
        let mut best = Best::new(ask.limit, ask.after);
        for slot in self.wanted_offers(sought) {
            let Some(pair) = self.pair(sought, slot, moment) else { continue };
            if let Some((key, judgement)) = listed(sought, &pair, ask.dismissed_by) {
                best.offer(key, Box::new(Judged { slot, pair, judgement }));
            }
        }
        best.into_page().map(|(_, found)| self.explained(sought, *found)).flatten()
    }

    pub(super) fn sought(self, record: &'v DemandRecord) -> Option<Sought<'v, 'v>> {
        let row = |text: &Arc<QueryText>| self.texts.names_by_query(text);
        let substitutes = record.substitutes().iter();
        Some(Sought {
            facts: &record.facts,
            needs: self.state.needs.get(record.needs),
            record: Some(record),
            dismissed: record.dismissed(),
            words: record.text.as_ref().map(|text| Arc::clone(&text.text)),
            buyer: self.state.parties.get(record.buyer)?,
            text: record.text.as_ref().map(row),
            substitutes: substitutes.map(|text| text.as_ref().map(row)).collect(),
        })
    }

    pub(super) fn pair<'a>(
        self,
        sought: &'a Sought<'_, '_>,
        offer: Slot,
        moment: Moment,
    ) -> Option<Pair<'a>>
    where
        'v: 'a,
    {
        let pair = self.pair_at_most(sought, offer, moment)?;
        let product = self.state.products.get(self.state.offers.get(offer)?.product)?;
        Some(Pair { likeness: sought.likeness(&product.name_text), ..pair })
    }

    /// The pair with at least its likeness, with nothing to work out.
    pub(super) fn pair_at_most<'a>(
        self,
        sought: &'a Sought<'_, '_>,
        offer: Slot,
        moment: Moment,
    ) -> Option<Pair<'a>>
    where
        'v: 'a,
    {
        let offer = self.state.offers.get(offer)?;
        let product = self.state.products.get(offer.product)?;
        Some(Pair {
            offer: &offer.facts,
            capacity: self.state.capacities.get(offer.capacity),
            product: &product.facts,
            producer: &self.state.parties.get(product.producer)?.facts,
            demand: sought.facts,
            needs: sought.needs,
            buyer: &sought.buyer.facts,
            likeness: sought.likeness_at_most(product.name_text.number),
            freight: self.freight,
            moment,
        })
    }

    fn shown(self, sought: &Sought<'_, 'v>, judged: Judged<'_>) -> Option<Match<'v>> {
        self.told(sought, judged, Vec::new())
    }

    fn explained(self, sought: &Sought<'_, 'v>, judged: Judged<'_>) -> Option<Match<'v>> {
        let checks = judged.judgement.checks(&judged.pair);
        self.told(sought, judged, checks.into())
    }

    fn told(
        self,
        sought: &Sought<'_, 'v>,
        Judged { slot, pair, judgement }: Judged<'_>,
        checks: Vec<Check>,
    ) -> Option<Match<'v>> {
        let offer = self.state.offers.get(slot)?;
        let product = self.state.products.get(offer.product)?;
        Some(Match {
            offer,
            product,
            producer: self.state.parties.get(product.producer)?,
            demand: sought.record,
            words: sought.words.clone(),
            buyer: sought.buyer,
            checks,
            evaluation: explain(&pair, judgement),
        })
    }
}

/// A demand that is not in the market, as it is judged.
fn unlisted(demand: &Unlisted<'_>) -> (DemandFacts, Vec<NeedFacts>, Vec<Dismissed>) {
    let (id, terms) = (DemandId::new(uuid::Uuid::nil()), demand.terms);
    let mut facts = DemandFacts::of_terms(id, terms, []);
    facts.terms_version = u32::try_from(demand.terms_version).unwrap_or(u32::MAX);
    let dismissed = demand.dismissals.iter().copied().map(Dismissed::from).collect();
    (facts, NeedFacts::of_terms(terms, []), dismissed)
}

/// Whether the pair is open and each side may see the other.
pub(super) fn may_be_shown(pair: &Pair<'_>) -> bool {
    pair.is_open() && pair.offer_admits() && pair.demand_admits()
}

/// Ranks pairs that have an id in the list. The checks that read the records come first for all, so
/// that the memory of one is fetched while another is checked.
pub(super) fn rank_all<'a>(
    mut pairs: Vec<(Slot, Pair<'a>)>,
    id: impl Fn(&Pair<'_>) -> Option<u128>,
    found: &mut dyn FnMut(RankKey, Box<Judged<'a>>),
) {
    pairs.retain(|(_, pair)| may_be_shown(pair));
    for (slot, pair) in pairs {
        if let Some((key, judgement)) = id(&pair).and_then(|id| RankKey::judge(&pair, id)) {
            found(key, Box::new(Judged { slot, pair, judgement }));
        }
    }
}

/// The place and the judgement of a wanted offer in a list of a demand; none unless each side may
/// see the other and it is not dismissed.
pub(super) fn listed<K: PairKey>(
    sought: &Sought<'_, '_>,
    pair: &Pair<'_>,
    dismissed_by: Option<PartyId>,
) -> Option<(K, Judgement)> {
    let is_shown = !sought.has_dismissed(pair, dismissed_by) && may_be_shown(pair);
    is_shown.then(|| K::judge(pair, pair.offer.id.as_u128()))?
}

/// The place of a pair in one kind of list.
pub trait PairKey: Ord + Copy + Into<AnyKey> {
    /// The place and the judgement of a pair that may be shown, if such lists have it.
    fn judge(pair: &Pair<'_>, id: u128) -> Option<(Self, Judgement)>;
}

/// Eligible pairs.
impl PairKey for RankKey {
    fn judge(pair: &Pair<'_>, id: u128) -> Option<(Self, Judgement)> {
        let judgement = Judgement::of(pair);
        let eligible = judgement.is_eligible(pair);
        let key = Self { score: judgement.score, unit_price: judgement.unit_price, id };
        eligible.then_some((key, judgement))
    }
}

/// Pairs that fail a check.
impl PairKey for MissKey {
    fn judge(pair: &Pair<'_>, id: u128) -> Option<(Self, Judgement)> {
        let judgement = Judgement::of(pair);
        let (failed, gap) = judgement.miss(pair);
        let key = Self { failed, gap, score: judgement.score, id };
        (failed > 0).then_some((key, judgement))
    }
}
