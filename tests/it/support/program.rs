//! A program that is run by another, such as one that limits what it may do.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

/// `inner`, run by the program and arguments that `outer` has.
pub(crate) fn within(outer: &[&str], inner: &Command) -> Command {
    let inner_words = std::iter::once(inner.get_program()).chain(inner.get_args());
    let mut words = outer.iter().map(OsStr::new).chain(inner_words);
    let mut command = Command::new(words.next().expect("a program"));
    command.args(words);
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.stdin(Stdio::null());
    command
}
