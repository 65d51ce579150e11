//! `/v1/grants`: what one party allows another to do in its name.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use matching::date::Date;
use matching::grant::Permission;
use matching::id::{GrantId, PartyId};
use matching::violation::{Rule, Violation};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::auth::Authenticated;
use super::etag::Tag;
use super::idempotency::Once;
use super::page::{self, Binding};
use super::path::Id;
use super::problem::ApiError;
use super::query::Query;
use super::record::{self, List};
use super::sort::Sort;
use super::state::AppData;
use super::stated::Stated;
use super::words::words;
use crate::actions::grants::{self, GrantCommand, GrantView};
use crate::store::grants::GrantFilter;
use crate::store::keyset::{CreatedKey, Page};

words! {
    /// What a grant is worth today.
    GrantState = matching::grant::GrantState {
        /// Its first day is yet to come.
        Pending,
        /// The grantee may act.
        Active,
        /// Its last day has passed.
        Ended,
        /// One of the two took it back.
        Revoked,
    }
}

/// What a grantee may do. Grants, the audit trail and `admin` cannot be given away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum GrantScope {
    /// See what the grantor sees of parties.
    #[serde(rename = "parties:read")]
    ReadParties,
    /// Change what the grantor states about itself.
    #[serde(rename = "parties:write")]
    WriteParties,
    /// See what the grantor sees of products and certificates.
    #[serde(rename = "products:read")]
    ReadProducts,
    /// Record and change the grantor's products and certificates.
    #[serde(rename = "products:write")]
    WriteProducts,
    /// See what the grantor sees of offers.
    #[serde(rename = "offers:read")]
    ReadOffers,
    /// Make and change the grantor's offers.
    #[serde(rename = "offers:write")]
    WriteOffers,
    /// See what the grantor sees of demands, and its matches.
    #[serde(rename = "demands:read")]
    ReadDemands,
    /// Make and change the grantor's demands.
    #[serde(rename = "demands:write")]
    WriteDemands,
    /// Split the grantor's demands over offers.
    #[serde(rename = "allocations:run")]
    RunAllocations,
}

impl From<GrantScope> for Permission {
    fn from(scope: GrantScope) -> Self {
        match scope {
            GrantScope::ReadParties => Self::ReadParties,
            GrantScope::WriteParties => Self::WriteParties,
            GrantScope::ReadProducts => Self::ReadProducts,
            GrantScope::WriteProducts => Self::WriteProducts,
            GrantScope::ReadOffers => Self::ReadOffers,
            GrantScope::WriteOffers => Self::WriteOffers,
            GrantScope::ReadDemands => Self::ReadDemands,
            GrantScope::WriteDemands => Self::WriteDemands,
            GrantScope::RunAllocations => Self::RunAllocations,
        }
    }
}

impl From<Permission> for GrantScope {
    fn from(permission: Permission) -> Self {
        match permission {
            Permission::ReadParties => Self::ReadParties,
            Permission::WriteParties => Self::WriteParties,
            Permission::ReadProducts => Self::ReadProducts,
            Permission::WriteProducts => Self::WriteProducts,
            Permission::ReadOffers => Self::ReadOffers,
            Permission::WriteOffers => Self::WriteOffers,
            Permission::ReadDemands => Self::ReadDemands,
            Permission::WriteDemands => Self::WriteDemands,
            Permission::RunAllocations => Self::RunAllocations,
        }
    }
}

/// What is stated about a grant.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantBody {
    /// The party in whose name may be acted; yours if absent. Only an admin names another.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid", example = "0198c0de-0000-7000-8000-000000000001")]
    pub grantor_id: Option<String>,
    /// The party that may act.
    #[schema(format = "uuid", example = "0198c0de-0000-7000-8000-000000000002")]
    pub grantee_id: String,
    /// What it may do, each once.
    #[schema(min_items = 1, max_items = 9, example = json!(["offers:read", "offers:write"]))]
    pub scopes: Vec<GrantScope>,
    /// The first day; today in Vietnam if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date", example = "2026-12-01")]
    pub from: Option<String>,
    /// The last day; without one it holds until it is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date", example = "2027-11-30")]
    pub to: Option<String>,
}

/// A grant.
#[derive(Debug, Serialize, ToSchema)]
pub struct GrantRecord {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// Grows by one with every change; the first part of the `ETag`.
    pub version: i64,
    /// When it was recorded.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// When it was last changed.
    #[schema(format = "date-time")]
    pub updated_at: String,
    /// What you can do with it now.
    #[schema(example = json!(["revoke"]))]
    pub allowed_actions: Vec<String>,
    /// What it is worth today.
    pub state: GrantState,
    /// The party in whose name may be acted.
    #[schema(format = "uuid")]
    pub grantor_id: String,
    /// The party that may act.
    #[schema(format = "uuid")]
    pub grantee_id: String,
    /// What it may do.
    #[schema(example = json!(["offers:read", "offers:write"]))]
    pub scopes: Vec<GrantScope>,
    /// The first day.
    #[schema(format = "date")]
    pub from: String,
    /// The last day, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date")]
    pub to: Option<String>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    pub revoked_at: Option<String>,
}

impl From<&GrantView> for GrantRecord {
    fn from(view: &GrantView) -> Self {
        let (grant, terms) = (&view.grant, &view.grant.terms);
        Self {
            id: grant.id.to_string(),
            version: grant.version,
            created_at: grant.created_at.to_string(),
            updated_at: grant.updated_at.to_string(),
            allowed_actions: view.allowed_actions().iter().map(ToString::to_string).collect(),
            state: view.state.into(),
            grantor_id: terms.grantor_id.to_string(),
            grantee_id: terms.grantee_id.to_string(),
            scopes: terms.permissions.iter().map(|permission| (*permission).into()).collect(),
            from: terms.from.to_string(),
            to: terms.to.map(|to| to.to_string()),
            revoked_at: grant.revoked_at.map(|at| at.to_string()),
        }
    }
}

impl GrantRecord {
    /// The state changes with the day, without a new version.
    fn tag(&self) -> Tag {
        let state = match self.state {
            GrantState::Pending => "pending",
            GrantState::Active => "active",
            GrantState::Ended => "ended",
            GrantState::Revoked => "revoked",
        };
        Tag::judged(self.version, state)
    }
}

/// Which grants a list shows.
#[derive(Debug, Deserialize, IntoParams)]
pub struct GrantQuery {
    /// Only grants of any of these parties; repeat for several.
    #[serde(default)]
    #[param(max_length = 36)]
    grantor_id: Vec<String>,
    /// Only grants to any of these parties; repeat for several.
    #[serde(default)]
    #[param(max_length = 36)]
    grantee_id: Vec<String>,
    /// Only grants in any of these states today.
    #[serde(default)]
    #[param(inline)]
    state: Vec<GrantState>,
    /// Order: newest or oldest first.
    #[param(inline)]
    sort: Option<Sort>,
    /// How many records a page has at most; 20 if absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u8>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
}

/// Let another party act in your name
///
/// From the first day on it may send `On-Behalf-Of` with your id. A grant is never changed: revoke
/// it and make another.
#[utoipa::path(tag = "grants", operation_id = "createGrant", request_body = GrantBody,
    responses((status = 201, description = "Recorded", body = GrantRecord)))]
#[post("/v1/grants")]
async fn create_grant(
    Authenticated(caller): Authenticated,
    body: Stated<GrantBody>,
    once: Once,
) -> Result<HttpResponse, ApiError> {
    let command = body.try_map(command)?;
    let create = once.write(caller, move |tx, ctx| {
        let view = command.hold(|command| grants::create(tx, ctx, command))?;
        let record = GrantRecord::from(&view);
        Ok(record::created(&format!("/v1/grants/{}", record.id), record.tag(), &record))
    });
    create.await
}

/// List grants
///
/// Those that you gave and those that you were given, newest first unless `sort` says otherwise.
#[utoipa::path(tag = "grants", operation_id = "listGrants", params(GrantQuery),
    responses((status = 200, description = "A page", body = List<GrantRecord>)))]
#[get("/v1/grants")]
async fn list_grants(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    Query(query): Query<GrantQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let binding = Binding::of(&request, caller.party());
    let wanted = (query.limit, query.cursor.as_deref());
    let direction = query.sort.unwrap_or_default().direction();
    let page = page::by_creation(&app.cursors, &binding, wanted, direction)?;
    let filter = filter(query, app.app.clock().now().date())?;
    let Page { items, has_more } =
        app.app.read(caller, move |tx, ctx| grants::list(tx, ctx, &filter, page)).await?;
    let last = items.last().filter(|_| has_more).map(|view| {
        let (created_at, id) = (view.grant.created_at, view.grant.id.uuid());
        page::created_place(CreatedKey { created_at, id })
    });
    let records = items.iter().map(GrantRecord::from).collect();
    record::listed((&request, &app), &binding, records, last)
}

/// Get a grant
#[utoipa::path(tag = "grants", operation_id = "getGrant", params(Id),
    responses((status = 200, description = "The grant", body = GrantRecord)))]
#[get("/v1/grants/{id}")]
async fn get_grant(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id: GrantId = id.parse()?;
    let view = app.app.read(caller, move |tx, ctx| grants::find(tx, ctx, id)).await?;
    let record = GrantRecord::from(&view);
    Ok(record::found(&request, record.tag(), &record))
}

/// Revoke a grant
///
/// Either side does; the next request under it is refused.
#[utoipa::path(tag = "grants", operation_id = "revokeGrant", params(Id),
    responses((status = 200, description = "Revoked", body = GrantRecord)))]
#[post("/v1/grants/{id}/revoke")]
async fn revoke_grant(
    Authenticated(caller): Authenticated,
    id: Id,
    once: Once,
) -> Result<HttpResponse, ApiError> {
    let id: GrantId = id.parse()?;
    let revoke = once.write(caller, move |tx, ctx| {
        let record = GrantRecord::from(&grants::revoke(tx, ctx, id)?);
        Ok(record::changed(record.tag(), &record))
    });
    revoke.await
}

/// Adds the routes of this resource.
pub fn routes(config: &mut impl super::routes::Routes) {
    config.service(create_grant).service(list_grants).service(get_grant).service(revoke_grant);
}

fn command(body: GrantBody) -> Result<GrantCommand, ApiError> {
    let mut wrong = Vec::new();
    let mut note = |at: &str, format: &str| {
        wrong.push(Violation::new(at, Rule::WrongFormat { format: format.into() }));
    };
    let grantor_id = body.grantor_id.map(|id| id.parse::<PartyId>());
    let grantor_id = grantor_id.transpose().map_err(|_| note("/grantor_id", "uuid"));
    let grantee_id = body.grantee_id.parse().map_err(|_| note("/grantee_id", "uuid"));
    let day = |text: Option<String>| text.as_deref().map(str::parse::<Date>).transpose();
    let from = day(body.from).map_err(|_| note("/from", "date"));
    let to = day(body.to).map_err(|_| note("/to", "date"));
    match (grantor_id, grantee_id, from, to) {
        (Ok(grantor_id), Ok(grantee_id), Ok(from), Ok(to)) => {
            let permissions = body.scopes.into_iter().map(Into::into).collect();
            Ok(GrantCommand { grantor_id, grantee_id, permissions, from, to })
        }
        _ => Err(ApiError::invalid(wrong)),
    }
}

fn filter(query: GrantQuery, today: Date) -> Result<GrantFilter, ApiError> {
    let parties = |name: &str, ids: &[String]| {
        let wrong = |_| Violation::new(name, Rule::WrongFormat { format: "uuid".into() });
        let ids = ids.iter().map(|id| id.parse().map_err(wrong));
        ids.collect::<Result<Vec<PartyId>, _>>()
            .map_err(|wrong| ApiError::invalid_parameters(vec![wrong]))
    };
    Ok(GrantFilter {
        grantors: parties("grantor_id", &query.grantor_id)?,
        grantees: parties("grantee_id", &query.grantee_id)?,
        states: query.state.into_iter().map(Into::into).collect(),
        today,
    })
}
