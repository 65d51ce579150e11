//! Product search on the real names against labelled queries (`data/relevance`): recall and rank.

#![allow(clippy::print_stdout, reason = "the report is what a person reads")]

mod text_data;

use matching::text::fold::normalize;
use matching::text::search::SearchIndex;
use text_data::{Product, index, names, products, rows, set_label};

const QUERIES: &str = include_str!("../../../data/relevance/queries.csv");
const UNSEEN: &str = include_str!("../../../data/relevance/unseen.csv");
const OUTSIDE: &str = include_str!("../../../data/relevance/outside.csv");
const CLERK: &str = include_str!("../../../data/relevance/clerk.csv");
const PHONE: &str = include_str!("../../../data/relevance/phone.csv");
const SHOPPER: &str = include_str!("../../../data/relevance/shopper.csv");
/// How many of the first count.
const TOP: usize = 10;

/// The texts of a product that labels speak of, spelled for comparison: its name, and about it.
struct Described {
    name: String,
    about: String,
}

fn describe(product: &Product) -> Described {
    let stars = product.stars.map(|stars| format!("{stars} sao")).unwrap_or_default();
    let label = set_label(product.set);
    let about = format!("{} {} {label} {stars}", product.producer, product.place);
    Described { name: spell(&product.name), about: spell(&about) }
}

fn spell(text: &str) -> String {
    format!(" {} ", normalize(text))
}

/// Which products are right.
enum Label {
    /// That of a row of the list, from 0 on ("#527").
    Row(u32),
    /// Those with words in the name and others about them ("words of the name @ words @ ...").
    Words(Vec<String>),
}

impl From<&str> for Label {
    fn from(text: &str) -> Self {
        let row = text.strip_prefix('#').map(|row| Self::Row(row.parse().expect("a number")));
        row.unwrap_or_else(|| Self::Words(text.split('@').map(spell).collect()))
    }
}

impl Label {
    fn means(&self, id: u32, product: &Described) -> bool {
        let has = |text: &str, words: &str| words.trim().is_empty() || text.contains(words);
        match self {
            Self::Row(row) => *row == id,
            Self::Words(words) => {
                let (name, about) = words.split_first().expect("a label has words of the name");
                has(&product.name, name) && about.iter().all(|words| has(&product.about, words))
            }
        }
    }
}

/// Recall in the first ten and reciprocal rank of the first right product.
fn judge(index: &SearchIndex, products: &[Described], query: &str, labels: &str) -> (f64, f64) {
    let labels: Vec<Label> = labels.split(';').map(Label::from).collect();
    let meant = |id: u32| labels.iter().any(|label| label.means(id, &products[id as usize]));
    let right = (0..products.len() as u32).filter(|id| meant(*id)).count();
    assert!(right > 0, "{query}: the label means no product");
    let top: Vec<bool> = index.search(query, TOP).iter().map(|(id, _)| meant(*id)).collect();
    let hits = top.iter().filter(|hit| **hit).count();
    let rank = top.iter().position(|hit| *hit).map_or(0.0, |at| 1.0 / (at + 1) as f64);
    (hits as f64 / right.min(TOP) as f64, rank)
}

fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    values.clone().sum::<f64>() / values.count().max(1) as f64
}

#[test]
fn labelled_queries_reach_recall_and_rank() {
    let products = products();
    let index = index(&products);
    let described: Vec<Described> = products.iter().map(describe).collect();
    let judged: Vec<(Vec<String>, (f64, f64))> = (rows(QUERIES).into_iter())
        .chain(rows(UNSEEN))
        .chain(rows(OUTSIDE))
        .chain(rows(CLERK))
        .chain(rows(PHONE))
        .chain(rows(SHOPPER))
        .map(|row| (row.clone(), judge(&index, &described, &row[0], &row[2])))
        .collect();
    let mut report = String::from("split    kind             queries  recall@10  MRR\n");
    let kinds = [
        "accents",
        "no_accents",
        "typo",
        "regional",
        "set_and_stars",
        "producer_place",
        "request",
        "number",
        "mixed",
        "english",
        "typing",
    ];
    let least = [
        ("dev", 0.95),
        ("held_out", 0.95),
        ("unseen", 0.90),
        ("outside", 0.95),
        ("clerk", 0.95),
        ("phone", 0.95),
        ("shopper", 0.95),
    ];
    for (split, least_recall) in least {
        for kind in kinds.iter().chain(&["all"]) {
            let of_kind = judged
                .iter()
                .filter(|(row, _)| row[3] == split && (*kind == "all" || row[1] == *kind));
            let recall = mean(of_kind.clone().map(|(_, judged)| judged.0));
            let rank = mean(of_kind.clone().map(|(_, judged)| judged.1));
            let count = of_kind.count();
            if count == 0 {
                continue;
            }
            report += &format!("{split:8} {kind:16} {count:7}  {recall:9.3}  {rank:.3}\n");
            if *kind == "all" {
                assert!(recall >= least_recall && rank >= 0.85, "{report}");
            }
        }
    }
    for (row, (recall, rank)) in judged.iter().filter(|(_, judged)| judged.0.min(judged.1) < 1.0) {
        let top = names(&products, &index.search(&row[0], 3)).join(" | ");
        println!("{recall:.2} {rank:.2} {} {} [{}]: {top}", row[3], row[0], row[2]);
    }
    println!("{report}");
}
