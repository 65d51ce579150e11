//! `ocop-link user`: people of a party. A password is made and printed once, or read from standard
//! input; it never stands in the command line, where other programs see it.

use std::io::BufRead;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Failure, id, open, output, refused, scopes, write};
use crate::actions::users::{self, UserCommand, UserName};
use crate::credentials::login::{Email, Login, Phone};
use crate::credentials::password::Password;
use crate::error::Error;
use crate::store::users::User;

/// What to do with users.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Register a person and print the password that was made.
    Create(CreateArguments),
    /// Give a person another password and end all their sessions.
    Reset {
        /// Id, phone number or e-mail address.
        user: String,
        #[command(flatten)]
        password: PasswordArguments,
    },
    /// Shut a person out and end all their sessions.
    Disable {
        /// Id, phone number or e-mail address.
        user: String,
    },
    /// Let a person in again, with the password of before.
    Enable {
        /// Id, phone number or e-mail address.
        user: String,
    },
}

/// Which person.
#[derive(Debug, Args)]
pub(super) struct CreateArguments {
    /// The party that the person acts for.
    #[arg(long)]
    party: String,
    /// The person's name.
    #[arg(long)]
    name: String,
    /// Phone number to log in with.
    #[arg(long, required_unless_present = "email")]
    phone: Option<String>,
    /// E-mail address to log in with.
    #[arg(long)]
    email: Option<String>,
    /// What the person may do, with spaces between; all but `imports:run` and `admin` if absent.
    #[arg(long)]
    scope: Option<String>,
    #[command(flatten)]
    password: PasswordArguments,
}

/// Where the password comes from.
#[derive(Debug, Args)]
pub(super) struct PasswordArguments {
    /// Read the password from the first line of standard input instead of making one.
    #[arg(long)]
    password_stdin: bool,
}

pub(super) fn run(verb: &Verb) -> Result<(), Failure> {
    match verb {
        Verb::Create(arguments) => create(arguments),
        Verb::Reset { user, password } => {
            let (name, made) = (user_name(user)?, !password.password_stdin);
            let password = password.take()?;
            let kept = password.hash().map_err(refused)?;
            let user = write(&open()?, move |tx, context| users::reset(tx, context, &name, &kept))?;
            introduce(&user, made.then_some(&password));
            Ok(())
        }
        Verb::Disable { user } => {
            let name = user_name(user)?;
            write(&open()?, move |tx, context| users::disable(tx, context, &name)).map(drop)
        }
        Verb::Enable { user } => {
            let name = user_name(user)?;
            write(&open()?, move |tx, context| users::enable(tx, context, &name)).map(drop)
        }
    }
}

fn create(arguments: &CreateArguments) -> Result<(), Failure> {
    let wrong = |violation| refused(Error::Invalid(vec![violation]));
    let command = UserCommand {
        party: id("--party", &arguments.party)?,
        name: arguments.name.clone(),
        phone: arguments.phone.as_deref().map(Phone::parse).transpose().map_err(wrong)?,
        email: arguments.email.as_deref().map(Email::parse).transpose().map_err(wrong)?,
        scopes: scopes(arguments.scope.as_deref())?,
    };
    let password = arguments.password.take()?;
    let kept = password.hash().map_err(refused)?;
    let user = write(&open()?, move |tx, context| users::create(tx, context, &command, &kept))?;
    introduce(&user, (!arguments.password.password_stdin).then_some(&password));
    Ok(())
}

impl PasswordArguments {
    fn take(&self) -> Result<Password, Failure> {
        if !self.password_stdin {
            return Password::generate().map_err(refused);
        }
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        read.map_err(|error| Failure::Other(error.to_string()))?;
        let password = Password::chosen(line.trim_end_matches(['\r', '\n']));
        password.map_err(|violation| refused(Error::Invalid(vec![violation])))
    }
}

/// A user's id, e-mail address or phone number, told apart by their form.
fn user_name(text: &str) -> Result<UserName, Failure> {
    if let Ok(id) = text.parse() {
        return Ok(UserName::Id(id));
    }
    let login = if text.contains('@') {
        Email::parse(text).map(Login::Email)
    } else {
        Phone::parse(text).map(Login::Phone)
    };
    login.map(UserName::Login).map_err(|violation| refused(Error::Invalid(vec![violation])))
}

/// Prints who it is, with the password that was made.
fn introduce(user: &User, made: Option<&Password>) {
    let mut printed = json!({
        "user_id": user.id.to_string(),
        "party_id": user.party.to_string(),
        "scope": user.scopes.to_string(),
    });
    if let Some(password) = made {
        printed["password"] = password.reveal().into();
    }
    if let Some(phone) = &user.phone {
        printed["phone"] = phone.as_str().into();
    }
    if let Some(email) = &user.email {
        printed["email"] = email.as_str().into();
    }
    output::say(&printed.to_string());
}
