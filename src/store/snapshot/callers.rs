//! Clients, users and keys as the audit trail keeps them: who may call, never how they prove it.

use serde_json::{Value, json};

use super::super::clients::Client;
use super::super::signing_keys::KeptKey;
use super::super::users::User;

pub(super) fn of_client(client: &Client) -> Value {
    let Client { id: _, party, name, scopes, created_at: _, revoked_at, version: _ } = client;
    json!({
        "party_id": party.to_string(),
        "name": name,
        "scope": scopes.to_string(),
        "revoked_at": revoked_at.map(|at| at.to_string()),
    })
}

pub(super) fn of_user(user: &User) -> Value {
    let User {
        id: _,
        party,
        name,
        phone: _,
        email: _,
        scopes,
        password: _,
        created_at: _,
        disabled_at,
        version: _,
    } = user;
    json!({
        "party_id": party.to_string(),
        "name": name,
        "scope": scopes.to_string(),
        "disabled_at": disabled_at.map(|at| at.to_string()),
    })
}

pub(super) fn of_signing_key(key: &KeptKey) -> Value {
    let KeptKey { number, private_key: _, created_at: _, signs_from, accepted_until } = key;
    json!({
        "number": number,
        "signs_from": signs_from.to_string(),
        "accepted_until": accepted_until.map(|until| until.to_string()),
    })
}
