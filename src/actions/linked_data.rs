//! A product with what its makers tell the world about it: for pages, search engines and scanners.

use matching::certificate::{Subject, counting_period};
use matching::date::Date;
use matching::id::ProductId;

use super::authorise;
use super::certificates::star_period;
use crate::app::Context;
use crate::caller::Resource;
use crate::error::Error;
use crate::reference::Taxon;
use crate::store::ReadTx;
use crate::store::certificates::{self, Certificate};
use crate::store::parties::{self, Party};
use crate::store::products::{self, Product};

/// A product as the world sees it.
#[derive(Debug, Clone)]
pub struct LinkedProduct {
    /// The record.
    pub product: Product,
    /// Its producer.
    pub producer: Party,
    /// Its set.
    pub set: Option<&'static Taxon>,
    /// Its papers and its producer's that count on the asked day; the stars first.
    pub certificates: Vec<Certificate>,
}

/// One product with the papers that count on `as_of` (today if absent).
///
/// # Errors
/// [`Error::NotFound`].
pub fn find(
    tx: &mut ReadTx<'_>,
    context: &Context,
    id: ProductId,
    as_of: Option<Date>,
) -> Result<LinkedProduct, Error> {
    authorise::read(context, Resource::Products)?;
    let product = products::find(tx, id)?.ok_or(Error::NotFound)?;
    let producer = parties::find(tx, product.terms.party_id)?.ok_or(Error::NotFound)?;
    let subjects = [Subject::Product(id), Subject::Party(producer.id)];
    let on = as_of.unwrap_or(context.today());
    let mut certificates = certificates::of_subjects(tx, &subjects)?;
    certificates.retain(|certificate| counts_on(on, certificate));
    certificates.sort_by_key(|certificate| star_period(certificate).is_none());
    let set = context.reference.product_sets().set(product.terms.product_set.number());
    Ok(LinkedProduct { product, producer, set, certificates })
}

fn counts_on(day: Date, certificate: &Certificate) -> bool {
    let counts = counting_period(certificate.terms.validity(), certificate.end);
    counts.is_some_and(|period| period.contains(day))
}
