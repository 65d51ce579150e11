//! A PostgreSQL server that goes away, comes back, or hangs, under a service that is not restarted.

use std::fs;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use serde_json::Value;

use super::durability::{admin, audit, party};
use super::{Server, agent, get, post, wait_for};
use crate::support::cluster::Cluster;
use crate::support::databases::report_skipped;

/// Connections of the pool, as the service has them unless it is told otherwise.
const CONNECTIONS: usize = 8;
/// The longest that the service may take to notice that the server is back.
const HEALED_WITHIN: Duration = Duration::from_secs(5);
/// Requests while the server hangs: more than there are connections.
const CLIENTS: usize = 5 * CONNECTIONS;
/// Threads of the service that hung requests may not exceed.
const MAX_THREADS: usize = CLIENTS + 40;

/// A service on a server of its own, with one party in it.
struct Home {
    cluster: Cluster,
    server: Server,
    token: String,
}

impl Home {
    /// None where there is no PostgreSQL.
    fn new() -> Option<Self> {
        let Some(cluster) = Cluster::start("16MB") else {
            report_skipped();
            return None;
        };
        let url = cluster.url("postgres");
        let server = Server::start(&url).wait_until_ready();
        let home = Self { cluster, server, token: admin(&url) };
        assert_eq!(home.write(), Some(201));
        Some(home)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.base_url)
    }

    fn write(&self) -> Option<u16> {
        let made = post(&self.url("/v1/parties"), &self.token, &party("HTX", "producer"));
        made.map(|(status, _)| status)
    }

    fn status(&self, path: &str) -> Option<u16> {
        get(&self.url(path), &self.token).map(|(status, _)| status)
    }

    /// A list must be refused for now.
    #[track_caller]
    fn expect_unavailable(&self) {
        let request = agent().get(self.url("/v1/parties"));
        let request = request.header("authorization", format!("Bearer {}", self.token));
        let mut answer = request.call().expect("an answer");
        let problem: Value = answer.body_mut().read_json().expect("a problem");
        assert_eq!(problem["code"], "unavailable", "{problem}");
        assert_eq!(answer.status(), 503);
        assert!(answer.headers().contains_key("retry-after"), "{answer:?}");
    }

    /// All is well again, soon, in the same process.
    fn expect_healed(&mut self) {
        let begun = Instant::now();
        wait_for("readiness", || (self.status("/health/ready") == Some(200)).then_some(()));
        wait_for("a write", || (self.write() == Some(201)).then_some(()));
        let elapsed = begun.elapsed();
        assert!(elapsed < HEALED_WITHIN, "{elapsed:?}");
        assert_eq!(self.server.child.try_wait().expect("a child"), None);
        audit(&self.cluster.url("postgres"));
    }

    fn threads(&self) -> usize {
        let tasks = format!("/proc/{}/task", self.server.child.id());
        fs::read_dir(tasks).expect("a process").count()
    }
}

#[test]
fn a_server_that_crashes_and_comes_back_is_met_without_a_restart() {
    let Some(mut home) = Home::new() else { return };
    let begun = Instant::now();
    for _ in 0..2 {
        home.cluster.tell("stop");
        for _ in 0..=CONNECTIONS {
            home.expect_unavailable();
            assert_eq!(home.write(), Some(503));
        }
        assert_eq!(home.status("/health/ready"), Some(503));
        assert_eq!(home.status("/health/live"), Some(200));
        home.cluster.tell("start");
        home.expect_healed();
    }
    let log = home.server.log();
    let lines = log.lines().filter(|line| line.contains("request refused")).count() as u64;
    assert!((1..=begun.elapsed().as_secs() + 1).contains(&lines), "{log}");
}

#[test]
fn a_server_that_hangs_holds_up_nobody_for_long() {
    let Some(mut home) = Home::new() else { return };
    home.cluster.tell("freeze");
    let refused: Vec<Option<u16>> = thread::scope(|scope| {
        let ask = |turn| if turn % 2 == 0 { home.write() } else { home.status("/v1/parties") };
        let home = &home;
        let clients: Vec<_> = (0..CLIENTS).map(|turn| scope.spawn(move || ask(turn))).collect();
        wait_for("all answers", || {
            assert_eq!(home.status("/health/live"), Some(200));
            assert!(home.threads() <= MAX_THREADS, "{} threads", home.threads());
            clients.iter().all(ScopedJoinHandle::is_finished).then_some(())
        });
        clients.into_iter().map(|client| client.join().expect("a status")).collect()
    });
    assert!(refused.iter().all(|status| *status == Some(503)), "{refused:?}");
    assert_eq!(home.status("/health/ready"), Some(503));
    home.cluster.tell("thaw");
    home.expect_healed();
}

#[test]
fn a_server_that_lost_its_place_to_another_is_unavailable_to_writers() {
    let Some(mut home) = Home::new() else { return };
    let url = home.cluster.url("postgres");
    let mut operator = PgConnection::establish(&url).expect("a connection");
    let mut alter = |setting: &str| {
        operator.batch_execute(&format!("ALTER DATABASE postgres {setting}")).expect("altered");
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        operator.batch_execute(cut).expect("a superuser");
    };
    alter("SET default_transaction_read_only = on");
    for _ in 0..=CONNECTIONS {
        assert_eq!(home.write(), Some(503));
    }
    wait_for("a read", || (home.status("/v1/parties") == Some(200)).then_some(()));
    alter("RESET default_transaction_read_only");
    home.expect_healed();
}

#[test]
fn a_role_that_may_not_choose_the_language_is_served() {
    let Some(home) = Home::new() else { return };
    let url = home.cluster.url("postgres");
    let mut operator = PgConnection::establish(&url).expect("a connection");
    let role = "CREATE ROLE limited LOGIN IN ROLE pg_read_all_data, pg_write_all_data; \
                GRANT CREATE, USAGE ON SCHEMA public TO limited";
    operator.batch_execute(role).expect("a superuser");
    let limited = url.replace("user=postgres", "user=limited");
    let log = Server::start(&limited).wait_until_ready().log();
    assert!(!log.contains("ALTER ROLE"), "the server speaks English: {log}");
    audit(&limited);
}

#[test]
fn a_locked_table_refuses_writers_in_time_and_frees_their_connections() {
    let Some(mut home) = Home::new() else { return };
    let url = home.cluster.url("postgres");
    let mut operator = PgConnection::establish(&url).expect("a connection");
    let lock = "BEGIN; LOCK TABLE parties IN ACCESS EXCLUSIVE MODE";
    operator.batch_execute(lock).expect("a superuser");
    let refused: Vec<Option<u16>> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(|| home.write())).collect();
        clients.into_iter().map(|client| client.join().expect("a status")).collect()
    });
    assert!(refused.iter().all(|status| *status == Some(503)), "{refused:?}");
    operator.batch_execute("ROLLBACK").expect("unlocked");
    home.expect_healed();
}
