//! The keys that sign access tokens, and their rotation.

use std::thread;

use ocop_link::identity::key_ring::Rotation;

use crate::support::api::{Actor, TestApi, api_tests};

api_tests!(
    a_planned_rotation_refuses_no_token,
    a_new_key_is_published_before_it_signs,
    an_old_key_goes_when_its_last_token_has_expired,
    what_a_compromised_key_signed_is_refused_at_once,
    rotations_at_the_same_time_leave_one_key_that_signs,
);

fn rotate(api: &TestApi, rotation: Rotation) {
    let app = &api.data.app;
    app.keys().rotate(app.database(), app.clock(), rotation, |_, _| {}).expect("rotated");
}

fn published(api: &TestApi) -> Vec<String> {
    let set = api.get("/.well-known/jwks.json").send().expect(200);
    let keys = set.at("/keys").as_array().cloned().unwrap_or_default();
    keys.iter().map(|key| key["kid"].as_str().expect("a name").to_owned()).collect()
}

/// The key that signs now.
fn signing(api: &TestApi) -> String {
    let ring = api.data.app.keys().ring();
    ring.signing(api.data.app.clock().now()).expect("a key").id.clone()
}

fn status(api: &TestApi, token: &str) -> u16 {
    api.get("/v1/parties?limit=1").by(token).send().status
}

fn a_planned_rotation_refuses_no_token(api: &TestApi) {
    let Actor { token: before, party_id } = api.actor("HTX", &["producer"]);
    assert_eq!(status(api, &before), 200);
    rotate(api, Rotation::Planned);
    assert_eq!((status(api, &before), status(api, &api.admin())), (200, 200));
    api.at("2026-11-23T03:10:00Z");
    let after = api.token(&party_id, "parties:read");
    assert_eq!((status(api, &before), status(api, &after)), (200, 200));
}

fn a_new_key_is_published_before_it_signs(api: &TestApi) {
    let old = signing(api);
    assert_eq!(published(api), std::slice::from_ref(&old));
    rotate(api, Rotation::Planned);
    let both = published(api);
    assert_eq!((both.len(), &both[0]), (2, &old));
    api.at("2026-11-23T03:09:59Z");
    assert_eq!(signing(api), old);
    api.at("2026-11-23T03:10:00Z");
    assert_eq!(signing(api), both[1]);
}

fn an_old_key_goes_when_its_last_token_has_expired(api: &TestApi) {
    let old = signing(api);
    rotate(api, Rotation::Planned);
    // The last token that the old key signs, valid for a day.
    api.at("2026-11-23T03:09:59Z");
    let last = api.admin();
    api.at("2026-11-24T03:09:58Z");
    assert_eq!((status(api, &last), published(api).len()), (200, 2));
    api.at("2026-11-24T03:15:00Z");
    assert_eq!((status(api, &last), published(api).contains(&old)), (401, false));
    rotate(api, Rotation::Planned);
    assert_eq!(published(api).len(), 2, "the next rotation forgets it");
}

fn what_a_compromised_key_signed_is_refused_at_once(api: &TestApi) {
    let (old, token) = (signing(api), api.admin());
    assert_eq!(status(api, &token), 200, "remembered as right");
    rotate(api, Rotation::Compromised);
    assert_eq!(status(api, &token), 401);
    assert_eq!(status(api, &api.admin()), 200);
    assert_eq!(published(api), [signing(api)]);
    assert_ne!(signing(api), old);
    api.at("2026-11-23T01:00:00Z");
    assert_eq!(status(api, &api.admin()), 200, "a clock that jumps back has a key that signs");
}

fn rotations_at_the_same_time_leave_one_key_that_signs(api: &TestApi) {
    let app = &api.data.app;
    thread::scope(|scope| {
        for _ in 0..4 {
            let (database, clock) = (app.database(), app.clock());
            scope.spawn(|| app.keys().rotate(database, clock, Rotation::Compromised, |_, _| {}));
        }
    });
    app.keys().refresh(app.database()).expect("readable");
    assert_eq!(status(api, &api.admin()), 200);
}
