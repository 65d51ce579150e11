//! Dimensions, units and what one unit contains in base units, exactly. Must not know the table of
//! units (reference data gives a unit's fixed content) nor round.

/// The largest quantity of a record, in its unit: a thousand times the country's yearly rice.
pub const MAX_QUANTITY: u64 = 1_000_000_000_000;

/// The largest content of one unit, in base units: a thousand-tonne container in grams.
pub const MAX_CONTENT: u64 = 1_000_000_000;

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
    primary: Content,
    secondary: Option<Content>,
}

impl UnitContent {
    /// A unit with one content.
    #[must_use]
    pub const fn new(primary: Content) -> Self {
        Self { primary, secondary: None }
    }

    /// The same unit with a content in another dimension; one in the same dimension is ignored.
    #[must_use]
    pub fn with_secondary(self, secondary: Content) -> Self {
        let secondary = (secondary.dimension != self.primary.dimension).then_some(secondary);
        Self { secondary: secondary.or(self.secondary), ..self }
    }

    /// The content that reservations are counted in.
    #[must_use]
    pub const fn primary(&self) -> Content {
        self.primary
    }

    /// The content in a second dimension, if known.
    #[must_use]
    pub const fn secondary(&self) -> Option<Content> {
        self.secondary
    }

    /// Base units of `dimension` in one unit, if the unit converts exactly into that dimension.
    #[must_use]
    pub fn in_dimension(&self, dimension: Dimension) -> Option<u64> {
        [Some(self.primary), self.secondary]
            .into_iter()
            .flatten()
            .find(|content| content.dimension == dimension)
            .map(|content| content.base_units)
    }
}
