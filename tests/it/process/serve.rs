//! Starting and ending: the demo, settings, signals, imports.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::secrets::mode;
use super::{Server, command, get, output, post, sqlite, wait_for};

/// A running demo on the folder, with what it wrote for scripts.
fn demo(directory: &Path) -> (Server, Value) {
    let credentials = directory.join("credentials.json");
    let _ = fs::remove_file(&credentials);
    let (file, data) = (credentials.display().to_string(), directory.display().to_string());
    let arguments = ["demo", "--port", "0", "--credentials", &file, "--data-dir", &data];
    let mut command = command("", &arguments);
    command.env_remove("OCOP_LINK_DATABASE_URL").stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().expect("the binary");
    let mut server = Server { child, base_url: String::new() };
    let written: Value = wait_for("the credentials", || {
        assert_eq!(server.child.try_wait().expect("a child"), None, "the demo ended");
        serde_json::from_str(&fs::read_to_string(&credentials).ok()?).ok()
    });
    server.base_url = written["base_url"].as_str().expect("an address").into();
    (server.wait_until_answering(), written)
}

impl Server {
    fn wait_until_answering(self) -> Self {
        let url = format!("{}/health/ready", self.base_url);
        wait_for("an answer", || get(&url, "").filter(|(status, _)| *status == 200));
        self
    }
}

#[test]
fn the_demo_answers_each_caller_and_keeps_its_data() {
    let directory = TempDir::new().expect("a folder");
    let (mut server, first) = demo(directory.path());
    assert_eq!(mode(&directory.path().join("credentials.json")), 0o600);
    for caller in ["producer", "distributor", "union", "authority", "admin"] {
        let token = first["callers"][caller]["token"].as_str().expect(caller);
        let url = format!("{}/v1/offers?limit=1", server.base_url);
        let (status, page) = get(&url, token).expect("an answer");
        assert_eq!((status, page["items"].as_array().map(Vec::len)), (200, Some(1)), "{caller}");
        let login = &first["callers"][caller]["login"];
        let opened = post(&format!("{}/v1/sessions", server.base_url), "", login);
        let (status, session) = opened.expect("an answer");
        let party = &session["session"]["party_id"];
        assert_eq!((status, party), (201, &first["callers"][caller]["party_id"]), "{session}");
    }
    let union = first["callers"]["union"]["token"].as_str().expect("a token");
    let (_, grants) = get(&format!("{}/v1/grants", server.base_url), union).expect("an answer");
    let producer = &first["callers"]["producer"]["party_id"];
    assert_eq!(&grants["items"][0]["grantor_id"], producer, "it acts for the producer");
    assert_eq!(server.end("TERM"), Some(0));
    let (mut again, second) = demo(directory.path());
    for caller in ["producer", "distributor", "union", "authority"] {
        let party = |credentials: &Value| credentials["callers"][caller]["party_id"].clone();
        assert!(party(&first).is_string());
        assert_eq!(party(&first), party(&second), "{caller}");
    }
    assert_eq!(again.end("INT"), Some(0));
}

#[test]
fn one_demo_at_a_time_has_a_folder() {
    let directory = TempDir::new().expect("a folder");
    let (mut server, _) = demo(directory.path());
    let folder = directory.path().display().to_string();
    let second = output("sqlite:unused.db", &["demo", "--port", "0", "--data-dir", &folder]);
    let error = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{error}");
    assert!(error.contains("another demo runs in"), "{error}");
    assert_eq!(server.end("TERM"), Some(0));
}

#[test]
fn a_demo_that_cannot_make_its_folder_names_it() {
    let directory = TempDir::new().expect("a folder");
    let file = directory.path().join("file");
    fs::write(&file, "").expect("a file");
    let folder = file.join("data").display().to_string();
    let ended = output("sqlite:unused.db", &["demo", "--port", "0", "--data-dir", &folder]);
    let error = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{error}");
    assert!(error.contains(&folder), "{error}");
}

#[test]
fn a_bad_line_is_named_and_its_batch_is_not_written() {
    let directory = TempDir::new().expect("a folder");
    let (url, file) = (sqlite(directory.path()), directory.path().join("lines.ndjson"));
    let party = |id: &str, province: &str| {
        json!({"type": "party", "external_ids": {"erp": id}, "name": id, "roles": ["producer"],
               "legal_form": "cooperative", "place": {"province_code": province}})
    };
    let import = |lines: [Value; 2]| {
        let text = format!("\u{feff}{}", lines.map(|line| line.to_string()).join("\n"));
        fs::write(&file, text).expect("a file");
        output(&url, &["import", &file.display().to_string()])
    };
    let refused = import([party("a", "79"), party("b", "99")]);
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{error}");
    assert!(error.contains("line 2") && error.contains("/place/province_code"), "{error}");
    let written = import([party("a", "79"), party("b", "01")]);
    let said = String::from_utf8_lossy(&written.stdout);
    assert_eq!(said.trim(), "2 created, 0 updated, 0 unchanged, 0 failed");
}
