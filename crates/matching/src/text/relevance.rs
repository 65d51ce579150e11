//! Text relevance: how well a product name answers the text of a demand, in basis points.
//!
//! Pure and integer. Knows one query and one name; must not know the market, its counts or order.
//!
//! # The formula
//!
//! A query has up to four *readings*: the words as typed, telex or VNI slips decoded, and both
//! with the unambiguous synonyms replaced. A name has one, with its synonyms replaced. The
//! relevance is the best over the readings of
//!
//! 1. **weights** w of the query's words: content words weigh 10, 10, 10, 8, 6, then 4 each, in
//!    their order (a Vietnamese name starts with what the thing is); numbers 3; qualifiers
//!    ("hữu cơ", "tươi") 1; fillers ("cho siêu thị") and measures ("250 ml") 0;
//! 2. **likeness** s of each query word: its most similar word of the name, 0..=10000
//!    (accents, confusions of sound, slips), or words run together and apart;
//! 3. **coverage** C = ⌊Σ w·s / Σ w⌋; when the name says that it is another kind of product than
//!    the one asked for ("Rượu gạo" for "gạo"), names it only as an ingredient ("vị mật ong"), or
//!    has the two content words of a query in the other order ("Cao cà gai leo" for "ca cao"),
//!    C is 68 % of that;
//! 4. below the gate of 7000, relevance = ⌊C · 2999 / 6999⌋; from the gate on it is
//!    3000 + ⌊7000 · Q / 10000⌋ with Q = ⌊(55·(C − 7000)·10/3 + 15·A + 20·P + 10·H) / 100⌋:
//!    A the share of neighbours in the query that are neighbours in the name, P the share of the
//!    name's words that were asked for, H how near its start the name begins to match.
//!
//! A demand is eligible from [`ELIGIBLE`] on, so eligibility is exactly C ≥ 7000.

use super::fold::cased_words;
use super::lexicon::{
    CALLED, FILLING, FILLING_WORDS, INGREDIENT_MARKERS, KINDS, NAMED, Phrases, QUALIFYING,
    SEARCH_QUALIFYING, is_package, is_unit, measure,
};
use super::syllable::decode_keys;
use super::synonyms::Synonyms;
use super::word::{EXACT, Word, can_be_glued, glued_similarity, similarity};

/// The relevance of a name that is the query, word for word.
pub const FULL: u16 = 10_000;
/// The least relevance at which a product answers the text of a demand.
pub const ELIGIBLE: u16 = 3_000;
/// The least coverage of an eligible name.
pub(super) const GATE: u32 = 7_000;
/// Words of a text that count; the rest is not compared.
pub const MAX_WORDS: usize = 24;

const CONTENT_WEIGHTS: [u16; 6] = [10, 10, 10, 8, 6, 4];
const NUMBER_WEIGHT: u16 = 3;
const QUALIFIER_WEIGHT: u16 = 1;
const OTHER_KIND_PERCENT: u32 = 68;
/// Likeness from which a query word counts as found at its place in the name.
const FOUND: u16 = 5_000;
/// A name of so many words without one accent was typed without them.
const UNACCENTED_WORDS: usize = 3;
const MAX_GLUED_WORDS: usize = 4;

/// A word of a query and how much it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QueryWord {
    pub(super) word: Word,
    pub(super) weight: u16,
}

/// One way to read a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) words: Box<[QueryWord]>,
    pub(super) total_weight: u32,
    accented: bool,
}

/// The text of a demand or of a search, prepared once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    readings: Box<[Reading]>,
}

/// The name of a product, prepared once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    words: Box<[Word]>,
    letter_set: u32,
    /// First word and number of words of what the product is, when the lexicon knows it.
    kind: Option<(u8, u8)>,
    /// First word that names an ingredient, a taste or a process.
    ingredients: u8,
}

impl Query {
    /// Prepares a text; one without a letter or digit has relevance 0 to every name.
    #[must_use]
    pub fn new(text: &str, synonyms: &Synonyms) -> Self {
        let typed = spelled(text);
        let decoded = decode_all(text);
        let mut spellings: Vec<Vec<String>> = Vec::new();
        for words in [typed, decoded] {
            let canonical = canonical_query(&words, synonyms);
            for spelling in [words, canonical] {
                if !spelling.is_empty() && !spellings.contains(&spelling) {
                    spellings.push(spelling);
                }
            }
        }
        Self { readings: spellings.iter().map(|words| Reading::new(words)).collect() }
    }

    pub(super) fn readings(&self) -> &[Reading] {
        &self.readings
    }
}

impl Name {
    /// Prepares a name.
    #[must_use]
    pub fn new(text: &str, synonyms: &Synonyms) -> Self {
        let mut spelled = canonical_name(text, synonyms);
        spelled.truncate(MAX_WORDS);
        let known = spelled.len() < UNACCENTED_WORDS || has_accents(&spelled);
        let words: Box<[Word]> = spelled.iter().map(|word| Word::new(word, known)).collect();
        let letter_set = words.iter().fold(0, |set, word| set | word.letter_set());
        let marker = spelled.iter().skip(1).position(|word| is_marker(word));
        let ingredients = marker.map_or(spelled.len(), |at| at + 1) as u8;
        Self { kind: find_kind(&spelled), ingredients, letter_set, words }
    }

    pub(super) fn words(&self) -> &[Word] {
        &self.words
    }

    pub(super) fn letter_set(&self) -> u32 {
        self.letter_set
    }
}

impl Reading {
    fn new(spelled: &[String]) -> Self {
        let fillers: [&Phrases; 2] = [&FILLING, &FILLING_WORDS];
        let qualifiers: [&Phrases; 1] = [&QUALIFYING];
        let marks = (&fillers[..], &qualifiers[..]);
        Self::weighted(spelled, |spelled| weights(spelled, &CONTENT_WEIGHTS, marks))
    }

    /// A reading for search: every content word weighs the same, wherever it stands.
    pub(super) fn level(spelled: &[String], fillers: &[&Phrases]) -> Self {
        let qualifiers: [&Phrases; 2] = [&QUALIFYING, &SEARCH_QUALIFYING];
        let marks = (fillers, &qualifiers[..]);
        Self::weighted(spelled, |spelled| weights(spelled, &CONTENT_WEIGHTS[..1], marks))
    }

    pub(super) fn plain_words(&self) -> Vec<Word> {
        self.words.iter().map(|query| query.word).collect()
    }

    fn weighted(spelled: &[String], weigh: impl Fn(&[String]) -> Vec<u16>) -> Self {
        let spelled = &spelled[..spelled.len().min(MAX_WORDS)];
        let known = has_accents(spelled);
        let weights = weigh(spelled);
        let words: Box<[QueryWord]> = spelled
            .iter()
            .zip(weights)
            .filter(|(_, weight)| *weight > 0)
            .map(|(word, weight)| QueryWord { word: Word::new(word, known), weight })
            .collect();
        let total_weight = words.iter().map(|word| u32::from(word.weight)).sum();
        Self { words, total_weight, accented: known }
    }
}

/// How well a name answers a query, 0..=10000; see the module for the formula.
#[must_use]
pub fn relevance(query: &Query, name: &Name) -> u16 {
    query.readings.iter().map(|reading| reading_relevance(reading, name)).max().unwrap_or(0)
}

/// The relevance of a name to one reading of a query.
pub(super) fn reading_relevance(reading: &Reading, name: &Name) -> u16 {
    if reading.words.is_empty() || name.words.is_empty() {
        return 0;
    }
    let alignment = Alignment::new(reading, name);
    let coverage = alignment.coverage(reading, name);
    if coverage < GATE {
        return (coverage * u32::from(ELIGIBLE - 1) / (GATE - 1)) as u16;
    }
    let above = (coverage - GATE) * 10 / 3;
    let (order, asked, start) = alignment.shape(name);
    let quality = (55 * above + 15 * order + 20 * asked + 10 * start) / 100;
    ELIGIBLE + (u32::from(FULL - ELIGIBLE) * quality / u32::from(FULL)) as u16
}

/// How a reading lies in a name: order, share of the name asked for and nearness of its start,
/// each 0..=10000.
pub(super) fn shape(reading: &Reading, name: &Name) -> (u32, u32, u32) {
    Alignment::new(reading, name).shape(name)
}

/// Where and how well each word of a reading is found in a name.
struct Alignment {
    /// Per query word: likeness, and the first and last word of the name that it is like.
    found: [(u16, u8, u8); MAX_WORDS],
    len: usize,
}

impl Alignment {
    fn new(reading: &Reading, name: &Name) -> Self {
        let mut alignment = Self { found: [(0, 0, 0); MAX_WORDS], len: reading.words.len() };
        for (at, query) in reading.words.iter().enumerate() {
            for (place, word) in name.words.iter().enumerate() {
                alignment.offer(at, similarity(&query.word, word), (place, place));
            }
        }
        alignment.match_run_together(reading, name);
        alignment.match_written_apart(reading, name);
        alignment
    }

    fn offer(&mut self, at: usize, similarity: u16, (first, last): (usize, usize)) {
        if similarity > self.found[at].0 {
            self.found[at] = (similarity, first as u8, last as u8);
        }
    }

    /// "duasap" in the query, "dừa sáp" in the name.
    fn match_run_together(&mut self, reading: &Reading, name: &Name) {
        for (at, query) in reading.words.iter().enumerate() {
            if query.word.is_gluable() {
                for (first, last, likeness) in glued_in(&query.word, &name.words) {
                    self.offer(at, likeness, (first, last));
                }
            }
        }
    }

    /// "soko farm" in the query, "Sokofarm" in the name.
    fn match_written_apart(&mut self, reading: &Reading, name: &Name) {
        for (place, word) in name.words.iter().enumerate().filter(|(_, word)| word.is_gluable()) {
            for (first, last, likeness) in glued_in(word, &reading.plain_words()) {
                for at in first..=last {
                    self.offer(at, likeness, (place, place));
                }
            }
        }
    }

    fn coverage(&self, reading: &Reading, name: &Name) -> u32 {
        let sum: u32 = (reading.words.iter().zip(&self.found))
            .map(|(query, found)| u32::from(query.weight) * u32::from(found.0))
            .sum();
        let coverage = sum / reading.total_weight;
        if self.is_other_kind(reading, name) {
            coverage * OTHER_KIND_PERCENT / 100
        } else {
            coverage
        }
    }

    /// Places of the name that the query asked for, as bits.
    fn places(&self) -> u32 {
        self.found[..self.len].iter().filter(|found| found.0 >= FOUND).fold(0, |places, found| {
            (found.1..=found.2).fold(places, |places, place| places | 1 << place)
        })
    }

    fn is_other_kind(&self, reading: &Reading, name: &Name) -> bool {
        if self.is_reversed(reading) {
            return true;
        }
        let places = self.places();
        let first = places.trailing_zeros();
        if first < 32 && first >= u32::from(name.ingredients) {
            return true;
        }
        let Some((start, len)) = name.kind else {
            return false;
        };
        let kind = ((1_u32 << len) - 1) << start;
        let generic = reading.words.len() == 1 && places & (1 << start) != 0;
        places != 0 && first >= u32::from(start) && places & kind != kind && !generic
    }

    /// Two content words found in the other order say another thing ("ca cao", "cao cà gai leo"),
    /// except neighbours with the very same accents ("tôm khô", "khô tôm").
    fn is_reversed(&self, reading: &Reading) -> bool {
        let words = reading.words.iter().zip(&self.found);
        let content = words.filter(|(query, _)| query.weight > NUMBER_WEIGHT);
        let mut found = content.map(|(_, found)| found);
        let (Some(one), Some(other), None) = (found.next(), found.next(), found.next()) else {
            return false;
        };
        let swapped = one.1 == other.1 + 1 && one.0 == EXACT && other.0 == EXACT;
        one.1 > other.1 && other.0 > 0 && !(swapped && reading.accented)
    }

    /// Order, share of the name asked for and nearness of its start, each 0..=10000.
    fn shape(&self, name: &Name) -> (u32, u32, u32) {
        let found = &self.found[..self.len];
        let pairs = found.len().saturating_sub(1) as u32;
        let is_next = |pair: &&[(u16, u8, u8)]| {
            pair.iter().all(|each| each.0 >= FOUND)
                && (pair[1].1 == pair[0].2 + 1 || pair[1].1 == pair[0].1 && pair[0].1 == pair[0].2)
        };
        let next = found.windows(2).filter(is_next).count() as u32;
        let order = (next * 10_000).checked_div(pairs).unwrap_or(10_000);
        let (places, len) = (self.places(), name.words.len() as u32);
        // A name may have no word at all ("***").
        let share = |words: u32| (words * 10_000).checked_div(len).unwrap_or(0);
        let start = len.saturating_sub(places.trailing_zeros());
        (order, share(places.count_ones()), share(start))
    }
}

/// First and last word of each span of two to four words that a word may be, and their likeness.
pub(super) fn glued_in(word: &Word, words: &[Word]) -> impl Iterator<Item = (usize, usize, u16)> {
    let ends = |first: usize| first + 1..words.len().min(first + MAX_GLUED_WORDS);
    let spans = (0..words.len()).flat_map(move |first| ends(first).map(move |last| (first, last)));
    spans.filter_map(move |(first, last)| {
        let span = &words[first..=last];
        let fits = can_be_glued(word, span);
        let likeness = if fits { glued_similarity(word, &Word::glue(span)) } else { 0 };
        (likeness > 0).then_some((first, last, likeness))
    })
}

/// The normalized words of a text, with measures written apart ("500 ml").
pub(super) fn spelled(text: &str) -> Vec<String> {
    cased(text).into_iter().map(|(word, _)| word).collect()
}

/// The same, and whether each was written with a capital letter first.
fn cased(text: &str) -> Vec<(String, bool)> {
    let apart = |(word, is_capital): (String, bool)| match measure(&word) {
        Some(parts) => parts.map(|part| (part, false)).to_vec(),
        None => vec![(word, is_capital)],
    };
    cased_words(text).into_iter().flat_map(apart).collect()
}

/// The words of a text about a product, with synonyms replaced, but not within the name of a person
/// or place ("Gà Lạc Thủy" has no peanuts): there it has a capital letter, as has a neighbour, and
/// follows no kind ("Kẹo Lạc Hà Tĩnh"). Where all words until there have one, it says nothing ("Bơ
/// Lạc Mịn"), and only names that are known count.
pub(super) fn canonical_name(text: &str, synonyms: &Synonyms) -> Vec<String> {
    let (words, capitals): (Vec<String>, Vec<bool>) = cased(text).into_iter().unzip();
    let word_in = |list: &[&str], at: usize| list.contains(&words[at].as_str());
    let is_capital = |at: usize| at > 0 && capitals.get(at).is_some_and(|it| *it);
    synonyms.canonical_but(&words, |at| {
        let beside = || is_capital(at + 1) || is_capital(at.saturating_sub(1));
        let may_be_name = is_capital(at) && beside() && !word_in(&KINDS, at - 1);
        let stands_out = || capitals[1..at].contains(&false) || is_in_name(at, &words, synonyms);
        may_be_name && word_in(&CALLED, at) && stands_out()
    })
}

/// Whether a word is of a known name, with the one before or behind it.
fn is_in_name(at: usize, words: &[String], synonyms: &Synonyms) -> bool {
    let mut pairs = words[at - 1..].array_windows().take(2);
    pairs.any(|pair| synonyms.are_place(pair) || NAMED.iter().any(|name| name == pair))
}

pub(super) fn split(text: &str) -> Vec<String> {
    text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

pub(super) fn decode_all(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace('&', " & ");
    let words = lower.split(|letter: char| !letter.is_alphanumeric() && letter != '&');
    let decoded = words.map(|word| decode_keys(word).unwrap_or_else(|| word.to_owned()));
    spelled(&decoded.collect::<Vec<_>>().join(" "))
}

pub(super) fn canonical_query(words: &[String], synonyms: &Synonyms) -> Vec<String> {
    if has_accents(words) { synonyms.canonical(words) } else { synonyms.canonical_folded(words) }
}

pub(super) fn has_accents(words: &[String]) -> bool {
    words.iter().any(|word| !word.is_ascii())
}

fn is_marker(word: &str) -> bool {
    INGREDIENT_MARKERS.contains(&word)
}

/// The first and longest kind that a name says it is.
fn find_kind(words: &[String]) -> Option<(u8, u8)> {
    (0..words.len()).find_map(|start| {
        let lengths = (1..=3).rev().filter(|len| start + len <= words.len());
        lengths.into_iter().find_map(|len| {
            let phrase = words[start..start + len].join(" ");
            KINDS.contains(&phrase.as_str()).then_some((start as u8, len as u8))
        })
    })
}

/// The weight of each word of a query; fillers count when there is nothing else.
fn weights(
    words: &[String],
    content_weights: &[u16],
    (fillers, qualifiers): (&[&Phrases], &[&Phrases]),
) -> Vec<u16> {
    let mut weights: Vec<Option<u16>> = vec![None; words.len()];
    fillers.iter().for_each(|phrases| mark_phrases(words, phrases, 0, &mut weights));
    let mark = |phrases: &&Phrases| mark_phrases(words, phrases, QUALIFIER_WEIGHT, &mut weights);
    qualifiers.iter().for_each(mark);
    mark_measures(words, &mut weights);
    let mut content = 0;
    for weight in weights.iter_mut().filter(|weight| weight.is_none()) {
        *weight = Some(content_weights[content.min(content_weights.len() - 1)]);
        content += 1;
    }
    if content == 0 {
        return vec![CONTENT_WEIGHTS[0]; words.len()];
    }
    weights.into_iter().map(|weight| weight.unwrap_or(0)).collect()
}

fn mark_phrases(words: &[String], phrases: &Phrases, weight: u16, weights: &mut [Option<u16>]) {
    let accented = has_accents(words);
    for start in 0..words.len() {
        let end = start + phrases.length_at(&words[start..], accented);
        if weights[start..end].iter().all(Option::is_none) {
            weights[start..end].fill(Some(weight));
        }
    }
}

/// Numbers weigh little; with a unit or package beside them, both weigh nothing.
fn mark_measures(words: &[String], weights: &mut [Option<u16>]) {
    let is_number = |at: usize| words[at].bytes().all(|byte| byte.is_ascii_digit());
    for at in (0..words.len()).filter(|at| is_number(*at)) {
        weights[at] = Some(NUMBER_WEIGHT);
        if words.get(at + 1).is_some_and(|word| is_unit(word)) {
            weights[at..=at + 1].fill(Some(0));
        }
        if at > 0 && is_package(&words[at - 1]) {
            weights[at - 1] = Some(0);
        }
    }
}
