//! The command line: what an operator types. Each subcommand stands in a file of its name.

mod audit;
mod client;
mod demo;
mod demo_users;
mod import;
mod key;
mod openapi;
mod output;
mod serve;
mod token;
mod user;
mod verify_allocation;

use std::process::ExitCode;
use std::str::FromStr;

use clap::{Parser, Subcommand};

use crate::app::{App, Context};
use crate::caller::{Caller, Scope, Scopes};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::Error;
use crate::http::problem::ApiError;
use crate::http::problem_texts::{Language, rule_detail};
use crate::store::{Database, WriteTx};

/// Exit code for a wrong configuration or command line.
const EXIT_USAGE: u8 = 2;

/// Links OCOP producers with the distributors who need them.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Serve the API.
    Serve,
    /// Bring the database's schema up to date.
    Migrate,
    /// Mint an access token for a script.
    Token(token::Arguments),
    /// Register programs of partners.
    #[command(subcommand)]
    Client(client::Verb),
    /// Register people.
    #[command(subcommand)]
    User(user::Verb),
    /// Manage the keys that sign access tokens.
    #[command(subcommand)]
    Key(key::Verb),
    /// Serve a ready market of real products on an embedded database.
    Demo(demo::Arguments),
    /// Import a file of the interchange format.
    Import(import::Arguments),
    /// Check every invariant in the database.
    Audit,
    /// Confirm a stored allocation without solving it.
    VerifyAllocation(verify_allocation::Arguments),
    /// Print the OpenAPI document.
    Openapi(openapi::Arguments),
}

/// How a subcommand fails.
#[derive(Debug)]
enum Failure {
    /// The settings or the command line are wrong.
    Usage(String),
    /// Something else; a sentence for the operator.
    Other(String),
}

/// Runs the subcommand of this process's arguments.
#[must_use]
pub fn run() -> ExitCode {
    let outcome = match Command::parse().verb {
        Verb::Serve => serve::run(),
        Verb::Migrate => open().map(drop),
        Verb::Token(arguments) => token::run(&arguments),
        Verb::Client(verb) => client::run(&verb),
        Verb::User(verb) => user::run(&verb),
        Verb::Key(verb) => key::run(&verb),
        Verb::Demo(arguments) => demo::run(&arguments),
        Verb::Import(arguments) => import::run(&arguments),
        Verb::Audit => audit::run(),
        Verb::VerifyAllocation(arguments) => verify_allocation::run(&arguments),
        Verb::Openapi(arguments) => openapi::run(&arguments),
    };
    match outcome.and_then(|()| output::loss()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(sentence)) => {
            output::complain(&sentence);
            ExitCode::from(EXIT_USAGE)
        }
        Err(Failure::Other(sentence)) => {
            output::complain(&sentence);
            ExitCode::FAILURE
        }
    }
}

fn config() -> Result<Config, Failure> {
    let config = Config::load().map_err(Failure::Usage)?;
    Database::check_url(&config.database_url).map_err(Failure::Usage)?;
    Ok(config)
}

fn open() -> Result<App, Failure> {
    App::without_market(config()?, Clock::System).map_err(Failure::Other)
}

/// The service on a database that is there: whoever is in the wrong folder would hear of a new one
/// that all is well.
fn open_existing() -> Result<App, Failure> {
    let config = config()?;
    drop(Database::open_existing(&config.database_url, 1).map_err(Failure::Other)?);
    App::without_market(config, Clock::System).map_err(Failure::Other)
}

/// Writes as the operator of the service, all or nothing.
fn write<T: Send + 'static>(
    app: &App,
    work: impl Fn(&mut WriteTx<'_>, &Context) -> Result<T, Error> + Send + 'static,
) -> Result<T, Failure> {
    let context = operator(app);
    let written = app.database().write(move |tx| {
        context.moment.rewind();
        work(tx, &context)
    });
    written.map_err(refused)
}

/// The operator of the service, at work now.
fn operator(app: &App) -> Context {
    app.context(Caller::new("cli", import::OPERATOR, vec![Scope::Admin]))
}

/// What an operator is told of an error.
fn refused(error: Error) -> Failure {
    match error {
        Error::Invalid(violations) => {
            let rules = violations.iter().map(|violation| {
                let detail = rule_detail(&violation.rule, Language::English);
                format!("{}: {detail}", violation.at.trim_start_matches('/'))
            });
            Failure::Usage(rules.collect::<Vec<_>>().join("; "))
        }
        Error::NotFound => Failure::Other("there is none like that".into()),
        conflict @ Error::Conflict(_) => {
            Failure::Other(ApiError::from(conflict).line(Language::English))
        }
        other => Failure::Other(other.to_string()),
    }
}

fn id<T: FromStr>(what: &str, text: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| Failure::Usage(format!("{what} is not an id")))
}

/// The scopes that were typed, or what is usual.
fn scopes(text: Option<&str>) -> Result<Scopes, Failure> {
    let Some(text) = text else { return Ok(Scopes::ordinary()) };
    Scopes::parse(text).ok_or_else(|| Failure::Usage("--scope has a word that is no scope".into()))
}
