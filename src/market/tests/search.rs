//! Product search of the live market: facets against filtered lists, names without accents.

use matching::certificate::{CertificateKind, CertificateKinds};
use matching::date::Period;
use matching::id::PartyId;
use matching::place::{ProvinceCode, ProvinceSet};
use matching::product::ProductSet;
use matching::visibility::Viewer;
use proptest::prelude::*;
use uuid::Uuid;

use super::super::View;
use super::super::catalogue::{Facets, Months, ProductAsk, ProductFilter};
use super::generator::{Product, Random, World};
use super::{Plain, market, product_change};

/// A party of the world, or one that has nothing to do with it.
fn viewer(world: &World, number: usize) -> Viewer {
    let party = world.parties.get(number);
    Viewer {
        party: party.map_or(PartyId::new(Uuid::from_u128(u128::MAX)), |party| party.id),
        is_admin: false,
        is_coordinator: party.is_some_and(|party| party.roles_coordinator),
        oversees: ProvinceSet::EMPTY,
    }
}

fn list_len(view: &View, ask: &ProductAsk<'_>) -> u32 {
    let page = view.search_products(ask);
    assert_eq!(page.next, None);
    page.items.len() as u32
}

fn filter(random: &mut Random) -> ProductFilter {
    let sets = (1..=3).filter(|_| random.below(4) == 0).collect::<Vec<u8>>();
    let provinces = [1, 79, 86].into_iter().filter(|_| random.below(4) == 0).collect::<Vec<_>>();
    ProductFilter {
        producers: Vec::new(),
        min_stars: (random.below(3) == 0).then_some(4),
        product_sets: sets.into_iter().filter_map(ProductSet::new).collect(),
        provinces: provinces.into_iter().filter_map(ProvinceCode::new).collect(),
        certificates: match random.below(3) {
            0 => [CertificateKind::Haccp, CertificateKind::Fda].into_iter().collect(),
            _ => CertificateKinds::default(),
        },
        months: if random.below(3) == 0 {
            [1, 12].into_iter().collect()
        } else {
            Months::default()
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn facet_counts_are_the_sizes_of_the_filtered_lists(
        seed: u64, typed in 0_usize..4, looks in 0_usize..80,
    ) {
        let world = World::new(seed, 60);
        let market = market();
        market.apply(1, Plain::of(&world).1);
        let view = market.view();
        let text = ["", "dua sap", "mat hoa dua", "gạo"][typed];
        let filter = filter(&mut Random(seed));
        let (viewer, today) = (viewer(&world, looks), world.now.date());
        let ask = ProductAsk { text, filter: &filter, viewer, today, limit: 100, after: None };
        let with = |filter: ProductFilter| list_len(&view, &ProductAsk { filter: &filter, ..ask });
        let Facets { min_stars, product_sets, provinces, certificates, months } =
            view.product_facets(&ask);
        for (min, count) in min_stars {
            prop_assert_eq!(with(ProductFilter { min_stars: Some(min), ..filter.clone() }), count);
        }
        for (set, count) in product_sets {
            let product_sets = vec![set];
            prop_assert_eq!(with(ProductFilter { product_sets, ..filter.clone() }), count);
        }
        for (province, count) in provinces {
            let provinces = [province].into_iter().collect();
            prop_assert_eq!(with(ProductFilter { provinces, ..filter.clone() }), count);
        }
        for (kind, count) in certificates {
            let certificates = [kind].into_iter().collect();
            prop_assert_eq!(with(ProductFilter { certificates, ..filter.clone() }), count);
        }
        for (month, count) in months {
            let months = [month].into_iter().collect();
            prop_assert_eq!(with(ProductFilter { months, ..filter.clone() }), count);
        }
    }
}

#[test]
fn search_finds_products_without_accents_and_follows_their_names() {
    let world = World::new(3, 60);
    let market = market();
    market.apply(1, Plain::of(&world).1);
    let names = |text: &str| -> Vec<String> {
        let view = market.view();
        let filter = ProductFilter::default();
        let (viewer, today) = (viewer(&world, 0), world.now.date());
        let ask = ProductAsk { text, filter: &filter, viewer, today, limit: 100, after: None };
        view.search_products(&ask).items.iter().map(|hit| hit.product.name().to_string()).collect()
    };
    assert_eq!(names("dua sap cau ke").first().map(String::as_str), Some("Dừa sáp Cầu Kè"));
    assert_eq!(names("bánh tét"), Vec::<String>::new());
    let renamed = Product { name: "Bánh tét Trà Cuôn".into(), ..world.products[0].clone() };
    let owner = world.parties[renamed.party].id;
    market.apply(2, vec![product_change(&renamed, owner)]);
    assert_eq!(names("bánh tét"), ["Bánh tét Trà Cuôn"]);
    assert_eq!(names("").len(), world.products.len());
}

#[test]
fn a_period_over_new_year_has_the_months_of_both_years() {
    let day = |text: &str| text.parse().expect("a date");
    let period = Period::new(day("2026-11-30"), day("2027-02-01")).expect("in order");
    let months = Months::default().with(period);
    let found: Vec<u8> = (1..=12).filter(|month| months.contains(*month)).collect();
    assert_eq!(found, [1, 2, 11, 12]);
    let decade = Period::new(day("2026-05-01"), day("2036-01-01")).expect("in order");
    assert!((1..=12).all(|month| Months::default().with(decade).contains(month)));
}
