//! Real names typed with every kind of slip are still found in the first ten.

#![allow(clippy::print_stdout, reason = "the report is what a person reads")]

mod text_data;

use matching::text::fold::{fold, normalize};
use matching::text::search::{DocumentText, SearchIndex};
use text_data::{Product, products, synonyms};
use unicode_normalization::UnicodeNormalization;

const TOP: usize = 10;
const WORDS: usize = 5;

/// Pseudo-random numbers from a fixed seed (Knuth's MMIX generator).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound.max(1)
    }
}

type Slip = fn(&str, &mut Dice) -> String;

const SLIPS: [(&str, Slip); 15] = [
    ("no accents", |text, _| fold(text)),
    ("missing letter", |text, dice| {
        edit(&fold(text), dice, |letters, at| {
            letters.remove(at);
        })
    }),
    ("missing letter, accents", |text, dice| {
        edit(text, dice, |letters, at| {
            letters.remove(at);
        })
    }),
    ("doubled letter", |text, dice| {
        edit(&fold(text), dice, |letters, at| letters.insert(at, letters[at]))
    }),
    ("swapped letters", |text, dice| {
        edit(&fold(text), dice, |letters, at| {
            let other = (at + 1).min(letters.len() - 1);
            letters.swap(at, other);
        })
    }),
    ("neighbour key", |text, dice| {
        edit(&fold(text), dice, |letters, at| letters[at] = neighbour(letters[at]))
    }),
    ("neighbour key, accents", |text, dice| {
        edit(text, dice, |letters, at| letters[at] = neighbour(letters[at]))
    }),
    ("telex left raw", |text, _| text.split(' ').map(telex).collect::<Vec<_>>().join(" ")),
    ("no spaces", |text, _| fold(text).replace(' ', "")),
    ("a space missing", |text, dice| without_one_space(&fold(text), dice)),
    ("a space missing, accents", |text, dice| without_one_space(text, dice)),
    ("confused sounds", |text, _| confuse(&fold(text))),
    ("confused sounds, accents", |text, _| confuse(text)),
    ("one tone lost", |text, dice| untoned(text, dice)),
    ("extra words", |text, _| format!("cần mua {text} giá sỉ số lượng lớn")),
];

fn edit(text: &str, dice: &mut Dice, change: fn(&mut Vec<char>, usize)) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let places: Vec<usize> = (0..letters.len()).filter(|at| letters[*at].is_alphabetic()).collect();
    let at = places[dice.below(places.len())];
    change(&mut letters, at);
    letters.into_iter().collect()
}

fn neighbour(letter: char) -> char {
    let row = ["qwertyuiop", "asdfghjkl", "zxcvbnm"].into_iter().find(|row| row.contains(letter));
    row.map_or(letter, |row| {
        let at = row.find(letter).unwrap_or(0);
        row.as_bytes()[if at == 0 { 1 } else { at - 1 }] as char
    })
}

fn telex(word: &str) -> String {
    let mut keys = String::new();
    let mut tone = None;
    for letter in word.nfd() {
        match letter {
            'đ' => keys.push_str("dd"),
            '\u{302}' => keys.extend(keys.chars().last()),
            '\u{306}' | '\u{31b}' => keys.push('w'),
            '\u{300}' => tone = Some('f'),
            '\u{301}' => tone = Some('s'),
            '\u{303}' => tone = Some('x'),
            '\u{309}' => tone = Some('r'),
            '\u{323}' => tone = Some('j'),
            letter => keys.push(letter),
        }
    }
    keys.extend(tone);
    keys
}

fn without_one_space(text: &str, dice: &mut Dice) -> String {
    let spaces: Vec<usize> = text.match_indices(' ').map(|(at, _)| at).collect();
    let mut text = text.to_owned();
    text.remove(spaces[dice.below(spaces.len())]);
    text
}

fn confuse(text: &str) -> String {
    let pairs = [("s", "x"), ("x", "s"), ("ch", "tr"), ("tr", "ch"), ("gi", "d"), ("l", "n")];
    let confused = |word: &str| {
        let pair = pairs.iter().find_map(|(from, to)| Some((word.strip_prefix(from)?, to)));
        pair.map_or(word.to_owned(), |(rest, to)| format!("{to}{rest}"))
    };
    text.split(' ').map(confused).collect::<Vec<_>>().join(" ")
}

fn untoned(text: &str, dice: &mut Dice) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    let at = dice.below(words.len());
    let tones = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];
    words[at] = words[at].nfd().filter(|letter| !tones.contains(letter)).nfc().collect();
    words.join(" ")
}

fn index(products: &[Product]) -> SearchIndex {
    let mut index = SearchIndex::new(synonyms());
    for (id, product) in (0..).zip(products) {
        let texts = [&product.name, &product.producer, &product.place];
        let [name, producer, place] = texts.map(|text| text.as_str().into());
        index.insert(id, DocumentText { name, producer, place, ..DocumentText::default() });
    }
    index
}

/// The start of a name as it is typed without a slip; none when it is too short to recognise.
fn start_of(product: &Product) -> Option<String> {
    let words = normalize(&product.name);
    let start = words.split(' ').take(WORDS).collect::<Vec<_>>();
    (start.len() >= 2).then(|| start.join(" "))
}

#[test]
fn every_kind_of_slip_finds_the_name() {
    let products = products();
    let index = index(&products);
    let names: Vec<String> = products.iter().map(|product| normalize(&product.name)).collect();
    let mut dice = Dice(2026);
    let mut report = String::new();
    for (kind, slip) in SLIPS {
        let (mut tried, mut found) = (0, 0);
        for product in products.iter().step_by(4) {
            let Some(start) = start_of(product) else {
                continue;
            };
            let query = slip(&start, &mut dice);
            let top = index.search(&query, TOP);
            let hit = top.iter().any(|(id, _)| names[*id as usize].contains(&start));
            tried += 1;
            found += usize::from(hit);
        }
        report += &format!("{kind:24} {found} of {tried}\n");
        assert!(found * 100 >= tried * 95, "{report}");
    }
    println!("{report}");
}
