//! Names of administrative units, old and new, by folded key.

use super::communes::{CommuneCode, Communes};
use super::former_units::FormerUnits;
use super::place_name;
use super::provinces::{Province, Provinces};
use std::collections::HashMap;

/// A unit below the province, as its position in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnitAt {
    District(usize),
    Former(usize),
    Commune(CommuneCode),
}

/// Units by the key of their name.
#[derive(Debug)]
pub(super) struct PlaceIndex {
    pub(super) provinces: HashMap<String, Vec<Province>>,
    pub(super) units: HashMap<String, Vec<UnitAt>>,
}

impl PlaceIndex {
    pub(super) fn build(provinces: &Provinces, communes: &Communes, former: &FormerUnits) -> Self {
        let mut index = Self { provinces: HashMap::new(), units: HashMap::new() };
        for province in provinces.current().chain(provinces.former()) {
            index.add_province(province);
        }
        for commune in communes.iter() {
            index.add(&commune.name, &[], UnitAt::Commune(commune.code));
        }
        for (at, district) in former.districts.iter().enumerate() {
            index.add(&district.name, &district.aliases, UnitAt::District(at));
        }
        for (at, commune) in former.communes.iter().enumerate() {
            index.add(&commune.name, &commune.aliases, UnitAt::Former(at));
        }
        index
    }

    fn add_province(&mut self, province: &Province) {
        let aliases = province.aliases.iter().map(|alias| place_name::key(alias));
        for key in aliases.chain([place_name::key(&province.name)]) {
            self.provinces.entry(key).or_default().push(province.clone());
        }
    }

    fn add(&mut self, name: &str, aliases: &[String], unit: UnitAt) {
        for name in aliases.iter().map(String::as_str).chain([name]) {
            self.units.entry(place_name::key(name)).or_default().push(unit);
        }
    }
}
