//! The 671 rows of real products as parties and products: one party per producer and province, one
//! product per name and producer with every recognition it had.

use super::certificates::{self, Listed, Recognition};
use super::random::Random;
use super::wire::{DEMO_SYSTEM, external_ids, place, reference, shifted};
use super::{goods, wire};
use crate::reference::{Reference, place_name};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Stars that lapse within so many days count as lapsed when renewals are generated.
const LAPSING_DAYS: i64 = 60;
/// Share of lapsed stars that the demo renews.
const RENEWED_PERCENT: u64 = 67;
/// Kept renewed, so that the first story finds an eligible offer on any day.
const ALWAYS_RENEWED: [&str; 3] = ["Mật hoa dừa", "Kẹo dừa sáp nguyên chất", "Đường hoa dừa"];
/// Kept valid until the year ends, so that a January delivery finds a star that lapses before it.
const LAPSES_AT_YEAR_END: &str = "Mật hoa dừa tươi Organic Sokfarm";

/// Demo assignment of a set, by a word of the name, for the rows whose set no source states.
const DEMO_SETS: [(&str, u8); 24] = [
    ("đông trùng", 18),
    ("cordyceps", 18),
    ("mật hoa dừa", 17),
    ("tinh bột nghệ", 20),
    ("dầu dừa", 20),
    ("tinh dầu", 20),
    ("cao ", 20),
    ("mộc ", 20),
    ("saphraton", 18),
    ("yến", 8),
    ("bánh dừa", 6),
    ("bánh chuối", 7),
    ("hương ", 21),
    ("nhang", 21),
    ("vòng đeo", 21),
    ("quế", 10),
    ("mắm", 9),
    ("sữa chua", 8),
    ("rong nho", 1),
    ("nấm", 1),
    ("trà", 12),
    ("rượu", 15),
    ("bánh", 6),
    ("dừa", 7),
];
/// Where no word decides.
const DEMO_SET_ELSE: u8 = 7;

#[derive(Debug, Deserialize)]
pub(super) struct ListRow {
    pub(super) name: String,
    pub(super) producer: String,
    pub(super) province: String,
    pub(super) district_or_commune: String,
    pub(super) stars: Option<u8>,
    pub(super) year: Option<i16>,
    pub(super) price_vnd: Option<u64>,
    pub(super) unit: String,
    pub(super) source: String,
    pub(super) potential_5_star: u8,
    pub(super) set_no: Option<u8>,
    pub(super) note: String,
}

/// The rows of the list in its order.
pub(super) fn list() -> Vec<ListRow> {
    csv::Reader::from_reader(include_bytes!("../../data/ocop_products.csv").as_slice())
        .into_deserialize()
        .collect::<Result<_, _>>()
        .expect("the list compiled in from data/ is well-formed")
}

/// A producer of the list, or the placeholder for the unnamed ones of a district.
#[derive(Debug)]
pub(super) struct DemoParty {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) place: String,
    pub(super) unnamed: bool,
}

/// A product of the list with its recognitions.
#[derive(Debug)]
pub(super) struct DemoProduct {
    pub(super) id: String,
    pub(super) row: usize,
    pub(super) party: usize,
    pub(super) name: String,
    pub(super) set: u8,
    pub(super) set_is_demo: bool,
    pub(super) place: String,
    pub(super) source: String,
    pub(super) listed_price: Option<(u64, String)>,
    pub(super) stars: Option<(u8, bool)>,
    pub(super) recognitions: Vec<Recognition>,
    pub(super) fate: Fate,
}

/// What happened to a product's stars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Never had any, or not that the list says.
    NoStars,
    /// Valid by the list alone.
    Listed,
    /// Lapsed or lapsing, renewed as a demo value.
    Renewed,
    /// Lapsed or lapsing, and left so.
    Lapsed,
}

/// Parties and products of the list.
#[derive(Debug, Default)]
pub(super) struct DemoRegistry {
    pub(super) parties: Vec<DemoParty>,
    pub(super) products: Vec<DemoProduct>,
    party_at: BTreeMap<(String, String), usize>,
    product_at: BTreeMap<(usize, String), usize>,
}

impl DemoRegistry {
    /// Groups the list. The seed decides which lapsed stars are renewed.
    pub(super) fn build(reference: &Reference, today: Date, seed: u64) -> Self {
        let mut registry = Self::default();
        for (index, row) in list().into_iter().enumerate() {
            let place = resolvable(reference, &row);
            let party = registry.party(&row, &place);
            registry.add(index + 1, row, (party, place), today);
        }
        for product in &mut registry.products {
            product.settle(today, seed);
        }
        registry
    }

    fn party(&mut self, row: &ListRow, place: &str) -> usize {
        let unnamed = row.producer.is_empty();
        let area = if unnamed { place } else { &row.province };
        let key = (words(&row.producer), area.to_owned());
        let next = self.parties.len();
        let at = *self.party_at.entry(key).or_insert(next);
        if at == next {
            let placeholder = || format!("Chủ thể chưa nêu tên ({place})");
            self.parties.push(DemoParty {
                id: format!("producer-{:03}", next + 1),
                name: if unnamed { placeholder() } else { row.producer.clone() },
                place: place.to_owned(),
                unnamed,
            });
        } else if !self.parties[at].unnamed && !self.parties[at].place.contains(',') {
            self.parties[at].place = place.to_owned();
        }
        at
    }

    fn add(&mut self, row_number: usize, row: ListRow, at: (usize, String), today: Date) {
        let (party, place) = at;
        let key = (party, words(&row.name).replace("cacao", "ca cao"));
        let next = self.products.len();
        let index = *self.product_at.entry(key).or_insert(next);
        let recognition = row.stars.and_then(|stars| {
            let potential_five_star = row.potential_5_star == 1;
            let note = row.note.as_str();
            let listed =
                Listed { row: row_number, stars, potential_five_star, year: row.year, note };
            certificates::listed(&listed, today)
        });
        if index == next {
            self.products.push(DemoProduct::new(row_number, party, place, &row));
        }
        let product = &mut self.products[index];
        product.stars = row.stars.map(|s| (s, row.potential_5_star == 1)).or(product.stars);
        product.recognitions.extend(recognition);
    }
}

impl DemoProduct {
    fn new(row_number: usize, party: usize, place: String, row: &ListRow) -> Self {
        Self {
            id: format!("product-{row_number:03}"),
            row: row_number,
            party,
            name: row.name.clone(),
            set: row.set_no.unwrap_or_else(|| demo_set(&row.name)),
            set_is_demo: row.set_no.is_none(),
            place,
            source: row.source.clone(),
            listed_price: row.price_vnd.map(|price| (price, row.unit.clone())),
            stars: None,
            recognitions: Vec::new(),
            fate: Fate::NoStars,
        }
    }

    /// Orders the history and decides what became of lapsed stars.
    fn settle(&mut self, today: Date, seed: u64) {
        self.recognitions.sort_by_key(|own| (own.decision_date, own.stars));
        self.recognitions.dedup_by(|later, kept| {
            let same = later.decision_date == kept.decision_date;
            if same {
                *kept = later.clone();
            }
            same
        });
        let Some((stars, potential_five_star)) = self.stars else { return };
        let last = self.recognitions.last().cloned();
        let horizon = shifted(today, LAPSING_DAYS.days());
        if last.as_ref().is_some_and(|last| last.expires_on() >= horizon) {
            self.fate = Fate::Listed;
            return;
        }
        let base = last.unwrap_or_else(|| undated(stars, potential_five_star, today));
        let mut random = Random::of(seed, "renewal", self.row);
        self.fate = self.renew(&base, today, &mut random);
    }

    fn renew(&mut self, base: &Recognition, today: Date, random: &mut Random) -> Fate {
        if self.name == LAPSES_AT_YEAR_END {
            if base.expires_on() < today {
                let decided = date(today.year() - 3, 12, 31);
                self.recognitions.push(certificates::demo_recognition(base, self.row, decided));
            }
            return Fate::Lapsed;
        }
        let renewed = random.percent(RENEWED_PERCENT) || ALWAYS_RENEWED.contains(&&*self.name);
        if renewed {
            self.recognitions.push(certificates::renewal(base, self.row, today, random));
        }
        if renewed { Fate::Renewed } else { Fate::Lapsed }
    }

    /// The product line.
    pub(super) fn line(&self, party: &DemoParty) -> Value {
        let goods = goods::of(self.set, &self.name);
        let set_note = if self.set_is_demo {
            " Bộ sản phẩm do bản demo xếp, không phải theo nguồn."
        } else {
            ""
        };
        let line = json!({
            "type": "product",
            "external_ids": external_ids(DEMO_SYSTEM, &self.id),
            "party": reference(DEMO_SYSTEM, &party.id),
            "name": self.name,
            "product_set": self.set,
            "unit": goods.unit,
            "packagings": goods.packagings(),
            "story": format!("Nguồn: {}.{set_note}", self.source),
        });
        wire::with(line, json!({ "attributes": attributes(&self.name) }))
    }
}

impl DemoParty {
    /// The party line.
    pub(super) fn line(&self) -> Value {
        json!({
            "type": "party",
            "external_ids": external_ids(DEMO_SYSTEM, &self.id),
            "name": self.name,
            "legal_form": self.legal_form(),
            "roles": ["producer"],
            "place": place(&self.place),
        })
    }

    /// Inferred from the first words of the business name.
    pub(super) fn legal_form(&self) -> &'static str {
        let name = words(&self.name);
        let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
        if starts(&["doanh nghiệp tư nhân", "dntn"]) {
            "private_enterprise"
        } else if starts(&["hợp tác xã", "htx", "liên hiệp"]) {
            "cooperative"
        } else if starts(&["tổ hợp tác", "tht", "tổ "]) {
            "cooperative_group"
        } else if starts(&["công ty", "cty", "chi nhánh", "nhà máy"]) {
            "enterprise"
        } else {
            "household"
        }
    }
}

/// Letters and digits of a name in lower case, accents kept.
fn words(name: &str) -> String {
    let spaced = name.replace(|c: char| !c.is_alphanumeric(), " ");
    place_name::normal(&spaced)
}

fn demo_set(name: &str) -> u8 {
    let name = format!("{} ", name.to_lowercase());
    let found = DEMO_SETS.iter().find(|(word, _)| name.contains(word));
    found.map_or(DEMO_SET_ELSE, |(_, set)| *set)
}

/// Stars whose day no source states: taken as lapsed, so that only a demo renewal can show them.
fn undated(stars: u8, potential_five_star: bool, today: Date) -> Recognition {
    Recognition {
        stars,
        potential_five_star,
        decision_date: shifted(today, (-6).years()),
        number: String::new(),
        authority: String::new(),
        note: String::new(),
    }
}

/// The row's address, without the parts in front that no administrative list knows.
fn resolvable(reference: &Reference, row: &ListRow) -> String {
    let parts: Vec<_> = row.district_or_commune.split(',').chain([&*row.province]).collect();
    let texts = (0..parts.len()).map(|from| parts[from..].join(",").trim().to_owned());
    let known = |text: &String| reference.resolve_text(text.trim_start_matches(',')).is_ok();
    let found = texts.into_iter().find(known).unwrap_or_else(|| row.province.clone());
    found.trim_start_matches([',', ' ']).to_owned().replace(",", ", ").replace(",  ", ", ")
}

/// Strength of a drink or protein degree of a fish sauce, where the name states it.
fn attributes(name: &str) -> Value {
    let before = |mark: &str| {
        let (before, _) = name.split_once(mark)?;
        before.trim_end().rsplit(' ').next()?.parse::<u64>().ok()
    };
    match (before("%"), before("độ đạm")) {
        (Some(percent), _) => json!({ "alcohol_percent": percent.to_string() }),
        (None, Some(degree)) => json!({ "protein_degree": degree.to_string() }),
        (None, None) => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = date(2026, 11, 23);

    fn registry() -> DemoRegistry {
        DemoRegistry::build(&Reference::load(), TODAY, 1)
    }

    #[test]
    fn all_rows_become_products_of_named_or_placeholder_parties() {
        assert_eq!(list().len(), 671);
        let registry = registry();
        assert!((640..=660).contains(&registry.products.len()), "{}", registry.products.len());
        assert!(registry.products.iter().all(|product| (1..=26).contains(&product.set)));
        let unnamed = registry.parties.iter().filter(|party| party.unnamed);
        assert!(unnamed.clone().all(|party| party.name.starts_with("Chủ thể chưa nêu tên (")));
        assert!(unnamed.count() >= 10);
    }

    #[test]
    fn a_product_recognised_twice_keeps_its_history() {
        let registry = registry();
        let sokfarm = |product: &&DemoProduct| {
            product.name == "Mật hoa dừa"
                && registry.parties[product.party].name.contains("Trà Vinh Farm")
        };
        let found: Vec<_> = registry.products.iter().filter(sokfarm).collect();
        assert_eq!(found.len(), 1);
        let stars: Vec<_> = found[0].recognitions.iter().map(|own| own.stars).collect();
        assert_eq!(stars, [4, 5, 5], "2022, 2023 and a demo renewal");
    }

    #[test]
    fn about_two_thirds_of_lapsed_stars_are_renewed() {
        let products = registry().products;
        let count = |fate| products.iter().filter(|product| product.fate == fate).count();
        let (renewed, lapsed) = (count(Fate::Renewed), count(Fate::Lapsed));
        let share = renewed * 100 / (renewed + lapsed);
        assert!((60..=74).contains(&share), "{renewed} of {}", renewed + lapsed);
    }

    #[test]
    fn one_star_lapses_before_january() {
        for today in [TODAY, date(2027, 5, 1), date(2029, 2, 3)] {
            let registry = DemoRegistry::build(&Reference::load(), today, 1);
            let found = registry.products.iter().find(|p| p.name == LAPSES_AT_YEAR_END).unwrap();
            let last = found.recognitions.last().unwrap();
            assert_eq!(last.expires_on(), date(today.year(), 12, 31));
        }
    }

    #[test]
    fn every_place_resolves_into_the_province_of_the_row() {
        let reference = Reference::load();
        let registry = registry();
        let places = registry.products.iter().map(|product| &product.place);
        for place in places.chain(registry.parties.iter().map(|party| &party.place)) {
            assert!(reference.resolve_text(place).is_ok(), "{place}");
        }
        let exact = registry.products.iter().filter(|product| product.place.contains(','));
        assert!(exact.count() > 250);
    }

    #[test]
    fn strengths_are_read_from_names() {
        assert_eq!(attributes("Rượu Đế Gò Đen 31%"), json!({"alcohol_percent": "31"}));
        assert_eq!(attributes("Nước mắm 40 độ đạm"), json!({"protein_degree": "40"}));
        assert_eq!(attributes("Mật hoa dừa"), Value::Null);
    }
}
