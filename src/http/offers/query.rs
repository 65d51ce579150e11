//! Which offers a list shows, as its query says.

use matching::date::Date;
use matching::place::ProvinceSet;
use matching::violation::{Rule, Violation, Violations};
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::query::{product_set, provinces};
use super::super::sort::Sort;
use super::wire::OfferState;
use crate::reference::Reference;
use crate::store::offers::OfferFilter;

/// Which offers a list shows.
#[derive(Debug, Deserialize, IntoParams)]
pub struct OfferQuery {
    /// Only offers of any of these parties; repeat for several.
    #[serde(default)]
    party_id: Vec<String>,
    /// Only offers of any of these products.
    #[serde(default)]
    product_id: Vec<String>,
    /// Only offers of a product of any of these sets, 1 to 26.
    #[serde(default)]
    product_set: Vec<i64>,
    /// Only offers with the goods in any of these provinces.
    #[serde(default)]
    province_code: Vec<String>,
    /// Only offers in any of these states.
    #[serde(default)]
    #[param(inline)]
    state: Vec<OfferState>,
    /// Words of the product's name, with or without accents.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Order: newest or oldest first.
    #[param(inline)]
    pub sort: Option<Sort>,
    /// The most records of the page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u8>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    pub cursor: Option<String>,
}

impl OfferQuery {
    /// What the list is to show, with states as they are on `today`.
    ///
    /// # Errors
    /// Every parameter with a value that names nothing.
    pub fn filter(
        &self,
        reference: &Reference,
        today: Date,
    ) -> Result<OfferFilter, Vec<Violation>> {
        let mut refused = Violations::default();
        let no_id = || Rule::WrongFormat { format: "uuid".into() };
        let parties = self.party_id.iter().map(|id| id.parse().ok()).collect();
        let products = self.product_id.iter().map(|id| id.parse().ok()).collect();
        let sets = self.product_set.iter().map(|number| product_set(*number)).collect();
        let provinces = provinces(reference, &self.province_code).unwrap_or_else(|all| {
            refused.extend("", all);
            ProvinceSet::default()
        });
        let filter = OfferFilter {
            parties: known(parties, ("party_id", no_id()), &mut refused),
            products: known(products, ("product_id", no_id()), &mut refused),
            product_sets: known(sets, ("product_set", Rule::UnknownProductSet), &mut refused),
            provinces: provinces.iter().collect(),
            states: self.state.iter().map(|state| (*state).into()).collect(),
            today,
            text: self.q.clone(),
        };
        refused.into_result(filter)
    }
}

/// The values of a parameter; none, and a note of it, if one of them cannot be read.
fn known<T>(
    values: Option<Vec<T>>,
    (name, rule): (&str, Rule),
    refused: &mut Violations,
) -> Vec<T> {
    refused.require(values.is_some(), name, rule);
    values.unwrap_or_default()
}
