//! Measures what the edge costs: the same small GET answered by the whole service (request id,
//! token, rate limit, headers, log line, metrics) and by a bare handler that reads and writes the
//! same record, in turns within one run.
//!
//! `cargo run --release --example edge_bench [rounds]`
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use matching::id::PartyId;
use ocop_link::actions::parties;
use ocop_link::app;
use ocop_link::caller::{Caller, Scope};
use ocop_link::clock::Clock;
use ocop_link::config::Config;
use ocop_link::http::parties::PartyRecord;
use ocop_link::http::state::AppData;
use ocop_link::http::token::Grant;
use ocop_link::http::{record, server};
use uuid::Uuid;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Connections that ask without a pause.
const CLIENTS: usize = 4;
/// How long one of the two is asked before it is the other's turn.
const TURN: Duration = Duration::from_millis(500);
const ROUNDS: usize = 20;

fn admin() -> Caller {
    Caller::new("bench", PartyId::new(Uuid::from_u128(10)), vec![Scope::Admin])
}

/// The work of the handler, without who asks and how often.
async fn bare(data: web::Data<AppData>, id: web::Path<String>) -> HttpResponse {
    let id: PartyId = id.parse().unwrap();
    let view = data.app.read(admin(), move |tx, ctx| parties::find(tx, ctx, id)).await.unwrap();
    let record = PartyRecord::from(&view);
    record::changed(record.version, &record)
}

/// Runs `start` on a thread of its own; its address.
fn serve(
    start: impl FnOnce(TcpListener) -> std::io::Result<actix_web::dev::Server> + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (started, is_started) = channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = start(listener).unwrap();
            started.send(()).unwrap();
            server.await.unwrap();
        });
    });
    is_started.recv().unwrap();
    address
}

fn serve_bare(data: web::Data<AppData>) -> SocketAddr {
    serve(move |listener| {
        let app = move || {
            let route = web::get().to(bare);
            App::new().app_data(data.clone()).route("/v1/parties/{id}", route)
        };
        Ok(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run())
    })
}

/// Answered requests of one connection within a turn.
fn ask(address: SocketAddr, request: &str) -> u32 {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let (begun, mut answered, mut buffer) = (Instant::now(), 0, [0; 16_384]);
    while begun.elapsed() < TURN {
        stream.write_all(request.as_bytes()).unwrap();
        let count = stream.read(&mut buffer).unwrap();
        let answer = &buffer[..count];
        assert!(answer.starts_with(b"HTTP/1.1 200") && answer.ends_with(b"}"));
        answered += 1;
    }
    answered
}

/// Answers a second of all connections.
fn rate(address: SocketAddr, request: &str) -> f64 {
    let begun = Instant::now();
    let answered: u32 = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(|| ask(address, request))).collect();
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    f64::from(answered) / begun.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn open(directory: &std::path::Path) -> web::Data<AppData> {
    let mut config = Config::load().unwrap();
    config.database_url = format!("sqlite:{}", directory.join("bench.db").display());
    config.workers = 1;
    config.traffic.rate_limits = config.traffic.rate_limits.times(u32::MAX);
    let app = app::App::open(config, Clock::System).unwrap();
    web::Data::new(AppData::new(app).unwrap())
}

/// A record to read: the address of a party that the whole service made.
fn register(address: SocketAddr, token: &str) -> String {
    let body = "{\"name\":\"HTX\",\"legal_form\":\"cooperative\",\"roles\":[\"producer\"],\
                \"place\":{\"province_code\":\"79\"}}";
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let head = format!(
        "POST /v1/parties HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let location = answer.lines().find_map(|line| line.strip_prefix("location: "));
    location.expect("a new party").to_owned()
}

fn main() {
    let rounds = std::env::args().nth(1).map_or(ROUNDS, |count| count.parse().unwrap());
    let directory = tempfile::TempDir::new().unwrap();
    let data = open(directory.path());
    let grant = Grant {
        subject: "bench".into(),
        party: admin().party(),
        scope: "admin".into(),
        seconds: 3600,
        session: None,
    };
    let tokens = data.authenticator.tokens();
    let token = tokens.mint(&grant, data.app.clock().now(), Uuid::from_u128(1)).unwrap();
    let bare = serve_bare(data.clone());
    let whole = serve(move |listener| server::serve(data, listener));
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\
         Idempotency-Key: bench\r\n\r\n",
        register(whole, &token)
    );
    let turns: Vec<(f64, f64)> =
        (0..rounds).map(|_| (rate(bare, &request), rate(whole, &request))).collect();
    let of = |pick: fn(&(f64, f64)) -> f64| median(turns.iter().map(pick).collect());
    let cost = of(|(bare, whole)| 100.0 * (1.0 - whole / bare));
    println!("bare    {:>8.0} answers/s", of(|turn| turn.0));
    println!("service {:>8.0} answers/s", of(|turn| turn.1));
    println!("cost    {cost:>8.1} % (median of {rounds} rounds in turns)");
}
