//! Product search: what the live market finds, shown as it is recorded.

use std::collections::BTreeMap;

use matching::date::Date;
use matching::id::ProductId;

use super::authorise;
use super::products::{ProductView, views};
use crate::app::Context;
use crate::caller::Resource;
use crate::error::Error;
use crate::market::View;
use crate::market::catalogue::{Facets, ProductAsk, ProductFilter, SearchKey};
use crate::store::{ReadTx, products};

/// What a caller looks for.
#[derive(Debug, Clone)]
pub struct Search {
    /// What was typed; empty finds all.
    pub text: String,
    /// What the products must have.
    pub filter: ProductFilter,
    /// The day on which stars and papers are judged; today if absent.
    pub as_of: Option<Date>,
    /// The most products of the page.
    pub limit: usize,
    /// Continue after this place.
    pub after: Option<SearchKey>,
}

impl Search {
    fn ask(&self, tx: &mut ReadTx<'_>, context: &Context) -> Result<ProductAsk<'_>, Error> {
        Ok(ProductAsk {
            text: &self.text,
            filter: &self.filter,
            viewer: authorise::viewer(tx, context)?,
            today: self.as_of.unwrap_or(context.today()),
            limit: self.limit,
            after: self.after,
        })
    }
}

/// A page of the products that `market` finds, best first, and the place to continue after.
///
/// # Errors
/// Whatever the database says.
pub fn search(
    tx: &mut ReadTx<'_>,
    context: &Context,
    (market, search): (&View, &Search),
) -> Result<(Vec<ProductView>, Option<SearchKey>), Error> {
    authorise::read(context, Resource::Products)?;
    let ask = search.ask(tx, context)?;
    let page = market.search_products(&ask);
    let ids: Vec<ProductId> = page.items.iter().map(|hit| hit.product.facts.id).collect();
    let found = products::find_many(tx, &ids)?.into_iter().map(|product| (product.id, product));
    let mut found: BTreeMap<_, _> = found.collect();
    let in_order = ids.iter().filter_map(|id| found.remove(id)).collect();
    Ok((views(tx, context, in_order, ask.today)?, page.next))
}

/// How long the list would be with each value in place of the filter of its kind.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn facets(
    tx: &mut ReadTx<'_>,
    context: &Context,
    (market, search): (&View, &Search),
) -> Result<Facets, Error> {
    authorise::read(context, Resource::Products)?;
    Ok(market.product_facets(&search.ask(tx, context)?))
}
