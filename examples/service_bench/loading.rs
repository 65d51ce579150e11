//! From the generator through the bulk path into a database, and from there into memory.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::program::{role, run, service};
use crate::{Size, market, verdict};

/// How long loading may take, in seconds.
const BAR_SECONDS: f64 = 120.0;

/// What loading took.
pub(crate) struct Loaded {
    records: usize,
    generator: Duration,
    all: Duration,
}

/// Loads a generated market.
pub(crate) fn fill(database_url: &str, folder: &Path, size: &Size) -> Loaded {
    let file = folder.join("market.ndjson");
    let begin = Instant::now();
    let records = market::write(&file, size);
    let generator = begin.elapsed();
    run(service(database_url, &["import", &file.display().to_string()]));
    Loaded { records, generator, all: begin.elapsed() }
}

/// Loads a generated market and tells how long generator and bulk path took together.
pub(crate) fn measure(database_url: &str, folder: &Path, size: &Size) {
    let Loaded { records, generator, all } = fill(database_url, folder, size);
    let database = if database_url.starts_with("sqlite") { "SQLite" } else { "PostgreSQL" };
    println!(
        "loading {records} records into {database}: {:.1} s, of which the generator {:.1} s",
        all.as_secs_f64(),
        generator.as_secs_f64()
    );
    verdict("120 s / loading", BAR_SECONDS / all.as_secs_f64(), 1.0);
}

/// Rebuilds the market in a process of its own, which tells what that took.
pub(crate) fn rebuild(database_url: &str) {
    let mut command = role(database_url, &["rebuild"]);
    command.stdout(Stdio::inherit());
    run(command);
}
