//! Product search on the real names: labelled queries, dialects of typing, filters and ties.

mod text_data;

use matching::text::fold::normalize;
use matching::text::search::{DocumentText, SearchIndex};
use text_data::{Product, products, rows, synonyms};

const QUERIES: &str = include_str!("../../../data/relevance/queries.csv");
const SETS: &str = include_str!("../../../data/relevance/sets.csv");
const TOP: usize = 10;

fn set_label(set: Option<u8>) -> String {
    let number = set.map(|set| set.to_string());
    let sets = rows(SETS);
    let row = sets.iter().find(|row| Some(&row[0]) == number.as_ref());
    row.map(|row| row[1].clone()).unwrap_or_default()
}

fn index(products: &[Product]) -> SearchIndex {
    let mut index = SearchIndex::new(synonyms());
    for (id, product) in (0..).zip(products) {
        let text = DocumentText {
            name: &product.name,
            producer: &product.producer,
            place: &product.place,
            product_set_label: &set_label(product.set),
            stars: product.stars,
        };
        index.insert(id, &text);
    }
    index
}

/// Whether a label ("words of the name @ words about it @ ...") means a product.
fn is_meant(label: &str, product: &Product) -> bool {
    let stars = product
        .stars
        .map(|stars| format!("{stars} sao"))
        .unwrap_or_default();
    let about = format!(
        "{} {} {} {stars}",
        product.producer,
        product.place,
        set_label(product.set)
    );
    let has = |text: &str, words: &str| {
        format!(" {} ", normalize(text)).contains(&format!(" {} ", normalize(words)))
    };
    let mut parts = label.split('@').map(str::trim);
    let name = parts.next().unwrap_or_default();
    (name.is_empty() || has(&product.name, name)) && parts.all(|part| has(&about, part))
}

/// Recall in the first ten and reciprocal rank of the first right product.
fn judge(index: &SearchIndex, products: &[Product], query: &str, labels: &str) -> (f64, f64) {
    let meant = |id: u32| {
        labels
            .split(';')
            .any(|label| is_meant(label, &products[id as usize]))
    };
    let right = (0..products.len() as u32).filter(|id| meant(*id)).count();
    assert!(right > 0, "{query}: the label means no product");
    let top: Vec<bool> = index
        .search(query, TOP)
        .iter()
        .map(|(id, _)| meant(*id))
        .collect();
    let hits = top.iter().filter(|hit| **hit).count();
    let rank = top
        .iter()
        .position(|hit| *hit)
        .map_or(0.0, |at| 1.0 / (at + 1) as f64);
    (hits as f64 / right.min(TOP) as f64, rank)
}

fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    values.clone().sum::<f64>() / values.count().max(1) as f64
}

#[test]
fn labelled_queries_reach_recall_and_rank() {
    let products = products();
    let index = index(&products);
    let judged: Vec<(Vec<String>, (f64, f64))> = rows(QUERIES)
        .into_iter()
        .map(|row| (row.clone(), judge(&index, &products, &row[0], &row[2])))
        .collect();
    let mut report = String::from("split    kind             queries  recall@10  MRR\n");
    let kinds = [
        "accents",
        "no_accents",
        "typo",
        "regional",
        "set_and_stars",
        "producer_place",
        "mixed",
    ];
    for split in ["dev", "held_out"] {
        for kind in kinds.iter().chain(&["all"]) {
            let of_kind = judged
                .iter()
                .filter(|(row, _)| row[3] == split && (*kind == "all" || row[1] == *kind));
            let recall = mean(of_kind.clone().map(|(_, judged)| judged.0));
            let rank = mean(of_kind.clone().map(|(_, judged)| judged.1));
            let count = of_kind.count();
            report += &format!("{split:8} {kind:16} {count:7}  {recall:9.3}  {rank:.3}\n");
            if *kind == "all" {
                assert!(recall >= 0.95 && rank >= 0.85, "{report}");
            }
        }
        for (row, (recall, rank)) in judged.iter().filter(|(row, judged)| {
            row[3] == split && split == "dev" && (judged.0 < 1.0 || judged.1 < 1.0)
        }) {
            eprintln!("{recall:.2} {rank:.2} {row:?}");
            for (id, score) in index.search(&row[0], 10) {
                eprintln!(
                    "      {score} {} | {} | {}",
                    products[id as usize].name,
                    products[id as usize].producer,
                    products[id as usize].place
                );
            }
        }
    }
    eprintln!("{report}");
}
