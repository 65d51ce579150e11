//! Product search: a few words of a person, the products that they may mean, best first.
//!
//! Knows the texts and stars of products; must not know offers, requests or pages.
//!
//! Each word of the query counts by how rare it is among the documents, times its likeness to the
//! most similar word of the document, times the field's weight (name 100, producer and place 75,
//! product set 50 percent); a word that nothing is like counts little, and one that no name has
//! counts less beside one that names have. A short or unknown last word is also read as the
//! beginning of one. Two words that stand side by side in the query and in a field count once more.
//! A document without a word that names have, and with no other in its name, is none of the product
//! that was named, and counts 60 percent. Of two documents with the same words, the one whose name
//! has them in order, has little else, and starts with them comes first, then the one that has them
//! as they were typed, then the one with more stars. Other stars than those asked for halve the
//! score.

use super::relevance::{Name, Reading, shape};
use super::search_query::SearchQuery;
use super::synonyms::Synonyms;
use super::texts::{TextNumber, Texts};
use super::vocabulary::make_room;
use super::word::{EXACT, Word};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// A score below which a document shares too little with the query to be shown.
pub const DEFAULT_FLOOR: u16 = 3_500;

const FIELDS: usize = 4;
const FIELD_PERCENT: [u32; FIELDS] = [100, 75, 75, 50];
const OTHER_STARS_PERCENT: u32 = 50;
const MOST_STARS: u8 = 5;
/// What a word weighs that no name has, beside one that names have.
const ASIDE_PERCENT: u32 = 60;
/// What a document counts whose name has none of the words, and which lacks one that names have.
const UNNAMED_PERCENT: u32 = 60;
/// Likeness below which a document lacks a word.
const MISSING: u16 = 3_000;
/// What a word of content weighs in a reading; others describe or count.
const CONTENT_WEIGHT: u16 = 10;
/// Likeness from which a name has a word.
const FOUND: u16 = 5_000;
/// Likeness from which a word is one that texts have.
const KNOWN: u16 = 2_000;
/// How rare a word counts that no text has, at most, and beside the least rare one that texts have.
const UNKNOWN_RARITY: u32 = 20;
const UNKNOWN_PERCENT: u32 = 80;
/// What two neighbours weigh of their own weights together.
const PAIR_PERCENT: u32 = 25;
const SHAPE_PERCENT: u32 = 15;
/// What the very words of the query weigh.
const WORDING_PERCENT: u32 = 6;
/// The words of the name are weighed for documents with at least this percentage of the best, the
/// first of these at which they are at most so many.
const WORDED_PERCENTS: [u32; 3] = [100 - WORDING_PERCENT, 97, 99];
const MAX_WORDED: usize = 500;
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
    /// What is known of each document, as bits.
    facts: Vec<u8>,
    total_weight: u32,
}

/// The name of the document has a word of the reading.
const NAMED: u8 = 1;
/// The document lacks a word that names have.
const LACKING: u8 = 2;

impl Sums {
    fn new(documents: usize) -> Self {
        Self { by_document: vec![0; documents], facts: vec![0; documents], total_weight: 0 }
    }

    /// Adds a word; whether a document lacks it matters if it `is_needed`.
    fn add(&mut self, weight: u32, found: &Found, is_needed: bool) {
        self.total_weight += weight;
        let documents = self.by_document.iter_mut().zip(&mut self.facts);
        for ((sum, facts), likeness) in documents.zip(&found.likenesses) {
            let value = likeness & !IN_NAME;
            *sum += weight * u32::from(value);
            *facts |= u8::from(likeness & IN_NAME != 0) * NAMED;
            *facts |= u8::from(is_needed && value < MISSING) * LACKING;
        }
    }

    /// The scores: of a document that has the place or the producer alone, where a product was
    /// named too, not all.
    fn means(self) -> Vec<u32> {
        let total = self.total_weight.max(1);
        let documents = self.by_document.into_iter().zip(self.facts);
        let mean = |(sum, facts)| {
            let percent = if facts == LACKING { UNNAMED_PERCENT } else { 100 };
            sum / total * percent / 100
        };
        documents.map(mean).collect()
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

/// What is known of the words of a query, and of a last one that is begun.
type FoundWords = HashMap<(Word, bool), Found>;

/// A query word among the documents.
struct Found {
    rarity: u32,
    /// How like the most similar word of each document is, weighed by its field, with [`IN_NAME`]
    /// where its name has the word.
    likenesses: Vec<u16>,
    is_in_names: bool,
}

/// Beside a likeness, which is less than that.
const IN_NAME: u16 = 1 << 15;

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
    /// A text that asks for no word ("", "sản phẩm 4 sao") matches every document with full score.
    #[must_use]
    pub fn hits(&self, text: &str, floor: u16, filter: impl Fn(u32) -> bool) -> Vec<(u32, u16)> {
        let query =
            SearchQuery::new(text, &self.synonyms, &|letters| self.texts.has_written(letters));
        let scores = self.scores(&query);
        let mut hits: Vec<(u32, u16)> = (self.documents().filter(|(id, _)| filter(*id)))
            .map(|(id, document)| (id, with_stars(scores[id as usize], document, &query)))
            .filter(|(_, score)| *score >= floor)
            .collect();
        hits.sort_unstable_by_key(|(id, score)| (std::cmp::Reverse(*score), *id));
        hits
    }

    /// The best score of each document over the readings of a query.
    fn scores(&self, query: &SearchQuery) -> Vec<u32> {
        let unread = if query.is_open { u32::from(EXACT) } else { 0 };
        let mut best = vec![unread; self.documents.len()];
        let mut found = HashMap::new();
        let begun = query.begun.iter().map(|(reading, percent)| (reading, *percent, true));
        let whole = query.readings.iter().map(|(reading, percent)| (reading, *percent, false));
        for (reading, percent, is_begun) in whole.chain(begun) {
            for (best, score) in best.iter_mut().zip(self.score(reading, is_begun, &mut found)) {
                *best = (*best).max(score * percent / 100);
            }
        }
        if !query.typed.is_empty() {
            self.weigh_wording(&query.typed, &mut best);
        }
        best
    }

    /// Of the best, those whose names have the very words come before those that say the same in
    /// others ("lạp xưởng", "lạp sườn").
    fn weigh_wording(&self, typed: &[Vec<String>], scores: &mut [u32]) {
        let mut shares = HashMap::new();
        let least = worded(scores);
        for (score, document) in scores.iter_mut().zip(&self.documents) {
            let name = document.as_ref().filter(|_| *score >= least).map(|it| it.texts[0]);
            *score = *score * (100 - WORDING_PERCENT) / 100;
            let Some(name) = name else { continue };
            let share_of = || typed.iter().map(|words| self.texts.share_of(words, name)).max();
            let share = *shares.entry(name).or_insert_with(|| share_of().unwrap_or(0));
            *score += share * WORDING_PERCENT / 100;
        }
    }

    /// The score of every document, by its number; `is_begun` if the last word is the beginning of
    /// one.
    fn score(&self, reading: &Reading, is_begun: bool, found: &mut FoundWords) -> Vec<u32> {
        let mut sums = Sums::new(self.documents.len());
        let mut weights = Vec::with_capacity(reading.words.len());
        let last = reading.words.len().saturating_sub(1);
        let keys = reading.words.iter().enumerate();
        let keys: Vec<_> = keys.map(|(at, query)| (query.word, is_begun && at == last)).collect();
        for key in &keys {
            found.entry(*key).or_insert_with(|| self.find(*key));
        }
        let is_product = keys.iter().any(|key| found[key].is_in_names);
        let known = keys.iter().map(|key| found[key].rarity).filter(|rarity| *rarity > 0);
        let unknown = known.min().map_or(UNKNOWN_RARITY, |least| least * UNKNOWN_PERCENT / 100);
        for (query, key) in reading.words.iter().zip(&keys) {
            let found = &found[key];
            let percent = if is_product && !found.is_in_names { ASIDE_PERCENT } else { 100 };
            let rarity = if found.rarity == 0 { unknown.min(UNKNOWN_RARITY) } else { found.rarity };
            let weight = u32::from(query.weight) * rarity * percent / 100;
            sums.add(weight, found, found.is_in_names && query.weight >= CONTENT_WEIGHT);
            weights.push(weight);
        }
        self.add_pairs((reading, is_begun), &weights, &mut sums);
        self.with_shape(reading, sums.means())
    }

    /// Adds neighbours, each once to a document, whichever of its fields have them.
    fn add_pairs(&self, reading: (&Reading, bool), weights: &[u32], sums: &mut Sums) {
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
    fn pairs(&self, (reading, is_begun): (&Reading, bool), weights: &[u32]) -> Pairs {
        let mut pairs = Pairs { of_texts: vec![0; self.texts.bound()], weights: Vec::new() };
        let last = reading.words.len().saturating_sub(2);
        for (at, (words, weights)) in reading.words.windows(2).zip(weights.windows(2)).enumerate() {
            let words = [words[0].word, words[1].word];
            let texts = match is_begun && at == last {
                true => Cow::Owned(self.texts.with_begun_pair(&words)),
                false => Cow::Borrowed(self.texts.with_pair(&words)),
            };
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

    /// Where a query word is found, or words that it is the beginning of.
    fn find(&self, (word, is_begun): (Word, bool)) -> Found {
        let mut of_texts = vec![0; self.texts.bound()];
        let mut closest = 0;
        let begun = is_begun.then(|| self.texts.begun_by(&word)).into_iter().flatten();
        for (likeness, texts) in self.texts.similar(&word).chain(begun) {
            closest = closest.max(likeness);
            for text in texts {
                let of_text = &mut of_texts[*text as usize];
                *of_text = likeness.max(*of_text);
            }
        }
        let judge = |it: &Document| {
            let is_in_name = of_texts[it.texts[0] as usize] >= FOUND;
            it.likeness(&of_texts) | if is_in_name { IN_NAME } else { 0 }
        };
        let documents = self.documents.iter();
        let likenesses: Vec<u16> = documents.map(|it| it.as_ref().map_or(0, judge)).collect();
        let is_in_names = likenesses.iter().any(|likeness| likeness & IN_NAME != 0);
        Found { rarity: self.rarity(&likenesses, closest), likenesses, is_in_names }
    }

    /// Four times the binary logarithm of how rare a word is, at least 4; 0 if nothing is like it.
    fn rarity(&self, likenesses: &[u16], closest: u16) -> u32 {
        if closest < KNOWN {
            return 0;
        }
        let least = closest.div_ceil(3).max(1);
        let has = |likeness: &&u16| **likeness & !IN_NAME >= least;
        let with_word = likenesses.iter().filter(has).count();
        let ratio = (self.count as u128 + 1) / (with_word as u128 + 1);
        4 + ratio.max(1).saturating_pow(4).ilog2()
    }
}

/// The least score of those that are few enough to look at their words one by one, and can still
/// come first; more than any if even the best are too many.
fn worded(scores: &[u32]) -> u32 {
    let best = scores.iter().copied().max().unwrap_or(0);
    let leasts = WORDED_PERCENTS.iter().map(|percent| (best * percent / 100).max(1));
    let are_few = |least: &u32| scores.iter().filter(|score| *score >= least).count() <= MAX_WORDED;
    leasts.into_iter().find(are_few).unwrap_or(u32::MAX)
}

/// A score with the stars of the document weighed in; they also decide between equals.
fn with_stars(score: u32, document: &Document, query: &SearchQuery) -> u16 {
    let takes = query.stars.take(document.stars);
    let score = if takes { score } else { score * OTHER_STARS_PERCENT / 100 };
    let lacking =
        if query.is_open { 0 } else { MOST_STARS.saturating_sub(document.stars.unwrap_or(0)) };
    score.saturating_sub(u32::from(lacking)) as u16
}
