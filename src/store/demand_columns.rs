//! How the lists of a demand stand in text columns: sets, substitutes, requirements and weights.

use matching::certificate::{CertificateKind, CertificateKinds};
use matching::demand::{Requirements, Substitute, SubstituteProduct};
use matching::factor::{Factor, Weights};
use matching::product::ProductSet;

use super::columns::{illegal, json, json_of, product_set_of, provinces, provinces_of};
use crate::error::Error;

/// Sets stand between commas, `,3,12,`, so that a filter can look for one.
pub(super) fn sets(sets: &[ProductSet]) -> String {
    sets.iter().fold(",".into(), |text, set| format!("{text}{},", set.number()))
}

pub(super) fn sets_of(text: &str) -> Result<Vec<ProductSet>, Error> {
    let numbers = text.split(',').filter(|number| !number.is_empty());
    numbers
        .map(|number| product_set_of(number.parse().map_err(|_| illegal("set", number))?))
        .collect()
}

/// A substitute is its text or its set, and its ratio.
type SubstituteColumns = (Option<String>, Option<i32>, u32);

pub(super) fn substitutes_json(substitutes: &[Substitute]) -> String {
    let row = |Substitute { product, ratio }: &Substitute| -> SubstituteColumns {
        match product {
            SubstituteProduct::Text(text) => (Some(text.clone()), None, *ratio),
            SubstituteProduct::ProductSet(set) => (None, Some(i32::from(set.number())), *ratio),
        }
    };
    json(&substitutes.iter().map(row).collect::<Vec<_>>())
}

pub(super) fn substitutes_of(json: &str) -> Result<Vec<Substitute>, Error> {
    let rows: Vec<SubstituteColumns> = json_of(json)?;
    let substitute = |(text, set, ratio)| match (text, set) {
        (Some(text), None) => Ok(Substitute { product: SubstituteProduct::Text(text), ratio }),
        (None, Some(set)) => {
            Ok(Substitute { product: SubstituteProduct::ProductSet(product_set_of(set)?), ratio })
        }
        _ => Err(illegal("substitute", json)),
    };
    rows.into_iter().map(substitute).collect()
}

/// Stars, papers, provinces, distance, market and its groups of papers.
type RequirementColumns =
    (Option<u8>, Vec<String>, String, Option<u32>, Option<String>, Vec<Vec<String>>);

pub(super) fn requirements_json(requirements: &Requirements) -> String {
    let Requirements {
        min_stars,
        certificates,
        provinces: origins,
        max_distance_km,
        market,
        market_papers,
    } = requirements;
    let codes = |kinds: &CertificateKinds| kinds.iter().map(|kind| kind.code().into()).collect();
    let row: RequirementColumns = (
        *min_stars,
        codes(certificates),
        provinces(*origins),
        *max_distance_km,
        market.clone(),
        market_papers.iter().map(codes).collect(),
    );
    json(&row)
}

pub(super) fn requirements_of(text: &str) -> Result<Requirements, Error> {
    let row: RequirementColumns = json_of(text)?;
    let (min_stars, certificates, origins, max_distance_km, market, market_papers) = row;
    let kind = |code: &String| CertificateKind::parse(code).ok_or_else(|| illegal("paper", code));
    let kinds = |codes: &Vec<String>| codes.iter().map(kind).collect::<Result<_, _>>();
    Ok(Requirements {
        min_stars,
        certificates: kinds(&certificates)?,
        provinces: provinces_of(&origins)?,
        max_distance_km,
        market,
        market_papers: market_papers.iter().map(kinds).collect::<Result<_, _>>()?,
    })
}

/// Weights stand in the order of the factors.
pub(super) fn weights_json(weights: Weights) -> String {
    json(&Factor::ALL.map(|factor| weights.of(factor)))
}

pub(super) fn weights_of(text: &str) -> Result<Weights, Error> {
    Weights::new(json_of(text)?).map_err(|_| illegal("weights", text))
}
