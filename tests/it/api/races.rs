//! What several callers ask for at the same moment: one of them is first, and each of the others is
//! answered as if it had asked afterwards.

use std::thread;

use matching::id::OfferId;
use ocop_link::store::offers;
use serde_json::{Value, json};

use super::preconditions::resources;
use crate::support::api::{Actor, Answer, TestApi, api_tests};

api_tests!(
    twins_that_put_one_record_make_one,
    of_those_who_act_at_once_one_does,
    of_those_who_correct_a_certificate_one_does,
    an_offer_is_counted_in_what_the_packaging_says,
);

const TWINS: usize = 12;
const ROUNDS: usize = 12;

fn at_once(send: impl Fn() -> Answer + Sync) -> Vec<Answer> {
    thread::scope(|scope| {
        let twins: Vec<_> = (0..TWINS).map(|_| scope.spawn(&send)).collect();
        twins.into_iter().map(|twin| twin.join().expect("an answer")).collect()
    })
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    answers.iter().map(|answer| answer.status).collect()
}

fn twins_that_put_one_record_make_one(api: &TestApi) {
    let (actor, resources) = resources(api);
    for (path, mut body) in resources {
        if path.contains("/parties/") {
            body["tax_code"] = "0300588569".into();
        }
        let answers = at_once(|| api.put(&path, &body).by(&actor.token).send());
        let (made, found) = (count(&answers, 201), count(&answers, 200));
        assert_eq!((made, found), (1, TWINS - 1), "{path}: {:?}", statuses(&answers));
        let first = answers[0].text("/id");
        assert!(answers.iter().all(|answer| answer.text("/id") == first), "{path}");
        let changed = |turn: usize| {
            let mut body = body.clone();
            let name = if path.contains("/demands/") { "title" } else { "name" };
            let name = if path.contains("/offers/") { "note" } else { name };
            body[name] = format!("Tên {turn}").into();
            body
        };
        let turn = std::sync::atomic::AtomicUsize::new(0);
        let next = || changed(turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        let answers = at_once(|| api.put(&path, &next()).by(&actor.token).send());
        assert_eq!(count(&answers, 200), TWINS, "{path}: {:?}", statuses(&answers));
    }
}

fn maker_with_product(api: &TestApi) -> (Actor, Answer) {
    let maker = api.actor("HTX", &["producer"]);
    let goods = json!({"name": "Nước mắm", "product_set": 1, "unit": "l",
        "packagings": [{"unit": "thùng", "contains": {"quantity": 24, "unit": "l"}}]});
    let made = api.post("/v1/products", &goods).by(&maker.token).send().expect(201);
    (maker, made)
}

fn offer_of(product: &Answer, unit: &str) -> Value {
    let capacity = json!([{"from": "2027-01-01", "to": "2027-01-31", "quantity": 300}]);
    json!({"product_id": product.at("/id"), "unit": unit, "capacity": capacity})
}

fn of_those_who_act_at_once_one_does(api: &TestApi) {
    let (maker, product) = maker_with_product(api);
    let made = api.post("/v1/offers", &offer_of(&product, "l")).by(&maker.token).send().expect(201);
    for (action, state) in [("publish", "published"), ("pause", "paused"), ("resume", "published")]
    {
        let path = format!("{}/{action}", made.header("location"));
        let answers = at_once(|| api.act(&path).by(&maker.token).send());
        assert_eq!(count(&answers, 200), 1, "{action}: {:?}", statuses(&answers));
        for answer in answers.into_iter().filter(|answer| answer.status != 200) {
            let refused = answer.expect_problem(409, "illegal_action");
            assert_eq!(refused.text("/state"), state);
        }
    }
    let archive = format!("{}/archive", product.header("location"));
    let answers = at_once(|| api.act(&archive).by(&maker.token).send());
    assert_eq!((count(&answers, 200), count(&answers, 409)), (1, TWINS - 1));
}

fn of_those_who_correct_a_certificate_one_does(api: &TestApi) {
    let (maker, product) = maker_with_product(api);
    let path = format!("{}/certificates", product.header("location"));
    let certificate = |stars: u8| {
        json!({"kind": "ocop", "stars": stars, "number": "1", "authority": "UBND tỉnh",
            "decision_date": "2024-11-15"})
    };
    let wrong = api.post(&path, &certificate(3)).by(&maker.token).send().expect(201);
    let mut right = certificate(4);
    right["supersedes"] = wrong.at("/id").clone();
    let answers = at_once(|| api.post(&path, &right).by(&maker.token).send());
    let told = (count(&answers, 201), count(&answers, 409));
    assert_eq!(told, (1, TWINS - 1), "{:?}", statuses(&answers));
}

fn an_offer_is_counted_in_what_the_packaging_says(api: &TestApi) {
    let content = |offer: &Answer| {
        let id: OfferId = offer.text("/id").parse().expect("an id");
        let found = api.data.app.database().read(|tx| offers::find(tx, id)).expect("readable");
        found.expect("the offer").terms.content.primary().base_units
    };
    for _ in 0..ROUNDS {
        let (maker, product) = maker_with_product(api);
        let packed =
            json!({"packagings": [{"unit": "thùng", "contains": {"quantity": 12, "unit": "l"}}]});
        let body = offer_of(&product, "thùng");
        let change = || api.patch(product.header("location"), &packed).if_match(1);
        let (changed, offered) = thread::scope(|scope| {
            let changed = scope.spawn(|| change().by(&maker.token).send());
            let offered = api.post("/v1/offers", &body).by(&maker.token).send();
            (changed.join().expect("an answer"), offered.expect(201))
        });
        let litres = if changed.status == 200 { 12 } else { 24 };
        assert_eq!(content(&offered), litres * 1000, "{}", changed.body);
        if changed.status != 200 {
            changed.expect_problem(409, "packaging_in_use");
        }
    }
}
