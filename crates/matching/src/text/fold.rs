//! Letters of Vietnamese text made comparable: with accents (`normalize`) and without (`fold`).
//!
//! Knows single words only; must not know synonyms, queries or names.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The mark that turns a vowel (or d) into another letter, without its tone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// A bare letter: a, e, o, u, d.
    None,
    /// â, ê, ô; also the stroke of đ.
    Circumflex,
    /// ă.
    Breve,
    /// ơ, ư.
    Horn,
}

const TONES: [char; 5] = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];
const MARKS: [(char, Mark); 3] =
    [('\u{302}', Mark::Circumflex), ('\u{306}', Mark::Breve), ('\u{31b}', Mark::Horn)];

/// One word taken apart: base letters with their marks, and one tone (0 is the level tone).
pub(super) struct Spelling {
    pub(super) letters: Vec<(char, Mark)>,
    pub(super) tone: u8,
}

/// Whether a text has signs and nothing else: they are in no folded text. Blanks alone, which ask
/// for nothing, are no signs.
#[must_use]
pub fn is_signs(text: &str) -> bool {
    !text.trim().is_empty() && fold(text).is_empty()
}

/// Lower-case words without tones and marks, separated by single spaces.
///
/// đ, Đ, ð and Ð become d, "&" becomes "va", punctuation separates words and zero-width
/// characters vanish. Idempotent.
#[must_use]
pub fn fold(text: &str) -> String {
    let words = words(text).into_iter().map(|word| {
        let spelling = spell_lower(&word);
        spelling.letters.iter().map(|letter| letter.0).collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Lower-case words with their accents in one spelling, separated by single spaces, in NFC.
///
/// Unifies the place of the tone (hoà and hòa, thuý and thúy) and a final i or y after a
/// consonant (mỹ and mĩ, kỹ and kĩ, quý and quí). "&" becomes "và", or "va" where nothing else has
/// an accent. Idempotent.
#[must_use]
pub fn normalize(text: &str) -> String {
    let words = words(text).into_iter().map(|word| spell_lower(&word).compose());
    words.collect::<Vec<_>>().join(" ")
}

/// The words of [`normalize`], and whether each was written with a capital letter first.
pub(super) fn cased_words(text: &str) -> Vec<(String, bool)> {
    let is_capital = |word: &str| word.starts_with(char::is_uppercase);
    words(text).iter().map(|word| (spell_lower(word).compose(), is_capital(word))).collect()
}

/// Words of a text as typed, in NFD. "&" is "và", without its accent if the text has none.
fn words(text: &str) -> Vec<String> {
    let visible = text.chars().filter(|letter| !is_zero_width(*letter));
    let spelled = visible.nfd().collect::<String>();
    let and = if spelled.contains(is_accented) { " va\u{300} " } else { " va " };
    let spelled = spelled.replace('&', and);
    let is_letter = |letter: char| letter.is_alphanumeric() || is_combining_mark(letter);
    let words = spelled.split(|letter: char| !is_letter(letter));
    words
        .filter(|word| word.chars().any(|letter| !is_combining_mark(letter)))
        .map(str::to_owned)
        .collect()
}

fn spell_lower(word: &str) -> Spelling {
    spell(&word.nfc().flat_map(char::to_lowercase).nfd().collect::<String>())
}

fn is_accented(letter: char) -> bool {
    is_combining_mark(letter) || matches!(letter, 'đ' | 'Đ' | 'ð' | 'Ð')
}

fn is_zero_width(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// Takes one NFD word apart. Of several tones the first counts; unknown marks are dropped.
pub(super) fn spell(word: &str) -> Spelling {
    let mut spelling = Spelling { letters: Vec::new(), tone: 0 };
    for letter in word.chars() {
        spelling.push(letter);
    }
    spelling.unify_final_y();
    spelling
}

impl Spelling {
    fn push(&mut self, letter: char) {
        if let Some(tone) = TONES.iter().position(|tone| *tone == letter) {
            if self.tone == 0 {
                self.tone = tone as u8 + 1;
            }
        } else if let Some((_, mark)) = MARKS.iter().find(|(mark, _)| *mark == letter) {
            if let Some(last) = self.letters.last_mut().filter(|last| takes(last.0, *mark)) {
                last.1 = *mark;
            }
        } else if matches!(letter, 'đ' | 'ð') {
            self.letters.push(('d', Mark::Circumflex));
        } else if !is_combining_mark(letter) {
            self.letters.push((letter, Mark::None));
        }
    }

    /// A lone y after a consonant is the same vowel as i.
    fn unify_final_y(&mut self) {
        let vowels = self.vowels();
        let last = self.letters.len().saturating_sub(1);
        if vowels == [last] && last > 0 && self.letters[last].0 == 'y' {
            self.letters[last].0 = 'i';
        }
    }

    /// Positions of the vowels, without the u of "qu" and the i of "gi" before a vowel.
    fn vowels(&self) -> Vec<usize> {
        let letter = |at: usize| self.letters.get(at).map_or(' ', |letter| letter.0);
        let glide = match (letter(0), letter(1)) {
            ('q', 'u') => is_vowel(letter(2)),
            ('g', 'i') => is_vowel(letter(2)),
            _ => false,
        };
        let from = if glide { 2 } else { 0 };
        (from..self.letters.len()).filter(|at| is_vowel(letter(*at))).collect()
    }

    /// Where the tone is written: on the last marked vowel, else on the last vowel of a closed
    /// word, else on the last but one of an open word.
    fn tone_position(&self) -> Option<usize> {
        let vowels = self.vowels();
        let marked = vowels.iter().rfind(|at| self.letters[**at].1 != Mark::None);
        if let Some(at) = marked {
            return Some(*at);
        }
        let open = vowels.last().is_some_and(|at| at + 1 == self.letters.len());
        let from_end = if open && vowels.len() > 1 { 2 } else { 1 };
        vowels.len().checked_sub(from_end).map(|index| vowels[index])
    }

    fn compose(&self) -> String {
        let tone_at = self.tone_position().unwrap_or(self.letters.len().saturating_sub(1));
        let mut word = String::new();
        for (at, (letter, mark)) in self.letters.iter().enumerate() {
            word.push(if (*letter, *mark) == ('d', Mark::Circumflex) { 'đ' } else { *letter });
            if *letter != 'd' {
                word.extend(MARKS.iter().find(|(_, each)| each == mark).map(|(sign, _)| *sign));
            }
            if at == tone_at && self.tone > 0 {
                word.push(TONES[usize::from(self.tone) - 1]);
            }
        }
        word.nfc().collect()
    }
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

fn takes(letter: char, mark: Mark) -> bool {
    match mark {
        Mark::None => true,
        Mark::Circumflex => matches!(letter, 'a' | 'e' | 'o'),
        Mark::Breve => letter == 'a',
        Mark::Horn => matches!(letter, 'o' | 'u'),
    }
}
