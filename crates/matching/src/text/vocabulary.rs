//! The distinct words of a set of texts, each with where it occurs; and slots for the texts.
//!
//! Knows words and numbers; must not know what is indexed or how it is scored.

use super::postings::Postings;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use std::hash::{BuildHasher, Hash, RandomState};

/// A word and its occurrences.
#[derive(Clone, Debug)]
pub(super) struct Term<W, P> {
    pub(super) word: W,
    pub(super) postings: Postings<P>,
}

/// Distinct words in a dense list, so that a scan for similar words is fast.
#[derive(Clone, Debug)]
pub(super) struct Vocabulary<W, P> {
    terms: Vec<Term<W, P>>,
    /// Places in `terms` by word.
    by_word: HashTable<u32>,
    hasher: RandomState,
}

impl<W, P> Default for Vocabulary<W, P> {
    fn default() -> Self {
        Self { terms: Vec::new(), by_word: HashTable::new(), hasher: RandomState::new() }
    }
}

impl<W: Copy + Eq + Hash, P: Ord + Copy> Vocabulary<W, P> {
    pub(super) fn terms(&self) -> &[Term<W, P>] {
        &self.terms
    }

    /// The occurrences of exactly this word.
    pub(super) fn postings(&self, word: &W) -> &[P] {
        self.find(word).map_or(&[], |at| self.terms[at as usize].postings.as_slice())
    }

    /// Adds an occurrence; one that is there already is not added again.
    pub(super) fn insert(&mut self, word: W, posting: P) {
        let at = self.number(word);
        self.terms[at as usize].postings.add(posting);
    }

    /// Adds many occurrences, each of a word by its number: a list that was empty is made once, as
    /// long as it needs.
    pub(super) fn insert_all(&mut self, mut all: Vec<(u32, P)>) {
        all.sort_unstable();
        all.dedup();
        for of_word in all.chunk_by(|(at, _), (other, _)| at == other) {
            let Some((at, _)) = of_word.first() else { continue };
            let postings = &mut self.terms[*at as usize].postings;
            if postings.as_slice().is_empty() {
                *postings = of_word.iter().map(|(_, posting)| *posting).collect::<Vec<P>>().into();
            } else {
                of_word.iter().for_each(|(_, posting)| postings.add(*posting));
            }
        }
    }

    /// Takes an occurrence out, and the word with its last one.
    pub(super) fn remove(&mut self, word: &W, posting: P) {
        let Some(at) = self.find(word) else {
            return;
        };
        let postings = &mut self.terms[at as usize].postings;
        postings.remove(&posting);
        if postings.as_slice().is_empty() {
            self.take_out(at);
        }
    }

    fn hash(&self, word: &W) -> u64 {
        self.hasher.hash_one(word)
    }

    fn find(&self, word: &W) -> Option<u32> {
        let is_it = |at: &u32| self.terms[*at as usize].word == *word;
        self.by_word.find(self.hash(word), is_it).copied()
    }

    /// The number of a word, which is added if it is not there: without occurrences, so that the
    /// caller has to add one.
    pub(super) fn number(&mut self, word: W) -> u32 {
        let (hash, terms, hasher) = (self.hash(&word), &mut self.terms, &self.hasher);
        let is_it = |at: &u32| terms[*at as usize].word == word;
        let hash_of = |at: &u32| hasher.hash_one(terms[*at as usize].word);
        match self.by_word.entry(hash, is_it, hash_of) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let at = terms.len() as u32;
                entry.insert(at);
                grow(terms);
                terms.push(Term { word, postings: Postings::default() });
                at
            }
        }
    }

    /// Takes a word out; the last one takes its place.
    fn take_out(&mut self, at: u32) {
        let last = self.terms.len() as u32 - 1;
        let place_of = |table: &Self, at: u32| table.hash(&table.terms[at as usize].word);
        if let Ok(entry) = self.by_word.find_entry(place_of(self, at), |it| *it == at) {
            entry.remove();
        }
        if let Some(moved) = self.by_word.find_mut(place_of(self, last), |it| *it == last) {
            *moved = at;
        }
        self.terms.swap_remove(at as usize);
    }
}

/// Makes room for one more.
fn grow<T>(list: &mut Vec<T>) {
    make_room(list, list.len() + 1);
}

/// Makes room for so many in all, and for few beyond them: an index is filled once and then changes
/// little.
pub(super) fn make_room<T>(list: &mut Vec<T>, len: usize) {
    if len > list.capacity() {
        list.reserve_exact((len - list.len()).max(list.len() / 8 + 1));
    }
}

/// Values under small numbers; the number of a removed value is given again.
#[derive(Clone, Debug)]
pub(super) struct Slots<T> {
    values: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { values: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slots<T> {
    pub(super) fn insert(&mut self, value: T) -> u32 {
        if let Some(id) = self.free.pop() {
            self.values[id as usize] = Some(value);
            return id;
        }
        grow(&mut self.values);
        self.values.push(Some(value));
        self.values.len() as u32 - 1
    }

    pub(super) fn remove(&mut self, id: u32) -> Option<T> {
        let value = self.values.get_mut(id as usize)?.take()?;
        self.free.push(id);
        Some(value)
    }

    /// Puts another value under a number in use.
    pub(super) fn replace(&mut self, id: u32, value: T) {
        if let Some(slot) = self.values.get_mut(id as usize) {
            *slot = Some(value);
        }
    }

    pub(super) fn get(&self, id: u32) -> Option<&T> {
        self.values.get(id as usize)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        self.values.get_mut(id as usize)?.as_mut()
    }

    /// One more than the greatest number ever given.
    pub(super) fn bound(&self) -> usize {
        self.values.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let values = self.values.iter().enumerate();
        values.filter_map(|(id, value)| Some((id as u32, value.as_ref()?)))
    }
}
