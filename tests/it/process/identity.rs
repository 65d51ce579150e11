//! Clients and users as an operator registers them on the command line, and what becomes of their
//! secrets: they are in no log, no problem, no output and no database.

use std::fs::{self, File};
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::durability::{admin, create, party};
use super::{Server, agent, command, output, post, read, sqlite};

const PHONE: &str = "0294 385 0000";

fn printed(output: &Output) -> Value {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

/// Runs the command with a line on its standard input.
fn with_input(url: &str, arguments: &[&str], line: &str) -> Output {
    let mut command = command(url, arguments);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary");
    writeln!(child.stdin.take().expect("piped"), "{line}").expect("written");
    child.wait_with_output().expect("an end")
}

/// Status and body of an answer to a form.
fn token(base: &str, form: &[(&str, &str)]) -> (u16, Value) {
    let form = form.iter().map(|(name, value)| format!("{name}={value}"));
    let request = agent().post(format!("{base}/oauth/token"));
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let answer = request.send(form.collect::<Vec<_>>().join("&")).expect("an answer");
    read(answer).expect("a body")
}

fn by_secret(base: &str, client: &Value, secret: &Value) -> (u16, Value) {
    let (id, secret) = (&client["client_id"], secret.as_str().expect("a secret"));
    let id = id.as_str().expect("an id");
    let grant = ("grant_type", "client_credentials");
    token(base, &[grant, ("client_id", id), ("client_secret", secret)])
}

fn log_in(base: &str, password: &str) -> (u16, Value) {
    let body = json!({"phone": PHONE, "password": password});
    post(&format!("{base}/v1/sessions"), "", &body).expect("an answer")
}

#[test]
fn clients_are_registered_rotated_and_revoked() {
    let directory = TempDir::new().expect("a folder");
    let url = sqlite(directory.path());
    let server = Server::start(&url).wait_until_ready();
    let base = &*server.base_url;
    let party = create(base, "/v1/parties", (&admin(&url), &party("HTX", "producer")));
    let scope = ["--scope", "offers:read parties:read"];
    let arguments = ["client", "create", "--party", &party, "--name", "ERP"];
    let first = printed(&output(&url, &[&arguments[..], &scope].concat()));
    let (status, answer) = by_secret(base, &first, &first["client_secret"]);
    assert_eq!((status, &answer["scope"]), (200, &json!("parties:read offers:read")), "{answer}");
    let id = first["client_id"].as_str().expect("an id");
    let second = printed(&output(&url, &["client", "rotate", id]));
    for secret in [&first["client_secret"], &second["client_secret"]] {
        assert_eq!(by_secret(base, &first, secret).0, 200);
    }
    printed(&output(&url, &["client", "revoke", id]));
    assert_eq!(by_secret(base, &first, &second["client_secret"]).0, 401);
    assert_eq!(output(&url, &["client", "rotate", id]).status.code(), Some(1));
}

#[test]
fn users_are_registered_reset_and_shut_out() {
    let directory = TempDir::new().expect("a folder");
    let url = sqlite(directory.path());
    let server = Server::start(&url).wait_until_ready();
    let base = &*server.base_url;
    let party = create(base, "/v1/parties", (&admin(&url), &party("HTX", "producer")));
    let arguments = ["user", "create", "--party", &party, "--name", "Lan", "--phone", PHONE];
    let made = printed(&output(&url, &arguments));
    let password = made["password"].as_str().expect("a password");
    assert_eq!(log_in(base, password).0, 201);
    let reset = ["user", "reset", "+84 294 385 0000", "--password-stdin"];
    let told = printed(&with_input(&url, &reset, "mật khẩu tự chọn"));
    assert_eq!((&told["user_id"], &told["password"]), (&made["user_id"], &Value::Null));
    assert_eq!((log_in(base, password).0, log_in(base, "mật khẩu tự chọn").0), (401, 201));
    printed(&output(&url, &["user", "disable", made["user_id"].as_str().expect("an id")]));
    assert_eq!(log_in(base, "mật khẩu tự chọn").0, 401);
    let refused = output(&url, &["user", "reset", PHONE]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("illegal_action") && said.contains("(disabled)"), "{said}");
    assert!(output(&url, &["user", "enable", PHONE]).status.success());
    assert_eq!(log_in(base, "mật khẩu tự chọn").0, 201);
}

#[test]
fn what_cannot_be_registered_is_refused_with_its_reason() {
    let directory = TempDir::new().expect("a folder");
    let url = sqlite(directory.path());
    let nowhere = "0198c0de-0000-7000-8000-000000000001";
    let client = ["client", "create", "--party", nowhere, "--name", "ERP"];
    let user = ["user", "create", "--party", nowhere, "--name", "Lan", "--phone", PHONE];
    let refused = |output: Output, code: i32, word: &str| {
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{error}");
        assert!(error.contains(word), "{error}");
    };
    refused(output(&url, &client), 2, "party_id");
    refused(output(&url, &[&client[..], &["--scope", "all"]].concat()), 2, "--scope");
    refused(output(&url, &[&client[..], &["--secret-days", "731"]].concat()), 2, "secret_days");
    refused(with_input(&url, &[&user[..], &["--password-stdin"]].concat(), "short"), 2, "password");
    refused(output(&url, &["user", "create", "--party", nowhere, "--name", "Lan"]), 2, "--phone");
    refused(output(&url, &["user", "reset", "lan@htx.example"]), 1, "none");
}

/// A server that logs all it can, to a file.
fn talkative(url: &str, log: &Path) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let mut command = command(url, &["serve"]);
    command.env("OCOP_LINK_PORT", port.to_string()).env("OCOP_LINK_LOG", "trace");
    command.stdout(Stdio::null()).stderr(File::create(log).expect("a file"));
    let child = command.spawn().expect("the binary");
    Server { child, base_url: format!("http://127.0.0.1:{port}") }.wait_until_ready()
}

/// Everything that the files of a folder hold.
fn contents(directory: &Path) -> Vec<u8> {
    let files = fs::read_dir(directory).expect("a folder");
    files.flat_map(|file| fs::read(file.expect("a file").path()).expect("readable")).collect()
}

#[test]
fn a_secret_is_in_no_log_no_problem_and_no_database() {
    let (directory, logs) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    let url = sqlite(directory.path());
    let mut server = talkative(&url, &logs.path().join("log"));
    let base = server.base_url.clone();
    let party = create(&base, "/v1/parties", (&admin(&url), &party("HTX", "producer")));
    let client = ["client", "create", "--party", &party, "--name", "ERP"];
    let client = printed(&output(&url, &client));
    let user = ["user", "create", "--party", &party, "--name", "Lan", "--phone", PHONE];
    let user = [&user[..], &["--password-stdin"]].concat();
    let said = printed(&with_input(&url, &user, "canary-password-right"));
    let (_, session) = log_in(&base, "canary-password-right");
    let first = session["refresh_token"].as_str().expect("a token");
    let refresh = |token_text: &str| {
        token(&base, &[("grant_type", "refresh_token"), ("refresh_token", token_text)])
    };
    let (_, refreshed) = refresh(first);
    let second = refreshed["refresh_token"].as_str().expect("a token");
    let (status, access) = by_secret(&base, &client, &client["client_secret"]);
    assert_eq!(status, 200);
    let mut told = vec![said.to_string()];
    for (status, body) in [
        log_in(&base, "canary-password-wrong"),
        by_secret(&base, &client, &json!("canary-secret-wrong")),
        refresh("canary-refresh-wrong"),
        post(&format!("{base}/v1/parties"), "canary.access.wrong", &json!({})).expect("an answer"),
        post(&format!("{base}/v1/sessions"), "", &json!({"password": ["canary-password-list"]}))
            .expect("an answer"),
    ] {
        assert!((400..500).contains(&status), "{status} {body}");
        told.push(body.to_string());
    }
    refresh(second);
    let (status, ended) = refresh(first);
    assert_eq!(status, 400);
    told.push(ended.to_string());
    assert_eq!(server.end("TERM"), Some(0));
    let log = contents(logs.path());
    let kept = contents(directory.path());
    assert!(find(&log, "/oauth/token") && find(&kept, "+842943850000"), "something is looked at");
    let secrets = [
        first,
        second,
        client["client_secret"].as_str().expect("a secret"),
        session["access_token"].as_str().expect("a token"),
        access["access_token"].as_str().expect("a token"),
        "canary",
    ];
    for secret in secrets {
        assert!(!find(&log, secret), "{secret} is in the log");
        assert!(!find(&kept, secret), "{secret} is in the database");
        assert!(!told.iter().any(|text| text.contains(secret)), "{secret} is told: {told:?}");
    }
}

fn find(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
