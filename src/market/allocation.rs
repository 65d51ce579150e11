//! Drafts what an allocation is solved from: every eligible pair of capacity period and delivery,
//! judged as for matches, with nothing in it that its owner may not see. Must not know how it is
//! solved, nor how it is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use matching::allocation::instance::{Pair as Eligible, SIDE_MAX};
use matching::allocation::workers::share_out;
use matching::date::Timestamp;
use matching::demand::DemandState;
use matching::facts::DemandFacts;
use matching::id::{DemandId, PartyId};
use matching::pair::Moment;
use matching::planning::balance::Balances;
use matching::planning::reduction::{Candidates, Found};
use matching::planning::snapshot::{
    CapacitySide, DemandSide, Minima, NeedSide, OfferSide, Snapshot,
};
use matching::quantity::{Content, Dimension};

use super::View;
use super::allocation_pairs::{Meetings, Met};
use super::matches::{Reader, Sought};
use super::record::DemandRecord;
use super::table::Slot;
use crate::store::visibility::Viewer;

/// Demands that are judged between two looks at the stop signal.
const DEMANDS_PER_BATCH: usize = 32;

/// Who asks for what.
#[derive(Debug, Clone)]
pub struct DraftAsk {
    /// When it is asked.
    pub now: Timestamp,
    /// Who looks: nothing is drafted that it may not see.
    pub viewer: Viewer,
    /// The demands; none for all that the viewer may plan: its own, for coordinators and admins
    /// every one that they may see.
    pub demands: Option<Vec<DemandId>>,
    /// Only offers of these producers; empty for all.
    pub producers: BTreeSet<PartyId>,
}

/// Why nothing is drafted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undrafted {
    /// More sides, or more on a side, than an instance has.
    TooLarge,
    /// The stop signal came first.
    Stopped,
}

impl View {
    /// The places in `ids` of demands that `viewer` may not plan, that are not there, or that are
    /// over by `now`.
    #[must_use]
    pub fn unplannable(&self, (viewer, now): (&Viewer, Timestamp), ids: &[DemandId]) -> Vec<usize> {
        let may_plan = |id: &DemandId| {
            let slot = self.state.demand_slot(*id);
            let reader = self.reader();
            slot.is_some_and(|slot| reader.may_plan(viewer, slot) && !reader.is_over(slot, now))
        };
        (0..).zip(ids).filter(|(_, id)| !may_plan(id)).map(|(at, _)| at).collect()
    }

    /// Drafts an allocation that holds at most `max_pairs` eligible pairs, or is reduced to as many
    /// by [`Draft::reduce`]; the draft does not depend on how many `workers` judge pairs. After
    /// every [`DEMANDS_PER_BATCH`] demands the calling thread asks `stop`, and tells how many
    /// demands are judged, of how many.
    ///
    /// # Errors
    /// [`Undrafted`].
    pub fn draft<'v>(
        &'v self,
        ask: &'v DraftAsk,
        max_pairs: usize,
        workers: usize,
        stop: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(u32, u32),
    ) -> Result<Draft<'v>, Undrafted> {
        let mut draft = Draft::new(self.reader(), ask, max_pairs);
        let demands = draft.plannable();
        for (at, batch) in demands.chunks(DEMANDS_PER_BATCH).enumerate() {
            if stop() {
                return Err(Undrafted::Stopped);
            }
            tell((at * DEMANDS_PER_BATCH) as u32, demands.len() as u32);
            let is_exact = !draft.is_reduced();
            let met = share_out(batch, workers, |slot| draft.meetings_of(*slot, is_exact));
            for (slot, met) in batch.iter().zip(met) {
                met.map_or(Ok(()), |met| draft.add_demand(*slot, &met))?;
            }
        }
        draft.drop_second_dimensions();
        if !draft.is_reduced() {
            draft.snapshot.pairs = draft.candidates.take_pairs();
        }
        Ok(draft)
    }
}

impl Reader<'_> {
    /// Whether time has ended a demand.
    fn is_over(self, slot: Slot, now: Timestamp) -> bool {
        let needs = |record: &DemandRecord| self.state.needs.get(record.needs);
        let record = self.state.demands.get(slot);
        record.is_none_or(|it| it.facts.state(needs(it), now) == DemandState::Expired)
    }

    /// Whether `viewer` may plan a demand: its own, or, as coordinator or admin, one that it sees.
    fn may_plan(self, viewer: &Viewer, slot: Slot) -> bool {
        let Some(record) = self.state.demands.get(slot) else { return false };
        let Some(buyer) = self.state.parties.get(record.buyer) else { return false };
        let audience = record.facts.rare().audience.as_deref();
        let admits = |viewer: &Viewer| {
            audience.is_none_or(|it| it.admits(viewer.party, viewer.is_coordinator))
        };
        viewer.is_admin || buyer.facts.id == viewer.party || viewer.is_coordinator && admits(viewer)
    }
}

/// A draft: the snapshot so far, and what is needed to go on with it.
#[derive(Debug)]
pub struct Draft<'v> {
    pub(super) reader: Reader<'v>,
    pub(super) ask: &'v DraftAsk,
    pub(super) moment: Moment,
    pub(super) snapshot: Snapshot,
    /// The eligible pairs until they are complete, and what is known of them.
    pub(super) candidates: Candidates,
    /// Places of offers in the snapshot, by slot and dimension, with their first capacity.
    pub(super) offers: BTreeMap<(Slot, Dimension), (u32, u32)>,
    /// Slots of the snapshot's demands.
    pub(super) demands: Vec<Slot>,
    /// First need of each demand.
    pub(super) needs: Vec<u32>,
    /// Whether the eligible pairs are complete, and changed demands are added.
    pub(super) is_complete: bool,
}

impl<'v> Draft<'v> {
    fn new(reader: Reader<'v>, ask: &'v DraftAsk, max_pairs: usize) -> Self {
        Self {
            reader,
            ask,
            moment: Moment::at(ask.now),
            snapshot: Snapshot::default(),
            candidates: Candidates::new(max_pairs),
            offers: BTreeMap::new(),
            demands: Vec::new(),
            needs: Vec::new(),
            is_complete: false,
        }
    }

    /// The snapshot so far.
    #[must_use]
    pub const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Notes what its sellers offered and sold in earlier runs.
    pub fn make_up_for(&mut self, mut balances: Balances) {
        balances.keep_sellers_of(&self.snapshot);
        self.snapshot.balances = balances;
    }

    /// The snapshot.
    #[must_use]
    pub fn finish(self) -> Snapshot {
        self.snapshot
    }

    /// Demands to plan, by id.
    fn plannable(&self) -> Vec<Slot> {
        let state = self.reader.state;
        let all: Vec<Slot> = match &self.ask.demands {
            Some(ids) => ids.iter().filter_map(|id| state.demand_slot(*id)).collect(),
            None => state.demands.slots().collect(),
        };
        let may_plan = |slot: &Slot| self.reader.may_plan(&self.ask.viewer, *slot);
        let mut slots: Vec<Slot> = all.into_iter().filter(may_plan).collect();
        slots.sort_by_key(|slot| state.demands.get(*slot).map(|record| record.facts.id));
        slots.dedup();
        slots
    }

    /// What meets a demand, if it is open.
    fn meetings_of(&self, slot: Slot, is_exact: bool) -> Option<Meetings> {
        let record = self.reader.state.demands.get(slot)?;
        let sought = self.reader.sought(record)?;
        let state = record.facts.state(sought.needs, self.ask.now);
        let is_open = matches!(state, DemandState::Open | DemandState::PartiallyCovered);
        is_open.then(|| self.meetings(&sought, is_exact))
    }

    fn add_demand(&mut self, slot: Slot, met: &Meetings) -> Result<(), Undrafted> {
        let state = self.reader.state;
        let Some(record) = state.demands.get(slot) else { return Ok(()) };
        let Some(sought) = self.reader.sought(record) else { return Ok(()) };
        let first = self.snapshot.needs.len() as u32;
        let demand = self.demands.len() as u32;
        self.snapshot.demands.push(self.demand_side(&sought));
        let needs = (0..).zip(sought.needs).map(|(delivery, need)| NeedSide {
            demand,
            delivery,
            window: need.window,
            province: need.province,
            wanted: need.wanted(),
            most: need.most(),
            least: record.facts.least(delivery as usize),
        });
        self.snapshot.needs.extend(needs);
        self.demands.push(slot);
        self.needs.push(first);
        self.snapshot.left_out += met.left_out;
        let (found, minima) = self.placed(&met.offers, &record.facts, (demand, first));
        self.snapshot.minima.extend(minima);
        self.candidates.add(&self.snapshot, &found);
        let sides = self.snapshot.capacities.len().max(self.snapshot.needs.len());
        if sides <= SIDE_MAX { Ok(()) } else { Err(Undrafted::TooLarge) }
    }

    fn demand_side(&self, sought: &Sought<'_, '_>) -> DemandSide {
        let (facts, buyer) = (sought.facts, sought.buyer);
        let viewer = &self.ask.viewer;
        let is_known = viewer.is_admin || buyer.facts.id == viewer.party || !facts.anonymous;
        DemandSide {
            id: facts.id,
            buyer: is_known.then(|| (buyer.facts.id, buyer.name.clone())),
            words: sought.words.clone(),
            unit: Arc::clone(&facts.unit.code),
            content: facts.content(),
            min_share: facts.rare().min_share,
            max_suppliers: facts.rare().max_suppliers,
        }
    }

    /// Every eligible pair of a demand, given its place and that of its first need, and where a
    /// share is to be large enough for the price.
    pub(super) fn eligible(
        &mut self,
        sought: &Sought<'_, '_>,
        place: (u32, u32),
    ) -> (Vec<Eligible>, Minima) {
        let met = self.meetings(sought, true);
        let (found, minima) = self.placed(&met.offers, sought.facts, place);
        (found.into_iter().map(|found| found.pair).collect(), minima)
    }

    /// What meets a demand, by places in the snapshot; offers that are new there are added.
    fn placed(
        &mut self,
        offers: &[Met],
        facts: &DemandFacts,
        (demand, first): (u32, u32),
    ) -> (Vec<Found>, Minima) {
        let (mut found, mut minima) = (Vec::new(), Minima::new());
        for Met { offer, score, is_exact, least, places } in offers {
            let Some((place, capacities)) = self.offer(*offer, facts) else { continue };
            if *least > 0 {
                minima.insert((place, demand), *least);
            }
            found.extend(places.iter().map(|(delivery, place)| {
                let (capacity, need) = (capacities + place, first + delivery);
                let pair = Eligible { capacity, need, score: *score };
                Found { pair, is_exact: *is_exact }
            }));
        }
        (found, minima)
    }

    /// The place of an offer that meets this demand, and of its first capacity.
    fn offer(&mut self, slot: Slot, demand: &DemandFacts) -> Option<(u32, u32)> {
        let dimension = demand.content().dimension;
        if let Some(known) = self.offers.get(&(slot, dimension)) {
            return Some(*known);
        }
        let mut others = self.offers.range((slot, Dimension::Mass)..=(slot, Dimension::RoomNights));
        if self.is_complete && others.next().is_some() {
            return None;
        }
        let state = self.reader.state;
        let offer = state.offers.get(slot)?;
        let product = state.products.get(offer.product)?;
        let producer = state.parties.get(product.producer)?;
        let base_units = offer.facts.content().in_dimension(dimension)?;
        let place = (self.snapshot.offers.len() as u32, self.snapshot.capacities.len() as u32);
        self.snapshot.offers.push(OfferSide {
            id: offer.facts.id,
            product: (product.facts.id, Arc::clone(product.name())),
            producer: (producer.facts.id, producer.name.clone()),
            unit: Arc::clone(&offer.facts.unit.code),
            content: Content { dimension, base_units },
            min_order: offer.facts.min_order(),
            increment: offer.facts.increment(),
            unit_price: offer.facts.unit_price,
            price_breaks: offer.facts.price_breaks().to_vec(),
        });
        let capacities = state.capacities.get(offer.capacity).iter();
        self.snapshot.capacities.extend(capacities.map(|capacity| CapacitySide {
            offer: place.0,
            period: capacity.period,
            free: capacity.free(),
        }));
        self.offers.insert((slot, dimension), place);
        Some(place)
    }

    /// One capacity cannot be counted in two dimensions at once: where an offer is wanted in both,
    /// the one that it is reserved in stays.
    fn drop_second_dimensions(&mut self) {
        let primary = |slot: Slot| {
            let offer = self.reader.state.offers.get(slot);
            offer.map(|offer| offer.facts.content().primary().dimension)
        };
        let is_second = |(slot, dimension): &(Slot, Dimension)| {
            primary(*slot).is_some_and(|primary| {
                primary != *dimension && self.offers.contains_key(&(*slot, primary))
            })
        };
        let second: BTreeMap<_, _> =
            self.offers.iter().filter(|(key, _)| is_second(key)).map(|(k, v)| (*k, *v)).collect();
        self.offers.retain(|key, _| !second.contains_key(key));
        let second: BTreeSet<u32> = second.into_values().map(|(offer, _)| offer).collect();
        self.is_complete = true;
        let capacities = &self.snapshot.capacities;
        let is_out = |capacity: u32| second.contains(&capacities[capacity as usize].offer);
        self.snapshot.left_out += self.candidates.without(is_out);
    }
}
