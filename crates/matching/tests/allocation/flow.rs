//! The exact flow: equal to the oracles, proven by its prices, and the same after a warm start.

use crate::market::{Sketch, sketches};
use crate::oracle::{augmenting_paths, brute_force};
use matching::allocation::check::{Fault, check_feasible, check_optimal};
use matching::allocation::flow::{Flow, Outcome};
use matching::allocation::instance::{Market, Pair, Pairs};
use matching::allocation::plan::{Objective, Plan, Prices, Share, Worth};
use proptest::prelude::*;

const OBJECTIVES: [(Objective, i64); 2] = [(Objective::Value, 0), (Objective::Coverage, 1)];

fn never() -> bool {
    false
}

fn worth((quantity, score): (i64, i64)) -> Worth {
    Worth { quantity: quantity.into(), score: score.into() }
}

fn solve(market: &Market, pairs: &Pairs, objective: Objective) -> (Plan, Prices) {
    let mut flow = Flow::new(market, objective);
    flow.add(pairs.all());
    assert_eq!(flow.solve(&never), Outcome::Optimal);
    (flow.plan(), flow.prices())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_tiny_market_is_planned_as_well_as_by_trying_everything(sketch in sketches(3, 3)) {
        let (market, pairs) = sketch.build();
        for (objective, counts) in OBJECTIVES {
            let (plan, _) = solve(&market, &pairs, objective);
            prop_assert_eq!(plan.worth(&pairs, objective), worth(brute_force(&sketch, counts)));
        }
    }

    #[test]
    fn a_plan_is_worth_what_augmenting_paths_reach_and_is_proven(sketch in sketches(9, 50)) {
        let (market, pairs) = sketch.build();
        for (objective, counts) in OBJECTIVES {
            let (plan, prices) = solve(&market, &pairs, objective);
            let best = worth(augmenting_paths(&sketch, counts));
            prop_assert_eq!(plan.worth(&pairs, objective), best);
            prop_assert_eq!(check_optimal(&market, &pairs, objective, &plan, &prices), Ok(()));
        }
    }

    #[test]
    fn pairs_may_come_in_parts(sketch in sketches(9, 50), parts in 2_usize..5) {
        let (market, pairs) = sketch.build();
        for (objective, _) in OBJECTIVES {
            let mut flow = Flow::new(&market, objective);
            for part in 0..parts {
                let of_part = |pair: &&Pair| pair.score as usize % parts == part;
                flow.add(&pairs.all().iter().filter(of_part).copied().collect::<Vec<_>>());
                flow.solve(&never);
            }
            let (plan, prices) = (flow.plan(), flow.prices());
            prop_assert_eq!(check_optimal(&market, &pairs, objective, &plan, &prices), Ok(()));
        }
    }

    #[test]
    fn forbidden_pairs_are_as_good_as_gone_until_admitted(
        sketch in sketches(9, 50),
        parts in 2_usize..5,
    ) {
        let (market, pairs) = sketch.build();
        let sum = |pair: &Pair| pair.score as usize + pair.need as usize;
        let is_taken = |pair: &Pair| sum(pair).is_multiple_of(parts);
        let (taken, rest): (Vec<Pair>, Vec<Pair>) = pairs.all().iter().partition(|p| is_taken(p));
        let rest = Pairs::new(&market, rest).unwrap();
        for (objective, _) in OBJECTIVES {
            let mut flow = Flow::new(&market, objective);
            flow.add(pairs.all());
            flow.solve(&never);
            for pair in &taken {
                flow.forbid(pair.capacity, pair.need);
                let held = check_feasible(&market, &pairs, &flow.plan());
                prop_assert_eq!(held, Ok(()));
            }
            flow.solve(&never);
            let proof = check_optimal(&market, &rest, objective, &flow.plan(), &flow.prices());
            prop_assert_eq!(proof, Ok(()));
            taken.iter().for_each(|pair| flow.admit(pair));
            flow.solve(&never);
            let proof = check_optimal(&market, &pairs, objective, &flow.plan(), &flow.prices());
            prop_assert_eq!(proof, Ok(()));
        }
    }

    #[test]
    fn the_order_of_the_pairs_changes_nothing(sketch in sketches(9, 50)) {
        let (market, pairs) = sketch.build();
        let reversed: Vec<_> = pairs.all().iter().rev().copied().collect();
        let again = Pairs::new(&market, reversed).unwrap();
        let (one, other) = (Objective::Coverage, Objective::Coverage);
        prop_assert_eq!(solve(&market, &pairs, one), solve(&market, &again, other));
    }

    #[test]
    fn more_supply_never_lowers_the_quantity(sketch in sketches(9, 50), more in 1_u64..50) {
        let (market, pairs) = sketch.build();
        let mut raised = Sketch { ..sketch };
        raised.supply[0] += more;
        let (raised_market, raised_pairs) = raised.build();
        let before = solve(&market, &pairs, Objective::Coverage).0.quantity();
        let after = solve(&raised_market, &raised_pairs, Objective::Coverage).0.quantity();
        prop_assert!(after >= before);
    }

    #[test]
    fn the_check_refuses_a_worse_plan_and_wrong_prices(sketch in sketches(6, 20)) {
        let (market, pairs) = sketch.build();
        let objective = Objective::Value;
        let (plan, prices) = solve(&market, &pairs, objective);
        prop_assume!(plan.worth(&pairs, objective) > Worth::default());
        let check = |plan: &Plan, prices: &Prices| {
            check_optimal(&market, &pairs, objective, plan, prices)
        };
        prop_assert!(check(&Plan::default(), &prices).is_err());
        let mut higher = prices.clone();
        higher.needs[plan.shares()[0].need as usize].score += 1;
        prop_assert!(check(&plan, &higher).is_err());
        let mut shares = plan.shares().to_vec();
        shares[0].quantity += 1;
        let more = check(&Plan::new(shares), &prices);
        let is_refused = matches!(more, Err(Fault::Capacity(_) | Fault::Need(_)))
            || matches!(more, Err(Fault::IdleCapacity(_) | Fault::Gap { .. }));
        prop_assert!(is_refused);
    }
}

#[test]
fn quantity_comes_before_any_score() {
    let market = Market::unlimited(&[1, 1], &[1, 1]).unwrap();
    let pair = |capacity, need, score| Pair { capacity, need, score };
    let pairs = vec![pair(0, 0, 10_000), pair(0, 1, 0), pair(1, 0, 0)];
    let pairs = Pairs::new(&market, pairs).unwrap();
    let share = |capacity, need| Share { capacity, need, quantity: 1 };
    let (covered, _) = solve(&market, &pairs, Objective::Coverage);
    assert_eq!(covered.shares(), [share(1, 0), share(0, 1)]);
    let (valued, _) = solve(&market, &pairs, Objective::Value);
    assert_eq!(valued.shares(), [share(0, 0)]);
}
