//! The register of recognised products: their OCOP certificates with what a count goes by.

use diesel::prelude::*;
use matching::certificate::{CertificateEnd, CertificateKind, Stars};
use matching::date::{Date, Period};
use matching::id::{PartyId, ProductId};
use matching::place::Place;
use matching::product::ProductSet;

use super::columns::{PlaceColumns, date_of, id_of, illegal, period_of, product_set_of, small_of};
use super::schema::{certificates, parties, products};
use super::transaction::ReadTx;
use crate::error::Error;

/// An OCOP certificate of a product, archived or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The product.
    pub product: ProductId,
    /// Its set.
    pub product_set: ProductSet,
    /// Its producer.
    pub producer: PartyId,
    /// The producer's seat.
    pub place: Place,
    /// The star.
    pub stars: Stars,
    /// The days on which it is valid, unless it was ended.
    pub validity: Period,
    /// What ended it before its last day.
    pub end: Option<CertificateEnd>,
}

/// Which certificates are asked for; an empty list of values asks for all.
#[derive(Debug, Clone, Default)]
pub struct RegistryFilter {
    /// Of products of any of these parties.
    pub parties: Vec<PartyId>,
    /// Of products of any of these sets.
    pub product_sets: Vec<ProductSet>,
}

#[derive(Queryable)]
struct Row {
    product_id: String,
    product_set: i32,
    party_id: String,
    province_code: String,
    commune_code: Option<String>,
    address: Option<String>,
    place_given: Option<String>,
    lat_e6: i32,
    lon_e6: i32,
    stars: Option<i32>,
    potential_five_star: bool,
    decision_date: String,
    expires_on: String,
    revoked_on: Option<String>,
    superseded_by: Option<String>,
}

impl TryFrom<Row> for Registered {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let place = PlaceColumns {
            province_code: row.province_code,
            commune_code: row.commune_code,
            address: row.address,
            place_given: row.place_given,
            lat_e6: row.lat_e6,
            lon_e6: row.lon_e6,
        };
        let number = row.stars.map(small_of).transpose()?;
        let stars = number.and_then(|number| Stars::new(number, row.potential_five_star));
        let revoked = row.revoked_on.as_deref().map(date_of).transpose()?;
        let superseded = row.superseded_by.as_deref().map(id_of).transpose()?;
        let end = revoked.map(CertificateEnd::Revoked);
        Ok(Self {
            product_set: product_set_of(row.product_set)?,
            producer: id_of(&row.party_id)?,
            place: Place::try_from(place)?,
            stars: stars.ok_or_else(|| illegal("star", &row.product_id))?,
            validity: period_of(&row.decision_date, &row.expires_on)?,
            end: end.or(superseded.map(CertificateEnd::Superseded)),
            product: id_of(&row.product_id)?,
        })
    }
}

/// The OCOP certificates whose validity has `day` in it, ended ones too, in order of product. A
/// report is made of the whole register, so there is no page of it.
///
/// # Errors
/// Whatever the database says.
pub fn standing_on(
    tx: &mut ReadTx<'_>,
    day: Date,
    filter: &RegistryFilter,
) -> Result<Vec<Registered>, Error> {
    let day = day.to_string();
    let mut query = certificates::table
        .inner_join(products::table.on(certificates::subject_id.eq(products::id)))
        .inner_join(parties::table.on(products::party_id.eq(parties::id)))
        .filter(certificates::kind.eq(CertificateKind::Ocop.code()))
        .filter(certificates::decision_date.le(day.clone()))
        .filter(certificates::expires_on.ge(day))
        .into_boxed();
    if !filter.parties.is_empty() {
        let ids: Vec<String> = filter.parties.iter().map(PartyId::to_string).collect();
        query = query.filter(products::party_id.eq_any(ids));
    }
    if !filter.product_sets.is_empty() {
        let numbers = filter.product_sets.iter().map(|set| i32::from(set.number()));
        query = query.filter(products::product_set.eq_any(numbers.collect::<Vec<_>>()));
    }
    let columns = (
        products::id,
        products::product_set,
        products::party_id,
        parties::province_code,
        parties::commune_code,
        parties::address,
        parties::place_given,
        parties::lat_e6,
        parties::lon_e6,
        certificates::stars,
        certificates::potential_five_star,
        certificates::decision_date,
        certificates::expires_on,
        certificates::revoked_on,
        certificates::superseded_by,
    );
    let rows: Vec<Row> =
        query.select(columns).order((products::id, certificates::id)).load(tx.connection())?;
    rows.into_iter().map(Registered::try_from).collect()
}
