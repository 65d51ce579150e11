//! Processes under measurement: the real binary, and this one in another role. Must not know what
//! is measured.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::client::{Connection, request};

/// The longest wait for a server.
const DEADLINE: Duration = Duration::from_secs(120);
/// Between two looks at a server that starts.
const POLL: Duration = Duration::from_millis(1);
/// Ticks of processor time in a second (`getconf CLK_TCK`, the same on every Linux).
const TICKS_PER_SECOND: f64 = 100.0;
const PAGE_BYTES: u64 = 4096;

/// Set for a child that is to be the program `ocop-link`.
const AS_PROGRAM: &str = "OCOP_LINK_BENCH_AS_PROGRAM";

/// Whether this process is to be the program.
pub(crate) fn is_program() -> bool {
    std::env::var_os(AS_PROGRAM).is_some()
}

/// The program `ocop-link`, built into this binary so that both are of one build.
pub(crate) fn service(database_url: &str, arguments: &[&str]) -> Command {
    let mut command = role(database_url, arguments);
    command.env(AS_PROGRAM, "1");
    command
}

/// This binary in another role.
pub(crate) fn role(database_url: &str, arguments: &[&str]) -> Command {
    let own = std::env::current_exe().expect("this binary");
    let mut command = Command::new(own);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
    command.env("OCOP_LINK_DATABASE_URL", database_url).env("OCOP_LINK_LOG", "warn");
    // A load comes from one address and few clients.
    for limit in ["CLIENT", "ADDRESS", "PREVIEW", "SEARCH"] {
        command.env(format!("OCOP_LINK_RATE_LIMIT_{limit}"), u32::MAX.to_string());
    }
    command
}

/// Runs a command to its end.
pub(crate) fn run(mut command: Command) {
    let status = command.status().expect("a process");
    assert!(status.success(), "{command:?} ended with {status}");
}

/// A server that is killed when this goes.
pub(crate) struct Server {
    process: Process,
    pub(crate) address: SocketAddr,
    /// Where it serves its numbers, if it does.
    numbers: Option<SocketAddr>,
    /// From its start to its first answer.
    pub(crate) started_in: Duration,
}

/// A process that ends with this.
struct Process(Child);

impl Server {
    /// Starts a server and waits for its first answer.
    pub(crate) fn start(mut command: Command) -> Self {
        let numbers = free_address();
        command.env("OCOP_LINK_METRICS_ADDRESS", numbers.to_string());
        let started = Self::start_with(|port| {
            command.env("OCOP_LINK_PORT", port.to_string());
            command
        });
        Self { numbers: Some(numbers), ..started }
    }

    /// The same on a port that was free a moment ago.
    pub(crate) fn start_with(command: impl FnOnce(u16) -> Command) -> Self {
        let address = free_address();
        let mut command = command(address.port());
        let begin = Instant::now();
        let mut child = command.spawn().expect("a process");
        while !is_ready(address) {
            assert!(child.try_wait().expect("a child").is_none(), "{command:?} ended");
            assert!(begin.elapsed() < DEADLINE, "{command:?} does not answer");
            sleep(POLL);
        }
        Self { process: Process(child), address, numbers: None, started_in: begin.elapsed() }
    }

    /// How many lists it has told again.
    pub(crate) fn told_again(&self) -> u64 {
        let numbers = self.numbers.expect("a server that serves its numbers");
        counted(numbers, "ocop_link_lists_told_again_total")
    }

    pub(crate) fn ask(&self, request: &[u8]) -> (u16, Vec<u8>) {
        let mut connection = Connection::open(self.address).expect("a connection");
        let answer = connection.ask(request).expect("an answer");
        (answer.status, answer.body.to_vec())
    }

    /// Processor time that it has used.
    pub(crate) fn processor_time(&self) -> Duration {
        processor_time(&self.process.0.id().to_string())
    }

    /// Memory that it keeps.
    pub(crate) fn resident_bytes(&self) -> u64 {
        resident_bytes(&self.process.0.id().to_string())
    }

    /// Memory that it keeps, without the program itself.
    pub(crate) fn private_bytes(&self) -> u64 {
        private_bytes(&self.process.0.id().to_string())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An address that nobody listened to a moment ago.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}

/// A number of those that a server serves.
fn counted(address: SocketAddr, name: &str) -> u64 {
    let mut connection = Connection::open(address).expect("a connection");
    let page = connection.ask(&request("GET", "/metrics", "", "")).expect("the numbers");
    let page = String::from_utf8_lossy(page.body);
    let number = page.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    number.unwrap_or_else(|| panic!("no {name}"))
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || Some(Connection::open(address).ok()?.ask(&health()).ok()?.status);
    ask() == Some(200)
}

fn health() -> Vec<u8> {
    request("GET", "/health/ready", "", "")
}

/// Processor time of a process, or of this one as `self`, in user and system mode.
pub(crate) fn processor_time(process: &str) -> Duration {
    let path = Path::new("/proc").join(process).join("stat");
    let text = std::fs::read_to_string(path).expect("/proc");
    let after_name = text.rsplit(')').next().expect("a name");
    let ticks = after_name.split_whitespace().skip(11).take(2);
    let ticks: f64 = ticks.map(|ticks| ticks.parse::<f64>().expect("ticks")).sum();
    Duration::from_secs_f64(ticks / TICKS_PER_SECOND)
}

/// Resident memory of a process, or of this one as `self`.
fn resident_bytes(process: &str) -> u64 {
    let [resident, _] = memory_bytes(process);
    resident
}

/// Resident memory of a process, or of this one as `self`, without the pages of files: those of the
/// program grow with what it has run, not with what it keeps.
pub(crate) fn private_bytes(process: &str) -> u64 {
    let [resident, of_files] = memory_bytes(process);
    resident - of_files
}

/// Resident memory, and what of it are pages of files.
fn memory_bytes(process: &str) -> [u64; 2] {
    let path = Path::new("/proc").join(process).join("statm");
    let text = std::fs::read_to_string(path).expect("/proc");
    let pages: Vec<u64> = text.split(' ').filter_map(|pages| pages.parse().ok()).collect();
    [pages[1], pages[2]].map(|pages| pages * PAGE_BYTES)
}
