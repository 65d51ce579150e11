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

use super::relevance::{Name, Reading, shape};
use super::search_query::SearchQuery;
use super::synonyms::Synonyms;
use super::texts::{TextNumber, Texts};
use super::vocabulary::make_room;
use super::word::{EXACT, Word};
use std::collections::HashMap;
use std::sync::Arc;

/// A score below which a document shares too little with the query to be shown.
pub const DEFAULT_FLOOR: u16 = 3_500;

const FIELDS: usize = 4;
const FIELD_PERCENT: [u32; FIELDS] = [100, 75, 75, 50];
const OTHER_STARS_PERCENT: u32 = 50;
/// What two neighbours weigh of their own weights together.
const PAIR_PERCENT: u32 = 25;
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

/// Products by the words of their texts, under numbers that the caller gives: small ones, since
/// there is a place for each up to the greatest.
#[derive(Clone, Debug)]
pub struct SearchIndex {
    synonyms: Synonyms,
    documents: Vec<Option<Document>>,
    /// How many documents there are.
    count: usize,
    texts: Texts,
}

/// The fields of a document.
#[derive(Clone, Debug)]
struct Document {
    /// In the order of their weights.
    texts: [TextNumber; FIELDS],
    stars: Option<u8>,
}

impl Document {
    /// The greatest of the likenesses of its texts, each weighed by its field.
    fn likeness(&self, of_texts: &[u16]) -> u16 {
        let fields = self.texts.iter().zip(FIELD_PERCENT);
        let weighed = fields.map(|(text, percent)| u32::from(of_texts[*text as usize]) * percent);
        (weighed.fold(0, u32::max) / 100) as u16
    }
}

/// Weighted likenesses summed by document: a weight is less than 2^11, a likeness less than 2^14,
/// and a reading has less than 2^6 words and neighbours.
struct Sums {
    by_document: Vec<u32>,
    total_weight: u32,
}

impl Sums {
    fn new(documents: usize) -> Self {
        Self { by_document: vec![0; documents], total_weight: 0 }
    }

    fn add(&mut self, weight: u32, likenesses: &[u16]) {
        self.total_weight += weight;
        for (sum, likeness) in self.by_document.iter_mut().zip(likenesses) {
            *sum += weight * u32::from(*likeness);
        }
    }

    fn means(self) -> Vec<u32> {
        let total = self.total_weight.max(1);
        self.by_document.into_iter().map(|sum| sum / total).collect()
    }
}

/// Neighbours of a query: which of them each text has, as bits, and what each weighs.
struct Pairs {
    of_texts: Vec<u32>,
    weights: Vec<u32>,
}

impl Pairs {
    /// What those weigh that a document has.
    fn weight(&self, document: &Document) -> u32 {
        let of_text = |text: &TextNumber| self.of_texts[*text as usize];
        let bits = document.texts.iter().fold(0, |bits, text| bits | of_text(text));
        if bits == 0 {
            return 0;
        }
        let weights = self.weights.iter().enumerate();
        weights.filter(|(at, _)| bits & (1 << at) != 0).map(|(_, weight)| weight).sum()
    }
}

/// A query word among the documents.
struct Found {
    rarity: u32,
    /// How like the most similar word of each document is, weighed by its field.
    likenesses: Vec<u16>,
}

impl SearchIndex {
    /// An empty index.
    #[must_use]
    pub fn new(synonyms: Synonyms) -> Self {
        Self { synonyms, documents: Vec::new(), count: 0, texts: Texts::default() }
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
        for (id, ..) in &all {
            self.remove(*id);
        }
        self.make_places(all.iter().map(|(id, ..)| *id as usize + 1).max().unwrap_or(0));
        let mut new = Vec::new();
        for (id, name, text) in &all {
            if self.documents[*id as usize].is_none() {
                let document = self.document(name, text, &mut new);
                self.documents[*id as usize] = Some(document);
                self.count += 1;
            }
        }
        self.texts.index_all(&new, &self.synonyms);
    }

    fn make_places(&mut self, places: usize) {
        if places > self.documents.len() {
            make_room(&mut self.documents, places);
            self.documents.resize(places, None);
        }
    }

    /// A document of numbered texts, of which new ones are listed.
    fn document(
        &mut self,
        name: &Arc<Name>,
        text: &DocumentText,
        new: &mut Vec<TextNumber>,
    ) -> Document {
        let mut about = |text| self.texts.number(text, None, new);
        let [producer, place, label] =
            [about(&text.producer), about(&text.place), about(&text.product_set_label)];
        let name = self.texts.number(&text.name, Some(name), new);
        Document { texts: [name, producer, place, label], stars: text.stars }
    }

    /// Takes a document out; whether it was there.
    pub fn remove(&mut self, id: u32) -> bool {
        let Some(document) = self.documents.get_mut(id as usize).and_then(Option::take) else {
            return false;
        };
        self.count -= 1;
        for text in document.texts {
            self.texts.release(text, &self.synonyms);
        }
        true
    }

    /// The documents by their numbers.
    fn documents(&self) -> impl Iterator<Item = (u32, &Document)> {
        let places = (0..).zip(&self.documents);
        places.filter_map(|(id, document)| Some((id, document.as_ref()?)))
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
        let query =
            SearchQuery::new(text, &self.synonyms, &|letters| self.texts.has_written(letters));
        let scores = self.scores(&query);
        let mut hits: Vec<(u32, u16)> = (self.documents().filter(|(id, _)| filter(*id)))
            .map(|(id, document)| (id, with_stars(scores[id as usize], document, query.stars)))
            .filter(|(_, score)| *score >= floor)
            .collect();
        hits.sort_unstable_by_key(|(id, score)| (std::cmp::Reverse(*score), *id));
        hits
    }

    /// The best score of each document over the readings of a query.
    fn scores(&self, query: &SearchQuery) -> Vec<u32> {
        let unread = if query.readings.is_empty() { u32::from(EXACT) } else { 0 };
        let mut best = vec![unread; self.documents.len()];
        let mut found = HashMap::new();
        for (reading, percent) in &query.readings {
            for (best, score) in best.iter_mut().zip(self.score(reading, &mut found)) {
                *best = (*best).max(score * percent / 100);
            }
        }
        best
    }

    /// The score of every document, by its number.
    fn score(&self, reading: &Reading, found: &mut HashMap<Word, Found>) -> Vec<u32> {
        let mut sums = Sums::new(self.documents.len());
        let mut weights = Vec::with_capacity(reading.words.len());
        for query in &reading.words {
            let found = found.entry(query.word).or_insert_with(|| self.find(&query.word));
            let weight = u32::from(query.weight) * found.rarity;
            sums.add(weight, &found.likenesses);
            weights.push(weight);
        }
        self.add_pairs(reading, &weights, &mut sums);
        self.with_shape(reading, sums.means())
    }

    /// Adds neighbours, each once to a document, whichever of its fields have them.
    fn add_pairs(&self, reading: &Reading, weights: &[u32], sums: &mut Sums) {
        let pairs = self.pairs(reading, weights);
        if pairs.weights.is_empty() {
            return;
        }
        sums.total_weight += pairs.weights.iter().sum::<u32>();
        for (id, document) in self.documents() {
            sums.by_document[id as usize] += pairs.weight(document) * u32::from(EXACT);
        }
    }

    /// The neighbours that a reading has in common with any text.
    fn pairs(&self, reading: &Reading, weights: &[u32]) -> Pairs {
        let mut pairs = Pairs { of_texts: vec![0; self.texts.bound()], weights: Vec::new() };
        for (words, weights) in reading.words.windows(2).zip(weights.windows(2)) {
            let texts = self.texts.with_pair(&[words[0].word, words[1].word]);
            if !texts.is_empty() {
                let bit = 1 << pairs.weights.len();
                texts.iter().for_each(|text| pairs.of_texts[*text as usize] |= bit);
                pairs.weights.push((weights[0] + weights[1]) * PAIR_PERCENT / 100);
            }
        }
        pairs
    }

    /// Scores with the shape of the names of the best documents weighed in.
    fn with_shape(&self, reading: &Reading, mut scores: Vec<u32>) -> Vec<u32> {
        let best = scores.iter().copied().max().unwrap_or(0);
        let shaped = best * SHAPED_PERCENT / 100;
        for (id, score) in (0..).zip(&mut scores).filter(|(_, score)| **score > 0) {
            let shape = if *score >= shaped { self.shape(reading, id) } else { 0 };
            *score = (*score * (100 - SHAPE_PERCENT) + shape * SHAPE_PERCENT) / 100;
        }
        scores
    }

    /// How the reading lies in the document's name, 0..=10000.
    fn shape(&self, reading: &Reading, id: u32) -> u32 {
        let document = self.documents[id as usize].as_ref();
        let Some(name) = document.and_then(|document| self.texts.name(document.texts[0])) else {
            return 0;
        };
        let (order, asked, start) = shape(reading, name);
        (order * 4 + asked * 3 + start * 3) / 10
    }

    /// Where a query word is found.
    fn find(&self, word: &Word) -> Found {
        let mut of_texts = vec![0; self.texts.bound()];
        let mut closest = 0;
        for (likeness, texts) in self.texts.similar(word) {
            closest = closest.max(likeness);
            for text in texts {
                let of_text = &mut of_texts[*text as usize];
                *of_text = likeness.max(*of_text);
            }
        }
        let likeness = |it: &Option<Document>| it.as_ref().map_or(0, |it| it.likeness(&of_texts));
        let likenesses: Vec<u16> = self.documents.iter().map(likeness).collect();
        Found { rarity: self.rarity(&likenesses, closest), likenesses }
    }

    /// Four times the binary logarithm of how rare a word is, at least 4.
    fn rarity(&self, likenesses: &[u16], closest: u16) -> u32 {
        let least = closest.div_ceil(3).max(1);
        let with_word = likenesses.iter().filter(|likeness| **likeness >= least).count();
        let ratio = (self.count as u128 + 1) / (with_word as u128 + 1);
        4 + ratio.max(1).saturating_pow(4).ilog2()
    }
}

fn with_stars(score: u32, document: &Document, stars: Option<u8>) -> u16 {
    let other = stars.is_some() && stars != document.stars;
    (if other { score * OTHER_STARS_PERCENT / 100 } else { score }) as u16
}
