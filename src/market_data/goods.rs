//! How goods of a product set are sold: unit, packagings, a plausible price and monthly output.
//! Public lists state none of these, so they are demo values by design.

use super::random::Random;
use serde_json::{Value, json};

/// A packaging: its unit holds `quantity` of another unit.
pub(super) type Packaging = (&'static str, u64, &'static str);

/// How one kind of goods is sold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Goods {
    /// Unit that offers are made in.
    pub(super) unit: &'static str,
    /// Packagings, inner ones first.
    pub(super) packagings: &'static [Packaging],
    /// Lowest and highest price of a unit, in đồng.
    pub(super) price_vnd: (u64, u64),
    /// Lowest and highest output of a month, in units.
    pub(super) monthly: (u64, u64),
    /// Smallest step of an order, in units.
    pub(super) increment: u64,
    /// True if it is harvested in a season only.
    pub(super) seasonal: bool,
}

const GOI: &[Packaging] = &[("gói", 250, "g"), ("thùng", 40, "gói")];
const HU: &[Packaging] = &[("hũ", 500, "g"), ("thùng", 24, "hũ")];
const HU_SMALL: &[Packaging] = &[("hũ", 200, "g"), ("thùng", 24, "hũ")];
const HOP: &[Packaging] = &[("hộp", 100, "g"), ("thùng", 50, "hộp")];
const BAO: &[Packaging] = &[("bao", 5, "kg")];
const CHAI: &[Packaging] = &[("chai", 500, "ml"), ("thùng", 24, "chai")];
const CHAI_SMALL: &[Packaging] = &[("chai", 250, "ml"), ("thùng", 24, "chai")];
const CHAI_OIL: &[Packaging] = &[("chai", 100, "ml"), ("thùng", 48, "chai")];
/// The coconut trade counts twelve to the chục.
const CHUC: &[Packaging] = &[("chục", 12, "trái")];
const EGGS: &[Packaging] = &[("hộp", 10, "trái")];
const PILLS: &[Packaging] = &[("hộp", 60, "cái")];

const fn goods(
    unit: &'static str,
    packagings: &'static [Packaging],
    price_vnd: (u64, u64),
    monthly: (u64, u64),
    increment: u64,
) -> Goods {
    Goods { unit, packagings, price_vnd, monthly, increment, seasonal: false }
}

const FRUIT: Goods =
    Goods { seasonal: true, ..goods("kg", &[], (20_000, 90_000), (500, 8_000), 10) };

/// Words of a name that decide before its set does: set (0 = any), word, goods.
const BY_NAME: [(u8, &str, Goods); 8] = [
    (1, "dừa", goods("trái", CHUC, (85_000, 140_000), (300, 3_000), 12)),
    (2, "trứng", goods("trái", EGGS, (2_800, 5_500), (10_000, 60_000), 10)),
    (4, "mật", goods("kg", HU, (150_000, 320_000), (100, 900), 5)),
    (7, "sáp", goods("kg", GOI, (180_000, 320_000), (100, 1_500), 5)),
    (8, "yến", goods("kg", HU_SMALL, (700_000, 2_400_000), (20, 200), 1)),
    (9, "nước", goods("lít", CHAI, (45_000, 140_000), (500, 9_000), 12)),
    (20, "dầu", goods("lít", CHAI_OIL, (350_000, 1_200_000), (20, 300), 1)),
    (21, "hương", goods("kg", HOP, (90_000, 400_000), (100, 900), 5)),
];

/// The goods of a set, and of a name within it.
pub(super) fn of(set: u8, name: &str) -> Goods {
    let name = name.to_lowercase();
    let named = BY_NAME.iter().find(|(of, word, _)| *of == set && has_word(&name, word));
    named.map_or_else(|| of_set(set), |(_, _, goods)| *goods)
}

fn has_word(name: &str, word: &str) -> bool {
    name.split_whitespace().any(|own| own == word)
}

fn of_set(set: u8) -> Goods {
    match set {
        1 => FRUIT,
        2 => goods("kg", &[], (90_000, 350_000), (300, 4_000), 5),
        3 => goods("kg", BAO, (18_000, 45_000), (2_000, 30_000), 50),
        4 => goods("kg", GOI, (80_000, 200_000), (200, 3_000), 10),
        5 => goods("kg", HU, (110_000, 180_000), (100, 1_200), 5),
        6 => goods("kg", GOI, (60_000, 160_000), (200, 4_000), 5),
        7 => goods("kg", GOI, (70_000, 220_000), (200, 3_000), 5),
        8 => goods("kg", GOI, (180_000, 600_000), (100, 2_000), 5),
        9 => goods("kg", HU, (50_000, 180_000), (200, 3_000), 6),
        10 => goods("kg", HU_SMALL, (60_000, 250_000), (100, 2_000), 5),
        11 => goods("kg", GOI, (200_000, 900_000), (50, 800), 1),
        12 => goods("kg", HOP, (150_000, 600_000), (50, 600), 1),
        13 => goods("kg", GOI, (120_000, 320_000), (200, 3_000), 5),
        14 | 15 => goods("lít", CHAI, (60_000, 250_000), (200, 2_500), 12),
        16 => goods("lít", CHAI, (6_000, 14_000), (5_000, 60_000), 12),
        17 => goods("lít", CHAI_SMALL, (40_000, 120_000), (300, 6_000), 6),
        18 => goods("hộp", PILLS, (120_000, 600_000), (100, 1_500), 10),
        19 => goods("cái", &[], (15_000, 120_000), (500, 8_000), 10),
        20 => goods("kg", HU_SMALL, (200_000, 900_000), (50, 600), 1),
        21 => goods("cái", &[], (50_000, 450_000), (100, 2_000), 5),
        22 => goods("cái", &[], (150_000, 600_000), (50, 600), 1),
        23..=25 => goods("chậu", &[], (60_000, 400_000), (50, 900), 1),
        _ => goods("khách", &[], (150_000, 600_000), (100, 1_000), 5),
    }
}

impl Goods {
    /// Packagings as the interchange names them.
    pub(super) fn packagings(&self) -> Value {
        let one = |(unit, quantity, inner): &Packaging| {
            let contains = json!({ "quantity": quantity, "unit": inner });
            json!({ "unit": unit, "contains": contains })
        };
        self.packagings.iter().map(one).collect()
    }

    /// Whether its unit is a packaging, which a demand must then define too.
    pub(super) fn is_packed(&self) -> bool {
        self.packagings.iter().any(|(unit, _, _)| *unit == self.unit)
    }

    /// A price of the range, rounded to 500 đồng.
    pub(super) fn price_vnd(&self, random: &mut Random) -> u64 {
        let (low, high) = self.price_vnd;
        random.between(low, high) / 500 * 500
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::Reference;

    #[test]
    fn every_set_is_sold_in_known_units() {
        let reference = Reference::load();
        for set in 1..=26 {
            let goods = of_set(set);
            let named = BY_NAME.iter().map(|(_, _, goods)| goods);
            for goods in named.chain([&goods]) {
                assert!(reference.units().get(goods.unit).is_some());
                for (unit, _, inner) in goods.packagings {
                    assert!(reference.units().get(unit).is_some(), "{unit}");
                    assert!(reference.units().get(inner).is_some(), "{inner}");
                }
            }
        }
    }

    #[test]
    fn a_fresh_coconut_is_sold_by_the_nut_and_twelve_make_a_chuc() {
        assert_eq!(of(1, "Dừa sáp Hòa Tân").unit, "trái");
        assert_eq!(of(1, "Dừa sáp Hòa Tân").packagings, CHUC);
        assert_eq!(of(1, "Dứa mật").unit, "kg");
    }
}
