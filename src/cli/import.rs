//! `ocop-link import FILE.ndjson`: the bulk path. Lines are read on one thread and written on
//! another, a thousand in a transaction; the import can be repeated, and then changes only what
//! differs.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use matching::id::PartyId;
use uuid::Uuid;

use super::{Failure, open, output};
use crate::actions::interchange::{Import, Known, Outcome, Record};
use crate::app::{App, Context, TrailDetail};
use crate::caller::{Caller, Scope};
use crate::error::Error;
use crate::http::interchange::{Unreadable, read};
use crate::http::problem::{ApiError, ProblemCode};
use crate::http::problem_texts::{Language, rule_detail, unread_detail};
use crate::http::schema::Contract;

/// Records in one transaction.
const BATCH: usize = 1000;
/// What some programs write before the first line of a file in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// Batches that wait between the two threads.
const WAITING_BATCHES: usize = 4;
/// The operator of the service, who owns what an import registers.
pub(super) const OPERATOR: PartyId = PartyId::new(Uuid::from_u128(1));

/// What to import.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A file of the interchange format: one JSON object a line.
    file: PathBuf,
    /// The language in which a line is refused: `vi` or `en`.
    #[arg(long, default_value = "en", value_parser = language)]
    language: Language,
}

fn language(tag: &str) -> Result<Language, String> {
    let known = [Language::Vietnamese, Language::English].into_iter();
    known.clone().find(|it| it.tag() == tag).ok_or_else(|| "`vi` or `en` is needed".into())
}

/// A record and the line that it stands on.
type Numbered = (usize, Record);

/// What became of the records.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    created: usize,
    updated: usize,
    unchanged: usize,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let path = arguments.file.display();
    let unreadable = |error: std::io::Error| Failure::Other(format!("{path}: {error}"));
    let file = File::open(&arguments.file).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    let app = open()?;
    let lines = BufReader::new(file).split(b'\n').map(|line| line.map_err(|e| e.to_string()));
    let counts = import(&app, lines, &progress(bytes), arguments.language);
    let counts = counts.map_err(Failure::Other)?;
    let Counts { created, updated, unchanged } = counts;
    output::say(&format!("{created} created, {updated} updated, {unchanged} unchanged, 0 failed"));
    Ok(())
}

/// Shown on a terminal only.
fn progress(bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{bar:40} {percent:>3} % {bytes}/{total_bytes} {elapsed} (left: {eta})",
    );
    let bar = ProgressBar::new(bytes);
    if let Ok(style) = style { bar.with_style(style) } else { bar }
}

/// Imports lines as the operator of the service.
///
/// # Errors
/// The first line that cannot be imported, and why, in `language`. Nothing of its batch is written.
pub(super) fn import(
    app: &App,
    lines: impl Iterator<Item = Result<Vec<u8>, String>> + Send,
    progress: &ProgressBar,
    language: Language,
) -> Result<Counts, String> {
    let contract = Contract::published()?;
    let (batches, waiting) = sync_channel(WAITING_BATCHES);
    thread::scope(|scope| {
        let reading = scope.spawn(move || read_all(&contract, lines, &batches, language));
        let written = write_all(app, &waiting, progress, language);
        drop(waiting);
        let read = reading.join().map_err(|_| "a panic while reading".to_owned())?;
        let counts = written?;
        read.map(|()| counts)
    })
}

/// Gives batches of records with the bytes that they were read from, until a line is no record or
/// nobody takes them any more.
fn read_all(
    contract: &Contract,
    lines: impl Iterator<Item = Result<Vec<u8>, String>>,
    batches: &SyncSender<(Vec<Numbered>, u64)>,
    language: Language,
) -> Result<(), String> {
    let (mut batch, mut bytes) = (Vec::with_capacity(BATCH), 0);
    for (index, line) in lines.enumerate() {
        let line = line?;
        bytes += line.len() as u64 + 1;
        let mark: &[u8] = if index == 0 { BYTE_ORDER_MARK } else { &[] };
        let line = line.strip_prefix(mark).unwrap_or(&line);
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let record = read(contract, line).map_err(|why| refusal(index + 1, &why, language))?;
        batch.push((index + 1, record));
        if batch.len() == BATCH {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            if batches.send((full, std::mem::take(&mut bytes))).is_err() {
                return Ok(());
            }
        }
    }
    // A writer that has stopped says why itself.
    let _ = batches.send((batch, bytes));
    Ok(())
}

fn write_all(
    app: &App,
    batches: &Receiver<(Vec<Numbered>, u64)>,
    progress: &ProgressBar,
    language: Language,
) -> Result<Counts, String> {
    let (mut known, mut counts) = (Arc::new(Known::default()), Counts::default());
    while let Ok((batch, bytes)) = batches.recv() {
        let (batch, before) = (Arc::new(batch), Arc::clone(&known));
        let at = Arc::new(AtomicUsize::new(0));
        let reached = Arc::clone(&at);
        let context = app.context(Caller::new("import", OPERATOR, vec![Scope::Admin]));
        let context = Context { trail: TrailDetail::Compact, ..context };
        let (fresh, outcomes) = app
            .database()
            .write(move |tx| {
                context.moment.rewind();
                let mut import = Import::new(OPERATOR, &before);
                import.look_up(tx, batch.iter().map(|(_, record)| record))?;
                let mut outcomes = Vec::with_capacity(batch.len());
                for (line, record) in batch.iter() {
                    reached.store(*line, Ordering::Relaxed);
                    outcomes.push(import.put(tx, &context, record)?);
                }
                Ok((import.finish(tx, &context)?, outcomes))
            })
            .map_err(|error| at_line(at.load(Ordering::Relaxed), error, language))?;
        Arc::make_mut(&mut known).add(fresh);
        outcomes.into_iter().for_each(|outcome| counts.add(outcome));
        progress.inc(bytes);
    }
    progress.finish_and_clear();
    Ok(counts)
}

impl Counts {
    const fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Created => self.created += 1,
            Outcome::Updated => self.updated += 1,
            Outcome::Unchanged => self.unchanged += 1,
        }
    }
}

/// What is wrong with a line; its batch was rolled back.
fn at_line(line: usize, error: Error, language: Language) -> String {
    match error {
        Error::Invalid(violations) => refusal(line, &Unreadable::Invalid(violations), language),
        other @ (Error::Unavailable(_) | Error::Internal(_)) => format!("line {line}: {other}"),
        other => on_line(line, &ApiError::from(other).line(language), language),
    }
}

fn refusal(line: usize, why: &Unreadable, language: Language) -> String {
    let reason = match why {
        Unreadable::NotJson(why) => {
            let title = ProblemCode::MalformedJson.title(language);
            format!("{title} ({})", unread_detail(why, language))
        }
        Unreadable::Malformed(reason) => reason.clone(),
        Unreadable::Invalid(violations) => {
            let reasons = violations.iter().map(|violation| {
                let detail = rule_detail(&violation.rule, language);
                format!("{}: {detail}", violation.at)
            });
            reasons.collect::<Vec<_>>().join("; ")
        }
    };
    on_line(line, &reason, language)
}

fn on_line(line: usize, reason: &str, language: Language) -> String {
    match language {
        Language::Vietnamese => format!("dòng {line}: {reason}"),
        Language::English => format!("line {line}: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use matching::violation::{Rule, Violation};

    #[test]
    fn a_line_is_refused_in_the_language_that_is_asked_for() {
        let violation = Violation::new("/unit", Rule::UnknownUnit);
        let why = Unreadable::Invalid(vec![violation]);
        let told = ["vi", "en"].map(|tag| refusal(2, &why, language(tag).expect("a language")));
        let vietnamese = "dòng 2: /unit: Đơn vị tính không có trong danh mục.";
        assert_eq!(told, [vietnamese, "line 2: /unit: The unit is not in the list of units."]);
        assert!(language("fr").is_err());
    }
}
