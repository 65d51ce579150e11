//! Who acts: the party, the scopes it was given, and what follows from them. Must not know how a
//! caller proves who it is.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use matching::grant::Permission;
use matching::id::PartyId;
use uuid::Uuid;

/// Resources that scopes are given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Read parties, products, certificates, offers, demands and matches: `<resource>:read`.
    Read(Resource),
    /// Write one's own: `<resource>:write`.
    Write(Resource),
    /// Read the audit trail: `audit-trail:read`.
    ReadAuditTrail,
    /// Compute how demands are split over offers: `allocations:run`.
    RunAllocations,
    /// Import whole files: `imports:run`.
    RunImports,
    /// Do anything: `admin`.
    Admin,
}

/// A kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// Parties.
    Parties,
    /// Products and their certificates.
    Products,
    /// Offers.
    Offers,
    /// Demands.
    Demands,
    /// Grants.
    Grants,
}

impl Resource {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Parties, Self::Products, Self::Offers, Self::Demands, Self::Grants];

    /// The word in scopes and paths.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Parties => "parties",
            Self::Products => "products",
            Self::Offers => "offers",
            Self::Demands => "demands",
            Self::Grants => "grants",
        }
    }

    /// The word for one of them.
    #[must_use]
    pub const fn singular(self) -> &'static str {
        match self {
            Self::Parties => "party",
            Self::Products => "product",
            Self::Offers => "offer",
            Self::Demands => "demand",
            Self::Grants => "grant",
        }
    }
}

impl Scope {
    /// Reads one scope word; none if it is unknown.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "admin" => return Some(Self::Admin),
            AUDIT_TRAIL_READ => return Some(Self::ReadAuditTrail),
            ALLOCATIONS_RUN => return Some(Self::RunAllocations),
            IMPORTS_RUN => return Some(Self::RunImports),
            _ => {}
        }
        let (plural, verb) = word.split_once(':')?;
        let resource = Resource::ALL.into_iter().find(|resource| resource.plural() == plural)?;
        match verb {
            "read" => Some(Self::Read(resource)),
            "write" => Some(Self::Write(resource)),
            _ => None,
        }
    }
}

const AUDIT_TRAIL_READ: &str = "audit-trail:read";
const ALLOCATIONS_RUN: &str = "allocations:run";
const IMPORTS_RUN: &str = "imports:run";

impl From<Permission> for Scope {
    fn from(permission: Permission) -> Self {
        match permission {
            Permission::ReadParties => Self::Read(Resource::Parties),
            Permission::WriteParties => Self::Write(Resource::Parties),
            Permission::ReadProducts => Self::Read(Resource::Products),
            Permission::WriteProducts => Self::Write(Resource::Products),
            Permission::ReadOffers => Self::Read(Resource::Offers),
            Permission::WriteOffers => Self::Write(Resource::Offers),
            Permission::ReadDemands => Self::Read(Resource::Demands),
            Permission::WriteDemands => Self::Write(Resource::Demands),
            Permission::RunAllocations => Self::RunAllocations,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(resource) => write!(formatter, "{}:read", resource.plural()),
            Self::Write(resource) => write!(formatter, "{}:write", resource.plural()),
            Self::ReadAuditTrail => formatter.write_str(AUDIT_TRAIL_READ),
            Self::RunAllocations => formatter.write_str(ALLOCATIONS_RUN),
            Self::RunImports => formatter.write_str(IMPORTS_RUN),
            Self::Admin => formatter.write_str("admin"),
        }
    }
}

/// Scopes, each once, written with spaces between (RFC 6749 section 3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// What a script, app or person gets unless it asks for fewer: all but `imports:run` and
    /// `admin`.
    #[must_use]
    pub fn ordinary() -> Self {
        let of_resource = |resource| [Scope::Read(resource), Scope::Write(resource)];
        let mut scopes: BTreeSet<Scope> = Resource::ALL.into_iter().flat_map(of_resource).collect();
        scopes.extend([Scope::ReadAuditTrail, Scope::RunAllocations]);
        Self(scopes)
    }

    /// Reads scopes; none if there is no word, or one that is unknown.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let scopes: Option<BTreeSet<Scope>> = text.split_whitespace().map(Scope::parse).collect();
        scopes.filter(|scopes| !scopes.is_empty()).map(Self)
    }

    /// Whether whoever has these has `scope`; `admin` has all.
    #[must_use]
    pub fn hold(&self, scope: Scope) -> bool {
        self.0.contains(&Scope::Admin) || self.0.contains(&scope)
    }

    /// Whether whoever has these has all of `others`.
    #[must_use]
    pub fn hold_all(&self, others: &Self) -> bool {
        others.0.iter().all(|scope| self.hold(*scope))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(formatter, "{space}{scope}")?;
        }
        Ok(())
    }
}

/// The scopes that a script gets unless it asks for fewer, as a token states them.
#[must_use]
pub fn ordinary_scopes() -> String {
    Scopes::ordinary().to_string()
}

/// Who makes a request, and for whom; cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    subject: Arc<str>,
    request_id: Option<Arc<str>>,
    actor: PartyId,
    party: PartyId,
    needs_grant: bool,
    scopes: Arc<[Scope]>,
}

impl Caller {
    /// A caller that acts for its own `party` with `scopes`; `subject` names the script, app or
    /// person.
    #[must_use]
    pub fn new(subject: &str, party: PartyId, scopes: Vec<Scope>) -> Self {
        let (subject, request_id) = (subject.into(), None);
        let scopes = scopes.into();
        Self { subject, request_id, actor: party, party, needs_grant: false, scopes }
    }

    /// The same caller acting for `principal`, with what both its own scopes and the grants of
    /// `principal` allow.
    #[must_use]
    pub fn acting_for(&self, principal: PartyId, allowed: &BTreeSet<Permission>) -> Self {
        let granted = allowed.iter().map(|permission| Scope::from(*permission));
        let scopes = granted.filter(|scope| self.holds(*scope)).collect();
        Self { party: principal, needs_grant: true, scopes, ..self.clone() }
    }

    /// An admin acting for `principal`, which needs no grant: it has the scopes that a grant can
    /// give, and no more power than that party.
    #[must_use]
    pub fn in_place_of(&self, principal: PartyId) -> Self {
        let all = Permission::ALL.into_iter().collect();
        Self { needs_grant: false, ..self.acting_for(principal, &all) }
    }

    /// Whether it acts for another party by grants that can be taken back.
    #[must_use]
    pub const fn needs_grant(&self) -> bool {
        self.needs_grant
    }

    /// Whether grants that allow this much still cover all that it may do.
    #[must_use]
    pub fn is_covered_by(&self, allowed: &BTreeSet<Permission>) -> bool {
        let granted: Vec<Scope> = allowed.iter().map(|it| Scope::from(*it)).collect();
        !allowed.is_empty() && self.scopes.iter().all(|scope| granted.contains(scope))
    }

    /// Whoever makes a request that tells only later who it is: a log-in. It may do nothing.
    #[must_use]
    pub fn nobody() -> Self {
        Self::new("", PartyId::new(Uuid::nil()), Vec::new())
    }

    /// The same caller in the request that has this id.
    #[must_use]
    pub fn in_request(self, id: Arc<str>) -> Self {
        Self { request_id: Some(id), ..self }
    }

    /// The id of the request that it makes; none for work that no request asked for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The script, app or person that calls.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The party whose script, app or person it is.
    #[must_use]
    pub const fn actor(&self) -> PartyId {
        self.actor
    }

    /// The party it acts for: its own, or one that allows it to.
    #[must_use]
    pub const fn party(&self) -> PartyId {
        self.party
    }

    /// Whether it may do anything.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.scopes.contains(&Scope::Admin)
    }

    /// Whether it holds `scope`; an admin holds all.
    #[must_use]
    pub fn holds(&self, scope: Scope) -> bool {
        self.is_admin() || self.scopes.contains(&scope)
    }

    /// Whether it may write what `owner` owns.
    #[must_use]
    pub fn owns(&self, owner: PartyId) -> bool {
        self.is_admin() || self.party == owner
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const fn party(number: u128) -> PartyId {
        PartyId::new(Uuid::from_u128(number))
    }

    fn caller(scopes: &str) -> Caller {
        let scopes = scopes.split(' ').filter_map(Scope::parse).collect();
        Caller::new("erp", party(1), scopes)
    }

    #[test]
    fn a_grantee_may_do_what_both_its_token_and_the_grant_allow() {
        let allowed = BTreeSet::from([Permission::WriteOffers, Permission::ReadDemands]);
        let acting = caller("offers:write offers:read").acting_for(party(2), &allowed);
        assert_eq!((acting.actor(), acting.party()), (party(1), party(2)));
        assert!(acting.holds(Scope::Write(Resource::Offers)));
        assert!(!acting.holds(Scope::Read(Resource::Offers)), "not granted");
        assert!(!acting.holds(Scope::Read(Resource::Demands)), "not in the token");
        assert!(acting.owns(party(2)) && !acting.owns(party(1)));
        assert!(acting.needs_grant() && acting.is_covered_by(&allowed));
        assert!(!acting.is_covered_by(&BTreeSet::from([Permission::ReadDemands])));
        assert!(!acting.is_covered_by(&BTreeSet::new()));
    }

    #[test]
    fn an_admin_that_acts_for_a_party_is_no_admin() {
        let acting = caller("admin").in_place_of(party(2));
        assert!(acting.holds(Scope::Write(Resource::Offers)) && !acting.needs_grant());
        assert!(!acting.is_admin() && !acting.owns(party(3)));
        assert!(!acting.holds(Scope::Write(Resource::Grants)), "grants are made by their grantor");
    }

    #[test]
    fn every_permission_is_a_scope_with_the_same_word() {
        for permission in Permission::ALL {
            assert_eq!(Scope::parse(permission.code()), Some(Scope::from(permission)));
        }
        assert!(ordinary_scopes().split(' ').all(|word| Scope::parse(word).is_some()));
        assert_eq!(Scope::parse("audit-trail:write"), None);
    }

    #[test]
    fn scopes_are_read_as_they_are_written() {
        let text = "offers:read offers:write allocations:run imports:run";
        let scopes = Scopes::parse(text).expect("scopes");
        assert_eq!(scopes.to_string(), text);
        assert_eq!(
            Scopes::parse("imports:run  offers:read offers:read"),
            Scopes::parse("offers:read imports:run")
        );
        for wrong in ["", " ", "offers", "offers:delete", "offers:read everything", "Admin"] {
            assert_eq!(Scopes::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_admin_holds_every_scope_and_nobody_else_holds_more_than_was_given() {
        let scopes = |text| Scopes::parse(text).expect("scopes");
        assert!(scopes("admin").hold_all(&Scopes::ordinary()));
        assert!(!Scopes::ordinary().hold_all(&scopes("offers:read imports:run")));
        assert!(!Scopes::ordinary().hold_all(&scopes("admin")));
    }
}
