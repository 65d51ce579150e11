//! The distinct words of a set of texts, each with where it occurs; and slots for the texts.
//!
//! Knows words and numbers; must not know what is indexed or how it is scored.

use super::word::Word;
use std::collections::HashMap;

/// A word and its occurrences, sorted.
#[derive(Clone, Debug)]
pub(super) struct Term<P> {
    pub(super) word: Word,
    pub(super) postings: Vec<P>,
}

/// Distinct words in a dense list, so that a scan for similar words is fast.
#[derive(Clone, Debug)]
pub(super) struct Vocabulary<P> {
    terms: Vec<Term<P>>,
    by_word: HashMap<Word, u32>,
}

impl<P> Default for Vocabulary<P> {
    fn default() -> Self {
        Self { terms: Vec::new(), by_word: HashMap::new() }
    }
}

impl<P: Ord + Copy> Vocabulary<P> {
    pub(super) fn terms(&self) -> &[Term<P>] {
        &self.terms
    }

    /// The occurrences of exactly this word.
    pub(super) fn postings(&self, word: &Word) -> &[P] {
        self.by_word.get(word).map_or(&[], |at| &self.terms[*at as usize].postings)
    }

    /// Adds an occurrence; one that is there already is not added again.
    pub(super) fn insert(&mut self, word: Word, posting: P) {
        let next = self.terms.len() as u32;
        let at = *self.by_word.entry(word).or_insert(next);
        if at == next {
            grow(&mut self.terms);
            self.terms.push(Term { word, postings: Vec::new() });
        }
        let postings = &mut self.terms[at as usize].postings;
        // Most texts come in the order of their numbers.
        let is_last = postings.last().is_none_or(|last| *last < posting);
        let place = if is_last { Err(postings.len()) } else { postings.binary_search(&posting) };
        if let Err(place) = place {
            grow(postings);
            postings.insert(place, posting);
        }
    }

    /// Takes an occurrence out, and the word with its last one.
    pub(super) fn remove(&mut self, word: &Word, posting: P) {
        let Some(&at) = self.by_word.get(word) else {
            return;
        };
        let postings = &mut self.terms[at as usize].postings;
        if let Ok(place) = postings.binary_search(&posting) {
            postings.remove(place);
        }
        if postings.is_empty() {
            self.by_word.remove(word);
            self.terms.swap_remove(at as usize);
            if let Some(moved) = self.terms.get(at as usize) {
                self.by_word.insert(moved.word, at);
            }
        }
    }
}

/// Makes room for one more, and for few beyond it: an index is filled once and then changes little.
fn grow<T>(list: &mut Vec<T>) {
    if list.len() == list.capacity() {
        list.reserve_exact(list.len() / 8 + 1);
    }
}

/// A text that has a word in some of its fields: the text's number and four bits of fields, in four
/// bytes, because there are dozens for each text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Occurrence(u32);

impl Occurrence {
    const FIELD_BITS: u32 = 4;

    pub(super) const fn new(text: u32, fields: u8) -> Self {
        Self(text << Self::FIELD_BITS | (fields & 0b1111) as u32)
    }

    pub(super) const fn text(self) -> u32 {
        self.0 >> Self::FIELD_BITS
    }

    pub(super) const fn fields(self) -> u8 {
        self.0 as u8 & 0b1111
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

    /// One more than the greatest number ever given.
    pub(super) fn bound(&self) -> usize {
        self.values.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let values = self.values.iter().enumerate();
        values.filter_map(|(id, value)| Some((id as u32, value.as_ref()?)))
    }
}
