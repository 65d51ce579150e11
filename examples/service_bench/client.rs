//! A load client: keep-alive connections over plain sockets, one thread each. Must not know what is
//! asked.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// Room for one answer.
const BUFFER_BYTES: usize = 1 << 18;
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Between the head of an answer and its body.
const HEAD_END: &[u8] = b"\r\n\r\n";
/// What says that a body comes in chunks, and their end.
const CHUNKED: &str = "Transfer-Encoding: chunked";
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// The bytes of a request.
pub(crate) fn request(method: &str, path: &str, token: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let typed = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n{typed}\
         Content-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

/// The same request by a client that takes a compressed answer.
pub(crate) fn with_gzip(request: &[u8]) -> Vec<u8> {
    let end = request.windows(HEAD_END.len()).position(|window| window == HEAD_END);
    let (head, rest) = request.split_at(end.expect("a head"));
    [head, b"\r\nAccept-Encoding: gzip", rest].concat()
}

/// The bytes of a merge patch to one version of a record.
pub(crate) fn patch(path: &str, token: &str, body: &str, version: i64) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/merge-patch+json\r\nIf-Match: \"{version}\"\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

/// One connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// One answer.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        Ok(Self { stream, buffer: vec![0; BUFFER_BYTES] })
    }

    pub(crate) fn ask(&mut self, request: &[u8]) -> std::io::Result<Answer<'_>> {
        self.stream.write_all(request)?;
        let mut filled = 0;
        let (body, length) = loop {
            filled += self.read_after(filled)?;
            if let Some(found) = head(&self.buffer[..filled]) {
                break found;
            }
        };
        let is_whole = |bytes: &[u8]| match length {
            Some(length) => bytes.len() >= length,
            None => bytes.ends_with(LAST_CHUNK),
        };
        while !is_whole(&self.buffer[body..filled]) {
            filled += self.read_after(filled)?;
        }
        let status = std::str::from_utf8(&self.buffer[9..12]).ok().and_then(|it| it.parse().ok());
        Ok(Answer { status: status.unwrap_or(0), body: &self.buffer[body..filled] })
    }

    fn read_after(&mut self, filled: usize) -> std::io::Result<usize> {
        match self.stream.read(&mut self.buffer[filled..])? {
            0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => Ok(read),
        }
    }
}

/// Where the body of an answer begins, and its length; none if it comes in chunks.
fn head(bytes: &[u8]) -> Option<(usize, Option<usize>)> {
    let end = bytes.windows(HEAD_END.len()).position(|window| window == HEAD_END)?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let is_chunked = head.lines().any(|line| line.eq_ignore_ascii_case(CHUNKED));
    let length = if is_chunked { None } else { Some(length.unwrap_or(0)) };
    Some((end + HEAD_END.len(), length))
}

/// What a load met.
#[derive(Default)]
pub(crate) struct Load {
    pub(crate) requests: usize,
    pub(crate) elapsed: Duration,
    latencies: Vec<Duration>,
}

impl Load {
    pub(crate) fn per_second(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }

    /// The latency that `percent` of the requests do not exceed, in milliseconds.
    pub(crate) fn percentile_ms(&self, percent: f64) -> f64 {
        let place = (self.latencies.len().saturating_sub(1)) as f64 * percent / 100.0;
        self.latencies.get(place as usize).map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
    }
}

/// A load that is put on a server.
#[derive(Clone, Copy)]
pub(crate) struct Plan<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) connections: usize,
    pub(crate) duration: Duration,
    /// The requests, taken in turn; each must be answered with `status`.
    pub(crate) requests: &'a [Vec<u8>],
    pub(crate) status: u16,
}

impl Plan<'_> {
    /// Each connection asks as soon as it is answered.
    pub(crate) fn closed(&self) -> Load {
        self.run(usize::MAX, |_, _, now| now)
    }

    /// The same until each request was asked once, however long that takes.
    pub(crate) fn each_once(&self) -> Load {
        let turns = self.requests.len().div_ceil(self.connections);
        self.run(turns, |_, _, now| now)
    }

    /// Requests are due at a fixed rate, and late answers count from when they were due, so that a
    /// stall is not hidden by the requests that it holds up.
    pub(crate) fn at_rate(&self, per_second: f64) -> Load {
        let step = Duration::from_secs_f64(1.0 / per_second);
        let begin = Instant::now();
        let every = step * self.connections as u32;
        self.run(usize::MAX, move |connection, turn, _| {
            let due = begin + step * connection as u32 + every * turn as u32;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            due
        })
    }

    /// At most so many turns of each connection.
    fn run(&self, turns: usize, due: impl Fn(usize, usize, Instant) -> Instant + Sync) -> Load {
        let begin = Instant::now();
        let latencies = thread::scope(|scope| {
            let threads: Vec<_> = (0..self.connections)
                .map(|connection| {
                    let due = &due;
                    let one = move |turn, now| due(connection, turn, now);
                    scope.spawn(move || self.ask_in_turn((connection, turns), begin, one))
                })
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("a load thread")).collect()
        });
        let mut latencies: Vec<Duration> = latencies;
        latencies.sort_unstable();
        Load { requests: latencies.len(), elapsed: begin.elapsed(), latencies }
    }

    fn ask_in_turn(
        &self,
        (first, turns): (usize, usize),
        begin: Instant,
        due: impl Fn(usize, Instant) -> Instant,
    ) -> Vec<Duration> {
        let mut connection = Connection::open(self.address).expect("a connection");
        let mut latencies = Vec::new();
        while begin.elapsed() < self.duration && latencies.len() < turns {
            let turn = latencies.len();
            let request = &self.requests[(first + turn * self.connections) % self.requests.len()];
            let start = due(turn, Instant::now());
            let answer = connection.ask(request).expect("an answer");
            let text = || String::from_utf8_lossy(answer.body);
            assert_eq!(answer.status, self.status, "{}", text());
            latencies.push(start.elapsed());
        }
        latencies
    }
}
