//! The committed tables that the text tests read: synonyms and real products.

#![allow(dead_code)]

use matching::text::search::{DocumentText, SearchIndex};
use matching::text::synonyms::{SynonymRow, Synonyms};

const SYNONYMS: &str = include_str!("../../../../data/synonyms.csv");
const SETS: &str = include_str!("../../../../data/relevance/sets.csv");
const PRODUCTS: &str = include_str!("../../../../data/ocop_products.csv");
const COMMUNES: &str = include_str!("../../../../data/communes.csv");
const FORMER_COMMUNES: &str = include_str!("../../../../data/communes_old.csv");
const FORMER_DISTRICTS: &str = include_str!("../../../../data/districts_old.csv");

/// A real product as its row gives it.
pub(crate) struct Product {
    pub(crate) name: String,
    pub(crate) producer: String,
    pub(crate) place: String,
    pub(crate) stars: Option<u8>,
    pub(crate) set: Option<u8>,
}

/// The rows of a CSV text without its header; fields may be quoted.
pub(crate) fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines().skip(1).map(fields).collect()
}

fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            _ => fields.last_mut().expect("a field").push(letter),
        }
    }
    fields
}

pub(crate) fn synonyms() -> Synonyms {
    let synonyms = rows(SYNONYMS);
    let synonyms = Synonyms::from_rows(synonyms.iter().map(|row| SynonymRow {
        canonical: &row[0],
        variant: &row[1],
        relation: &row[2],
        ambiguous: row[5] == "1",
    }));
    let places = [COMMUNES, FORMER_COMMUNES, FORMER_DISTRICTS].map(rows).concat();
    synonyms.with_places(places.iter().map(|row| row[1].as_str()))
}

pub(crate) fn products() -> Vec<Product> {
    let place = |row: &[String]| format!("{} {} {}", row[3], row[2], row[14]);
    let product = |row: Vec<String>| Product {
        place: place(&row),
        stars: row[5].parse().ok(),
        set: row[11].parse().ok(),
        name: row[0].clone(),
        producer: row[1].clone(),
    };
    rows(PRODUCTS).into_iter().map(product).collect()
}

pub(crate) fn product_names() -> Vec<String> {
    products().into_iter().map(|product| product.name).collect()
}

pub(crate) fn set_label(set: Option<u8>) -> String {
    let number = set.map(|set| set.to_string());
    let sets = rows(SETS);
    let row = sets.iter().find(|row| Some(&row[0]) == number.as_ref());
    row.map(|row| row[1].clone()).unwrap_or_default()
}

pub(crate) fn index(products: &[Product]) -> SearchIndex {
    let mut index = SearchIndex::new(synonyms());
    for (id, product) in (0..).zip(products) {
        insert(&mut index, id, product);
    }
    index
}

pub(crate) fn insert(index: &mut SearchIndex, id: u32, product: &Product) {
    index.insert(id, document(product));
}

pub(crate) fn document(product: &Product) -> DocumentText {
    DocumentText {
        name: product.name.as_str().into(),
        producer: product.producer.as_str().into(),
        place: product.place.as_str().into(),
        product_set_label: set_label(product.set).into(),
        stars: product.stars,
    }
}

pub(crate) fn names<'a>(products: &'a [Product], hits: &[(u32, u16)]) -> Vec<&'a str> {
    hits.iter().map(|(id, _)| products[*id as usize].name.as_str()).collect()
}
