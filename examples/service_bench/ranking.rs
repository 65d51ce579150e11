//! PostgreSQL answering the equivalent ranking from its own indexed tables, by `pgbench` with
//! prepared statements: `ranking.sql` and `query.sql` say what it does. Must not know the service.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use matching::text::index::NameIndex;
use matching::text::relevance::{ELIGIBLE, Name, Query};
use matching::text::synonyms::Synonyms;
use ocop_link::store::{Database, demands, products};

use crate::cluster::{Cluster, client_program};
use crate::{CONNECTIONS, Size};

/// The statements that make its tables.
const TABLES: &str = include_str!("ranking.sql");
/// The query that it answers.
const QUERY: &str = include_str!("query.sql");

/// The rankings a second at as many connections as the service was asked by.
pub(crate) fn measure(cluster: &Cluster, name: &str, folder: &Path, size: &Size) -> f64 {
    let database = Database::open(&cluster.url(name), 2).expect("the market");
    psql(cluster, name, &likenesses(&database), folder);
    psql(cluster, name, TABLES, folder);
    drop(database);
    let file = folder.join("query.sql");
    std::fs::write(&file, QUERY).expect("a file");
    let clients = CONNECTIONS.to_string();
    let seconds = (size.seconds * size.rounds as u64).to_string();
    let output = Command::new(client_program("pgbench"))
        .args(["-n", "-M", "prepared", "-c", &clients, "-j", "2", "-T", &seconds])
        .args(["-D", &format!("demands={}", size.demands), "-f"])
        .arg(&file)
        .arg(cluster.url(name))
        .output()
        .expect("pgbench");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
    let rate = rate.and_then(|rate| rate.parse().ok());
    rate.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

fn psql(cluster: &Cluster, name: &str, statements: &str, folder: &Path) {
    let file = folder.join("statements.sql");
    std::fs::write(&file, statements).expect("a file");
    let mut command = Command::new(client_program("psql"));
    command.args(["-q", "-v", "ON_ERROR_STOP=1", "-f"]).arg(&file).arg(cluster.url(name));
    crate::program::run(command);
}

/// Statements that number the distinct names and texts and tell which answer one another.
fn likenesses(database: &Database) -> String {
    let (names, texts) = distinct(database);
    let synonyms = Synonyms::default();
    let mut index = NameIndex::default();
    for name in &names {
        index.insert(Name::new(name, &synonyms));
    }
    let mut rows = String::new();
    for (text, words) in texts.iter().enumerate() {
        for (name, likeness) in index.matches(&Query::new(words, &synonyms), ELIGIBLE) {
            writeln!(rows, "{text}\t{name}\t{likeness}").expect("memory");
        }
    }
    format!(
        "{}{}CREATE TABLE likeness (text int, name int, likeness int);\n\
         COPY likeness FROM stdin;\n{rows}\\.\n",
        numbered("name", &names),
        numbered("text", &texts)
    )
}

fn numbered(what: &str, texts: &BTreeSet<String>) -> String {
    let rows = texts.iter().enumerate().fold(String::new(), |mut rows, (number, text)| {
        writeln!(rows, "{number}\t{text}").expect("memory");
        rows
    });
    format!(
        "CREATE TABLE {what}_number (number int PRIMARY KEY, {what} text UNIQUE);\n\
         COPY {what}_number FROM stdin;\n{rows}\\.\n"
    )
}

fn distinct(database: &Database) -> (BTreeSet<String>, BTreeSet<String>) {
    let read = database.read(|tx| {
        let names = products::all(tx)?.into_iter().map(|product| product.terms.name.clone());
        let (names, mut texts) = (names.collect(), BTreeSet::new());
        demands::for_each_open_chunk(tx, &mut |chunk| {
            texts.extend(chunk.iter().filter_map(|demand| demand.terms.text.clone()));
            Ok(())
        })?;
        Ok((names, texts))
    });
    read.expect("the market")
}
