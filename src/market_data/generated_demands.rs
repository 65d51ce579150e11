//! Buyers and demands of the generated market: words, sets or both, with the requirements that real
//! buyers state, in about the share that they state them.

use super::generated::{Plan, link, own_id};
use super::goods::{self, Goods};
use super::random::Random;
use super::wire::{self, month, shifted};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

const CERTIFICATES: [&str; 3] = ["food_safety", "haccp", "vietgap"];
const DISTANCES_KM: [u64; 4] = [100, 200, 400, 800];
/// Words of a real name that a buyer writes at most.
const WORDS: usize = 4;

pub(super) fn party(plan: &Plan, index: usize) -> Value {
    let mut random = Random::of(plan.seed, "buyer", index);
    let site = plan.buying_site(&mut random);
    json!({
        "type": "party",
        "external_ids": own_id("buyer", index),
        "name": format!("Nhà phân phối {} {index}", site.name),
        "legal_form": "enterprise",
        "roles": ["distributor"],
        "place": site.place(),
    })
}

pub(super) fn demand(plan: &Plan, index: usize) -> Value {
    let mut random = Random::of(plan.seed, "demand", index);
    let (name, set) = random.pick(&plan.names);
    let goods = goods::of(*set, name);
    let text = shortened(name, &mut random);
    let (said, listed) = match random.below(100) {
        0..=47 => (true, false),
        48..=84 => (false, true),
        _ => (true, true),
    };
    let line = json!({
        "type": "demand",
        "external_ids": own_id("demand", index),
        "party": link("buyer", index % plan.buyers()),
        "status": "open",
        "title": text,
        "unit": goods.unit,
        "price_basis": if random.percent(75) { "delivered" } else { "at_origin" },
        "deliveries": deliveries(plan, &goods, &mut random),
        "visibility": "public",
    });
    let optional = json!({
        "text": said.then_some(text),
        "product_sets": listed.then(|| json!([set])),
        "max_unit_price": ceiling(&goods, &mut random),
        "packagings": goods.is_packed().then(|| goods.packagings()),
        "requirements": requirements(&mut random),
    });
    wire::with(line, optional)
}

/// The first two to four words of a name, which say the good; brands come later.
fn shortened(name: &str, random: &mut Random) -> String {
    let most = random.between(2, WORDS as u64) as usize;
    name.split_whitespace().take(most).collect::<Vec<_>>().join(" ")
}

/// Six in ten state a ceiling, from tight to generous.
fn ceiling(goods: &Goods, random: &mut Random) -> Option<u64> {
    let (low, high) = goods.price_vnd;
    let ceiling = random.between((low + high) / 2, high * 5 / 4) / 500 * 500;
    random.percent(60).then_some(ceiling)
}

fn requirements(random: &mut Random) -> Value {
    let mut required = Map::new();
    match random.below(100) {
        0..=39 => {}
        40..=69 => drop(required.insert("min_stars".into(), json!(3))),
        70..=94 => drop(required.insert("min_stars".into(), json!(4))),
        _ => drop(required.insert("min_stars".into(), json!(5))),
    }
    if random.percent(15) {
        required.insert("certificates".into(), json!([random.pick(&CERTIFICATES)]));
    }
    if random.percent(10) {
        required.insert("max_distance_km".into(), json!(random.pick(&DISTANCES_KM)));
    }
    Value::Object(required)
}

/// One to three deliveries in the coming year, each within one to four weeks.
fn deliveries(plan: &Plan, goods: &Goods, random: &mut Random) -> Value {
    let count = random.between(1, 3) as usize;
    let start = random.between(1, 9) as usize;
    let site = plan.buying_site(random);
    let one = |ahead| {
        let (from, to) = window(month(plan.today, ahead), random);
        json!({
            "place": site.place(),
            "from": from.to_string(),
            "to": to.to_string(),
            "quantity": quantity(goods, random),
        })
    };
    (start..start + count).map(one).collect()
}

fn window((first, last): (Date, Date), random: &mut Random) -> (Date, Date) {
    let weeks = i64::try_from(random.between(1, 4)).unwrap_or(1);
    let from = shifted(first, i64::try_from(random.below(20)).unwrap_or(0).days());
    (from, shifted(from, (weeks * 7 - 1).days()).min(last))
}

/// From a tenth of a small producer's month to twice a large one's.
fn quantity(goods: &Goods, random: &mut Random) -> u64 {
    let (low, high) = goods.monthly;
    let most = if random.percent(20) { high * 2 } else { high / 4 };
    let quantity = random.between((low / 10).max(1), most.max(low));
    (quantity / goods.increment).max(1) * goods.increment
}
