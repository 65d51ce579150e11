//! Random legal records that refer to the market.

use matching::certificate::{
    CertificateDraft, CertificateKind, CertificateKinds, CertificateTerms, Subject,
};
use matching::date::{Date, Period, Timestamp};
use matching::demand::{
    CommercialTerms, DeliveryNeed, Demand, DemandDraft, DemandStatus, DemandTerms, PriceBasis,
    Progress, Requirements, Substitute, SubstituteProduct,
};
use matching::factor::Weights;
use matching::id::{CertificateId, DemandId, OfferId, PartyId, ProductId};
use matching::money::Price;
use matching::offer::{
    Capacity, DeclaredCapacity, Offer, OfferDraft, OfferStatus, OfferTerms, PriceBreak,
};
use matching::party::{Contact, LegalForm, PartyDraft, PartyTerms, Role};
use matching::place::{Place, Point, ProvinceCode, ProvinceSet};
use matching::product::{Gtin, Packaging, ProductDraft, ProductSet, ProductState, ProductTerms};
use matching::quantity::{Content, Dimension, UnitContent};
use matching::visibility::{Audience, Visibility};
use ocop_link::store::certificates::Certificate;
use ocop_link::store::parties::Party;
use ocop_link::store::products::Product;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use uuid::Uuid;

use super::market::{MARKET, TODAY, noon, party_id, product_id};

fn id() -> impl Strategy<Value = Uuid> {
    (1_u128 << 64..).prop_map(Uuid::from_u128)
}

fn market_party() -> impl Strategy<Value = PartyId> {
    (0..MARKET).prop_map(party_id)
}

fn market_product() -> impl Strategy<Value = ProductId> {
    (0..MARKET).prop_map(product_id)
}

fn text() -> impl Strategy<Value = String> {
    "[A-Za-zĐđàạẫưở][ A-Za-z0-9ĐđáậẻứỹÊ\"'\\\\%_,;\\[\\]{}&–🥥\n-]{0,30}"
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (0..4_000_000_000_000_000_i64).prop_map(Timestamp::from_micros)
}

fn day() -> impl Strategy<Value = Date> {
    (-20..20).prop_map(|days| TODAY.plus_days(days))
}

fn period() -> impl Strategy<Value = Period> {
    (day(), 0..30).prop_map(|(from, days)| Period::new(from, from.plus_days(days)).expect("order"))
}

fn province() -> impl Strategy<Value = ProvinceCode> {
    (1..97_u8).prop_map(|number| ProvinceCode::new(number).expect("a province"))
}

fn provinces() -> impl Strategy<Value = ProvinceSet> {
    vec(province(), 0..5).prop_map(|provinces| provinces.into_iter().collect())
}

fn place() -> impl Strategy<Value = Place> {
    let point = (-90_000_000..=90_000_000, -180_000_000..=180_000_000);
    (province(), option::of("[0-9]{5}"), option::of(text()), option::of(text()), point).prop_map(
        |(province, commune_code, address, given, (lat, lon))| {
            let point = Point::new(lat, lon).expect("on the Earth");
            Place { province, commune_code, address, given, point }
        },
    )
}

fn dimension() -> impl Strategy<Value = Dimension> {
    use Dimension::{Area, Count, Guests, Length, Mass, RoomNights, Volume};
    select(vec![Mass, Volume, Count, Length, Area, Guests, RoomNights])
}

fn content() -> impl Strategy<Value = Content> {
    (dimension(), 1..1_000_000_000_u64)
        .prop_map(|(dimension, base_units)| Content { dimension, base_units })
}

fn price() -> impl Strategy<Value = Price> {
    (0..1_000_000_000_u64).prop_map(|vnd| Price::new(vnd).expect("small"))
}

fn audience() -> impl Strategy<Value = Audience> {
    let levels = select(vec![Visibility::Public, Visibility::Coordinators, Visibility::Invited]);
    (levels, vec(market_party(), 0..4)).prop_map(|(level, invited)| {
        let invited = if level == Visibility::Invited { invited } else { Vec::new() };
        Audience::new(level, invited).expect("legal")
    })
}

fn packagings() -> impl Strategy<Value = Vec<Packaging>> {
    let packaging = (text(), 1..1000_u64, text())
        .prop_map(|(unit, quantity, contained_unit)| Packaging { unit, quantity, contained_unit });
    vec(packaging, 0..4)
}

fn product_set() -> impl Strategy<Value = ProductSet> {
    (1..=26_u8).prop_map(|number| ProductSet::new(number).expect("a set"))
}

/// Any party.
pub(super) fn party() -> impl Strategy<Value = Party> {
    use LegalForm::{
        Agency, Alliance, Cooperative, CooperativeGroup, Enterprise, Household, PrivateEnterprise,
        Union,
    };
    let forms =
        vec![Enterprise, PrivateEnterprise, Cooperative, CooperativeGroup, Household, Union];
    let form = prop_oneof![select(forms), select(vec![Alliance, Agency])];
    let roles = vec![Role::Authority, Role::Producer, Role::Distributor, Role::Coordinator];
    let contact = (option::of("\\+84 [0-9]{9}"), option::of("[a-z]{1,9}@[a-z]{1,9}\\.vn"));
    let terms = (
        text(),
        form,
        subsequence(roles, 1..=4),
        option::of("[0-9]{10}"),
        place(),
        contact,
        vec(province(), 0..4),
    );
    let terms = terms.prop_map(|(name, legal_form, roles, tax_code, place, contact, scope)| {
        let is_authority = roles.contains(&Role::Authority);
        let scope: ProvinceSet = scope.into_iter().filter(|_| is_authority).collect();
        let contact = Contact { phone: contact.0, email: contact.1 };
        let authority_provinces = scope.iter().collect();
        let draft =
            PartyDraft { name, legal_form, roles, tax_code, place, contact, authority_provinces };
        PartyTerms::new(draft).expect("legal")
    });
    (id(), instant(), instant(), market_party(), terms).prop_map(
        |(id, created_at, updated_at, registered_by, terms)| Party {
            id: PartyId::new(id),
            version: 1,
            created_at,
            updated_at,
            registered_by,
            terms,
        },
    )
}

/// Any product of a party of the market.
pub(super) fn product() -> impl Strategy<Value = Product> {
    let gtin = select(vec!["96385074", "036000291452", "8934563138165"])
        .prop_map(|digits| Gtin::parse(digits).expect("a GTIN"));
    let named = (market_party(), text(), product_set(), text(), packagings());
    let told = (vec((text(), text()), 0..4), option::of(gtin), option::of(text()));
    let links = (vec(text(), 0..4), option::of(text()));
    let state = select(vec![ProductState::Active, ProductState::Archived]);
    (id(), instant(), instant(), named, told, links, state).prop_map(
        |(id, created_at, updated_at, named, told, links, state)| {
            let (party_id, name, product_set, unit, packagings) = named;
            let (attributes, gtin, story) = told;
            let (image_urls, trace_url) = links;
            let terms = ProductTerms::recorded(ProductDraft {
                party_id,
                name,
                product_set,
                unit,
                packagings,
                attributes,
                gtin,
                story,
                image_urls,
                trace_url,
            });
            Product { id: ProductId::new(id), version: 1, created_at, updated_at, state, terms }
        },
    )
}

/// Any certificate of a party or product of the market.
pub(super) fn certificate() -> impl Strategy<Value = Certificate> {
    let subject = prop_oneof![
        market_party().prop_map(Subject::Party),
        market_product().prop_map(Subject::Product),
    ];
    let stars = select(vec![(3, false), (4, false), (4, true), (5, false)]);
    let kind = prop_oneof![Just(CertificateKind::Ocop), select(CertificateKind::ALL.to_vec())];
    let said = (text(), text(), option::of(text()));
    let terms = (subject, kind, stars, said, day(), option::of(0..3000)).prop_map(
        |(subject, kind, (stars, potential), (number, authority, note), decision_date, days)| {
            let is_ocop = kind == CertificateKind::Ocop;
            let draft = CertificateDraft {
                subject,
                kind,
                stars: is_ocop.then_some(stars),
                potential_five_star: is_ocop && potential,
                number,
                authority,
                decision_date,
                expires_on: days.map(|days| decision_date.plus_days(days)),
                note,
            };
            CertificateTerms::new(draft).expect("legal")
        },
    );
    (id(), instant(), instant(), terms).prop_map(|(id, created_at, updated_at, terms)| {
        let id = CertificateId::new(id);
        Certificate { id, version: 1, created_at, updated_at, terms, end: None }
    })
}

/// Sorted periods that do not overlap, with what is taken of each.
fn capacity() -> impl Strategy<Value = Vec<Capacity>> {
    let taken = (0..50_u64, 0..50_u64, 0..50_u64, prop_oneof![Just(0), 1..100_u64]);
    let start = -40..20;
    (start, vec((1..10, 0..10, taken), 1..5)).prop_map(|(start, steps)| {
        let mut next = TODAY.plus_days(start);
        let mut periods = Vec::new();
        for (gap, days, (held, committed, consumed, free)) in steps {
            let from = next.plus_days(gap);
            next = from.plus_days(days + 1);
            let period = Period::new(from, from.plus_days(days)).expect("in order");
            let declared = (held + committed + consumed + free).max(1);
            periods.push(Capacity { period, declared, held, committed, consumed });
        }
        periods
    })
}

fn prices() -> impl Strategy<Value = (Option<Price>, Vec<PriceBreak>)> {
    (option::of(price()), vec((1..100_u64, 0..1000_u64), 0..4)).prop_map(|(base, steps)| {
        let Some(base) = base else { return (None, Vec::new()) };
        let (mut quantity, mut vnd) = (0, base.vnd());
        let breaks = steps.into_iter().map(|(more, less)| {
            quantity += more;
            vnd = vnd.saturating_sub(less);
            PriceBreak { min_quantity: quantity, unit_price: Price::new(vnd).expect("small") }
        });
        (Some(base), breaks.collect())
    })
}

/// Any offer of a party and product of the market.
pub(super) fn offer() -> impl Strategy<Value = Offer> {
    use OfferStatus::{Draft, Paused, Published, Withdrawn};
    let status = prop_oneof![3 => Just(Published), 1 => select(vec![Draft, Paused, Withdrawn])];
    let content = (content(), option::of(content()));
    let named = (market_party(), market_product(), text(), content, prices());
    let rules = (1..100_u64, 1..100_u64, 0..=365_u32, provinces(), any::<bool>());
    let told = (place(), audience(), option::of(text()));
    (id(), (instant(), instant(), instant()), status, capacity(), named, rules, told).prop_map(
        |(id, (created_at, updated_at, confirmed_at), status, capacity, named, rules, told)| {
            let (party_id, product_id, unit, (primary, secondary), prices) = named;
            let (increment, multiple, lead_time_days, delivers_to, pickup) = rules;
            let (place, audience, note) = told;
            let content = UnitContent::new(primary);
            let declared = |capacity: &Capacity| DeclaredCapacity {
                period: capacity.period,
                quantity: capacity.declared,
            };
            let draft = OfferDraft {
                party_id,
                product_id,
                unit,
                content: secondary.map_or(content, |second| content.with_secondary(second)),
                unit_price: prices.0,
                price_breaks: prices.1,
                min_order: increment * multiple,
                increment,
                capacity: capacity.iter().map(declared).collect(),
                place,
                lead_time_days,
                delivers_to,
                pickup,
                audience,
                note,
            };
            Offer {
                id: OfferId::new(id),
                version: 1,
                terms_version: 1,
                created_at,
                updated_at,
                confirmed_at,
                status,
                terms: OfferTerms::new(draft).expect("legal"),
                capacity,
            }
        },
    )
}

fn deliveries() -> impl Strategy<Value = Vec<(DeliveryNeed, Progress)>> {
    let amounts = (1..100_u64, option::of(0..100_u64), option::of(0..100_u64));
    let progress = (prop_oneof![Just(0), 0..120_u64], 0..9_u64, 0..9_u64);
    let need = (place(), period(), amounts, progress).prop_map(
        |(place, window, (quantity, less, more), (committed, in_transit, fulfilled))| {
            let min_quantity = less.map(|less| quantity.saturating_sub(less).max(1));
            let max_quantity = more.map(|more| quantity + more);
            let need = DeliveryNeed { place, window, quantity, min_quantity, max_quantity };
            (need, Progress { committed, in_transit, fulfilled })
        },
    );
    vec(need, 1..4)
}

fn requirements() -> impl Strategy<Value = Requirements> {
    let kinds = || subsequence(CertificateKind::ALL.to_vec(), 0..4);
    let market = (option::of("[A-Z]{2}"), vec(kinds(), 0..3));
    (option::of(3..=5_u8), kinds(), provinces(), option::of(1..2000_u32), market).prop_map(
        |(min_stars, certificates, provinces, max_distance_km, (market, papers))| Requirements {
            min_stars,
            certificates: certificates.into_iter().collect(),
            provinces,
            max_distance_km,
            market,
            market_papers: papers.into_iter().map(CertificateKinds::from_iter).collect(),
        },
    )
}

/// Any demand of a party of the market.
pub(super) fn demand() -> impl Strategy<Value = Demand> {
    use DemandStatus::{Cancelled, Closed, Draft, Open};
    let status = prop_oneof![3 => Just(Open), 2 => select(vec![Draft, Closed, Cancelled])];
    let substitute = prop_oneof![
        text().prop_map(SubstituteProduct::Text),
        product_set().prop_map(SubstituteProduct::ProductSet),
    ];
    let substitutes = vec((substitute, 1..1_000_000_u32), 0..3).prop_map(|substitutes| {
        let substitute = |(product, ratio)| Substitute { product, ratio };
        substitutes.into_iter().map(substitute).collect::<Vec<_>>()
    });
    let named = (vec(product_set(), 0..4), vec(market_product(), 0..3), substitutes);
    let wanted = (market_party(), text(), text(), named, text(), packagings(), content());
    let bases = select(vec![PriceBasis::AtOrigin, PriceBasis::Delivered]);
    let prices = (option::of(price()), bases, (0..=100_u8, 0..=365_u32, 0..1_000_000_u64));
    let weights = Weights::new([1, 2, 3, 4, 5, 9985]).expect("their sum");
    let limits = (option::of(1..9_u32), option::of(1..9_u64), option::of(Just(weights)));
    let near = noon().micros();
    let closes_at = (near - 5..near + 5).prop_map(Timestamp::from_micros);
    let shown = (any::<bool>(), audience(), option::of(closes_at));
    let asked = (prices, requirements(), limits, shown, deliveries());
    (id(), (instant(), instant()), status, wanted, asked).prop_map(
        |(id, (created_at, updated_at), status, wanted, asked)| {
            let (party_id, title, text, named, unit, packagings, content) = wanted;
            let (prices, requirements, limits, shown, deliveries) = asked;
            let (discount_percent, payment_days, listing_fee_vnd) = prices.2;
            let (deliveries, progress): (Vec<_>, Vec<_>) = deliveries.into_iter().unzip();
            let draft = DemandDraft {
                party_id,
                title,
                text: Some(text),
                product_sets: named.0,
                product_ids: named.1,
                substitutes: named.2,
                unit,
                packagings,
                content,
                max_unit_price: prices.0,
                price_basis: prices.1,
                requirements,
                deliveries,
                max_suppliers: limits.0,
                min_share: limits.1,
                preferences: limits.2,
                terms: CommercialTerms { discount_percent, payment_days, listing_fee_vnd },
                anonymous: shown.0,
                audience: shown.1,
                closes_at: shown.2,
            };
            Demand {
                id: DemandId::new(id),
                version: 1,
                terms_version: 1,
                created_at,
                updated_at,
                status,
                terms: DemandTerms::new(draft).expect("legal"),
                progress,
            }
        },
    )
}
