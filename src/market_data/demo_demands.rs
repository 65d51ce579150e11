//! Demo buyers and what they want: invented, marked as such, and chosen to show what a demand can
//! say.

use super::wire::{self, DEMO_SYSTEM, external_ids, month, place, reference};
use jiff::civil::{Date, date};
use serde_json::{Value, json};

/// Stands in every title: a demand has no note.
const MARK: &str = "(demo)";

const SAIGON: &str = "Phường Bến Nghé, Quận 1, TP. Hồ Chí Minh";
const HANOI: &str = "Quận Cầu Giấy, Hà Nội";
const DANANG: &str = "Quận Hải Châu, Đà Nẵng";
const CANTHO: &str = "Quận Ninh Kiều, Cần Thơ";
const TRAVINH: &str = "TP Trà Vinh, Trà Vinh";

/// Parties that sell nothing of the list: id, name, legal form, role, place.
const PARTIES: [(&str, &str, &str, &str, &str); 8] = [
    ("union", "Liên hiệp HTX OCOP (demo)", "union", "coordinator", HANOI),
    (
        "authority-86",
        "Sở Nông nghiệp và Môi trường Vĩnh Long (demo)",
        "agency",
        "authority",
        "tỉnh Vĩnh Long",
    ),
    ("distributor-hcm", "Siêu thị Demo Sài Gòn", "enterprise", "distributor", SAIGON),
    ("distributor-hanoi", "Siêu thị Demo Hà Nội", "enterprise", "distributor", HANOI),
    ("distributor-danang", "Cửa hàng Đặc sản Demo Đà Nẵng", "enterprise", "distributor", DANANG),
    ("distributor-cantho", "Bếp ăn Demo Cần Thơ", "enterprise", "distributor", CANTHO),
    ("distributor-export", "Công ty Xuất khẩu Demo", "enterprise", "distributor", "TP. HCM"),
    ("distributor-travinh", "Trạm dừng chân Demo Trà Vinh", "household", "distributor", TRAVINH),
];

/// The union, an authority and the demo buyers.
pub(super) fn parties() -> Vec<Value> {
    let one = |(id, name, legal_form, role, address): &(&str, &str, &str, &str, &str)| {
        let line = json!({
            "type": "party",
            "external_ids": external_ids(DEMO_SYSTEM, id),
            "name": name,
            "legal_form": legal_form,
            "roles": [role],
            "place": place(address),
        });
        let scope = match *role {
            "authority" => json!({ "authority_scope": { "province_codes": ["86"] } }),
            _ => Value::Null,
        };
        wire::with(line, scope)
    };
    PARTIES.iter().map(one).collect()
}

/// A demand with one requirement object and its deliveries.
struct Wish {
    id: &'static str,
    buyer: &'static str,
    title: &'static str,
    unit: &'static str,
    deliveries: Vec<Value>,
    more: Value,
}

impl Wish {
    fn line(self) -> Value {
        let line = json!({
            "type": "demand",
            "external_ids": external_ids(DEMO_SYSTEM, self.id),
            "party": reference(DEMO_SYSTEM, self.buyer),
            "status": "open",
            "title": format!("{} {MARK}", self.title),
            "unit": self.unit,
            "price_basis": "delivered",
            "deliveries": self.deliveries,
            "visibility": "public",
        });
        wire::with(line, self.more)
    }
}

fn wish(
    (id, buyer): (&'static str, &'static str),
    title: &'static str,
    unit: &'static str,
    deliveries: Vec<Value>,
    more: Value,
) -> Wish {
    Wish { id, buyer, title, unit, deliveries, more }
}

fn delivery(address: &str, (from, to): (Date, Date), quantity: u64) -> Value {
    json!({
        "place": place(address),
        "from": from.to_string(),
        "to": to.to_string(),
        "quantity": quantity,
    })
}

/// The January that has not begun yet.
pub(super) fn next_january(today: Date) -> (Date, Date) {
    let year = today.year() + 1;
    (date(year, 1, 1), date(year, 1, 31))
}

/// All demo demands.
pub(super) fn lines(today: Date) -> Vec<Value> {
    let mut wishes = coconut_wishes(today);
    wishes.extend(household_wishes(today));
    wishes.extend(chain_wishes(today));
    wishes.into_iter().map(Wish::line).collect()
}

/// What the three stories walk through.
fn coconut_wishes(today: Date) -> Vec<Wish> {
    let months = |address: &'static str, quantity: u64| -> Vec<Value> {
        (1..=6).map(|ahead| delivery(address, month(today, ahead), quantity)).collect()
    };
    vec![
        wish(
            ("demand-mat-hoa-dua", "distributor-hcm"),
            "Mật hoa dừa",
            "kg",
            vec![delivery(SAIGON, next_january(today), 500)],
            json!({
                "text": "mật hoa dừa",
                "max_unit_price": 350_000,
                "requirements": { "min_stars": 4 },
            }),
        ),
        wish(
            ("demand-keo-dua-sap", "distributor-hcm"),
            "Kẹo dừa sáp",
            "kg",
            months(SAIGON, 200),
            json!({
                "text": "kẹo dừa sáp",
                "max_unit_price": 380_000,
                "requirements": { "min_stars": 3 },
                "max_suppliers": 3,
            }),
        ),
        wish(
            ("demand-keo-dua-sap-tra-vinh", "distributor-travinh"),
            "Kẹo dừa sáp bán tại trạm dừng chân",
            "kg",
            months(TRAVINH, 40),
            json!({ "text": "kẹo dừa sáp", "requirements": { "max_distance_km": 100 } }),
        ),
        wish(
            ("demand-dua-sap", "distributor-hanoi"),
            "Dừa sáp nguyên trái dịp Tết",
            "trái",
            vec![delivery(HANOI, next_january(today), 1_200)],
            json!({
                "text": "dừa sáp",
                "max_unit_price": 160_000,
                "requirements": { "min_stars": 3, "province_codes": ["86"] },
            }),
        ),
    ]
}

fn household_wishes(today: Date) -> Vec<Wish> {
    let january = next_january(today);
    vec![
        wish(
            ("demand-nuoc-mam", "distributor-danang"),
            "Nước mắm cá cơm từ 30 độ đạm",
            "lít",
            vec![delivery(DANANG, month(today, 1), 1_000)],
            json!({
                "text": "nước mắm cá cơm",
                "product_sets": [9],
                "max_unit_price": 150_000,
                "requirements": { "min_stars": 4, "certificates": ["food_safety"] },
            }),
        ),
        wish(
            ("demand-gao", "distributor-cantho"),
            "Gạo thơm cho bếp ăn",
            "tấn",
            (1..=3).map(|ahead| delivery(CANTHO, month(today, ahead), 6)).collect(),
            json!({
                "product_sets": [3],
                "max_unit_price": 40_000_000,
                "requirements": { "max_distance_km": 250 },
                "min_share": 1,
            }),
        ),
        wish(
            ("demand-mat-ong", "distributor-hanoi"),
            "Mật ong rừng",
            "kg",
            vec![delivery(HANOI, january, 300), delivery(DANANG, month(today, 3), 150)],
            json!({ "text": "mật ong", "product_sets": [4], "max_unit_price": 400_000 }),
        ),
        wish(
            ("demand-tom-kho", "distributor-danang"),
            "Tôm khô, khô cá làm quà Tết",
            "kg",
            vec![delivery(DANANG, january, 400)],
            json!({ "text": "tôm khô", "requirements": { "min_stars": 3 } }),
        ),
        wish(
            ("demand-buoi", "distributor-hanoi"),
            "Bưởi da xanh",
            "kg",
            vec![delivery(HANOI, month(today, 2), 2_000)],
            json!({ "text": "bưởi da xanh", "max_unit_price": 90_000 }),
        ),
    ]
}

fn chain_wishes(today: Date) -> Vec<Wish> {
    let january = next_january(today);
    vec![
        wish(
            ("demand-ca-phe", "distributor-export"),
            "Cà phê bột xuất khẩu",
            "kg",
            vec![delivery("TP. HCM", month(today, 4), 3_000)],
            json!({
                "product_sets": [13],
                "requirements": { "min_stars": 4, "market": "EU" },
                "max_suppliers": 5,
                "min_share": 100,
            }),
        ),
        wish(
            ("demand-tra", "distributor-hanoi"),
            "Trà và chè đặc sản",
            "kg",
            vec![delivery(HANOI, january, 200)],
            json!({
                "product_sets": [11, 12],
                "max_unit_price": 900_000,
                "requirements": { "min_stars": 4 },
                "preferences": {
                    "text": 0, "price": 2_000, "quantity": 1_000,
                    "distance": 1_000, "quality": 5_000, "reliability": 1_000,
                },
            }),
        ),
        wish(
            ("demand-banh-keo", "distributor-hcm"),
            "Bánh kẹo đặc sản cho quầy OCOP",
            "kg",
            (1..=4).map(|ahead| delivery(SAIGON, month(today, ahead), 800)).collect(),
            json!({
                "product_sets": [6, 7],
                "max_unit_price": 250_000,
                "requirements": { "min_stars": 3, "market": "supermarket" },
                "max_suppliers": 12,
                "min_share": 50,
                "terms": { "discount_percent": 15, "payment_days": 45, "listing_fee": 0 },
            }),
        ),
        wish(
            ("demand-duong-hoa-dua", "distributor-export"),
            "Đường hoa dừa",
            "tạ",
            vec![delivery("TP. HCM", month(today, 3), 10)],
            json!({ "text": "đường hoa dừa", "requirements": { "min_stars": 4 } }),
        ),
        wish(
            ("demand-gio-co-bang", "distributor-export"),
            "Giỏ xách cỏ bàng",
            "cái",
            vec![delivery("TP. HCM", month(today, 5), 1_500)],
            json!({ "text": "giỏ xách cỏ bàng", "product_sets": [21] }),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::Reference;

    const TODAY: Date = date(2026, 11, 23);

    #[test]
    fn every_place_and_unit_is_known_and_weights_sum() {
        let reference = Reference::load();
        for line in lines(TODAY) {
            assert!(reference.units().get(line["unit"].as_str().unwrap()).is_some());
            for delivery in line["deliveries"].as_array().unwrap() {
                let text = delivery["place"]["text"].as_str().unwrap();
                assert!(reference.resolve_text(text).is_ok(), "{text}");
            }
            if let Some(weights) = line["preferences"].as_object() {
                let sum: u64 = weights.values().map(|weight| weight.as_u64().unwrap()).sum();
                assert_eq!(sum, 10_000);
            }
        }
    }

    #[test]
    fn the_first_story_is_there() {
        let lines = lines(TODAY);
        let nectar = &lines[0];
        assert_eq!(nectar["requirements"]["min_stars"], 4);
        assert_eq!(nectar["deliveries"][0]["quantity"], 500);
        assert_eq!(nectar["deliveries"][0]["from"], "2027-01-01");
    }
}
