//! The life of a run: who may ask and read, repeat, cancel, repair, replay; the spreadsheet.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use ocop_link::actions::allocations;
use serde_json::{Value, json};

use super::{buyer, by_producer, demand, get, list, offer, path, run, seller, total};
use crate::support::api::{Actor, Answer, TestApi, api_tests};

/// Demands that are hard to plan: each takes from two of four producers, whose steps do not agree.
const HARD_DEMANDS: u64 = 24;
/// What each of the four has for one of them, and in which steps.
const HARD_SUPPLY: [(u64, u64); 4] = [(5003, 6), (6001, 10), (7009, 15), (2011, 14)];

api_tests!(
    a_run_belongs_to_its_party,
    the_caller_needs_the_scope,
    broken_requests_change_nothing,
    a_demand_of_another_is_an_unknown_one,
    what_is_over_or_unknown_is_not_planned,
    a_coordinator_plans_what_it_sees,
    a_repeated_request_runs_once,
    a_replay_gives_the_same_bytes_whatever_happened_since,
    the_same_market_has_the_same_snapshot,
    a_repair_plans_only_the_gap,
    who_declined_in_a_repair_or_before_it_has_no_share,
    what_has_ended_cannot_be_cancelled,
    lists_are_paged_and_leave_answers_out,
    a_version_that_the_client_has_is_not_sent_again,
    a_spreadsheet_can_be_sent_to_producers,
    a_long_run_blocks_nobody_and_can_be_cancelled,
    a_run_outlives_a_clock_that_jumps,
    a_run_that_was_cut_is_repeated_to_the_same_cut,
    what_is_older_than_its_keeping_is_forgotten,
);

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A buyer, and a market in which it is short of nothing.
fn market(api: &TestApi) -> Actor {
    let distributor = buyer(api);
    for (name, quantity) in [("A", 80), ("B", 100), ("C", 120)] {
        offer(api, &seller(api, name), quantity, json!({}));
    }
    demand(api, &distributor, 150, json!({}));
    distributor
}

fn act(api: &TestApi, by: &Actor, path: &str) -> Answer {
    api.act(path).by(&by.token).header("accept-language", "en").send()
}

fn a_run_belongs_to_its_party(api: &TestApi) {
    let (distributor, stranger) = (market(api), api.actor("Khác", &["distributor"]));
    let answer = run(api, &distributor, json!({}));
    let own = path(&answer);
    assert_eq!(answer.header("location"), own);
    for address in ["", "/replay", "/certificate", ".xlsx"] {
        let address = format!("{own}{address}");
        get(api, &stranger, &address).expect_problem(404, "not_found");
        get(api, &distributor, &address).expect(200);
        api.get(&address).by(&api.admin()).send().expect(200);
    }
    for verb in ["cancel", "replay"] {
        act(api, &stranger, &format!("{own}/{verb}")).expect_problem(404, "not_found");
    }
    let declined = json!({"declined": [stranger.party_id]});
    let repair = api.post(&format!("{own}/repair"), &declined).by(&stranger.token).send();
    repair.expect_problem(404, "not_found");
    assert_eq!(
        list(&get(api, &stranger, "/v1/allocations").expect(200), "/items"),
        [Value::Null; 0]
    );
}

fn the_caller_needs_the_scope(api: &TestApi) {
    let distributor = market(api);
    let answer = run(api, &distributor, json!({}));
    let poor = api.token(&distributor.party_id, "demands:read demands:write offers:read");
    let asked = api.post("/v1/allocations", &json!({})).by(&poor).send();
    asked.expect_problem(403, "forbidden");
    for address in ["/v1/allocations".to_owned(), path(&answer)] {
        api.get(&address).by(&poor).send().expect_problem(403, "forbidden");
    }
    let alone = api.token(&distributor.party_id, "allocations:run");
    api.post("/v1/allocations", &json!({})).by(&alone).send().expect(201);
}

fn broken_requests_change_nothing(api: &TestApi) {
    let distributor = market(api);
    let ask = |body: Value| api.post("/v1/allocations", &body).by(&distributor.token).send();
    ask(json!({"top_k": 20})).expect_problem(400, "unknown_field");
    ask(json!({"objective": "profit"})).expect_violation("/objective", "not_allowed");
    ask(json!({"rule": "lottery"})).expect_violation("/rule", "not_allowed");
    let endless = ask(json!({"limits": {"time_limit_ms": 600_001}}));
    endless.expect_violation("/limits/time_limit_ms", "out_of_range");
    ask(json!({"demand_ids": []})).expect_violation("/demand_ids", "out_of_range");
    ask(json!({"demand_ids": ["x"]})).expect_violation("/demand_ids/0", "wrong_format");
    let twice = "0198c0de-0000-7000-8000-000000000001";
    let twice = ask(json!({"producer_ids": [twice, twice]}));
    twice.expect_violation("/producer_ids/1", "duplicate");
    let items = get(api, &distributor, "/v1/allocations").expect(200);
    assert_eq!(list(&items, "/items"), [Value::Null; 0]);
}

fn a_demand_of_another_is_an_unknown_one(api: &TestApi) {
    let (distributor, stranger) = (market(api), api.actor("Khác", &["distributor"]));
    let of_other = demand(api, &stranger, 10, json!({}));
    let draft = demand(api, &distributor, 10, json!({"status": "draft"}));
    for id in [of_other.as_str(), &draft, "0198c0de-0000-7000-8000-000000000001"] {
        let body = json!({"demand_ids": [id]});
        let asked = api.post("/v1/allocations", &body).by(&distributor.token).send();
        asked.expect_problem(422, "invalid").expect_violation("/demand_ids/0", "unknown_reference");
    }
}

fn what_is_over_or_unknown_is_not_planned(api: &TestApi) {
    let distributor = market(api);
    let unknown = "0198c0de-0000-7000-8000-000000000001";
    let over = demand(api, &distributor, 10, json!({"closes_at": "2026-11-23T03:05:00Z"}));
    api.at("2026-11-23T03:05:00Z");
    let body = json!({"demand_ids": [over], "producer_ids": [distributor.party_id, unknown]});
    let asked = api.post("/v1/allocations", &body).by(&distributor.token).send();
    let asked = asked.expect_violation("/demand_ids/0", "unknown_reference");
    asked.expect_violation("/producer_ids/1", "unknown_reference");
}

fn a_coordinator_plans_what_it_sees(api: &TestApi) {
    let distributor = market(api);
    let hidden = json!({"visibility": "invited", "invited_party_ids": [distributor.party_id]});
    let hidden = demand(api, &distributor, 10, hidden);
    let union = api.actor("Liên hiệp", &["coordinator"]);
    let answer = run(api, &union, json!({}));
    assert_eq!(total(&answer), 150);
    assert!(!answer.body.to_string().contains(&hidden));
    let body = json!({"demand_ids": [hidden]});
    let asked = api.post("/v1/allocations", &body).by(&union.token).send();
    asked.expect_violation("/demand_ids/0", "unknown_reference");
    let admin = api.post("/v1/allocations", &json!({})).by(&api.admin()).send().expect(201);
    assert_eq!(admin.text("/shortages/0/demand_id"), hidden, "an admin sees it, no producer does");
}

fn a_repeated_request_runs_once(api: &TestApi) {
    let distributor = market(api);
    let ask = || {
        let asked = api.post("/v1/allocations", &json!({"rule": "equal"})).by(&distributor.token);
        asked.header("idempotency-key", "run-1").send().expect(201)
    };
    let (first, second) = (ask(), ask());
    assert_eq!((&first.body, second.header("idempotent-replayed")), (&second.body, "true"));
    assert_eq!(second.header("location"), first.header("location"));
    let items = get(api, &distributor, "/v1/allocations").expect(200);
    assert_eq!(list(&items, "/items").len(), 1);
}

fn a_replay_gives_the_same_bytes_whatever_happened_since(api: &TestApi) {
    let distributor = buyer(api);
    let producer = seller(api, "A");
    let sold = offer(api, &producer, 80, json!({"min_order": 30}));
    offer(api, &seller(api, "B"), 100, json!({"unit_price": 130_000}));
    let wanted = demand(api, &distributor, 150, json!({"price_basis": "at_origin"}));
    let answer = run(api, &distributor, json!({}));
    assert_eq!(answer.at("/shortages/0/relaxations/0/gains"), &json!(70));
    let withdraw = api.act(&format!("/v1/offers/{sold}/withdraw")).by(&producer.token);
    withdraw.send().expect(200);
    act(api, &distributor, &format!("/v1/demands/{wanted}/close")).expect(200);
    let replay = format!("{}/replay", path(&answer));
    let again = get(api, &distributor, &replay).expect(200);
    assert_eq!(again.body.to_string(), answer.body.to_string());
    assert_eq!(act(api, &distributor, &replay).expect(200).body, answer.body);
}

fn the_same_market_has_the_same_snapshot(api: &TestApi) {
    let distributor = market(api);
    let (first, second) = (run(api, &distributor, json!({})), run(api, &distributor, json!({})));
    assert_eq!(first.text("/snapshot").len(), 64);
    assert_eq!(first.text("/snapshot"), second.text("/snapshot"));
    assert_eq!(first.at("/shares"), second.at("/shares"));
    offer(api, &seller(api, "D"), 10, json!({}));
    let third = run(api, &distributor, json!({}));
    assert_ne!(first.text("/snapshot"), third.text("/snapshot"));
}

fn a_repair_plans_only_the_gap(api: &TestApi) {
    let distributor = market(api);
    let answer = run(api, &distributor, json!({}));
    let before = by_producer(&answer);
    assert_eq!(before, [("A".into(), 40), ("B".into(), 50), ("C".into(), 60)]);
    let gone = list(&answer, "/shares").iter().find(|share| share["producer"]["name"] == "B");
    let gone = gone.map_or(Value::Null, |share| share["producer"]["id"].clone());
    let address = format!("{}/repair", path(&answer));
    let repair = |declined: Value| {
        let body = json!({"declined": declined});
        api.post(&address, &body).by(&distributor.token).header("accept-language", "en").send()
    };
    let repaired = repair(json!([gone])).expect(201);
    let after = by_producer(&repaired);
    assert!(after.iter().all(|(name, _)| name != "B"), "{after:?}");
    let kept = |name: &str| after.iter().filter(|(it, _)| it == name).map(|(_, q)| q).sum::<u64>();
    assert!(kept("A") >= 40 && kept("C") >= 60, "accepted shares stay: {after:?}");
    assert_eq!(total(&repaired), 150);
    assert_eq!(repaired.text("/repairs/allocation_id"), answer.text("/id"));
    assert_eq!(repaired.at("/repairs/declined"), &json!([gone]));
    assert_ne!(repaired.text("/id"), answer.text("/id"));
    assert_eq!(get(api, &distributor, &path(&answer)).body, answer.body, "the old one stays");
    let again = get(api, &distributor, &format!("{}/replay", path(&repaired))).expect(200);
    assert_eq!(again.body.to_string(), repaired.body.to_string());
    let stranger = repair(json!([distributor.party_id]));
    stranger.expect_violation("/declined/0", "unknown_reference");
}

fn who_declined_in_a_repair_or_before_it_has_no_share(api: &TestApi) {
    let distributor = buyer(api);
    for name in ["A", "B", "C"] {
        offer(api, &seller(api, name), 50, json!({"min_order": 50}));
    }
    demand(api, &distributor, 100, json!({}));
    let without_first = |answer: &Answer| {
        let first = answer.at("/shares/0/producer").clone();
        let declined = json!({"declined": [first["id"]]});
        let repair = api.post(&format!("{}/repair", path(answer)), &declined);
        let repair = repair.by(&distributor.token).header("accept-language", "en");
        (first, repair.send().expect(201))
    };
    let answer = run(api, &distributor, json!({"rule": "none"}));
    let (first, repaired) = without_first(&answer);
    assert_eq!((total(&answer), total(&repaired)), (100, 100));
    let (second, last) = without_first(&repaired);
    let gone = [&first, &second].map(|producer| producer["name"].as_str().unwrap_or_default());
    let left = by_producer(&last);
    assert_eq!(left.iter().map(|(_, quantity)| *quantity).collect::<Vec<_>>(), [50], "{left:?}");
    assert!(!gone.contains(&left[0].0.as_str()), "{left:?} after {gone:?}");
    assert_eq!(last.at("/repairs/declined"), &json!([second["id"], first["id"]]));
    let again = get(api, &distributor, &format!("{}/replay", path(&last))).expect(200);
    assert_eq!(again.at("/shares"), last.at("/shares"));
}

fn what_has_ended_cannot_be_cancelled(api: &TestApi) {
    let distributor = market(api);
    let answer = run(api, &distributor, json!({}));
    assert_eq!(answer.at("/allowed_actions"), &json!(["replay", "repair"]));
    let cancel = act(api, &distributor, &format!("{}/cancel", path(&answer)));
    let refused = cancel.expect_problem(409, "illegal_action");
    assert_eq!(refused.text("/state"), "finished");
    assert_eq!(refused.at("/allowed_actions"), &json!(["replay", "repair"]));
}

fn lists_are_paged_and_leave_answers_out(api: &TestApi) {
    let distributor = market(api);
    let ids: Vec<String> =
        (0..3).map(|_| run(api, &distributor, json!({})).text("/id").to_owned()).collect();
    let first = get(api, &distributor, "/v1/allocations?limit=2").expect(200);
    let next = format!("/v1/allocations?limit=2&cursor={}", first.text("/next_cursor"));
    let second = get(api, &distributor, &next).expect(200);
    let items = [list(&first, "/items"), list(&second, "/items")].concat();
    let found: Vec<&str> = items.iter().filter_map(|item| item["id"].as_str()).collect();
    assert_eq!(found, ids.iter().rev().collect::<Vec<_>>());
    assert!(items.iter().all(|item| item.get("shares").is_none() && item["optimal"] == true));
}

fn a_version_that_the_client_has_is_not_sent_again(api: &TestApi) {
    let distributor = market(api);
    let answer = run(api, &distributor, json!({}));
    let found = get(api, &distributor, &path(&answer)).expect(200);
    let known = api.get(&path(&answer)).by(&distributor.token).header("accept-language", "en");
    known.header("if-none-match", found.header("etag")).send().expect(304);
    let made = api.post("/v1/allocations", &json!({})).by(&distributor.token).send().expect(201);
    let made = run_to_its_end(api, &distributor, made);
    let found = api.get(&path(&made)).by(&distributor.token).send().expect(200);
    assert_eq!(made.header("etag"), found.header("etag"));
}

/// The answer to a run, if it was not under way any more.
fn run_to_its_end(api: &TestApi, by: &Actor, made: Answer) -> Answer {
    match made.text("/status") {
        "finished" => made,
        _ => api.get(&path(&made)).by(&by.token).send().expect(200),
    }
}

fn cells(answer: &Answer) -> Xlsx<Cursor<Vec<u8>>> {
    Xlsx::new(Cursor::new(answer.bytes.clone())).expect("a workbook")
}

fn a_spreadsheet_can_be_sent_to_producers(api: &TestApi) {
    let distributor = buyer(api);
    offer(api, &seller(api, "=HYPERLINK(\"x\")"), 80, json!({}));
    demand(api, &distributor, 150, json!({}));
    let answer = run(api, &distributor, json!({}));
    let file = get(api, &distributor, &format!("{}.xlsx", path(&answer))).expect(200);
    let negotiated = get(api, &distributor, &path(&answer));
    assert_eq!(negotiated.header("content-type"), "application/json");
    let json = "application/json";
    for (accept, told) in [
        (XLSX.to_owned(), XLSX),
        (XLSX.to_uppercase(), XLSX),
        (format!("{XLSX}, */*;q=0.1"), XLSX),
        (format!("{json};q=0, {XLSX}"), XLSX),
        (format!("{XLSX};q=0, */*"), json),
        (format!("{json}, {XLSX};q=0.5"), json),
    ] {
        let ask = api.get(&path(&answer)).by(&distributor.token).header("accept", &accept);
        assert_eq!(ask.send().expect(200).header("content-type"), told, "{accept}");
    }
    let negotiated = api.get(&path(&answer)).by(&distributor.token).header("accept", XLSX).send();
    assert_eq!(negotiated.clone().expect(200).bytes, file.bytes);
    assert_eq!(file.header("content-type"), XLSX);
    let mut book = cells(&file);
    assert_eq!(book.sheet_names(), ["Phần phân bổ", "Còn thiếu", "Chưa phân bổ", "Cách đọc"]);
    let shares = book.worksheet_range("Phần phân bổ").expect("a sheet");
    let row: Vec<&Data> = shares.rows().nth(1).expect("a share").iter().collect();
    assert_eq!(row[0], &Data::String("=HYPERLINK(\"x\")".into()));
    assert_eq!((row[3], row[6]), (&Data::Float(80.0), &Data::Float(7_200_000.0)));
    let formulas = book.worksheet_formula("Phần phân bổ").expect("a sheet");
    assert!(formulas.is_empty(), "no cell is a formula");
    let short = book.worksheet_range("Còn thiếu").expect("a sheet");
    assert_eq!(short.get_value((1, 0)), shares.get_value((1, 2)), "the buyer");
    assert_eq!(short.get_value((1, 5)), Some(&Data::Float(70.0)));
}

/// A market whose plan takes longer than a request waits: steps that do not agree, under limits on
/// suppliers.
fn hard_market(api: &TestApi) -> (Actor, String) {
    let (distributor, producers) = (buyer(api), ["A", "B", "C", "D"].map(|name| seller(api, name)));
    let mut last = String::new();
    for number in 0..HARD_DEMANDS {
        let name = format!("Sản phẩm {number}");
        let mut product_ids = Vec::new();
        for (producer, (quantity, increment)) in producers.iter().zip(HARD_SUPPLY) {
            let product = json!({"name": name, "product_set": 4, "unit": "kg"});
            let product = api.post("/v1/products", &product).by(&producer.token).send();
            let product = product.expect(201).text("/id").to_owned();
            let offer = json!({
                "product_id": product, "unit_price": 90_000, "status": "published",
                "increment": increment,
                "capacity": [{"from": "2027-01-01", "to": "2027-01-31", "quantity": quantity}]
            });
            api.post("/v1/offers", &offer).by(&producer.token).send().expect(201);
            product_ids.push(product);
        }
        let wanted = json!({"product_ids": product_ids, "max_suppliers": 2});
        last = demand(api, &distributor, 11_897, wanted);
    }
    (distributor, last)
}

fn a_long_run_blocks_nobody_and_can_be_cancelled(api: &TestApi) {
    let (distributor, wanted) = hard_market(api);
    let ask = || {
        let body = json!({"limits": {"time_limit_ms": 600_000}});
        api.post("/v1/allocations", &body).by(&distributor.token).send()
    };
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..5).map(|_| scope.spawn(ask)).collect();
        asking.into_iter().map(|asked| asked.join().expect("an answer")).collect()
    });
    let (begun, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|it| it.status == 201);
    assert_eq!((begun.len(), refused.len()), (4, 1), "a party has four places");
    let refused = refused[0].clone().expect_problem(429, "too_many_allocations");
    assert!(!refused.header("retry-after").is_empty());
    let stood = |status| begun.iter().filter(|it| it.text("/status") == status).count();
    assert_eq!((stood("running"), stood("queued")), (1, 3), "one of a party at a time");
    let matches = get(api, &distributor, &format!("/v1/demands/{wanted}/matches")).expect(200);
    assert_eq!(list(&matches, "/items").len(), 4);
    for run in &begun {
        let now = get(api, &distributor, &path(run)).expect(200);
        assert!(["running", "queued"].contains(&now.text("/status")), "{}", now.body);
        let unfinished = get(api, &distributor, &format!("{}.xlsx", path(run)));
        unfinished.expect_problem(409, "illegal_action");
        let cancelled = act(api, &distributor, &format!("{}/cancel", path(run))).expect(200);
        assert_eq!(cancelled.text("/status"), "cancelled");
        assert_eq!(get(api, &distributor, &path(run)).text("/status"), "cancelled");
    }
}

fn a_run_outlives_a_clock_that_jumps(api: &TestApi) {
    let (distributor, _) = hard_market(api);
    let body = json!({"limits": {"time_limit_ms": 600_000}});
    let asked = api.post("/v1/allocations", &body).by(&distributor.token).send();
    let run = path(&asked.expect(201));
    for instant in ["2026-11-23T05:00:00Z", "2026-11-23T01:00:00Z", "2027-11-23T01:00:00Z"] {
        api.at(instant);
        let reader = api.token(&distributor.party_id, "allocations:run");
        let now = api.get(&run).by(&reader).send().expect(200);
        assert_eq!(now.text("/status"), "running", "{instant}");
    }
    let reader = api.token(&distributor.party_id, "allocations:run");
    api.act(&format!("{run}/cancel")).by(&reader).send().expect(200);
    assert_eq!(api.get(&run).by(&reader).send().text("/status"), "cancelled");
}

fn a_run_that_was_cut_is_repeated_to_the_same_cut(api: &TestApi) {
    let (distributor, _) = hard_market(api);
    let answer = run(api, &distributor, json!({"limits": {"time_limit_ms": 300}}));
    assert_eq!((answer.at("/stopped"), answer.at("/optimal")), (&json!(true), &json!(false)));
    assert!(total(&answer) > 0, "what was found until then is the answer");
    let again = get(api, &distributor, &format!("{}/replay", path(&answer))).expect(200);
    assert_eq!(again.body.to_string(), answer.body.to_string());
}

fn what_is_older_than_its_keeping_is_forgotten(api: &TestApi) {
    let distributor = market(api);
    let old = run(api, &distributor, json!({}));
    let same = run(api, &distributor, json!({}));
    assert_eq!(old.text("/snapshot"), same.text("/snapshot"));
    let declined = json!({"declined": [old.at("/shares/0/producer/id")]});
    api.at("2026-11-23T20:00:00Z");
    let repair = api.post(&format!("{}/repair", path(&old)), &declined).by(&distributor.token);
    let repair = repair.send().expect(201);
    let sweep = |instant: &str| {
        api.at(instant);
        api.as_operator(|tx, ctx| allocations::sweep(tx, ctx.moment.now())).expect("swept")
    };
    assert_eq!(sweep("2027-12-28T03:00:15Z"), 0);
    let reader = api.token(&distributor.party_id, "allocations:run");
    let status = |answer: &Answer| api.get(&path(answer)).by(&reader).send().status;
    assert_eq!(sweep("2027-12-28T03:00:16Z"), 1);
    assert_eq!([&old, &same, &repair].map(status), [200, 404, 200], "a repair needs the repaired");
    let replay = format!("{}/replay", path(&repair));
    api.get(&replay).by(&reader).send().expect(200);
    assert_eq!(sweep("2027-12-28T20:00:16Z"), 1);
    assert_eq!(sweep("2027-12-28T20:00:16Z"), 1);
    assert_eq!([&old, &repair].map(status), [404, 404]);
}
