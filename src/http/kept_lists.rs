//! Lists of matches that were told before, kept for whoever asks again while they still hold
//! (docs/adr/0026-tell-lists-again-that-still-hold.md). Must not know when they do.

use std::sync::{Arc, Mutex, PoisonError};

use lz4_flex::block;
use matching::date::Timestamp;
use matching::id::PartyId;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::etag::Tag;
use super::problem_texts::Language;
use crate::market::footing::Footing;
use crate::market::touched::Mark;

/// Bytes that a page of twenty matches takes, more or less.
const USUAL_BYTES: usize = 5_000;
/// What a page takes beside what is counted, in bytes.
const OVERHEAD_BYTES: usize = 700;

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

/// What the headers of an answer say of a page.
#[derive(Debug, Clone)]
pub struct PageMarks {
    /// By which a client knows that it has the items already.
    pub tag: Option<Tag>,
    /// The cursor of the next page, if there is one.
    pub next_cursor: Option<String>,
}

/// One page of a list, but for the number of the version that it is told of.
#[derive(Debug)]
pub struct ToldList {
    /// What the headers say.
    pub marks: PageMarks,
    /// The body up to that number.
    pub body: Vec<u8>,
}

/// A page that was told, what it rests on, and when it was last found to hold. Twenty matches say
/// much the same, so that a fifth of the bytes are enough (LZ4).
#[derive(Debug)]
pub struct KeptList {
    /// What the headers say.
    pub marks: PageMarks,
    /// What it rests on.
    pub footing: Footing,
    packed: Box<[u8]>,
    body_bytes: usize,
    since: Mutex<(Mark, Timestamp)>,
}

impl KeptList {
    /// Packs a page that was worked out from a version at a moment.
    #[must_use]
    pub fn new(told: &ToldList, footing: Footing, since: (Mark, Timestamp)) -> Self {
        let packed = block::compress(&told.body).into();
        let (marks, body_bytes) = (told.marks.clone(), told.body.len());
        Self { marks, footing, packed, body_bytes, since: Mutex::new(since) }
    }

    /// The body up to the number of the version, with room for so many bytes more.
    ///
    /// # Errors
    /// A bug, if it cannot be unpacked.
    pub fn body(&self, room: usize) -> Result<Vec<u8>, block::DecompressError> {
        let mut body = vec![0; self.body_bytes + room];
        let unpacked = block::decompress_into(&self.packed, &mut body)?;
        body.truncate(unpacked);
        Ok(body)
    }

    /// Of which version, and when, it was last known to hold.
    pub fn since(&self) -> (Mark, Timestamp) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that it holds in a version at a moment: what came before need not be looked at again.
    pub fn renew(&self, since: (Mark, Timestamp)) {
        let mut known = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        *known = since.max(*known);
    }
}

#[derive(Debug, Clone)]
struct Bytes;

impl Weighter<ListKey, Arc<KeptList>> for Bytes {
    fn weight(&self, key: &ListKey, list: &Arc<KeptList>) -> u64 {
        let counted = key.address.len() + list.packed.len() + list.footing.heap_bytes();
        (counted + OVERHEAD_BYTES) as u64
    }
}

/// The lists of one process.
pub struct KeptLists(Cache<ListKey, Arc<KeptList>, Bytes>);

impl KeptLists {
    /// Room for so many bytes of lists.
    #[must_use]
    pub fn new(capacity_bytes: usize) -> Self {
        let lists = capacity_bytes / USUAL_BYTES;
        Self(Cache::with_weighter(lists, capacity_bytes as u64, Bytes))
    }

    /// What is kept of a list.
    #[must_use]
    pub fn find(&self, key: &ListKey) -> Option<Arc<KeptList>> {
        self.0.get(key)
    }

    /// Keeps a list, in place of what was kept of it and perhaps of others.
    pub fn keep(&self, key: ListKey, list: impl FnOnce() -> KeptList) {
        if self.0.capacity() > 0 {
            self.0.insert(key, Arc::new(list()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Market;
    use crate::market::rank::{Page, RankKey};
    use uuid::Uuid;

    const BODY: &[u8] = &[b'x'; 30_000];

    fn kept(capacity_bytes: usize, address: String) -> Option<Vec<u8>> {
        let (lists, market) = (KeptLists::new(capacity_bytes), Market::new(Default::default()));
        let party = PartyId::new(Uuid::nil());
        let key = ListKey { party, address, language: Language::English };
        let marks = PageMarks { tag: None, next_cursor: None };
        let told = ToldList { marks, body: BODY.into() };
        let page = Page::<_, RankKey> { items: Vec::new(), next: None, beyond: None };
        let since = (market.view().mark(), Timestamp::from_micros(0));
        lists.keep(key.clone(), || KeptList::new(&told, Footing::of(&page), since));
        lists.find(&key).map(|list| list.body(8).expect("what was packed"))
    }

    #[test]
    fn a_list_is_kept_as_it_was_told_if_there_is_room() {
        let body = kept(64 << 10, "/".into()).expect("kept");
        assert_eq!(body, BODY);
        assert!(body.capacity() >= BODY.len() + 8);
        assert!(kept(0, "/".into()).is_none(), "no room keeps none");
        assert!(kept(64 << 10, "/".repeat(64 << 10)).is_none(), "an address takes room too");
    }
}
