//! Tries relaxations: the changed demand's part is really planned again, so that what is told to
//! be gained is gained. It must not know how relaxations are found.

use std::cell::Cell;

use crate::allocation::plan::Plan;

use super::Wish;
use super::part::{Part, Terms, parts};
use super::snapshot::{Change, Relaxation, Snapshot};
use super::solve::{Outcome, Share, plan_part};

/// How often one trial may ask whether to stop: a search for whole numbers that takes longer is
/// given up, and nothing is told of it.
const TRIAL_QUESTIONS: u32 = 20_000;

/// What a relaxation would gain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gain {
    /// Place of the demand in the snapshot.
    pub demand: u32,
    /// What is changed.
    pub change: Change,
    /// More base units for its demand.
    pub own: u64,
    /// More base units for all demands together.
    pub all: u64,
    /// Whether nothing of its demand is short any more.
    pub closes: bool,
}

/// What each relaxation gains, those that gain nothing, that let in more than an instance may hold,
/// or that are not planned to the end in [`TRIAL_QUESTIONS`] left out. Once the run is stopped, the
/// rest is not tried.
#[must_use]
pub fn gains(
    snapshot: &Snapshot,
    wish: Wish,
    outcome: &Outcome,
    stop: &dyn Fn() -> bool,
) -> Vec<Gain> {
    let mut gains = Vec::new();
    for relaxation in snapshot.relaxations.iter().take_while(|_| !stop()) {
        let Ok(parts) = parts(Terms { snapshot, changed: Some(relaxation) }) else { continue };
        let own = |part: &&Part| part.needs.iter().any(|&need| is_of(snapshot, relaxation, need));
        let Some(part) = parts.iter().find(own) else { continue };
        let asked = Cell::new(0);
        let planned = plan_part(part, wish, &|| {
            asked.set(asked.get() + 1);
            asked.get() > TRIAL_QUESTIONS || stop()
        });
        if stop() {
            break;
        }
        if asked.get() > TRIAL_QUESTIONS {
            continue;
        }
        let trial = Trial { snapshot, relaxation, part };
        gains.extend(trial.gain(&outcome.shares, &planned.plan));
    }
    gains
}

fn is_of(snapshot: &Snapshot, relaxation: &Relaxation, need: u32) -> bool {
    snapshot.needs[need as usize].demand == relaxation.demand
}

/// As far as 63 bits go.
fn sum(bases: impl Iterator<Item = u64>) -> u64 {
    bases.fold(0, u64::saturating_add).min(i64::MAX.unsigned_abs())
}

struct Trial<'a> {
    snapshot: &'a Snapshot,
    relaxation: &'a Relaxation,
    part: &'a Part,
}

impl Trial<'_> {
    fn gain(&self, before: &[Share], after: &Plan) -> Option<Gain> {
        let needs = &self.part.needs;
        let mut was = vec![0_u64; self.snapshot.needs.len()];
        before.iter().for_each(|share| was[share.need as usize] += share.base);
        let mut will = vec![0_u64; needs.len()];
        for share in after.shares() {
            will[share.need as usize] += share.quantity * self.part.grain;
        }
        let is_own = |need: u32| is_of(self.snapshot, self.relaxation, need);
        let own_was = (0..).zip(&was).filter(|(need, _)| is_own(*need)).map(|(_, base)| *base);
        let own = needs.iter().zip(&will).filter(|(need, _)| is_own(**need));
        let own_will = own.map(|(_, base)| *base);
        let all_was = needs.iter().map(|&need| was[need as usize]);
        let all = sum(will.iter().copied()).saturating_sub(sum(all_was));
        let own = sum(own_will).saturating_sub(sum(own_was));
        let Relaxation { demand, change, .. } = *self.relaxation;
        let gain = Gain { demand, change, own, all, closes: self.closes(&will) };
        (own > 0 && all > 0).then_some(gain)
    }

    /// Whether every need of the demand gets what it wants.
    fn closes(&self, will: &[u64]) -> bool {
        let needs = (0..self.snapshot.needs.len() as u32)
            .filter(|&need| is_of(self.snapshot, self.relaxation, need));
        needs.into_iter().all(|need| {
            let wanted = self.snapshot.needs[need as usize].wanted;
            let place = self.part.needs.iter().position(|&own| own == need);
            place.map_or(0, |at| will[at]) >= self.snapshot.need_base(need, wanted)
        })
    }
}
