//! Subcommands and exit codes only.

fn main() {}
