//! Files with secrets are nobody else's to read, and what is printed is printed or missed.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;

use super::{Server, command, output, sqlite};

/// Who may do what with a file.
pub(super) fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

#[test]
fn a_new_database_is_its_owners() {
    let directory = TempDir::new().expect("a folder");
    let _server = Server::start(&sqlite(directory.path())).wait_until_ready();
    for name in ["market.db", "market.db-wal", "market.db-shm"] {
        assert_eq!(mode(&directory.path().join(name)), 0o600, "{name}");
    }
}

/// Has `token` print to `stdout`; the exit code and the complaint.
fn token_to(url: &str, stdout: Stdio) -> (Option<i32>, String) {
    let party = "00000000-0000-7000-8000-00000000000a";
    let mut command = command(url, &["token", "--party", party]);
    let command = command.stdout(stdout).stderr(Stdio::piped());
    let output = command.spawn().and_then(std::process::Child::wait_with_output);
    let output = output.expect("the binary");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_secret_that_is_not_printed_is_a_failure() {
    let directory = TempDir::new().expect("a folder");
    let url = sqlite(directory.path());
    let full = File::options().write(true).open("/dev/full").expect("a device");
    let (code, said) = token_to(&url, full.into());
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("standard output"), "{said}");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    assert_eq!(token_to(&url, writer.into()), (Some(0), String::new()));
}

#[test]
fn no_key_is_made_for_a_service_that_is_not_there() {
    let directory = TempDir::new().expect("a folder");
    let url = sqlite(directory.path());
    for verb in [&["key", "rotate", "--compromised"][..], &["key", "list"]] {
        let refused = output(&url, verb);
        assert_eq!(refused.status.code(), Some(1), "{verb:?}");
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(said.contains("absent or empty"), "{said}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).expect("a folder").count(), 0);
}

#[test]
fn a_token_for_nothing_is_refused() {
    let directory = TempDir::new().expect("a folder");
    let url = sqlite(directory.path());
    let party = "00000000-0000-7000-8000-00000000000a";
    for wrong in [["--scope", "offers:delete"], ["--scope", " "], ["--seconds", "0"]] {
        let refused = output(&url, &[&["token", "--party", party], &wrong[..]].concat());
        assert_eq!(refused.status.code(), Some(2), "{wrong:?}");
    }
}
