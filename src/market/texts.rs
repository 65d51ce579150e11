//! Distinct product names and demand texts under small numbers, and how like each name is to each
//! text, worked out once and kept. Must not know who carries a name or a text.
//!
//! Numbers are given once and never taken back, and likeness depends on the two texts alone, so
//! one table serves every version of the market.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use matching::text::relevance::{Name, Query, relevance};
use matching::text::synonyms::Synonyms;

/// Number of a distinct name or text.
pub(super) type TextNumber = u32;

/// Kept likenesses, two bytes each: 16 MiB. Past that all are dropped and worked out again.
const MAX_KEPT: usize = 8 << 20;

/// Distinct texts, prepared, by number.
#[derive(Debug)]
struct Distinct<T> {
    numbers: HashMap<Arc<str>, TextNumber>,
    texts: Vec<Arc<str>>,
    prepared: Vec<Arc<T>>,
    /// Likeness of each to every text of the other side, as far as it is kept.
    rows: Vec<Option<Arc<[u16]>>>,
}

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), texts: Vec::new(), prepared: Vec::new(), rows: Vec::new() }
    }
}

impl<T> Distinct<T> {
    fn number(&mut self, text: &str, prepare: impl FnOnce() -> T) -> TextNumber {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.prepared.len() as TextNumber;
        let text: Arc<str> = text.into();
        self.numbers.insert(Arc::clone(&text), number);
        self.texts.push(text);
        self.prepared.push(Arc::new(prepare()));
        self.rows.push(None);
        number
    }

    fn complete(&self, number: TextNumber, others: usize) -> Option<Arc<[u16]>> {
        self.rows[number as usize].clone().filter(|row| row.len() >= others)
    }

    fn kept(&self) -> usize {
        self.rows.iter().flatten().map(|row| row.len()).sum()
    }
}

#[derive(Debug, Default)]
struct Inner {
    units: HashSet<Arc<str>>,
    names: Distinct<Name>,
    queries: Distinct<Query>,
    kept: usize,
}

impl Inner {
    fn make_room(&mut self, likenesses: usize) {
        if self.kept + likenesses > MAX_KEPT {
            self.names.rows.fill(None);
            self.queries.rows.fill(None);
        }
        self.kept = self.names.kept() + self.queries.kept() + likenesses;
    }
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

    /// The number of a product's name, and the name, one allocation for all that have it.
    pub(super) fn name(&self, text: &str) -> (TextNumber, Arc<str>) {
        let mut inner = self.write();
        let number = inner.names.number(text, || Name::new(text, &self.synonyms));
        let kept = inner.names.numbers.get_key_value(text).map(|(kept, _)| Arc::clone(kept));
        (number, kept.unwrap_or_else(|| text.into()))
    }

    /// The number of a demand's text.
    pub(super) fn query(&self, text: &str) -> TextNumber {
        self.write().queries.number(text, || Query::new(text, &self.synonyms))
    }

    /// The words of a demand's text.
    pub(super) fn words(&self, query: TextNumber) -> Arc<str> {
        Arc::clone(&self.read().queries.texts[query as usize])
    }

    /// The code of a unit, one allocation for all that use it.
    pub(super) fn unit(&self, code: &Arc<str>) -> Arc<str> {
        let mut inner = self.write();
        if let Some(kept) = inner.units.get(code) {
            return Arc::clone(kept);
        }
        inner.units.insert(Arc::clone(code));
        Arc::clone(code)
    }

    /// The likeness of every name to a text, by number of the name.
    pub(super) fn names_by_query(&self, query: TextNumber) -> Arc<[u16]> {
        let inner = self.read();
        let others = inner.names.prepared.len();
        if let Some(row) = inner.queries.complete(query, others) {
            return row;
        }
        let prepared = Arc::clone(&inner.queries.prepared[query as usize]);
        let known = inner.queries.rows[query as usize].clone();
        let row = extended(known, &inner.names.prepared, |name| relevance(&prepared, name));
        drop(inner);
        let mut inner = self.write();
        inner.make_room(row.len());
        inner.queries.rows[query as usize] = Some(Arc::clone(&row));
        row
    }

    /// The likeness of a name to every text, by number of the text.
    pub(super) fn queries_by_name(&self, name: TextNumber) -> Arc<[u16]> {
        let inner = self.read();
        let others = inner.queries.prepared.len();
        if let Some(row) = inner.names.complete(name, others) {
            return row;
        }
        let prepared = Arc::clone(&inner.names.prepared[name as usize]);
        let known = inner.names.rows[name as usize].clone();
        let row = extended(known, &inner.queries.prepared, |query| relevance(query, &prepared));
        drop(inner);
        let mut inner = self.write();
        inner.make_room(row.len());
        inner.names.rows[name as usize] = Some(Arc::clone(&row));
        row
    }

    /// The likeness of every name to a text that is not in the market.
    pub(super) fn names_by_text(&self, text: &str) -> Arc<[u16]> {
        let inner = self.read();
        if let Some(number) = inner.queries.numbers.get(text).copied() {
            drop(inner);
            return self.names_by_query(number);
        }
        let query = Query::new(text, &self.synonyms);
        inner.names.prepared.iter().map(|name| relevance(&query, name)).collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known of a row, and the rest worked out.
fn extended<T>(
    known: Option<Arc<[u16]>>,
    others: &[Arc<T>],
    likeness: impl Fn(&T) -> u16,
) -> Arc<[u16]> {
    let known = known.as_deref().unwrap_or_default();
    let rest = others[known.len()..].iter().map(|other| likeness(other));
    known.iter().copied().chain(rest).collect()
}
