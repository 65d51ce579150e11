//! Demands as clients see them: recorded, with their state and progress.

use std::collections::BTreeMap;

use matching::demand::{CommercialTerms, DeliveryNeed, Progress, Substitute, SubstituteProduct};
use matching::factor::{BASIS_POINTS, Factor, Weights};
use matching::id::{PartyId, ProductId};
use matching::money::Price;
use matching::place::Place;
use matching::product::{Packaging, ProductSet};
use serde::Serialize;
use utoipa::ToSchema;

use super::demand_body::{
    DeliveryBody, DemandBody, PreferencesBody, PriceBasis, SubstituteBody, TermsBody,
};
use super::demand_requirements::RequirementsBody;
use super::etag::Tag;
use super::places::{PlaceBody, PlaceView};
use super::product_record::{ContentBody, PackagingBody};
use super::visibility::Visibility;
use super::words::words;
use crate::actions::demands::DemandView;

words! {
    /// State of a demand.
    DemandState = matching::demand::DemandState {
        /// Not yet shown.
        Draft,
        /// Open, nothing agreed.
        Open,
        /// Open, a part agreed.
        PartiallyCovered,
        /// All that is wanted is agreed.
        Covered,
        /// Closed by its owner.
        Closed,
        /// Taken back.
        Cancelled,
        /// Past its closing time or its last delivery window.
        Expired,
    }
}

/// How much of what is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// Nothing.
    None,
    /// A part.
    Partial,
    /// All.
    Complete,
}

/// How much of the whole demand is agreed, under way and received.
#[derive(Debug, Serialize, ToSchema)]
pub struct Coverage {
    /// Agreed.
    pub committed: Extent,
    /// Dispatched and not yet received.
    pub in_transit: Extent,
    /// Accepted at receipt.
    pub fulfilled: Extent,
}

/// One delivery with its progress, in the demand's unit.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryRecord {
    /// Where the goods go; no nearer than the commune if the buyer is not shown.
    pub place: PlaceView,
    /// First day of the window.
    #[schema(format = "date")]
    pub from: String,
    /// Last day of the window.
    #[schema(format = "date")]
    pub to: String,
    /// How much is wanted.
    pub quantity: u64,
    /// Less than this is not worth a delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_quantity: Option<u64>,
    /// More than this is not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_quantity: Option<u64>,
    /// Agreed.
    pub committed: u64,
    /// Dispatched and not yet received.
    pub in_transit: u64,
    /// Accepted at receipt.
    pub fulfilled: u64,
}

/// A demand.
#[derive(Debug, Serialize, ToSchema)]
pub struct DemandRecord {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// Grows by one with every change; the `ETag`.
    pub version: i64,
    /// Grows by one with every change of what is stated.
    pub terms_version: i64,
    /// When it was recorded.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// When it was last changed.
    #[schema(format = "date-time")]
    pub updated_at: String,
    /// Ids in your systems.
    pub external_ids: BTreeMap<String, String>,
    /// What you can do with it now.
    #[schema(example = json!(["close", "cancel", "update"]))]
    pub allowed_actions: Vec<String>,
    /// The buyer; absent if it is anonymous and not you.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub party_id: Option<String>,
    /// State now.
    pub state: DemandState,
    /// A headline.
    pub title: String,
    /// What is wanted, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Numbers of the product sets that are wanted.
    pub product_sets: Vec<u8>,
    /// Products that are wanted.
    #[schema(value_type = Vec<Uuid>)]
    pub product_ids: Vec<String>,
    /// What may stand for it.
    pub substitutes: Vec<SubstituteBody>,
    /// The unit of the quantities.
    pub unit: String,
    /// Packagings that define the unit.
    pub packagings: Vec<PackagingBody>,
    /// Where, when and how much, recurring deliveries one by one.
    pub deliveries: Vec<DeliveryRecord>,
    /// How much of all deliveries together.
    pub coverage: Coverage,
    /// The highest price of one unit, in đồng.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unit_price: Option<u64>,
    /// What is not told to an authority of a demand that is not shown to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, example = json!(["max_unit_price"]))]
    pub withheld: Vec<String>,
    /// Where that price is compared.
    pub price_basis: PriceBasis,
    /// What an offer must meet.
    pub requirements: RequirementsBody,
    /// The most producers that share it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_suppliers: Option<u32>,
    /// The smallest share of one producer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_share: Option<u64>,
    /// Weights of the score, if not the default ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferences: Option<PreferencesBody>,
    /// Commercial terms.
    pub terms: TermsBody,
    /// Whether the buyer's name is hidden from others.
    pub anonymous: bool,
    /// Who may see it.
    pub visibility: Visibility,
    /// The parties that may see it, to its owner only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = super::demand_body::shown_invited_schema)]
    pub invited_party_ids: Option<Vec<String>>,
    /// When it closes by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    pub closes_at: Option<String>,
}

impl DemandRecord {
    /// Its entity tag: its version to its owner, though time alone makes it expire; others see
    /// less of it.
    #[must_use]
    pub fn tag(&self) -> Tag {
        match (self.invited_party_ids.is_some(), self.state) {
            (false, _) => Tag::seen(self.version, self),
            (true, DemandState::Expired) => Tag::judged(self.version, "expired"),
            (true, _) => self.version.into(),
        }
    }
}

impl From<&DemandView> for DemandRecord {
    fn from(view: &DemandView) -> Self {
        let (demand, terms) = (&view.demand, &view.demand.terms);
        let invited = terms.audience.invited().iter().map(PartyId::to_string);
        Self {
            id: demand.id.to_string(),
            version: demand.version,
            terms_version: demand.terms_version,
            created_at: demand.created_at.to_string(),
            updated_at: demand.updated_at.to_string(),
            external_ids: view.external_ids.clone(),
            allowed_actions: allowed_actions(view),
            party_id: view.shows_buyer.then(|| terms.party_id.to_string()),
            state: view.state.into(),
            title: terms.title.clone(),
            text: terms.text.clone(),
            product_sets: sets(&terms.product_sets),
            product_ids: ids(&terms.product_ids),
            substitutes: terms.substitutes.iter().map(Into::into).collect(),
            unit: terms.unit.clone(),
            packagings: terms.packagings.iter().map(packaging).collect(),
            deliveries: deliveries(view),
            coverage: coverage(view),
            max_unit_price: terms.max_unit_price.map(Price::vnd).filter(|_| view.shows_prices),
            withheld: if view.shows_prices { Vec::new() } else { vec!["max_unit_price".into()] },
            price_basis: terms.price_basis.into(),
            requirements: (&terms.requirements).into(),
            max_suppliers: terms.max_suppliers,
            min_share: terms.min_share,
            preferences: terms.preferences.map(Into::into),
            terms: terms.terms.into(),
            anonymous: terms.anonymous,
            visibility: terms.audience.visibility().into(),
            invited_party_ids: view.may_change.then(|| invited.collect()),
            closes_at: terms.closes_at.map(|instant| instant.to_string()),
        }
    }
}

fn allowed_actions(view: &DemandView) -> Vec<String> {
    if !view.may_change || view.state.is_end() {
        return Vec::new();
    }
    let actions = view.state.actions().iter().map(|action| action.code());
    actions.chain(["update"]).map(str::to_owned).collect()
}

fn deliveries(view: &DemandView) -> Vec<DeliveryRecord> {
    let needs = view.demand.terms.deliveries.iter().zip(&view.places);
    let record = |((need, place), progress): ((&DeliveryNeed, &Place), &Progress)| DeliveryRecord {
        place: place.into(),
        from: need.window.from().to_string(),
        to: need.window.to().to_string(),
        quantity: need.quantity,
        min_quantity: need.min_quantity,
        max_quantity: need.max_quantity,
        committed: progress.committed,
        in_transit: progress.in_transit,
        fulfilled: progress.fulfilled,
    };
    needs.zip(&view.demand.progress).map(record).collect()
}

fn coverage(view: &DemandView) -> Coverage {
    let wanted: u64 = view.demand.terms.deliveries.iter().map(|need| need.quantity).sum();
    let extent =
        |counter: fn(&Progress) -> u64| match view.demand.progress.iter().map(counter).sum::<u64>()
        {
            0 => Extent::None,
            part if part < wanted => Extent::Partial,
            _ => Extent::Complete,
        };
    Coverage {
        committed: extent(|progress| progress.committed),
        in_transit: extent(|progress| progress.in_transit),
        fulfilled: extent(|progress| progress.fulfilled),
    }
}

/// The body that would give the same demand.
impl From<&DemandView> for DemandBody {
    fn from(view: &DemandView) -> Self {
        let record = DemandRecord::from(view);
        let terms = &view.demand.terms;
        let named = !terms.product_sets.is_empty() || !terms.product_ids.is_empty();
        let is_default = !named && terms.text.as_ref() == Some(&terms.title);
        Self {
            party_id: None,
            title: record.title,
            text: record.text.filter(|_| !is_default),
            product_sets: record.product_sets,
            product_ids: record.product_ids,
            substitutes: record.substitutes,
            unit: record.unit,
            packagings: record.packagings,
            quantity: None,
            by: None,
            deliveries: terms.deliveries.iter().map(Into::into).collect(),
            recurrence: None,
            max_unit_price: record.max_unit_price,
            price_basis: Some(record.price_basis),
            requirements: Some(record.requirements),
            max_suppliers: record.max_suppliers,
            min_share: record.min_share,
            preferences: record.preferences,
            terms: Some(record.terms),
            anonymous: record.anonymous,
            visibility: Some(record.visibility),
            invited_party_ids: record.invited_party_ids.unwrap_or_default(),
            closes_at: record.closes_at,
            external_ids: record.external_ids,
            status: None,
        }
    }
}

fn sets(sets: &[ProductSet]) -> Vec<u8> {
    sets.iter().map(|set| set.number()).collect()
}

fn ids(ids: &[ProductId]) -> Vec<String> {
    ids.iter().map(ProductId::to_string).collect()
}

impl From<&DeliveryNeed> for DeliveryBody {
    fn from(need: &DeliveryNeed) -> Self {
        Self {
            place: Some(PlaceBody::from(&need.place)),
            from: need.window.from().to_string(),
            to: need.window.to().to_string(),
            quantity: need.quantity,
            min_quantity: need.min_quantity,
            max_quantity: need.max_quantity,
        }
    }
}

impl From<&Substitute> for SubstituteBody {
    fn from(substitute: &Substitute) -> Self {
        let ratio = f64::from(substitute.ratio) / BASIS_POINTS as f64;
        match &substitute.product {
            SubstituteProduct::Text(text) => {
                Self { text: Some(text.clone()), product_set: None, ratio }
            }
            SubstituteProduct::ProductSet(set) => {
                Self { text: None, product_set: Some(set.number()), ratio }
            }
        }
    }
}

fn packaging(packaging: &Packaging) -> PackagingBody {
    let Packaging { unit, quantity, contained_unit } = packaging.clone();
    PackagingBody { unit, contains: ContentBody { quantity, unit: contained_unit } }
}

impl From<Weights> for PreferencesBody {
    fn from(weights: Weights) -> Self {
        Self {
            text: weights.of(Factor::Text),
            price: weights.of(Factor::Price),
            quantity: weights.of(Factor::Quantity),
            distance: weights.of(Factor::Distance),
            quality: weights.of(Factor::Quality),
            reliability: weights.of(Factor::Reliability),
        }
    }
}

impl From<CommercialTerms> for TermsBody {
    fn from(terms: CommercialTerms) -> Self {
        let CommercialTerms { discount_percent, payment_days, listing_fee_vnd } = terms;
        Self { discount_percent, payment_days, listing_fee: listing_fee_vnd }
    }
}
