//! Shadow prices as intervals, and warm re-solves, against solving the changed market afresh.

use crate::market::{Sketch, sketches};
use crate::oracle::augmenting_paths;
use matching::allocation::check::check_optimal;
use matching::allocation::flow::{Flow, Outcome};
use matching::allocation::instance::Pair;
use matching::allocation::margin::Margins;
use matching::allocation::plan::{Objective, Worth};
use proptest::prelude::*;

const OBJECTIVES: [(Objective, i64); 2] = [(Objective::Value, 0), (Objective::Coverage, 1)];

/// The optimum of a sketch after a change.
fn worth_after(sketch: &Sketch, counts: i64, change: impl Fn(&mut Sketch)) -> Worth {
    let mut changed = sketch.clone();
    change(&mut changed);
    let (quantity, score) = augmenting_paths(&changed, counts);
    Worth { quantity: quantity.into(), score: score.into() }
}

fn solved(sketch: &Sketch, objective: Objective) -> Flow {
    let (market, pairs) = sketch.build();
    let mut flow = Flow::new(&market, objective);
    flow.add(pairs.all());
    assert_eq!(flow.solve(&|| false), Outcome::Optimal);
    flow
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn margins_are_what_one_unit_more_or_less_changes(sketch in sketches(6, 6)) {
        let (market, pairs) = sketch.build();
        for (objective, counts) in OBJECTIVES {
            let flow = solved(&sketch, objective);
            let (plan, prices) = (flow.plan(), flow.prices());
            let mut margins = Margins::new(&market, &pairs, objective, &plan, &prices);
            let now = plan.worth(&pairs, objective);
            for at in 0..sketch.supply.len() {
                let margin = margins.of_capacity(at as u32);
                let more = worth_after(&sketch, counts, |s| s.supply[at] += 1);
                prop_assert_eq!(margin.more, more - now);
                let less = (sketch.supply[at] > 0)
                    .then(|| now - worth_after(&sketch, counts, |s| s.supply[at] -= 1));
                prop_assert_eq!(margin.less, less);
            }
            for at in 0..sketch.wanted.len() {
                let margin = margins.of_need(at as u32);
                let more = worth_after(&sketch, counts, |s| s.wanted[at] += 1);
                prop_assert_eq!(margin.more, more - now);
                let less = (sketch.wanted[at] > 0)
                    .then(|| now - worth_after(&sketch, counts, |s| s.wanted[at] -= 1));
                prop_assert_eq!(margin.less, less);
            }
        }
    }

    #[test]
    fn a_raised_market_is_solved_warm_as_well_as_afresh(
        sketch in sketches(9, 30),
        (more, capacity, need) in (0_u64..40, 0_usize..9, 0_usize..9),
    ) {
        for (objective, counts) in OBJECTIVES {
            let mut flow = solved(&sketch, objective);
            let mut raised = sketch.clone();
            let capacity = capacity % raised.supply.len();
            let is_wanting = |&need: &usize| raised.wanted[need] > 0;
            let wanting: Vec<_> = (0..raised.wanted.len()).filter(is_wanting).collect();
            raised.supply[capacity] += more;
            flow.raise_capacity(capacity as u32, more);
            if let Some(&need) = wanting.get(need % wanting.len().max(1)) {
                raised.wanted[need] += more;
                flow.raise_need(need as u32, more);
            }
            prop_assert_eq!(flow.solve(&|| false), Outcome::Optimal);
            let (market, pairs) = raised.build();
            let (plan, prices) = (flow.plan(), flow.prices());
            prop_assert_eq!(check_optimal(&market, &pairs, objective, &plan, &prices), Ok(()));
            let afresh = worth_after(&raised, counts, |_| ());
            prop_assert_eq!(plan.worth(&pairs, objective), afresh);
        }
    }

    #[test]
    fn what_a_further_pair_gains_is_what_it_was_told_to(sketch in sketches(9, 30)) {
        let (market, pairs) = sketch.build();
        let all: Vec<Pair> = pairs.all().to_vec();
        let Some((last, others)) = all.split_last() else { return Ok(()) };
        for (objective, counts) in OBJECTIVES {
            let mut flow = Flow::new(&market, objective);
            flow.add(others);
            flow.solve(&|| false);
            let before = flow.plan().worth(&pairs, objective);
            flow.add(&[*last]);
            flow.solve(&|| false);
            let gain = flow.plan().worth(&pairs, objective) - before;
            prop_assert_eq!(gain, worth_after(&sketch, counts, |_| ()) - before);
        }
    }
}
