//! Who may do what: every operation of the published document, by every kind of caller, on its own,
//! a foreign and an unknown object. The table says what is expected; an operation without a row
//! fails.

mod table;
mod world;

use std::collections::BTreeSet;

use ocop_link::caller::ordinary_scopes;
use serde_json::Value;

use self::table::{Access, Object, Row, TABLE};
use self::world::{UNKNOWN, World};
use crate::support::api::{Answer, TestApi, api_tests};

api_tests!(
    what_is_public_needs_no_token,
    nobody_without_a_valid_token_gets_in,
    each_operation_needs_its_scope,
    an_owner_and_who_acts_for_it_do_it,
    an_admin_does_it,
    a_stranger_is_kept_out,
    an_authority_is_kept_out,
    what_does_not_exist_is_found_by_nobody,
);

#[test]
fn every_operation_has_a_row() {
    let document = ocop_link::http::openapi::document();
    let published: BTreeSet<String> = world::operations(&document).map(|it| it.id).collect();
    let named: BTreeSet<String> = TABLE.iter().map(|row| row.operation.to_owned()).collect();
    assert_eq!(published, named);
    assert_eq!(named.len(), TABLE.len(), "an operation has two rows");
}

fn is_open(row: &Row) -> bool {
    matches!(row.owner, Access::Public | Access::Credentials)
}

fn closed() -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(|row| !is_open(row))
}

/// What a caller is told, without what differs from request to request.
fn told(answer: &Answer) -> (u16, Value) {
    let mut body = answer.body.clone();
    if let Some(members) = body.as_object_mut() {
        members.remove("instance");
        members.remove("request_id");
    }
    (answer.status, body)
}

/// Every operation that does not meet its row.
#[derive(Default)]
struct Sweep(Vec<String>);

impl Sweep {
    fn hold(&mut self, what: &str, expected: Access, answer: &Answer) {
        let fits = match expected {
            Access::Public | Access::Granted => (200..300).contains(&answer.status),
            Access::Credentials => answer.status == 401,
            Access::Forbidden => answer.status == 403,
            Access::NotFound => answer.status == 404,
            Access::Refused => answer.status == 422,
        };
        self.require(fits, || format!("{what}: {expected:?}, but {}", answer.body));
    }

    fn require(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(what());
        }
    }

    #[track_caller]
    fn finish(self) {
        assert!(self.0.is_empty(), "{} rows:\n{}", self.0.len(), self.0.join("\n"));
    }
}

fn what_is_public_needs_no_token(api: &TestApi) {
    let (world, mut sweep) = (World::new(api), Sweep::default());
    for row in TABLE.iter().filter(|row| is_open(row)) {
        sweep.hold(row.operation, row.owner, &world.request(row).send());
    }
    sweep.finish();
}

fn nobody_without_a_valid_token_gets_in(api: &TestApi) {
    let (world, mut sweep) = (World::new(api), Sweep::default());
    let mut refused = |token: &str| {
        for row in closed() {
            let request = world.request_for(row, UNKNOWN);
            let answer = if token.is_empty() { request.send() } else { request.by(token).send() };
            let asks = answer.header("www-authenticate").starts_with("Bearer");
            sweep.require(answer.status == 401 && asks, || {
                format!("{}: {} {}", row.operation, answer.status, answer.body)
            });
        }
    };
    refused("");
    let (owner, admin) = (world.owner.token.clone(), api.admin());
    api.at("2026-11-24T03:00:00Z");
    refused(&owner);
    refused(&admin);
    sweep.finish();
}

fn each_operation_needs_its_scope(api: &TestApi) {
    let mut sweep = Sweep::default();
    for row in closed().filter(|row| !row.scope.is_empty()) {
        let world = World::new(api);
        let scopes = ordinary_scopes();
        let others: Vec<&str> = scopes.split(' ').filter(|scope| *scope != row.scope).collect();
        let token = api.token(&world.owner.party_id, &others.join(" "));
        let answer = world.request(row).by(&token).send();
        sweep.hold(row.operation, Access::Forbidden, &answer);
    }
    sweep.finish();
}

fn an_owner_and_who_acts_for_it_do_it(api: &TestApi) {
    let mut sweep = Sweep::default();
    for row in closed() {
        let world = World::new(api);
        let owner = world.request(row).by(&world.owner.token).send();
        sweep.hold(row.operation, row.owner, &owner);
        let world = World::new(api);
        let request = world.request(row).by(&world.grantee.token);
        let grantee = request.on_behalf_of(&world.owner.party_id).send();
        sweep.hold(&format!("{} by the grantee", row.operation), row.grantee, &grantee);
    }
    sweep.finish();
}

fn an_admin_does_it(api: &TestApi) {
    let mut sweep = Sweep::default();
    for row in closed() {
        let world = World::new(api);
        // Of the stranger's party, which alone could not.
        let admin = api.token(&world.stranger.party_id, "admin");
        sweep.hold(row.operation, row.admin, &world.request(row).by(&admin).send());
    }
    sweep.finish();
}

fn a_stranger_is_kept_out(api: &TestApi) {
    let mut sweep = Sweep::default();
    for row in closed() {
        let world = World::new(api);
        let foreign = world.request(row).by(&world.stranger.token).send();
        sweep.hold(row.operation, row.stranger, &foreign);
        if row.stranger == Access::NotFound {
            let unknown = world.request_for(row, UNKNOWN).by(&world.stranger.token).send();
            let (foreign, unknown) = (told(&foreign), told(&unknown));
            let same = foreign == unknown;
            sweep.require(same, || format!("{}: {foreign:?}, {unknown:?}", row.operation));
        }
    }
    sweep.finish();
}

fn an_authority_is_kept_out(api: &TestApi) {
    let mut sweep = Sweep::default();
    for row in closed() {
        let world = World::new(api);
        let answer = world.request(row).by(&world.authority.token).send();
        sweep.hold(row.operation, row.authority, &answer);
    }
    sweep.finish();
}

fn what_does_not_exist_is_found_by_nobody(api: &TestApi) {
    let (world, mut sweep) = (World::new(api), Sweep::default());
    for row in closed().filter(|row| row.object != Object::None) {
        for token in [&world.owner.token, &world.stranger.token, &api.admin()] {
            for id in [UNKNOWN, "x", "%00", "..%2F"] {
                let answer = world.request_for(row, id).by(token).send();
                sweep.hold(&format!("{} {id}", row.operation), Access::NotFound, &answer);
            }
        }
    }
    sweep.finish();
}
