//! Offers on the wire: what is stated, what is answered, which ones a list shows.

use std::collections::BTreeMap;

use matching::date::Date;
use matching::id::{PartyId, ProductId};
use matching::offer::{Capacity, PriceBreak};
use matching::place::ProvinceCode;
use matching::product::ProductSet;
use matching::violation::{Rule, Violations};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::super::places::{PlaceBody, PlaceView};
use super::super::problem::ApiError;
use super::super::sort::Sort;
use super::super::visibility::Visibility;
use super::super::words::words;
use crate::actions::offers::{OfferCommand, OfferView, StatedBreak, StatedCapacity};
use crate::actions::places::PlaceInput;
use crate::store::offers::OfferFilter;

words! {
    /// Where an offer stands on the day of the request.
    OfferState = matching::offer::OfferState {
        /// Not yet shown.
        Draft,
        /// Open for matches.
        Published,
        /// Hidden for a while.
        Paused,
        /// Published, with nothing free in a period that is not over.
        Exhausted,
        /// Its last capacity period is over.
        Expired,
        /// Taken back for good.
        Withdrawn,
    }
}

/// How an offer begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FirstStatus {
    /// Not yet shown.
    Draft,
    /// Shown at once.
    Published,
}

/// A lower price from a quantity on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceBreakBody {
    /// The quantity from which it applies, in the offer's unit.
    #[schema(minimum = 1, maximum = 1000000000000_i64, example = 400)]
    pub min_quantity: u64,
    /// The price of one unit in đồng.
    #[schema(minimum = 0, maximum = 1000000000000_i64, example = 85000)]
    pub unit_price: u64,
}

/// What can be delivered in one period.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CapacityBody {
    /// First day.
    #[schema(format = "date", example = "2027-01-01")]
    pub from: String,
    /// Last day, which belongs to the period.
    #[schema(format = "date", example = "2027-01-31")]
    pub to: String,
    /// How much, in the offer's unit.
    #[schema(minimum = 1, maximum = 1000000000000_i64, example = 300)]
    pub quantity: u64,
}

/// What is stated about an offer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferBody {
    /// What is offered; the offer belongs to the product's party.
    #[schema(format = "uuid")]
    pub product_id: String,
    /// Code or name of the selling unit; the product's unit if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 50, example = "kg")]
    pub unit: Option<String>,
    /// Price of one unit in đồng; by agreement if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1000000000000_i64, example = 90000)]
    pub unit_price: Option<u64>,
    /// Lower prices from a quantity on, rising in quantity and not rising in price.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 16)]
    pub price_breaks: Vec<PriceBreakBody>,
    /// The smallest quantity that is sold, a multiple of `increment`; `increment` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1000000000000_i64, example = 40)]
    pub min_order: Option<u64>,
    /// Quantities are sold in multiples of this; 1 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1000000000000_i64, example = 10)]
    pub increment: Option<u64>,
    /// How much in which period; periods share no day.
    #[schema(min_items = 1, max_items = 120)]
    pub capacity: Vec<CapacityBody>,
    /// Where the goods are; the party's seat if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceBody>,
    /// Days between an order and its goods; 0 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 365, example = 5)]
    pub lead_time_days: Option<u32>,
    /// Codes of the provinces that are served; all if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 34, example = json!(["86", "79"]))]
    pub delivers_to: Vec<String>,
    /// Whether the buyer collects the goods at his own expense.
    #[serde(default)]
    #[schema(required = false)]
    pub pickup: bool,
    /// Who may see it besides you once it is published; everybody if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// The parties that may see it, for the visibility `invited`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 200)]
    pub invited_party_ids: Vec<String>,
    /// A remark for those who may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 2000, example = "Dừa sáp loại 1, giao theo tuần")]
    pub note: Option<String>,
    /// Ids in your systems, by system.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false, example = json!({"erp": "CH-0042"}))]
    pub external_ids: BTreeMap<String, String>,
    /// How the offer begins; `draft` if absent. Later its actions change its state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<FirstStatus>,
}

/// What can be delivered in one period: quantity = held + committed + consumed + free.
#[derive(Debug, Serialize, ToSchema)]
pub struct CapacityRecord {
    /// First day.
    #[schema(format = "date")]
    pub from: String,
    /// Last day, which belongs to the period.
    #[schema(format = "date")]
    pub to: String,
    /// Declared, in the offer's unit.
    pub quantity: u64,
    /// Held for proposals.
    pub held: u64,
    /// Committed by agreements.
    pub committed: u64,
    /// Delivered.
    pub consumed: u64,
    /// What can still be taken.
    pub free: u64,
}

/// An offer.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferRecord {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// Grows by one with every change; the `ETag`.
    pub version: i64,
    /// When it was recorded.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// When it was last changed.
    #[schema(format = "date-time")]
    pub updated_at: String,
    /// Ids in your systems.
    pub external_ids: BTreeMap<String, String>,
    /// What you can do with it now.
    #[schema(example = json!(["update", "pause", "confirm", "withdraw"]))]
    pub allowed_actions: Vec<String>,
    /// Where it stands today.
    pub state: OfferState,
    /// Grows by one with every change of what is stated.
    pub terms_version: i64,
    /// When the producer last stated that it is true.
    #[schema(format = "date-time")]
    pub confirmed_at: String,
    /// The producer.
    #[schema(format = "uuid")]
    pub party_id: String,
    /// What is offered.
    #[schema(format = "uuid")]
    pub product_id: String,
    /// Code of the selling unit; quantities are whole numbers of it.
    #[schema(example = "kg")]
    pub unit: String,
    /// Price of one unit in đồng; absent means by agreement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<u64>,
    /// Lower prices from a quantity on.
    pub price_breaks: Vec<PriceBreakBody>,
    /// The smallest quantity that is sold.
    pub min_order: u64,
    /// Quantities are sold in multiples of this.
    pub increment: u64,
    /// Capacity by period, with what is taken of it.
    pub capacity: Vec<CapacityRecord>,
    /// Where the goods are.
    pub place: PlaceView,
    /// Days between an order and its goods.
    pub lead_time_days: u32,
    /// Codes of the provinces that are served; empty means all.
    pub delivers_to: Vec<String>,
    /// Whether the buyer collects the goods at his own expense.
    pub pickup: bool,
    /// Who may see it.
    pub visibility: Visibility,
    /// The parties that are invited; absent unless it is your offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invited_party_ids: Option<Vec<String>>,
    /// A remark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

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
    product_set: Vec<u8>,
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
    pub fn filter(&self, today: Date) -> Result<OfferFilter, ApiError> {
        let mut refused = Violations::default();
        let no_id = || Rule::WrongFormat { format: "uuid".into() };
        let parties = self.party_id.iter().map(|id| id.parse().ok()).collect();
        let products = self.product_id.iter().map(|id| id.parse().ok()).collect();
        let sets = self.product_set.iter().map(|number| ProductSet::new(*number)).collect();
        let provinces = self.province_code.iter().map(|code| ProvinceCode::parse(code)).collect();
        let filter = OfferFilter {
            parties: known(parties, ("party_id", no_id()), &mut refused),
            products: known(products, ("product_id", no_id()), &mut refused),
            product_sets: known(sets, ("product_set", Rule::UnknownProductSet), &mut refused),
            provinces: known(provinces, ("province_code", Rule::UnknownProvince), &mut refused),
            states: self.state.iter().map(|state| (*state).into()).collect(),
            today,
            text: self.q.clone(),
        };
        refused.into_result(filter).map_err(ApiError::invalid_parameters)
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

/// What `body` states, with the goods at `place`.
pub(super) fn command(body: OfferBody, place: Option<PlaceInput>) -> OfferCommand {
    let capacity = |period: CapacityBody| {
        let CapacityBody { from, to, quantity } = period;
        StatedCapacity { from, to, quantity }
    };
    let price_break = |step: PriceBreakBody| {
        let PriceBreakBody { min_quantity, unit_price } = step;
        StatedBreak { min_quantity, unit_price }
    };
    OfferCommand {
        product_id: ProductId::new(uuid(&body.product_id)),
        unit: body.unit,
        unit_price: body.unit_price,
        price_breaks: body.price_breaks.into_iter().map(price_break).collect(),
        min_order: body.min_order,
        increment: body.increment,
        capacity: body.capacity.into_iter().map(capacity).collect(),
        place,
        lead_time_days: body.lead_time_days,
        delivers_to: body.delivers_to,
        pickup: body.pickup,
        visibility: body.visibility.map(Into::into),
        invited: body.invited_party_ids.iter().map(|id| PartyId::new(uuid(id))).collect(),
        note: body.note,
        external_ids: body.external_ids,
        is_published: body.status == Some(FirstStatus::Published),
    }
}

/// A text that is no UUID names nothing, as the nil UUID does.
fn uuid(text: &str) -> Uuid {
    Uuid::try_parse(text).unwrap_or_default()
}

impl From<&PriceBreak> for PriceBreakBody {
    fn from(step: &PriceBreak) -> Self {
        Self { min_quantity: step.min_quantity, unit_price: step.unit_price.vnd() }
    }
}

impl From<&Capacity> for CapacityRecord {
    fn from(capacity: &Capacity) -> Self {
        let Capacity { period, declared, held, committed, consumed } = *capacity;
        Self {
            from: period.from().to_string(),
            to: period.to().to_string(),
            quantity: declared,
            held,
            committed,
            consumed,
            free: capacity.free(),
        }
    }
}

impl From<&OfferView> for OfferRecord {
    fn from(view: &OfferView) -> Self {
        let (offer, terms) = (&view.offer, &view.offer.terms);
        let body = OfferBody::from(view);
        let actions = view.allowed_actions();
        Self {
            id: offer.id.to_string(),
            version: offer.version,
            created_at: offer.created_at.to_string(),
            updated_at: offer.updated_at.to_string(),
            external_ids: body.external_ids,
            allowed_actions: actions.into_iter().map(Into::into).collect(),
            state: view.state.into(),
            terms_version: offer.terms_version,
            confirmed_at: offer.confirmed_at.to_string(),
            party_id: terms.party_id.to_string(),
            product_id: body.product_id,
            unit: terms.unit.clone(),
            unit_price: body.unit_price,
            price_breaks: body.price_breaks,
            min_order: terms.min_order,
            increment: terms.increment,
            capacity: offer.capacity.iter().map(CapacityRecord::from).collect(),
            place: PlaceView::from(&terms.place),
            lead_time_days: terms.lead_time_days,
            delivers_to: body.delivers_to,
            pickup: terms.pickup,
            visibility: terms.audience.visibility().into(),
            invited_party_ids: view.may_change.then_some(body.invited_party_ids),
            note: body.note,
        }
    }
}

/// The body that would give the same offer.
impl From<&OfferView> for OfferBody {
    fn from(view: &OfferView) -> Self {
        let terms = &view.offer.terms;
        let capacity = terms.capacity.iter().map(|declared| CapacityBody {
            from: declared.period.from().to_string(),
            to: declared.period.to().to_string(),
            quantity: declared.quantity,
        });
        Self {
            product_id: terms.product_id.to_string(),
            unit: Some(terms.unit.clone()),
            unit_price: terms.unit_price.map(matching::money::Price::vnd),
            price_breaks: terms.price_breaks.iter().map(PriceBreakBody::from).collect(),
            min_order: Some(terms.min_order),
            increment: Some(terms.increment),
            capacity: capacity.collect(),
            place: Some(PlaceBody::from(&terms.place)),
            lead_time_days: Some(terms.lead_time_days),
            delivers_to: terms.delivers_to.iter().map(|code| code.to_string()).collect(),
            pickup: terms.pickup,
            visibility: Some(terms.audience.visibility().into()),
            invited_party_ids: terms.audience.invited().iter().map(PartyId::to_string).collect(),
            note: terms.note.clone(),
            external_ids: view.external_ids.clone(),
            status: None,
        }
    }
}
