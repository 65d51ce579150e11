//! `/v1/audit-trail`: who did what to which record, in whose name.

use std::str::FromStr;

use actix_web::{HttpRequest, HttpResponse, get, web};
use matching::violation::{Rule, Violation};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::auth::Authenticated;
use super::page::{self, Binding};
use super::problem::{ApiError, ProblemCode};
use super::query::Query;
use super::record::{self, List};
use super::state::AppData;
use super::words::words;
use crate::actions::audit_trail::{self, EntryView};
use crate::store::audit_trail::EntryFilter;
use crate::store::keyset::Page;

words! {
    /// A kind of record.
    RecordKind = crate::store::changes::Changed {
        /// A party.
        Party,
        /// A product.
        Product,
        /// A certificate.
        Certificate,
        /// An offer.
        Offer,
        /// A demand.
        Demand,
        /// A pair of a demand and an offer that was dismissed; `id` is the demand's.
        Dismissal,
        /// A grant.
        Grant,
        /// A client: a program that acts for a party.
        Client,
        /// A user: a person who acts for a party.
        User,
        /// A key that signs access tokens; `id` ends with its number.
        SigningKey,
    }
}

/// One write of one record.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntryRecord {
    /// Its number, rising in the order in which writes were committed.
    #[schema(example = 4711)]
    pub seq: i64,
    /// When.
    #[schema(format = "date-time")]
    pub at: String,
    /// The party whose script, app or person did it.
    #[schema(format = "uuid")]
    pub actor_id: String,
    /// The script, app or person; told to the actor and to admins only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "erp")]
    pub subject: Option<String>,
    /// The party in whose name it was done; the actor itself unless it acted for another.
    #[schema(format = "uuid")]
    pub on_behalf_of: String,
    /// The party whose record it is.
    #[schema(format = "uuid")]
    pub owner_id: String,
    /// The kind of record.
    pub resource: RecordKind,
    /// The record.
    #[schema(format = "uuid")]
    pub id: String,
    /// Its version afterwards.
    pub version: i64,
    /// What was done: `create`, `update`, or the action.
    #[schema(example = "publish")]
    pub action: String,
    /// The record before; absent for a new one and for records imported by the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub before: Option<Box<RawValue>>,
    /// The record after; absent for records imported by the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub after: Option<Box<RawValue>>,
    /// The request that did it, as answered in `X-Request-Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl From<EntryView> for AuditEntryRecord {
    fn from(EntryView { entry, shows_subject }: EntryView) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at.to_string(),
            actor_id: entry.actor.to_string(),
            subject: Some(entry.subject).filter(|_| shows_subject),
            on_behalf_of: entry.principal.to_string(),
            owner_id: entry.owner.to_string(),
            resource: entry.resource.into(),
            id: entry.resource_id.to_string(),
            version: entry.version,
            action: entry.action,
            before: entry.before,
            after: entry.after,
            request_id: entry.request_id,
        }
    }
}

/// Which entries a list shows.
#[derive(Debug, Deserialize, IntoParams)]
pub struct AuditTrailQuery {
    /// Only entries about records of this kind.
    #[param(inline)]
    resource: Option<RecordKind>,
    /// Only entries about this record.
    #[param(format = "uuid")]
    id: Option<String>,
    /// Only what this party did, for itself or for others.
    #[param(format = "uuid")]
    actor: Option<String>,
    /// Only entries from this time on.
    #[param(format = "date-time")]
    since: Option<String>,
    /// How many entries a page has at most; 20 if absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u8>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
}

/// Read the audit trail
///
/// What was done to your records and what was done in your name, newest first. Nothing is ever
/// changed or removed in it.
#[utoipa::path(tag = "grants", operation_id = "listAuditTrail", params(AuditTrailQuery),
    responses((status = 200, description = "A page", body = List<AuditEntryRecord>)))]
#[get("/v1/audit-trail")]
async fn list_audit_trail(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    Query(query): Query<AuditTrailQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let binding = Binding::of(&request, caller.party());
    let place = query.cursor.as_deref().map(|cursor| app.cursors.read(&binding, cursor));
    let invalid = |_| ApiError::new(ProblemCode::InvalidCursor);
    let before = place.transpose()?.map(|place| place.parse().map_err(invalid)).transpose()?;
    let page = (query.limit.map_or(page::DEFAULT_LIMIT, usize::from), before);
    let filter = filter(&query)?;
    let list = app.app.read(caller, move |tx, ctx| audit_trail::list(tx, ctx, &filter, page));
    let Page { items, has_more } = list.await?;
    let last = items.last().filter(|_| has_more).map(|view| view.entry.seq.to_string());
    let records = items.into_iter().map(AuditEntryRecord::from).collect();
    record::listed((&request, &app), &binding, records, last)
}

/// Adds the routes of this resource.
pub fn routes(config: &mut impl super::routes::Routes) {
    config.service(list_audit_trail);
}

fn filter(query: &AuditTrailQuery) -> Result<EntryFilter, ApiError> {
    Ok(EntryFilter {
        resource: query.resource.map(Into::into),
        resource_id: parsed(("id", "uuid"), query.id.as_deref())?,
        actor: parsed(("actor", "uuid"), query.actor.as_deref())?,
        since: parsed(("since", "date-time"), query.since.as_deref())?,
        concerning: None,
    })
}

/// The value of a parameter that the schema has let in; it may still be outside what is counted.
fn parsed<T: FromStr>(
    (name, format): (&str, &str),
    text: Option<&str>,
) -> Result<Option<T>, ApiError> {
    let wrong = |_| Violation::new(name, Rule::WrongFormat { format: format.into() });
    let value = text.map(str::parse).transpose();
    value.map_err(|error| ApiError::invalid_parameters(vec![wrong(error)]))
}
