//! The HTTP server: address, limits and timeouts, and a clean stop.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpServer, web};

use super::edge;
use super::intake;
use super::methods;
use super::routes::routes;
use super::state::AppData;
use crate::config::Timeouts;

/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long requests under way may take to finish after a stop was asked for, in seconds.
const SHUTDOWN_SECONDS: u64 = 30;
/// The most open connections of one worker.
const MAX_CONNECTIONS: usize = 10_000;

/// Adds to an application what every request meets: state, routes, fallback.
pub fn configure(data: web::Data<AppData>) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        let page = utoipa_swagger_ui::Config::from("/openapi.json");
        config.app_data(data).app_data(web::Data::new(Arc::new(page)));
    }
}

/// Starts to serve on `listener`; the future ends after a stop signal, once requests are finished.
///
/// # Errors
/// What the operating system says of the listener.
pub fn serve(data: web::Data<AppData>, listener: TcpListener) -> std::io::Result<Server> {
    serve_beside(data, listener, |_| {})
}

/// The same with routes beside those of the API, which meet the same middleware.
///
/// # Errors
/// What the operating system says of the listener.
pub fn serve_beside(
    data: web::Data<AppData>,
    listener: TcpListener,
    beside: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> std::io::Result<Server> {
    let config = data.app.config();
    let (workers, Timeouts { header, write, .. }) = (config.workers, config.traffic.timeouts);
    send_at_once(&listener)?;
    limit_writes(&listener, write)?;
    let server = HttpServer::new(move || {
        App::new()
            .configure(beside.clone())
            .configure(routes)
            .configure(configure(data.clone()))
            .service(web::redirect("/docs", "/docs/").permanent())
            .default_service(web::to(methods::fallback))
            .wrap(from_fn(intake::guard))
            .wrap(Compress::default())
            .wrap(from_fn(edge::edge))
    });
    let server = server
        .workers(workers)
        .disable_signals()
        .max_connections(MAX_CONNECTIONS)
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(header)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .listen(listener)?;
    Ok(server.run())
}

/// Has the kernel send what is written at once (`TCP_NODELAY`, RFC 9293 section 3.7.4): a
/// compressed answer is written in pieces, of which the last would wait for the client to
/// acknowledge the one before, and clients wait 40 ms with that. Connections inherit it.
fn send_at_once(listener: &TcpListener) -> std::io::Result<()> {
    socket2::SockRef::from(listener).set_tcp_nodelay(true)
}

/// Has the kernel end a connection whose client takes none of what was sent for so long
/// (`TCP_USER_TIMEOUT`, RFC 5482); the framework would wait for ever. Connections inherit it.
#[cfg(target_os = "linux")]
fn limit_writes(listener: &TcpListener, limit: Duration) -> std::io::Result<()> {
    socket2::SockRef::from(listener).set_tcp_user_timeout(Some(limit))
}

/// Other systems have no such limit.
#[cfg(not(target_os = "linux"))]
fn limit_writes(_: &TcpListener, _: Duration) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn connections_send_what_is_written_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        send_at_once(&listener).expect("a listener");
        let _client = TcpStream::connect(listener.local_addr().expect("an address"));
        let (accepted, _) = listener.accept().expect("a connection");
        assert!(accepted.nodelay().expect("a socket"));
    }
}
