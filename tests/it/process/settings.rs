//! Wrong settings end every command with exit code 2 and a sentence that names the key.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::command;

/// What `serve` says of a wrong setting.
#[track_caller]
fn complaint(variable: &str, value: &OsStr) -> String {
    let mut command = command("sqlite:unused/market.db", &["serve"]);
    let output = command.env(variable, value).output().expect("the binary");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{variable}: {said}");
    said
}

#[test]
fn a_wrong_setting_ends_with_two_and_names_its_key() {
    for (key, value) in [
        ("workers", "many"),
        ("workers", "513"),
        ("write_timeout_ms", "2147483648"),
        ("database_url", ""),
        ("database_url", "sqlite:"),
        ("database_url", "sqlite::memory:"),
        ("database_url", "mysql://host/db"),
        ("log", "inof"),
        ("host", "no host"),
    ] {
        let said = complaint(&format!("OCOP_LINK_{}", key.to_uppercase()), OsStr::new(value));
        assert!(said.contains(key), "{key} = {value:?}: {said}");
    }
}

#[test]
fn a_value_that_is_no_text_is_not_replaced_by_the_default() {
    for variable in ["OCOP_LINK_DATABASE_URL", "OCOP_LINK_CONFIG", "OCOP_LINK_LOG"] {
        let said = complaint(variable, OsStr::from_bytes(b"caf\xe9"));
        assert!(said.contains(variable), "{said}");
    }
}

#[test]
fn nothing_of_a_password_is_shown() {
    let url = "postgres://ocop:SecretA/b+c=@127.0.0.1/ocop";
    let said = complaint("OCOP_LINK_DATABASE_URL", OsStr::new(url));
    assert!(said.contains("database_url") && said.contains("percent-encoded"), "{said}");
    assert!(!said.contains("Secret") && !said.contains("b+c"), "{said}");
}
