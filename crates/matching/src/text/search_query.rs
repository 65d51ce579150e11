//! What the text of a search means: the stars it asks for, and the ways to read its words.
//!
//! Knows the letters of the indexed words; must not know documents or scores.

use super::fold::fold;
use super::lexicon::{ASKING, FILLING, FILLING_WORDS, Phrases, SEARCHING};
use super::relevance::{Reading, canonical_query, decode_all, has_accents, spelled, split};
use super::syllable::decode_keys;
use super::synonyms::Synonyms;
use std::cell::RefCell;
use std::collections::HashMap;

const MAX_READINGS: usize = 12;
const MAX_PIECES: usize = 6;
const MAX_SPLITS: usize = 4;
/// A word of so many letters is often the beginning of another.
const SHORT_LETTERS: usize = 3;
const BEGUN_PERCENT: u32 = 95;
const MAX_JOINED: usize = 4;
const MIN_JOINED_LETTERS: usize = 4;
/// A reading counts less, in percent, that replaced an ambiguous word, left a word as it is which
/// another explains, or cut one into pieces of which one is no word.
const LOOSE_PERCENT: u32 = 85;
/// A reading that left out a word which may be none of the fillers counts a little less.
const WITHOUT_WORDS_PERCENT: u32 = 97;
const PLAIN_PERCENT: u32 = 100;

/// A search as understood.
pub(super) struct SearchQuery {
    /// Stars asked for ("4 sao").
    pub(super) stars: Stars,
    /// Ways to read the words, each with the percentage that it counts.
    pub(super) readings: Vec<(Reading, u32)>,
    /// The same for a text whose last word may be the beginning of one.
    pub(super) begun: Option<(Reading, u32)>,
    /// The words as they were typed, where others say the same as some of them.
    pub(super) typed: Vec<Vec<String>>,
    /// Whether there is no word to look for ("4 sao", "sản phẩm ocop"), so that everything will do.
    pub(super) is_open: bool,
}

impl SearchQuery {
    /// Reads a text; `is_known` tells whether folded letters are a word of the index.
    pub(super) fn new(text: &str, synonyms: &Synonyms, is_known: &dyn Fn(&str) -> bool) -> Self {
        let is_known = &remembered(is_known);
        let text = name_stars(text);
        let typed = spelled(&text);
        let apart: Vec<String> =
            typed.iter().flat_map(|word| numbers_apart(word, is_known)).collect();
        let mut spellings = Spellings::default();
        let (mut stars, mut is_open) = (Stars::default(), text.trim().is_empty());
        let mut literal = Vec::new();
        for words in [typed, decode_all(&text), apart] {
            let (asked, words) = take_stars(words);
            stars = if stars.are_open() { asked } else { stars };
            let wanted = without(&words, &SEARCHING);
            let is_bare = wanted.is_empty() || !stars.are_open() && is_filling(&wanted);
            is_open |= is_bare && !(words.is_empty() && stars.are_open());
            if !literal.contains(&wanted) && synonyms.have_others(&wanted) {
                literal.push(wanted.clone());
            }
            spellings.add_variants(wanted, synonyms, is_known);
        }
        if is_open {
            return Self { stars, readings: Vec::new(), begun: None, typed: Vec::new(), is_open };
        }
        for at in 0..spellings.list.len() {
            let (words, percent) = spellings.list[at].clone();
            if percent < PLAIN_PERCENT {
                continue;
            }
            let before = unknown(&words, is_known);
            for variant in respaced(&words, is_known) {
                let canonical = canonical_query(&variant, synonyms);
                let left = unknown(&variant, is_known);
                let is_guess = left > 0 && left >= before;
                let percent = if is_guess { LOOSE_PERCENT } else { PLAIN_PERCENT };
                spellings.add(variant, percent);
                spellings.add(canonical, percent);
            }
        }
        let readings = spellings.list.iter().flat_map(|(words, percent)| readings(words, *percent));
        let (readings, begun) = (readings.collect(), begun(&text, is_known));
        Self { stars, readings, begun, typed: literal, is_open }
    }
}

/// The same answers, each worked out once: the pieces of a long word are asked for many times.
fn remembered(is_known: &dyn Fn(&str) -> bool) -> impl Fn(&str) -> bool {
    let answers = RefCell::new(HashMap::new());
    move |letters| {
        if let Some(answer) = answers.borrow().get(letters) {
            return *answer;
        }
        let answer = is_known(letters);
        answers.borrow_mut().insert(letters.to_owned(), answer);
        answer
    }
}

/// The words of a text that is still being typed: its last word is short, or none that is known.
fn begun(text: &str, is_known: &dyn Fn(&str) -> bool) -> Option<(Reading, u32)> {
    let words = without(&spelled(text), &SEARCHING);
    let last = words.last().filter(|_| text.ends_with(char::is_alphabetic))?;
    let letters = fold(last);
    let is_keys = decode_keys(last).is_some();
    let may_go_on = !is_keys && (letters.len() <= SHORT_LETTERS || !is_known(&letters));
    may_go_on.then(|| (Reading::level(&words, &[&ASKING, &FILLING]), BEGUN_PERCENT))
}

/// "5*" is "5 sao".
fn name_stars(text: &str) -> String {
    let mut named = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter == '*' && named.trim_end().ends_with(is_digit) {
            named.push_str(" sao ");
        } else {
            named.push(letter);
        }
    }
    named
}

/// The words but for phrases.
fn without(words: &[String], phrases: &Phrases) -> Vec<String> {
    let (accented, mut kept, mut at) = (has_accents(words), Vec::new(), 0);
    while at < words.len() {
        match phrases.length_at(&words[at..], accented) {
            0 => {
                kept.push(words[at].clone());
                at += 1;
            }
            length => at += length,
        }
    }
    kept
}

/// Whether words say nothing about a product.
fn is_filling(words: &[String]) -> bool {
    let phrases: [&Phrases; 3] = [&ASKING, &FILLING, &FILLING_WORDS];
    phrases.iter().fold(words.to_vec(), |words, phrases| without(&words, phrases)).is_empty()
}

/// The words without fillers. A single filler without accents may be another word ("tìm", "tím"),
/// so that it is left in first.
fn readings(words: &[String], percent: u32) -> Vec<(Reading, u32)> {
    let without_phrases = Reading::level(words, &[&ASKING, &FILLING]);
    let without_words = Reading::level(words, &[&ASKING, &FILLING, &FILLING_WORDS]);
    if has_accents(words) || without_words == without_phrases {
        return vec![(without_words, percent)];
    }
    vec![(without_phrases, percent), (without_words, percent * WITHOUT_WORDS_PERCENT / 100)]
}

/// How many words are none of the index.
fn unknown(words: &[String], is_known: &dyn Fn(&str) -> bool) -> usize {
    words.iter().filter(|word| !is_known(&fold(word))).count()
}

#[derive(Default)]
struct Spellings {
    list: Vec<(Vec<String>, u32)>,
}

impl Spellings {
    fn add(&mut self, words: Vec<String>, percent: u32) {
        let is_new = self.list.iter().all(|(each, _)| *each != words);
        if is_new && !words.is_empty() && self.list.len() < MAX_READINGS {
            self.list.push((words, percent));
        }
    }

    fn add_variants(
        &mut self,
        words: Vec<String>,
        synonyms: &Synonyms,
        is_known: &dyn Fn(&str) -> bool,
    ) {
        let canonical = canonical_query(&words, synonyms);
        let same: fn(&str, &str) -> bool =
            if has_accents(&words) { |a, b| a == b } else { |a, b| fold(a) == fold(b) };
        let plain = !has_accents(&words);
        let loose = synonyms.loose(&words, same);
        let is_explained = unknown(&words, is_known) > unknown(&canonical, is_known);
        self.add(words, if is_explained { LOOSE_PERCENT } else { PLAIN_PERCENT });
        self.add(canonical, PLAIN_PERCENT);
        for variant in loose {
            let variant = if plain { split(&fold(&variant.join(" "))) } else { variant };
            self.add(variant, LOOSE_PERCENT);
        }
    }
}

/// Takes "4 sao", "sao 4", "bốn sao" or "4-5 sao" out of the words, if stars are asked for.
fn take_stars(mut words: Vec<String>) -> (Stars, Vec<String>) {
    let folded: Vec<String> = words.iter().map(|word| fold(word)).collect();
    let star = |at: usize| words.get(at).and_then(|word| star_count(word));
    let is_digits = |at: &usize| star(*at).is_some() && words[*at].ends_with(is_digit);
    let Some((sao, first)) = (0..words.len()).filter(|at| words[*at] == "sao").find_map(|at| {
        let before = at.checked_sub(1).filter(|at| star(*at).is_some());
        before.or_else(|| Some(at + 1).filter(is_digits)).map(|first| (at, first))
    }) else {
        return (Stars::default(), words);
    };
    let (mut start, mut stars) = (first.min(sao), Stars::default());
    stars.add(star(first));
    // "4-5 sao", "4 hoặc 5 sao".
    while let Some(at) = start.checked_sub(1) {
        let at = if OR.contains(&folded[at].as_str()) { at.saturating_sub(1) } else { at };
        let Some(more) = star(at).filter(|_| first < sao) else { break };
        stars.add(Some(more));
        start = at;
    }
    let is_potential = start >= 2 && folded[start - 2..start] == ["tiem", "nang"];
    if is_potential {
        (stars, start) = (Stars::of(POTENTIAL_FIVE), start - 2);
    }
    words.drain(start..=first.max(sao));
    (stars, words)
}

const OR: [&str; 6] = ["hoac", "hay", "den", "toi", "va", "or"];
/// Who has the potential of five stars has four.
const POTENTIAL_FIVE: u8 = 4;

/// Numbers of stars, of which any will do; none if nothing was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stars(u8);

impl Stars {
    fn of(stars: u8) -> Self {
        Self(1 << stars)
    }

    fn add(&mut self, stars: Option<u8>) {
        self.0 |= stars.map_or(0, |stars| Self::of(stars).0);
    }

    /// Whether any number will do.
    pub(super) fn are_open(self) -> bool {
        self.0 == 0
    }

    /// Whether a product with so many is asked for.
    pub(super) fn take(self, stars: Option<u8>) -> bool {
        self.are_open() || stars.is_some_and(|stars| self.0 & Self::of(stars).0 != 0)
    }
}

/// The number that a word, typed with its accents or without, says: "nấm" is no "năm".
fn star_count(word: &str) -> Option<u8> {
    match word {
        "3" | "ba" => Some(3),
        "4" | "bốn" | "bon" => Some(4),
        "5" | "năm" | "nam" => Some(5),
        _ => None,
    }
}

/// A word cut between its digits and its letters ("40do" is "40 do"), unless a VNI keyboard typed
/// it ("dua72"), or it is known and the pieces are not.
fn numbers_apart(word: &str, is_known: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for letter in word.chars() {
        match pieces.last_mut() {
            Some(last) if last.ends_with(is_digit) == is_digit(letter) => last.push(letter),
            _ => pieces.push(letter.to_string()),
        }
    }
    let are_known = || pieces.iter().all(|piece| is_known(&fold(piece)));
    let is_one_word = decode_keys(word).is_some() || is_known(&fold(word)) && !are_known();
    if is_one_word { vec![word.to_owned()] } else { pieces }
}

const fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit()
}

/// The words with those that are not known split into known ones, and neighbours that are known
/// when joined written together.
fn respaced(words: &[String], is_known: &dyn Fn(&str) -> bool) -> Vec<Vec<String>> {
    let mut out: Vec<Vec<String>> = joined(words, is_known).into_iter().collect();
    let splits: Vec<Vec<Vec<String>>> =
        words.iter().map(|word| splits(&fold(word), is_known)).collect();
    let most = splits.iter().map(Vec::len).max().unwrap_or(0);
    for choice in 0..most {
        let pieces = words.iter().zip(&splits).flat_map(|(word, splits)| {
            let chosen = splits.get(choice.min(splits.len().saturating_sub(1)));
            chosen.cloned().unwrap_or_else(|| vec![word.clone()])
        });
        out.push(pieces.collect());
    }
    out
}

/// Neighbours that are one known word when written together, as many as there can be.
fn joined(words: &[String], is_known: &dyn Fn(&str) -> bool) -> Option<Vec<String>> {
    let spans = (2..=MAX_JOINED.min(words.len())).rev();
    let spans = spans.flat_map(|len| (0..=words.len() - len).map(move |at| (at, len)));
    let (at, len) = spans.into_iter().find(|(at, len)| is_one(&words[*at..at + len], is_known))?;
    let together = vec![words[at..at + len].concat()];
    Some([&words[..at], &together, &words[at + len..]].concat())
}

fn is_one(words: &[String], is_known: &dyn Fn(&str) -> bool) -> bool {
    let folded = fold(&words.concat());
    let meet = |pair: &[String]| pair[0].ends_with(is_digit) != pair[1].starts_with(is_digit);
    (folded.len() >= MIN_JOINED_LETTERS || words.windows(2).any(meet)) && is_known(&folded)
}

/// The ways to cut unknown letters into known words, fewest first; when there is none, those that
/// leave the shortest piece unknown.
fn splits(letters: &str, is_known: &dyn Fn(&str) -> bool) -> Vec<Vec<String>> {
    const LETTERS: std::ops::RangeInclusive<usize> = 5..=40;
    if !LETTERS.contains(&letters.len()) || !letters.is_ascii() || is_known(letters) {
        return Vec::new();
    }
    let mut cuts = Cuts { is_known, done: HashMap::new() };
    let mut best = |unknown| {
        let all = (2..=MAX_PIECES).flat_map(|pieces| cuts.best(letters, pieces, unknown));
        first_cuts(all.collect())
    };
    let found = Some(best(0)).filter(|found| !found.is_empty()).unwrap_or_else(|| best(1));
    found.into_iter().map(|(_, pieces)| pieces.into_iter().map(str::to_owned).collect()).collect()
}

/// How many letters of a cut are in no known word, and its pieces.
type Cut<'a> = (usize, Vec<&'a str>);

/// The few cuts with the fewest unknown letters.
fn first_cuts(mut cuts: Vec<Cut<'_>>) -> Vec<Cut<'_>> {
    cuts.sort_by_key(|cut| cut.0);
    cuts.truncate(MAX_SPLITS);
    cuts
}

/// The best cuts of the ends of a word, each worked out once.
struct Cuts<'a> {
    is_known: &'a dyn Fn(&str) -> bool,
    /// By letters, number of pieces and how many of them may be unknown.
    done: HashMap<(&'a str, usize, usize), Vec<Cut<'a>>>,
}

impl<'a> Cuts<'a> {
    fn best(&mut self, letters: &'a str, pieces: usize, unknown: usize) -> Vec<Cut<'a>> {
        let key = (letters, pieces, unknown);
        if let Some(done) = self.done.get(&key) {
            return done.clone();
        }
        let found = first_cuts(self.all(letters, pieces, unknown));
        self.done.insert(key, found.clone());
        found
    }

    fn all(&mut self, letters: &'a str, pieces: usize, unknown: usize) -> Vec<Cut<'a>> {
        if pieces == 1 {
            let whole = self.unknown_letters(letters, unknown);
            return whole.map(|letters_of| (letters_of, vec![letters])).into_iter().collect();
        }
        let mut found = Vec::new();
        for (first, rest) in (1..letters.len()).map(|end| letters.split_at(end)) {
            let Some(spent) = self.unknown_letters(first, unknown) else { continue };
            for (more, tail) in self.best(rest, pieces - 1, unknown - spent.min(1)) {
                found.push((spent + more, [vec![first], tail].concat()));
            }
        }
        found
    }

    /// How many letters of a piece are unknown, all or none; nothing if it cannot be a piece.
    fn unknown_letters(&self, piece: &str, unknown: usize) -> Option<usize> {
        let is_piece = piece.len() >= 2 || piece.bytes().all(|byte| byte.is_ascii_digit());
        let letters = if (self.is_known)(piece) { 0 } else { piece.len() };
        (is_piece && (unknown > 0 || letters == 0)).then_some(letters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_long_word_of_many_cuts_is_cut_in_few_steps() {
        let asked = Cell::new(0);
        let is_known = |letters: &str| {
            asked.set(asked.get() + 1);
            ["an", "anh", "nh", "ha", "hanh"].contains(&letters)
        };
        let letters = "anh".repeat(13);
        let cuts = splits(&letters, &is_known);
        let is_whole = |cut: &Vec<String>| cut.concat() == letters && cut.len() <= MAX_PIECES;
        assert!(cuts.len() == MAX_SPLITS && cuts.iter().all(is_whole), "{cuts:?}");
        assert!(asked.get() < 10_000, "{}", asked.get());
        let text = [letters.as_str(); 4].join(" ");
        asked.set(0);
        SearchQuery::new(&text, &Synonyms::default(), &is_known);
        assert!(asked.get() < 1_000, "{}", asked.get());
    }
}
