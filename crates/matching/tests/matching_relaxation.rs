//! Relaxing a requirement never shortens the candidate list of a demand.

mod generator;

use generator::World;
use matching::certificate::CertificateKinds;
use matching::demand::{Demand, DemandDraft, DemandTerms, Requirements, SubstituteProduct};
use matching::evaluation::evaluate;
use matching::id::OfferId;
use matching::offer::Offer;
use matching::pair::Likeness;
use matching::place::ProvinceSet;
use matching::text::relevance::{Name, Query, relevance};
use matching::text::synonyms::Synonyms;
use proptest::prelude::*;

/// A requirement and how it is given up.
type Relaxation = (&'static str, fn(&mut DemandDraft));

const RELAXATIONS: [Relaxation; 7] = [
    ("stars", |draft| draft.requirements.min_stars = None),
    ("certificates", |draft| draft.requirements.certificates = CertificateKinds::default()),
    ("provinces", |draft| draft.requirements.provinces = ProvinceSet::default()),
    ("distance", |draft| draft.requirements.max_distance_km = None),
    ("market", |draft| {
        let kept = std::mem::take(&mut draft.requirements);
        draft.requirements = Requirements { market: None, market_papers: Vec::new(), ..kept };
    }),
    ("ceiling", |draft| draft.max_unit_price = None),
    ("share", |draft| draft.min_share = None),
];

/// By offer: how like its product is to what a demand names. No relaxation changes it.
fn likenesses(world: &World, demand: &Demand) -> Vec<Likeness> {
    let synonyms = Synonyms::default();
    let of_offer = |offer| {
        let name = Name::new(&world.product(offer).name, &synonyms);
        let likeness = |text: &str| relevance(&Query::new(text, &synonyms), &name);
        let substitutes = demand.terms.substitutes.iter().map(|other| match &other.product {
            SubstituteProduct::Text(text) => likeness(text),
            SubstituteProduct::ProductSet(_) => 0,
        });
        let text = demand.terms.text.as_deref().map_or(0, likeness);
        Likeness { text, substitutes: substitutes.collect() }
    };
    world.offers.iter().map(of_offer).collect()
}

fn candidates(world: &World, demand: &Demand, likenesses: &[Likeness]) -> Vec<OfferId> {
    let offers = world.offers.iter().zip(likenesses);
    let is_eligible = |(offer, likeness): &(&Offer, &Likeness)| {
        world.with_pair((offer, demand), Likeness::clone(likeness), |pair| evaluate(pair).eligible)
    };
    offers.filter(is_eligible).map(|(offer, _)| offer.id).collect()
}

/// The candidates of a demand, and those after each relaxation.
fn relaxed(world: &World, demand: &Demand) -> (Vec<OfferId>, Vec<Vec<OfferId>>) {
    let likenesses = likenesses(world, demand);
    let after = RELAXATIONS.iter().map(|(_, relax)| {
        let mut draft = DemandDraft::clone(&demand.terms);
        relax(&mut draft);
        let terms = DemandTerms::new(draft).expect("a legal demand");
        candidates(world, &Demand { terms, ..demand.clone() }, &likenesses)
    });
    (candidates(world, demand, &likenesses), after.collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn relaxing_a_requirement_never_shortens_the_candidate_list(seed: u64) {
        let world = World::new(seed, 10);
        for demand in &world.demands {
            let (before, relaxed) = relaxed(&world, demand);
            for ((name, _), after) in RELAXATIONS.iter().zip(relaxed) {
                let is_kept = before.iter().all(|offer| after.contains(offer));
                prop_assert!(is_kept, "without {name}: {before:?}, {after:?}");
            }
        }
    }
}

#[test]
fn every_relaxation_lets_somebody_in() {
    let mut longer = [0; RELAXATIONS.len()];
    for seed in 0..40 {
        let world = World::new(seed, 12);
        for demand in &world.demands {
            let (before, relaxed) = relaxed(&world, demand);
            for (longer, after) in longer.iter_mut().zip(relaxed) {
                *longer += usize::from(after.len() > before.len());
            }
        }
    }
    assert!(longer.iter().all(|&longer| longer > 0), "{longer:?}");
}
