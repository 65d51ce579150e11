//! What is expected of every operation, as data.

/// What an operation is tried on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Object {
    /// Nothing that its address names by an id of ours.
    None,
    Party,
    Product,
    ArchivedProduct,
    Certificate,
    DraftOffer,
    PublishedOffer,
    PausedOffer,
    DraftDemand,
    OpenDemand,
    /// An open demand with a published offer.
    Pair,
    Grant,
    FinishedAllocation,
    QueuedAllocation,
}

/// What a caller meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Nobody needs a token.
    Public,
    /// It takes no token but what proves who somebody is; wrong proof is 401.
    Credentials,
    /// It is done.
    Granted,
    /// 403: that the object exists is no secret, or there is none.
    Forbidden,
    /// 404, exactly as if it did not exist.
    NotFound,
    /// 422: what the body names is not the caller's.
    Refused,
}

/// What is expected of one operation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) operation: &'static str,
    /// The scope without which nobody does it.
    pub(super) scope: &'static str,
    pub(super) object: Object,
    /// What its address ends with.
    pub(super) query: &'static str,
    pub(super) owner: Access,
    /// A party that the owner granted all that can be granted.
    pub(super) grantee: Access,
    pub(super) admin: Access,
    pub(super) stranger: Access,
    /// An authority of no province of theirs.
    pub(super) authority: Access,
}

use Access::{Credentials, Forbidden, Granted, NotFound, Public, Refused};
use Object::{
    ArchivedProduct, Certificate, DraftDemand, DraftOffer, FinishedAllocation, Grant, None,
    OpenDemand, Pair, Party, PausedOffer, Product, PublishedOffer, QueuedAllocation,
};

const fn row(operation: &'static str, scope: &'static str, object: Object) -> Row {
    Row {
        operation,
        scope,
        object,
        query: "",
        owner: Granted,
        grantee: Granted,
        admin: Granted,
        stranger: Granted,
        authority: Granted,
    }
}

/// Needs no token.
const fn public(operation: &'static str, query: &'static str) -> Row {
    Row { owner: Public, query, ..row(operation, "", None) }
}

/// Whoever has the scope may: it shows what everyone may see, or only what the caller may.
const fn shown(operation: &'static str, scope: &'static str, object: Object) -> Row {
    row(operation, scope, object)
}

/// Each records its own; an authority records nothing.
const fn recorded(operation: &'static str, scope: &'static str) -> Row {
    Row { authority: Forbidden, ..row(operation, scope, None) }
}

/// Everyone sees the object; only its owner changes it.
const fn guarded(operation: &'static str, scope: &'static str, object: Object) -> Row {
    Row { stranger: Forbidden, authority: Forbidden, ..row(operation, scope, object) }
}

/// Nobody but the owner knows that the object exists.
const fn hidden(operation: &'static str, scope: &'static str, object: Object) -> Row {
    Row { stranger: NotFound, authority: NotFound, ..row(operation, scope, object) }
}

/// A change of what nobody else knows; an authority changes nothing, there or not.
const fn changed(operation: &'static str, scope: &'static str, object: Object) -> Row {
    Row { authority: Forbidden, ..hidden(operation, scope, object) }
}

/// Of a person's session, which none of these tokens is of.
const fn nobodys(operation: &'static str) -> Row {
    let row = changed(operation, "", None);
    Row { owner: NotFound, grantee: NotFound, admin: NotFound, authority: NotFound, ..row }
}

/// What no grant gives away.
const fn personal(row: Row) -> Row {
    Row { grantee: Forbidden, ..row }
}

pub(super) const TABLE: [Row; 79] = [
    public("getKeySet", ""),
    public("getDocs", ""),
    public("getLiveness", ""),
    public("getReadiness", ""),
    public("getLegacyOpenApi", ""),
    public("getOpenApi", ""),
    public("listCertificateKinds", ""),
    public("listCommunes", "?province_code=86"),
    public("listMarkets", ""),
    public("resolvePlace", "?text=C%E1%BA%A7u%20K%C3%A8"),
    public("listProductSets", ""),
    public("getProductSet", ""),
    public("listProvinces", ""),
    public("listUnits", ""),
    Row { owner: Credentials, ..public("getToken", "") },
    Row { owner: Credentials, ..public("createSession", "") },
    nobodys("getSession"),
    nobodys("deleteSession"),
    nobodys("changePassword"),
    shown("listParties", "parties:read", None),
    shown("getParty", "parties:read", Party),
    guarded("createParty", "parties:write", None),
    guarded("putPartyByExternalId", "parties:write", None),
    guarded("updateParty", "parties:write", Party),
    shown("listPartyCertificates", "products:read", Party),
    guarded("createPartyCertificate", "products:write", Party),
    shown("listProducts", "products:read", None),
    shown("getProductFacets", "products:read", None),
    shown("getProduct", "products:read", Product),
    shown("getProductLinkedData", "products:read", Product),
    recorded("createProduct", "products:write"),
    recorded("putProductByExternalId", "products:write"),
    guarded("updateProduct", "products:write", Product),
    guarded("archiveProduct", "products:write", Product),
    guarded("restoreProduct", "products:write", ArchivedProduct),
    shown("listProductCertificates", "products:read", Product),
    guarded("createProductCertificate", "products:write", Product),
    shown("getCertificate", "products:read", Certificate),
    guarded("revokeCertificate", "products:write", Certificate),
    shown("getRegistryReport", "products:read", None),
    shown("listRegistryProducers", "products:read", None),
    shown("listOffers", "offers:read", None),
    hidden("getOffer", "offers:read", DraftOffer),
    // The product that the body names is the owner's.
    Row { stranger: Refused, ..recorded("createOffer", "offers:write") },
    Row { stranger: Refused, ..recorded("putOfferByExternalId", "offers:write") },
    hidden("updateOffer", "offers:write", DraftOffer),
    changed("publishOffer", "offers:write", DraftOffer),
    guarded("pauseOffer", "offers:write", PublishedOffer),
    changed("resumeOffer", "offers:write", PausedOffer),
    guarded("confirmOffer", "offers:write", PublishedOffer),
    changed("withdrawOffer", "offers:write", DraftOffer),
    hidden("listOfferMatches", "offers:read", PublishedOffer),
    shown("listDemands", "demands:read", None),
    hidden("getDemand", "demands:read", DraftDemand),
    recorded("createDemand", "demands:write"),
    recorded("putDemandByExternalId", "demands:write"),
    hidden("updateDemand", "demands:write", DraftDemand),
    changed("openDemand", "demands:write", DraftDemand),
    guarded("closeDemand", "demands:write", OpenDemand),
    changed("cancelDemand", "demands:write", DraftDemand),
    hidden("listDemandMatches", "demands:read", OpenDemand),
    hidden("listDemandNearMisses", "demands:read", OpenDemand),
    hidden("explainMatch", "demands:read", Pair),
    changed("dismissMatch", "demands:write", Pair),
    shown("previewMatches", "demands:read", None),
    personal(recorded("createAllocation", "allocations:run")),
    personal(shown("listAllocations", "allocations:run", None)),
    personal(hidden("getAllocation", "allocations:run", FinishedAllocation)),
    personal(hidden("getAllocationSpreadsheet", "allocations:run", FinishedAllocation)),
    personal(hidden("getAllocationCertificate", "allocations:run", FinishedAllocation)),
    personal(hidden("replayAllocation", "allocations:run", FinishedAllocation)),
    personal(hidden("postAllocationReplay", "allocations:run", FinishedAllocation)),
    // The producer that the body names has no share in it.
    Row {
        owner: Refused,
        admin: Refused,
        ..personal(changed("repairAllocation", "allocations:run", FinishedAllocation))
    },
    personal(changed("cancelAllocation", "allocations:run", QueuedAllocation)),
    personal(shown("listGrants", "", None)),
    personal(hidden("getGrant", "", Grant)),
    personal(recorded("createGrant", "")),
    personal(changed("revokeGrant", "", Grant)),
    personal(shown("listAuditTrail", "", None)),
];
