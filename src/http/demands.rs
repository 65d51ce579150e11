//! `/v1/demands`: what distributors want.

use actix_web::{HttpRequest, HttpResponse, get, patch, post, put, web};
use matching::demand::DemandAction;
use matching::id::DemandId;
use matching::violation::{Rule, Violation};
use serde::Deserialize;
use utoipa::IntoParams;

use super::auth::Authenticated;
use super::body::Patch;
use super::demand_body::DemandBody;
use super::demand_record::{DemandRecord, DemandState};
use super::etag;
use super::external_ids;
use super::idempotency::Once;
use super::page::{self, Binding};
use super::path::{ExternalName, Id};
use super::problem::ApiError;
use super::query::{Query, product_set, provinces};
use super::record::{self, List};
use super::sort::Sort;
use super::state::AppData;
use super::stated::Stated;
use crate::actions::demands::{self, DemandView};
use crate::actions::precondition::Precondition;
use crate::app::App;
use crate::caller::Caller;
use crate::error::Error;
use crate::store::demands::DemandFilter;
use crate::store::keyset::{CreatedKey, Page};

/// Which demands a list shows.
#[derive(Debug, Deserialize, IntoParams)]
pub struct DemandQuery {
    /// Only demands of any of these buyers; the anonymous ones of others are never among them.
    #[serde(default)]
    #[param(schema_with = super::demand_body::buyers_schema)]
    party_id: Vec<String>,
    /// Only demands that name any of these product sets, 1 to 26.
    #[serde(default)]
    #[param(max_items = 26)]
    product_set: Vec<i64>,
    /// Only demands with a delivery to any of these provinces.
    #[serde(default)]
    #[param(max_length = 2)]
    province_code: Vec<String>,
    /// Only demands in any of these states.
    #[serde(default)]
    #[param(inline)]
    state: Vec<DemandState>,
    /// Words of the title, with or without accents.
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

/// Record a demand
///
/// It is open at once unless `status` is `draft`. A title, a unit, a quantity and a day are enough.
#[utoipa::path(tag = "demands", operation_id = "createDemand", request_body = DemandBody,
    responses((status = 201, description = "Recorded", body = DemandRecord)))]
#[post("/v1/demands")]
async fn create_demand(
    Authenticated(caller): Authenticated,
    once: Once,
    body: Stated<DemandBody>,
) -> Result<HttpResponse, ApiError> {
    let command = body.map(|body| body.command(&[]));
    let create = once.write(caller, move |tx, ctx| {
        let view = command.hold(|command| demands::create(tx, ctx, command))?;
        let record = DemandRecord::from(&view);
        Ok(record::created(&location(&record.id), record.tag(), &record))
    });
    create.await
}

/// List demands
///
/// Those that you may see, newest first unless `sort` says otherwise.
#[utoipa::path(tag = "demands", operation_id = "listDemands", params(DemandQuery),
    responses((status = 200, description = "A page", body = List<DemandRecord>)))]
#[get("/v1/demands")]
async fn list_demands(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    Query(query): Query<DemandQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let binding = Binding::of(&request, caller.party());
    let wanted = (query.limit, query.cursor.as_deref());
    let direction = query.sort.unwrap_or_default().direction();
    let page = page::by_creation(&app.cursors, &binding, wanted, direction)?;
    let filter = filter(query, &app.app)?;
    let Page { items, has_more } =
        app.app.read(caller, move |tx, ctx| demands::list(tx, ctx, &filter, page)).await?;
    let last = items.last().filter(|_| has_more).map(|view| page::created_place(key(view)));
    let records = items.iter().map(DemandRecord::from).collect();
    record::listed((&request, &app), &binding, records, last)
}

/// Get a demand
#[utoipa::path(tag = "demands", operation_id = "getDemand", params(Id),
    responses((status = 200, description = "The demand", body = DemandRecord)))]
#[get("/v1/demands/{id}")]
async fn get_demand(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id: DemandId = id.parse()?;
    let view = app.app.read(caller, move |tx, ctx| demands::find(tx, ctx, id)).await?;
    let record = DemandRecord::from(&view);
    Ok(record::found(&request, record.tag(), &record))
}

/// Change a demand
///
/// A merge patch: what is absent stays, null removes. A list is replaced as a whole; `quantity` and
/// `by` change those of a demand with one delivery.
#[utoipa::path(tag = "demands", operation_id = "updateDemand", params(Id),
    request_body(content = DemandBody, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "Changed", body = DemandRecord)))]
#[patch("/v1/demands/{id}")]
async fn update_demand(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
    patch: Patch<DemandBody>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id: DemandId = id.parse()?;
    let reader = caller.clone();
    let current = app.app.read(reader, move |tx, ctx| demands::find(tx, ctx, id)).await?;
    if !current.may_change {
        return Err(Error::Forbidden.into());
    }
    let based_on = etag::of_patch(&request, current.demand.version)?;
    let recorded = DemandBody::from(&current);
    let mut is_short = false;
    let patch = patch.without("status").rewritten(|patch| is_short = recorded.write_out(patch));
    let as_stated =
        |error: ApiError| if is_short { error.placed(DemandBody::short_place) } else { error };
    let body = patch.apply(&recorded).map_err(as_stated)?;
    let command = body.map(|body| body.command(&current.places));
    let view = app.app.write(caller, move |tx, ctx| {
        command.hold(|command| demands::replace(tx, ctx, (id, &based_on), command))
    });
    let view = view.await.map_err(|error| as_stated(error.into()))?;
    let record = DemandRecord::from(&view);
    Ok(record::changed(record.tag(), &record))
}

/// Create or replace a demand by your id
///
/// `system` and `id` name it in your system. Sending the same again changes nothing; `status`
/// counts when the demand is created.
#[utoipa::path(tag = "demands", operation_id = "putDemandByExternalId", params(ExternalName),
    request_body = DemandBody,
    responses((status = 200, description = "Replaced, or the same as before", body = DemandRecord),
        (status = 201, description = "Created", body = DemandRecord)))]
#[put("/v1/demands/by-external-id/{system}/{id}")]
async fn put_demand_by_external_id(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    name: ExternalName,
    precondition: Precondition,
    body: Stated<DemandBody>,
) -> Result<HttpResponse, ApiError> {
    let command = body.try_map(|body| {
        external_ids::refuse_excess(&name.system, &body.external_ids)?;
        Ok(body.command(&[]))
    })?;
    let put = app.app.write(caller, move |tx, ctx| {
        let key = ((&*name.system, &*name.id), &precondition);
        command.hold(|command| demands::put_by_external_id(tx, ctx, key, command))
    });
    let (view, created) = put.await?;
    let record = DemandRecord::from(&view);
    if created {
        return Ok(record::created(&location(&record.id), record.tag(), &record));
    }
    Ok(record::changed(record.tag(), &record))
}

/// Open a demand
///
/// Shows a draft.
#[utoipa::path(tag = "demands", operation_id = "openDemand", params(Id),
    responses((status = 200, description = "Open", body = DemandRecord)))]
#[post("/v1/demands/{id}/open")]
async fn open_demand(
    Authenticated(caller): Authenticated,
    once: Once,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    act(once, caller, &id, DemandAction::Open).await
}

/// Close a demand
///
/// What is agreed goes on; nothing new is taken.
#[utoipa::path(tag = "demands", operation_id = "closeDemand", params(Id),
    responses((status = 200, description = "Closed", body = DemandRecord)))]
#[post("/v1/demands/{id}/close")]
async fn close_demand(
    Authenticated(caller): Authenticated,
    once: Once,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    act(once, caller, &id, DemandAction::Close).await
}

/// Cancel a demand
///
/// Takes it back; others no longer see it.
#[utoipa::path(tag = "demands", operation_id = "cancelDemand", params(Id),
    responses((status = 200, description = "Cancelled", body = DemandRecord)))]
#[post("/v1/demands/{id}/cancel")]
async fn cancel_demand(
    Authenticated(caller): Authenticated,
    once: Once,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    act(once, caller, &id, DemandAction::Cancel).await
}

async fn act(
    once: Once,
    caller: Caller,
    id: &Id,
    action: DemandAction,
) -> Result<HttpResponse, ApiError> {
    let id: DemandId = id.parse()?;
    let act = once.write(caller, move |tx, ctx| {
        let record = DemandRecord::from(&demands::act(tx, ctx, id, action)?);
        Ok(record::changed(record.tag(), &record))
    });
    act.await
}

/// Adds the routes of this resource.
pub fn routes(config: &mut impl super::routes::Routes) {
    config
        .service(create_demand)
        .service(list_demands)
        .service(put_demand_by_external_id)
        .service(get_demand)
        .service(update_demand)
        .service(open_demand)
        .service(close_demand)
        .service(cancel_demand);
}

fn location(id: &str) -> String {
    format!("/v1/demands/{id}")
}

fn key(view: &DemandView) -> CreatedKey {
    CreatedKey { created_at: view.demand.created_at, id: view.demand.id.uuid() }
}

fn filter(query: DemandQuery, app: &App) -> Result<DemandFilter, ApiError> {
    let mut wrong = Vec::new();
    let mut note = |parameter: &str, rule: Rule| wrong.push(Violation::new(parameter, rule));
    let mut filter = DemandFilter { text: query.q, ..DemandFilter::all(app.clock().now()) };
    for id in &query.party_id {
        let uuid = || Rule::WrongFormat { format: "uuid".into() };
        id.parse().map_or_else(|_| note("party_id", uuid()), |id| filter.parties.push(id));
    }
    for number in query.product_set {
        let set = product_set(number);
        set.map_or_else(
            || note("product_set", Rule::UnknownProductSet),
            |set| filter.product_sets.push(set),
        );
    }
    match provinces(app.reference(), &query.province_code) {
        Ok(provinces) => filter.provinces = provinces.iter().collect(),
        Err(all) => all.into_iter().for_each(|each| note("province_code", each.rule)),
    }
    filter.states = query.state.into_iter().map(Into::into).collect();
    if wrong.is_empty() { Ok(filter) } else { Err(ApiError::invalid_parameters(wrong)) }
}
