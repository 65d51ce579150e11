//! Offers by the set and the name of their product, for demands in words. Must not know what is
//! asked of a row.

use super::offer_rows::OfferRows;
use super::row::OfferRow;
use super::table::{Slot, Table, push};
use super::texts::TextNumber;

/// Offers of products of one set with one name.
#[derive(Debug, Clone)]
pub(super) struct Named {
    /// Number of the set.
    pub(super) product_set: u8,
    /// At least as good as the row of each; none where units differ, which prices cannot be
    /// compared across.
    pub(super) best: Option<OfferRow>,
    pub(super) offers: Vec<Slot>,
}

impl Named {
    fn add(&mut self, offer: Slot, row: &OfferRow) {
        push(&mut self.offers, offer);
        self.best = with(self.best, row);
    }

    fn remove(&mut self, offer: Slot, rows: &OfferRows) {
        self.offers.retain(|other| *other != offer);
        let mut rows = self.offers.iter().filter_map(|offer| rows.get(*offer));
        let first = rows.next().copied();
        self.best = rows.fold(first, with);
    }
}

/// A row that is at least as good as both, if their units are the same.
fn with(best: Option<OfferRow>, row: &OfferRow) -> Option<OfferRow> {
    let mut best = best.filter(|best| best.unit() == row.unit())?;
    best.join(row);
    Some(best)
}

/// All of them, by the number of the name; a clone shares every page.
#[derive(Debug, Clone, Default)]
pub(super) struct OffersByName(Table<Vec<Named>>);

impl OffersByName {
    /// The offers with a name, by set.
    pub(super) fn of_name(&self, name: TextNumber) -> &[Named] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Adds an offer that is not there.
    pub(super) fn add(&mut self, offer: Slot, row: &OfferRow) {
        let all = self.0.get_or_default(row.name);
        match all.iter_mut().find(|it| it.product_set == row.product_set) {
            Some(named) => named.add(offer, row),
            None => {
                let (product_set, best) = (row.product_set, Some(*row));
                push(all, Named { product_set, best, offers: vec![offer] });
            }
        }
    }

    /// Takes out an offer, whose row is as it was when it was added.
    pub(super) fn remove(&mut self, offer: Slot, rows: &OfferRows) {
        let Some(row) = rows.get(offer) else { return };
        let all = self.0.get_or_default(row.name);
        let of_set = all.iter_mut().filter(|it| it.product_set == row.product_set);
        of_set.for_each(|named| named.remove(offer, rows));
        all.retain(|named| !named.offers.is_empty());
    }
}
