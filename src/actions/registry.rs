//! Statistics of the register: which products are recognised on a day, counted. What a product is
//! worth in the catalogue now does not matter: a star that counts, counts.

use std::collections::BTreeMap;

use matching::certificate::{StarPeriod, Stars, counting_period, recognition_on};
use matching::date::Date;
use matching::id::{PartyId, ProductId};
use matching::place::{Place, ProvinceCode};
use matching::product::ProductSet;
use matching::registry::{Recognised, RegistryCount, count, count_by};

use super::authorise;
use crate::app::Context;
use crate::caller::Resource;
use crate::error::Error;
use crate::reference::ResolvedPlace;
use crate::store::registry::{self, Registered, RegistryFilter};
use crate::store::{ReadTx, parties};

/// Which products are counted; an empty list of values counts all.
#[derive(Debug, Clone, Default)]
pub struct RegistryAsk {
    /// The day on which they are recognised; today if absent.
    pub on: Option<Date>,
    /// Of producers in any of these areas.
    pub areas: Vec<ResolvedPlace>,
    /// With any of these numbers of stars.
    pub stars: Vec<u8>,
    /// Of any of these parties and sets.
    pub filter: RegistryFilter,
}

/// The counts of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryReport {
    /// The day.
    pub on: Date,
    /// All of them.
    pub total: RegistryCount,
    /// By set.
    pub by_product_set: BTreeMap<ProductSet, RegistryCount>,
    /// By province of today.
    pub by_province: BTreeMap<ProvinceCode, RegistryCount>,
}

/// A producer of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProducerCount {
    /// The producer.
    pub party: PartyId,
    /// Its name.
    pub name: String,
    /// Its seat.
    pub place: Place,
    /// Its products.
    pub count: RegistryCount,
}

/// The products that are recognised on a day, counted by set and province.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn report(
    tx: &mut ReadTx<'_>,
    context: &Context,
    ask: &RegistryAsk,
) -> Result<RegistryReport, Error> {
    let recognised = recognised(tx, context, ask)?;
    Ok(RegistryReport {
        on: day(context, ask),
        total: count(&recognised),
        by_product_set: count_by(&recognised, |product| product.product_set),
        by_province: count_by(&recognised, |product| product.province),
    })
}

/// A page of the producers of such products, in order of id, and the id to continue after.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn producers(
    tx: &mut ReadTx<'_>,
    context: &Context,
    ask: &RegistryAsk,
    (limit, after): (usize, Option<PartyId>),
) -> Result<(Vec<ProducerCount>, Option<PartyId>), Error> {
    let recognised = recognised(tx, context, ask)?;
    let counts = count_by(&recognised, |product| product.producer);
    let mut rest = counts.iter().filter(|(party, _)| after.is_none_or(|after| **party > after));
    let page: Vec<PartyId> = rest.by_ref().take(limit).map(|(party, _)| *party).collect();
    let next = page.last().copied().filter(|_| rest.next().is_some());
    let mut found = parties::find_many(tx, &page)?;
    found.sort_by_key(|party| party.id);
    let producers = found.into_iter().map(|party| ProducerCount {
        count: counts.get(&party.id).copied().unwrap_or_default(),
        party: party.id,
        name: party.terms.name.clone(),
        place: party.terms.place.clone(),
    });
    Ok((producers.collect(), next))
}

fn day(context: &Context, ask: &RegistryAsk) -> Date {
    ask.on.unwrap_or(context.today())
}

fn recognised(
    tx: &mut ReadTx<'_>,
    context: &Context,
    ask: &RegistryAsk,
) -> Result<Vec<Recognised>, Error> {
    authorise::read(context, Resource::Products)?;
    let on = day(context, ask);
    let mut histories: BTreeMap<ProductId, (Registered, Vec<StarPeriod>)> = BTreeMap::new();
    for registered in registry::standing_on(tx, on, &ask.filter)? {
        let counts = counting_period(registered.validity, registered.end);
        let star = counts.map(|counts| StarPeriod { counts, stars: registered.stars });
        let (_, history) =
            histories.entry(registered.product).or_insert_with(|| (registered, Vec::new()));
        history.extend(star);
    }
    let in_areas = |place: &Place| ask.areas.is_empty() || lies_in(context, place, &ask.areas);
    let with_star = |stars: Stars| ask.stars.is_empty() || ask.stars.contains(&stars.number());
    let recognised = histories.into_values().filter_map(|(registered, history)| {
        let stars = recognition_on(on, &history)?.stars;
        let Registered { producer, product_set, place, .. } = registered;
        let shown = with_star(stars) && in_areas(&place);
        shown.then_some(Recognised { producer, product_set, province: place.province, stars })
    });
    Ok(recognised.collect())
}

fn lies_in(context: &Context, place: &Place, areas: &[ResolvedPlace]) -> bool {
    let near = areas.iter().any(|area| area.province_code == place.province);
    let area = || context.reference.places().area_of(place);
    near && area().is_some_and(|own| areas.iter().any(|area| area.covers(&own)))
}
