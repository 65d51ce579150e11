//! What a caller states about an offer, and the terms that follow from it: names become records,
//! units get their content, absent values their defaults.

use std::collections::BTreeSet;

use matching::date::{Date, Period};
use matching::id::{PartyId, ProductId};
use matching::money::{MAX_PRICE_VND, Price};
use matching::offer::{DeclaredCapacity, Offer, OfferDraft, OfferTerms, PriceBreak};
use matching::place::{Place, Point, ProvinceCode};
use matching::product::{ProductState, unit_content};
use matching::quantity::{Content, Dimension, UnitContent};
use matching::violation::{Rule, Violation, Violations};
use matching::visibility::{Audience, Visibility};

use super::super::gather::Gather;
use super::super::places::{self, PlaceInput};
use crate::app::Context;
use crate::error::Error;
use crate::reference::Reference;
use crate::store::external_ids::ExternalIds;
use crate::store::products::Product;
use crate::store::{WriteTx, parties, products};

/// What a caller states about an offer.
#[derive(Debug, Clone)]
pub struct OfferCommand {
    /// What is offered; its party is the owner.
    pub product_id: ProductId,
    /// Code or name of the selling unit; the product's if absent.
    pub unit: Option<String>,
    /// Price of one unit in đồng; by agreement if absent.
    pub unit_price: Option<u64>,
    /// Lower prices from a quantity on.
    pub price_breaks: Vec<StatedBreak>,
    /// The smallest quantity that is sold; the increment if absent.
    pub min_order: Option<u64>,
    /// Quantities are sold in multiples of this; 1 if absent.
    pub increment: Option<u64>,
    /// Capacity by period.
    pub capacity: Vec<StatedCapacity>,
    /// Where the goods are; the owner's seat if absent.
    pub place: Option<PlaceInput>,
    /// Days between an order and its goods; 0 if absent.
    pub lead_time_days: Option<u32>,
    /// Codes of the provinces that are served; all if empty.
    pub delivers_to: Vec<String>,
    /// Whether the buyer collects the goods.
    pub pickup: bool,
    /// Who may see it; everybody if absent.
    pub visibility: Option<Visibility>,
    /// The parties that are invited.
    pub invited: Vec<PartyId>,
    /// A remark.
    pub note: Option<String>,
    /// Ids in the owner's systems.
    pub external_ids: ExternalIds,
    /// Whether it is shown as soon as it is created; means nothing later.
    pub is_published: bool,
}

/// A lower price from a quantity on, as stated.
#[derive(Debug, Clone, Copy)]
pub struct StatedBreak {
    /// The quantity from which it applies.
    pub min_quantity: u64,
    /// The price of one unit in đồng.
    pub unit_price: u64,
}

/// A capacity, as stated.
#[derive(Debug, Clone)]
pub struct StatedCapacity {
    /// First day, `YYYY-MM-DD`.
    pub from: String,
    /// Last day, `YYYY-MM-DD`.
    pub to: String,
    /// How much, in the offer's unit.
    pub quantity: u64,
}

/// The records that a command names, as far as the caller may use them.
struct Named {
    product: Option<Product>,
    seat: Option<Place>,
    parties: BTreeSet<PartyId>,
}

/// The terms that `command` states for a new offer or for `current`.
///
/// # Errors
/// All broken rules at once.
pub(super) fn terms(
    tx: &mut WriteTx<'_>,
    context: &Context,
    command: &OfferCommand,
    current: Option<&Offer>,
) -> Result<OfferTerms, Error> {
    // What an offer is counted in, and whether it may be made, stays as it is until it is recorded.
    let product = products::find_to_offer(tx, command.product_id)?;
    let product = product.filter(|product| can_offer(context, product, current));
    let owner = product.as_ref().filter(|_| command.place.is_none());
    let owner = owner.map(|product| parties::find(tx, product.terms.party_id)).transpose()?;
    let seat = owner.flatten().map(|party| party.terms.place.clone());
    let invited = if command.invited.is_empty() {
        Vec::new()
    } else {
        parties::find_many(tx, &command.invited)?
    };
    let parties = invited.into_iter().map(|party| party.id).collect();
    checked(context, command, &Named { product, seat, parties })
}

/// A product is offered by its own party while it is made. An offer keeps its product after that,
/// and never goes to another party.
fn can_offer(context: &Context, product: &Product, current: Option<&Offer>) -> bool {
    let owner = product.terms.party_id;
    let is_made = product.state == ProductState::Active;
    context.caller.owns(owner)
        && match current {
            None => is_made,
            Some(offer) => {
                offer.terms.party_id == owner && (is_made || offer.terms.product_id == product.id)
            }
        }
}

fn checked(context: &Context, command: &OfferCommand, named: &Named) -> Result<OfferTerms, Error> {
    let mut gather = Gather::default();
    let product = gather.rule("/product_id", named.product.as_ref().ok_or(Rule::UnknownReference));
    let unit = unit(context.reference, command, product);
    let (unit, content) = gather.rule("/unit", unit).unwrap_or_else(piece);
    let (unit_price, price_breaks) = gather.take("", prices(command)).unwrap_or_default();
    let capacity = gather.take("/capacity", capacity(&command.capacity));
    let place = gather.take("/place", place(context.reference, command, named));
    let provinces = places::provinces(context.reference, &command.delivers_to);
    let delivers_to = gather.take("/delivers_to", provinces).unwrap_or_default();
    let audience = gather.take("", audience(command, named)).unwrap_or_else(Audience::public);
    let increment = command.increment.unwrap_or(1);
    // What was refused is stood in for, so that the rules about the rest are checked too.
    let draft = stand_ins(context.today()).map(|(any_place, any_capacity)| OfferDraft {
        party_id: product.map_or(context.caller.party(), |product| product.terms.party_id),
        product_id: command.product_id,
        unit,
        content,
        unit_price,
        price_breaks,
        min_order: command.min_order.unwrap_or(increment),
        increment,
        capacity: capacity.unwrap_or_else(|| vec![any_capacity]),
        place: place.unwrap_or(any_place),
        lead_time_days: command.lead_time_days.unwrap_or(0),
        delivers_to,
        pickup: command.pickup,
        audience,
        note: command.note.clone(),
    });
    let terms = draft.and_then(|draft| gather.take("", OfferTerms::new(draft)));
    gather.finish(terms)
}

fn piece() -> (String, UnitContent) {
    let content = UnitContent::new(Content { dimension: Dimension::Count, base_units: 1 });
    (String::new(), content)
}

fn stand_ins(today: Date) -> Option<(Place, DeclaredCapacity)> {
    let (province, point) = (ProvinceCode::new(1)?, Point::new(0, 0)?);
    let place = Place { province, commune_code: None, address: None, given: None, point };
    Some((place, DeclaredCapacity { period: Period::new(today, today)?, quantity: 1 }))
}

/// The unit's code, with its content for this product.
fn unit(
    reference: &Reference,
    command: &OfferCommand,
    product: Option<&Product>,
) -> Result<(String, UnitContent), Rule> {
    let code = |name: &str| reference.unit(name).map(|unit| unit.code.clone());
    let stated = command.unit.as_deref().map(|name| code(name).ok_or(Rule::UnknownUnit));
    let stated = stated.transpose()?;
    let Some(product) = product else { return Ok(piece()) };
    let unit = stated.unwrap_or_else(|| product.terms.unit.clone());
    let content = unit_content(&unit, &product.terms.packagings, reference.units())?;
    Ok((unit, content))
}

type Prices = (Option<Price>, Vec<PriceBreak>);

fn prices(command: &OfferCommand) -> Result<Prices, Vec<Violation>> {
    let mut violations = Violations::default();
    let mut price = |vnd: u64, at: &str| {
        violations.range(vnd, (0, MAX_PRICE_VND), at);
        Price::new(vnd)
    };
    let unit_price = command.unit_price.and_then(|vnd| price(vnd, "/unit_price"));
    let breaks = command.price_breaks.iter().enumerate().filter_map(|(index, step)| {
        let unit_price = price(step.unit_price, &format!("/price_breaks/{index}/unit_price"))?;
        Some(PriceBreak { min_quantity: step.min_quantity, unit_price })
    });
    let breaks = breaks.collect();
    violations.into_result((unit_price, breaks))
}

fn capacity(stated: &[StatedCapacity]) -> Result<Vec<DeclaredCapacity>, Vec<Violation>> {
    let mut violations = Violations::default();
    let mut declared = Vec::with_capacity(stated.len());
    for (index, stated) in stated.iter().enumerate() {
        match period(&stated.from, &stated.to) {
            Ok(period) => declared.push(DeclaredCapacity { period, quantity: stated.quantity }),
            Err(violation) => violations.extend(&format!("/{index}"), [violation]),
        }
    }
    violations.into_result(declared)
}

fn period(from: &str, to: &str) -> Result<Period, Violation> {
    let date = |text: &str, at| {
        let unreadable = Rule::WrongFormat { format: "date".into() };
        text.parse::<Date>().map_err(|_| Violation::new(at, unreadable))
    };
    let (from, to) = (date(from, "/from")?, date(to, "/to")?);
    Period::new(from, to).ok_or_else(|| Violation::new("/to", Rule::ReversedPeriod))
}

/// The stated place, or else the owner's seat; nothing is wrong where the owner is not known.
fn place(
    reference: &Reference,
    command: &OfferCommand,
    named: &Named,
) -> Result<Place, Vec<Violation>> {
    match &command.place {
        Some(input) => places::resolve(reference, input),
        None => named.seat.clone().ok_or_else(Vec::new),
    }
}

fn audience(command: &OfferCommand, named: &Named) -> Result<Audience, Vec<Violation>> {
    let mut violations = Violations::default();
    for (index, party) in command.invited.iter().enumerate() {
        let at = format!("/invited_party_ids/{index}");
        violations.require(named.parties.contains(party), &at, Rule::UnknownReference);
    }
    let visibility = command.visibility.unwrap_or(Visibility::Public);
    let audience = Audience::new(visibility, command.invited.clone());
    match (violations.into_result(()), audience) {
        (Ok(()), audience) => audience,
        (Err(mut unknown), audience) => {
            unknown.extend(audience.err().into_iter().flatten());
            Err(unknown)
        }
    }
}
