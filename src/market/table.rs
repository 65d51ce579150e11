//! A table of records by a small number, and an index of it by id: both share what did not change
//! between versions, so that a change copies a page and not the market. Must not know what a
//! record is.

use std::sync::Arc;

/// What an allocation of a page may take: a size class of the allocator, of which nine fill the
/// 64 KiB that it manages together; of the next class, 8 KiB, seven would.
const ALLOCATED_BYTES: usize = 7 << 10;
/// What of it are not records: the counts of references, up to a cache line, and what the allocator
/// adds so that the page begins with one.
const HEAD_BYTES: usize = 2 * 64;
/// Bytes of the records of one page, which a change copies.
pub(super) const PAGE_BYTES: usize = ALLOCATED_BYTES - HEAD_BYTES;
/// Shards of an index: a change copies one of them.
const SHARDS: usize = 512;

/// Place of a record in its table.
pub(super) type Slot = u32;

type Page<T> = [Option<T>];

/// Records by slot; a clone shares every page.
#[derive(Debug)]
pub(super) struct Table<T> {
    pages: Vec<Arc<Page<T>>>,
    free: Arc<Vec<Slot>>,
    len: usize,
}

impl<T> Clone for Table<T> {
    fn clone(&self) -> Self {
        Self { pages: self.pages.clone(), free: Arc::clone(&self.free), len: self.len }
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { pages: Vec::new(), free: Arc::default(), len: 0 }
    }
}

impl<T: Clone> Table<T> {
    /// Records of one page.
    const PAGE: usize = PAGE_BYTES / size_of::<Option<T>>();

    /// The record in `slot`.
    #[inline]
    pub(super) fn get(&self, slot: Slot) -> Option<&T> {
        self.pages.get(slot as usize / Self::PAGE)?[slot as usize % Self::PAGE].as_ref()
    }

    /// How many records there are.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// The slots that have a record.
    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> {
        let all = 0..(self.pages.len() * Self::PAGE) as Slot;
        all.filter(|slot| self.get(*slot).is_some())
    }

    /// Puts `record` into a free slot.
    pub(super) fn insert(&mut self, record: T) -> Slot {
        let slot = if self.free.is_empty() { None } else { Arc::make_mut(&mut self.free).pop() };
        let slot = slot.unwrap_or_else(|| self.add_page());
        self.put(slot, record);
        slot
    }

    /// Puts `record` into `slot`, in place of what is there.
    pub(super) fn put(&mut self, slot: Slot, record: T) {
        while self.pages.len() <= slot as usize / Self::PAGE {
            self.pages.push(Self::empty_page());
        }
        self.len += usize::from(self.get(slot).is_none());
        *self.place(slot) = Some(record);
    }

    /// Takes the record out of `slot`, which becomes free.
    pub(super) fn remove(&mut self, slot: Slot) {
        if self.clear(slot) {
            Arc::make_mut(&mut self.free).push(slot);
        }
    }

    /// Takes the record out of `slot`, which another table gives out; whether there was one.
    pub(super) fn clear(&mut self, slot: Slot) -> bool {
        let is_there = self.get(slot).is_some();
        if is_there {
            *self.place(slot) = None;
            self.len -= 1;
        }
        is_there
    }

    /// The record in `slot`, to be changed; copied if an older version shares it.
    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        self.get(slot)?;
        self.place(slot).as_mut()
    }

    /// The record in `slot`, to be changed; an empty one if there is none.
    pub(super) fn get_or_default(&mut self, slot: Slot) -> &mut T
    where
        T: Default,
    {
        if self.get(slot).is_none() {
            self.put(slot, T::default());
        }
        self.place(slot).get_or_insert_default()
    }

    fn place(&mut self, slot: Slot) -> &mut Option<T> {
        let page = &mut self.pages[slot as usize / Self::PAGE];
        &mut Arc::make_mut(page)[slot as usize % Self::PAGE]
    }

    fn add_page(&mut self) -> Slot {
        let first = (self.pages.len() * Self::PAGE) as Slot;
        self.pages.push(Self::empty_page());
        let fresh = (first + 1..first + Self::PAGE as Slot).rev();
        Arc::make_mut(&mut self.free).extend(fresh);
        first
    }

    fn empty_page() -> Arc<Page<T>> {
        std::iter::repeat_with(|| None).take(Self::PAGE).collect()
    }
}

/// Makes room for one more, and for few beyond it: most lists are filled once and grow seldom.
fn grow<T>(items: &mut Vec<T>) {
    grow_within(items, usize::MAX);
}

/// The same in a list that will never have more than `most` items.
pub(super) fn grow_within<T>(items: &mut Vec<T>, most: usize) {
    if items.len() == items.capacity() {
        items.reserve_exact((items.len() / 8 + 1).min(most - items.len()));
    }
}

/// Adds an item, and room for few more.
pub(super) fn push<T>(items: &mut Vec<T>, item: T) {
    grow(items);
    items.push(item);
}

/// Slots by id: eight bytes an id, a binary search in one small shard.
#[derive(Debug, Clone)]
pub(super) struct Index {
    shards: Vec<Arc<Vec<(u32, Slot)>>>,
}

impl Default for Index {
    fn default() -> Self {
        Self { shards: vec![Arc::default(); SHARDS] }
    }
}

/// Spreads an id over shards and within one (multiplicative hashing, Knuth 6.4).
fn hash(id: u128) -> (usize, u32) {
    let folded = (id as u64) ^ (id >> 64) as u64;
    let spread = folded.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((spread >> 55) as usize % SHARDS, (spread >> 16) as u32)
}

impl Index {
    /// The slot of `id`; `is_it` tells whether the record in a slot has that id.
    pub(super) fn find(&self, id: u128, is_it: impl Fn(Slot) -> bool) -> Option<Slot> {
        let (shard, key) = hash(id);
        let shard = &self.shards[shard];
        let first = shard.partition_point(|(other, _)| *other < key);
        let same = shard[first..].iter().take_while(|(other, _)| *other == key);
        same.map(|(_, slot)| *slot).find(|slot| is_it(*slot))
    }

    /// Adds `id` at `slot`; it must not be there yet.
    pub(super) fn insert(&mut self, id: u128, slot: Slot) {
        let (shard, key) = hash(id);
        let shard = Arc::make_mut(&mut self.shards[shard]);
        let place = shard.partition_point(|entry| *entry < (key, slot));
        grow(shard);
        shard.insert(place, (key, slot));
    }

    /// Takes `id` at `slot` out.
    pub(super) fn remove(&mut self, id: u128, slot: Slot) {
        let (shard, key) = hash(id);
        let shard = Arc::make_mut(&mut self.shards[shard]);
        shard.retain(|entry| *entry != (key, slot));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_version_keeps_what_it_had() {
        let mut table = Table::default();
        let slots: Vec<Slot> = (0..1000).map(|number| table.insert(number)).collect();
        let older = table.clone();
        table.remove(slots[3]);
        *table.get_mut(slots[4]).expect("present") = -1;
        assert_eq!((older.get(slots[3]), older.get(slots[4])), (Some(&3), Some(&4)));
        assert_eq!((table.get(slots[3]), table.get(slots[4])), (None, Some(&-1)));
        assert_eq!((older.len(), table.len()), (1000, 999));
        assert_eq!(table.insert(7), slots[3], "a free slot is given again");
    }

    #[test]
    fn ids_with_one_hash_are_told_apart() {
        let (first, second) = (5_u128, 5_u128 << 64);
        let ids = [first, second];
        let mut index = Index::default();
        index.insert(first, 0);
        index.insert(second, 1);
        for (slot, id) in ids.iter().enumerate() {
            assert_eq!(index.find(*id, |found| ids[found as usize] == *id), Some(slot as Slot));
        }
        index.remove(first, 0);
        assert_eq!(index.find(first, |found| ids[found as usize] == first), None);
        assert_eq!(index.find(second, |found| ids[found as usize] == second), Some(1));
    }
}
