//! `/v1/parties`: producers, distributors, coordinators and authorities.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get, patch, post, put, web};
use matching::id::PartyId;
use matching::party::Contact;
use matching::place::ProvinceCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::auth::Authenticated;
use super::body::Patch;
use super::etag::{self, Tag};
use super::external_ids;
use super::idempotency::Once;
use super::page::{self, Binding};
use super::path::{ExternalName, Id};
use super::places::{PlaceBody, PlaceView, changed_place};
use super::problem::ApiError;
use super::query::{Query, provinces};
use super::record::{self, List};
use super::sort::Sort;
use super::state::AppData;
use super::stated::Stated;
use super::words::words;
use crate::actions::parties::{self, PartyCommand, PartyView};
use crate::actions::places::PlaceInput;
use crate::actions::precondition::Precondition;
use crate::reference::Reference;
use crate::store::keyset::{CreatedKey, Page};
use crate::store::parties::PartyFilter;

words! {
    /// Legal form of an organisation.
    LegalForm = matching::party::LegalForm {
        /// Công ty.
        Enterprise,
        /// Doanh nghiệp tư nhân.
        PrivateEnterprise,
        /// Hợp tác xã.
        Cooperative,
        /// Tổ hợp tác.
        CooperativeGroup,
        /// Hộ kinh doanh, hộ sản xuất.
        Household,
        /// Liên hiệp hợp tác xã.
        Union,
        /// Liên minh, hiệp hội.
        Alliance,
        /// Cơ quan nhà nước.
        Agency,
    }
}

words! {
    /// What a party does here.
    Role = matching::party::Role {
        /// Makes products and offers them.
        Producer,
        /// Buys.
        Distributor,
        /// Acts for members.
        Coordinator,
        /// Oversees its provinces, read-only.
        Authority,
    }
}

/// How to reach a party.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactBody {
    /// Telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "+84 294 385 0000", max_length = 40)]
    pub phone: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "lienhe@htx.example", max_length = 254)]
    pub email: Option<String>,
}

/// The provinces that an authority may read.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthorityScope {
    /// Codes of provinces.
    #[schema(max_items = 34, example = json!(["86"]))]
    pub province_codes: Vec<String>,
}

/// What is stated about a party.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyBody {
    /// Registered name.
    #[schema(min_length = 1, max_length = 200, example = "HTX dừa sáp Hòa Tân")]
    pub name: String,
    /// Legal form.
    pub legal_form: LegalForm,
    /// Roles, each once.
    #[schema(min_items = 1, max_items = 4)]
    pub roles: Vec<Role>,
    /// Tax code, unique.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 14, example = "2100123456")]
    pub tax_code: Option<String>,
    /// Seat.
    pub place: PlaceBody,
    /// How to reach it; shown to itself and to those it deals with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactBody>,
    /// The provinces that an authority may read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority_scope: Option<AuthorityScope>,
    /// Ids in your systems, by system.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false, schema_with = super::external_ids::schema)]
    pub external_ids: BTreeMap<String, String>,
}

/// A party.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartyRecord {
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
    /// Ids in your systems.
    pub external_ids: BTreeMap<String, String>,
    /// What you can do with it now.
    #[schema(example = json!(["update"]))]
    pub allowed_actions: Vec<String>,
    /// Registered name.
    pub name: String,
    /// Legal form.
    pub legal_form: LegalForm,
    /// Roles.
    pub roles: Vec<Role>,
    /// Tax code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_code: Option<String>,
    /// Seat.
    pub place: PlaceView,
    /// How to reach it; absent unless it is you or you deal with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactBody>,
    /// The provinces that an authority may read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority_scope: Option<AuthorityScope>,
}

/// Which parties a list shows.
#[derive(Debug, Deserialize, IntoParams)]
pub struct PartyQuery {
    /// Only parties with any of these roles; repeat for several.
    #[serde(default)]
    #[param(inline)]
    role: Vec<Role>,
    /// Only parties in any of these provinces.
    #[serde(default)]
    #[param(max_length = 2)]
    province_code: Vec<String>,
    /// Words of the name, with or without accents.
    #[param(max_length = 200)]
    q: Option<String>,
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

/// Register a party
///
/// For coordinators, who register their members, and for admins.
#[utoipa::path(tag = "parties", operation_id = "createParty", request_body = PartyBody,
    responses((status = 201, description = "Registered", body = PartyRecord)))]
#[post("/v1/parties")]
async fn create_party(
    Authenticated(caller): Authenticated,
    once: Once,
    body: Stated<PartyBody>,
) -> Result<HttpResponse, ApiError> {
    let command = body.map(|body| stated(&body));
    let create = once.write(caller, move |tx, ctx| {
        let view = command.hold(|command| parties::create(tx, ctx, command))?;
        let record = PartyRecord::from(&view);
        Ok(record::created(&location(&record.id), tag(&view, &record), &record))
    });
    create.await
}

/// List parties
///
/// Newest first unless `sort` says otherwise.
#[utoipa::path(tag = "parties", operation_id = "listParties", params(PartyQuery),
    responses((status = 200, description = "A page", body = List<PartyRecord>)))]
#[get("/v1/parties")]
async fn list_parties(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    Query(query): Query<PartyQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let binding = Binding::of(&request, caller.party());
    let wanted = (query.limit, query.cursor.as_deref());
    let direction = query.sort.unwrap_or_default().direction();
    let page = page::by_creation(&app.cursors, &binding, wanted, direction)?;
    let filter = filter(app.app.reference(), query)?;
    let Page { items, has_more } =
        app.app.read(caller, move |tx, ctx| parties::list(tx, ctx, &filter, page)).await?;
    let last = items.last().filter(|_| has_more).map(|view| page::created_place(key(view)));
    let records = items.iter().map(PartyRecord::from).collect();
    record::listed((&request, &app), &binding, records, last)
}

/// Get a party
#[utoipa::path(tag = "parties", operation_id = "getParty", params(Id),
    responses((status = 200, description = "The party", body = PartyRecord)))]
#[get("/v1/parties/{id}")]
async fn get_party(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id: PartyId = id.parse()?;
    let view = app.app.read(caller, move |tx, ctx| parties::find(tx, ctx, id)).await?;
    let record = PartyRecord::from(&view);
    Ok(record::found(&request, tag(&view, &record), &record))
}

/// Change a party
///
/// A merge patch: what is absent stays, null removes.
#[utoipa::path(tag = "parties", operation_id = "updateParty", params(Id),
    request_body(content = PartyBody, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "Changed", body = PartyRecord)))]
#[patch("/v1/parties/{id}")]
async fn update_party(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
    patch: Patch<PartyBody>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id: PartyId = id.parse()?;
    let reader = caller.clone();
    let current = app.app.read(reader, move |tx, ctx| parties::find(tx, ctx, id)).await?;
    if !current.may_change {
        return Err(crate::error::Error::Forbidden.into());
    }
    let based_on = etag::of_patch(&request, current.party.version)?;
    let body = patch.apply(&PartyBody::from(&current))?;
    let kept = &current.party.terms.place;
    let command = body.map(|body| command(&body, changed_place(kept, &body.place)));
    let view = app.app.write(caller, move |tx, ctx| {
        command.hold(|command| parties::replace(tx, ctx, (id, &based_on), command))
    });
    let view = view.await?;
    let record = PartyRecord::from(&view);
    Ok(record::changed(tag(&view, &record), &record))
}

/// Create or replace a party by your id
///
/// `system` and `id` name it in your system. Sending the same again changes nothing.
#[utoipa::path(tag = "parties", operation_id = "putPartyByExternalId", params(ExternalName),
    request_body = PartyBody,
    responses((status = 200, description = "Replaced, or the same as before", body = PartyRecord),
        (status = 201, description = "Created", body = PartyRecord)))]
#[put("/v1/parties/by-external-id/{system}/{id}")]
async fn put_party_by_external_id(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    name: ExternalName,
    precondition: Precondition,
    body: Stated<PartyBody>,
) -> Result<HttpResponse, ApiError> {
    let command = body.try_map(|body| {
        external_ids::refuse_excess(&name.system, &body.external_ids)?;
        Ok(stated(&body))
    })?;
    let put = app.app.write(caller, move |tx, ctx| {
        let key = ((&*name.system, &*name.id), &precondition);
        command.hold(|command| parties::put_by_external_id(tx, ctx, key, command))
    });
    let (view, created) = put.await?;
    let record = PartyRecord::from(&view);
    if created {
        return Ok(record::created(&location(&record.id), tag(&view, &record), &record));
    }
    Ok(record::changed(tag(&view, &record), &record))
}

/// Adds the routes of this resource.
pub fn routes(config: &mut impl super::routes::Routes) {
    config
        .service(create_party)
        .service(list_parties)
        .service(put_party_by_external_id)
        .service(get_party)
        .service(update_party);
}

/// Its version to those who may change it; what others see depends on who they are.
fn tag(view: &PartyView, record: &PartyRecord) -> Tag {
    let version = view.party.version;
    if view.may_change { version.into() } else { Tag::seen(version, record) }
}

fn location(id: &str) -> String {
    format!("/v1/parties/{id}")
}

fn key(view: &PartyView) -> CreatedKey {
    CreatedKey { created_at: view.party.created_at, id: view.party.id.uuid() }
}

fn filter(reference: &Reference, query: PartyQuery) -> Result<PartyFilter, ApiError> {
    let provinces = provinces(reference, &query.province_code);
    let provinces = provinces.map_err(ApiError::invalid_parameters)?;
    Ok(PartyFilter {
        roles: query.role.into_iter().map(Into::into).collect(),
        provinces: provinces.iter().collect(),
        text: query.q,
    })
}

/// What a whole body states.
pub(super) fn stated(body: &PartyBody) -> PartyCommand {
    command(body, PlaceInput::from(&body.place))
}

fn command(body: &PartyBody, place: PlaceInput) -> PartyCommand {
    let body = body.clone();
    let contact = body.contact.unwrap_or_default();
    PartyCommand {
        name: body.name,
        legal_form: body.legal_form.into(),
        roles: body.roles.into_iter().map(Into::into).collect(),
        tax_code: body.tax_code,
        place,
        contact: Contact { phone: contact.phone, email: contact.email },
        authority_provinces: body.authority_scope.map_or_else(Vec::new, |s| s.province_codes),
        external_ids: body.external_ids,
    }
}

impl From<&PartyView> for PartyRecord {
    fn from(view: &PartyView) -> Self {
        let body = PartyBody::from(view);
        let place = PlaceView::from(&view.party.terms.place);
        let PartyBody { name, legal_form, roles, tax_code, contact, authority_scope, .. } = body;
        Self {
            id: view.party.id.to_string(),
            version: view.party.version,
            created_at: view.party.created_at.to_string(),
            updated_at: view.party.updated_at.to_string(),
            external_ids: view.external_ids.clone(),
            allowed_actions: if view.may_change { vec!["update".into()] } else { Vec::new() },
            name,
            legal_form,
            roles,
            tax_code,
            place,
            contact: contact.filter(|_| view.shows_contact),
            authority_scope,
        }
    }
}

/// The body that would give the same party.
impl From<&PartyView> for PartyBody {
    fn from(view: &PartyView) -> Self {
        let terms = &view.party.terms;
        let contact =
            ContactBody { phone: terms.contact.phone.clone(), email: terms.contact.email.clone() };
        let provinces: Vec<String> =
            terms.authority_provinces.iter().map(ProvinceCode::to_string).collect();
        Self {
            name: terms.name.clone(),
            legal_form: terms.legal_form.into(),
            roles: terms.roles.iter().map(|role| (*role).into()).collect(),
            tax_code: terms.tax_code.clone(),
            place: PlaceBody::from(&terms.place),
            contact: (terms.contact != Contact::default()).then_some(contact),
            authority_scope: (!provinces.is_empty())
                .then_some(AuthorityScope { province_codes: provinces }),
            external_ids: view.external_ids.clone(),
        }
    }
}
