//! The terms of a demand, from what a caller states: a demand that is recorded, and one that is
//! only tried. Must not know how a demand is stored.

use matching::certificate::{CertificateKind, CertificateKinds};
use matching::date::{Date, Period, Timestamp};
use matching::demand::{
    CommercialTerms, DeliveryNeed, DemandDraft, DemandTerms, PriceBasis, Requirements, Substitute,
    SubstituteProduct,
};
use matching::factor::{BASIS_POINTS, Weights};
use matching::id::{PartyId, ProductId};
use matching::money::{MAX_PRICE_VND, Price};
use matching::product::{Packaging, ProductSet, check_packagings, unit_content};
use matching::quantity::{Content, Dimension};
use matching::violation::{Rule, Violation};
use matching::visibility::{Audience, Visibility};

use super::demand_deliveries::{DeliveriesCommand, Scene, deliveries};
use super::gather::Gather;
use super::places;
use crate::app::Context;
use crate::error::Error;
use crate::reference::Reference;
use crate::store::ReadTx;
use crate::store::external_ids::ExternalIds;
use crate::store::parties::{self, Party};
use crate::store::products::{self, Product};

/// Stands for the content of a unit that does not convert, while the rest is checked.
const NO_CONTENT: Content = Content { dimension: Dimension::Count, base_units: 1 };
/// How far a ratio may be from a whole number of basis points and still mean it.
const RATIO_SLACK: f64 = 1e-6;

/// What may stand for what is wanted: a text or a set, and its ratio.
#[derive(Debug, Clone)]
pub struct SubstituteCommand {
    /// A product whose name fits this text.
    pub text: Option<String>,
    /// A product of this set.
    pub product_set: Option<u8>,
    /// Units of it for one unit wanted, at most four decimals.
    pub ratio: f64,
}

/// What an offer must meet.
#[derive(Debug, Clone, Default)]
pub struct RequirementsCommand {
    /// The fewest stars.
    pub min_stars: Option<u8>,
    /// Papers.
    pub certificates: Vec<CertificateKind>,
    /// Codes of the provinces that producers may come from.
    pub province_codes: Vec<String>,
    /// The longest way, in kilometres.
    pub max_distance_km: Option<u32>,
    /// Code of the destination market.
    pub market: Option<String>,
}

/// What stays as it was when a recorded demand is stated anew.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// First day of its first window: the short form begins there, so that repeating it another day
    /// changes nothing.
    pub first_day: Option<Date>,
    /// Its closing time, which may have passed.
    pub closes_at: Option<Timestamp>,
    /// What it is counted in.
    pub count: Option<Count>,
}

/// What the quantities of a demand are counted in. The content of the unit stays as it was while
/// the rest stays: its products' packagings are others' to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    unit: String,
    packagings: Vec<Packaging>,
    product_ids: Vec<ProductId>,
    content: Content,
}

impl From<&DemandTerms> for Count {
    fn from(terms: &DemandTerms) -> Self {
        Self {
            unit: terms.unit.clone(),
            packagings: terms.packagings.clone(),
            product_ids: terms.product_ids.clone(),
            content: terms.content,
        }
    }
}

impl Count {
    fn content(
        &self,
        unit: &str,
        packagings: &[Packaging],
        products: &[Product],
    ) -> Option<Content> {
        let ids = products.iter().map(|product| product.id);
        let is_same = self.unit == unit && self.packagings == packagings;
        (is_same && ids.eq(self.product_ids.iter().copied())).then_some(self.content)
    }
}

/// What a caller states about a demand. Quantities are whole numbers of `unit`.
#[derive(Debug, Clone)]
pub struct DemandCommand {
    /// The buyer; the caller if absent.
    pub party_id: Option<String>,
    /// A headline.
    pub title: String,
    /// What is wanted; the title if absent and neither sets nor products are named.
    pub text: Option<String>,
    /// Numbers of sets that are wanted.
    pub product_sets: Vec<u8>,
    /// Products that are wanted.
    pub product_ids: Vec<String>,
    /// What may stand for it.
    pub substitutes: Vec<SubstituteCommand>,
    /// The unit of the quantities.
    pub unit: String,
    /// Packagings that define the unit.
    pub packagings: Vec<Packaging>,
    /// The highest price of one unit, in đồng.
    pub max_unit_price: Option<u64>,
    /// Where that price is compared.
    pub price_basis: PriceBasis,
    /// What an offer must meet.
    pub requirements: RequirementsCommand,
    /// Where, when and how much.
    pub deliveries: DeliveriesCommand,
    /// The most producers that share it.
    pub max_suppliers: Option<u32>,
    /// The smallest share of one producer.
    pub min_share: Option<u64>,
    /// Weights in basis points, in the order of the factors.
    pub preferences: Option<[u16; 6]>,
    /// Commercial terms.
    pub terms: CommercialTerms,
    /// Whether the buyer's name is hidden.
    pub anonymous: bool,
    /// Who may see it.
    pub visibility: Visibility,
    /// The parties that may see it, where only those invited may.
    pub invited_party_ids: Vec<String>,
    /// When it closes by itself.
    pub closes_at: Option<String>,
    /// Whether a new one is not yet shown.
    pub is_draft: bool,
    /// Ids in the caller's systems.
    pub external_ids: ExternalIds,
    /// What stays as it was.
    pub kept: Kept,
}

/// The terms that `command` of the buyer `party` means now.
///
/// # Errors
/// Every broken rule with its place.
pub fn demand_terms(
    tx: &mut ReadTx<'_>,
    context: &Context,
    command: &DemandCommand,
    party: &Party,
) -> Result<DemandTerms, Error> {
    let mut gather = Gather::default();
    let products = named_products(tx, &mut gather, &command.product_ids)?;
    let audience = audience(tx, &mut gather, command)?;
    let closes_at = closing_time(&mut gather, context, command);
    let draft = draft(&mut gather, context, command, (party, &products));
    let draft = DemandDraft { audience, closes_at, ..draft };
    let terms = DemandTerms::new(draft).map_err(|broken| sent(command, broken));
    let terms = gather.take("", terms);
    gather.finish(terms)
}

/// What is wrong with what was sent: not again with the text that the title stands in for, nor with
/// each delivery that repeats the first.
fn sent(command: &DemandCommand, broken: Vec<Violation>) -> Vec<Violation> {
    let is_repeated = command.deliveries.recurrence.is_some();
    let repeats = |at: &str| {
        let delivery = at.strip_prefix("/deliveries/");
        is_repeated && delivery.is_some_and(|rest| !rest.starts_with("0/"))
    };
    let titled = |at: &str| command.text.is_none() && at == "/text";
    broken.into_iter().filter(|it| !repeats(&it.at) && !titled(&it.at)).collect()
}

/// The draft without audience and closing time. A part that breaks a rule is noted and replaced by
/// a harmless one, so that the rest is checked too.
fn draft(
    gather: &mut Gather,
    context: &Context,
    command: &DemandCommand,
    (party, products): (&Party, &[Product]),
) -> DemandDraft {
    let reference = context.reference;
    let title = command.title.trim().to_owned();
    let product_sets = product_sets(gather, &command.product_sets);
    let named = !product_sets.is_empty() || !products.is_empty();
    let text = command.text.as_ref().map(|text| text.trim().to_owned());
    let unit = unit_code(reference, &command.unit);
    let packagings = packagings(gather, reference, &command.packagings);
    let kept = command.kept.count.as_ref();
    let kept = kept.and_then(|count| count.content(&unit, &packagings, products));
    let content = kept.map_or_else(|| content(reference, (&unit, &packagings), products), Ok);
    let first_day = command.kept.first_day.filter(|day| *day <= context.today());
    let first_day = first_day.unwrap_or(context.today());
    let scene = Scene { reference, seat: &party.terms.place, first_day };
    DemandDraft {
        party_id: party.id,
        text: text.or_else(|| (!named).then(|| title.clone())),
        title,
        product_sets,
        product_ids: products.iter().map(|product| product.id).collect(),
        substitutes: substitutes(gather, &command.substitutes),
        content: gather.rule("/unit", content).unwrap_or(NO_CONTENT),
        unit,
        packagings,
        max_unit_price: command.max_unit_price.and_then(|vnd| ceiling(gather, vnd)),
        price_basis: command.price_basis,
        requirements: requirements(gather, reference, &command.requirements),
        deliveries: deliveries(gather, &scene, &command.deliveries)
            .unwrap_or_else(|| no_deliveries(party, context.today())),
        max_suppliers: command.max_suppliers,
        min_share: command.min_share,
        preferences: command.preferences.and_then(|w| gather.take("", Weights::new(w))),
        terms: command.terms,
        anonymous: command.anonymous,
        audience: Audience::public(),
        closes_at: None,
    }
}

/// Stands for deliveries that break a rule, while the rest is checked.
fn no_deliveries(party: &Party, today: Date) -> Vec<DeliveryNeed> {
    let need = |window| DeliveryNeed {
        place: party.terms.place.clone(),
        window,
        quantity: 1,
        min_quantity: None,
        max_quantity: None,
    };
    Period::new(today, today).map(need).into_iter().collect()
}

/// The products that are named, in the order in which they are.
fn named_products(
    tx: &mut ReadTx<'_>,
    gather: &mut Gather,
    ids: &[String],
) -> Result<Vec<Product>, Error> {
    let ids: Vec<Option<ProductId>> = ids.iter().map(|id| id.parse().ok()).collect();
    let known: Vec<ProductId> = ids.iter().flatten().copied().collect();
    let found = products::find_many(tx, &known)?;
    let mut named: Vec<Product> = Vec::with_capacity(ids.len());
    for (index, id) in ids.into_iter().enumerate() {
        let at = format!("/product_ids/{index}");
        match found.iter().find(|product| Some(product.id) == id) {
            None => gather.push(at, Rule::UnknownReference),
            Some(product) if named.contains(product) => gather.push(at, Rule::Duplicate),
            Some(product) => named.push(product.clone()),
        }
    }
    Ok(named)
}

fn audience(
    tx: &mut ReadTx<'_>,
    gather: &mut Gather,
    command: &DemandCommand,
) -> Result<Audience, Error> {
    let ids = command.invited_party_ids.iter().map(|id| id.parse().ok());
    let ids: Vec<Option<PartyId>> = ids.collect();
    let known: Vec<PartyId> = ids.iter().flatten().copied().collect();
    let found = parties::find_many(tx, &known)?;
    for (index, id) in ids.iter().enumerate() {
        if !found.iter().any(|party| Some(party.id) == *id) {
            gather.push(format!("/invited_party_ids/{index}"), Rule::UnknownReference);
        }
    }
    let audience = gather.take("", Audience::new(command.visibility, known));
    Ok(audience.unwrap_or(Audience::public()))
}

/// The closing time; a new one must be still to come.
fn closing_time(
    gather: &mut Gather,
    context: &Context,
    command: &DemandCommand,
) -> Option<Timestamp> {
    let text = command.closes_at.as_ref()?;
    let wrong = |_| Rule::WrongFormat { format: "date-time".into() };
    let closes_at: Timestamp = gather.rule("/closes_at", text.parse().map_err(wrong))?;
    if closes_at <= context.moment.now() && command.kept.closes_at != Some(closes_at) {
        gather.push("/closes_at", Rule::Past);
    }
    Some(closes_at)
}

/// The code of the unit that a caller names by code, label or alias; else what it says.
fn unit_code(reference: &Reference, name: &str) -> String {
    reference.unit(name).map_or_else(|| name.to_owned(), |unit| unit.code.clone())
}

fn packagings(gather: &mut Gather, reference: &Reference, stated: &[Packaging]) -> Vec<Packaging> {
    let packaging = |Packaging { unit, quantity, contained_unit }: &Packaging| Packaging {
        unit: unit_code(reference, unit),
        quantity: *quantity,
        contained_unit: unit_code(reference, contained_unit),
    };
    let packagings: Vec<Packaging> = stated.iter().map(packaging).collect();
    for violation in check_packagings(&packagings, reference.units()) {
        gather.push(violation.at, violation.rule);
    }
    packagings
}

/// What one unit contains: by its fixed ratio, else by the demand's packagings, else by those of
/// the products that are named, where all of them say the same.
fn content(
    reference: &Reference,
    (unit, packagings): (&str, &[Packaging]),
    products: &[Product],
) -> Result<Content, Rule> {
    let units = reference.units();
    let own = unit_content(unit, packagings, units);
    let Err(Rule::UnitNotConvertible) = own else {
        return own.map(|content| content.primary());
    };
    let of_product = |product: &Product| unit_content(unit, &product.terms.packagings, units).ok();
    let mut contents = products.iter().map(|product| of_product(product).map(|c| c.primary()));
    let first = contents.next().flatten().ok_or(Rule::UnitNotConvertible)?;
    let same = contents.all(|content| content == Some(first));
    if same { Ok(first) } else { Err(Rule::UnitNotConvertible) }
}

fn product_sets(gather: &mut Gather, numbers: &[u8]) -> Vec<ProductSet> {
    let mut sets: Vec<ProductSet> = Vec::with_capacity(numbers.len());
    for (index, number) in numbers.iter().enumerate() {
        let at = format!("/product_sets/{index}");
        match ProductSet::new(*number) {
            None => gather.push(at, Rule::UnknownProductSet),
            Some(set) if sets.contains(&set) => gather.push(at, Rule::Duplicate),
            Some(set) => sets.push(set),
        }
    }
    sets
}

fn substitutes(gather: &mut Gather, stated: &[SubstituteCommand]) -> Vec<Substitute> {
    let all = stated.iter().enumerate().filter_map(|(index, substitute)| {
        let at = format!("/substitutes/{index}");
        let ratio = gather.rule(&format!("{at}/ratio"), basis_points(substitute.ratio));
        let product = match (&substitute.text, substitute.product_set) {
            (Some(text), None) => Ok(SubstituteProduct::Text(text.trim().to_owned())),
            (None, Some(number)) => ProductSet::new(number)
                .map(SubstituteProduct::ProductSet)
                .ok_or(("product_set", Rule::UnknownProductSet)),
            (Some(_), Some(_)) => Err(("product_set", Rule::Contradicts { other: "text" })),
            (None, None) => Err(("text", Rule::Required)),
        };
        let wrong = |(field, rule)| gather.push(format!("{at}/{field}"), rule);
        let product = product.map_err(wrong).ok()?;
        Some(Substitute { product, ratio: ratio? })
    });
    all.collect()
}

/// A ratio with at most four decimals, in basis points.
fn basis_points(ratio: f64) -> Result<u32, Rule> {
    let scaled = ratio * BASIS_POINTS as f64;
    let whole = scaled.round();
    if (scaled - whole).abs() > RATIO_SLACK {
        return Err(Rule::WrongFormat { format: "0.0001".into() });
    }
    Ok(whole as u32)
}

fn ceiling(gather: &mut Gather, vnd: u64) -> Option<Price> {
    let rule = Rule::OutOfRange { min: 0, max: MAX_PRICE_VND as i64 };
    gather.rule("/max_unit_price", Price::new(vnd).ok_or(rule))
}

fn requirements(
    gather: &mut Gather,
    reference: &Reference,
    stated: &RequirementsCommand,
) -> Requirements {
    let provinces = places::provinces(reference, &stated.province_codes);
    let provinces = gather.take("/requirements/province_codes", provinces);
    let papers = stated.market.as_ref().map(|code| market_papers(reference, code));
    let papers = papers.and_then(|papers| gather.rule("/requirements/market", papers));
    Requirements {
        min_stars: stated.min_stars,
        certificates: stated.certificates.iter().copied().collect(),
        provinces: provinces.unwrap_or_default(),
        max_distance_km: stated.max_distance_km,
        market: stated.market.clone(),
        market_papers: papers.unwrap_or_default(),
    }
}

/// The groups of papers that the profile of a market asks for.
fn market_papers(reference: &Reference, code: &str) -> Result<Vec<CertificateKinds>, Rule> {
    let markets = reference.markets();
    let codes = || markets.iter().map(|market| market.code.as_str()).collect::<Vec<_>>();
    let unknown = || Rule::NotAllowed { allowed: codes().join(", ") };
    let market = markets.get(code).ok_or_else(unknown)?;
    let kinds = |group: &Vec<String>| {
        group.iter().filter_map(|kind| CertificateKind::parse(kind)).collect()
    };
    Ok(market.requires.iter().map(kinds).collect())
}
