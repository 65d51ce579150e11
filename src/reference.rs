//! Reference data of the trade: product sets, units, administrative units, certificate kinds,
//! markets and synonyms, compiled in from `data/` and loaded once. Knows nothing of HTTP or the
//! database.

pub mod area;
mod certificate_kinds;
pub mod communes;
pub mod former_units;
pub mod markets;
mod place_index;
pub mod place_name;
mod place_search;
pub mod places;
pub mod point;
pub mod product_sets;
pub mod provinces;
pub mod synonyms;
mod table;
pub mod units;

use std::sync::LazyLock;

use jiff::civil::Date;

pub use certificate_kinds::{CertificateKind, CertificateSubject};
pub use communes::{Commune, CommuneCode, CommuneKind, Communes};
pub use former_units::{FormerCommune, FormerDistrict, FormerUnits};
pub use markets::{Market, Markets};
pub use places::{PlaceError, PlaceLevel, Places, ResolvedPlace};
pub use point::Point;
pub use product_sets::{ProductSets, Taxon, TaxonLevel};
pub use provinces::{Province, ProvinceCode, Provinces};
pub use synonyms::{Synonym, SynonymRelation};
pub use units::{Dimension, Unit, Units};

/// Everything that the service knows before the first record: immutable, shared by all threads.
#[derive(Debug)]
pub struct Reference {
    product_sets: ProductSets,
    units: Units,
    places: Places,
    certificate_kinds: Vec<CertificateKind>,
    markets: Markets,
    synonyms: Vec<Synonym>,
}

impl Reference {
    /// The one copy that all requests of this process share.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Reference> = LazyLock::new(Reference::load);
        &SHARED
    }

    /// Reads the compiled-in tables.
    ///
    /// # Panics
    /// Only if a file under `data/` is malformed, which the tests of this module exclude.
    #[must_use]
    pub fn load() -> Self {
        Self {
            product_sets: ProductSets::load(),
            units: Units::load(),
            places: Places::load(),
            certificate_kinds: certificate_kinds::load(),
            markets: Markets::load(),
            synonyms: synonyms::load(),
        }
    }

    /// The OCOP taxonomy: industries, subgroups and the 26 sets.
    #[must_use]
    pub fn product_sets(&self) -> &ProductSets {
        &self.product_sets
    }

    /// All units of the trade.
    #[must_use]
    pub fn units(&self) -> &Units {
        &self.units
    }

    /// The unit of a code or an alias: `unit("ký")` is the kilogram.
    #[must_use]
    pub fn unit(&self, name: &str) -> Option<&Unit> {
        self.units.find(name)
    }

    /// The administrative lists, old and new.
    #[must_use]
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// Provinces with their versions.
    #[must_use]
    pub fn provinces(&self) -> &Provinces {
        self.places.provinces()
    }

    /// Today's communes.
    #[must_use]
    pub fn communes(&self) -> &Communes {
        self.places.communes()
    }

    /// Kinds of certificate that a record may name.
    #[must_use]
    pub fn certificate_kinds(&self) -> &[CertificateKind] {
        &self.certificate_kinds
    }

    /// The certificate kind of a code.
    #[must_use]
    pub fn certificate_kind(&self, code: &str) -> Option<&CertificateKind> {
        self.certificate_kinds.iter().find(|kind| kind.code == code)
    }

    /// Destination markets with the papers that they ask for.
    #[must_use]
    pub fn markets(&self) -> &Markets {
        &self.markets
    }

    /// Regional and spelling variants, with the flag of those that must not be merged blindly.
    #[must_use]
    pub fn synonyms(&self) -> &[Synonym] {
        &self.synonyms
    }

    /// Resolves an address in words, old or new; see [`Places::resolve_text`].
    ///
    /// # Errors
    /// Names the part of the text that is unknown or ambiguous.
    pub fn resolve_text(&self, text: &str) -> Result<ResolvedPlace, PlaceError> {
        self.places.resolve_text(text)
    }

    /// Resolves codes as they stood on `as_of`; see [`Places::resolve_codes`].
    ///
    /// # Errors
    /// Names the code that is unknown, or that needs a date to have a meaning.
    pub fn resolve_codes(
        &self,
        province: &str,
        commune: Option<&str>,
        as_of: Option<Date>,
    ) -> Result<ResolvedPlace, PlaceError> {
        self.places.resolve_codes(province, commune, as_of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_the_official_counts() {
        let reference = Reference::load();
        let sets = reference.product_sets().at_level(TaxonLevel::Set).count();
        assert_eq!(sets, 26);
        assert_eq!(reference.product_sets().at_level(TaxonLevel::Industry).count(), 6);
        assert_eq!(reference.provinces().current().count(), 34);
        assert_eq!(reference.communes().iter().count(), 3_321);
        assert_eq!(reference.units().iter().count(), 42);
        assert_eq!(reference.synonyms().len(), 502);
    }

    #[test]
    fn every_market_names_known_certificate_kinds() {
        let reference = Reference::load();
        for market in reference.markets().iter() {
            for kind in market.requires.iter().flatten() {
                assert!(reference.certificate_kind(kind).is_some(), "{kind}");
            }
        }
    }
}
