//! Regional and spelling variants, replaced by one canonical wording.
//!
//! Knows rows of text; must not know where they are stored or how they are parsed.

use super::fold::{fold, normalize};
use super::lexicon::CALLED;
use super::relevance::has_accents;
use std::collections::{HashMap, HashSet};

/// One row of the synonym table.
#[derive(Clone, Copy, Debug)]
pub struct SynonymRow<'a> {
    /// The wording that stands for all of them.
    pub canonical: &'a str,
    /// Another wording of the same thing.
    pub variant: &'a str,
    /// `equal`, `abbreviation` and `alias` rows expand; the others do not.
    pub relation: &'a str,
    /// Whether the variant also means something else; such rows do not expand.
    pub ambiguous: bool,
}

#[derive(Clone, Debug)]
struct Rewrite {
    from: Vec<String>,
    to: Vec<String>,
}

/// Rewrites by their first word, longest first.
type Rewrites = HashMap<String, Vec<Rewrite>>;

/// Replacements of whole word sequences by their canonical wording, longest first.
///
/// Rows in which one side contains the other ("khô cá", "khô") say broader or narrower, not equal,
/// and do not expand.
#[derive(Clone, Debug, Default)]
pub struct Synonyms {
    accented: Rewrites,
    folded: Rewrites,
    loose: Vec<Rewrite>,
    /// Pairs of words in names of places, of which one is a wording of a product too.
    places: HashSet<[String; 2]>,
}

/// Most wordings that an ambiguous one is replaced by, one at a time.
const MAX_LOOSE: usize = 4;

impl Synonyms {
    /// From the rows of the table, in any order.
    pub fn from_rows<'a>(rows: impl IntoIterator<Item = SynonymRow<'a>>) -> Self {
        let mut synonyms = Self::default();
        for row in rows {
            synonyms.add(row);
        }
        let lists = synonyms.accented.values_mut().chain(synonyms.folded.values_mut());
        for list in lists.chain([&mut synonyms.loose]) {
            list.sort_by(|a, b| {
                let longest_first = b.from.len().cmp(&a.from.len());
                longest_first.then_with(|| (&a.from, &a.to).cmp(&(&b.from, &b.to)))
            });
        }
        synonyms
    }

    /// The same, with names of places, in which no product is read ("Lạc Thủy").
    #[must_use]
    pub fn with_places<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        for name in names {
            let words = split(&normalize(name));
            let is_called = |word: &String| CALLED.contains(&word.as_str());
            let pairs = words.array_windows().filter(|pair: &&[_; 2]| pair.iter().any(is_called));
            self.places.extend(pairs.cloned());
        }
        self
    }

    /// Whether two words that follow each other are of the name of a place.
    pub(super) fn are_place(&self, pair: &[String; 2]) -> bool {
        self.places.contains(pair)
    }

    fn add(&mut self, row: SynonymRow<'_>) {
        let rewrite = |spell: fn(&str) -> String| Rewrite {
            from: split(&spell(row.variant)),
            to: split(&spell(row.canonical)),
        };
        let accented = rewrite(normalize);
        let expands = matches!(row.relation, "equal" | "abbreviation" | "alias");
        if !expands || overlaps(&accented.from, &accented.to) {
            return;
        }
        if row.ambiguous {
            self.loose.push(accented);
            return;
        }
        insert(&mut self.accented, accented);
        insert(&mut self.folded, rewrite(|text| fold(&normalize(text))));
    }

    /// The words with unambiguous variants, accents and all, replaced by their canonical wording.
    pub(super) fn canonical(&self, words: &[String]) -> Vec<String> {
        rewrite(words, &self.accented, |_| false)
    }

    /// The same, but for single words that stay as they are, by their places.
    pub(super) fn canonical_but(
        &self,
        words: &[String],
        stays: impl Fn(usize) -> bool,
    ) -> Vec<String> {
        rewrite(words, &self.accented, stays)
    }

    /// Whether there is another wording of some of the words.
    pub(super) fn have_others(&self, words: &[String]) -> bool {
        let lists = if has_accents(words) { &self.accented } else { &self.folded };
        (0..words.len()).any(|at| {
            let mut fitting = lists.get(&words[at]).into_iter().flatten();
            fitting.any(|rewrite| words[at..].starts_with(&rewrite.from))
        })
    }

    /// The words with one ambiguous wording replaced by another that may mean the same, in turn.
    /// Only a search, which a person reads, may offer these.
    pub(super) fn loose(&self, words: &[String], same: fn(&str, &str) -> bool) -> Vec<Vec<String>> {
        let mut out = Vec::new();
        for rewrite in &self.loose {
            for (from, to) in [(&rewrite.from, &rewrite.to), (&rewrite.to, &rewrite.from)] {
                out.extend(replace_one(words, from, to, same));
            }
        }
        out.truncate(MAX_LOOSE);
        out
    }

    /// The same for words typed without accents.
    pub(super) fn canonical_folded(&self, words: &[String]) -> Vec<String> {
        rewrite(words, &self.folded, |_| false)
    }
}

fn split(text: &str) -> Vec<String> {
    text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn overlaps(one: &[String], other: &[String]) -> bool {
    let contains = |long: &[String], short: &[String]| {
        short.is_empty() || long.windows(short.len()).any(|window| window == short)
    };
    contains(one, other) || contains(other, one)
}

fn replace_one(
    words: &[String],
    from: &[String],
    to: &[String],
    same: fn(&str, &str) -> bool,
) -> Option<Vec<String>> {
    let is_from = |window: &[String]| window.iter().zip(from).all(|(a, b)| same(a, b));
    let at = words.windows(from.len()).position(is_from)?;
    Some([&words[..at], to, &words[at + from.len()..]].concat())
}

/// Adds a rewrite, and that its canonical wording stays when a part of it could be rewritten.
fn insert(rewrites: &mut Rewrites, rewrite: Rewrite) {
    let keep = Rewrite { from: rewrite.to.clone(), to: rewrite.to.clone() };
    for new in [rewrite, keep] {
        rewrites.entry(new.from[0].clone()).or_default().push(new);
    }
}

/// Replaces variants, longest first; those of one word only where it does not stay as it is.
fn rewrite(words: &[String], rewrites: &Rewrites, stays: impl Fn(usize) -> bool) -> Vec<String> {
    let mut at = 0;
    let mut out = Vec::with_capacity(words.len());
    while at < words.len() {
        let mut fitting = rewrites.get(&words[at]).into_iter().flatten();
        let fits = |each: &&Rewrite| {
            words[at..].starts_with(&each.from) && (each.from.len() > 1 || !stays(at))
        };
        if let Some(found) = fitting.find(fits) {
            out.extend(found.to.iter().cloned());
            at += found.from.len();
        } else {
            out.push(words[at].clone());
            at += 1;
        }
    }
    out
}
