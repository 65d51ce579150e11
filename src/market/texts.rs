//! Distinct product names and demand texts, prepared once, and which of them answer one another;
//! and what else many records have in common, kept once. Must not know who carries it.
//!
//! Numbers are given once and never taken back, and likeness depends on the two texts alone, so
//! one table serves every version of the market. Kept are only the likenesses from which on a name
//! answers a text: they say what is wanted, and there are few of them. A ranking works out the
//! others that it needs from the two texts.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use matching::quantity::SellingUnit;
use matching::text::index::{NameIndex, QueryIndex, TextId};
use matching::text::relevance::{ELIGIBLE, Name, Query, relevance};
use matching::text::synonyms::Synonyms;

/// Number of a distinct name or text.
pub(super) type TextNumber = TextId;

/// Kept likenesses, six bytes each: 24 MiB. Past that all are dropped and worked out again.
const MAX_KEPT: usize = 4 << 20;

/// A distinct name or text.
#[derive(Debug)]
pub(super) struct Prepared<T> {
    pub(super) number: TextNumber,
    pub(super) text: Arc<str>,
    words: Arc<T>,
}

impl<T> Prepared<T> {
    /// Its words.
    pub(super) fn words(&self) -> Arc<T> {
        Arc::clone(&self.words)
    }
}

/// A distinct name of products.
pub(super) type NameText = Prepared<Name>;
/// A distinct text of demands.
pub(super) type QueryText = Prepared<Query>;

/// The texts of the other side that answer one, by number, with their likeness.
#[derive(Debug, Default)]
struct Answers {
    /// How many texts of the other side were compared.
    compared: usize,
    numbers: Box<[TextNumber]>,
    likenesses: Box<[u16]>,
}

impl Answers {
    fn new(compared: usize, found: Vec<(TextNumber, u16)>) -> Self {
        let (numbers, likenesses): (Vec<TextNumber>, Vec<u16>) = found.into_iter().unzip();
        Self { compared, numbers: numbers.into(), likenesses: likenesses.into() }
    }

    fn iter(&self) -> impl Iterator<Item = (TextNumber, u16)> {
        self.numbers.iter().copied().zip(self.likenesses.iter().copied())
    }
}

/// How like a name is to every text, or a text to every name.
#[derive(Debug, Clone)]
pub(super) struct Likenesses<T> {
    words: Arc<T>,
    answers: Arc<Answers>,
}

impl<T> Likenesses<T> {
    /// The texts that answer, by number, with their likeness.
    pub(super) fn answering(&self) -> impl Iterator<Item = (TextNumber, u16)> {
        self.answers.iter()
    }

    /// The likeness of a text that answers; none of one below [`ELIGIBLE`].
    pub(super) fn if_answering(&self, number: TextNumber) -> Option<u16> {
        let place = self.answers.numbers.binary_search(&number).ok()?;
        Some(self.answers.likenesses[place])
    }

    /// At least the likeness of a text, without comparing it.
    pub(super) fn at_most(&self, number: TextNumber) -> u16 {
        self.if_answering(number).unwrap_or(ELIGIBLE - 1)
    }
}

impl Likenesses<Query> {
    /// The likeness of a name.
    pub(super) fn to(&self, name: &NameText) -> u16 {
        let answering = self.if_answering(name.number);
        answering.unwrap_or_else(|| relevance(&self.words, &name.words))
    }
}

impl Likenesses<Name> {
    /// The likeness of a text.
    pub(super) fn to(&self, query: &QueryText) -> u16 {
        let answering = self.if_answering(query.number);
        answering.unwrap_or_else(|| relevance(&query.words, &self.words))
    }
}

/// Distinct texts, and what answers each as far as it is kept.
#[derive(Debug)]
struct Distinct<T> {
    by_text: HashMap<Arc<str>, Arc<Prepared<T>>>,
    kept: Vec<Option<Arc<Answers>>>,
}

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self { by_text: HashMap::new(), kept: Vec::new() }
    }
}

impl<T> Distinct<T> {
    fn add(&mut self, number: TextNumber, text: &str, words: Arc<T>) -> Arc<Prepared<T>> {
        let text: Arc<str> = text.into();
        let prepared = Arc::new(Prepared { number, text: Arc::clone(&text), words });
        self.by_text.insert(text, Arc::clone(&prepared));
        self.kept.push(None);
        prepared
    }

    fn kept(&self) -> usize {
        self.kept.iter().flatten().map(|answers| answers.numbers.len()).sum()
    }
}

#[derive(Debug, Default)]
struct Inner {
    units: HashSet<Arc<SellingUnit>>,
    place_names: HashSet<Arc<str>>,
    names: Distinct<Name>,
    queries: Distinct<Query>,
    name_index: NameIndex,
    query_index: QueryIndex,
    kept: usize,
}

impl Inner {
    fn make_room(&mut self, likenesses: usize) {
        self.kept += likenesses;
        if self.kept <= MAX_KEPT {
            return;
        }
        // What has been replaced since was counted too.
        self.kept = self.names.kept() + self.queries.kept() + likenesses;
        if self.kept > MAX_KEPT {
            self.names.kept.fill(None);
            self.queries.kept.fill(None);
            self.kept = likenesses;
        }
    }

    /// The names that answer a text; those that are known to are not looked for again.
    fn names_for(&self, query: &Query, known: Option<&Answers>) -> Answers {
        let compared = self.names.kept.len();
        let Some(known) = known else {
            return Answers::new(compared, self.name_index.matches(query, ELIGIBLE));
        };
        let like = |number| Some(relevance(query, self.name_index.get(number)?));
        extended(known, compared, like)
    }

    /// The texts that a name answers.
    fn queries_for(&self, name: &Name, known: Option<&Answers>) -> Answers {
        let compared = self.queries.kept.len();
        let Some(known) = known else {
            return Answers::new(compared, self.query_index.matches(name, ELIGIBLE));
        };
        let like = |number| Some(relevance(self.query_index.get(number)?, name));
        extended(known, compared, like)
    }
}

/// What is known, with those that answer of the texts that came since.
fn extended(known: &Answers, compared: usize, like: impl Fn(TextNumber) -> Option<u16>) -> Answers {
    let new = known.compared as TextNumber..compared as TextNumber;
    let new = new.filter_map(|number| Some((number, like(number)?)));
    let new = new.filter(|(_, likeness)| *likeness >= ELIGIBLE);
    Answers::new(compared, known.iter().chain(new).collect())
}

/// What is kept that equals `value`; `make` makes it if there is none.
fn one_of<T: ?Sized + Eq + Hash>(
    kept: &mut HashSet<Arc<T>>,
    value: &T,
    make: impl FnOnce() -> Arc<T>,
) -> Arc<T> {
    if let Some(known) = kept.get(value) {
        return Arc::clone(known);
    }
    let made = make();
    kept.insert(Arc::clone(&made));
    made
}

/// Names and texts with their likenesses.
#[derive(Debug)]
pub(super) struct Texts {
    synonyms: Synonyms,
    inner: RwLock<Inner>,
}

impl Texts {
    /// No names and texts yet.
    pub(super) fn new(synonyms: Synonyms) -> Self {
        Self { synonyms, inner: RwLock::default() }
    }

    /// A product's name, one for all that have it.
    pub(super) fn name(&self, text: &str) -> Arc<NameText> {
        let mut inner = self.write();
        if let Some(known) = inner.names.by_text.get(text) {
            return Arc::clone(known);
        }
        let words = Arc::new(Name::new(text, &self.synonyms));
        let number = inner.name_index.insert(Arc::clone(&words));
        inner.names.add(number, text, words)
    }

    /// A demand's text, one for all that have it.
    pub(super) fn query(&self, text: &str) -> Arc<QueryText> {
        let mut inner = self.write();
        if let Some(known) = inner.queries.by_text.get(text) {
            return Arc::clone(known);
        }
        let words = Arc::new(Query::new(text, &self.synonyms));
        let number = inner.query_index.insert(Arc::clone(&words));
        inner.queries.add(number, text, words)
    }

    /// A selling unit, one allocation for all that use it.
    pub(super) fn unit(&self, unit: &Arc<SellingUnit>) -> Arc<SellingUnit> {
        one_of(&mut self.write().units, unit, || Arc::clone(unit))
    }

    /// The names of a place, one allocation for all that are there.
    pub(super) fn place_names(&self, names: &str) -> Arc<str> {
        one_of(&mut self.write().place_names, names, || names.into())
    }

    /// How like every name is to a text.
    pub(super) fn names_by_query(&self, query: &QueryText) -> Likenesses<Query> {
        let (place, words) = (query.number as usize, query.words());
        let inner = self.read();
        let known = inner.queries.kept[place].clone();
        let complete = known.clone().filter(|it| it.compared == inner.names.kept.len());
        if let Some(answers) = complete {
            return Likenesses { words, answers };
        }
        let answers = Arc::new(inner.names_for(&words, known.as_deref()));
        drop(inner);
        let mut inner = self.write();
        inner.make_room(answers.numbers.len());
        inner.queries.kept[place] = Some(Arc::clone(&answers));
        Likenesses { words, answers }
    }

    /// How like every text is to a name.
    pub(super) fn queries_by_name(&self, name: &NameText) -> Likenesses<Name> {
        let (place, words) = (name.number as usize, name.words());
        let inner = self.read();
        let known = inner.names.kept[place].clone();
        let complete = known.clone().filter(|it| it.compared == inner.queries.kept.len());
        if let Some(answers) = complete {
            return Likenesses { words, answers };
        }
        let answers = Arc::new(inner.queries_for(&words, known.as_deref()));
        drop(inner);
        let mut inner = self.write();
        inner.make_room(answers.numbers.len());
        inner.names.kept[place] = Some(Arc::clone(&answers));
        Likenesses { words, answers }
    }

    /// How like every name is to a text that need not be in the market.
    pub(super) fn names_by_text(&self, text: &str) -> Likenesses<Query> {
        let inner = self.read();
        if let Some(known) = inner.queries.by_text.get(text).cloned() {
            drop(inner);
            return self.names_by_query(&known);
        }
        let words = Arc::new(Query::new(text, &self.synonyms));
        let answers = Arc::new(inner.names_for(&words, None));
        Likenesses { words, answers }
    }

    /// How like one name is to a text.
    pub(super) fn likeness(&self, text: &str, name: &NameText) -> u16 {
        relevance(&Query::new(text, &self.synonyms), &name.words)
    }

    /// Works out what answers each name and text that is there now, so that no query has to.
    pub(super) fn warm(&self) {
        let names: Vec<Arc<NameText>> = self.read().names.by_text.values().cloned().collect();
        let queries: Vec<Arc<QueryText>> = self.read().queries.by_text.values().cloned().collect();
        queries.iter().for_each(|query| drop(self.names_by_query(query)));
        names.iter().for_each(|name| drop(self.queries_by_name(name)));
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}
