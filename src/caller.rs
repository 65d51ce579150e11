//! Who acts: the party, the scopes it was given, and what follows from them. Must not know how a
//! caller proves who it is.

use std::sync::Arc;

use matching::id::PartyId;

/// Resources that scopes are given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Read parties, products, certificates, offers, demands and matches: `<resource>:read`.
    Read(Resource),
    /// Write one's own: `<resource>:write`.
    Write(Resource),
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
}

impl Resource {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Parties, Self::Products, Self::Offers, Self::Demands];

    /// The word in scopes and paths.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Parties => "parties",
            Self::Products => "products",
            Self::Offers => "offers",
            Self::Demands => "demands",
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
        }
    }
}

impl Scope {
    /// Reads one scope word; none if it is unknown.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        if word == "admin" {
            return Some(Self::Admin);
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

/// The scopes that a script gets unless it asks for fewer: all but `admin`.
#[must_use]
pub fn ordinary_scopes() -> String {
    let words = Resource::ALL.map(|resource| {
        let plural = resource.plural();
        format!("{plural}:read {plural}:write")
    });
    words.join(" ")
}

/// Who makes a request, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    subject: Arc<str>,
    request_id: Option<Arc<str>>,
    actor: PartyId,
    party: PartyId,
    scopes: Vec<Scope>,
}

impl Caller {
    /// A caller that acts for its own `party` with `scopes`; `subject` names the script, app or
    /// person.
    #[must_use]
    pub fn new(subject: &str, party: PartyId, scopes: Vec<Scope>) -> Self {
        Self { subject: subject.into(), request_id: None, actor: party, party, scopes }
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
