//! Who may see an offer or a demand besides its owner. Must not know callers or grants.

use crate::id::PartyId;
use crate::place::{ProvinceCode, ProvinceSet};
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

/// Who looks at offers and demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    /// The party.
    pub party: PartyId,
    /// Whether it sees everything.
    pub is_admin: bool,
    /// Whether it has the role of coordinator.
    pub is_coordinator: bool,
    /// The provinces that it oversees as an authority.
    pub oversees: ProvinceSet,
}

impl Viewer {
    /// Whether it sees all of a record that `owner` shows to `audience`, to everybody for none.
    #[must_use]
    pub fn is_shown(&self, owner: PartyId, audience: Option<&Audience>) -> bool {
        let admits = |audience: &Audience| audience.admits(self.party, self.is_coordinator);
        self.is_admin || self.party == owner || audience.is_none_or(admits)
    }

    /// Whether it sees what a party with this seat shows to anybody: without the prices, where it
    /// is not shown to itself.
    #[must_use]
    pub fn oversees(&self, seat: ProvinceCode) -> bool {
        self.oversees.contains(seat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const fn viewer(party: u128) -> Viewer {
        let party = PartyId::new(Uuid::from_u128(party));
        let oversees = ProvinceSet::EMPTY;
        Viewer { party, is_admin: false, is_coordinator: false, oversees }
    }

    #[test]
    fn a_record_is_shown_to_its_owner_its_audience_and_admins() {
        let (owner, guest, other) = (viewer(1), viewer(2), viewer(3));
        let invited = Audience::new(Visibility::Invited, vec![guest.party]).expect("legal");
        let unions = Audience::new(Visibility::Coordinators, Vec::new()).expect("legal");
        let sees = |viewer: &Viewer| {
            [Some(&invited), Some(&unions), None].map(|it| viewer.is_shown(owner.party, it))
        };
        assert_eq!(sees(&owner), [true, true, true]);
        assert_eq!(sees(&guest), [true, false, true]);
        assert_eq!(sees(&other), [false, false, true]);
        assert_eq!(sees(&Viewer { is_coordinator: true, ..other }), [false, true, true]);
        assert_eq!(sees(&Viewer { is_admin: true, ..other }), [true, true, true]);
    }

    #[test]
    fn to_oversee_a_province_is_not_to_be_shown_a_record() {
        let here = ProvinceCode::new(86).expect("a province");
        let office = Viewer { oversees: [here].into_iter().collect(), ..viewer(3) };
        let nobody = Audience::new(Visibility::Invited, Vec::new()).expect("legal");
        assert!(office.oversees(here) && !viewer(3).oversees(here));
        assert!(!office.is_shown(viewer(1).party, Some(&nobody)));
    }
}
