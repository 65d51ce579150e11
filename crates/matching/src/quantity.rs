//! Dimensions, units and what one unit contains in base units, exactly. Must not know the table of
//! units (reference data gives a unit's fixed content) nor round.

use std::sync::Arc;

/// The largest quantity of a record, in its unit: a thousand times the country's yearly rice.
pub const MAX_QUANTITY: u64 = 1_000_000_000_000;

/// The largest content of one unit, in base units: a thousand-tonne container in grams.
pub const MAX_CONTENT: u64 = 1_000_000_000;

/// One more than the largest count of five bytes.
const COMPACT_END: u64 = 1 << 40;
const _: () = assert!(MAX_QUANTITY < COMPACT_END && MAX_CONTENT < COMPACT_END);

/// A count of at most [`MAX_QUANTITY`] in five bytes: there are records by the hundred thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Compact([u8; 5]);

impl Compact {
    pub(crate) const fn new(count: u64) -> Self {
        debug_assert!(count < COMPACT_END);
        let [a, b, c, d, e, ..] = count.to_le_bytes();
        Self([a, b, c, d, e])
    }

    pub(crate) const fn get(self) -> u64 {
        let [a, b, c, d, e] = self.0;
        u64::from_le_bytes([a, b, c, d, e, 0, 0, 0])
    }
}

/// What a quantity measures; quantities of different dimensions are never added or compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// Base unit gram.
    Mass,
    /// Base unit millilitre.
    Volume,
    /// Base unit piece.
    Count,
    /// Base unit millimetre.
    Length,
    /// Base unit square metre.
    Area,
    /// Base unit guest, of a tourism service.
    Guests,
    /// Base unit room-night, of a tourism service.
    RoomNights,
}

/// A quantity in base units of a dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Content {
    /// What it measures.
    pub dimension: Dimension,
    /// How much, in base units; positive.
    pub base_units: u64,
}

/// What one unit contains: its content in one dimension, and in a second one where a packaging says
/// so (a coconut is one piece and 1,100 g).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitContent {
    primary: Packed,
    secondary: Option<Packed>,
}

/// A content in a third of the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Packed {
    dimension: Dimension,
    base_units: Compact,
}

impl Packed {
    const fn new(content: Content) -> Self {
        Self { dimension: content.dimension, base_units: Compact::new(content.base_units) }
    }

    const fn content(self) -> Content {
        Content { dimension: self.dimension, base_units: self.base_units.get() }
    }
}

impl UnitContent {
    /// A unit with one content, of at most [`MAX_CONTENT`] base units.
    #[must_use]
    pub const fn new(primary: Content) -> Self {
        Self { primary: Packed::new(primary), secondary: None }
    }

    /// The same unit with a content in another dimension; one in the same dimension is ignored.
    #[must_use]
    pub fn with_secondary(self, secondary: Content) -> Self {
        let other = secondary.dimension != self.primary.dimension;
        let secondary = other.then_some(Packed::new(secondary));
        Self { secondary: secondary.or(self.secondary), ..self }
    }

    /// The content that reservations are counted in.
    #[must_use]
    pub const fn primary(&self) -> Content {
        self.primary.content()
    }

    /// The content in a second dimension, if known.
    #[must_use]
    pub fn secondary(&self) -> Option<Content> {
        self.secondary.map(Packed::content)
    }

    /// Base units of `dimension` in one unit, if the unit converts exactly into that dimension.
    #[must_use]
    pub fn in_dimension(&self, dimension: Dimension) -> Option<u64> {
        let mut packed = [Some(self.primary), self.secondary].into_iter().flatten();
        packed.find(|packed| packed.dimension == dimension).map(|it| it.content().base_units)
    }
}

/// A selling unit, one for all offers and demands that count in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SellingUnit {
    /// Its code.
    pub code: Arc<str>,
    /// What one contains.
    pub content: UnitContent,
}
