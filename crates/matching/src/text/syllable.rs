//! The shape of a Vietnamese syllable, and what a telex or VNI keyboard leaves of one.
//!
//! Knows letters only; must not know which words exist in names.

const ONSETS: [&str; 27] = [
    "ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr", "b", "c", "d", "g", "h",
    "k", "l", "m", "n", "p", "r", "s", "t", "v", "x", "",
];

/// Sorted.
const RHYMES: [&str; 106] = [
    "a", "ac", "ach", "ai", "am", "an", "ang", "anh", "ao", "ap", "at", "au", "ay", "e", "ec",
    "ech", "em", "en", "eng", "enh", "eo", "ep", "et", "eu", "i", "ia", "ich", "iec", "iem", "ien",
    "ieng", "iep", "iet", "ieu", "im", "in", "inh", "ip", "it", "iu", "o", "oa", "oac", "oach",
    "oai", "oam", "oan", "oang", "oanh", "oao", "oap", "oat", "oay", "oc", "oe", "oen", "oeo",
    "oet", "oi", "om", "on", "ong", "ooc", "oong", "op", "ot", "u", "ua", "uan", "uang", "uat",
    "uay", "uc", "ue", "uech", "uenh", "ui", "um", "un", "ung", "uo", "uoc", "uoi", "uom", "uon",
    "uong", "uop", "uot", "uou", "up", "ut", "uu", "uy", "uya", "uych", "uyen", "uyet", "uynh",
    "uyt", "uyu", "y", "yem", "yen", "yeng", "yet", "yeu",
];

/// Syllables whose onset lends its last letter to the rhyme, so that the rest is no rhyme.
const SHARED_LETTER: [&str; 8] = ["gi", "gin", "gich", "giet", "gieng", "quyt", "quynh", "quych"];

/// Whether a folded word has the shape of a Vietnamese syllable: an onset and a rhyme.
#[must_use]
pub fn is_syllable(word: &str) -> bool {
    let mut rhymes = ONSETS.iter().filter_map(|onset| word.strip_prefix(onset));
    rhymes.any(|rhyme| RHYMES.binary_search(&rhyme).is_ok()) || SHARED_LETTER.contains(&word)
}

/// The accented word that the keys of a telex or VNI keyboard meant, when the lower-case word as
/// typed is no syllable and the decoded one is: "duwaf" and "dua72" are "dừa".
#[must_use]
pub fn decode_keys(word: &str) -> Option<String> {
    if !word.is_ascii() || is_syllable(word) {
        return None;
    }
    decode(word, &TELEX).or_else(|| decode(word, &VNI))
}

struct Keyboard {
    tones: [(char, char); 5],
    /// The key, the letters that it marks and the mark.
    marks: &'static [(char, &'static str, char)],
    stroke: char,
}

const TELEX: Keyboard = Keyboard {
    tones: [
        ('f', '\u{300}'),
        ('s', '\u{301}'),
        ('x', '\u{303}'),
        ('r', '\u{309}'),
        ('j', '\u{323}'),
    ],
    marks: &[
        ('a', "a", '\u{302}'),
        ('e', "e", '\u{302}'),
        ('o', "o", '\u{302}'),
        ('w', "ou", '\u{31b}'),
        ('w', "a", '\u{306}'),
    ],
    stroke: 'd',
};

const VNI: Keyboard = Keyboard {
    tones: [
        ('2', '\u{300}'),
        ('1', '\u{301}'),
        ('4', '\u{303}'),
        ('3', '\u{309}'),
        ('5', '\u{323}'),
    ],
    marks: &[('6', "aeo", '\u{302}'), ('7', "ou", '\u{31b}'), ('8', "a", '\u{306}')],
    stroke: '9',
};

fn decode(word: &str, keyboard: &Keyboard) -> Option<String> {
    let mut decoded = Decoded::default();
    for key in word.chars() {
        decoded.press(key, keyboard);
    }
    is_syllable(&decoded.letters.iter().map(|(letter, _)| *letter).collect::<String>())
        .then(|| decoded.compose())
}

#[derive(Default)]
struct Decoded {
    letters: Vec<(char, Option<char>)>,
    tone: Option<char>,
}

impl Decoded {
    fn press(&mut self, key: char, keyboard: &Keyboard) {
        let past_onset = self.letters.iter().any(|(letter, _)| "aeiouy".contains(*letter));
        let tone = keyboard.tones.iter().find(|(each, _)| *each == key);
        if let (Some((_, tone)), true) = (tone, past_onset) {
            self.tone = Some(*tone);
        } else if key == keyboard.stroke && self.letters.first() == Some(&('d', None)) {
            self.letters[0].1 = Some('đ');
        } else if !self.mark(key, keyboard) {
            self.letters.push((key, None));
        }
    }

    /// Marks the vowels that the key can mark; the horn of "ươ" is one key for both.
    fn mark(&mut self, key: char, keyboard: &Keyboard) -> bool {
        let mut marked = false;
        for (_, vowels, sign) in keyboard.marks.iter().filter(|(each, _, _)| *each == key) {
            let bare = |each: &(char, Option<char>)| vowels.contains(each.0) && each.1.is_none();
            let Some(last) = self.letters.iter().rposition(bare) else {
                continue;
            };
            self.letters[last].1 = Some(*sign);
            marked = true;
            let pair = last > 0 && self.letters[last - 1] == ('u', None);
            if pair && *sign == '\u{31b}' && self.letters[last].0 == 'o' {
                self.letters[last - 1].1 = Some(*sign);
            }
            break;
        }
        marked
    }

    fn compose(&self) -> String {
        let mut word = String::new();
        for (letter, sign) in &self.letters {
            match sign {
                Some('đ') => word.push('đ'),
                Some(sign) => word.extend([*letter, *sign]),
                None => word.push(*letter),
            }
        }
        let vowel = self.letters.iter().any(|(letter, _)| "aeiouy".contains(*letter));
        word.extend(self.tone.filter(|_| vowel));
        crate::text::fold::normalize(&word)
    }
}
