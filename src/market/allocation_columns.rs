//! Prices the eligible pairs of one version of the market for an allocation that cannot hold them
//! all: a bound decides which are judged, the judgement of matches decides the rest. Must not know
//! how a market is planned.

use std::collections::{BTreeMap, BTreeSet};

use matching::allocation::columns::{Control, Pricing, Search};
use matching::allocation::instance::Pair as Eligible;
use matching::allocation::plan::Objective;
use matching::planning::reduction::reduce;
use matching::quantity::Dimension;

use super::allocation::{Draft, Undrafted};
use super::allocation_pairs::Judged;
use super::matches::Sought;
use super::table::Slot;

impl Draft<'_> {
    /// Whether there are more eligible pairs than may be held.
    #[must_use]
    pub const fn is_reduced(&self) -> bool {
        self.candidates.is_reduced()
    }

    /// Completes a draft with too many eligible pairs: it holds those that the best plan over all
    /// of them needs, as far as `control` lets it find them.
    ///
    /// # Errors
    /// [`Undrafted::TooLarge`]
    pub fn reduce(
        &mut self,
        objective: Objective,
        control: &mut Control<'_>,
    ) -> Result<(), Undrafted> {
        let pricing = Live::new(self);
        let reduced = reduce((&self.snapshot, &self.candidates), objective, &pricing, control);
        let (pairs, reduction) = reduced.map_err(|_| Undrafted::TooLarge)?;
        (self.snapshot.pairs, self.snapshot.reduction) = (pairs, Some(reduction));
        self.drop_spare_minima();
        Ok(())
    }

    /// Keeps the minima of pairs that are held.
    fn drop_spare_minima(&mut self) {
        let snapshot = &self.snapshot;
        let offer = |pair: &Eligible| snapshot.capacities[pair.capacity as usize].offer;
        let demand = |pair: &Eligible| snapshot.needs[pair.need as usize].demand;
        let held: BTreeSet<(u32, u32)> =
            snapshot.pairs.iter().map(|pair| (offer(pair), demand(pair))).collect();
        self.snapshot.minima.retain(|sides, _| held.contains(sides));
    }
}

/// The version of the market that a draft is made of.
struct Live<'d, 'v> {
    draft: &'d Draft<'v>,
    /// By slot: where the offer stands in the snapshot.
    stands: Vec<Option<Stand>>,
}

/// Where an offer stands in a snapshot.
#[derive(Debug, Clone, Copy)]
struct Stand {
    dimension: Dimension,
    /// Its first capacity.
    first: u32,
    capacities: u32,
}

/// A need whose pairs are sought.
struct Priced<'s, 'f, 'v> {
    sought: &'s Sought<'f, 'v>,
    need: u32,
    delivery: u32,
}

impl Pricing for Live<'_, '_> {
    fn search(&self, need: u32, search: &mut Search<'_>) {
        let draft = self.draft;
        let side = draft.snapshot.needs[need as usize];
        let slot = draft.demands[side.demand as usize];
        let record = draft.reader.state.demands.get(slot);
        let Some(sought) = record.and_then(|record| draft.reader.sought(record)) else { return };
        let priced = Priced { sought: &sought, need, delivery: side.delivery };
        let floor = search.floor();
        draft.reader.each_above(&sought, floor, |offer| self.see(&priced, offer, search));
    }

    fn first(&self) -> Vec<Eligible> {
        let draft = self.draft;
        let by_place = draft.offers.iter().map(|((slot, _), (offer, _))| (*offer, *slot));
        let slots: BTreeMap<u32, Slot> = by_place.collect();
        draft.candidates.first(&draft.snapshot, |pair| {
            let side = draft.snapshot.needs[pair.need as usize];
            let record = draft.reader.state.demands.get(draft.demands[side.demand as usize])?;
            let offer = draft.snapshot.capacities[pair.capacity as usize].offer;
            draft.score(&draft.reader.sought(record)?, *slots.get(&offer)?)
        })
    }
}

impl<'d, 'v> Live<'d, 'v> {
    fn new(draft: &'d Draft<'v>) -> Self {
        let mut stands = Vec::new();
        for ((slot, dimension), (_, first)) in &draft.offers {
            let Some(record) = draft.reader.state.offers.get(*slot) else { continue };
            let capacities = record.capacity.len() as u32;
            stands.resize(stands.len().max(*slot as usize + 1), None);
            stands[*slot as usize] =
                Some(Stand { dimension: *dimension, first: *first, capacities });
        }
        Self { draft, stands }
    }

    /// Shows the pairs of an offer, if one with a score of `at_most` might improve the plan.
    fn see(
        &self,
        priced: &Priced<'_, '_, '_>,
        (offer, at_most): (Slot, u16),
        search: &mut Search<'_>,
    ) {
        let (draft, sought) = (self.draft, priced.sought);
        let stand = self.stands.get(offer as usize).copied().flatten();
        let Some(Stand { dimension, first, capacities }) = stand else { return };
        let is_open = |capacity: u32| search.is_open(capacity, at_most);
        if dimension != sought.facts.content().dimension
            || !(first..first + capacities).any(is_open)
        {
            return;
        }
        let judged = draft.judged(sought, offer, false).filter(Judged::is_plain);
        let Some(judged) = judged else { return };
        let mut met: Vec<u32> = judged.meetings(priced.delivery).map(|it| first + it).collect();
        met.retain(|&capacity| {
            search.is_open(capacity, judged.0.score) && draft.snapshot.admits(capacity, priced.need)
        });
        if !met.is_empty() {
            let score = draft.score(sought, offer).unwrap_or(0);
            met.into_iter().for_each(|capacity| search.see(capacity, score));
        }
    }
}
