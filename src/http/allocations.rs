//! `/v1/allocations`: one or many demands over many producers, planned, stored, explained, replayed
//! and repaired.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use matching::id::AllocationId;
use matching::planning::Outcome;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::allocation_body::{AllocationBody, RepairBody};
use super::allocation_record::{AllocationRecord, objective_name};
use super::allocation_sheet::{self, XLSX, workbook};
use super::auth::Authenticated;
use super::body::Body;
use super::etag::Tag;
use super::idempotency::{IDEMPOTENT_REPLAYED, Once};
use super::language;
use super::page::{self, Binding};
use super::path::Id;
use super::problem::{ApiError, ProblemCode};
use super::problem_texts::Language;
use super::query::Query;
use super::record::{self, List};
use super::sort::Sort;
use super::state::AppData;
use super::stated::Stated;
use crate::actions::allocations::{self, Evidence, Report};
use crate::app::Context;
use crate::caller::Caller;
use crate::error::Error;
use crate::jobs::allocations::{self as jobs, Full, Slot, Task};
use crate::store::WriteTx;
use crate::store::allocations::{Allocation, Failure, State};
use crate::store::keyset::{CreatedKey, Page};

/// How long a request waits for its run; one that takes longer is answered as it stands then.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// How long a request waits for a replay.
const REPLAY_WITHIN: Duration = Duration::from_secs(60);
/// When a caller should try again while no place is free, in seconds.
const RETRY_AFTER_SECONDS: &str = "5";

/// Which page of allocations.
#[derive(Debug, Deserialize, IntoParams)]
pub struct AllocationQuery {
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

/// What a stored answer can be confirmed from without solving anything, by
/// `ocop-link verify-allocation FILE`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Certificate {
    /// The allocation.
    #[schema(format = "uuid")]
    pub allocation_id: String,
    /// What was to be most.
    #[schema(example = "coverage")]
    pub objective: String,
    /// SHA-256 of `sides`, a line feed and `pairs`.
    pub snapshot: String,
    /// Offers, capacities, demands and needs, as text.
    pub sides: String,
    /// Eligible pairs and tried changes, as text.
    pub pairs: String,
    /// Shares, prices and figures, as text.
    pub outcome: String,
}

/// Plan an allocation
///
/// Splits demands over the offers that fit them, exactly, under every limit of both sides, by an
/// objective and a rule of fairness. A short run is finished in the answer; one that takes longer
/// than two seconds is answered as `running`, goes on by itself, and is read at `Location`.
#[utoipa::path(tag = "allocations", operation_id = "createAllocation",
    request_body = AllocationBody,
    responses((status = 201, description = "Finished, or under way", body = AllocationRecord)))]
#[post("/v1/allocations")]
async fn create_allocation(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    once: Once,
    body: Stated<AllocationBody>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (asked, view) = (body.try_map(|body| body.request())?, app.app.market());
    let begin = move |tx: &mut WriteTx<'_>, ctx: &Context| {
        let (allocation, ask) = asked.hold(|asked| allocations::create(tx, ctx, (&view, asked)))?;
        Ok((allocation, Task::Plan(ask)))
    };
    run_new(&app, caller, once, begin, &request).await
}

/// List your allocations
///
/// Newest first unless `sort` says otherwise, without the parts of their answers.
#[utoipa::path(tag = "allocations", operation_id = "listAllocations", params(AllocationQuery),
    responses((status = 200, description = "A page", body = List<AllocationRecord>)))]
#[get("/v1/allocations")]
async fn list_allocations(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    Query(query): Query<AllocationQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let binding = Binding::of(&request, caller.party());
    let wanted = (query.limit, query.cursor.as_deref());
    let direction = query.sort.unwrap_or_default().direction();
    let page = page::by_creation(&app.cursors, &binding, wanted, direction)?;
    let Page { items, has_more } =
        app.app.read(caller, move |tx, ctx| allocations::list(tx, ctx, page)).await?;
    let key = |it: &Allocation| CreatedKey { created_at: it.created_at, id: it.id.uuid() };
    let last = items.last().filter(|_| has_more).map(|it| page::created_place(key(it)));
    let language = language::asked(request.headers());
    let records = items.iter().map(|it| AllocationRecord::summary(it, language)).collect();
    record::listed((&request, &app), &binding, records, last)
}

/// Get an allocation as a spreadsheet
///
/// For people: shares by producer, shortages, what is left, and how to read it, in Vietnamese. Only
/// of a finished allocation. The same is answered at `/v1/allocations/{id}` to an `Accept` that
/// names the media type.
#[utoipa::path(tag = "allocations", operation_id = "getAllocationSpreadsheet", params(Id),
    responses((status = 200, description = "The spreadsheet", body = Vec<u8>,
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
#[get("/v1/allocations/{id}.xlsx")]
async fn get_allocation_spreadsheet(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    let report = read(&app, caller, id.parse()?).await?;
    spreadsheet(&report)
}

/// Get an allocation
///
/// Its answer once it is finished, and where it stands before.
#[utoipa::path(tag = "allocations", operation_id = "getAllocation", params(Id),
    responses((status = 200, description = "The allocation", content(
        (AllocationRecord = "application/json"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
#[get("/v1/allocations/{id}")]
async fn get_allocation(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let report = read(&app, caller, id.parse()?).await?;
    if allocation_sheet::is_wanted(&request) {
        return spreadsheet(&report);
    }
    let language = language::asked(request.headers());
    let mut answer = record::digested(&request, &AllocationRecord::new(&report, language))?;
    language::say(language, VARIES_BY, answer.headers_mut());
    Ok(answer)
}

/// Cancel an allocation
///
/// Ends a run that has not ended.
#[utoipa::path(tag = "allocations", operation_id = "cancelAllocation", params(Id),
    responses((status = 200, description = "Cancelled", body = AllocationRecord)))]
#[post("/v1/allocations/{id}/cancel")]
async fn cancel_allocation(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    once: Once,
    id: Id,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (id, language) = (id.parse::<AllocationId>()?, language::asked(request.headers()));
    let cancel = once.write(caller, move |tx, ctx| {
        let cancelled = allocations::cancel(tx, ctx, id)?;
        let record = AllocationRecord::summary(&cancelled, language);
        Ok(record::changed_digested(&record))
    });
    let answer = cancel.await?;
    app.allocations.cancel(id);
    Ok(answer)
}

/// Solve an allocation again
///
/// From its stored snapshot, not from today's market: the answer is byte for byte that of the
/// allocation. Nothing is recorded.
#[utoipa::path(tag = "allocations", operation_id = "replayAllocation", params(Id),
    responses((status = 200, description = "The same answer", body = AllocationRecord)))]
#[get("/v1/allocations/{id}/replay")]
async fn replay_allocation(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    replay(&app, caller, id.parse()?, &request).await
}

/// Solve an allocation again, as an action
///
/// The same as `GET`, for clients that treat actions alike.
#[utoipa::path(tag = "allocations", operation_id = "postAllocationReplay", params(Id),
    responses((status = 200, description = "The same answer", body = AllocationRecord)))]
#[post("/v1/allocations/{id}/replay")]
async fn post_allocation_replay(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    replay(&app, caller, id.parse()?, &request).await
}

/// Repair an allocation
///
/// Plans the gap that declining producers leave, from the stored snapshot: every other share stays
/// as it is. The answer is a new allocation, linked to the old one.
#[utoipa::path(tag = "allocations", operation_id = "repairAllocation", params(Id),
    request_body = RepairBody,
    responses((status = 201, description = "Finished, or under way", body = AllocationRecord)))]
#[post("/v1/allocations/{id}/repair")]
async fn repair_allocation(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    once: Once,
    id: Id,
    Body(body): Body<RepairBody>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (id, declined) = (id.parse::<AllocationId>()?, body.parties()?);
    let begin = move |tx: &mut WriteTx<'_>, ctx: &Context| {
        let (allocation, gap) = allocations::repair(tx, ctx, (id, &declined))?;
        Ok((allocation, Task::Repair(Box::new(gap))))
    };
    run_new(&app, caller, once, begin, &request).await
}

/// Get what an allocation can be confirmed from
///
/// The snapshot, the shares and the prices that prove the bound, for `ocop-link verify-allocation`,
/// which confirms them without solving anything.
#[utoipa::path(tag = "allocations", operation_id = "getAllocationCertificate", params(Id),
    responses((status = 200, description = "The evidence", body = Certificate)))]
#[get("/v1/allocations/{id}/certificate")]
async fn get_allocation_certificate(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    let id: AllocationId = id.parse()?;
    let found = app.app.read(caller, move |tx, ctx| allocations::evidence(tx, ctx, id)).await?;
    Ok(HttpResponse::Ok().json(Certificate::from(found)))
}

impl From<Evidence> for Certificate {
    fn from(evidence: Evidence) -> Self {
        let Evidence { allocation, snapshot, outcome } = evidence;
        let objective = objective_name(allocation.request.wish.objective);
        Self {
            allocation_id: allocation.id.to_string(),
            objective: objective.into(),
            snapshot: snapshot.hash,
            sides: snapshot.sides,
            pairs: snapshot.pairs,
            outcome,
        }
    }
}

fn reserve<'a>(app: &'a AppData, caller: &Caller) -> Result<Slot<'a>, ApiError> {
    app.allocations.reserve(caller.party()).map_err(|full| {
        let code = match full {
            Full::Party => ProblemCode::TooManyAllocations,
            Full::Service => ProblemCode::Unavailable,
        };
        ApiError::new(code).with_header(header::RETRY_AFTER, RETRY_AFTER_SECONDS)
    })
}

/// A recorded allocation and what is to be solved for it.
type Begun = Result<(Allocation, Task), Error>;

/// Records an allocation and runs it, and answers it as it stands when it has ended or the time is
/// over. A repeated request starts nothing, and is answered in the same way.
async fn run_new(
    app: &AppData,
    caller: Caller,
    once: Once,
    begin: impl Fn(&mut WriteTx<'_>, &Context) -> Begun + Send + 'static,
    request: &HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let language = language::asked(request.headers());
    let slot = match reserve(app, &caller) {
        Ok(slot) => slot,
        // A repeated request starts nothing, and needs no place.
        Err(full) => {
            let kept = once.answered(caller.clone()).await?.ok_or(full)?;
            return as_it_stands(app, caller, kept, language).await;
        }
    };
    let begun = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&begun);
    let write = once.write(caller.clone(), move |tx, ctx| {
        let (allocation, task) = begin(tx, ctx)?;
        let record = AllocationRecord::summary(&allocation, language);
        let answer = record::created_digested(&location(allocation.id), &record);
        *noted.lock().unwrap_or_else(PoisonError::into_inner) = Some((allocation, task));
        Ok(answer)
    });
    let kept = write.await?;
    let begun = begun.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some((allocation, task)) = begun {
        // Whether it ended or not, its record says so.
        let _ = tokio::time::timeout(ANSWER_WITHIN, slot.run(allocation, task)).await;
    }
    as_it_stands(app, caller, kept, language).await
}

/// The kept answer with the allocation as it stands now.
async fn as_it_stands(
    app: &AppData,
    caller: Caller,
    kept: HttpResponse,
    language: Language,
) -> Result<HttpResponse, ApiError> {
    let place = kept.headers().get(header::LOCATION).and_then(|place| place.to_str().ok());
    let id = place.and_then(|place| place.rsplit('/').next()?.parse().ok());
    let id: AllocationId = id.ok_or_else(|| ApiError::new(ProblemCode::Internal))?;
    let report = read(app, caller, id).await?;
    let body = AllocationRecord::new(&report, language);
    let mut answer: HttpResponse = record::created_digested(&location(id), &body);
    if let Some(replayed) = kept.headers().get(IDEMPOTENT_REPLAYED) {
        answer.headers_mut().insert(IDEMPOTENT_REPLAYED, replayed.clone());
    }
    language::say(language, VARIES_BY, answer.headers_mut());
    Ok(answer)
}

fn location(id: AllocationId) -> String {
    format!("/v1/allocations/{id}")
}

async fn read(app: &AppData, caller: Caller, id: AllocationId) -> Result<Report, ApiError> {
    let found = app.app.read(caller, move |tx, ctx| allocations::report(tx, ctx, id)).await;
    let mut report = found?;
    if let Some(progress) = app.allocations.progress(id) {
        match &mut report.allocation.state {
            State::Running(noted) => *noted = progress.or(*noted),
            // The clock has jumped, and the run has not said since that it lives.
            state @ State::Failed(Failure::Interrupted) => *state = State::Running(progress),
            _ => {}
        }
    }
    Ok(report)
}

async fn replay(
    app: &AppData,
    caller: Caller,
    id: AllocationId,
    request: &HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let found = app.app.read(caller.clone(), move |tx, ctx| {
        let evidence = allocations::evidence(tx, ctx, id)?;
        let repaired = allocations::repaired(tx, &evidence.allocation)?;
        Ok((evidence, repaired))
    });
    let (evidence, repaired) = found.await?;
    let slot = reserve(app, &caller)?;
    let solved =
        slot.replay(move || jobs::replay(&evidence.allocation, &evidence.snapshot, repaired));
    let outcome = solved_in_time(solved).await?;
    let mut report = read(app, caller, id).await?;
    if let Some((_, stored)) = &mut report.answer {
        *stored = outcome;
    }
    let language = language::asked(request.headers());
    let mut response = HttpResponse::Ok().json(AllocationRecord::new(&report, language));
    language::say(language, VARIES_BY, response.headers_mut());
    Ok(response)
}

type Solving = tokio::sync::oneshot::Receiver<Result<Outcome, Failure>>;

async fn solved_in_time(solving: Solving) -> Result<Outcome, ApiError> {
    let busy = || {
        ApiError::new(ProblemCode::Unavailable)
            .with_header(header::RETRY_AFTER, RETRY_AFTER_SECONDS)
    };
    let solved = tokio::time::timeout(REPLAY_WITHIN, solving).await.map_err(|_| busy())?;
    let solved = solved.map_err(|_| busy())?;
    solved.map_err(|failure| {
        ApiError::from(Error::Internal(format!("a stored allocation: {failure:?}")))
    })
}

fn spreadsheet(report: &Report) -> Result<HttpResponse, ApiError> {
    if report.answer.is_none() {
        return Err(allocations::unfinished(&report.allocation).into());
    }
    let file = workbook(&AllocationRecord::new(report, Language::Vietnamese))?;
    let name = format!("attachment; filename=\"phan-bo-{}.xlsx\"", report.allocation.id);
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, XLSX))
        .insert_header((header::ETAG, Tag::judged(report.allocation.version, "xlsx").as_str()))
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::CONTENT_LANGUAGE, Language::Vietnamese.tag()))
        .insert_header((header::VARY, "Accept"))
        .body(file))
}

/// By which headers of a request an answer varies.
const VARIES_BY: &str = "Accept, Accept-Language";

/// Adds the routes of this resource.
pub fn routes(config: &mut impl super::routes::Routes) {
    config
        .service(create_allocation)
        .service(list_allocations)
        .service(get_allocation_spreadsheet)
        .service(replay_allocation)
        .service(post_allocation_replay)
        .service(repair_allocation)
        .service(cancel_allocation)
        .service(get_allocation_certificate)
        .service(get_allocation);
}
