//! Products on the wire.

use std::collections::BTreeMap;

use matching::certificate::StarPeriod;
use matching::date::Date;
use matching::product::Packaging;
use matching::violation::{Rule, Violation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::etag::Tag;
use super::problem::ApiError;
use super::words::words;
use crate::actions::products::{ProductCommand, ProductView};

words! {
    /// Whether a product is still made.
    ProductState = matching::product::ProductState {
        /// It is in the catalogue.
        Active,
        /// Its producer has taken it out of the catalogue.
        Archived,
    }
}

/// How much of another unit one unit contains.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContentBody {
    /// How many.
    #[schema(minimum = 1, maximum = 1_000_000_000, example = 24)]
    pub quantity: u64,
    /// Code or name of a unit, such as `chai` or `ml`.
    #[schema(min_length = 1, max_length = 40, example = "chai")]
    pub unit: String,
}

/// A unit that a product is sold in, with its exact content.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PackagingBody {
    /// Code or name of the unit, such as `thùng`.
    #[schema(min_length = 1, max_length = 40, example = "thùng")]
    pub unit: String,
    /// What one of it contains.
    pub contains: ContentBody,
}

/// What is stated about a product.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductBody {
    /// The producer: your party if absent, or one that you registered. It cannot change later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub party_id: Option<String>,
    /// Name as recognised.
    #[schema(min_length = 1, max_length = 200, example = "Mật hoa dừa")]
    pub name: String,
    /// Number of its OCOP product set; see `/v1/product-sets`.
    #[schema(minimum = 1, maximum = 26, example = 5)]
    pub product_set: u8,
    /// The unit that it is sold in by default; see `/v1/units`. A unit without a fixed content,
    /// such as `chai` or `chục`, needs a packaging that defines it.
    #[schema(min_length = 1, max_length = 40, example = "chai")]
    pub unit: String,
    /// Units that it is sold in, with their content; they may build on each other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 16, example = json!([
        {"unit": "chai", "contains": {"quantity": 500, "unit": "ml"}},
        {"unit": "thùng", "contains": {"quantity": 24, "unit": "chai"}}
    ]))]
    pub packagings: Vec<PackagingBody>,
    /// Free attributes, such as net content or degree of protein.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false, example = json!({"net_content": "500 ml"}))]
    pub attributes: BTreeMap<String, String>,
    /// Global trade item number of 8, 12, 13 or 14 digits; kept as 14.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 14, example = "8934563138165")]
    pub gtin: Option<String>,
    /// Its story.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 5000)]
    pub story: Option<String>,
    /// Addresses of pictures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 16)]
    pub image_urls: Vec<String>,
    /// Address of its traceability page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000, example = "https://truyxuat.example/mat-hoa-dua")]
    pub trace_url: Option<String>,
    /// Ids in the producer's systems, by system.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false, schema_with = super::external_ids::schema)]
    pub external_ids: BTreeMap<String, String>,
}

/// What a product is recognised as on a day.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Recognition {
    /// OCOP stars.
    #[schema(minimum = 3, maximum = 5, example = 4)]
    pub stars: u8,
    /// Whether four stars await the ministry's decision on five.
    pub potential_five_star: bool,
    /// The last day on which it counts.
    #[schema(format = "date")]
    pub valid_until: String,
    /// The day on which it is judged.
    #[schema(format = "date")]
    pub as_of: String,
}

/// A product.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductRecord {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// Grows by one with every change; the first part of the `ETag`.
    pub version: i64,
    /// When it was recorded.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// When it was last changed.
    #[schema(format = "date-time")]
    pub updated_at: String,
    /// Ids in the producer's systems; empty unless you may change the product.
    pub external_ids: BTreeMap<String, String>,
    /// What you can do with it now.
    #[schema(example = json!(["update", "archive"]))]
    pub allowed_actions: Vec<String>,
    /// The producer.
    #[schema(format = "uuid")]
    pub party_id: String,
    /// Whether it is still made.
    pub state: ProductState,
    /// What it is recognised as on the asked day; absent without a star that counts then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recognition: Option<Recognition>,
    /// Name as recognised.
    pub name: String,
    /// Number of its OCOP product set.
    pub product_set: u8,
    /// Code of its default selling unit.
    pub unit: String,
    /// Units that it is sold in.
    pub packagings: Vec<PackagingBody>,
    /// Free attributes.
    pub attributes: BTreeMap<String, String>,
    /// Global trade item number, 14 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gtin: Option<String>,
    /// Its story.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub story: Option<String>,
    /// Addresses of pictures.
    pub image_urls: Vec<String>,
    /// Address of its traceability page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_url: Option<String>,
}

impl ProductRecord {
    /// The tag of this answer: the version, and what it is recognised as; others than its owner
    /// see less of it.
    #[must_use]
    pub fn tag(&self) -> Tag {
        if self.allowed_actions.is_empty() {
            return Tag::seen(self.version, self);
        }
        match &self.recognition {
            None => Tag::from(self.version),
            Some(Recognition { stars, potential_five_star, valid_until, as_of }) => {
                let potential = if *potential_five_star { "+" } else { "" };
                Tag::judged(self.version, &format!("{stars}{potential}-{valid_until}-{as_of}"))
            }
        }
    }
}

/// The command that a body states.
///
/// # Errors
/// 422 for a producer whose id is none.
pub fn command(body: &ProductBody) -> Result<ProductCommand, ApiError> {
    let body = body.clone();
    let unknown = |_| ApiError::invalid(vec![Violation::new("/party_id", Rule::UnknownReference)]);
    let packaging = |packaging: PackagingBody| Packaging {
        unit: packaging.unit,
        quantity: packaging.contains.quantity,
        contained_unit: packaging.contains.unit,
    };
    Ok(ProductCommand {
        party_id: body.party_id.map(|id| id.parse()).transpose().map_err(unknown)?,
        name: body.name,
        product_set: body.product_set,
        unit: body.unit,
        packagings: body.packagings.into_iter().map(packaging).collect(),
        attributes: body.attributes,
        gtin: body.gtin,
        story: body.story,
        image_urls: body.image_urls,
        trace_url: body.trace_url,
        external_ids: body.external_ids,
    })
}

impl Recognition {
    fn new(star: StarPeriod, as_of: Date) -> Self {
        Self {
            stars: star.stars.number(),
            potential_five_star: star.stars.is_potential_five(),
            valid_until: star.counts.to().to_string(),
            as_of: as_of.to_string(),
        }
    }
}

impl From<&ProductView> for ProductRecord {
    fn from(view: &ProductView) -> Self {
        let body = ProductBody::from(view);
        let state = ProductState::from(view.product.state);
        Self {
            id: view.product.id.to_string(),
            version: view.product.version,
            created_at: view.product.created_at.to_string(),
            updated_at: view.product.updated_at.to_string(),
            external_ids: body.external_ids,
            allowed_actions: allowed_actions(view.may_change, state),
            party_id: view.product.terms.party_id.to_string(),
            state,
            recognition: view.recognition.map(|star| Recognition::new(star, view.judged_on)),
            name: body.name,
            product_set: body.product_set,
            unit: body.unit,
            packagings: body.packagings,
            attributes: body.attributes,
            gtin: body.gtin,
            story: body.story,
            image_urls: body.image_urls,
            trace_url: body.trace_url,
        }
    }
}

fn allowed_actions(may_change: bool, state: ProductState) -> Vec<String> {
    let actions: &[&str] = match state {
        _ if !may_change => &[],
        ProductState::Active => &["update", "archive"],
        ProductState::Archived => &["update", "restore"],
    };
    actions.iter().map(|action| (*action).to_owned()).collect()
}

/// The body that would give the same product.
impl From<&ProductView> for ProductBody {
    fn from(view: &ProductView) -> Self {
        let terms = &view.product.terms;
        let packaging = |packaging: &Packaging| PackagingBody {
            unit: packaging.unit.clone(),
            contains: ContentBody {
                quantity: packaging.quantity,
                unit: packaging.contained_unit.clone(),
            },
        };
        Self {
            party_id: Some(terms.party_id.to_string()),
            name: terms.name.clone(),
            product_set: terms.product_set.number(),
            unit: terms.unit.clone(),
            packagings: terms.packagings.iter().map(packaging).collect(),
            attributes: terms.attributes.iter().cloned().collect(),
            gtin: terms.gtin.as_ref().map(|gtin| gtin.as_str().to_owned()),
            story: terms.story.clone(),
            image_urls: terms.image_urls.clone(),
            trace_url: terms.trace_url.clone(),
            external_ids: view.external_ids.clone(),
        }
    }
}
