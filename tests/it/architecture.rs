//! The rules of the house, held against the source: who may know whom, who may name which crate,
//! and how long things may be. The tables are the rules; a wish to change one is a decision.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of `src`, each with the rooms that it may know.
const MAY_KNOW: [(&str, &[&str]); 18] = [
    ("error", &[]),
    ("caller", &[]),
    ("clock", &[]),
    ("credentials", &["error"]),
    ("config", &[]),
    ("telemetry", &["config"]),
    ("reference", &[]),
    ("market_data", &["reference"]),
    ("store", &["caller", "credentials", "error"]),
    ("identity", &["clock", "config", "error", "store"]),
    ("market", &["error", "reference", "store"]),
    (
        "app",
        &[
            "caller",
            "clock",
            "config",
            "credentials",
            "error",
            "identity",
            "market",
            "reference",
            "store",
        ],
    ),
    ("actions", &["app", "caller", "credentials", "error", "market", "reference", "store"]),
    ("jobs", &["actions", "app", "error", "market", "store"]),
    // HTTP names the store's plain records and pages and the transaction that it hands on; of its
    // queries `changes::last` alone.
    (
        "http",
        &[
            "actions",
            "app",
            "caller",
            "config",
            "credentials",
            "error",
            "identity",
            "jobs",
            "market",
            "reference",
            "store",
        ],
    ),
    (
        "cli",
        &[
            "actions",
            "app",
            "caller",
            "clock",
            "config",
            "credentials",
            "error",
            "http",
            "identity",
            "jobs",
            "market_data",
            "reference",
            "store",
            "telemetry",
        ],
    ),
    ("lib", &[]),
    ("main", &["cli"]),
];

/// Crates that only these rooms may name.
const ONLY_IN: [(&str, &[&str]); 7] = [
    ("actix_web", &["http", "cli"]),
    ("utoipa", &["http"]),
    ("jsonwebtoken", &["http"]),
    ("diesel", &["store"]),
    ("clap", &["cli"]),
    ("rustix", &["jobs"]),
    ("serde::Deserialize", &["http", "market_data", "reference"]),
];

/// What crates/matching must never name: it is pure.
const IMPURE: [&str; 9] = [
    "serde",
    "actix",
    "diesel",
    "tokio",
    "std::time",
    "std::fs",
    "std::net",
    "std::env",
    "tracing",
];

/// Calls that have one place, with the files that are it.
const BANNED: [(&str, &[&str]); 7] = [
    ("Timestamp::now()", &["src/clock.rs"]),
    ("SystemTime::now", &[]),
    (".unwrap()", &[]),
    ("println!", &[]),
    ("todo!", &[]),
    // diesel gives it a limit of rows, for which SQLite plans the query anew each time.
    (".first(tx.connection())", &[]),
    ("thread::sleep", &["src/app.rs", "src/store/connection.rs", "src/store/postgres.rs"]),
];

const MAX_LINE_CHARS: usize = 100;
const MAX_FILE_LINES: usize = 450;

struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The code without its tests and comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = (1..).zip(self.text.lines());
        numbered
            .take_while(|(_, line)| *line != "#[cfg(test)]")
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn room(&self) -> &str {
        let inner = self.path.strip_prefix("src/").unwrap_or_default();
        inner.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }
}

fn sources(folder: &str) -> Vec<Source> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let (mut folders, mut found) = (vec![root.join(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(source(&root, &path));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn source(root: &Path, path: &Path) -> Source {
    let relative = path.strip_prefix(root).expect("below the root");
    let text = fs::read_to_string(path).expect("a text");
    Source { path: relative.display().to_string(), text }
}

fn hold(broken: &[String]) {
    assert!(broken.is_empty(), "{} rules broken:\n{}", broken.len(), broken.join("\n"));
}

/// Whether `line` names `word` as a path or macro of its own, not as a part of another word.
fn names(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

#[test]
fn rooms_know_only_the_rooms_below() {
    let mut broken = Vec::new();
    for source in sources("src").iter().filter(|source| !source.is_test()) {
        let room = source.room();
        let allowed = MAY_KNOW.iter().find(|(name, _)| *name == room).map(|(_, allowed)| *allowed);
        let Some(allowed) = allowed else {
            broken.push(format!("{}: the room {room} is not in the table", source.path));
            continue;
        };
        for (number, line) in source.code() {
            for (_, rest) in
                line.match_indices("crate::").map(|(at, it)| (at, &line[at + it.len()..]))
            {
                let other: String =
                    rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let known = MAY_KNOW.iter().any(|(name, _)| *name == other);
                if known && other != room && !allowed.contains(&other.as_str()) {
                    broken.push(format!("{}:{number}: {room} may not know {other}", source.path));
                }
            }
        }
    }
    hold(&broken);
}

#[test]
fn crates_are_named_only_where_they_belong() {
    let mut broken = Vec::new();
    for source in sources("src").iter().filter(|source| !source.is_test()) {
        for (number, line) in source.code() {
            for (name, rooms) in ONLY_IN {
                if names(line, name) && !rooms.contains(&source.room()) {
                    broken.push(format!("{}:{number}: {name}", source.path));
                }
            }
        }
    }
    for source in sources("crates/matching/src") {
        for (number, line) in source.code() {
            for name in IMPURE.iter().filter(|name| names(line, name)) {
                broken.push(format!("{}:{number}: {name} in the pure crate", source.path));
            }
        }
    }
    hold(&broken);
}

#[test]
fn banned_calls_stand_only_in_their_place() {
    let mut broken = Vec::new();
    for source in [sources("src"), sources("crates/matching/src")].concat_sources() {
        for (number, line) in source.code() {
            for (call, places) in BANNED {
                if line.contains(call) && !places.contains(&source.path.as_str()) {
                    broken.push(format!("{}:{number}: {call}", source.path));
                }
            }
        }
    }
    hold(&broken);
}

#[test]
fn every_file_says_what_it_is_for_and_stays_short() {
    let mut broken = Vec::new();
    let folders = ["src", "crates/matching/src", "crates/matching/tests", "tests", "examples"];
    for source in folders.map(sources).concat_sources() {
        let path = &source.path;
        if !source.text.starts_with("//!") {
            broken.push(format!("{path}: does not begin with //!"));
        }
        if source.text.lines().count() > MAX_FILE_LINES {
            broken.push(format!("{path}: more than {MAX_FILE_LINES} lines"));
        }
        for (number, line) in (1..).zip(source.text.lines()) {
            if line.chars().count() > MAX_LINE_CHARS {
                broken.push(format!("{path}:{number}: longer than {MAX_LINE_CHARS}"));
            }
            let marks = [concat!("TO", "DO"), concat!("FIX", "ME")];
            if marks.iter().any(|mark| names(line, mark)) {
                broken.push(format!("{path}:{number}: left open"));
            }
        }
    }
    hold(&broken);
}

/// Handlers of POST that write nothing, or whose answer is a secret that must not be kept.
const NOT_ONCE: [&str; 4] =
    ["preview_matches", "post_allocation_replay", "get_token", "create_session"];

#[test]
fn every_post_acts_once() {
    let mut broken = Vec::new();
    for source in sources("src/http") {
        for part in source.text.split("#[post(").skip(1) {
            let signature = part.split(") -> ").next().unwrap_or_default();
            let name = signature.split("async fn ").nth(1).unwrap_or_default();
            let name = name.split('(').next().unwrap_or_default();
            if !signature.contains("once: Once") && !NOT_ONCE.contains(&name) {
                broken.push(format!("{}: {name} takes no Once", source.path));
            }
        }
    }
    hold(&broken);
}

trait ConcatSources {
    fn concat_sources(self) -> Vec<Source>;
}

impl<const N: usize> ConcatSources for [Vec<Source>; N] {
    fn concat_sources(self) -> Vec<Source> {
        self.into_iter().flatten().collect()
    }
}
