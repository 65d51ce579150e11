//! Distinct texts, found by their words: each is indexed once, for as long as it has a use.
//!
//! Knows words and texts; must not know documents, their fields or how they are scored.

use super::fold::fold;
use super::relevance::{Name, canonical_name, has_accents, spelled};
use super::synonyms::Synonyms;
use super::vocabulary::{Slots, Term, Vocabulary};
use super::word::{EXACT, Letters, Word, similarity};
use hashbrown::HashTable;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

/// The number of a text; the number of a text without a use is given again.
pub(super) type TextNumber = u32;

/// A text by which products are found.
#[derive(Clone, Debug)]
struct Text {
    text: Arc<str>,
    /// Its words, if it is the name of a product: they are not those that it has elsewhere.
    name: Option<Arc<Name>>,
    uses: u32,
}

/// What a text is found by.
struct TextWords {
    /// With synonyms replaced.
    words: Vec<Word>,
    /// Words that synonyms took the place of.
    replaced: Vec<Word>,
    /// As written, before synonyms.
    written: Vec<Letters>,
}

impl TextWords {
    fn new(text: &Text, synonyms: &Synonyms) -> Self {
        let spelled = spelled(&text.text);
        let words = text.name.as_ref().map_or_else(
            || {
                canonical_name(&text.text, synonyms)
                    .iter()
                    .map(|word| Word::new(word, true))
                    .collect()
            },
            |name| name.words().to_vec(),
        );
        let is_there = |word: &Word| words.iter().any(|other| similarity(word, other) == EXACT);
        let mut replaced: Vec<Word> = spelled.iter().map(|word| Word::new(word, true)).collect();
        replaced.retain(|word| !is_there(word));
        replaced.sort_unstable();
        replaced.dedup();
        Self { words, replaced, written: spelled.iter().map(|word| letters(word)).collect() }
    }

    /// All words by which the text is found.
    fn found_by(&self) -> impl Iterator<Item = &Word> {
        self.words.iter().chain(&self.replaced)
    }

    /// Neighbours, written together.
    fn pairs(&self) -> impl Iterator<Item = Letters> {
        self.words.windows(2).map(|pair| Word::glue(pair).padded_letters())
    }
}

/// The letters of a word, without its accents.
fn letters(word: &str) -> Letters {
    Word::new(word, false).padded_letters()
}

/// Distinct texts by their words.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    texts: Slots<Text>,
    /// Numbers by text.
    by_text: HashTable<TextNumber>,
    hasher: RandomState,
    words: Vocabulary<Word, TextNumber>,
    pairs: Vocabulary<Letters, TextNumber>,
    /// How often each word is written.
    written: HashMap<Letters, u32>,
}

impl Texts {
    /// The number of a text, which has one use more; `name` has its words if it is a product's
    /// name. A new one is also put on the list, for [`Self::index_all`].
    pub(super) fn number(
        &mut self,
        text: &Arc<str>,
        name: Option<&Arc<Name>>,
        new: &mut Vec<TextNumber>,
    ) -> TextNumber {
        let number = self.find(text, name.is_some()).unwrap_or_else(|| {
            let number = self.add(Text { text: Arc::clone(text), name: name.cloned(), uses: 0 });
            new.push(number);
            number
        });
        if let Some(text) = self.texts.get_mut(number) {
            text.uses += 1;
        }
        number
    }

    fn find(&self, text: &str, is_name: bool) -> Option<TextNumber> {
        let is_it = |other: &Text| *other.text == *text && other.name.is_some() == is_name;
        let is_it = |number: &TextNumber| self.texts.get(*number).is_some_and(is_it);
        self.by_text.find(self.hasher.hash_one(text), is_it).copied()
    }

    fn add(&mut self, text: Text) -> TextNumber {
        let hash = self.hasher.hash_one(&*text.text);
        let number = self.texts.insert(text);
        let (texts, hasher) = (&self.texts, &self.hasher);
        let hash_of =
            |other: &TextNumber| texts.get(*other).map_or(0, |other| hasher.hash_one(&*other.text));
        self.by_text.insert_unique(hash, number, hash_of);
        number
    }

    /// Indexes texts that are new. Until then none may lose a use: a word that is taken out gives
    /// its number away.
    pub(super) fn index_all(&mut self, new: &[TextNumber], synonyms: &Synonyms) {
        let (mut words, mut pairs) = (Vec::new(), Vec::new());
        for number in new {
            let Some(text) = self.texts.get(*number) else { continue };
            let found_by = TextWords::new(text, synonyms);
            words.extend(found_by.found_by().map(|word| (self.words.number(*word), *number)));
            pairs.extend(found_by.pairs().map(|pair| (self.pairs.number(pair), *number)));
            for word in found_by.written {
                *self.written.entry(word).or_default() += 1;
            }
        }
        self.words.insert_all(words);
        self.pairs.insert_all(pairs);
    }

    /// Takes a use from a text, and with the last one the text out.
    pub(super) fn release(&mut self, number: TextNumber, synonyms: &Synonyms) {
        if let Some(text) = self.texts.get_mut(number) {
            text.uses -= 1;
            if text.uses == 0 {
                self.take_out(number, synonyms);
            }
        }
    }

    fn take_out(&mut self, number: TextNumber, synonyms: &Synonyms) {
        let Some(text) = self.texts.remove(number) else {
            return;
        };
        let hash = self.hasher.hash_one(&*text.text);
        if let Ok(entry) = self.by_text.find_entry(hash, |it| *it == number) {
            entry.remove();
        }
        let found_by = TextWords::new(&text, synonyms);
        found_by.found_by().for_each(|word| self.words.remove(word, number));
        found_by.pairs().for_each(|pair| self.pairs.remove(&pair, number));
        found_by.written.into_iter().for_each(|word| self.forget_written(word));
    }

    fn forget_written(&mut self, word: Letters) {
        if let Entry::Occupied(mut count) = self.written.entry(word) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }

    /// What share of words a text has as they are written, in basis points; without regard to
    /// accents if the words have none.
    pub(super) fn share_of(&self, words: &[String], number: TextNumber) -> u32 {
        let Some(text) = self.texts.get(number) else { return 0 };
        let mut written = spelled(&text.text);
        if !has_accents(words) {
            written.iter_mut().for_each(|word| *word = fold(word));
        }
        let found = words.iter().filter(|word| written.contains(word)).count();
        (found * usize::from(EXACT) / words.len().max(1)) as u32
    }

    /// The name of a text that is one.
    pub(super) fn name(&self, number: TextNumber) -> Option<&Name> {
        self.texts.get(number)?.name.as_deref()
    }

    /// One more than the greatest number ever given.
    pub(super) fn bound(&self) -> usize {
        self.texts.bound()
    }

    /// Whether a text has a word with these letters, whatever its accents.
    pub(super) fn has_written(&self, word: &str) -> bool {
        self.written.contains_key(&letters(word))
    }

    /// The words like this one: how like, 1..=10000, and the texts that have them.
    pub(super) fn similar(&self, word: &Word) -> impl Iterator<Item = (u16, &[TextNumber])> {
        let terms = self.words.terms().iter();
        let similar = terms.map(|term| (similarity(word, &term.word), term.postings.as_slice()));
        similar.filter(|(likeness, _)| *likeness > 0)
    }

    /// The words that begin with this one, as [`Self::similar`].
    pub(super) fn begun_by(&self, word: &Word) -> impl Iterator<Item = (u16, &[TextNumber])> {
        let terms = self.words.terms().iter();
        let begun = terms.map(|term| (word.beginning_of(&term.word), term.postings.as_slice()));
        begun.filter(|(likeness, _)| *likeness > 0)
    }

    /// The texts in which two words stand side by side, whatever their accents.
    pub(super) fn with_pair(&self, words: &[Word; 2]) -> &[TextNumber] {
        self.pairs.postings(&Word::glue(words).padded_letters())
    }

    /// The texts in which the first word stands beside one that begins with the second.
    pub(super) fn with_begun_pair(&self, words: &[Word; 2]) -> Vec<TextNumber> {
        let glued = Word::glue(words);
        let begun = |pair: &&Term<Letters, TextNumber>| pair.word.starts_with(glued.letters());
        let pairs = self.pairs.terms().iter().filter(begun);
        pairs.flat_map(|pair| pair.postings.as_slice()).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_until_its_last_use_is_released_and_leaves_nothing() {
        let (synonyms, mut texts, mut new) = (Synonyms::default(), Texts::default(), Vec::new());
        let text = Arc::from("Kẹo dừa");
        let name = Arc::new(Name::new(&text, &synonyms));
        let uses = [None, Some(&name), None].map(|name| texts.number(&text, name, &mut new));
        texts.index_all(&new, &synonyms);
        assert!(uses[0] == uses[2] && uses[0] != uses[1], "a name has other words");
        assert_eq!(new, uses[..2]);
        texts.release(uses[0], &synonyms);
        texts.release(uses[1], &synonyms);
        let pair = ["kẹo", "dừa"].map(|word| Word::new(word, true));
        assert_eq!((texts.with_pair(&pair), texts.has_written("keo")), (&uses[2..], true));
        texts.release(uses[2], &synonyms);
        assert!(texts.words.terms().is_empty() && texts.pairs.terms().is_empty());
        assert!(texts.by_text.is_empty() && texts.written.is_empty());
    }
}
