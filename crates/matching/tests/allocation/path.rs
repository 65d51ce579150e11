//! A market that is one path through all of its nodes: nowhere do scores sum up to more, and no
//! tier above them may be touched. How much longer a path may be is asserted beside the tiers.

use matching::allocation::check::check_optimal;
use matching::allocation::fairness::Rule;
use matching::allocation::flow::{Flow, Outcome};
use matching::allocation::instance::{Market, Pair, Pairs, SCORE_MAX};
use matching::allocation::plan::Objective;

/// Capacities of the path.
const LENGTH: usize = 2_000;

/// One unit a side; a capacity fits its own need without score, and the need before it with the
/// highest.
fn path(needs: usize) -> (Market, Pairs) {
    let market = Market::unlimited(&vec![1; LENGTH], &vec![1; needs]).unwrap();
    let own = (0..needs as u32).map(|at| Pair { capacity: at, need: at, score: 0 });
    let before = (1..LENGTH as u32).map(|at| (at, at - 1));
    let before = before.map(|(capacity, need)| Pair { capacity, need, score: SCORE_MAX });
    let pairs = Pairs::new(&market, own.chain(before).collect()).unwrap();
    (market, pairs)
}

#[test]
fn one_unit_of_quantity_outweighs_the_scores_along_a_path() {
    let (market, pairs) = path(LENGTH);
    let mut flow = Flow::new(&market, Objective::Coverage);
    flow.add(pairs.all());
    assert_eq!(flow.solve(&|| false), Outcome::Optimal);
    let (plan, prices) = (flow.plan(), flow.prices());
    assert_eq!(plan.quantity(), LENGTH as u64);
    let worth = plan.worth(&pairs, Objective::Coverage);
    assert_eq!(worth.score, 0, "only the pairs without score serve all");
    assert_eq!(check_optimal(&market, &pairs, Objective::Coverage, &plan, &prices), Ok(()));
}

#[test]
fn whoever_came_first_outweighs_the_scores_along_a_path() {
    let (market, pairs) = path(LENGTH - 1);
    let times: Vec<i64> = (0..LENGTH as i64).collect();
    let rule = Rule::FirstCome(&times);
    let run = matching::allocation::run(&market, &pairs, Objective::Coverage, rule, &|| false);
    assert!(run.is_optimal);
    let last = LENGTH as u32 - 1;
    assert!(run.plan.shares().iter().all(|share| share.capacity != last));
    assert_eq!(run.cost.score, i128::from(SCORE_MAX) * i128::from(last), "at the price of it all");
}
