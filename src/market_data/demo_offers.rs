//! Offers of the demo market: one for each product, with a price, an output by month and a season
//! that no public list states and that are generated with a fixed seed.

use super::demo_products::DemoProduct;
use super::goods::{self, Goods};
use super::random::Random;
use super::wire::{self, DEMO_SYSTEM, external_ids, month, place, reference};
use jiff::civil::Date;
use serde_json::{Value, json};

/// Months that an offer states its capacity for.
const MONTHS_AHEAD: usize = 12;
/// Output of the months before and after Tết, in percent of an ordinary month.
const TET_PERCENT: u64 = 130;
const NOTE: &str = "Giá, sản lượng và mùa vụ là giá trị demo do máy tạo ngẫu nhiên, không phải số \
                    liệu thật.";
const HO_CHI_MINH: &str = "79";
const HA_NOI: &str = "01";
const DA_NANG: &str = "48";

/// The offer line of a product. `province` is today's province of its place.
pub(super) fn line(product: &DemoProduct, province: &str, today: Date, seed: u64) -> Value {
    let mut random = Random::of(seed, "offer", product.row);
    let goods = goods::of(product.set, &product.name);
    let (unit_price, note) = price(product, &goods, &mut random);
    let min_order = goods.increment * random.between(1, 5);
    let line = json!({
        "type": "offer",
        "external_ids": external_ids(DEMO_SYSTEM, &product.id.replace("product", "offer")),
        "product": reference(DEMO_SYSTEM, &product.id),
        "status": "published",
        "unit": goods.unit,
        "min_order": min_order,
        "increment": goods.increment,
        "capacity": capacity(&goods, today, &mut random),
        "place": place(&product.place),
        "lead_time_days": random.between(2, 10),
        "pickup": random.percent(40),
        "visibility": "public",
        "note": note,
    });
    let breaks = price_breaks(unit_price, min_order, &mut random);
    let optional = json!({
        "unit_price": unit_price,
        "price_breaks": breaks,
        "delivers_to": delivers_to(province, &mut random),
    });
    wire::with(line, optional)
}

/// A published price of a 250 g packet counts by the kilogram; others are generated, and one in
/// twelve is left to agreement.
fn price(product: &DemoProduct, goods: &Goods, random: &mut Random) -> (Option<u64>, String) {
    let generated = goods.price_vnd(random);
    match &product.listed_price {
        Some((price, pack)) if pack == "gói 250g" && goods.unit == "kg" => (
            Some(price * 4),
            format!("Giá công bố {price} đ/gói 250 g. Sản lượng và mùa vụ là giá trị demo."),
        ),
        _ => ((!random.percent(8)).then_some(generated), NOTE.to_owned()),
    }
}

fn price_breaks(unit_price: Option<u64>, min_order: u64, random: &mut Random) -> Value {
    match unit_price {
        Some(price) if random.percent(40) => json!([
            { "min_quantity": min_order * 10, "unit_price": price * 95 / 100 },
            { "min_quantity": min_order * 40, "unit_price": price * 90 / 100 },
        ]),
        _ => Value::Null,
    }
}

fn delivers_to(province: &str, random: &mut Random) -> Value {
    if !random.percent(12) {
        return Value::Null;
    }
    let mut codes = vec![province, HO_CHI_MINH];
    codes.extend(random.percent(50).then_some(DA_NANG));
    codes.extend(random.percent(30).then_some(HA_NOI));
    codes.sort_unstable();
    codes.dedup();
    json!(codes)
}

/// Output by month from the next month on: all year round with a rise before Tết, or in one season.
fn capacity(goods: &Goods, today: Date, random: &mut Random) -> Value {
    let (low, high) = goods.monthly;
    let usual = random.between(low, high);
    let season = random.between(1, 12) as i8;
    let length = random.between(5, 8) as i8;
    let in_season = |month: i8| !goods.seasonal || (month - season).rem_euclid(12) < length;
    let periods = (1..=MONTHS_AHEAD).map(|ahead| month(today, ahead));
    let open = periods.filter(|(first, _)| in_season(first.month()));
    let one = |(first, last): (Date, Date)| {
        let rise = if matches!(first.month(), 12 | 1) { TET_PERCENT } else { 100 };
        let quantity = usual * rise * random.between(85, 115) / 10_000;
        json!({
            "from": first.to_string(),
            "to": last.to_string(),
            "quantity": (quantity / goods.increment).max(10) * goods.increment,
        })
    };
    open.map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn periods_are_whole_months_in_order_and_on_the_increment() {
        let goods = goods::of(1, "Cam sành");
        for index in 0..200 {
            let mut random = Random::of(3, "offer", index);
            let periods = capacity(&goods, date(2026, 11, 23), &mut random);
            let periods = periods.as_array().unwrap();
            assert!((5..=8).contains(&periods.len()));
            let day = |at: usize, key: &str| periods[at][key].as_str().unwrap().to_owned();
            for at in 1..periods.len() {
                assert!(day(at - 1, "to") < day(at, "from"));
            }
            assert!(periods.iter().all(|p| p["quantity"].as_u64().unwrap() % 10 == 0));
        }
    }
}
