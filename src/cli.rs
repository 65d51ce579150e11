//! The command line: what an operator types. Each subcommand stands in a file of its name.

mod audit;
mod demo;
mod import;
mod key;
mod openapi;
mod output;
mod serve;
mod token;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;

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
    /// Manage the keys that sign access tokens.
    #[command(subcommand)]
    Key(key::Verb),
    /// Serve a ready market of real products on an embedded database.
    Demo(demo::Arguments),
    /// Import a file of the interchange format.
    Import(import::Arguments),
    /// Check every invariant in the database.
    Audit,
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
        Verb::Key(verb) => key::run(&verb),
        Verb::Demo(arguments) => demo::run(&arguments),
        Verb::Import(arguments) => import::run(&arguments),
        Verb::Audit => audit::run(),
        Verb::Openapi(arguments) => openapi::run(&arguments),
    };
    match outcome {
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
    Config::load().map_err(Failure::Usage)
}

fn open() -> Result<App, Failure> {
    App::open(config()?, Clock::System).map_err(Failure::Other)
}
