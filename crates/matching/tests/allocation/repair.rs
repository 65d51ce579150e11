//! After a producer declines: accepted shares stay, limits hold, the warm optimum is the cold one.

use crate::integer::{build, limits};
use crate::market::sketches;
use matching::allocation::check::{check_feasible, check_limits};
use matching::allocation::flow::Flow;
use matching::allocation::instance::{Capacity, Market, Need, Pair, Pairs};
use matching::allocation::integer::plan;
use matching::allocation::plan::{Objective, Plan};
use matching::allocation::repair::{decline, repair};
use proptest::prelude::*;

fn producer(market: &Market, capacity: u32) -> u32 {
    market.capacities()[capacity as usize].producer
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_repair_keeps_every_accepted_share(sketch in sketches(9, 30), limits in limits(6)) {
        let (market, pairs) = build(&sketch, &limits);
        let asked = std::cell::Cell::new(0);
        let stop = || asked.replace(asked.get() + 1) > 200;
        let before = plan(&market, &pairs, Objective::Coverage, &stop).plan;
        asked.set(0);
        let after = repair(&market, &pairs, Objective::Coverage, (&before, &[0]), &stop);
        prop_assert_eq!(check_feasible(&market, &pairs, &after), Ok(()));
        for share in before.shares().iter().filter(|share| producer(&market, share.capacity) != 0) {
            let is_kept = |other: &&matching::allocation::plan::Share| {
                (other.capacity, other.need) == (share.capacity, share.need)
                    && other.quantity >= share.quantity
            };
            prop_assert!(after.shares().iter().find(is_kept).is_some());
        }
        prop_assert!(after.shares().iter().all(|share| producer(&market, share.capacity) != 0));
        let needs_min = market.needs().iter().any(|need| need.min > 0);
        prop_assert!(needs_min || check_limits(&market, &pairs, &after) == Ok(()));
    }

    #[test]
    fn a_warm_decline_is_as_good_as_planning_from_nothing(sketch in sketches(9, 30)) {
        let (market, pairs) = sketch.build();
        let others = pairs.all().iter().filter(|pair| pair.capacity != 0);
        let rest: Vec<Pair> = others.copied().collect();
        let rest = Pairs::new(&market, rest).unwrap();
        for objective in [Objective::Value, Objective::Coverage] {
            let solve = |pairs: &Pairs| {
                let mut flow = Flow::new(&market, objective);
                flow.add(pairs.all());
                flow.solve(&|| false);
                flow
            };
            let mut warm = solve(&pairs);
            decline(&mut warm, &market, &pairs, &[0], &|| false);
            let worth = |plan: Plan| plan.worth(&pairs, objective);
            prop_assert!(warm.plan().shares().iter().all(|share| share.capacity != 0));
            prop_assert_eq!(worth(warm.plan()), worth(solve(&rest).plan()));
        }
    }
}

#[test]
fn a_full_demand_is_refilled_by_the_suppliers_it_has() {
    let capacity = |producer| Capacity { quantity: 10, offer: 0, producer };
    let market = Market::new(
        vec![capacity(0), capacity(1), capacity(2)],
        vec![Need { max: 12, min: 0, demand: 0 }],
        vec![matching::allocation::instance::OfferLimits::default()],
        vec![matching::allocation::instance::DemandLimits { min_share: 2, max_suppliers: Some(2) }],
    )
    .unwrap();
    let pair = |capacity| Pair { capacity, need: 0, score: 30 - 10 * capacity as u16 };
    let pairs = Pairs::new(&market, vec![pair(0), pair(1), pair(2)]).unwrap();
    let before = plan(&market, &pairs, Objective::Coverage, &|| false).plan;
    assert_eq!(before.shares().len(), 2);
    let after = repair(&market, &pairs, Objective::Coverage, (&before, &[0]), &|| false);
    assert_eq!(after.quantity(), 12);
    assert_eq!(check_limits(&market, &pairs, &after), Ok(()));
}
