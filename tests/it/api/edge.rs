//! Requests byte by byte, as no well-made client sends them. Each gets the answer of the catalogue
//! or a closed connection, and changes nothing.

mod bodies;
mod connections;
mod intake;
mod panics;
mod requests;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ocop_link::config::Config;
use serde_json::{Value, json};

use crate::support::api::TestApi;

/// How long a client of these tests may take for its headers: longer than a busy machine needs.
const HEADER_TIMEOUT: Duration = Duration::from_millis(1500);
/// And for what follows.
const TIMEOUT: Duration = Duration::from_millis(300);
/// The longest wait for the end of a connection.
const DEADLINE: Duration = Duration::from_secs(30);

fn impatient(config: &mut Config) {
    let timeouts = &mut config.traffic.timeouts;
    (timeouts.header, timeouts.body, timeouts.write) = (HEADER_TIMEOUT, TIMEOUT, TIMEOUT);
}

fn connect(api: &TestApi) -> TcpStream {
    let stream = TcpStream::connect(api.address()).expect("a connection");
    stream.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    stream
}

/// All that comes until the server closes the connection.
fn read_all(stream: &mut TcpStream) -> String {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 65_536]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("the connection stays open: {error}"),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What the server says to `request` until it closes the connection. It may do so before it has
/// read everything.
fn exchange(api: &TestApi, request: impl AsRef<[u8]>) -> String {
    let mut stream = connect(api);
    let _ = stream.write_all(request.as_ref());
    read_all(&mut stream)
}

/// The status of each answer.
fn statuses(text: &str) -> Vec<u16> {
    let lines = text.match_indices("HTTP/1.").map(|(at, _)| &text[at..]);
    lines.filter_map(|line| line.split(' ').nth(1)?.parse().ok()).collect()
}

#[track_caller]
fn expect_problem(text: &str, status: u16, code: &str) {
    assert_eq!(statuses(text), [status], "{text}");
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    assert_eq!((body["status"].as_u64(), body["code"].as_str()), (Some(status.into()), Some(code)));
    assert!(body["request_id"].as_str().is_some_and(|id| text.contains(id)), "{text}");
}

fn party(name: &str) -> String {
    let place = json!({"province_code": "79"});
    let roles = ["producer"];
    json!({"name": name, "legal_form": "cooperative", "roles": roles, "place": place}).to_string()
}

/// The head of a POST by an admin, with more headers.
fn post(api: &TestApi, headers: &str) -> String {
    format!(
        "POST /v1/parties HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer {}\
         \r\nContent-Type: application/json\r\n{headers}\r\n",
        api.admin()
    )
}

/// A whole POST of `body`.
fn post_body(api: &TestApi, body: &[u8]) -> String {
    let head = post(api, &format!("Content-Length: {}\r\n", body.len()));
    exchange(api, [head.as_bytes(), body].concat())
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{headers}\r\n")
}

/// The number of parties, all of which the test made.
fn count(api: &TestApi) -> usize {
    let page = api.get("/v1/parties?limit=100").by(&api.admin()).send().expect(200);
    page.at("/items").as_array().map_or(0, Vec::len)
}

/// The time until `look` says yes.
#[track_caller]
fn wait_for(what: &str, mut look: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !look() {
        assert!(begun.elapsed() < DEADLINE, "{what} does not come");
        std::thread::sleep(Duration::from_millis(10));
    }
    begun.elapsed()
}
