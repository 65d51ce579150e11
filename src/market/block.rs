//! Rows grouped by what decides whether they are wanted, product set and name, or set and text. A
//! block holds a few hundred rows, so that a
//! change copies one block. Must not know what a row says.

use std::sync::Arc;

use super::table::{Slot, Table};
use super::texts::TextNumber;

/// The most rows of a block.
const BLOCK_ROWS: usize = 256;

/// What the rows of a block have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// Offers of a product set with a name.
    Name(u8, TextNumber),
    /// Demands for a product set, with their text.
    Set(u8, Option<TextNumber>),
    /// Demands for whatever answers a text.
    Text(TextNumber),
    /// Demands with a substitute that answers a text, with the demand's own text.
    Substitute(TextNumber),
}

impl Key {
    const fn text(self) -> Option<TextNumber> {
        match self {
            Self::Set(_, text) => text,
            Self::Name(_, text) | Self::Text(text) | Self::Substitute(text) => Some(text),
        }
    }

    const fn set(self) -> Option<u8> {
        match self {
            Self::Set(set, _) => Some(set),
            Self::Name(..) | Self::Text(_) | Self::Substitute(_) => None,
        }
    }
}

/// A row names its record.
pub(super) trait Row: Copy {
    /// The record's slot.
    fn slot(&self) -> Slot;

    /// What is kept of the rows of a block to bound them by.
    type Best: std::fmt::Debug + Clone;

    /// The best of a row.
    fn best(self) -> Self::Best;

    /// Makes `best` at least as good as the row.
    fn join(self, best: &mut Self::Best);
}

/// Rows with one key.
#[derive(Debug, Clone)]
pub(super) struct Block<R: Row> {
    pub(super) key: Key,
    /// At least as good as each row.
    pub(super) best: R::Best,
    pub(super) rows: Vec<R>,
}

/// All blocks, found by set and by text; a clone shares every block.
#[derive(Debug)]
pub(super) struct Blocks<R: Row> {
    blocks: Table<Arc<Block<R>>>,
    by_set: Table<Vec<Slot>>,
    by_text: Table<Vec<Slot>>,
}

impl<R: Row> Clone for Blocks<R> {
    fn clone(&self) -> Self {
        let (blocks, by_set) = (self.blocks.clone(), self.by_set.clone());
        Self { blocks, by_set, by_text: self.by_text.clone() }
    }
}

impl<R: Row> Default for Blocks<R> {
    fn default() -> Self {
        Self { blocks: Table::default(), by_set: Table::default(), by_text: Table::default() }
    }
}

impl<R: Row> Blocks<R> {
    /// The block in `slot`.
    #[inline]
    pub(super) fn get(&self, slot: Slot) -> Option<&Block<R>> {
        self.blocks.get(slot).map(Arc::as_ref)
    }

    /// Blocks of a set.
    pub(super) fn of_set(&self, set: u8) -> &[Slot] {
        self.by_set.get(set.into()).map_or(&[], Vec::as_slice)
    }

    /// Blocks with a name or text.
    pub(super) fn of_text(&self, text: TextNumber) -> &[Slot] {
        self.by_text.get(text).map_or(&[], Vec::as_slice)
    }

    /// Adds the row of a record that has none with this key.
    pub(super) fn add(&mut self, key: Key, row: R) {
        match self.with_room(key).and_then(|slot| self.get_mut(slot)) {
            Some(block) => {
                push(&mut block.rows, row);
                row.join(&mut block.best);
            }
            None => self.add_block(Block { key, best: row.best(), rows: vec![row] }),
        }
    }

    /// Takes the row of a record out.
    pub(super) fn remove(&mut self, key: Key, record: Slot) {
        let Some((slot, place)) = self.find(key, record) else {
            return;
        };
        let Some(block) = self.get_mut(slot) else {
            return;
        };
        block.rows.swap_remove(place);
        if let Some((first, others)) = block.rows.split_first() {
            block.best = first.best();
            others.iter().for_each(|row| row.join(&mut block.best));
        } else {
            self.blocks.remove(slot);
            if let Some(text) = key.text() {
                list(&mut self.by_text, text).retain(|other| *other != slot);
            }
            if let Some(set) = key.set() {
                list(&mut self.by_set, set.into()).retain(|other| *other != slot);
            }
        }
    }

    fn get_mut(&mut self, slot: Slot) -> Option<&mut Block<R>> {
        self.blocks.get_mut(slot).map(Arc::make_mut)
    }

    fn with_key(&self, key: Key) -> impl Iterator<Item = (Slot, &Block<R>)> {
        let by_set = || key.set().map_or(&[][..], |set| self.of_set(set));
        let slots = key.text().map_or_else(by_set, |text| self.of_text(text));
        let blocks = slots.iter().rev().filter_map(|slot| Some((*slot, self.get(*slot)?)));
        blocks.filter(move |(_, block)| block.key == key)
    }

    fn find(&self, key: Key, record: Slot) -> Option<(Slot, usize)> {
        self.with_key(key).find_map(|(slot, block)| {
            let place = block.rows.iter().position(|row| row.slot() == record)?;
            Some((slot, place))
        })
    }

    fn with_room(&self, key: Key) -> Option<Slot> {
        let mut with_room = self.with_key(key).filter(|(_, block)| block.rows.len() < BLOCK_ROWS);
        with_room.next().map(|(slot, _)| slot)
    }

    fn add_block(&mut self, block: Block<R>) {
        let key = block.key;
        let slot = self.blocks.insert(Arc::new(block));
        if let Some(text) = key.text() {
            list(&mut self.by_text, text).push(slot);
        }
        if let Some(set) = key.set() {
            list(&mut self.by_set, set.into()).push(slot);
        }
    }
}

/// Adds an item and room for few more: most lists grow seldom.
pub(super) fn push<T>(items: &mut Vec<T>, item: T) {
    if items.len() == items.capacity() {
        items.reserve_exact(items.len() / 8 + 1);
    }
    items.push(item);
}

fn list(lists: &mut Table<Vec<Slot>>, slot: Slot) -> &mut Vec<Slot> {
    lists.get_or_default(slot)
}
