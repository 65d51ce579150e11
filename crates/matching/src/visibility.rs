//! Who may see an offer or a demand besides its owner. Must not know callers or grants.

use crate::id::PartyId;
use crate::violation::{Rule, Violation, Violations};

/// The most parties that one offer or demand can invite.
pub const MAX_INVITED: usize = 200;

/// The level of visibility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Parties with the role of coordinator.
    Coordinators,
    /// The parties that are named.
    Invited,
}

/// Who may see a thing besides its owner.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Audience {
    visibility: Visibility,
    invited: Vec<PartyId>,
}

impl Audience {
    /// An audience; parties can be named for [`Visibility::Invited`] only.
    ///
    /// # Errors
    /// Every broken rule with its place.
    pub fn new(visibility: Visibility, mut invited: Vec<PartyId>) -> Result<Self, Vec<Violation>> {
        let mut violations = Violations::default();
        let named = visibility == Visibility::Invited || invited.is_empty();
        let rule = Rule::Contradicts { other: "visibility" };
        violations.require(named, "/invited_party_ids", rule);
        violations.range(invited.len() as u64, (0, MAX_INVITED as u64), "/invited_party_ids");
        invited.sort_unstable();
        invited.dedup();
        violations.into_result(Self { visibility, invited })
    }

    /// Everybody.
    #[must_use]
    pub const fn public() -> Self {
        Self { visibility: Visibility::Public, invited: Vec::new() }
    }

    /// The level.
    #[must_use]
    pub const fn visibility(&self) -> Visibility {
        self.visibility
    }

    /// The parties named, in order of id.
    #[must_use]
    pub fn invited(&self) -> &[PartyId] {
        &self.invited
    }

    /// Whether `viewer` belongs to the audience.
    #[must_use]
    pub fn admits(&self, viewer: PartyId, viewer_coordinates: bool) -> bool {
        match self.visibility {
            Visibility::Public => true,
            Visibility::Coordinators => viewer_coordinates,
            Visibility::Invited => self.invited.binary_search(&viewer).is_ok(),
        }
    }
}
