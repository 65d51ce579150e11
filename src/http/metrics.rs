//! What happens, in numbers for Prometheus, on a port of its own. Labels are bounded: routes by
//! their patterns, never paths.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::{Method, StatusCode};
use actix_web::{App, HttpResponse, HttpServer, web};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::state::AppData;
use crate::store::changes;

/// Upper bounds of the durations that are told apart, in seconds.
const BUCKETS_S: [f64; 11] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
/// Media type of the OpenMetrics text format 1.0.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Policy {
    policy: &'static str,
}

type Durations = Family<Route, Histogram, fn() -> Histogram>;

/// The numbers of one process.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    durations: Durations,
    replays: Counter,
    lists_told_again: Counter,
    rate_limited: Family<Policy, Counter>,
    state: State,
}

/// Numbers that are looked up when they are asked for.
#[derive(Default)]
struct State {
    connections_open: Gauge,
    connections_idle: Gauge,
    connections_limit: Gauge,
    offers: Gauge,
    demands: Gauge,
    lag: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Numbers that begin at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("ocop_link");
        let requests = Family::<Answered, Counter>::default();
        registry.register("http_requests", "Answered requests", requests.clone());
        let durations: Durations =
            Family::new_with_constructor(|| Histogram::new(BUCKETS_S.iter().copied()));
        let help = "Time to an answer";
        registry.register_with_unit("http_duration", help, Unit::Seconds, durations.clone());
        let replays = Counter::default();
        let help = "Answers given again for an Idempotency-Key";
        registry.register("idempotent_replays", help, replays.clone());
        let lists_told_again = Counter::default();
        let help = "Lists of matches that were kept and still held";
        registry.register("lists_told_again", help, lists_told_again.clone());
        let rate_limited = Family::<Policy, Counter>::default();
        registry.register("rate_limited", "Requests over a limit", rate_limited.clone());
        let state = State::default();
        state.register(&mut registry);
        Self { registry, requests, durations, replays, lists_told_again, rate_limited, state }
    }

    /// Counts an answered request.
    pub(super) fn answered(
        &self,
        method: &Method,
        route: &str,
        (status, duration): (StatusCode, Duration),
    ) {
        let (method, route) = (known(method), route.to_owned());
        let answered = Answered { method, route: route.clone(), status: status.as_u16() };
        self.requests.get_or_create(&answered).inc();
        let durations = self.durations.get_or_create(&Route { method, route });
        durations.observe(duration.as_secs_f64());
    }

    /// Counts an answer that was given before.
    pub(super) fn replayed(&self) {
        self.replays.inc();
    }

    /// Counts a list that did not have to be worked out.
    pub(super) fn told_again(&self) {
        self.lists_told_again.inc();
    }

    /// Counts a request that `policy` refused.
    pub(super) fn rate_limited(&self, policy: &'static str) {
        self.rate_limited.get_or_create(&Policy { policy }).inc();
    }
}

/// The method, if it is one that anybody uses: anyone may make up methods.
fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

impl State {
    fn register(&self, registry: &mut Registry) {
        let gauges = [
            ("database_connections_open", "Open connections", &self.connections_open),
            ("database_connections_idle", "Open connections not in use", &self.connections_idle),
            ("database_connections_limit", "The most connections", &self.connections_limit),
            ("market_offers", "Offers in the live market", &self.offers),
            ("market_demands", "Demands in the live market", &self.demands),
            ("market_lag_changes", "Committed changes that the market has not read", &self.lag),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
    }

    /// Looks the numbers up; those of a database that does not answer stay as they were.
    async fn refresh(&self, app: &crate::app::App) {
        let set = |gauge: &Gauge, number: usize| {
            gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
        };
        let connections = app.database().connections();
        set(&self.connections_open, connections.open);
        set(&self.connections_idle, connections.idle);
        set(&self.connections_limit, connections.limit);
        let market = app.market();
        let (offers, demands) = market.len();
        set(&self.offers, offers);
        set(&self.demands, demands);
        if let Ok(last) = app.probe(changes::last).await {
            self.lag.set(last.saturating_sub(market.as_of()).max(0));
        }
    }
}

async fn get_metrics(data: web::Data<AppData>) -> HttpResponse {
    let metrics = &data.metrics;
    metrics.state.refresh(&data.app).await;
    let mut page = String::new();
    match text::encode(&mut page, &metrics.registry) {
        Ok(()) => HttpResponse::Ok().content_type(OPEN_METRICS).body(page),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

/// Serves the numbers at `address`.
///
/// # Errors
/// What the operating system says of the address.
pub fn serve(data: web::Data<AppData>, address: SocketAddr) -> std::io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new().app_data(data.clone()).route("/metrics", web::get().to(get_metrics))
    });
    Ok(server.workers(1).disable_signals().bind(address)?.run())
}
