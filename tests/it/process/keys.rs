//! Keys that an operator rotates while instances serve.

use super::{Server, get, output, wait_for};
use crate::support::databases::{EmptyDatabase, on_both};

on_both!(empty: a_running_instance_learns_of_a_rotation);

fn printed(url: &str, arguments: &[&str]) -> String {
    let output = output(url, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn token(url: &str) -> String {
    let operator = "00000000-0000-7000-8000-00000000000a";
    printed(url, &["token", "--party", operator, "--scope", "admin"])
}

fn a_running_instance_learns_of_a_rotation(home: &EmptyDatabase) {
    let server = Server::start(&home.url).wait_until_ready();
    let parties = format!("{}/v1/parties", server.base_url);
    let status = |token: &str| get(&parties, token).map(|(status, _)| status);
    let old = token(&home.url);
    assert_eq!(status(&old), Some(200));
    let keys = printed(&home.url, &["key", "rotate"]);
    assert_eq!(keys.lines().count(), 2, "{keys}");
    let key_set = format!("{}/.well-known/jwks.json", server.base_url);
    wait_for("the new key", || {
        let (_, set) = get(&key_set, "")?;
        (set["keys"].as_array()?.len() == 2).then_some(())
    });
    assert_eq!(status(&old), Some(200));
    let keys = printed(&home.url, &["key", "rotate", "--compromised"]);
    assert_eq!(keys.lines().count(), 1, "{keys}");
    let new = token(&home.url);
    wait_for("the new token", || (status(&new) == Some(200)).then_some(()));
    wait_for("the end of the old key", || (status(&old) == Some(401)).then_some(()));
    assert_eq!(printed(&home.url, &["key", "list"]), keys);
}
