//! Inverted indexes over distinct texts: the names that answer a query, the queries that a name
//! answers, with exactly the numbers that [`relevance`] gives pair by pair.
//!
//! Knows texts and their numbers; must not know which offers or demands carry them.
//!
//! Candidates come from the words: a pair's coverage without its kind is the sum over the query's
//! words of weight × likeness, which postings give exactly, except for words run together or
//! apart, whose pairs are found by their letters. So no pair at or above the gate is missed.

use super::relevance::{ELIGIBLE, GATE, Name, Query, Reading, glued_in, relevance};
use super::vocabulary::{Slots, Vocabulary};
use super::word::{Word, similarity};
use std::sync::Arc;

/// The number of a text in its index; the number of a removed text is given again.
pub type TextId = u32;

/// Words run together with so many letters may have two slips, shorter ones one.
const LONG_WORD: usize = 7;

/// Distinct names, searched by a query.
#[derive(Clone, Debug, Default)]
pub struct NameIndex {
    names: Slots<Arc<Name>>,
    vocabulary: Vocabulary<Word, TextId>,
}

impl NameIndex {
    /// Adds a name. The caller keeps names distinct: the index would keep an equal one twice.
    pub fn insert(&mut self, name: impl Into<Arc<Name>>) -> TextId {
        let name = name.into();
        let words: Vec<Word> = name.words().to_vec();
        let id = self.names.insert(name);
        for word in words {
            self.vocabulary.insert(word, id);
        }
        id
    }

    /// Takes a name out and gives it back; none when the number is not in use.
    pub fn remove(&mut self, id: TextId) -> Option<Arc<Name>> {
        let name = self.names.remove(id)?;
        for word in name.words() {
            self.vocabulary.remove(word, id);
        }
        Some(name)
    }

    /// The name of a number in use.
    #[must_use]
    pub fn get(&self, id: TextId) -> Option<&Name> {
        self.names.get(id).map(Arc::as_ref)
    }

    /// The names whose relevance to the query is at least `min_relevance`, by number.
    #[must_use]
    pub fn matches(&self, query: &Query, min_relevance: u16) -> Vec<(TextId, u16)> {
        if min_relevance == 0 {
            return self.names.iter().map(|(id, name)| (id, relevance(query, name))).collect();
        }
        let mut candidates = vec![false; self.names.bound()];
        for reading in query.readings() {
            self.add_by_words(reading, min_coverage(min_relevance), &mut candidates);
            self.add_run_together(reading, &mut candidates);
            self.add_written_apart(reading, &mut candidates);
        }
        keep(&candidates, min_relevance, |id| Some(relevance(query, self.names.get(id)?)))
    }

    fn add_by_words(&self, reading: &Reading, min_coverage: u32, candidates: &mut [bool]) {
        let mut sums = vec![0_u32; self.names.bound()];
        let mut counted = vec![0_u8; self.names.bound()];
        for (at, query) in (1_u8..).zip(&reading.words) {
            for (likeness, postings) in self.similar(&query.word) {
                for id in postings.iter().map(|id| *id as usize) {
                    if counted[id] != at {
                        counted[id] = at;
                        sums[id] += u32::from(query.weight) * u32::from(likeness);
                    }
                }
            }
        }
        let least = min_coverage * reading.total_weight;
        for (candidate, sum) in candidates.iter_mut().zip(sums) {
            *candidate |= sum >= least;
        }
    }

    /// Names with a word like the query's, most similar first, so that the first counts.
    fn similar(&self, word: &Word) -> Vec<(u16, &[TextId])> {
        let terms = self.vocabulary.terms().iter();
        let likeness = terms.map(|term| (similarity(word, &term.word), term.postings.as_slice()));
        let mut similar: Vec<_> = likeness.filter(|(likeness, _)| *likeness > 0).collect();
        similar.sort_unstable_by_key(|(likeness, _)| std::cmp::Reverse(*likeness));
        similar
    }

    fn add_run_together(&self, reading: &Reading, candidates: &mut [bool]) {
        for query in reading.words.iter().filter(|query| query.word.is_gluable()) {
            for (id, name) in self.names.iter() {
                let can_have = has_letters(name.letter_set(), &query.word);
                candidates[id as usize] |= can_have && is_in(&query.word, name.words());
            }
        }
    }

    fn add_written_apart(&self, reading: &Reading, candidates: &mut [bool]) {
        let words = reading.plain_words();
        let letter_set = words.iter().fold(0, |set, word| set | word.letter_set());
        for term in self.vocabulary.terms().iter().filter(|term| term.word.is_gluable()) {
            if has_letters(letter_set, &term.word) && is_in(&term.word, &words) {
                term.postings.as_slice().iter().for_each(|id| candidates[*id as usize] = true);
            }
        }
    }
}

/// A reading of a stored query and what its words weigh together.
#[derive(Clone, Copy, Debug)]
struct ReadingOf {
    query: TextId,
    total_weight: u32,
}

/// Where a word occurs: the reading, the place in it and its weight.
type QueryPosting = (u32, u8, u16);

/// A stored query with the numbers of its readings and all their letters.
#[derive(Clone, Debug)]
struct StoredQuery {
    query: Arc<Query>,
    readings: Box<[u32]>,
    letter_set: u32,
}

/// Distinct queries, searched by a name.
#[derive(Clone, Debug, Default)]
pub struct QueryIndex {
    queries: Slots<StoredQuery>,
    readings: Slots<ReadingOf>,
    vocabulary: Vocabulary<Word, QueryPosting>,
}

impl QueryIndex {
    /// Adds a query. The caller keeps queries distinct: the index would keep an equal one twice.
    pub fn insert(&mut self, query: impl Into<Arc<Query>>) -> TextId {
        let query = query.into();
        let words = query.readings().iter().flat_map(|reading| reading.words.iter());
        let letter_set = words.fold(0, |set, query| set | query.word.letter_set());
        let stored = StoredQuery { query, readings: Box::default(), letter_set };
        let id = self.queries.insert(stored.clone());
        let readings: Box<[u32]> = (stored.query.readings().iter())
            .map(|reading| self.insert_reading(id, reading))
            .collect();
        self.queries.replace(id, StoredQuery { readings, ..stored });
        id
    }

    fn insert_reading(&mut self, query: TextId, reading: &Reading) -> u32 {
        let slot =
            self.readings.insert(ReadingOf { query, total_weight: reading.total_weight.max(1) });
        for (word, posting) in postings(slot, reading) {
            self.vocabulary.insert(word, posting);
        }
        slot
    }

    /// Takes a query out and gives it back; none when the number is not in use.
    pub fn remove(&mut self, id: TextId) -> Option<Arc<Query>> {
        let stored = self.queries.remove(id)?;
        for (slot, reading) in stored.readings.iter().zip(stored.query.readings()) {
            self.readings.remove(*slot);
            for (word, posting) in postings(*slot, reading) {
                self.vocabulary.remove(&word, posting);
            }
        }
        Some(stored.query)
    }

    /// The query of a number in use.
    #[must_use]
    pub fn get(&self, id: TextId) -> Option<&Query> {
        self.queries.get(id).map(|stored| stored.query.as_ref())
    }

    /// The queries to which the relevance of the name is at least `min_relevance`, by number.
    #[must_use]
    pub fn matches(&self, name: &Name, min_relevance: u16) -> Vec<(TextId, u16)> {
        if min_relevance == 0 {
            let queries = self.queries.iter();
            return queries.map(|(id, stored)| (id, relevance(&stored.query, name))).collect();
        }
        let mut candidates = vec![false; self.queries.bound()];
        self.add_by_words(name, min_coverage(min_relevance), &mut candidates);
        self.add_run_together(name, &mut candidates);
        self.add_written_apart(name, &mut candidates);
        keep(&candidates, min_relevance, |id| Some(relevance(self.get(id)?, name)))
    }

    fn add_by_words(&self, name: &Name, min_coverage: u32, candidates: &mut [bool]) {
        let mut sums = vec![0_u32; self.readings.bound()];
        for term in self.vocabulary.terms() {
            let likeness = name.words().iter().map(|word| similarity(&term.word, word)).max();
            let Some(likeness) = likeness.filter(|likeness| *likeness > 0) else {
                continue;
            };
            for (reading, _, weight) in term.postings.as_slice() {
                sums[*reading as usize] += u32::from(*weight) * u32::from(likeness);
            }
        }
        for (slot, reading) in self.readings.iter() {
            let enough = sums[slot as usize] >= min_coverage * reading.total_weight;
            candidates[reading.query as usize] |= enough;
        }
    }

    fn add_run_together(&self, name: &Name, candidates: &mut [bool]) {
        let terms = self.vocabulary.terms().iter().filter(|term| term.word.is_gluable());
        let can_have = |word: &Word| has_letters(name.letter_set(), word);
        for term in terms.filter(|term| can_have(&term.word) && is_in(&term.word, name.words())) {
            for (reading, _, _) in term.postings.as_slice() {
                if let Some(reading) = self.readings.get(*reading) {
                    candidates[reading.query as usize] = true;
                }
            }
        }
    }

    fn add_written_apart(&self, name: &Name, candidates: &mut [bool]) {
        for word in name.words().iter().filter(|word| word.is_gluable()) {
            for (id, stored) in self.queries.iter() {
                let can_have = has_letters(stored.letter_set, word);
                candidates[id as usize] |= can_have && is_apart_in(word, &stored.query);
            }
        }
    }
}

fn postings(slot: u32, reading: &Reading) -> impl Iterator<Item = (Word, QueryPosting)> {
    let words = (0_u8..).zip(&reading.words);
    words.map(move |(at, query)| (query.word, (slot, at, query.weight)))
}

/// The least coverage that can give a relevance.
fn min_coverage(min_relevance: u16) -> u32 {
    if min_relevance >= ELIGIBLE { GATE } else { 1 }
}

/// Whether letters hold those of a word but for as many slips as its length allows.
fn has_letters(letter_set: u32, word: &Word) -> bool {
    let missing = if word.letters().len() < LONG_WORD { 1 } else { 2 };
    (word.letter_set() & !letter_set).count_ones() <= missing
}

/// Whether a word may be several of the words run together.
fn is_in(word: &Word, words: &[Word]) -> bool {
    glued_in(word, words).next().is_some()
}

fn is_apart_in(word: &Word, query: &Query) -> bool {
    query.readings().iter().any(|reading| is_in(word, &reading.plain_words()))
}

/// The relevance of each candidate, where it is enough.
fn keep(
    candidates: &[bool],
    min_relevance: u16,
    relevance_of: impl Fn(TextId) -> Option<u16>,
) -> Vec<(TextId, u16)> {
    let candidates = (0..).zip(candidates).filter(|(_, candidate)| **candidate);
    candidates
        .filter_map(|(id, _)| Some((id, relevance_of(id)?)))
        .filter(|(_, relevance)| *relevance >= min_relevance)
        .collect()
}
