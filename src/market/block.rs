//! Rows of demands grouped by what decides whether an offer fits them: set and text. A block holds
//! a few hundred rows, so that a change copies one block. Must not know what a row says.

use std::sync::Arc;

use super::row::DemandRow;
use super::table::{Slot, Table, grow_within};
use super::texts::TextNumber;

/// The most rows of a block.
const BLOCK_ROWS: usize = 256;

/// What the rows of a block have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
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
            Self::Text(text) | Self::Substitute(text) => Some(text),
        }
    }

    const fn set(self) -> Option<u8> {
        match self {
            Self::Set(set, _) => Some(set),
            Self::Text(_) | Self::Substitute(_) => None,
        }
    }
}

/// Rows with one key.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) key: Key,
    pub(super) rows: Vec<DemandRow>,
}

/// All blocks, found by set and by text; a clone shares every block.
#[derive(Debug, Clone, Default)]
pub(super) struct Blocks {
    blocks: Table<Arc<Block>>,
    by_set: Table<Vec<Slot>>,
    by_text: Table<Vec<Slot>>,
}

impl Blocks {
    /// The block in `slot`.
    #[inline]
    pub(super) fn get(&self, slot: Slot) -> Option<&Block> {
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
    pub(super) fn add(&mut self, key: Key, row: DemandRow) {
        match self.with_room(key).and_then(|slot| self.get_mut(slot)) {
            Some(block) => {
                grow_within(&mut block.rows, BLOCK_ROWS);
                block.rows.push(row);
            }
            None => self.add_block(Block { key, rows: vec![row] }),
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
        if block.rows.is_empty() {
            self.blocks.remove(slot);
            if let Some(text) = key.text() {
                list(&mut self.by_text, text).retain(|other| *other != slot);
            }
            if let Some(set) = key.set() {
                list(&mut self.by_set, set.into()).retain(|other| *other != slot);
            }
        }
    }

    fn get_mut(&mut self, slot: Slot) -> Option<&mut Block> {
        self.blocks.get_mut(slot).map(Arc::make_mut)
    }

    fn with_key(&self, key: Key) -> impl Iterator<Item = (Slot, &Block)> {
        let by_set = || key.set().map_or(&[][..], |set| self.of_set(set));
        let slots = key.text().map_or_else(by_set, |text| self.of_text(text));
        let blocks = slots.iter().rev().filter_map(|slot| Some((*slot, self.get(*slot)?)));
        blocks.filter(move |(_, block)| block.key == key)
    }

    fn find(&self, key: Key, record: Slot) -> Option<(Slot, usize)> {
        self.with_key(key).find_map(|(slot, block)| {
            let place = block.rows.iter().position(|row| row.demand == record)?;
            Some((slot, place))
        })
    }

    fn with_room(&self, key: Key) -> Option<Slot> {
        let mut with_room = self.with_key(key).filter(|(_, block)| block.rows.len() < BLOCK_ROWS);
        with_room.next().map(|(slot, _)| slot)
    }

    fn add_block(&mut self, block: Block) {
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

fn list(lists: &mut Table<Vec<Slot>>, slot: Slot) -> &mut Vec<Slot> {
    lists.get_or_default(slot)
}
