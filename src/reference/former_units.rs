//! Districts and communes as they stood until 30 June 2025, each with the communes of today that
//! took over its land. Only for reading old addresses: nothing new is recorded under them.

use super::communes::CommuneCode;
use super::place_name::PlaceKind;
use super::provinces::ProvinceCode;
use super::table;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A district, town or city of the abolished middle level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerDistrict {
    /// Three-digit code of the old list.
    pub code: String,
    /// Name alone: `Cầu Kè`.
    pub name: String,
    /// Huyện, quận, thị xã or thành phố.
    pub kind: PlaceKind,
    /// Code of its province in the list of before the reform.
    pub province_code: ProvinceCode,
    /// Earlier names, folded.
    pub aliases: Vec<String>,
    /// Today's communes on its land; the one that kept its name first.
    pub successors: Vec<CommuneCode>,
}

/// A commune, ward or township of before the reform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerCommune {
    /// Its code in the old list; some now mean another commune.
    pub code: CommuneCode,
    /// Name alone: `Hòa Ân`.
    pub name: String,
    /// Xã, phường or thị trấn.
    pub kind: PlaceKind,
    /// Position of its district in [`FormerUnits::districts`].
    pub district: usize,
    /// Earlier names, folded.
    pub aliases: Vec<String>,
    /// Today's communes that took over its land; the main one first.
    pub successors: Vec<CommuneCode>,
}

#[derive(Deserialize)]
struct DistrictRow {
    code: String,
    name: String,
    kind: PlaceKind,
    province_code: String,
    aliases: String,
    successor_codes: String,
}

#[derive(Deserialize)]
struct CommuneRow {
    code: String,
    name: String,
    kind: PlaceKind,
    district_code: String,
    successor_codes: String,
    aliases: String,
}

/// All units of the abolished lists below the province.
#[derive(Debug)]
pub struct FormerUnits {
    /// Districts by code.
    pub districts: Vec<FormerDistrict>,
    /// Communes by code.
    pub communes: Vec<FormerCommune>,
}

impl FormerUnits {
    pub(super) fn load() -> Self {
        let rows: Vec<DistrictRow> = table::rows(include_str!("../../data/districts_old.csv"));
        let mut districts: Vec<_> = rows.into_iter().map(FormerDistrict::from).collect();
        districts.sort_unstable_by(|one, other| one.code.cmp(&other.code));
        let rows: Vec<CommuneRow> = table::rows(include_str!("../../data/communes_old.csv"));
        let mut communes: Vec<_> =
            rows.into_iter().map(|row| former_commune(row, &districts)).collect();
        communes.sort_unstable_by_key(|commune| commune.code);
        collect_successors(&mut districts, &communes);
        Self { districts, communes }
    }

    /// The former commune of a code of the old list.
    #[must_use]
    pub fn commune(&self, code: CommuneCode) -> Option<&FormerCommune> {
        let index = self.communes.binary_search_by_key(&code, |commune| commune.code).ok()?;
        self.communes.get(index)
    }

    /// Code, in the old list, of the province that a former commune lay in.
    #[must_use]
    pub fn province_of(&self, commune: &FormerCommune) -> ProvinceCode {
        self.districts[commune.district].province_code
    }
}

/// A district's communes of today, those that inherit most of its former communes first.
fn collect_successors(districts: &mut [FormerDistrict], communes: &[FormerCommune]) {
    let mut heirs: Vec<BTreeMap<CommuneCode, usize>> = vec![BTreeMap::new(); districts.len()];
    for commune in communes {
        for (rank, successor) in commune.successors.iter().enumerate() {
            *heirs[commune.district].entry(*successor).or_default() += usize::from(rank == 0);
        }
    }
    for (district, heirs) in districts.iter_mut().zip(heirs) {
        let mut ordered: Vec<_> = heirs.into_iter().filter(|(_, main)| *main > 0).collect();
        ordered.sort_by_key(|(code, main)| (std::cmp::Reverse(*main), *code));
        district.successors.extend(ordered.into_iter().map(|(code, _)| code));
    }
}

fn former_commune(row: CommuneRow, districts: &[FormerDistrict]) -> FormerCommune {
    let district = districts
        .binary_search_by(|district| district.code.cmp(&row.district_code))
        .expect("a former commune names its district");
    FormerCommune {
        code: CommuneCode::parse(&row.code).expect("a commune code has five digits"),
        name: row.name,
        kind: row.kind,
        district,
        aliases: table::items(&row.aliases, '|'),
        successors: codes(&row.successor_codes),
    }
}

fn codes(cell: &str) -> Vec<CommuneCode> {
    cell.split(' ').filter_map(CommuneCode::parse).collect()
}

impl From<DistrictRow> for FormerDistrict {
    fn from(row: DistrictRow) -> Self {
        Self {
            code: row.code,
            name: row.name,
            kind: row.kind,
            province_code: ProvinceCode::parse(&row.province_code)
                .expect("a province code has two digits"),
            aliases: table::items(&row.aliases, '|'),
            successors: codes(&row.successor_codes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{Communes, Provinces};

    #[test]
    fn every_former_unit_has_successors_of_today_in_its_own_province() {
        let (units, communes, provinces) =
            (FormerUnits::load(), Communes::load(), Provinces::load());
        assert_eq!((units.districts.len(), units.communes.len()), (696, 10_035));
        for commune in &units.communes {
            let old = provinces.former().find(|p| p.code == units.province_of(commune)).unwrap();
            assert!(!commune.successors.is_empty(), "{}", commune.name);
            for code in &commune.successors {
                let successor = communes.get(*code).unwrap();
                assert_eq!(successor.province_code, old.current_code(), "{}", commune.name);
            }
        }
        assert!(units.districts.iter().all(|district| !district.successors.is_empty()));
    }
}
