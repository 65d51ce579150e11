//! Planning over all pairs without holding them: the same optimum, and a bound that holds.

use crate::market::sketches;
use crate::oracle::augmenting_paths;
use matching::allocation::check::check_optimal;
use matching::allocation::columns::{Control, Solved, solve};
use matching::allocation::flow::Outcome;
use matching::allocation::instance::{Market, Pair, Pairs};
use matching::allocation::plan::{Objective, Worth};
use proptest::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering};

const OBJECTIVES: [(Objective, i64); 2] = [(Objective::Value, 0), (Objective::Coverage, 1)];

fn run(market: &Market, pairs: &Pairs, objective: Objective, workers: usize) -> Solved {
    let mut last = Worth::default();
    let mut progress = |at: matching::allocation::columns::Progress| {
        assert!(at.reached >= last && at.reached <= at.bound);
        last = at.reached;
    };
    let mut control = Control { workers, stop: &|| false, progress: &mut progress };
    solve(market, objective, pairs, &mut control).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_optimum_over_all_pairs_is_reached_and_proven(sketch in sketches(30, 50)) {
        let (market, pairs) = sketch.build();
        for (objective, counts) in OBJECTIVES {
            let solved = run(&market, &pairs, objective, 2);
            let (quantity, score) = augmenting_paths(&sketch, counts);
            let best = Worth { quantity: quantity.into(), score: score.into() };
            prop_assert_eq!(solved.outcome, Outcome::Optimal);
            prop_assert_eq!(solved.plan.worth(&pairs, objective), best);
            prop_assert_eq!(solved.progress.bound, best);
            let Solved { plan, prices, pairs: held, .. } = &solved;
            let proof = check_optimal(&market, held, objective, plan, prices);
            prop_assert_eq!(proof, Ok(()));
        }
    }

    #[test]
    fn the_number_of_workers_changes_nothing(sketch in sketches(30, 50)) {
        let (market, pairs) = sketch.build();
        let (one, three) =
            (run(&market, &pairs, Objective::Value, 1), run(&market, &pairs, Objective::Value, 3));
        prop_assert_eq!((one.plan, one.prices), (three.plan, three.prices));
    }
}

#[test]
fn a_stopped_run_answers_a_feasible_plan() {
    let market = Market::unlimited(&[5; 40], &[5; 40]).unwrap();
    let pair = |at: u32| Pair { capacity: at % 40, need: at / 40, score: (at * 31 % 997) as u16 };
    let pairs = Pairs::new(&market, (0..1_600).map(pair).collect()).unwrap();
    let asked = AtomicU32::new(0);
    let stop = || asked.fetch_add(1, Ordering::Relaxed) > 0;
    let mut control = Control { workers: 1, stop: &stop, progress: &mut |_| {} };
    let solved = solve(&market, Objective::Value, &pairs, &mut control).unwrap();
    assert_eq!(solved.outcome, Outcome::Stopped);
    let held = matching::allocation::check::check_feasible(&market, &pairs, &solved.plan);
    assert_eq!(held, Ok(()));
}
