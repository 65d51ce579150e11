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
use super::vocabulary::{Occurrence, Slots, Vocabulary};
use super::word::{EXACT, Word, similarity};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentText {
    /// The product's name.
    pub name: Arc<str>,
    /// The producer's name; empty when unknown.
    pub producer: Arc<str>,
    /// Commune, district and province, old and new names, in any order.
    pub place: Arc<str>,
    /// The label of its product set; empty when unknown.
    pub product_set_label: Arc<str>,
    /// Recognised stars.
    pub stars: Option<u8>,
}

/// Products by the words of their texts, under numbers that the caller gives.
#[derive(Clone, Debug)]
pub struct SearchIndex {
    synonyms: Synonyms,
    documents: Slots<Document>,
    slots: HashMap<u32, u32>,
    vocabulary: Vocabulary<Occurrence>,
    /// Neighbours, glued, without accents, with the slots of their documents.
    pairs: Vocabulary<u32>,
    /// How often each word is written, before synonyms, without accents.
    written: HashMap<Word, u32>,
}

/// A document, with the texts by which its words are found again when it is taken out.
#[derive(Clone, Debug)]
struct Document {
    id: u32,
    name: Arc<Name>,
    text: DocumentText,
}

/// The words of one field.
#[derive(Default)]
struct Field {
    /// With synonyms replaced.
    words: Vec<Word>,
    /// As written, without accents.
    written: Vec<Word>,
}

/// Fields by their texts: many products have a producer, a place or a set in common.
type Fields = HashMap<Arc<str>, Field>;

/// What a document is found by.
struct DocumentWords {
    /// Each word once, with the fields that have it, as bits.
    in_fields: Vec<(Word, u8)>,
    pairs: Vec<Word>,
    written: Vec<Word>,
}

impl DocumentWords {
    /// From the fields in the order of their weights.
    fn new(fields: [&Field; 4]) -> Self {
        let numbered = fields.iter().enumerate();
        let words =
            numbered.flat_map(|(at, field)| field.words.iter().map(move |it| (*it, 1 << at)));
        let pairs = fields.iter().flat_map(|field| field.words.windows(2).map(Word::glue));
        let written = fields.iter().flat_map(|field| &field.written);
        Self {
            in_fields: merged(words.collect()),
            pairs: pairs.collect(),
            written: written.copied().collect(),
        }
    }
}

/// Each word once, with the fields of all its occurrences.
fn merged(mut words: Vec<(Word, u8)>) -> Vec<(Word, u8)> {
    words.sort_unstable();
    words.dedup_by(|(word, fields), (kept, in_fields)| {
        let is_same = word == kept;
        *in_fields |= if is_same { *fields } else { 0 };
        is_same
    });
    words
}

/// The documents that have a word like one of the query: slot and likeness in its field.
type Occurrences = Vec<(u32, u32)>;

/// Weighted likenesses summed by document.
struct Sums {
    by_slot: Vec<u64>,
    total_weight: u64,
}

impl Sums {
    fn new(slots: usize) -> Self {
        Self { by_slot: vec![0; slots], total_weight: 0 }
    }

    fn add(&mut self, weight: u64, occurrences: impl Iterator<Item = (u32, u32)>) {
        self.total_weight += weight;
        for (slot, likeness) in occurrences {
            self.by_slot[slot as usize] += weight * u64::from(likeness);
        }
    }

    fn means(self) -> Vec<u32> {
        let total = self.total_weight.max(1);
        self.by_slot.into_iter().map(|sum| (sum / total) as u32).collect()
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
        Self {
            synonyms,
            documents: Slots::default(),
            slots: HashMap::new(),
            vocabulary: Vocabulary::default(),
            pairs: Vocabulary::default(),
            written: HashMap::new(),
        }
    }

    /// Adds a document, in place of the one that had this number.
    pub fn insert(&mut self, id: u32, text: DocumentText) {
        let name = Arc::new(Name::new(&text.name, &self.synonyms));
        self.insert_all([(id, name, text)]);
    }

    /// The same for many documents whose names are prepared already, with the same synonyms; of two
    /// with one number the first.
    pub fn insert_all(&mut self, all: impl IntoIterator<Item = (u32, Arc<Name>, DocumentText)>) {
        let all: Vec<(u32, Arc<Name>, DocumentText)> = all.into_iter().collect();
        // Before any word is numbered: a word that is taken out gives its number away.
        for (id, ..) in &all {
            self.remove(*id);
        }
        let mut fields = Fields::new();
        let (mut occurrences, mut pairs) = (Vec::new(), Vec::new());
        for (id, name, text) in all {
            if self.slots.contains_key(&id) {
                continue;
            }
            let words = self.words(&name, &text, &mut fields);
            let slot = self.documents.insert(Document { id, name, text });
            self.slots.insert(id, slot);
            for (word, in_fields) in words.in_fields {
                let number = self.vocabulary.number(word);
                occurrences.push((number, Occurrence::new(slot, in_fields)));
            }
            pairs.extend(words.pairs.into_iter().map(|pair| (self.pairs.number(pair), slot)));
            for word in words.written {
                *self.written.entry(word).or_default() += 1;
            }
        }
        self.vocabulary.insert_all(occurrences);
        self.pairs.insert_all(pairs);
    }

    /// Takes a document out; whether it was there.
    pub fn remove(&mut self, id: u32) -> bool {
        let slot = self.slots.remove(&id);
        let found = slot.and_then(|slot| Some((slot, self.documents.remove(slot)?)));
        let Some((slot, Document { name, text, .. })) = found else {
            return false;
        };
        let words = self.words(&name, &text, &mut Fields::new());
        for (word, in_fields) in words.in_fields {
            self.vocabulary.remove(&word, Occurrence::new(slot, in_fields));
        }
        for pair in words.pairs {
            self.pairs.remove(&pair, slot);
        }
        for word in words.written {
            self.forget_written(word);
        }
        true
    }

    fn forget_written(&mut self, word: Word) {
        if let Entry::Occupied(mut count) = self.written.entry(word) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }

    /// The words of a document; fields that were seen before are not spelled again.
    fn words(&self, name: &Name, text: &DocumentText, fields: &mut Fields) -> DocumentWords {
        let about = [&text.producer, &text.place, &text.product_set_label];
        for text in about {
            if !fields.contains_key(text) {
                fields.insert(Arc::clone(text), self.field(text));
            }
        }
        let named = Field { words: name.words().to_vec(), written: written(&spelled(&text.name)) };
        let [producer, place, label] = about.map(|text| &fields[text]);
        DocumentWords::new([&named, producer, place, label])
    }

    fn field(&self, text: &str) -> Field {
        let spelled = spelled(text);
        let words = self.synonyms.canonical(&spelled);
        let words = words.iter().map(|word| Word::new(word, true)).collect();
        Field { words, written: written(&spelled) }
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
        let scores = self.scores(&query);
        let documents = self.documents.iter().filter(|(_, document)| filter(document.id));
        let mut hits: Vec<(u32, u16)> = documents
            .map(|(slot, document)| (document, scores[slot as usize]))
            .map(|(document, score)| (document.id, with_stars(score, document, query.stars)))
            .filter(|(_, score)| *score >= floor)
            .collect();
        hits.sort_unstable_by_key(|(id, score)| (std::cmp::Reverse(*score), *id));
        hits
    }

    /// The best score of each document over the readings of a query.
    fn scores(&self, query: &SearchQuery) -> Vec<u32> {
        let unread = if query.readings.is_empty() { u32::from(EXACT) } else { 0 };
        let mut best = vec![unread; self.documents.bound()];
        let mut found = HashMap::new();
        for (reading, percent) in &query.readings {
            for (best, score) in best.iter_mut().zip(self.score(reading, &mut found)) {
                *best = (*best).max(score * percent / 100);
            }
        }
        best
    }

    fn is_known(&self, letters: &str) -> bool {
        self.written.contains_key(&plain(letters))
    }

    /// The score of every document, by slot.
    fn score(&self, reading: &Reading, found: &mut HashMap<Word, Found>) -> Vec<u32> {
        let mut sums = Sums::new(self.documents.bound());
        let mut weights = Vec::with_capacity(reading.words.len());
        for query in &reading.words {
            let found = found.entry(query.word).or_insert_with(|| self.find(&query.word));
            let weight = u64::from(query.weight) * u64::from(found.rarity);
            sums.add(weight, found.occurrences.iter().copied());
            weights.push(weight);
        }
        for (words, weights) in reading.words.windows(2).zip(weights.windows(2)) {
            let pair = self.pairs.postings(&Word::glue(&[words[0].word, words[1].word]));
            if !pair.is_empty() {
                let weight = (weights[0] + weights[1]) * PAIR_PERCENT / 100;
                sums.add(weight, pair.iter().map(|slot| (*slot, u32::from(EXACT))));
            }
        }
        self.with_shape(reading, sums.means())
    }

    /// Scores with the shape of the names of the best documents weighed in.
    fn with_shape(&self, reading: &Reading, mut scores: Vec<u32>) -> Vec<u32> {
        let best = scores.iter().copied().max().unwrap_or(0);
        let shaped = best * SHAPED_PERCENT / 100;
        for (slot, score) in (0..).zip(&mut scores).filter(|(_, score)| **score > 0) {
            let shape = if *score >= shaped { self.shape(reading, slot) } else { 0 };
            *score = (*score * (100 - SHAPE_PERCENT) + shape * SHAPE_PERCENT) / 100;
        }
        scores
    }

    /// How the reading lies in the document's name, 0..=10000.
    fn shape(&self, reading: &Reading, slot: u32) -> u32 {
        let Some(document) = self.documents.get(slot) else {
            return 0;
        };
        let (order, asked, start) = shape(reading, &document.name);
        (order * 4 + asked * 3 + start * 3) / 10
    }

    /// Where a query word is found, by its best likeness in each document.
    fn find(&self, word: &Word) -> Found {
        let mut occurrences: Occurrences = Vec::new();
        let mut closest = 0;
        for term in self.vocabulary.terms() {
            let likeness = u32::from(similarity(word, &term.word));
            if likeness > 0 {
                closest = closest.max(likeness);
                let weighed = |fields: u8| likeness * field_percent(fields) / 100;
                let postings = term.postings.iter();
                occurrences.extend(postings.map(|it| (it.text(), weighed(it.fields()))));
            }
        }
        occurrences.sort_unstable_by_key(|(slot, likeness)| (*slot, std::cmp::Reverse(*likeness)));
        occurrences.dedup_by_key(|(slot, _)| *slot);
        let common = occurrences.iter().filter(|(_, likeness)| likeness * 3 >= closest).count();
        Found { rarity: self.rarity(common), occurrences }
    }

    /// Four times the binary logarithm of how rare a word is, at least 4.
    fn rarity(&self, documents: usize) -> u32 {
        let ratio = (self.slots.len() as u128 + 1) / (documents as u128 + 1);
        4 + ratio.max(1).saturating_pow(4).ilog2()
    }
}

fn spelled(text: &str) -> Vec<String> {
    split(&normalize(text))
}

fn written(spelled: &[String]) -> Vec<Word> {
    spelled.iter().map(|word| plain(word)).collect()
}

/// A word without accents.
fn plain(word: &str) -> Word {
    Word::glue(&[Word::new(word, false)])
}

fn with_stars(score: u32, document: &Document, stars: Option<u8>) -> u16 {
    let other = stars.is_some() && stars != document.text.stars;
    (if other { score * OTHER_STARS_PERCENT / 100 } else { score }) as u16
}

/// The greatest weight of the fields that have a word.
fn field_percent(fields: u8) -> u32 {
    let weights = FIELD_PERCENT.iter().enumerate();
    weights.filter(|(at, _)| fields & (1 << at) != 0).map(|(_, weight)| *weight).max().unwrap_or(0)
}
