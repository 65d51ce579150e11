//! The real supply and demand lines of the press, as far as they can be said exactly: one good, one
//! quantity (not a range), a unit with a fixed content. The rest is left out and counted.

use super::wire::{DEMO_SYSTEM, external_ids, month, place, reference};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

const MONTHS_AHEAD: usize = 12;

/// How often a supply line's quantity comes.
#[derive(Debug, Clone, Copy)]
enum Pace {
    /// Once: put into the coming month.
    Once,
    /// Every day: counted by month.
    Daily,
    /// Within a year: one period of twelve months.
    Yearly,
}

/// A supply line that can be said exactly: row of the file, quantity and unit as printed.
struct Supply {
    row: usize,
    unit: &'static str,
    quantity: u64,
    pace: Pace,
    set: u8,
    place: &'static str,
}

const fn supply(
    row: usize,
    (quantity, unit): (u64, &'static str),
    pace: Pace,
    set: u8,
    place: &'static str,
) -> Supply {
    Supply { row, unit, quantity, pace, set, place }
}

const SONG_MAY: &str = "xã Tân An, huyện Vĩnh Cửu, Đồng Nai";
const SUPPLIES: [Supply; 7] = [
    supply(1, (20, "tấn"), Pace::Once, 2, SONG_MAY),
    supply(2, (50, "tấn"), Pace::Once, 2, SONG_MAY),
    supply(3, (50, "tấn"), Pace::Once, 2, SONG_MAY),
    supply(5, (500, "kg"), Pace::Daily, 1, "Xuân Bắc, Đồng Nai"),
    supply(7, (2, "tấn"), Pace::Daily, 1, "Gia Tân 3, Đồng Nai"),
    supply(8, (40_000, "trái"), Pace::Daily, 2, "Suối Nho, Đồng Nai"),
    supply(12, (40, "tấn"), Pace::Yearly, 1, "xã Hòa Tân, huyện Cầu Kè, Trà Vinh"),
];

/// A demand line that can be said exactly, and what the demo had to assume.
struct Wanted {
    row: usize,
    quantity: u64,
    unit: &'static str,
    certificates: &'static [&'static str],
    assumed: &'static str,
}

const WANTED: [Wanted; 5] = [
    Wanted { row: 2, quantity: 985, unit: "tấn", certificates: &[], assumed: "nơi giao" },
    Wanted { row: 3, quantity: 73, unit: "tấn", certificates: &[], assumed: "nơi giao" },
    Wanted { row: 10, quantity: 20, unit: "tấn", certificates: &[], assumed: "" },
    Wanted {
        row: 12,
        quantity: 5_000,
        unit: "lít",
        certificates: &[],
        assumed: "nơi giao tại cảng (20.000 chai 250 ml = 5.000 lít)",
    },
    Wanted {
        row: 14,
        quantity: 7,
        unit: "tấn",
        certificates: &["organic"],
        assumed: "nơi giao tại cảng",
    },
];
/// Where a line names no place in Vietnam, goods go to the port or market of this city.
const ASSUMED_PLACE: &str = "TP. Hồ Chí Minh";

#[derive(Debug, Deserialize)]
struct SupplyRow {
    producer: String,
    producer_type: String,
    product: String,
    source: String,
    period: String,
}

#[derive(Debug, Deserialize)]
struct DemandRow {
    buyer: String,
    buyer_type: String,
    product: String,
    source: String,
}

/// Lines of one kind, in the order of the interchange, with the number of rows left out.
#[derive(Debug, Default)]
pub(super) struct RealLines {
    pub(super) parties: Vec<Value>,
    pub(super) products: Vec<Value>,
    pub(super) offers: Vec<Value>,
    pub(super) demands: Vec<Value>,
    pub(super) left_out: usize,
}

fn rows<T: serde::de::DeserializeOwned>(text: &str) -> Vec<T> {
    csv::Reader::from_reader(text.as_bytes())
        .into_deserialize()
        .collect::<Result<_, _>>()
        .expect("a table compiled in from data/ is well-formed")
}

/// Offers of the supply lines.
pub(super) fn supplies(today: Date) -> RealLines {
    let rows: Vec<SupplyRow> = rows(include_str!("../../data/supplies.csv"));
    let mut lines = RealLines { left_out: rows.len() - SUPPLIES.len(), ..RealLines::default() };
    for (supply, row) in SUPPLIES.iter().map(|supply| (supply, &rows[supply.row - 1])) {
        let first_of_producer = SUPPLIES
            .iter()
            .find(|other| rows[other.row - 1].producer == row.producer)
            .map_or(supply.row, |other| other.row);
        let party = format!("supply-producer-{first_of_producer:02}");
        if first_of_producer == supply.row {
            lines.parties.push(producer(&party, row, supply.place));
        }
        lines.products.push(supply.product(row, &party));
        lines.offers.push(supply.offer(row, today));
    }
    lines
}

fn producer(id: &str, row: &SupplyRow, address: &str) -> Value {
    json!({
        "type": "party",
        "external_ids": external_ids(DEMO_SYSTEM, id),
        "name": row.producer,
        "legal_form": legal_form(&row.producer_type),
        "roles": ["producer"],
        "place": place(address),
    })
}

fn legal_form(kind: &str) -> &'static str {
    match kind {
        "cooperative" => "cooperative",
        "public body" => "agency",
        "household" | "farm" | "consumer group" => "household",
        _ => "enterprise",
    }
}

impl Supply {
    fn id(&self) -> String {
        format!("supply-{:02}", self.row)
    }

    fn product(&self, row: &SupplyRow, party: &str) -> Value {
        json!({
            "type": "product",
            "external_ids": external_ids(DEMO_SYSTEM, &self.id()),
            "party": reference(DEMO_SYSTEM, party),
            "name": row.product,
            "product_set": self.set,
            "unit": self.unit,
            "packagings": [],
            "story": format!("Nguồn: {}. Bộ sản phẩm do bản demo xếp.", row.source),
        })
    }

    fn offer(&self, row: &SupplyRow, today: Date) -> Value {
        json!({
            "type": "offer",
            "external_ids": external_ids(DEMO_SYSTEM, &self.id()),
            "product": reference(DEMO_SYSTEM, &self.id()),
            "status": "published",
            "unit": self.unit,
            "min_order": 1,
            "increment": 1,
            "capacity": self.capacity(today),
            "place": place(self.place),
            "lead_time_days": 2,
            "pickup": true,
            "visibility": "public",
            "note": format!(
                "Nguồn: {}; kỳ theo nguồn: {}. Số lượng theo nguồn, kỳ cung ứng là giá trị demo.",
                row.source, period_words(&row.period)
            ),
        })
    }

    fn capacity(&self, today: Date) -> Value {
        let period = |(from, to): (Date, Date), quantity: u64| {
            let (from, to) = (from.to_string(), to.to_string());
            json!({ "from": from, "to": to, "quantity": quantity })
        };
        let next = month(today, 1);
        match self.pace {
            Pace::Once => json!([period(next, self.quantity)]),
            Pace::Yearly => {
                json!([period((next.0, month(today, MONTHS_AHEAD).1), self.quantity)])
            }
            Pace::Daily => (1..=MONTHS_AHEAD)
                .map(|ahead| month(today, ahead))
                .map(|span| period(span, self.quantity * u64::from(span.1.day().unsigned_abs())))
                .collect(),
        }
    }
}

/// What the table says in English of when a quantity is there.
fn period_words(period: &str) -> &str {
    match period {
        "daily" => "hằng ngày",
        "yearly" => "hằng năm",
        "available 7/2021" => "có từ 7/2021",
        other => other,
    }
}

/// Demands of the demand lines.
pub(super) fn demands(today: Date) -> RealLines {
    let rows: Vec<DemandRow> = rows(include_str!("../../data/demands.csv"));
    let mut lines = RealLines { left_out: rows.len() - WANTED.len(), ..RealLines::default() };
    for (wanted, row) in WANTED.iter().map(|wanted| (wanted, &rows[wanted.row - 1])) {
        let first_of_buyer = WANTED
            .iter()
            .find(|other| rows[other.row - 1].buyer == row.buyer)
            .map_or(wanted.row, |other| other.row);
        let party = format!("press-buyer-{first_of_buyer:02}");
        if first_of_buyer == wanted.row {
            lines.parties.push(buyer(&party, row));
        }
        lines.demands.push(wanted.line(row, &party, today));
    }
    lines
}

fn buyer(id: &str, row: &DemandRow) -> Value {
    json!({
        "type": "party",
        "external_ids": external_ids(DEMO_SYSTEM, id),
        "name": buyer_name(&row.buyer),
        "legal_form": legal_form(&row.buyer_type),
        "roles": ["distributor"],
        "place": place(ASSUMED_PLACE),
    })
}

/// The name of a buyer whom the press does not name; the table describes it in English.
fn buyer_name(described: &str) -> &str {
    match described {
        "(unnamed enterprise A, Task Force 970)" => {
            "Doanh nghiệp A, không nêu tên (Tổ công tác 970)"
        }
        "(unnamed, meals for workers in TP.HCM)" => {
            "Bên mua không nêu tên (suất ăn công nhân, TP. Hồ Chí Minh)"
        }
        "(US buyer, via nhombanhang.io.vn)" => {
            "Bên mua tại Hoa Kỳ, không nêu tên (nhombanhang.io.vn)"
        }
        name => name,
    }
}

impl Wanted {
    /// The good with its source and what is assumed: a demand has no note.
    fn title(&self, row: &DemandRow) -> String {
        let also = if self.assumed.is_empty() { "" } else { " và " };
        format!(
            "{} (nguồn: {}; kỳ giao{also}{} là giả định của bản demo)",
            row.product, row.source, self.assumed
        )
    }

    fn line(&self, row: &DemandRow, party: &str, today: Date) -> Value {
        let (from, to) = month(today, 1);
        json!({
            "type": "demand",
            "external_ids": external_ids(DEMO_SYSTEM, &format!("press-demand-{:02}", self.row)),
            "party": reference(DEMO_SYSTEM, party),
            "status": "open",
            "title": self.title(row),
            "text": row.product,
            "unit": self.unit,
            "price_basis": "delivered",
            "requirements": { "certificates": self.certificates },
            "deliveries": [{
                "place": place(ASSUMED_PLACE),
                "from": from.to_string(),
                "to": to.to_string(),
                "quantity": self.quantity,
            }],
            "visibility": "public",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::Reference;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 23);

    #[test]
    fn all_rows_are_used_or_counted() {
        let (supplies, demands) = (supplies(TODAY), demands(TODAY));
        assert_eq!(supplies.offers.len() + supplies.left_out, 17);
        assert_eq!(demands.demands.len() + demands.left_out, 24);
        assert_eq!(supplies.offers.len(), supplies.products.len());
    }

    #[test]
    fn a_daily_line_counts_the_days_of_each_month() {
        let lines = supplies(TODAY);
        let mushrooms = lines.offers.iter().find(|o| o["external_ids"]["demo"] == "supply-05");
        let capacity = &mushrooms.unwrap()["capacity"];
        assert_eq!(capacity[0]["quantity"], 500 * 31, "December");
        assert_eq!(capacity[2]["quantity"], 500 * 28, "February 2027");
    }

    #[test]
    fn the_rows_named_in_the_code_are_the_rows_meant() {
        let lines = supplies(TODAY);
        let names: Vec<_> = lines.products.iter().map(|p| p["name"].as_str().unwrap()).collect();
        assert_eq!(names[3..], ["nấm bào ngư", "rau cải", "trứng cút", "dừa sáp"]);
        let demands = demands(TODAY).demands;
        let titles: Vec<_> =
            demands.iter().map(|demand| demand["title"].as_str().unwrap()).collect();
        let goods = ["cá tra (nguồn", "cá ngừ (nguồn", "rau (nguồn"];
        assert!(goods.iter().zip(&titles).all(|(good, title)| title.starts_with(good)));
        assert!(titles.iter().all(|title| title.chars().count() <= 200), "{titles:?}");
        assert!(
            titles[3].starts_with("nước mật hoa dừa") && titles[4].starts_with("đường hoa dừa")
        );
    }

    #[test]
    fn names_and_periods_are_told_in_vietnamese() {
        let buyers = demands(TODAY).parties;
        let names: Vec<_> = buyers.iter().map(|party| party["name"].as_str().unwrap()).collect();
        let told = [
            "Doanh nghiệp A, không nêu tên (Tổ công tác 970)",
            "Bên mua không nêu tên (suất ăn công nhân, TP. Hồ Chí Minh)",
            "LNS International (USA)",
            "Bên mua tại Hoa Kỳ, không nêu tên (nhombanhang.io.vn)",
        ];
        assert_eq!(names, told);
        for offer in supplies(TODAY).offers {
            let note = offer["note"].as_str().unwrap();
            let periods = ["hằng ngày", "hằng năm", "có từ 7/2021"];
            assert!(periods.iter().any(|it| note.contains(it)), "{note}");
        }
    }

    #[test]
    fn every_place_resolves() {
        let reference = Reference::load();
        for supply in &SUPPLIES {
            let found = reference.resolve_text(supply.place);
            assert!(found.is_ok(), "{}: {found:?}", supply.place);
        }
    }
}
