//! The demo as an operator meets it: how fast it answers and how much memory it keeps. Must not
//! know how it works.

use std::path::Path;

use serde_json::Value;

use crate::client::request;
use crate::program::{Server, service};
use crate::verdict;

/// The most memory of the demo, in MB.
const BAR_MB: f64 = 60.0;
/// The longest start with a loaded market, in milliseconds.
const BAR_START_MS: f64 = 300.0;

/// Starts the demo twice, the second time on what the first has loaded, and walks its stories.
pub(crate) fn measure(folder: &Path) {
    let first = demo(folder);
    println!("demo, first start with its market to load: {:.0} ms", started_ms(&first));
    tell_memory(&first, folder);
    drop(first);
    let server = demo(folder);
    let started_ms = started_ms(&server);
    println!("demo, start to first answer: {started_ms:.0} ms");
    verdict("300 ms / start", BAR_START_MS / started_ms, 1.0);
    tell_memory(&server, folder);
}

/// What it keeps before and after its stories.
fn tell_memory(server: &Server, folder: &Path) {
    let megabytes = || server.resident_bytes() as f64 / f64::from(1 << 20);
    let started = megabytes();
    let asked = walk(server, folder);
    let walked = megabytes();
    println!("demo, resident: {started:.1} MB, after {asked} requests of its stories {walked:.1}");
    verdict("60 MB / resident", BAR_MB / started.max(walked), 1.0);
}

fn started_ms(server: &Server) -> f64 {
    server.started_in.as_secs_f64() * 1e3
}

fn demo(folder: &Path) -> Server {
    let (data, credentials) = (folder.join("demo"), folder.join("credentials.json"));
    Server::start_with(|port| {
        let mut command = service("", &["demo", "--port", &port.to_string(), "--data-dir"]);
        command.arg(&data).arg("--credentials").arg(&credentials);
        command.env_remove("OCOP_LINK_DATABASE_URL");
        command
    })
}

/// Every demand of the distributor and offer of the producer with its matches, and searches.
fn walk(server: &Server, folder: &Path) -> usize {
    let text = std::fs::read_to_string(folder.join("credentials.json")).expect("credentials");
    let credentials: Value = serde_json::from_str(&text).expect("JSON");
    let caller = |word: &str, key: &str| {
        let value = credentials["callers"][word][key].as_str();
        value.expect("a caller").to_owned()
    };
    let mut asked = 0;
    let mut get = |who: &str, path: &str| -> Value {
        let (status, body) = server.ask(&request("GET", path, &caller(who, "token"), ""));
        assert_eq!(status, 200, "{path}");
        asked += 1;
        serde_json::from_slice(&body).expect("JSON")
    };
    for (who, list, views) in [
        ("distributor", "demands", &["matches?limit=20", "excluded?limit=20"][..]),
        ("producer", "offers", &["matches?limit=20"][..]),
    ] {
        let owner = caller(who, "party_id");
        let page = get(who, &format!("/v1/{list}?party_id={owner}&limit=100"));
        let ids = page["items"].as_array().expect("a list").iter();
        let ids: Vec<String> = ids.filter_map(|it| it["id"].as_str().map(str::to_owned)).collect();
        for (id, view) in ids.iter().flat_map(|id| views.iter().map(move |view| (id, view))) {
            get(who, &format!("/v1/{list}/{id}/{view}"));
        }
    }
    for text in ["dua%20sap%20cau%20ke", "mat%20hoa%20dua", "keo%20dua%20xap", "ruou"] {
        get("distributor", &format!("/v1/products?q={text}&limit=20"));
    }
    asked
}
