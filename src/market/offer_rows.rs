//! The rows of offers, each once, by the slots of their offers. Must not know what a row says.

use super::row::OfferRow;
use super::table::{Slot, Table};

/// A row in one cache line.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Aligned(OfferRow);

/// Rows by the slots of their offers; a clone shares every page.
#[derive(Debug, Clone, Default)]
pub(super) struct OfferRows(Table<Aligned>);

impl OfferRows {
    /// The row of an offer.
    #[inline]
    pub(super) fn get(&self, offer: Slot) -> Option<&OfferRow> {
        self.0.get(offer).map(|Aligned(row)| row)
    }

    /// Every offer with its row.
    pub(super) fn all(&self) -> impl Iterator<Item = (Slot, &OfferRow)> {
        self.0.slots().filter_map(|offer| Some((offer, self.get(offer)?)))
    }

    /// Puts the row of an offer, in place of what is there.
    pub(super) fn put(&mut self, offer: Slot, row: OfferRow) {
        self.0.put(offer, Aligned(row));
    }

    /// Takes the row of an offer out.
    pub(super) fn remove(&mut self, offer: Slot) {
        self.0.clear(offer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_the_table_is_one_cache_line() {
        assert_eq!(size_of::<Option<Aligned>>(), 64);
    }
}
