//! Demands as clients state them, and the command that a body means.

use std::collections::BTreeMap;

use matching::demand::CommercialTerms;
use matching::place::Place;
use matching::product::Packaging;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaFormat, Type};

use super::demand_requirements::RequirementsBody;
use super::json;
use super::places::PlaceBody;
use super::product_record::PackagingBody;
use super::visibility::Visibility;
use super::words::words;
use crate::actions::demand_deliveries::{DeliveriesCommand, DeliveryCommand, RecurrenceCommand};
use crate::actions::demand_terms::{DemandCommand, Kept, SubstituteCommand};
use crate::actions::places::PlaceInput;

words! {
    /// Where a price is compared with the ceiling.
    PriceBasis = matching::demand::PriceBasis {
        /// At the producer's place: freight is not counted.
        AtOrigin,
        /// At the place of delivery: freight is counted.
        Delivered,
    }
}

/// Whether a new demand is shown at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DemandStatus {
    /// Not yet shown.
    Draft,
    /// Shown.
    Open,
}

/// What may stand for what is wanted: a text or a set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubstituteBody {
    /// A product whose name fits these words. Give this or `product_set`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 500, example = "dừa sáp sợi")]
    pub text: Option<String>,
    /// A product of this set, 1 to 26.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 255)]
    pub product_set: Option<u8>,
    /// Units of it that stand for one unit wanted; at most four decimals.
    #[schema(minimum = 0.0001, maximum = 100, example = 0.4)]
    pub ratio: f64,
}

/// One place, window and quantity, in the demand's unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveryBody {
    /// Where the goods go; the buyer's seat if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceBody>,
    /// First day of the window.
    #[schema(format = "date", example = "2027-01-04")]
    pub from: String,
    /// Last day of the window.
    #[schema(format = "date", example = "2027-01-15")]
    pub to: String,
    /// How much is wanted.
    #[schema(minimum = 1, maximum = 1_000_000_000_000_u64, example = 600)]
    pub quantity: u64,
    /// Less than this is not worth a delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_u64)]
    pub min_quantity: Option<u64>,
    /// More than this is not taken; `quantity` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_u64)]
    pub max_quantity: Option<u64>,
}

/// How the one delivery comes back; it is expanded into deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecurrenceBody {
    /// Weeks from one delivery to the next.
    #[schema(minimum = 1, maximum = 208, example = 1)]
    pub every_weeks: u32,
    /// The last day on which a window may begin.
    #[schema(format = "date", example = "2027-03-31")]
    pub until: String,
    /// First days of the windows that are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 208, example = json!(["2027-02-08"]))]
    pub skip: Vec<String>,
}

/// Weights of the score in basis points; absent means 0. They sum to 10000.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PreferencesBody {
    /// Likeness of the product's name to the text.
    #[schema(required = false, maximum = 10_000, example = 2500)]
    pub text: u16,
    /// Landed price against the ceiling.
    #[schema(required = false, maximum = 10_000, example = 2500)]
    pub price: u16,
    /// Quantity in the delivery windows.
    #[schema(required = false, maximum = 10_000, example = 1500)]
    pub quantity: u16,
    /// Distance.
    #[schema(required = false, maximum = 10_000, example = 1500)]
    pub distance: u16,
    /// Stars.
    #[schema(required = false, maximum = 10_000, example = 1000)]
    pub quality: u16,
    /// The producer's accepted deliveries.
    #[schema(required = false, maximum = 10_000, example = 1000)]
    pub reliability: u16,
}

/// Commercial terms that the buyer asks for; absent means 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TermsBody {
    /// Discount on the offer's price, in whole percent.
    #[schema(required = false, maximum = 100, example = 5)]
    pub discount_percent: u8,
    /// Days between receipt and payment.
    #[schema(required = false, maximum = 365, example = 30)]
    pub payment_days: u32,
    /// One fee for listing the product, in đồng.
    #[schema(required = false, maximum = 1_000_000_000_000_u64)]
    pub listing_fee: u64,
}

/// What is stated about a demand. The shortest one has a title, a unit, a quantity and a day.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Mật hoa dừa", "unit": "kg", "quantity": 500, "by": "2027-01-15"
}))]
pub struct DemandBody {
    /// The buyer; you, unless you are an admin who names another.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub party_id: Option<String>,
    /// A headline.
    #[schema(min_length = 1, max_length = 200, example = "Mật hoa dừa")]
    pub title: String,
    /// What is wanted, in words; the title if absent and neither sets nor products are named.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 500)]
    pub text: Option<String>,
    /// Numbers of the product sets that are wanted, 1 to 26.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, schema_with = product_sets_schema)]
    pub product_sets: Vec<u8>,
    /// Products that are wanted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, schema_with = product_ids_schema)]
    pub product_ids: Vec<String>,
    /// What may stand for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 100)]
    pub substitutes: Vec<SubstituteBody>,
    /// The unit of the quantities.
    #[schema(min_length = 1, max_length = 40, example = "kg")]
    pub unit: String,
    /// Packagings that define the unit, where its ratio is not fixed; those of the named products
    /// if absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 16)]
    pub packagings: Vec<PackagingBody>,
    /// The short form: how much, in one delivery to your seat. Give this with `by`, or
    /// `deliveries`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_u64, example = 500)]
    pub quantity: Option<u64>,
    /// The short form: the last day of the window that begins today.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date", example = "2027-01-15")]
    pub by: Option<String>,
    /// Where, when and how much.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 208)]
    pub deliveries: Vec<DeliveryBody>,
    /// How the one delivery comes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<RecurrenceBody>,
    /// The highest price of one unit, in đồng.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 1_000_000_000_000_u64, example = 60_000)]
    pub max_unit_price: Option<u64>,
    /// Where that price is compared; `delivered` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_basis: Option<PriceBasis>,
    /// What an offer must meet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requirements: Option<RequirementsBody>,
    /// The most producers that share it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 10_000, example = 5)]
    pub max_suppliers: Option<u32>,
    /// The smallest share of one producer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_u64, example = 100)]
    pub min_share: Option<u64>,
    /// Weights of the score in place of the default ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferences: Option<PreferencesBody>,
    /// Commercial terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<TermsBody>,
    /// Whether your name is hidden from others. Your places are then shown to them, and distances
    /// and freight measured for all, by commune or province alone.
    #[serde(default)]
    #[schema(required = false)]
    pub anonymous: bool,
    /// Who may see it; `public` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// The parties that may see it, for `invited`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, schema_with = invited_schema)]
    pub invited_party_ids: Vec<String>,
    /// When it closes by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time", example = "2027-01-10T10:00:00Z")]
    pub closes_at: Option<String>,
    /// Ids in your systems, by system.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false, schema_with = super::external_ids::schema)]
    pub external_ids: BTreeMap<String, String>,
    /// Whether a new demand is shown at once, `open`, or not; later, use the actions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<DemandStatus>,
}

fn product_sets_schema() -> ArrayBuilder {
    // The rule that a set is one of the 26 has its own code; the schema keeps numbers readable.
    let number = ObjectBuilder::new().schema_type(Type::Integer);
    let number = number.minimum(Some(0)).maximum(Some(255));
    ArrayBuilder::new()
        .items(number)
        .max_items(Some(26))
        .description(Some("Numbers of product sets, 1 to 26."))
        .examples([serde_json::json!([4])])
}

fn product_ids_schema() -> ArrayBuilder {
    ids_schema().max_items(Some(100)).description(Some("Products that are wanted."))
}

fn invited_schema() -> ArrayBuilder {
    let description = "The parties that may see it, for `invited`.";
    ids_schema().max_items(Some(200)).description(Some(description))
}

pub(super) fn buyers_schema() -> ArrayBuilder {
    let description = "Only demands of any of these buyers; anonymous ones of others are left out.";
    ids_schema().description(Some(description))
}

pub(super) fn shown_invited_schema() -> ArrayBuilder {
    ids_schema().description(Some("The parties that may see it, to its owner only."))
}

fn ids_schema() -> ArrayBuilder {
    let id = ObjectBuilder::new().schema_type(Type::String);
    ArrayBuilder::new().items(id.format(Some(SchemaFormat::Custom("uuid".into()))))
}

/// Members of the short form, and those of a delivery that they state.
const SHORT_FORM: [(&str, &str); 2] = [("quantity", "quantity"), ("by", "to")];

impl DemandBody {
    /// Makes a patch in the short form one of the list, which is how a demand is kept, if there is
    /// one delivery to change; whether it was one.
    pub fn write_out(&self, patch: &mut Value) -> bool {
        let Some(members) = patch.as_object_mut() else { return false };
        let is_long = ["deliveries", "recurrence"].iter().any(|name| members.contains_key(*name));
        let ([delivery], false) = (self.deliveries.as_slice(), is_long) else { return false };
        let mut delivery = serde_json::to_value(delivery).unwrap_or_default();
        let mut is_short = false;
        for (short, long) in SHORT_FORM {
            if let Some(stated) = members.remove(short) {
                json::merge_patch(&mut delivery, json!({ long: stated }));
                is_short = true;
            }
        }
        if is_short {
            members.insert("deliveries".into(), json!([delivery]));
        }
        is_short
    }

    /// Where the short form states what stands at a place of the list.
    #[must_use]
    pub fn short_place(at: &str) -> Option<String> {
        let long = at.strip_prefix("/deliveries/0/")?;
        let found = SHORT_FORM.into_iter().find(|(_, member)| *member == long);
        found.map(|(short, _)| format!("/{short}"))
    }

    /// The command that this body means. A place that equals one of `current` is kept as it is,
    /// with the words that it was given in.
    #[must_use]
    pub fn command(&self, current: &[Place]) -> DemandCommand {
        let body = self.clone();
        let preferences = body.preferences.map(weights);
        let place = |place: &PlaceBody| kept_place(current, place);
        let list = self.deliveries.iter().map(|delivery| delivery.command(&place)).collect();
        DemandCommand {
            party_id: body.party_id,
            title: body.title,
            text: body.text,
            product_sets: body.product_sets,
            product_ids: body.product_ids,
            substitutes: body.substitutes.into_iter().map(Into::into).collect(),
            unit: body.unit,
            packagings: body.packagings.into_iter().map(packaging).collect(),
            max_unit_price: body.max_unit_price,
            price_basis: body.price_basis.unwrap_or(PriceBasis::Delivered).into(),
            requirements: body.requirements.unwrap_or_default().into(),
            deliveries: DeliveriesCommand {
                list,
                quantity: body.quantity,
                by: body.by,
                recurrence: body.recurrence.map(Into::into),
            },
            max_suppliers: body.max_suppliers,
            min_share: body.min_share,
            preferences,
            terms: body.terms.unwrap_or_default().into(),
            anonymous: body.anonymous,
            visibility: body.visibility.unwrap_or(Visibility::Public).into(),
            invited_party_ids: body.invited_party_ids,
            closes_at: body.closes_at,
            is_draft: body.status == Some(DemandStatus::Draft),
            external_ids: body.external_ids,
            kept: Kept::default(),
        }
    }
}

fn kept_place(current: &[Place], body: &PlaceBody) -> PlaceInput {
    let same = current.iter().find(|place| PlaceBody::from(*place) == *body);
    same.map_or_else(|| PlaceInput::from(body), |place| PlaceInput::Kept(place.clone()))
}

const fn weights(body: PreferencesBody) -> [u16; 6] {
    let PreferencesBody { text, price, quantity, distance, quality, reliability } = body;
    [text, price, quantity, distance, quality, reliability]
}

impl DeliveryBody {
    fn command(&self, place: &dyn Fn(&PlaceBody) -> PlaceInput) -> DeliveryCommand {
        DeliveryCommand {
            place: self.place.as_ref().map(place),
            from: self.from.clone(),
            to: self.to.clone(),
            quantity: self.quantity,
            min_quantity: self.min_quantity,
            max_quantity: self.max_quantity,
        }
    }
}

impl From<RecurrenceBody> for RecurrenceCommand {
    fn from(body: RecurrenceBody) -> Self {
        let RecurrenceBody { every_weeks, until, skip } = body;
        Self { every_weeks, until, skip }
    }
}

impl From<SubstituteBody> for SubstituteCommand {
    fn from(body: SubstituteBody) -> Self {
        let SubstituteBody { text, product_set, ratio } = body;
        Self { text, product_set, ratio }
    }
}

fn packaging(body: PackagingBody) -> Packaging {
    let PackagingBody { unit, contains } = body;
    Packaging { unit, quantity: contains.quantity, contained_unit: contains.unit }
}

impl From<TermsBody> for CommercialTerms {
    fn from(body: TermsBody) -> Self {
        let TermsBody { discount_percent, payment_days, listing_fee } = body;
        Self { discount_percent, payment_days, listing_fee_vnd: listing_fee }
    }
}
