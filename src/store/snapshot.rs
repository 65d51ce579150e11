//! A record as the audit trail keeps it: what it states, in the words of the API, without what
//! only the database needs. It never holds a secret, a password, a key or a hash of one, nor how to
//! reach a person.

mod callers;

use matching::certificate::{CertificateDraft, CertificateEnd, Subject};
use matching::date::Timestamp;
use matching::demand::{CommercialTerms, Demand, DemandDraft, Requirements, SubstituteProduct};
use matching::grant::{Grant, GrantDraft, Permission};
use matching::id::PartyId;
use matching::offer::{Offer, OfferDraft};
use matching::party::PartyDraft;
use matching::place::{Place, ProvinceCode, ProvinceSet};
use matching::product::{Packaging, ProductDraft};
use matching::visibility::Audience;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use callers::{of_client, of_signing_key, of_user};

use super::certificates::Certificate;
use super::changes::Changed;
use super::clients::Client;
use super::columns::{visibility, word};
use super::dismissals::Dismissal;
use super::parties::{LEGAL_FORMS, Party, ROLES};
use super::products::Product;
use super::signing_keys::KeptKey;
use super::users::User;
use super::{demands, offers, products};

/// A record that was written.
#[derive(Debug, Clone, Copy)]
pub enum Record<'a> {
    /// A party.
    Party(&'a Party),
    /// A product.
    Product(&'a Product),
    /// A certificate, and the party whose it is.
    Certificate(&'a Certificate, PartyId),
    /// An offer.
    Offer(&'a Offer),
    /// A demand.
    Demand(&'a Demand),
    /// A grant.
    Grant(&'a Grant),
    /// A dismissal, with the version of the demand.
    Dismissal(&'a Dismissal, i64),
    /// A client.
    Client(&'a Client),
    /// A user.
    User(&'a User),
    /// A key that signs access tokens, and the party that runs the service.
    SigningKey(&'a KeptKey, PartyId),
}

impl Record<'_> {
    /// What kind of record it is.
    #[must_use]
    pub const fn resource(&self) -> Changed {
        match self {
            Self::Party(_) => Changed::Party,
            Self::Product(_) => Changed::Product,
            Self::Certificate(..) => Changed::Certificate,
            Self::Offer(_) => Changed::Offer,
            Self::Demand(_) => Changed::Demand,
            Self::Grant(_) => Changed::Grant,
            Self::Dismissal(..) => Changed::Dismissal,
            Self::Client(_) => Changed::Client,
            Self::User(_) => Changed::User,
            Self::SigningKey(..) => Changed::SigningKey,
        }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        match self {
            Self::Party(party) => party.id.uuid(),
            Self::Product(product) => product.id.uuid(),
            Self::Certificate(certificate, _) => certificate.id.uuid(),
            Self::Offer(offer) => offer.id.uuid(),
            Self::Demand(demand) => demand.id.uuid(),
            Self::Grant(grant) => grant.id.uuid(),
            Self::Dismissal(dismissal, _) => dismissal.demand.uuid(),
            Self::Client(client) => client.id.uuid(),
            Self::User(user) => user.id.uuid(),
            Self::SigningKey(key, _) => Uuid::from_u128(key.number.unsigned_abs() as u128),
        }
    }

    /// Its version.
    #[must_use]
    pub const fn version(&self) -> i64 {
        match self {
            Self::Party(party) => party.version,
            Self::Product(product) => product.version,
            Self::Certificate(certificate, _) => certificate.version,
            Self::Offer(offer) => offer.version,
            Self::Demand(demand) => demand.version,
            Self::Grant(grant) => grant.version,
            Self::Dismissal(_, version) => *version,
            Self::Client(client) => client.version,
            Self::User(user) => user.version,
            Self::SigningKey(..) => 1,
        }
    }

    /// The party whose record it is.
    #[must_use]
    pub fn owner(&self) -> PartyId {
        match self {
            Self::Party(party) => party.id,
            Self::Product(product) => product.terms.party_id,
            Self::Certificate(_, owner) => *owner,
            Self::Offer(offer) => offer.terms.party_id,
            Self::Demand(demand) => demand.terms.party_id,
            Self::Grant(grant) => grant.terms.grantor_id,
            Self::Dismissal(dismissal, _) => dismissal.party,
            Self::Client(client) => client.party,
            Self::User(user) => user.party,
            Self::SigningKey(_, operator) => *operator,
        }
    }

    /// The record as JSON text.
    #[must_use]
    pub fn text(&self) -> String {
        let value = match self {
            Self::Party(party) => of_party(party),
            Self::Product(product) => of_product(product),
            Self::Certificate(certificate, _) => of_certificate(certificate),
            Self::Offer(offer) => of_offer(offer),
            Self::Demand(demand) => of_demand(demand),
            Self::Grant(grant) => of_grant(grant),
            Self::Dismissal(dismissal, _) => of_dismissal(dismissal),
            Self::Client(client) => of_client(client),
            Self::User(user) => of_user(user),
            Self::SigningKey(key, _) => of_signing_key(key),
        };
        present(value).to_string()
    }
}

/// The members that are there.
fn present(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let there = members.into_iter().filter(|(_, member)| !member.is_null());
            Value::Object(there.map(|(name, member)| (name, present(member))).collect())
        }
        other => other,
    }
}

fn of_party(party: &Party) -> Value {
    let PartyDraft { name, legal_form, roles, tax_code, place, contact, authority_provinces } =
        &*party.terms;
    let roles: Vec<&str> = roles.iter().map(|role| word(&ROLES, role)).collect();
    json!({
        "name": name,
        "legal_form": word(&LEGAL_FORMS, legal_form),
        "roles": roles,
        "tax_code": tax_code,
        "place": of_place(place),
        "contact": {"phone": contact.phone, "email": contact.email},
        "authority_scope": {"province_codes": codes(authority_provinces.iter().copied())},
    })
}

fn of_place(place: &Place) -> Value {
    let Place { province, commune_code, address, given, point } = place;
    json!({
        "province_code": province.to_string(),
        "commune_code": commune_code,
        "address": address,
        "text": given,
        "lat": f64::from(point.lat_e6()) / 1e6,
        "lon": f64::from(point.lon_e6()) / 1e6,
    })
}

fn codes(provinces: impl Iterator<Item = ProvinceCode>) -> Vec<String> {
    provinces.map(|province| province.to_string()).collect()
}

fn of_product(product: &Product) -> Value {
    let ProductDraft {
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
    } = &*product.terms;
    json!({
        "party_id": party_id.to_string(),
        "name": name,
        "product_set": product_set.number(),
        "unit": unit,
        "packagings": of_packagings(packagings),
        "attributes": attributes.iter().cloned().map(pair).collect::<Map<_, _>>(),
        "gtin": gtin.as_ref().map(|gtin| gtin.as_str()),
        "story": story,
        "image_urls": image_urls,
        "trace_url": trace_url,
        "state": word(&products::STATES, &product.state),
    })
}

fn pair((name, value): (String, String)) -> (String, Value) {
    (name, value.into())
}

fn of_packagings(packagings: &[Packaging]) -> Vec<Value> {
    let each = packagings.iter().map(|Packaging { unit, quantity, contained_unit }| {
        let contains = json!({"quantity": quantity, "unit": contained_unit});
        json!({"unit": unit, "contains": contains})
    });
    each.collect()
}

fn of_certificate(certificate: &Certificate) -> Value {
    let CertificateDraft {
        subject,
        kind,
        stars,
        potential_five_star,
        number,
        authority,
        decision_date,
        expires_on: _,
        note,
    } = &*certificate.terms;
    let (product, party) = match subject {
        Subject::Product(product) => (Some(product.to_string()), None),
        Subject::Party(party) => (None, Some(party.to_string())),
    };
    let (revoked_on, superseded_by) = match certificate.end {
        None => (None, None),
        Some(CertificateEnd::Revoked(day)) => (Some(day.to_string()), None),
        Some(CertificateEnd::Superseded(by)) => (None, Some(by.to_string())),
    };
    json!({
        "product_id": product,
        "party_id": party,
        "kind": kind.code(),
        "stars": stars,
        "potential_five_star": potential_five_star,
        "number": number,
        "authority": authority,
        "decision_date": decision_date.to_string(),
        "expires_on": certificate.terms.expires_on().map(|day| day.to_string()),
        "note": note,
        "revoked_on": revoked_on,
        "superseded_by": superseded_by,
    })
}

fn of_offer(offer: &Offer) -> Value {
    let OfferDraft {
        party_id,
        product_id,
        unit,
        content: _,
        unit_price,
        price_breaks,
        min_order,
        increment,
        capacity: _,
        place,
        lead_time_days,
        delivers_to,
        pickup,
        audience,
        note,
    } = &*offer.terms;
    let breaks = price_breaks.iter().map(
        |step| json!({"min_quantity": step.min_quantity, "unit_price": step.unit_price.vnd()}),
    );
    let capacity = offer.terms.capacity.iter().map(|declared| {
        let (from, to) = (declared.period.from().to_string(), declared.period.to().to_string());
        json!({"from": from, "to": to, "quantity": declared.quantity})
    });
    json!({
        "party_id": party_id.to_string(),
        "product_id": product_id.to_string(),
        "status": word(&offers::STATUSES, &offer.status),
        "unit": unit,
        "unit_price": unit_price.map(|price| price.vnd()),
        "price_breaks": breaks.collect::<Vec<_>>(),
        "min_order": min_order,
        "increment": increment,
        "capacity": capacity.collect::<Vec<_>>(),
        "place": of_place(place),
        "lead_time_days": lead_time_days,
        "delivers_to": codes(ProvinceSet::iter(*delivers_to)),
        "pickup": pickup,
        "visibility": visibility(audience),
        "invited_party_ids": invited(audience),
        "note": note,
        "confirmed_at": offer.confirmed_at.to_string(),
    })
}

fn invited(audience: &Audience) -> Vec<String> {
    audience.invited().iter().map(PartyId::to_string).collect()
}

fn of_demand(demand: &Demand) -> Value {
    let DemandDraft {
        party_id,
        title,
        text,
        product_sets,
        product_ids,
        substitutes: _,
        unit,
        packagings,
        content: _,
        max_unit_price,
        price_basis,
        requirements,
        deliveries: _,
        max_suppliers,
        min_share,
        preferences: _,
        terms: CommercialTerms { discount_percent, payment_days, listing_fee_vnd },
        anonymous,
        audience,
        closes_at,
    } = &*demand.terms;
    json!({
        "party_id": party_id.to_string(),
        "status": word(&demands::STATUSES, &demand.status),
        "title": title,
        "text": text,
        "product_sets": product_sets.iter().map(|set| set.number()).collect::<Vec<_>>(),
        "product_ids": product_ids.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "substitutes": substitutes(demand),
        "unit": unit,
        "packagings": of_packagings(packagings),
        "max_unit_price": max_unit_price.map(|price| price.vnd()),
        "price_basis": word(&demands::PRICE_BASES, price_basis),
        "requirements": of_requirements(requirements),
        "deliveries": deliveries(demand),
        "max_suppliers": max_suppliers,
        "min_share": min_share,
        "preferences": preferences(demand),
        "terms": {
            "discount_percent": discount_percent,
            "payment_days": payment_days,
            "listing_fee": listing_fee_vnd,
        },
        "anonymous": anonymous,
        "visibility": visibility(audience),
        "invited_party_ids": invited(audience),
        "closes_at": closes_at.map(|at: Timestamp| at.to_string()),
    })
}

fn substitutes(demand: &Demand) -> Vec<Value> {
    let substitutes = demand.terms.substitutes.iter();
    let ratio = |basis_points| f64::from(basis_points) / 1e4;
    let each = substitutes.map(|substitute| match &substitute.product {
        SubstituteProduct::Text(text) => json!({"text": text, "ratio": ratio(substitute.ratio)}),
        SubstituteProduct::ProductSet(set) => {
            json!({"product_set": set.number(), "ratio": ratio(substitute.ratio)})
        }
    });
    each.collect()
}

fn deliveries(demand: &Demand) -> Vec<Value> {
    let needs = demand.terms.deliveries.iter().map(|need| {
        present(json!({
            "place": of_place(&need.place),
            "from": need.window.from().to_string(),
            "to": need.window.to().to_string(),
            "quantity": need.quantity,
            "min_quantity": need.min_quantity,
            "max_quantity": need.max_quantity,
        }))
    });
    needs.collect()
}

fn preferences(demand: &Demand) -> Option<Value> {
    let weights = demand.terms.preferences?;
    let each = matching::factor::Factor::ALL
        .map(|factor| (factor.code().to_owned(), Value::from(weights.of(factor))));
    Some(Value::Object(each.into_iter().collect()))
}

fn of_requirements(requirements: &Requirements) -> Value {
    let Requirements {
        min_stars,
        certificates,
        provinces,
        max_distance_km,
        market,
        market_papers: _,
    } = requirements;
    json!({
        "min_stars": min_stars,
        "certificates": certificates.iter().map(|kind| kind.code()).collect::<Vec<_>>(),
        "province_codes": codes(provinces.iter()),
        "max_distance_km": max_distance_km,
        "market": market,
    })
}

fn of_grant(grant: &Grant) -> Value {
    let GrantDraft { grantor_id, grantee_id, permissions, from, to } = &*grant.terms;
    json!({
        "grantor_id": grantor_id.to_string(),
        "grantee_id": grantee_id.to_string(),
        "scopes": permissions.iter().copied().map(Permission::code).collect::<Vec<_>>(),
        "from": from.to_string(),
        "to": to.map(|to| to.to_string()),
        "revoked_at": grant.revoked_at.map(|at| at.to_string()),
    })
}

fn of_dismissal(dismissal: &Dismissal) -> Value {
    json!({
        "demand_id": dismissal.demand.to_string(),
        "offer_id": dismissal.offer.to_string(),
        "party_id": dismissal.party.to_string(),
        "reason": dismissal.reason,
    })
}
