//! What an operator sees: the log, the numbers, and how the service stops.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use super::durability::admin;
use super::{Server, command, free_port, get, sqlite, wait_for};

/// Clients at the time of the stop.
const CLIENTS: usize = 4;
/// Connections that say nothing.
const IDLE: usize = 1000;
/// Requests before the stop.
const ENOUGH: usize = 100;

/// `serve` with more settings.
fn serve(database_url: &str, settings: &[(&str, &str)]) -> Server {
    let mut command = command(database_url, &["serve"]);
    command.envs(settings.iter().copied());
    Server::spawn(command).wait_until_ready()
}

impl Server {
    fn address(&self) -> &str {
        self.base_url.trim_start_matches("http://")
    }

    /// Stops it; what it wrote to its log.
    pub(super) fn log(mut self) -> String {
        assert_eq!(self.end("INT"), Some(0));
        let mut log = String::new();
        self.child.stderr.take().expect("piped").read_to_string(&mut log).expect("a text");
        log
    }
}

/// One request on a connection of its own; nothing if it was not answered whole.
fn ask(address: &str, path: &str, headers: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.starts_with("HTTP/1.1 ").then_some(answer)
}

#[test]
fn a_stop_under_load_resets_nobody() {
    let directory = TempDir::new().expect("a folder");
    let url = sqlite(directory.path());
    let mut server = serve(&url, &[]);
    let address = server.address().to_owned();
    let token = format!("Authorization: Bearer {}\r\n", admin(&url));
    let (answered, is_draining) = (AtomicUsize::new(0), AtomicBool::new(false));
    // A client goes elsewhere as soon as readiness ends, as a balancer makes it.
    let keep_asking = || {
        while !is_draining.load(Ordering::Relaxed) {
            let answer = ask(&address, "/v1/parties", &token).expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            answered.fetch_add(1, Ordering::Relaxed);
        }
    };
    let watch = || {
        wait_for("the end of readiness", || {
            let answer = ask(&address, "/health/ready", "").expect("an answer");
            answer.starts_with("HTTP/1.1 503").then_some(())
        });
        is_draining.store(true, Ordering::Relaxed);
    };
    let code = thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(keep_asking);
        }
        wait_for("requests", || (answered.load(Ordering::Relaxed) > ENOUGH).then_some(()));
        scope.spawn(watch);
        server.end("TERM")
    });
    assert_eq!(code, Some(0));
}

#[test]
fn each_request_is_one_line_of_json_without_secrets() {
    let directory = TempDir::new().expect("a folder");
    let url = sqlite(directory.path());
    let server = serve(&url, &[("OCOP_LINK_LOG", "info"), ("OCOP_LINK_LOG_FORMAT", "json")]);
    let token = admin(&url);
    let authorization = format!("Authorization: Bearer {token}\r\n");
    let id = "X-Request-Id: first-42\r\n";
    ask(server.address(), "/v1/parties", &(authorization + id)).expect("an answer");
    let forged = "X-Request-Id: a\"}{\"b\r\n";
    ask(server.address(), "/v1/nowhere%0a%22%7D{\"forged\":1}", forged).expect("an answer");
    let log = server.log();
    assert!(!log.contains(&token), "{log}");
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let requests: Vec<&Value> = lines.iter().filter(|line| line["message"] == "request").collect();
    let first = requests.iter().find(|line| line["request_id"] == "first-42").expect("a line");
    assert_eq!((&first["route"], &first["status"]), (&"/v1/parties".into(), &200.into()));
    assert_eq!(first["subject"], "script");
    assert!(first["duration_ms"].as_f64().is_some_and(|duration_ms| duration_ms > 0.0));
    assert!(requests.iter().any(|line| line["status"] == 404 && line["route"] == ""));
    assert!(!log.contains("forged"), "{log}");
}

#[test]
fn numbers_are_served_apart_and_their_labels_are_bounded() {
    const PATHS: usize = 500;
    let directory = TempDir::new().expect("a folder");
    let url = sqlite(directory.path());
    let metrics = format!("127.0.0.1:{}", free_port());
    let server = serve(&url, &[("OCOP_LINK_METRICS_ADDRESS", &metrics)]);
    for number in 0..PATHS {
        ask(server.address(), &format!("/v1/nowhere/{number}"), "").expect("an answer");
    }
    let party = "00000000-0000-7000-8000-00000000000a";
    get(&format!("{}/v1/parties/{party}", server.base_url), &admin(&url)).expect("an answer");
    let page = ask(&metrics, "/metrics", "").expect("an answer");
    let line = format!("route=\"\",status=\"404\"}} {PATHS}");
    assert!(page.contains(&line), "{page}");
    assert!(page.contains("method=\"GET\",route=\"/v1/parties/{id}\",status=\"404\"} 1"), "{page}");
    assert!(!page.contains("nowhere"), "{page}");
    for name in ["http_duration_seconds_bucket", "database_connections_open", "market_lag_changes"]
    {
        assert!(page.contains(&format!("ocop_link_{name}")), "{name}: {page}");
    }
    assert!(page.trim_end().ends_with("# EOF"), "{page}");
    let public = ask(server.address(), "/metrics", "").expect("an answer");
    assert!(public.starts_with("HTTP/1.1 404"), "{public}");
}

#[test]
fn idle_connections_do_not_stop_others() {
    let directory = TempDir::new().expect("a folder");
    let server = serve(&sqlite(directory.path()), &[("OCOP_LINK_HEADER_TIMEOUT_MS", "60000")]);
    let connect = || TcpStream::connect(server.address()).expect("a connection");
    let mut idle: Vec<TcpStream> = (0..IDLE).map(|_| connect()).collect();
    let others = ask(server.address(), "/v1/units?limit=1", "").expect("an answer");
    assert!(others.starts_with("HTTP/1.1 200"), "{others}");
    let last = idle.last_mut().expect("a connection");
    last.write_all(b"GET /health/live HTTP/1.0\r\n\r\n").expect("sent");
    let mut answer = String::new();
    last.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
}
