//! The real binary as an operator meets it: how it starts, ends, and what survives.

mod allocations;
mod audit;
mod backup;
mod crashes;
mod durability;
mod faults;
mod full_disk;
mod idempotency;
mod identity;
mod keys;
mod memory;
mod migrations;
mod operations;
mod outages;
mod ownership;
mod secrets;
mod serve;
mod settings;
mod stale_writes;
mod starting;

use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::program::within;

/// The longest wait for anything.
const DEADLINE: Duration = Duration::from_secs(90);
/// How long a client waits for an answer: longer than the service may take to refuse.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks.
const POLL: Duration = Duration::from_millis(5);

/// What `look` finds, once it finds something.
#[track_caller]
fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < DEADLINE, "{what} does not come");
        sleep(POLL);
    }
}

/// The binary without the settings of whoever runs the tests.
fn command(database_url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ocop-link"));
    let inherited = std::env::vars().filter(|(name, _)| name.starts_with("OCOP_LINK_"));
    for (name, _) in inherited {
        command.env_remove(name);
    }
    command.args(arguments).env("OCOP_LINK_DATABASE_URL", database_url);
    command.env("OCOP_LINK_LOG", "warn").stdin(Stdio::null());
    // Tests ask more often than a client may.
    command.env("OCOP_LINK_RATE_LIMIT_CLIENT", "1000000");
    command
}

fn output(database_url: &str, arguments: &[&str]) -> Output {
    command(database_url, arguments).output().expect("the binary")
}

/// A port below those that the kernel gives to outgoing connections (32,768 and above): such a
/// connection could take it before the server does.
fn free_port() -> u16 {
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| {
        let of_process = u16::try_from(std::process::id() % 20_000).expect("a small number");
        AtomicU16::new(10_000 + of_process)
    });
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let ports = std::iter::repeat_with(|| NEXT.fetch_add(1, Ordering::Relaxed));
    ports.take(1_000).find(is_free).expect("a port")
}

/// A running server; it is killed when this goes.
struct Server {
    child: Child,
    base_url: String,
}

impl Server {
    /// `serve` with the usual settings.
    fn start(database_url: &str) -> Self {
        Self::spawn(command(database_url, &["serve"]))
    }

    /// `command`, which serves, on a port that was free a moment ago.
    fn spawn(mut command: Command) -> Self {
        let port = free_port();
        command.env("OCOP_LINK_PORT", port.to_string()).stdout(Stdio::null());
        let child = command.stderr(Stdio::piped()).spawn().expect("the binary");
        Self { child, base_url: format!("http://127.0.0.1:{port}") }
    }

    fn wait_until_ready(mut self) -> Self {
        let url = format!("{}/health/ready", self.base_url);
        wait_for("an answer", || {
            if let Some(status) = self.child.try_wait().expect("a child") {
                let mut error = String::new();
                let mut stderr = self.child.stderr.take().expect("piped");
                stderr.read_to_string(&mut error).expect("a text");
                panic!("ended with {status}: {error}");
            }
            agent().get(&url).call().ok().filter(|response| response.status() == 200)
        });
        self
    }

    /// Sends a signal such as `TERM`; the exit code.
    fn end(&mut self, signal: &str) -> Option<i32> {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{signal}"), &id]).status();
        assert!(sent.expect("kill").success());
        wait_for("the end", || self.child.try_wait().expect("a child")).code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn agent() -> ureq::Agent {
    let timeout = Some(PATIENCE);
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    config.timeout_global(timeout).build().into()
}

fn sqlite(directory: &Path) -> String {
    format!("sqlite:{}", directory.join("market.db").display())
}

/// The status and the body of an answer; none where there is no answer.
fn get(url: &str, token: &str) -> Option<(u16, Value)> {
    let request = agent().get(url).header("authorization", format!("Bearer {token}"));
    read(request.call().ok()?)
}

fn post(url: &str, token: &str, body: &Value) -> Option<(u16, Value)> {
    let request = agent().post(url).header("authorization", format!("Bearer {token}"));
    let request = request.header("content-type", "application/json");
    read(request.send(body.to_string()).ok()?)
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Option<(u16, Value)> {
    let text = response.body_mut().read_to_string().ok()?;
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Some((response.status().as_u16(), body))
}
