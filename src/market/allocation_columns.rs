//! Prices the eligible pairs of one version of the market for an allocation that cannot hold them
//! all: a bound decides which are judged, the judgement of matches decides the rest. Must not know
//! how a market is planned.

use matching::allocation::columns::{Control, Pricing, Search};
use matching::allocation::instance::Pair as Eligible;
use matching::allocation::plan::Objective;
use matching::planning::reduction::reduce;

use super::allocation::{Draft, Undrafted, is_plain, meetings};
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
        let pricing = Live(self);
        let reduced = reduce((&self.snapshot, &self.candidates), objective, &pricing, control);
        let (pairs, reduction) = reduced.map_err(|_| Undrafted::TooLarge)?;
        (self.snapshot.pairs, self.snapshot.reduction) = (pairs, Some(reduction));
        Ok(())
    }
}

/// The version of the market that a draft is made of.
struct Live<'d, 'v>(&'d Draft<'v>);

/// A need whose pairs are sought.
struct Priced<'s, 'f, 'v> {
    sought: &'s Sought<'f, 'v>,
    need: u32,
    delivery: u32,
}

impl Pricing for Live<'_, '_> {
    fn search(&self, need: u32, search: &mut Search<'_>) {
        let Self(draft) = self;
        let side = draft.snapshot.needs[need as usize];
        let slot = draft.demands[side.demand as usize];
        let record = draft.reader.state.demands.get(slot);
        let Some(sought) = record.and_then(|record| draft.reader.sought(record)) else { return };
        let priced = Priced { sought: &sought, need, delivery: side.delivery };
        let floor = search.floor();
        draft.reader.each_above(&sought, floor, |offer| self.see(&priced, offer, search));
    }

    fn first(&self) -> Vec<Eligible> {
        self.0.candidates.first(&self.0.snapshot)
    }
}

impl Live<'_, '_> {
    /// Shows the pairs of an offer, if one with a score of `at_most` might improve the plan.
    fn see(
        &self,
        priced: &Priced<'_, '_, '_>,
        (offer, at_most): (Slot, u16),
        search: &mut Search<'_>,
    ) {
        let (Self(draft), sought) = (self, priced.sought);
        let place = draft.offers.get(&(offer, sought.facts.content.dimension));
        let (Some(&(_, first)), Some(record)) = (place, draft.reader.state.offers.get(offer))
        else {
            return;
        };
        let mut own = first..first + record.facts.capacity.len() as u32;
        if !own.any(|capacity| search.is_open(capacity, at_most)) {
            return;
        }
        let Some((pair, judgement)) = draft.judged(sought, offer) else { return };
        if !is_plain(&judgement) {
            return;
        }
        for place in meetings(&pair, &judgement, priced.delivery) {
            if draft.snapshot.admits(first + place, priced.need) {
                search.see(first + place, judgement.score);
            }
        }
    }
}
