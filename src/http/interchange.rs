//! Lines of the interchange format: the bodies of the API with a `type`, and names in a system in
//! place of ids. Read as strictly as a request.

use matching::violation::{Rule, Violation};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::certificate_record::{self, CertificateBody};
use super::demand_body::DemandBody;
use super::json::NotJson;
use super::offers::OfferBody;
use super::parties::PartyBody;
use super::problem::ApiError;
use super::product_record::{self, ProductBody};
use super::schema::Contract;
use super::{json, offers, parties};
use crate::actions::interchange::{DemandNames, Name, NamedSubject, Record};

/// What a name has.
const NAME_MEMBERS: [&str; 2] = ["system", "id"];

/// Why a line is not a record.
#[derive(Debug)]
pub enum Unreadable {
    /// It is not JSON.
    NotJson(NotJson),
    /// It is not what the contract says, though no rule of it is broken.
    Malformed(String),
    /// It breaks rules.
    Invalid(Vec<Violation>),
}

/// Reads one line.
///
/// # Errors
/// Every broken rule with its place.
pub fn read(contract: &Contract, line: &[u8]) -> Result<Record, Unreadable> {
    let value = json::read(line).map_err(Unreadable::NotJson)?;
    let Value::Object(mut object) = value else {
        return Err(invalid("", Rule::WrongType { expected: "object".into() }));
    };
    match object.remove("type").as_ref().and_then(Value::as_str) {
        Some("party") => {
            let body: PartyBody = decode(contract, object)?;
            Ok(Record::Party(Box::new(parties::stated(&body))))
        }
        Some("product") => {
            let party = take_name(&mut object, "party")?;
            let body: ProductBody = decode(contract, object)?;
            let command = product_record::command(&body).map_err(broken)?;
            Ok(Record::Product(party, Box::new(command)))
        }
        Some("certificate") => {
            let subject = if object.contains_key("product") {
                NamedSubject::Product(take_name(&mut object, "product")?)
            } else {
                NamedSubject::Party(take_name(&mut object, "party")?)
            };
            let body: CertificateBody = decode(contract, object)?;
            let command = certificate_record::command(body).map_err(broken)?;
            Ok(Record::Certificate(subject, Box::new(command)))
        }
        Some("offer") => {
            let product = take_name(&mut object, "product")?;
            let invited = take_names(&mut object, "invited_parties")?;
            // The schema wants an id; the import puts the named product's in its place.
            object.insert("product_id".into(), Uuid::nil().to_string().into());
            let body: OfferBody = decode(contract, object)?;
            Ok(Record::Offer(product, invited, Box::new(offers::stated(body))))
        }
        Some("demand") => read_demand(contract, object),
        _ => {
            let allowed = "party, product, certificate, offer, demand".into();
            Err(invalid("/type", Rule::NotAllowed { allowed }))
        }
    }
}

fn read_demand(contract: &Contract, mut object: Map<String, Value>) -> Result<Record, Unreadable> {
    let party = take_name(&mut object, "party")?;
    let products = take_names(&mut object, "products")?;
    let invited = take_names(&mut object, "invited_parties")?;
    if !products.is_empty() {
        let placeholders = vec![Value::from(Uuid::nil().to_string()); products.len()];
        object.insert("product_ids".into(), placeholders.into());
    }
    let body: DemandBody = decode(contract, object)?;
    let names = DemandNames { products, invited };
    Ok(Record::Demand(party, names, Box::new(body.command(&[]))))
}

fn decode<T: DeserializeOwned + ToSchema>(
    contract: &Contract,
    object: Map<String, Value>,
) -> Result<T, Unreadable> {
    let mut value = Value::Object(object);
    let violations = contract.violations(&T::name(), &value);
    if !violations.is_empty() {
        return Err(Unreadable::Invalid(violations));
    }
    json::remove_nulls(&mut value);
    serde_json::from_value(value).map_err(|error| Unreadable::Malformed(error.to_string()))
}

/// The name that stands in place of an id, which cannot stand beside it.
fn take_name(object: &mut Map<String, Value>, member: &'static str) -> Result<Name, Unreadable> {
    let at = format!("/{member}");
    if object.contains_key(&format!("{member}_id")) {
        return Err(invalid(&format!("{at}_id"), Rule::Contradicts { other: member }));
    }
    let value = object.remove(member).ok_or_else(|| invalid(&at, Rule::Required))?;
    name_of(value, &at)
}

/// A list of names, which may be absent.
fn take_names(object: &mut Map<String, Value>, member: &str) -> Result<Vec<Name>, Unreadable> {
    let wrong = || invalid(&format!("/{member}"), Rule::WrongType { expected: "array".into() });
    let names = match object.remove(member) {
        None => return Ok(Vec::new()),
        Some(Value::Array(names)) => names,
        Some(_) => return Err(wrong()),
    };
    let read = |(index, value): (usize, Value)| name_of(value, &format!("/{member}/{index}"));
    names.into_iter().enumerate().map(read).collect()
}

fn name_of(value: Value, at: &str) -> Result<Name, Unreadable> {
    let mut members = value.as_object().into_iter().flat_map(Map::keys);
    if let Some(other) = members.find(|member| !NAME_MEMBERS.contains(&member.as_str())) {
        return Err(invalid(&format!("{at}/{other}"), Rule::UnknownField { near: Vec::new() }));
    }
    let text = |member: &str| value[member].as_str().map(str::to_owned);
    let wrong = || invalid(at, Rule::WrongType { expected: "{system, id}".into() });
    Ok(Name { system: text("system").ok_or_else(wrong)?, id: text("id").ok_or_else(wrong)? })
}

fn broken(error: ApiError) -> Unreadable {
    Unreadable::Invalid(error.violations.clone())
}

fn invalid(at: &str, rule: Rule) -> Unreadable {
    Unreadable::Invalid(vec![Violation::new(at, rule)])
}
