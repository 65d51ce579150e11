//! `ocop-link serve`: serves the API until it is told to stop.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};

use actix_web::web;
use socket2::{Domain, Socket, Type};
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, config};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::http::state::AppData;
use crate::http::{metrics, server};
use crate::{jobs, telemetry};

/// The number of SIGXFSZ on Linux: a file has grown to the limit of the process (setrlimit(2)).
const FILE_SIZE_EXCEEDED: i32 = 25;
/// Connections that may wait until they are accepted.
const BACKLOG: i32 = 1024;

pub(super) fn run() -> Result<(), Failure> {
    let config = config()?;
    start_log(&config)?;
    let reserved = Reserved::bind(&config)?;
    let app = App::open(config, Clock::System).map_err(Failure::Other)?;
    let data = AppData::new(app).map_err(Failure::Other)?;
    serve(web::Data::new(data), reserved.listen()?)
}

/// An address that is taken before the database is opened, so that a taken port changes nothing.
/// Until it listens a connection is refused, so that a proxy turns to another instance at once.
pub(super) struct Reserved {
    socket: Socket,
    name: String,
}

impl Reserved {
    pub(super) fn bind(config: &Config) -> Result<Self, Failure> {
        let (host, port) = (config.host.as_str(), config.port);
        let wrong = |error| Failure::Usage(format!("setting host = {host:?}: {error}"));
        let mut bound = Err(ErrorKind::AddrNotAvailable.into());
        for address in (host, port).to_socket_addrs().map_err(wrong)? {
            bound = bind(address);
            if bound.is_ok() {
                break;
            }
        }
        let name = format!("{host}:{port}");
        let socket = bound.map_err(|error| cannot_listen(&name, &error))?;
        Ok(Self { socket, name })
    }

    pub(super) fn listen(self) -> Result<TcpListener, Failure> {
        let listening = self.socket.listen(BACKLOG);
        listening.map_err(|error| cannot_listen(&self.name, &error))?;
        Ok(self.socket.into())
    }
}

fn bind(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn cannot_listen(name: &str, error: &io::Error) -> Failure {
    Failure::Other(format!("cannot listen on {name}: {error}"))
}

/// Serves until Ctrl-C or SIGTERM; requests under way then finish.
pub(super) fn serve(data: web::Data<AppData>, listener: TcpListener) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::Other(error.to_string());
    actix_web::rt::System::new().block_on(async move {
        actix_web::rt::spawn(jobs::keep_house(data.app.clone()));
        if let Some(address) = data.app.config().metrics_address {
            let cannot = |error| Failure::Other(format!("metrics_address {address}: {error}"));
            actix_web::rt::spawn(metrics::serve(data.clone(), address).map_err(cannot)?);
        }
        let server = server::serve(data.clone(), listener).map_err(failed)?;
        // Where nobody listens to it, a file that may not grow ends the process.
        let _full = signal(SignalKind::from_raw(FILE_SIZE_EXCEEDED)).map_err(failed)?;
        let stop = stop_signal(data).map_err(failed)?;
        let handle = server.handle();
        actix_web::rt::spawn(async move {
            stop.await;
            handle.stop(true).await;
        });
        server.await.map_err(failed)
    })
}

/// Waits until it is time to stop: at once on Ctrl-C; after SIGTERM once whoever sends requests had
/// time to see that the service is not ready any more.
fn stop_signal(data: web::Data<AppData>) -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {
                data.drain();
                tokio::time::sleep(data.app.config().traffic.timeouts.drain).await;
            }
        }
    })
}

/// Sends the log to standard error.
pub(super) fn start_log(config: &Config) -> Result<(), Failure> {
    telemetry::start(&config.log, config.log_format).map_err(Failure::Usage)
}
