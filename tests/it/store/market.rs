//! A small market of plain parties and products that other records refer to, and the ways to draw
//! random values.

use matching::date::{Date, Timestamp};
use matching::id::{PartyId, ProductId};
use matching::party::{Contact, LegalForm, PartyDraft, PartyTerms, Role};
use matching::place::{Place, Point, ProvinceCode};
use matching::product::{ProductDraft, ProductSet, ProductState, ProductTerms};
use ocop_link::store::parties::Party;
use ocop_link::store::products::Product;
use ocop_link::store::{Database, parties, products};
use proptest::collection::vec;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};
use uuid::Uuid;

/// Parties and products of [`open_market`].
pub(super) const MARKET: u128 = 4;
/// The day around which periods lie.
pub(super) const TODAY: Date = Date::from_days(20_800);

/// Runs `check` on `cases` random values.
pub(super) fn for_all<S: Strategy>(cases: u32, values: S, check: impl Fn(S::Value)) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&values, |value| {
        check(value);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

/// `count` random values, always the same.
pub(super) fn sample<S: Strategy>(values: S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    vec(values, count).new_tree(&mut runner).expect("values").current()
}

/// Party `number` of the market.
pub(super) fn party_id(number: u128) -> PartyId {
    PartyId::new(Uuid::from_u128(number))
}

/// Product `number` of the market, made by the party of the same number.
pub(super) fn product_id(number: u128) -> ProductId {
    ProductId::new(Uuid::from_u128(number))
}

/// The instant at which most records are made.
pub(super) fn noon() -> Timestamp {
    Timestamp::from_micros(i64::from(TODAY.days()) * 86_400_000_000 + 5 * 3_600_000_000)
}

fn here() -> Place {
    let province = ProvinceCode::new(86).expect("a province");
    let point = Point::new(9_934_000, 106_342_000).expect("on the Earth");
    Place { province, commune_code: None, address: None, given: None, point }
}

/// A party with nothing particular.
pub(super) fn plain_party(number: u128) -> Party {
    let draft = PartyDraft {
        name: format!("Hợp tác xã {number}"),
        legal_form: LegalForm::Cooperative,
        roles: vec![Role::Producer],
        tax_code: None,
        place: here(),
        contact: Contact::default(),
        authority_provinces: Vec::new(),
    };
    Party {
        id: party_id(number),
        version: 1,
        created_at: noon(),
        updated_at: noon(),
        registered_by: party_id(number),
        terms: PartyTerms::new(draft).expect("legal"),
    }
}

/// A product with nothing particular.
pub(super) fn plain_product(number: u128) -> Product {
    let draft = ProductDraft {
        party_id: party_id(number % MARKET),
        name: format!("Mật hoa dừa {number}"),
        product_set: ProductSet::new((number % 26) as u8 + 1).expect("a set"),
        unit: "kg".into(),
        packagings: Vec::new(),
        attributes: Vec::new(),
        gtin: None,
        story: None,
        image_urls: Vec::new(),
        trace_url: None,
    };
    Product {
        id: product_id(number),
        version: 1,
        created_at: noon(),
        updated_at: noon(),
        state: ProductState::Active,
        terms: ProductTerms::recorded(draft),
    }
}

/// Records the parties and products that other records refer to.
pub(super) fn open_market(database: &Database) {
    let written = database.write(|tx| {
        for number in 0..MARKET {
            parties::insert(tx, &plain_party(number))?;
            products::insert(tx, &plain_product(number))?;
        }
        Ok(())
    });
    written.expect("a market");
}
