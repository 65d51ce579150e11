//! Grants: what one party allows another to do in its name, and on which days. Must not know
//! tokens, nor how a caller says for whom it acts.

use crate::date::{Date, Timestamp};
use crate::id::{GrantId, PartyId};
use crate::violation::{Rule, Violation, Violations};

/// One thing that a party can allow another. What is not in this list cannot be given away: a
/// grantee makes no grants, reads no audit trail and is no admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// See what the grantor sees of parties.
    ReadParties,
    /// Change what the grantor states about itself.
    WriteParties,
    /// See what the grantor sees of products and certificates.
    ReadProducts,
    /// Record and change the grantor's products and certificates.
    WriteProducts,
    /// See what the grantor sees of offers.
    ReadOffers,
    /// Make and change the grantor's offers.
    WriteOffers,
    /// See what the grantor sees of demands, and its matches.
    ReadDemands,
    /// Make and change the grantor's demands.
    WriteDemands,
    /// Split the grantor's demands over offers.
    RunAllocations,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 9] = [
        Self::ReadParties,
        Self::WriteParties,
        Self::ReadProducts,
        Self::WriteProducts,
        Self::ReadOffers,
        Self::WriteOffers,
        Self::ReadDemands,
        Self::WriteDemands,
        Self::RunAllocations,
    ];

    /// The word, the same as of the scope of a token.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ReadParties => "parties:read",
            Self::WriteParties => "parties:write",
            Self::ReadProducts => "products:read",
            Self::WriteProducts => "products:write",
            Self::ReadOffers => "offers:read",
            Self::WriteOffers => "offers:write",
            Self::ReadDemands => "demands:read",
            Self::WriteDemands => "demands:write",
            Self::RunAllocations => "allocations:run",
        }
    }

    /// The permission with this word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.code() == code)
    }
}

/// What a party states about a grant, unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantDraft {
    /// In whose name.
    pub grantor_id: PartyId,
    /// Who may act.
    pub grantee_id: PartyId,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// The first day.
    pub from: Date,
    /// The last day; without one it holds until it is revoked.
    pub to: Option<Date>,
}

/// What a party states about a grant, checked; permissions are sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantTerms(GrantDraft);

impl GrantTerms {
    /// Checks a draft.
    ///
    /// # Errors
    /// Every broken rule with its place.
    pub fn new(mut draft: GrantDraft) -> Result<Self, Vec<Violation>> {
        let mut violations = Violations::default();
        let rule = Rule::Contradicts { other: "grantor_id" };
        violations.require(draft.grantor_id != draft.grantee_id, "/grantee_id", rule);
        let most = Permission::ALL.len() as u64;
        violations.range(draft.permissions.len() as u64, (1, most), "/scopes");
        for (index, permission) in draft.permissions.iter().enumerate() {
            let first = !draft.permissions[..index].contains(permission);
            violations.require(first, &format!("/scopes/{index}"), Rule::Duplicate);
        }
        let ordered = draft.to.is_none_or(|to| draft.from <= to);
        violations.require(ordered, "/to", Rule::ReversedPeriod);
        draft.permissions.sort_unstable();
        violations.into_result(Self(draft))
    }
}

impl std::ops::Deref for GrantTerms {
    type Target = GrantDraft;

    fn deref(&self) -> &GrantDraft {
        &self.0
    }
}

/// What a grant is worth on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrantState {
    /// Its first day is yet to come.
    Pending,
    /// The grantee may act.
    Active,
    /// Its last day has passed.
    Ended,
    /// One of the two took it back.
    Revoked,
}

/// A grant as recorded. It is never edited: another one is made, and this one revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// Grows by one with every change.
    pub version: i64,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// What it says.
    pub terms: GrantTerms,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Grant {
    /// What it is worth on `day`.
    #[must_use]
    pub fn state(&self, day: Date) -> GrantState {
        if self.revoked_at.is_some() {
            GrantState::Revoked
        } else if day < self.terms.from {
            GrantState::Pending
        } else if self.terms.to.is_some_and(|to| to < day) {
            GrantState::Ended
        } else {
            GrantState::Active
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const fn party(number: u128) -> PartyId {
        PartyId::new(Uuid::from_u128(number))
    }

    fn draft() -> GrantDraft {
        GrantDraft {
            grantor_id: party(1),
            grantee_id: party(2),
            permissions: vec![Permission::WriteOffers, Permission::ReadOffers],
            from: Date::from_days(10),
            to: Some(Date::from_days(20)),
        }
    }

    fn grant(draft: GrantDraft) -> Grant {
        let at = Timestamp::from_micros(0);
        Grant {
            id: GrantId::new(Uuid::nil()),
            version: 1,
            created_at: at,
            updated_at: at,
            terms: GrantTerms::new(draft).expect("legal"),
            revoked_at: None,
        }
    }

    #[test]
    fn both_ends_of_its_days_belong_to_a_grant() {
        let grant = grant(draft());
        let states = [9, 10, 20, 21].map(|day| grant.state(Date::from_days(day)));
        use GrantState::{Active, Ended, Pending};
        assert_eq!(states, [Pending, Active, Active, Ended]);
    }

    #[test]
    fn without_a_last_day_a_grant_holds_until_it_is_revoked() {
        let open = grant(GrantDraft { to: None, ..draft() });
        assert_eq!(open.state(Date::from_days(80_000)), GrantState::Active);
        let revoked = Grant { revoked_at: Some(Timestamp::from_micros(0)), ..open };
        assert_eq!(revoked.state(Date::from_days(15)), GrantState::Revoked);
    }

    #[test]
    fn every_broken_rule_is_told() {
        let wrong = GrantDraft {
            grantee_id: party(1),
            permissions: vec![Permission::ReadOffers; 2],
            to: Some(Date::from_days(9)),
            ..draft()
        };
        let broken = GrantTerms::new(wrong).expect_err("illegal");
        let places: Vec<&str> = broken.iter().map(|violation| violation.at.as_str()).collect();
        assert_eq!(places, ["/grantee_id", "/scopes/1", "/to"]);
        let none = GrantDraft { permissions: Vec::new(), ..draft() };
        assert_eq!(GrantTerms::new(none).expect_err("illegal")[0].at, "/scopes");
    }

    #[test]
    fn a_permission_is_read_back_from_its_word() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.code()), Some(permission));
        }
        assert_eq!(Permission::parse("admin"), None);
        assert_eq!(Permission::parse("grants:write"), None);
    }
}
