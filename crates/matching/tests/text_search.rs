//! Product search on the real names: dialects of typing, filters and ties.

mod text_data;

use std::collections::BTreeMap;
use std::sync::Arc;

use matching::text::relevance::Name;
use matching::text::search::{DocumentText, SearchIndex};
use matching::text::synonyms::Synonyms;
use proptest::prelude::*;
use proptest::sample::select;
use text_data::{document, index, insert, names, products, synonyms};

const TOP: usize = 10;

#[test]
fn a_phone_finds_the_waxy_coconut_of_cau_ke_first() {
    let products = products();
    let top = index(&products).search("dua sap cau ke", TOP);
    let is_right = |name: &&str| name.to_lowercase().contains("dừa sáp");
    assert!(names(&products, &top).iter().all(is_right), "{:?}", names(&products, &top));
    let place = |id: u32| {
        let product = &products[id as usize];
        format!("{} {}", product.producer, product.place)
    };
    assert!(top.iter().all(|(id, _)| place(*id).contains("Cầu Kè")));
}

#[test]
fn accents_rank_exact_first_and_none_finds_both() {
    let products = products();
    let index = index(&products);
    let found = |query: &str| names(&products, &index.hits(query, 1, |_| true));
    let all = found("dua");
    assert!(all.contains(&"Dứa đóng hộp") && all.contains(&"Dừa sáp sợi"), "{all:?}");
    let place = |query: &str, name: &str| found(query).iter().position(|each| *each == name);
    assert!(place("dừa", "Dừa sáp sợi") < place("dừa", "Dứa đóng hộp"));
    assert!(place("dứa", "Dứa đóng hộp") < place("dứa", "Dừa sáp sợi"));
}

#[test]
fn a_filter_and_a_floor_cut_the_hits_and_nothing_else() {
    let products = products();
    let index = index(&products);
    let all = index.hits("kẹo dừa", 2_000, |_| true);
    let even = index.hits("kẹo dừa", 2_000, |id| id % 2 == 0);
    let high = index.hits("kẹo dừa", 6_000, |_| true);
    let of_all = |keep: &dyn Fn(&(u32, u16)) -> bool| {
        all.iter().filter(|hit| keep(hit)).copied().collect::<Vec<_>>()
    };
    assert_eq!(even, of_all(&|hit| hit.0 % 2 == 0));
    assert_eq!(high, of_all(&|hit| hit.1 >= 6_000));
    assert!(!high.is_empty() && high.len() < all.len());
}

#[test]
fn equal_scores_are_in_the_order_of_their_numbers_and_history_does_not_matter() {
    let products = products();
    let whole = index(&products);
    let mut changed = index(&products);
    for (id, product) in (0..60).zip(products.iter().rev()) {
        let name = product.name.as_str().into();
        changed.insert(id, DocumentText { name, ..DocumentText::default() });
    }
    for (id, product) in (0..60).zip(&products) {
        assert!(changed.remove(id) && !changed.remove(id));
        insert(&mut changed, id, product);
    }
    for query in ["kẹo dừa sáp", "ca phe", "nuocmam", "gao 4 sao tra vinh", "5 sao", ""] {
        let hits = whole.hits(query, 1, |_| true);
        assert_eq!(changed.hits(query, 1, |_| true), hits, "{query}");
        let in_order = |pair: &[(u32, u16)]| {
            pair[0].1 > pair[1].1 || pair[0].1 == pair[1].1 && pair[0].0 < pair[1].0
        };
        assert!(hits.windows(2).all(in_order), "{query}");
    }
}

#[test]
fn many_at_once_are_found_as_if_they_had_come_one_by_one() {
    let products = products();
    let prepared = |id: u32| {
        let product = &products[id as usize];
        (id, Arc::new(Name::new(&product.name, &synonyms())), document(product))
    };
    let last = products.len() as u32 - 1;
    let mut at_once = SearchIndex::new(synonyms());
    at_once.insert_all((0..last / 2).map(prepared));
    // Some are there already, one comes twice, and words of those that go are no longer there.
    let again = (last / 4..=last).chain([last]);
    at_once.insert_all(again.map(prepared));
    assert!(at_once.remove(last));
    insert(&mut at_once, last, &products[last as usize]);
    let one_by_one = index(&products);
    for text in ["mật hoa dừa", "dua sap cau ke", "trà", "rượu gạo 4 sao", "ben tre"] {
        assert_eq!(at_once.search(text, 50), one_by_one.search(text, 50), "{text}");
    }
}

#[test]
fn words_that_stand_side_by_side_count_once_more() {
    let mut index = SearchIndex::new(synonyms());
    for (id, producer) in (0..).zip(["Tre Xanh Bến", "Bến Tre Xanh"]) {
        let (name, producer) = ("Trà".into(), producer.into());
        index.insert(id, DocumentText { name, producer, ..DocumentText::default() });
    }
    let hits = index.search("bến tre", TOP);
    assert!(hits[0].0 == 1 && hits[0].1 > hits[1].1, "{hits:?}");
}

/// The ids, best first, for a query to products of these names.
fn found_among(names: &[&str], query: &str) -> Vec<u32> {
    let mut index = SearchIndex::new(synonyms());
    for (id, name) in (0..).zip(names) {
        index.insert(id, DocumentText { name: (*name).into(), ..DocumentText::default() });
    }
    index.search(query, TOP).into_iter().map(|(id, _)| id).collect()
}

#[test]
fn digits_and_letters_may_be_written_together_or_apart() {
    let names = ["Nước mắm 30 độ", "Nước mắm 40 độ", "Gạo VD 20", "Gạo VD20", "Gạo R20", "Gạo R5"];
    for (query, first) in [("nuoc mam 40do", 1), ("nước mắm 40độ", 1), ("gao r 20", 4)] {
        assert_eq!(found_among(&names, query)[0], first, "{query}");
    }
    for query in ["gao vd20", "gao vd 20"] {
        assert!(found_among(&names, query)[..2].iter().all(|id| [2, 3].contains(id)), "{query}");
    }
}

#[test]
fn what_people_say_around_the_product_does_not_count() {
    let names = ["Cá tra", "Bánh hỏi", "Mắm tép Minh Giá", "Giá đỗ", "Cá cơm"];
    for query in ["cho mình hỏi cá tra bao nhiêu tiền vậy ạ", "ben em co ban ca tra khong a"]
    {
        assert_eq!(found_among(&names, query)[0], 0, "{query}");
    }
    assert_eq!(found_among(&names, "minh gia")[0], 2);
}

#[test]
fn a_filler_without_accents_may_be_a_word_of_the_name() {
    let names = ["Khoai lang sấy", "Khoai lang tím sấy", "Trà", "Trà vối"];
    for (query, first) in [("khoai lang tim say", 1), ("tim khoai lang say", 0), ("tra voi", 3)] {
        assert_eq!(found_among(&names, query)[0], first, "{query}");
    }
}

#[test]
fn a_word_that_a_synonym_took_the_place_of_is_found_too() {
    let names = ["Dưa chuột", "Lạp sườn", "Nấm mộc nhĩ"];
    for (query, first) in [("chuột", 0), ("suon", 1), ("mộc nhĩ", 2), ("nhĩ", 2), ("dưa leo", 0)]
    {
        assert_eq!(found_among(&names, query).first(), Some(&first), "{query}");
    }
}

fn starred(stars: &[Option<u8>]) -> SearchIndex {
    let mut index = SearchIndex::new(synonyms());
    for (id, stars) in (0..).zip(stars) {
        index.insert(
            id,
            DocumentText { name: "Trà sen".into(), stars: *stars, ..Default::default() },
        );
    }
    index
}

#[test]
fn stars_are_asked_for_in_many_ways_and_decide_between_equals() {
    let index = starred(&[None, Some(3), Some(4), Some(5)]);
    let full = |query: &str| -> Vec<u32> {
        let hits = index.hits(query, 9_000, |_| true);
        hits.into_iter().map(|(id, _)| id).collect()
    };
    for query in ["5 sao", "ocop 5 sao", "sản phẩm ocop 5 sao", "5sao", "5*", "cho 5 sao"] {
        assert_eq!(full(query), [3], "{query}");
    }
    assert_eq!(full("4-5 sao"), [2, 3]);
    assert_eq!(full("4 hoặc 5 sao"), [2, 3]);
    assert_eq!(full("tiềm năng 5 sao"), [2]);
    assert_eq!(full("sản phẩm ocop"), [0, 1, 2, 3], "all of them are");
    assert_eq!(full("trà sen"), [3, 2, 1, 0], "of equals, more stars first");
}

#[test]
fn a_word_with_other_accents_than_a_star_asks_for_none() {
    let mut index = starred(&[Some(3), Some(4), Some(5)]);
    for (id, stars) in (3..).zip([Some(3), Some(4), Some(5)]) {
        index.insert(id, DocumentText { name: "Yến sào".into(), stars, ..Default::default() });
    }
    let scores = |query: &str| {
        let hits = index.hits(query, 1, |id| id >= 3).into_iter();
        hits.map(|(_, score)| score).collect::<Vec<_>>()
    };
    let all_the_same = |scores: &[u16]| scores[0] - scores[2] <= 2;
    for query in ["yến sào nấm", "yến sào Nam Định", "yến sào Ba Tri", "yen sao nam dinh"]
    {
        assert!(all_the_same(&scores(query)), "{query}: {:?}", scores(query));
    }
    for query in ["yến sào 5 sao", "yen sao nam sao", "yến sào năm sao", "yến sào sao 5"]
    {
        assert_eq!(index.search(query, TOP)[0].0, 5, "{query}");
        assert!(index.search(query, TOP)[0].1 > 9_000, "{query}");
        assert!(!all_the_same(&scores(query)), "{query}: {:?}", scores(query));
    }
}

#[test]
fn a_text_without_a_letter_finds_nothing_and_an_empty_one_all() {
    let index = starred(&[None, Some(4)]);
    for query in ["%", "!!!", "*", "\\"] {
        assert_eq!(index.search(query, TOP), [], "{query}");
    }
    assert_eq!(index.search(" ", TOP).len(), 2);
}

#[test]
fn a_word_is_found_while_it_is_typed() {
    let names = ["Nước mắm", "Nước tương", "Bánh tráng", "Bánh tét", "Trà sen"];
    let cases = [("nuoc m", 0), ("nước t", 1), ("banh tra", 2), ("bánh té", 3), ("tra s", 4)];
    for (query, first) in cases {
        assert_eq!(found_among(&names, query).first(), Some(&first), "{query}");
    }
}

#[test]
fn what_nobody_sells_does_not_hide_what_somebody_does() {
    let names = ["Gạo ST25", "Sâm bố chính", "Trà sen"];
    for query in ["gạo chính hãng", "gạo siêu cấp", "gạo iphone"] {
        assert_eq!(found_among(&names, query).first(), Some(&0), "{query}");
    }
    let mut index = SearchIndex::new(synonyms());
    for (id, (name, place)) in (0..).zip([("Đèn lồng", "Đà Nẵng"), ("Muối hột", "Bạc Liêu")])
    {
        let (name, place) = (name.into(), place.into());
        index.insert(id, DocumentText { name, place, ..DocumentText::default() });
    }
    assert_eq!(index.search("muối đà nẵng", TOP)[0].0, 1, "the product before the place");
    assert_eq!(index.search("đà nẵng", TOP)[0].0, 0);
}

#[test]
fn the_very_words_come_before_others_that_mean_the_same() {
    let names = ["Lạp sườn", "Lạp xưởng", "Kẹo đậu phộng", "Kẹo lạc"];
    for (query, first) in [("lạp xưởng", 1), ("lap suon", 0), ("kẹo lạc", 3), ("peanut candy", 2)]
    {
        assert_eq!(found_among(&names, query).first(), Some(&first), "{query}");
    }
}

#[test]
fn a_product_whose_name_has_no_word_is_found_by_its_producer() {
    let mut index = SearchIndex::new(synonyms());
    let (name, producer) = ("***".into(), "Trà Vinh Xanh".into());
    index.insert(0, DocumentText { name, producer, ..DocumentText::default() });
    for query in ["vinh", "trà vinh xanh"] {
        assert_eq!(index.search(query, TOP).len(), 1, "{query}");
    }
}

/// So few texts that products often have one in common, in the same field or in another one.
const SHARED_TEXTS: [&str; 9] = [
    "",
    "***",
    "Kẹo dừa",
    "Kẹo dừa Bến Tre",
    "Bến Tre Xanh",
    "Hợp tác xã Bến Tre",
    "Tre Xanh Bến",
    "Cà phê sữa",
    "Ca phe",
];
const SHARING_IDS: u32 = 10;

fn document_of_shared_texts() -> impl Strategy<Value = DocumentText> {
    let stars = prop_oneof![Just(None), Just(Some(4))];
    (prop::array::uniform4(select(&SHARED_TEXTS)), stars).prop_map(|(texts, stars)| {
        let [name, producer, place, product_set_label] = texts.map(Arc::from);
        DocumentText { name, producer, place, product_set_label, stars }
    })
}

/// Documents that come at once, in place of those that have their numbers, or go.
type Changes = BTreeMap<u32, Option<DocumentText>>;

fn changes() -> impl Strategy<Value = Changes> {
    let change = prop_oneof![1 => Just(None), 2 => document_of_shared_texts().prop_map(Some)];
    prop::collection::btree_map(0..SHARING_IDS, change, 1..4)
}

fn insert_all(index: &mut SearchIndex, documents: Changes, synonyms: &Synonyms) {
    index.insert_all(documents.into_iter().filter_map(|(id, text)| {
        let text = text?;
        Some((id, Arc::new(Name::new(&text.name, synonyms)), text))
    }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_changed_index_answers_as_one_built_anew(
        all in prop::collection::vec(changes(), 1..16)
    ) {
        let (synonyms, mut documents) = (synonyms(), Changes::new());
        let [mut changed, mut anew] = [(); 2].map(|()| SearchIndex::new(synonyms.clone()));
        for changes in all {
            for (id, _) in changes.iter().filter(|(_, text)| text.is_none()) {
                let was_there = documents.get(id).is_some_and(Option::is_some);
                prop_assert_eq!(changed.remove(*id), was_there);
            }
            documents.extend(changes.clone());
            insert_all(&mut changed, changes, &synonyms);
        }
        insert_all(&mut anew, documents, &synonyms);
        let joined = ["keodua", "bentre", "be ntre", "hop tac xa tre xanh", "caphe sua", "htx"];
        for query in SHARED_TEXTS.into_iter().chain(joined) {
            let hits = |index: &SearchIndex| index.hits(query, 0, |_| true);
            prop_assert_eq!(hits(&changed), hits(&anew), "{}", query);
        }
    }
}
