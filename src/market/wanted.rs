//! Answers the other way round: the demands that an offer fits. Must not know changes, HTTP or the
//! database.

use std::collections::HashSet;
use std::sync::Arc;

use matching::evaluation::{NO_TEXT_VALUE, explain};
use matching::id::OfferId;
use matching::pair::{Likeness, Moment, Pair};
use matching::text::relevance::{FULL, Name};

use super::block::{Block, Key};
use super::matches::{Ask, Judged, Match, Reader, rank_all};
use super::rank::{Best, Candidate, Page, RankKey, best_first};
use super::record::{DemandRecord, OfferRecord, PartyRecord, ProductRecord};
use super::row::{DemandRow, OfferRow, bound};
use super::table::Slot;
use super::texts::{Likenesses, QueryText};

/// An offer that demands are sought for, with the likeness of its name to every text.
struct Offered<'a> {
    offer: &'a OfferRecord,
    product: &'a ProductRecord,
    producer: &'a PartyRecord,
    texts: Likenesses<Name>,
}

impl Offered<'_> {
    fn likeness(&self, demand: &DemandRecord) -> Likeness {
        let of = |text: &Option<Arc<QueryText>>| text.as_ref().map_or(0, |it| self.texts.to(it));
        let substitutes = demand.substitutes().iter().map(of).collect();
        Likeness { text: of(&demand.text), substitutes }
    }
}

impl<'v> Reader<'v> {
    /// Demands that an offer of the market fits, best first.
    pub(super) fn for_offer(
        self,
        id: OfferId,
        ask: &Ask<RankKey>,
    ) -> Option<Page<Match<'v>, RankKey>> {
        let slot = self.state.offer_slot(id)?;
        let offered = self.offered(slot)?;
        let candidates = self.demand_candidates(&offered);
        let moment = Moment::at(ask.now);
        let best = Best::new(ask.limit, ask.after);
        let page = best_first(
            candidates,
            best,
            |_, _, _| {},
            |slots, found| {
                let pairs = slots.iter().filter_map(|slot| {
                    let demand = self.state.demands.get(*slot)?;
                    let by = ask.dismissed_by;
                    let dismissed =
                        by.is_some_and(|by| demand.has_dismissed(&offered.offer.facts, by));
                    let pair =
                        if dismissed { None } else { self.pair_of(&offered, demand, moment) };
                    Some((*slot, pair?))
                });
                rank_all(pairs.collect(), |pair| Some(pair.demand.id.as_u128()), found);
            },
        );
        Some(page.map(|(_, found)| self.shown_demand(&offered, *found)).flatten())
    }

    fn offered(self, slot: Slot) -> Option<Offered<'v>> {
        let offer = self.state.offers.get(slot)?;
        let product = self.state.products.get(offer.product)?;
        let producer = self.state.parties.get(product.producer)?;
        let texts = self.texts.queries_by_name(&product.name_text);
        Some(Offered { offer, product, producer, texts })
    }

    fn demand_candidates(self, offered: &Offered<'_>) -> Vec<Candidate> {
        let of_product = (offered.product.name_text.number, &offered.product.facts);
        let capacity = self.state.capacities.get(offered.offer.capacity);
        let offer = (&offered.offer.facts, capacity);
        let probe = OfferRow::new(offer, of_product, &offered.producer.facts);
        let (mut candidates, mut seen) = (Vec::new(), HashSet::new());
        for demand in &offered.product.wanted_by {
            seen.insert(*demand);
            candidates.push(Candidate::record(FULL, *demand));
        }
        for (block, text) in self.fitting_blocks(offered) {
            let fresh = |row: &&DemandRow| !row.is_multiple() || seen.insert(row.demand);
            let rows = block.rows.iter().filter(fresh);
            candidates.extend(rows.filter_map(|row| {
                let bound = bound(&probe, row, text, self.freight)?;
                Some(Candidate::record(bound, row.demand))
            }));
        }
        candidates
    }

    /// Blocks of demands that may want the product, with at least the text factor's value. Those
    /// of substitutes come first: a demand that stands in several blocks is bounded where it is
    /// seen first, and there the text factor is taken as full.
    fn fitting_blocks(self, offered: &Offered<'_>) -> Vec<(&'v Block, u16)> {
        let blocks = &self.state.demand_rows;
        let by_text = offered.texts.answering().flat_map(|(text, _)| blocks.of_text(text));
        let by_text = by_text.filter_map(|slot| blocks.get(*slot));
        let (mut first, mut rest) = (Vec::new(), Vec::new());
        for block in by_text {
            match block.key {
                Key::Substitute(_) => first.push((block, FULL)),
                Key::Text(text) => rest.push((block, offered.texts.at_most(text))),
                Key::Set(..) => {}
            }
        }
        let set = blocks.of_set(offered.product.facts.product_set.number());
        for block in set.iter().filter_map(|slot| blocks.get(*slot)) {
            let Key::Set(_, text) = block.key else { continue };
            rest.push((block, text.map_or(NO_TEXT_VALUE, |text| offered.texts.at_most(text))));
        }
        first.append(&mut rest);
        first
    }

    fn pair_of<'a>(
        self,
        offered: &Offered<'a>,
        demand: &'a DemandRecord,
        moment: Moment,
    ) -> Option<Pair<'a>>
    where
        'v: 'a,
    {
        Some(Pair {
            offer: &offered.offer.facts,
            capacity: self.state.capacities.get(offered.offer.capacity),
            product: &offered.product.facts,
            producer: &offered.producer.facts,
            demand: &demand.facts,
            needs: self.state.needs.get(demand.needs),
            buyer: &self.state.parties.get(demand.buyer)?.facts,
            likeness: offered.likeness(demand),
            freight: self.freight,
            moment,
        })
    }

    fn shown_demand(
        self,
        offered: &Offered<'v>,
        Judged { slot, pair, judgement }: Judged<'_>,
    ) -> Option<Match<'v>> {
        let demand = self.state.demands.get(slot)?;
        Some(Match {
            offer: offered.offer,
            product: offered.product,
            producer: offered.producer,
            demand: Some(demand),
            words: demand.text.as_ref().map(|text| Arc::clone(&text.text)),
            buyer: self.state.parties.get(demand.buyer)?,
            evaluation: explain(&pair, judgement),
            checks: Vec::new(),
        })
    }
}
