//! Drafts that hold some of the eligible pairs against drafts that hold all: what is found by
//! pricing the live market is the optimum over every pair.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use matching::allocation::columns::{Control, Pricing, Search};
use matching::allocation::instance::Pair;
use matching::allocation::plan::Objective;
use matching::id::PartyId;
use matching::place::ProvinceSet;
use matching::planning::reduction::reduce;
use matching::planning::snapshot::{Reduction, Snapshot};
use matching::planning::verify::confirm;
use matching::planning::{Outcome, Rule, Wish, plan};
use proptest::prelude::*;
use uuid::Uuid;

use super::super::View;
use super::super::allocation::{Draft, DraftAsk};
use super::generator::World;
use super::{Plain, market};
use crate::store::visibility::Viewer;

/// Records of a world in which some needs have several times the pairs that a round adds.
const SIZE: usize = 300;

/// How often a plan may ask whether to stop: whole numbers are sought for this long only.
const QUESTIONS: u32 = 60;

const OBJECTIVES: [Objective; 2] = [Objective::Value, Objective::Coverage];

fn ask(world: &World) -> DraftAsk {
    let viewer = Viewer {
        party: PartyId::new(Uuid::from_u128(u128::MAX)),
        is_admin: true,
        is_coordinator: false,
        oversees: ProvinceSet::EMPTY,
    };
    DraftAsk { now: world.now, viewer, demands: None, producers: BTreeSet::new() }
}

fn view(world: &World) -> View {
    let market = market();
    market.apply(1, Plain::of(world).1);
    market.view()
}

fn draft<'v>(view: &'v View, ask: &'v DraftAsk, max_pairs: usize) -> Draft<'v> {
    let mut last = (0, 0);
    let mut tell = |judged, demands| {
        assert!(judged >= last.0 && judged < demands, "{judged} of {demands}");
        last = (judged, demands);
    };
    view.draft(ask, max_pairs, 2, &|| false, &mut tell).expect("a draft")
}

fn reduced(mut draft: Draft<'_>, objective: Objective, stop: &dyn Fn() -> bool) -> Snapshot {
    assert!(draft.is_reduced());
    let mut control = Control { workers: 1, stop, progress: &mut |_| {} };
    draft.reduce(objective, &mut control).expect("an instance");
    draft.finish()
}

/// Every pair of a whole snapshot, one after the other.
struct All<'a>(&'a Snapshot);

impl Pricing for All<'_> {
    fn search(&self, need: u32, search: &mut Search<'_>) {
        let own = self.0.pairs.iter().filter(|pair| pair.need == need);
        own.filter(|pair| self.0.admits(pair.capacity, need))
            .for_each(|pair| search.see(pair.capacity, pair.score));
    }
}

fn planned(snapshot: &Snapshot, objective: Objective) -> Outcome {
    let wish = Wish { objective, rule: Rule::None };
    let asked = Cell::new(0);
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() > QUESTIONS
    };
    plan(snapshot, wish, &stop, &mut |_| {}).expect("an instance")
}

fn reduction(snapshot: &Snapshot) -> Reduction {
    snapshot.reduction.expect("not all pairs are held")
}

fn scores(snapshot: &Snapshot) -> BTreeMap<(u32, u32), u16> {
    let score = |pair: &Pair| ((pair.need, pair.capacity), pair.score);
    snapshot.pairs.iter().map(score).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2))]

    #[test]
    fn pricing_the_live_market_finds_the_optimum_over_every_pair(seed: u64) {
        let world = World::new(seed, SIZE);
        let (view, ask) = (view(&world), ask(&world));
        let whole = draft(&view, &ask, usize::MAX).finish();
        let scores = scores(&whole);
        for objective in OBJECTIVES {
            let few = draft(&view, &ask, 1);
            let mut control = Control { workers: 1, stop: &|| false, progress: &mut |_| {} };
            let sought = reduce((&whole, &few.candidates), objective, &All(&whole), &mut control);
            let found = reduced(few, objective, &|| false);
            prop_assert_eq!((&found.offers, &found.capacities), (&whole.offers, &whole.capacities));
            prop_assert_eq!(found.left_out, whole.left_out);
            let known = |pair: &Pair| scores.get(&(pair.need, pair.capacity)) == Some(&pair.score);
            prop_assert!(found.pairs.iter().all(known));
            prop_assert!(found.pairs.len() < whole.pairs.len());
            let told = reduction(&found);
            prop_assert!(told.is_complete);
            prop_assert_eq!(told.eligible, whole.pairs.len() as u64);
            prop_assert_eq!(told.held, found.pairs.len() as u64);
            prop_assert_eq!(told.bound, sought.expect("an instance").1.bound);
            let (best, other) = (planned(&whole, objective), planned(&found, objective));
            prop_assert!(best.reached <= told.bound, "the bound holds for every plan");
            prop_assert_eq!(other.bound, told.bound);
            prop_assert_eq!(confirm(&found, objective, &other).map(|it| it.told), Ok(Some(told)));
        }
    }

    #[test]
    fn a_search_that_is_cut_leaves_a_market_that_can_be_planned(seed: u64, questions in 1_u32..6) {
        let world = World::new(seed, SIZE);
        let (view, ask) = (view(&world), ask(&world));
        let whole = draft(&view, &ask, usize::MAX).finish();
        for objective in OBJECTIVES {
            let asked = Cell::new(0);
            let stop = || {
                asked.set(asked.get() + 1);
                asked.get() > questions
            };
            let found = reduced(draft(&view, &ask, 500), objective, &stop);
            let outcome = planned(&found, objective);
            let confirmed = confirm(&found, objective, &outcome).map(|it| it.told);
            prop_assert_eq!(confirmed, Ok(found.reduction));
            prop_assert!(planned(&whole, objective).reached <= outcome.bound);
            prop_assert!(!outcome.is_optimal || outcome.reached == outcome.bound);
        }
    }
}
