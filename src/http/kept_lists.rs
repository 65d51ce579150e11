//! Lists of matches that were told before, kept for whoever asks again while they still hold
//! (docs/adr/0026-tell-lists-again-that-still-hold.md). Must not know when they do.

use std::sync::Arc;

use matching::date::Timestamp;
use matching::id::PartyId;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde_json::value::RawValue;

use super::etag::Tag;
use super::problem_texts::Language;
use crate::market::touched::Mark;

/// Bytes of a list of twenty matches, more or less.
const USUAL_BYTES: usize = 25_000;
/// What a list takes beside its items, in bytes.
const OVERHEAD_BYTES: usize = 1_000;

/// Whose list it is, and which: the address as it was asked for, and the language of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListKey {
    /// The party that asks.
    pub party: PartyId,
    /// Path and query.
    pub address: String,
    /// The language.
    pub language: Language,
}

/// One page of a list, but for the number of the version that it is told of.
#[derive(Debug)]
pub struct ToldList {
    /// The items.
    pub items: Box<RawValue>,
    /// The cursor of the next page, if there is one.
    pub next_cursor: Option<String>,
    /// By which a client knows that it has the items already.
    pub tag: Option<Tag>,
}

/// A page, and from which version and when it was worked out.
#[derive(Debug, Clone)]
pub struct KeptList {
    /// The page.
    pub told: Arc<ToldList>,
    /// The version.
    pub since: (Mark, Timestamp),
}

#[derive(Debug, Clone)]
struct Bytes;

impl Weighter<ListKey, KeptList> for Bytes {
    fn weight(&self, _: &ListKey, list: &KeptList) -> u64 {
        (list.told.items.get().len() + OVERHEAD_BYTES) as u64
    }
}

/// The lists of one process.
pub struct KeptLists(Cache<ListKey, KeptList, Bytes>);

impl KeptLists {
    /// Room for so many bytes of lists.
    #[must_use]
    pub fn new(capacity_bytes: usize) -> Self {
        let lists = capacity_bytes / USUAL_BYTES;
        Self(Cache::with_weighter(lists, capacity_bytes as u64, Bytes))
    }

    /// What is kept of a list.
    #[must_use]
    pub fn find(&self, key: &ListKey) -> Option<KeptList> {
        self.0.get(key)
    }

    /// Keeps a list, in place of what was kept of it and perhaps of others.
    pub fn keep(&self, key: ListKey, list: KeptList) {
        self.0.insert(key, list);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Market;
    use uuid::Uuid;

    fn kept(capacity_bytes: usize) -> bool {
        let (lists, market) = (KeptLists::new(capacity_bytes), Market::new(Default::default()));
        let party = PartyId::new(Uuid::nil());
        let key = ListKey { party, address: "/".into(), language: Language::English };
        let items = serde_json::value::to_raw_value(&"x".repeat(USUAL_BYTES)).expect("JSON");
        let told = Arc::new(ToldList { items, next_cursor: None, tag: None });
        let since = (market.view().mark(), Timestamp::from_micros(0));
        lists.keep(key.clone(), KeptList { told, since });
        lists.find(&key).is_some()
    }

    #[test]
    fn a_list_is_kept_if_there_is_room() {
        assert!(kept(32 << 20));
        assert!(!kept(0), "no room keeps none");
    }
}
