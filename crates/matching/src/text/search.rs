//! Product search: a few words of a person, the products that they may mean, best first.
//!
//! Knows the texts and stars of products; must not know offers, requests or pages.
//!
//! Each word of the query counts by how rare it is among the documents, times its likeness to the
//! most similar word of the document, times the field's weight (name 100, producer and place 75,
//! product set 50 percent). Two words that stand side by side in the query and in a field count
//! once more. Of two documents with the same words, the one whose name has them in
//! order, has little else, and starts with them comes first. Other stars than those asked for
//! halve the score.

use super::fold::normalize;
use super::relevance::{Name, Reading, shape, split};
use super::search_query::SearchQuery;
use super::synonyms::Synonyms;
use super::vocabulary::Vocabulary;
use super::word::{EXACT, MAX_LETTERS, Word, similarity};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A score below which a document shares too little with the query to be shown.
pub const DEFAULT_FLOOR: u16 = 3_500;

const FIELD_PERCENT: [u32; 4] = [100, 75, 75, 50];
const OTHER_STARS_PERCENT: u32 = 50;
/// What two neighbours weigh of their own weights together.
const PAIR_PERCENT: u64 = 25;
const SHAPE_PERCENT: u32 = 15;
/// The shape of the name is weighed for documents with at least this percentage of the best.
const SHAPED_PERCENT: u32 = 70;

/// The searchable texts of a product.
#[derive(Clone, Copy, Debug, Default)]
pub struct DocumentText<'a> {
    /// The product's name.
    pub name: &'a str,
    /// The producer's name; empty when unknown.
    pub producer: &'a str,
    /// Commune, district and province, old and new names, in any order.
    pub place: &'a str,
    /// The label of its product set; empty when unknown.
    pub product_set_label: &'a str,
    /// Recognised stars.
    pub stars: Option<u8>,
}

/// Products by the words of their texts, under numbers that the caller gives.
#[derive(Clone, Debug)]
pub struct SearchIndex {
    synonyms: Synonyms,
    documents: BTreeMap<u32, Document>,
    vocabulary: Vocabulary<(u32, u8)>,
    /// Neighbours, glued, without accents.
    pairs: Vocabulary<(u32, u8)>,
    known: HashSet<[u8; MAX_LETTERS]>,
}

#[derive(Clone, Debug)]
struct Document {
    name: Name,
    stars: Option<u8>,
}

/// The documents that have a word like one of the query: number and likeness in its field.
type Occurrences = Vec<(u32, u32)>;

/// Weighted likenesses summed by document.
#[derive(Default)]
struct Sums {
    by_document: HashMap<u32, u64>,
    total_weight: u64,
}

impl Sums {
    fn add(&mut self, weight: u64, occurrences: impl Iterator<Item = (u32, u32)>) {
        self.total_weight += weight;
        for (id, likeness) in occurrences {
            *self.by_document.entry(id).or_default() += weight * u64::from(likeness);
        }
    }

    fn means(self) -> Vec<(u32, u32)> {
        let total = self.total_weight.max(1);
        self.by_document
            .into_iter()
            .map(|(id, sum)| (id, (sum / total) as u32))
            .collect()
    }
}

/// A query word among the documents.
struct Found {
    rarity: u32,
    occurrences: Occurrences,
}

impl SearchIndex {
    /// An empty index.
    #[must_use]
    pub fn new(synonyms: Synonyms) -> Self {
        let (documents, vocabulary) = (BTreeMap::new(), Vocabulary::default());
        Self {
            synonyms,
            documents,
            vocabulary,
            pairs: Vocabulary::default(),
            known: HashSet::new(),
        }
    }

    /// Adds a document, in place of the one that had this number.
    pub fn insert(&mut self, id: u32, text: &DocumentText<'_>) {
        self.remove(id);
        let name = Name::new(text.name, &self.synonyms);
        let (mut words, mut pairs) = (BTreeMap::new(), BTreeMap::new());
        for (at, field) in self.fields(&name, text).iter().enumerate() {
            for word in field {
                *words.entry(*word).or_insert(0_u8) |= 1 << at;
            }
            for pair in field.windows(2) {
                *pairs.entry(Word::glue(pair)).or_insert(0_u8) |= 1 << at;
            }
        }
        for (word, fields) in words {
            self.known.insert(word.key());
            self.vocabulary.insert(word, (id, fields));
        }
        for (pair, fields) in pairs {
            self.pairs.insert(pair, (id, fields));
        }
        self.documents.insert(
            id,
            Document {
                name,
                stars: text.stars,
            },
        );
    }

    /// The words of each field, in the order of its weight.
    fn fields(&self, name: &Name, text: &DocumentText<'_>) -> [Vec<Word>; 4] {
        let words = |field: &str| {
            let words = self.synonyms.canonical(&split(&normalize(field)));
            words.iter().map(|word| Word::new(word, true)).collect()
        };
        let label = words(text.product_set_label);
        [
            name.words().to_vec(),
            words(text.producer),
            words(text.place),
            label,
        ]
    }

    /// Takes a document out; whether it was there.
    pub fn remove(&mut self, id: u32) -> bool {
        if self.documents.remove(&id).is_none() {
            return false;
        }
        self.vocabulary.remove_text(id);
        self.pairs.remove_text(id);
        self.known = self
            .vocabulary
            .terms()
            .iter()
            .map(|term| term.word.key())
            .collect();
        true
    }

    /// The best `limit` documents for a text, by score and then number.
    #[must_use]
    pub fn search(&self, text: &str, limit: usize) -> Vec<(u32, u16)> {
        let mut hits = self.hits(text, DEFAULT_FLOOR, |_| true);
        hits.truncate(limit);
        hits
    }

    /// All documents that pass the filter and score at least `floor`, by score and then number.
    ///
    /// A text without a word matches every document with full score.
    #[must_use]
    pub fn hits(&self, text: &str, floor: u16, filter: impl Fn(u32) -> bool) -> Vec<(u32, u16)> {
        let query = SearchQuery::new(text, &self.synonyms, &|letters| self.is_known(letters));
        let mut scores: BTreeMap<u32, u32> = BTreeMap::new();
        if query.readings.is_empty() {
            scores.extend(self.documents.keys().map(|id| (*id, u32::from(EXACT))));
        }
        let mut found = HashMap::new();
        for (reading, percent) in &query.readings {
            for (id, score) in self.score(reading, &mut found) {
                let best = scores.entry(id).or_default();
                *best = (*best).max(score * percent / 100);
            }
        }
        let scores = scores.into_iter().filter(|(id, _)| filter(*id));
        let scores = scores.map(|(id, score)| (id, self.with_stars(id, score, query.stars)));
        let mut hits: Vec<(u32, u16)> = scores.filter(|(_, score)| *score >= floor).collect();
        hits.sort_by_key(|(id, score)| (std::cmp::Reverse(*score), *id));
        hits
    }

    fn is_known(&self, letters: &str) -> bool {
        self.known.contains(&Word::new(letters, false).key())
    }

    fn with_stars(&self, id: u32, score: u32, stars: Option<u8>) -> u16 {
        let own = self.documents.get(&id).and_then(|document| document.stars);
        let other = stars.is_some() && stars != own;
        (if other {
            score * OTHER_STARS_PERCENT / 100
        } else {
            score
        }) as u16
    }

    /// The score of every document that shares a word with the reading.
    fn score(&self, reading: &Reading, found: &mut HashMap<Word, Found>) -> Vec<(u32, u32)> {
        let mut sums = Sums::default();
        let mut weights = Vec::with_capacity(reading.words.len());
        for query in &reading.words {
            let found = found
                .entry(query.word)
                .or_insert_with(|| self.find(&query.word));
            weights.push(u64::from(query.weight) * u64::from(found.rarity));
            sums.add(
                *weights.last().unwrap_or(&0),
                found.occurrences.iter().copied(),
            );
        }
        for (words, weights) in reading.words.windows(2).zip(weights.windows(2)) {
            let pair = self
                .pairs
                .postings(&Word::glue(&[words[0].word, words[1].word]));
            let weight = (weights[0] + weights[1]) * PAIR_PERCENT / 100;
            if !pair.is_empty() {
                let likeness = |fields: u8| field_percent(fields) * u32::from(EXACT) / 100;
                sums.add(
                    weight,
                    pair.iter().map(|(id, fields)| (*id, likeness(*fields))),
                );
            }
        }
        self.with_shape(reading, sums.means())
    }

    /// Scores with the shape of the names of the best documents weighed in.
    fn with_shape(&self, reading: &Reading, scores: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
        let best = scores.iter().map(|(_, score)| *score).max().unwrap_or(0);
        let shaped = best * SHAPED_PERCENT / 100;
        let score = |(id, score): (u32, u32)| {
            let shape = if score >= shaped {
                self.shape(reading, id)
            } else {
                0
            };
            (
                id,
                score * (100 - SHAPE_PERCENT) / 100 + shape * SHAPE_PERCENT / 100,
            )
        };
        scores.into_iter().map(score).collect()
    }

    /// How the reading lies in the document's name, 0..=10000.
    fn shape(&self, reading: &Reading, id: u32) -> u32 {
        let Some(document) = self.documents.get(&id) else {
            return 0;
        };
        let (order, asked, start) = shape(reading, &document.name);
        (order * 4 + asked * 3 + start * 3) / 10
    }

    /// Where a query word is found, by its best likeness in each document.
    fn find(&self, word: &Word) -> Found {
        let mut best: BTreeMap<u32, u32> = BTreeMap::new();
        let mut closest = 0;
        for term in self.vocabulary.terms() {
            let likeness = u32::from(similarity(word, &term.word));
            if likeness == 0 {
                continue;
            }
            closest = closest.max(likeness);
            for (id, fields) in &term.postings {
                let likeness = likeness * field_percent(*fields) / 100;
                let best = best.entry(*id).or_default();
                *best = (*best).max(likeness);
            }
        }
        let common = best
            .values()
            .filter(|likeness| **likeness * 3 >= closest)
            .count();
        Found {
            rarity: self.rarity(common),
            occurrences: best.into_iter().collect(),
        }
    }

    /// Four times the binary logarithm of how rare a word is, at least 4.
    fn rarity(&self, documents: usize) -> u32 {
        let ratio = (self.documents.len() as u128 + 1) / (documents as u128 + 1);
        4 + ratio.max(1).saturating_pow(4).ilog2()
    }
}

/// The greatest weight of the fields that have a word.
fn field_percent(fields: u8) -> u32 {
    let weights = FIELD_PERCENT.iter().enumerate();
    weights
        .filter(|(at, _)| fields & (1 << at) != 0)
        .map(|(_, weight)| *weight)
        .max()
        .unwrap_or(0)
}
