//! Offers on the wire: what is stated and what is answered.

use std::collections::BTreeMap;

use matching::id::{PartyId, ProductId};
use matching::offer::{Capacity, PriceBreak};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::etag::Tag;
use super::super::places::{PlaceBody, PlaceView};
use super::super::visibility::Visibility;
use super::super::words::words;
use crate::actions::offers::{OfferCommand, OfferView, StatedBreak, StatedCapacity};
use crate::actions::places::PlaceInput;

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
    #[schema(value_type = Vec<Uuid>, required = false, max_items = 200)]
    pub invited_party_ids: Vec<String>,
    /// A remark for those who may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 2000, example = "Dừa sáp loại 1, giao theo tuần")]
    pub note: Option<String>,
    /// Ids in your systems, by system.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false, schema_with = crate::http::external_ids::schema)]
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

/// The fields that tell prices.
const PRICES: [&str; 2] = ["unit_price", "price_breaks"];

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
    /// Price of one unit in đồng; absent means by agreement, unless it is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<u64>,
    /// Lower prices from a quantity on.
    pub price_breaks: Vec<PriceBreakBody>,
    /// What is not told to an authority of an offer that is not shown to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, example = json!(["unit_price", "price_breaks"]))]
    pub withheld: Vec<String>,
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
    #[schema(value_type = Option<Vec<Uuid>>)]
    pub invited_party_ids: Option<Vec<String>>,
    /// A remark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
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

impl OfferRecord {
    /// Its entity tag: its version to its owner, though time alone makes it expire; others see
    /// less of it.
    #[must_use]
    pub fn tag(&self) -> Tag {
        match (self.invited_party_ids.is_some(), self.state) {
            (false, _) => Tag::seen(self.version, self),
            (true, OfferState::Expired) => Tag::judged(self.version, "expired"),
            (true, _) => self.version.into(),
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
            unit_price: body.unit_price.filter(|_| view.shows_prices),
            price_breaks: if view.shows_prices { body.price_breaks } else { Vec::new() },
            withheld: if view.shows_prices { Vec::new() } else { PRICES.map(Into::into).into() },
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
