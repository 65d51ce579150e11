//! The indexes give exactly what the plain loop over all pairs gives.

mod text_data;

use matching::text::index::{NameIndex, QueryIndex};
use matching::text::relevance::{ELIGIBLE, Name, Query, relevance};
use proptest::prelude::*;
use text_data::{product_names, synonyms};

/// A query made of a real name: some of its words, one of them perhaps with a slip.
fn slipped_query() -> impl Strategy<Value = String> {
    let names = product_names();
    (0..names.len(), 0_usize..4, 1_usize..5, 0_usize..8, 0_usize..6).prop_map(
        move |(name, skip, take, slip, at)| {
            let words: Vec<&str> = names[name].split_whitespace().collect();
            let from = skip.min(words.len() - 1);
            let kept = words[from..words.len().min(from + take)].join(" ");
            let mut letters: Vec<char> = kept.chars().collect();
            let at = at.min(letters.len() - 1);
            match slip {
                0 => drop(letters.remove(at)),
                1 => letters.insert(at, 'h'),
                2 if at > 0 => letters.swap(at - 1, at),
                3 => letters.retain(|letter| *letter != ' '),
                4 => return matching::text::fold::fold(&kept),
                _ => {}
            }
            letters.into_iter().collect()
        },
    )
}

fn min_relevance() -> impl Strategy<Value = u16> {
    prop_oneof![Just(ELIGIBLE), Just(0), Just(1), 1_u16..=10_000]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn name_index_equals_the_plain_loop(
        query in slipped_query(), min in min_relevance(), removed in 0_usize..3
    ) {
        let synonyms = synonyms();
        let query = Query::new(&query, &synonyms);
        let mut index = NameIndex::default();
        let names: Vec<Name> =
            product_names().iter().map(|name| Name::new(name, &synonyms)).collect();
        let ids: Vec<u32> = names.iter().map(|name| index.insert(name.clone())).collect();
        let gone = |at: &usize| removed > 0 && at.is_multiple_of(removed + 1);
        for at in (0..names.len()).filter(gone) {
            prop_assert!(index.remove(ids[at]).is_some_and(|it| *it == names[at]));
        }
        let kept = (0..names.len()).filter(|at| !gone(at));
        let plain: Vec<(u32, u16)> = kept
            .map(|at| (ids[at], relevance(&query, &names[at])))
            .filter(|pair| pair.1 >= min)
            .collect();
        prop_assert_eq!(index.matches(&query, min), plain);
    }

    #[test]
    fn query_index_equals_the_plain_loop(
        texts in prop::collection::vec(slipped_query(), 60),
        at in 0_usize..product_names().len(),
        min in min_relevance(),
        removed in 0_usize..3,
    ) {
        let synonyms = synonyms();
        let name = Name::new(&product_names()[at], &synonyms);
        let queries: Vec<Query> = texts.iter().map(|text| Query::new(text, &synonyms)).collect();
        let mut index = QueryIndex::default();
        let ids: Vec<u32> = queries.iter().map(|query| index.insert(query.clone())).collect();
        let gone = |at: &usize| removed > 0 && at.is_multiple_of(removed + 1);
        for at in (0..queries.len()).filter(gone) {
            prop_assert!(index.remove(ids[at]).is_some_and(|it| *it == queries[at]));
        }
        let kept = (0..queries.len()).filter(|at| !gone(at));
        let plain: Vec<(u32, u16)> = kept
            .map(|at| (ids[at], relevance(&queries[at], &name)))
            .filter(|pair| pair.1 >= min)
            .collect();
        prop_assert_eq!(index.matches(&name, min), plain);
    }
}

#[test]
fn a_removed_number_is_given_again_and_matches_its_new_text() {
    let synonyms = synonyms();
    let mut index = NameIndex::default();
    let first = index.insert(Name::new("Kẹo dừa", &synonyms));
    index.remove(first);
    assert_eq!(index.remove(first), None);
    let again = index.insert(Name::new("Mật ong", &synonyms));
    assert_eq!(again, first);
    assert_eq!(index.matches(&Query::new("kẹo dừa", &synonyms), 1), vec![]);
    assert_eq!(index.matches(&Query::new("mật ong", &synonyms), 1), vec![(again, 10_000)]);
}
