//! One word in a compact comparable form, and how alike two words are.
//!
//! Knows letters, accents and typing slips; must not know names, weights or synonyms.

use super::fold::{Mark, spell};
use super::syllable::is_syllable;
use std::hash::{Hash, Hasher};
use unicode_normalization::UnicodeNormalization;

/// Full likeness, in basis points.
pub(super) const EXACT: u16 = 10_000;
/// Same letters, the query typed without accents.
const ACCENTS_NOT_TYPED: u16 = 9_800;
/// Same letters, the name written without accents.
const NAME_WITHOUT_ACCENTS: u16 = 8_000;
/// Same letters, some accents of an accented query left out.
const ACCENTS_INCOMPLETE: u16 = 6_500;
/// Same letters, other accents: another word ("dừa", "dứa").
const ACCENTS_CONFLICT: u16 = 3_500;
/// Confused by ear (s and x, ch and tr, l and n), accents agree.
const SOUND_SAME_ACCENTS: u16 = 6_500;
const SOUND_ACCENTS_NOT_TYPED: u16 = 3_900;
const SOUND_OTHER_ACCENTS: u16 = 900;
/// One letter apart, both of them possible syllables: most often just another word.
const OTHER_SYLLABLE: u16 = 900;
const OTHER_SYLLABLE_NO_ACCENTS: u16 = 2_500;

/// Words that begin with a word, or with one letter, that is being typed.
const BEGINNING: u16 = 9_000;
const ONE_LETTER: u16 = 7_000;

/// Letters kept of a word; what follows is not compared.
pub(super) const MAX_LETTERS: usize = 16;

/// Letters without accents as UTF-8 bytes, with zeros after them.
pub(super) type Letters = [u8; MAX_LETTERS];

/// A folded word with its accents: letters as UTF-8 bytes, 2 bits of mark a letter, one tone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Word {
    letters: Letters,
    marks: u32,
    letter_set: u32,
    len: u8,
    tone: u8,
    syllable: bool,
    accents_known: bool,
    has_digit: bool,
}

/// Letters and accents tell words apart; the other fields follow from them, or nearly.
impl Hash for Word {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(u128::from_le_bytes(self.letters));
        state.write_u32(self.marks);
        state.write_u8(self.tone);
    }
}

impl Word {
    /// From one normalized word; `accents_known` is false where its text has no accents at all.
    pub(super) fn new(normalized: &str, accents_known: bool) -> Self {
        let spelling = spell(&normalized.nfd().collect::<String>());
        let folded = spelling.letters.iter().map(|(letter, _)| *letter).collect::<String>();
        let mut word = Self { syllable: is_syllable(&folded), accents_known, ..Self::empty() };
        word.tone = spelling.tone;
        word.append(folded.as_bytes());
        for (at, (_, mark)) in spelling.letters.iter().take(MAX_LETTERS).enumerate() {
            word.marks |= (*mark as u32) << (2 * at);
        }
        debug_assert_eq!(Mark::None as u32, 0);
        word
    }

    fn empty() -> Self {
        let letters = [0; MAX_LETTERS];
        let (marks, letter_set, len, tone) = (0, 0, 0, 0);
        Self {
            letters,
            marks,
            letter_set,
            len,
            tone,
            syllable: false,
            accents_known: false,
            has_digit: false,
        }
    }

    /// The words of a span written without a space between them, without accents.
    pub(super) fn glue(span: &[Word]) -> Self {
        let mut glued = Self::empty();
        for word in span {
            glued.append(word.letters());
        }
        glued
    }

    fn append(&mut self, letters: &[u8]) {
        for letter in letters {
            if usize::from(self.len) < MAX_LETTERS {
                self.letters[usize::from(self.len)] = *letter;
                self.len += 1;
                self.letter_set |= 1 << (letter & 31);
                self.has_digit |= letter.is_ascii_digit();
            }
        }
    }

    pub(super) fn letters(&self) -> &[u8] {
        &self.letters[..usize::from(self.len)]
    }

    pub(super) const fn padded_letters(&self) -> Letters {
        self.letters
    }

    pub(super) fn letter_set(&self) -> u32 {
        self.letter_set
    }

    pub(super) fn same_letters(&self, other: &Self) -> bool {
        self.letters == other.letters
    }

    /// Whether the word can be several words run together, or one that others write apart.
    pub(super) fn is_gluable(&self) -> bool {
        !self.syllable && usize::from(self.len) >= MIN_GLUED_LETTERS && !self.has_digit
    }

    /// How like a word is that begins with this one, 0..=10000: what was typed of its accents
    /// agrees.
    pub(super) fn beginning_of(&self, word: &Self) -> u16 {
        let len = usize::from(self.len);
        let typed = (1_u64 << (2 * len)) - 1;
        let accents = |it: &Self| (it.tone, u64::from(it.marks) & typed);
        let has_none = self.tone == 0 && self.marks == 0;
        if self.len >= word.len || !word.letters().starts_with(self.letters()) {
            0
        } else if has_none || accents(self) == accents(word) {
            if len == 1 { ONE_LETTER } else { BEGINNING }
        } else {
            0
        }
    }

    fn same_accents(&self, other: &Self) -> bool {
        self.tone == other.tone && compress(self.marks) == compress(other.marks)
    }
}

const MIN_GLUED_LETTERS: usize = 5;

/// The marks in order, wherever they stand: "gi" and "d" shift them.
fn compress(marks: u32) -> u32 {
    (0..MAX_LETTERS)
        .map(|at| (marks >> (2 * at)) & 3)
        .filter(|mark| *mark != 0)
        .fold(0, |marks, mark| (marks << 2) | mark)
}

/// How alike a word of a query and a word of a name are, 0..=10000.
pub(super) fn similarity(query: &Word, name: &Word) -> u16 {
    let other_letters = (query.letter_set ^ name.letter_set).count_ones();
    if other_letters > 4 || query.len.abs_diff(name.len) > 2 {
        return 0;
    }
    if query.same_letters(name) {
        return accent_similarity(query, name);
    }
    if query.has_digit || name.has_digit {
        return 0;
    }
    if !query.syllable || !name.syllable {
        return slip_similarity(query, name);
    }
    let possible = if other_letters > 2 { 0 } else { other_syllable_similarity(query, name) };
    possible.max(sound_similarity(query, name))
}

fn accent_similarity(query: &Word, name: &Word) -> u16 {
    let incomplete = (query.tone == name.tone && query.marks & name.marks == query.marks)
        || (query.tone == 0 && query.marks == 0);
    if (query.tone, query.marks) == (name.tone, name.marks) {
        EXACT
    } else if !query.accents_known {
        ACCENTS_NOT_TYPED
    } else if !name.accents_known {
        NAME_WITHOUT_ACCENTS
    } else if incomplete {
        ACCENTS_INCOMPLETE
    } else {
        ACCENTS_CONFLICT
    }
}

fn sound_similarity(query: &Word, name: &Word) -> u16 {
    let same_end = query.letters().last() == name.letters().last();
    if !same_end || sound(query.letters()) != sound(name.letters()) {
        0
    } else if !query.accents_known || !name.accents_known {
        SOUND_ACCENTS_NOT_TYPED
    } else if query.same_accents(name) {
        SOUND_SAME_ACCENTS
    } else {
        SOUND_OTHER_ACCENTS
    }
}

/// Onsets that speakers of some region do not tell apart share a class; longest spelling first.
const SOUND_CLASSES: [(&str, u8); 17] = [
    ("ngh", 1),
    ("ng", 1),
    ("gh", 2),
    ("gi", 5),
    ("tr", 3),
    ("ch", 3),
    ("ph", 8),
    ("nh", 9),
    ("s", 4),
    ("x", 4),
    ("d", 5),
    ("r", 5),
    ("l", 6),
    ("n", 6),
    ("c", 7),
    ("k", 7),
    ("g", 2),
];

fn sound(letters: &[u8]) -> (u8, &[u8]) {
    SOUND_CLASSES
        .iter()
        .find_map(|(onset, class)| Some((*class, letters.strip_prefix(onset.as_bytes())?)))
        .unwrap_or((0, letters))
}

/// Both are possible syllables, one letter apart.
fn other_syllable_similarity(query: &Word, name: &Word) -> u16 {
    let longer = query.len.max(name.len);
    if longer < 3 || edit_distance(query.letters(), name.letters(), 1) != Some(1) {
        0
    } else if query.accents_known && name.accents_known {
        OTHER_SYLLABLE
    } else {
        OTHER_SYLLABLE_NO_ACCENTS
    }
}

/// At least one is no syllable, so that a slip is likely.
fn slip_similarity(query: &Word, name: &Word) -> u16 {
    let longer = query.len.max(name.len);
    let most = if longer < 5 { 1 } else { 2 };
    match (edit_distance(query.letters(), name.letters(), most), longer) {
        (Some(1), 7..) => 8_500,
        (Some(1), 5..) => 7_500,
        (Some(1), 4) => 6_500,
        (Some(1), 3) => 5_500,
        (Some(2), 9..) => 7_500,
        (Some(2), 7..) => 6_000,
        (Some(2), 6) => 4_500,
        (Some(2), 5) => 2_500,
        _ => 0,
    }
}

/// How alike a word of several words run together and such a span, glued, are.
pub(super) fn glued_similarity(word: &Word, glued: &Word) -> u16 {
    if word.same_letters(glued) {
        return 9_500;
    }
    if word.len.abs_diff(glued.len) > 2 || (word.letter_set ^ glued.letter_set).count_ones() > 4 {
        return 0;
    }
    let longer = word.len.max(glued.len);
    match (edit_distance(word.letters(), glued.letters(), 2), longer) {
        (Some(1), 6..) => 8_000,
        (Some(2), 9..) => 6_500,
        _ => 0,
    }
}

/// Whether words of so many letters together can be the one word but for a slip.
pub(super) fn can_be_glued(word: &Word, span: &[Word]) -> bool {
    let letters: usize = span.iter().map(|each| usize::from(each.len)).sum();
    letters.min(MAX_LETTERS).abs_diff(usize::from(word.len)) <= 2
}

/// Least number of letters inserted, deleted, replaced or swapped with a neighbour; none when it
/// is more than `most`.
fn edit_distance(from: &[u8], to: &[u8], most: usize) -> Option<usize> {
    let prefix = from.iter().zip(to).take_while(|(a, b)| a == b).count();
    let (from, to) = (&from[prefix..], &to[prefix..]);
    let both_ends = from.iter().rev().zip(to.iter().rev());
    let suffix = both_ends.take_while(|(a, b)| a == b).count();
    let (from, to) = (&from[..from.len() - suffix], &to[..to.len() - suffix]);
    let distance = match (from, to) {
        ([], rest) | (rest, []) => rest.len(),
        ([_], [_]) => 1,
        ([a, b], [c, d]) if a == d && b == c => 1,
        _ if most < 2 => return None,
        _ => table_distance(from, to),
    };
    (distance <= most).then_some(distance)
}

fn table_distance(from: &[u8], to: &[u8]) -> usize {
    const SIDE: usize = MAX_LETTERS + 1;
    let mut rows = [[0_u8; SIDE]; 3];
    for (at, cell) in (0..).zip(rows[1].iter_mut()) {
        *cell = at;
    }
    for (i, letter) in from.iter().enumerate() {
        let [before, previous, current] = &mut rows;
        current[0] = i as u8 + 1;
        for (j, other) in to.iter().enumerate() {
            let replaced = previous[j] + u8::from(letter != other);
            let mut least = replaced.min(previous[j + 1] + 1).min(current[j] + 1);
            if i > 0 && j > 0 && *letter == to[j - 1] && from[i - 1] == *other {
                least = least.min(before[j - 1] + 1);
            }
            current[j + 1] = least;
        }
        rows.rotate_left(1);
    }
    usize::from(rows[1][to.len()])
}
