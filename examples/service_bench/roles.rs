//! What this binary does as a child of the measurement: serve with a constant answer beside the
//! API, or rebuild the market and tell what that took.

use std::net::TcpListener;
use std::time::Instant;

use actix_web::{HttpResponse, web};
use ocop_link::app::App;
use ocop_link::clock::Clock;
use ocop_link::config::Config;
use ocop_link::http::metrics;
use ocop_link::http::server::serve_beside;
use ocop_link::http::state::AppData;
use ocop_link::reference::Reference;

use crate::program::{private_bytes, processor_time};

/// Where the constant answer stands.
pub(crate) const CONSTANT_PATH: &str = "/v1/constant";

/// Serves the API, and at [`CONSTANT_PATH`] a constant of so many bytes.
pub(crate) fn serve(constant_bytes: usize) {
    let config = Config::load().expect("settings");
    let listener = TcpListener::bind(("127.0.0.1", config.port)).expect("the port");
    let data = AppData::new(open(config)).expect("a contract");
    let body = web::Bytes::from(vec![b' '; constant_bytes]);
    let constant = move |config: &mut web::ServiceConfig| {
        let body = body.clone();
        let answer = move || {
            let answer = HttpResponse::Ok().content_type("application/json").body(body.clone());
            std::future::ready(answer)
        };
        config.route(CONSTANT_PATH, web::get().to(answer));
    };
    let data = web::Data::new(data);
    actix_web::rt::System::new()
        .block_on(async move {
            if let Some(address) = data.app.config().metrics_address {
                actix_web::rt::spawn(metrics::serve(data.clone(), address)?);
            }
            serve_beside(data, listener, constant)?.await
        })
        .expect("a server");
}

fn open(config: Config) -> App {
    App::open(config, Clock::System).expect("the database")
}

/// Opens the database, and tells time, processor time and memory of the market.
pub(crate) fn rebuild() {
    let reference = Reference::shared();
    let config = Config::load().expect("settings");
    assert!(reference.units().get("kg").is_some());
    let before = private_bytes("self");
    let (begin, processor) = (Instant::now(), processor_time("self"));
    let app = open(config);
    let (elapsed, used) = (begin.elapsed(), processor_time("self") - processor);
    let (offers, demands) = app.market().len();
    let bytes = private_bytes("self") - before;
    println!(
        "rebuilt in {:.0} ms ({:.0} ms of processor time); when the load ends {} MB, {} bytes an \
         offer or demand",
        elapsed.as_secs_f64() * 1e3,
        used.as_secs_f64() * 1e3,
        bytes >> 20,
        bytes / (offers + demands).max(1) as u64,
    );
}
