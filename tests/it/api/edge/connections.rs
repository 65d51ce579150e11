//! Clients that are slow, that go away, that say much at once.

use socket2::{Domain, SockRef, Socket, Type};
use std::io::Write;

use super::{
    connect, count, exchange, expect_problem, get, impatient, party, post, statuses, wait_for,
};
use crate::support::api::{TestApi, api_tests};

api_tests!(impatient =>
    headers_that_do_not_come_are_not_waited_for,
    a_body_that_does_not_come_is_not_waited_for,
    a_body_that_nobody_reads_does_not_hold_its_connection,
    a_client_that_reads_nothing_is_cut,
    half_a_request_has_no_effect,
);

api_tests!(
    requests_in_a_row_are_answered_in_their_order,
    an_old_client_is_answered_and_left,
    a_client_that_asks_first_is_told_to_continue,
);

fn headers_that_do_not_come_are_not_waited_for(api: &TestApi) {
    for beginning in ["", "GET /v1/units HTTP/1.1\r\nHost: test\r\n"] {
        let answer = exchange(api, beginning);
        assert_eq!(statuses(&answer), [408], "{answer}");
    }
}

fn a_body_that_does_not_come_is_not_waited_for(api: &TestApi) {
    for (header, beginning) in
        [("Content-Length: 100\r\n", "{"), ("Transfer-Encoding: chunked\r\n", "5\r\n{")]
    {
        let answer = exchange(api, post(api, header) + beginning);
        expect_problem(&answer, 408, "request_timeout");
    }
    assert_eq!(count(api), 0);
}

/// Its handler has answered, and reads no body.
fn a_body_that_nobody_reads_does_not_hold_its_connection(api: &TestApi) {
    for header in ["Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"] {
        let request = format!("GET /health/live HTTP/1.1\r\nHost: test\r\n{header}\r\n");
        assert_eq!(statuses(&exchange(api, request)), [200], "{header}");
    }
}

/// The kernel ends such a connection without a word, so the client finds out when it says more.
/// Only Linux does.
fn a_client_that_reads_nothing_is_cut(api: &TestApi) {
    const ASKED: usize = 60;
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let address: std::net::SocketAddr = api.address().parse().expect("an address");
    socket.connect(&address.into()).expect("a connection");
    let mut stream = std::net::TcpStream::from(socket);
    let ask = "GET /openapi.json HTTP/1.1\r\nHost: test\r\n\r\n";
    stream.write_all(ask.repeat(ASKED).as_bytes()).expect("sent");
    wait_for("the end of the connection", || stream.write_all(b"x").is_err());
    assert_eq!(statuses(&exchange(api, get("/v1/units", ""))), [200]);
}

fn half_a_request_has_no_effect(api: &TestApi) {
    let body = party("HTX");
    let head = post(api, &format!("Content-Length: {}\r\n", body.len()));
    let mut stream = connect(api);
    stream.write_all((head + &body[..body.len() - 1]).as_bytes()).expect("sent");
    // Without a time to linger, the end is a reset.
    SockRef::from(&stream).set_linger(Some(std::time::Duration::ZERO)).expect("an option");
    drop(stream);
    assert_eq!(count(api), 0);
}

fn requests_in_a_row_are_answered_in_their_order(api: &TestApi) {
    let ask = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n");
    let row = ask("/health/live") + &ask("/v1/nowhere") + &get("/v1/units?limit=1", "");
    assert_eq!(statuses(&exchange(api, row)), [200, 404, 200]);
}

fn an_old_client_is_answered_and_left(api: &TestApi) {
    let answer = exchange(api, "GET /v1/units?limit=1 HTTP/1.0\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
}

fn a_client_that_asks_first_is_told_to_continue(api: &TestApi) {
    let body = party("HTX");
    let length = format!("Expect: 100-continue\r\nContent-Length: {}\r\n", body.len());
    let answer = exchange(api, post(api, &length) + &body);
    assert_eq!(statuses(&answer), [100, 201], "{answer}");
    assert_eq!(count(api), 1);
}
