//! What was touched of late, so that a list which was worked out from an older version can be found
//! to be the same in this one. Must not know how a list is worked out.

use std::collections::VecDeque;
use std::sync::Arc;

use matching::id::{OfferId, ProductId};

use super::table::Slot;
use super::texts::TextNumber;

/// The most touches that are remembered: each version that changes something copies them, and each
/// list that is looked at is held against those that it has not seen.
const MAX_REMEMBERED: usize = 256;

/// What one change touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Touch {
    /// A party itself; that its offers say something else is told of each.
    Party(Slot),
    /// A demand.
    Demand(Slot),
    /// An offer, as it was or as it is now, or what it refers to.
    Offer(TouchedOffer),
}

impl Touch {
    /// The offer, if it is one.
    pub(super) const fn offer(self) -> Option<TouchedOffer> {
        match self {
            Self::Offer(offer) => Some(offer),
            Self::Party(_) | Self::Demand(_) => None,
        }
    }
}

/// An offer that is not what it was, or is about to be another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TouchedOffer {
    pub(super) id: OfferId,
    pub(super) product: ProductId,
    /// The product's name.
    pub(super) name: TextNumber,
    /// The product's set.
    pub(super) product_set: u8,
}

/// A place in the order of all touches of one market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u64);

/// The last touches.
#[derive(Debug, Clone, Default)]
pub(super) struct Touched {
    /// How many there have ever been.
    count: u64,
    last: Arc<VecDeque<Touch>>,
}

impl Touched {
    /// Adds one.
    pub(super) fn add(&mut self, touch: Touch) {
        let last = Arc::make_mut(&mut self.last);
        if last.len() == MAX_REMEMBERED {
            last.pop_front();
        }
        last.push_back(touch);
        self.count += 1;
    }

    /// The place after all that there are.
    pub(super) const fn mark(&self) -> Mark {
        Mark(self.count)
    }

    /// What came after `mark`; none if not all of it is remembered, or the mark is of a version
    /// that is yet to come.
    pub(super) fn since(&self, mark: Mark) -> Option<impl Iterator<Item = Touch>> {
        let new = usize::try_from(self.count.checked_sub(mark.0)?).ok()?;
        let known = self.last.len().checked_sub(new)?;
        Some(self.last.iter().skip(known).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_after_a_mark_is_told_as_long_as_it_is_remembered() {
        let mut touched = Touched::default();
        let first = touched.mark();
        (0..2).for_each(|slot| touched.add(Touch::Party(slot)));
        let second = touched.mark();
        (2..MAX_REMEMBERED as Slot).for_each(|slot| touched.add(Touch::Demand(slot)));
        let count = |mark| touched.since(mark).map(Iterator::count);
        assert_eq!(count(first), Some(MAX_REMEMBERED));
        assert_eq!(count(second), Some(MAX_REMEMBERED - 2));
        let third = touched.mark();
        assert_eq!(count(third), Some(0));
        touched.add(Touch::Party(7));
        assert!(touched.since(first).is_none(), "one is forgotten");
        assert!(touched.since(third).expect("remembered").eq([Touch::Party(7)]));
        assert!(Touched::default().since(third).is_none(), "of a later version");
    }
}
