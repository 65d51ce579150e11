//! Producers, products, certificates and offers of the generated market.

use super::generated::{Plan, link, own_id};
use super::goods::{self, Goods};
use super::random::Random;
use super::wire::{self, month, shifted};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

const NOTE: &str = "Dữ liệu giả lập để đo tốc độ.";
const AUTHORITY: &str = "Cơ quan cấp (giả lập)";
const FORMS: [(&str, &str); 5] = [
    ("Hợp tác xã", "cooperative"),
    ("Công ty TNHH", "enterprise"),
    ("Hộ kinh doanh", "household"),
    ("Cơ sở sản xuất", "household"),
    ("Tổ hợp tác", "cooperative_group"),
];
const VARIANTS: [&str; 16] = [
    "",
    "",
    "",
    "",
    "đặc biệt",
    "loại 1",
    "loại 2",
    "thượng hạng",
    "nguyên chất",
    "hữu cơ",
    "truyền thống",
    "cao cấp",
    "túi 500 g",
    "hộp quà",
    "xuất khẩu",
    "gia truyền",
];
const PAPERS: [&str; 4] = ["food_safety", "haccp", "iso22000", "vietgap"];
const CERTIFICATE_MONTHS: i64 = 36;
const MOST_PERIODS: u64 = 6;

pub(super) fn party(plan: &Plan, index: usize) -> Value {
    let mut random = Random::of(plan.seed, "producer", index);
    let (form, legal_form) = random.pick(&FORMS);
    let site = plan.producer_site(index);
    json!({
        "type": "party",
        "external_ids": own_id("producer", index),
        "name": format!("{form} {} {index}", site.name),
        "legal_form": legal_form,
        "roles": ["producer"],
        "place": site.place(),
    })
}

/// The real name that a product is made of, with its set.
fn base(plan: &Plan, index: usize) -> (&str, u8) {
    let (name, set) = Random::of(plan.seed, "name", index).pick(&plan.names);
    (name, *set)
}

pub(super) fn product(plan: &Plan, index: usize) -> Value {
    let (name, set) = base(plan, index);
    let mut random = Random::of(plan.seed, "product", index);
    let variant = random.pick(&VARIANTS);
    let goods = goods::of(set, name);
    json!({
        "type": "product",
        "external_ids": own_id("product", index),
        "party": link("producer", plan.producer_of(index)),
        "name": format!("{name} {variant}").trim_end(),
        "product_set": set,
        "unit": goods.unit,
        "packagings": goods.packagings(),
    })
}

/// A paper of a producer: one in two has one.
pub(super) fn paper(plan: &Plan, index: usize) -> Option<Value> {
    let mut random = Random::of(plan.seed, "paper", index);
    random.percent(50).then(|| {
        let line = json!({ "kind": random.pick(&PAPERS), "party": link("producer", index) });
        wire::with(line, certificate(plan, ("P", index), &mut random))
    })
}

/// The stars of a product: five in six have some, of which one in six has lapsed.
pub(super) fn recognition(plan: &Plan, index: usize) -> Option<Value> {
    let mut random = Random::of(plan.seed, "stars", index);
    let stars = match random.below(100) {
        0..=15 => return None,
        16..=60 => 3,
        61..=93 => 4,
        _ => 5,
    };
    let line = json!({
        "kind": "ocop",
        "product": link("product", index),
        "stars": stars,
        "potential_five_star": stars == 4 && random.percent(10),
    });
    Some(wire::with(line, certificate(plan, ("S", index), &mut random)))
}

fn certificate(plan: &Plan, (series, index): (&str, usize), random: &mut Random) -> Value {
    let age = i64::try_from(random.between(1, 1_300)).unwrap_or(0);
    let decided = shifted(plan.today, (-age).days());
    json!({
        "type": "certificate",
        "number": format!("GEN-{series}-{index:06}"),
        "authority": AUTHORITY,
        "decision_date": decided.to_string(),
        "expires_on": shifted(decided, CERTIFICATE_MONTHS.months()).to_string(),
        "note": NOTE,
    })
}

pub(super) fn offer(plan: &Plan, index: usize) -> Value {
    let mut random = Random::of(plan.seed, "offer", index);
    let product = plan.product_of(index);
    let (name, set) = base(plan, product);
    let goods = goods::of(set, name);
    let site = plan.producer_site(plan.producer_of(product));
    let min_order = goods.increment * random.between(1, 20);
    let price = goods.price_vnd(&mut random);
    let line = json!({
        "type": "offer",
        "external_ids": own_id("offer", index),
        "product": link("product", product),
        "status": "published",
        "unit": goods.unit,
        "min_order": min_order,
        "increment": goods.increment,
        "capacity": capacity(&goods, plan.today, &mut random),
        "place": site.place(),
        "lead_time_days": random.between(1, 14),
        "pickup": random.percent(40),
        "visibility": "public",
        "note": NOTE,
    });
    let by_agreement = random.percent(6);
    let breaks = json!([{ "min_quantity": min_order * 10, "unit_price": price * 95 / 100 }]);
    let optional = json!({
        "unit_price": (!by_agreement).then_some(price),
        "price_breaks": (!by_agreement && random.percent(20)).then_some(breaks),
        "delivers_to": random.percent(8).then(|| json!([site.province()])),
    });
    wire::with(line, optional)
}

fn capacity(goods: &Goods, today: Date, random: &mut Random) -> Value {
    let (low, high) = goods.monthly;
    let start = random.between(1, 9) as usize;
    let periods = random.between(1, MOST_PERIODS) as usize;
    let one = |ahead| {
        let (from, to) = month(today, ahead);
        let steps = (random.between(low, high) / goods.increment).max(1);
        json!({
            "from": from.to_string(),
            "to": to.to_string(),
            "quantity": steps * goods.increment,
        })
    };
    (start..start + periods).map(one).collect()
}
