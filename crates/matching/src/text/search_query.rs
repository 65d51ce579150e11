//! What the text of a search means: the stars it asks for, and the ways to read its words.
//!
//! Knows the letters of the indexed words; must not know documents or scores.

use super::fold::{fold, normalize};
use super::lexicon::{ASKING, FILLING, FILLING_WORDS};
use super::relevance::{Reading, canonical_query, decode_all, has_accents, split};
use super::syllable::decode_keys;
use super::synonyms::Synonyms;

const MAX_READINGS: usize = 12;
const MAX_PIECES: usize = 6;
const MAX_SPLITS: usize = 4;
/// A reading that replaced an ambiguous word counts less, in percent.
const LOOSE_PERCENT: u32 = 85;
/// A reading that left out a word which may be none of the fillers counts a little less.
const WITHOUT_WORDS_PERCENT: u32 = 97;
const PLAIN_PERCENT: u32 = 100;

/// A search as understood.
pub(super) struct SearchQuery {
    /// Stars asked for ("4 sao").
    pub(super) stars: Option<u8>,
    /// Ways to read the words, each with the percentage that it counts; none for "4 sao" alone.
    pub(super) readings: Vec<(Reading, u32)>,
}

impl SearchQuery {
    /// Reads a text; `is_known` tells whether folded letters are a word of the index.
    pub(super) fn new(text: &str, synonyms: &Synonyms, is_known: &dyn Fn(&str) -> bool) -> Self {
        let text = text.replace('*', " sao ");
        let (stars, typed) = take_stars(split(&normalize(&text)));
        let (_, decoded) = take_stars(decode_all(&text));
        let numbers_apart = typed.iter().flat_map(|word| numbers_apart(word, is_known)).collect();
        let mut spellings = Spellings::default();
        for words in [typed, decoded, numbers_apart] {
            spellings.add_variants(words, synonyms);
        }
        for at in 0..spellings.list.len() {
            let (words, percent) = spellings.list[at].clone();
            if percent < PLAIN_PERCENT {
                continue;
            }
            for variant in respaced(&words, is_known) {
                let canonical = canonical_query(&variant, synonyms);
                spellings.add(variant, PLAIN_PERCENT);
                spellings.add(canonical, PLAIN_PERCENT);
            }
        }
        let readings = spellings.list.iter().flat_map(|(words, percent)| readings(words, *percent));
        Self { stars, readings: readings.collect() }
    }
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

    fn add_variants(&mut self, words: Vec<String>, synonyms: &Synonyms) {
        let canonical = canonical_query(&words, synonyms);
        let same: fn(&str, &str) -> bool =
            if has_accents(&words) { |a, b| a == b } else { |a, b| fold(a) == fold(b) };
        let plain = !has_accents(&words);
        let loose = synonyms.loose(&words, same);
        self.add(words, PLAIN_PERCENT);
        self.add(canonical, PLAIN_PERCENT);
        for variant in loose {
            let variant = if plain { split(&fold(&variant.join(" "))) } else { variant };
            self.add(variant, LOOSE_PERCENT);
        }
    }
}

/// Takes "4 sao", "sao 4" or "bốn sao" out of the words.
fn take_stars(mut words: Vec<String>) -> (Option<u8>, Vec<String>) {
    let folded: Vec<String> = words.iter().map(|word| fold(word)).collect();
    let star = |at: usize| folded.get(at).and_then(|word| star_count(word));
    let is_sao = |at: usize| folded[at] == "sao";
    let found = (0..folded.len()).filter(|at| is_sao(*at)).find_map(|at| {
        let before = at.checked_sub(1).and_then(star).map(|stars| (at - 1, stars));
        before.or_else(|| star(at + 1).map(|stars| (at, stars)))
    });
    if let Some((at, _)) = found {
        words.drain(at..at + 2);
    }
    (found.map(|(_, stars)| stars), words)
}

fn star_count(word: &str) -> Option<u8> {
    match word {
        "3" | "ba" => Some(3),
        "4" | "bon" => Some(4),
        "5" | "nam" => Some(5),
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

fn joined(words: &[String], is_known: &dyn Fn(&str) -> bool) -> Option<Vec<String>> {
    let at = words.windows(2).position(|pair| {
        let folded = fold(&pair.concat());
        let has_number = pair[0].ends_with(is_digit) != pair[1].starts_with(is_digit);
        (has_number || folded.len() >= 4) && is_known(&folded)
    })?;
    let together = vec![words[at..at + 2].concat()];
    Some([&words[..at], &together, &words[at + 2..]].concat())
}

/// The ways to cut unknown letters into known words, fewest first; when there is none, those that
/// leave the shortest piece unknown.
fn splits(letters: &str, is_known: &dyn Fn(&str) -> bool) -> Vec<Vec<String>> {
    const LETTERS: std::ops::RangeInclusive<usize> = 5..=40;
    if !LETTERS.contains(&letters.len()) || !letters.is_ascii() || is_known(letters) {
        return Vec::new();
    }
    for unknown in [0, 1] {
        let mut found = Vec::new();
        for pieces in 2..=MAX_PIECES {
            cut(letters, pieces, unknown, is_known, &mut found);
        }
        let unknown_letters = |pieces: &Vec<String>| {
            pieces.iter().find(|piece| !is_known(piece)).map_or(0, String::len)
        };
        found.sort_by_key(|pieces| (unknown_letters(pieces), pieces.len()));
        found.truncate(MAX_SPLITS);
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// Collects the cuts of letters into so many pieces with at most so many unknown ones.
fn cut(
    letters: &str,
    pieces: usize,
    unknown: usize,
    is_known: &dyn Fn(&str) -> bool,
    found: &mut Vec<Vec<String>>,
) {
    let is_piece = |piece: &str| piece.len() >= 2 || piece.bytes().all(|b| b.is_ascii_digit());
    for end in 1..letters.len() {
        let (first, rest) = letters.split_at(end);
        let spent = usize::from(!is_known(first));
        if spent > unknown || !is_piece(first) {
            continue;
        }
        let mut tails = Vec::new();
        if pieces > 2 {
            cut(rest, pieces - 1, unknown - spent, is_known, &mut tails);
        } else if is_piece(rest) && usize::from(!is_known(rest)) <= unknown - spent {
            tails.push(vec![rest.to_owned()]);
        }
        let whole = tails.into_iter().map(|tail| [vec![first.to_owned()], tail].concat());
        found.extend(whole);
    }
}
