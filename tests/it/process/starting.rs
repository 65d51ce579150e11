//! What others see of an instance that has not finished its start.

use std::io::ErrorKind;
use std::net::TcpStream;

use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};

use super::{Server, command, wait_for};
use crate::support::databases::{EmptyDatabase, Engine, run};

/// The lock that a start waits for: "ocop" in ASCII, as in `store/migrations.rs`.
const LOCK: &str = "SELECT pg_advisory_lock(1868787568)";
const UNLOCK: &str = "SELECT pg_advisory_unlock(1868787568)";
const WAITING: &str = "SELECT count(*) AS count FROM pg_stat_activity \
    WHERE datname = current_database() AND wait_event = 'advisory'";

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[test]
fn an_instance_that_starts_refuses_connections() {
    run(EmptyDatabase::new(Engine::Postgres), |home| {
        let mut operator = PgConnection::establish(&home.url).expect("a connection");
        operator.batch_execute(LOCK).expect("a lock");
        let server = Server::start(&home.url);
        wait_for("the start", || {
            let row: Count = diesel::sql_query(WAITING).get_result(&mut operator).expect("a row");
            (row.count > 0).then_some(())
        });
        let address = server.base_url.trim_start_matches("http://");
        let refused = TcpStream::connect(address).map_err(|error| error.kind());
        assert_eq!(refused.map(drop), Err(ErrorKind::ConnectionRefused));
        operator.batch_execute(UNLOCK).expect("unlocked");
        drop(server.wait_until_ready());
    });
}

#[test]
fn a_taken_port_ends_the_start_before_the_database_is_opened() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let mut command = command("sqlite:unused/market.db", &["serve"]);
    let output = command.env("OCOP_LINK_PORT", port.to_string()).output().expect("the binary");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{said}");
}
