//! `ocop-link serve`: serves the API until it is told to stop.

use std::net::TcpListener;

use actix_web::web;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::{Failure, config};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::http::server;
use crate::http::state::AppData;
use crate::jobs;

pub(super) fn run() -> Result<(), Failure> {
    let config = config()?;
    start_log(&config)?;
    let listener = listen(&config)?;
    let app = App::open(config, Clock::System).map_err(Failure::Other)?;
    let data = AppData::new(app).map_err(Failure::Other)?;
    serve(web::Data::new(data), listener)
}

/// Listens before the database is opened, so that a taken port changes nothing.
pub(super) fn listen(config: &Config) -> Result<TcpListener, Failure> {
    let address = (config.host.as_str(), config.port);
    TcpListener::bind(address).map_err(|error| {
        Failure::Other(format!("cannot listen on {}:{}: {error}", config.host, config.port))
    })
}

/// Serves until Ctrl-C or SIGTERM; requests under way then finish.
pub(super) fn serve(data: web::Data<AppData>, listener: TcpListener) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Other(error.to_string());
    actix_web::rt::System::new().block_on(async move {
        actix_web::rt::spawn(jobs::keep_house(data.app.clone()));
        let server = server::serve(data, listener).map_err(failed)?;
        let (mut interrupt, mut terminate) = (
            signal(SignalKind::interrupt()).map_err(failed)?,
            signal(SignalKind::terminate()).map_err(failed)?,
        );
        let handle = server.handle();
        actix_web::rt::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            handle.stop(true).await;
        });
        server.await.map_err(failed)
    })
}

/// Sends the log to standard error.
pub(super) fn start_log(config: &Config) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|error| Failure::Usage(format!("setting log = {:?}: {error}", config.log)))?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    Ok(())
}
