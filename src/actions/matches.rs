//! Use cases of matches: who may ask which, and dismissals. What fits what is the market's answer.

use matching::demand::{Demand, DemandStatus, DemandTerms};
use matching::id::{DemandId, OfferId};
use matching::offer::Offer;

use super::audit_trail::{self, Deed};
use super::authorise;
use super::demand_terms::{DemandCommand, demand_terms};
use crate::app::Context;
use crate::caller::{Caller, Resource, Scope};
use crate::error::Error;
use crate::market::View;
use crate::market::change::Dismissal as Hidden;
use crate::market::matches::Unlisted;
use crate::store::dismissals::{self, Dismissal};
use crate::store::snapshot::Record;
use crate::store::visibility::{may_see_demand, may_see_offer};
use crate::store::{ReadTx, WriteTx, demands, offers, parties};

/// The longest reason of a dismissal, in characters.
pub const MAX_REASON_CHARS: u64 = 500;

/// Whether the caller may ask the market for the matches of a demand; false if it is not there or
/// another party's, for the database is asked about both: an answer from memory would tell them
/// apart by its time.
///
/// # Errors
/// [`Error::Forbidden`] without the scope.
pub fn ask_for_demand(view: &View, caller: &Caller, id: DemandId) -> Result<bool, Error> {
    hold(caller, Resource::Demands)?;
    Ok(view.buyer_of(id).is_some_and(|buyer| caller.owns(buyer)))
}

/// The same for an offer.
///
/// # Errors
/// [`Error::Forbidden`] without the scope.
pub fn ask_for_offer(view: &View, caller: &Caller, id: OfferId) -> Result<bool, Error> {
    hold(caller, Resource::Offers)?;
    Ok(view.producer_of(id).is_some_and(|producer| caller.owns(producer)))
}

fn hold(caller: &Caller, resource: Resource) -> Result<(), Error> {
    if caller.holds(Scope::Read(resource)) { Ok(()) } else { Err(Error::Forbidden) }
}

/// A draft as it is judged, and what parties do not want to see for it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The demand.
    pub demand: Demand,
    dismissals: Vec<Hidden>,
}

impl Draft {
    /// As the market judges it.
    #[must_use]
    pub fn unlisted(&self) -> Unlisted<'_> {
        let Self { demand, dismissals } = self;
        Unlisted { terms: &demand.terms, terms_version: demand.terms_version, dismissals }
    }
}

/// The caller's own demand that is not in the market, if it is a draft.
///
/// # Errors
/// [`Error::NotFound`] if it is another party's or none.
pub fn own_draft(
    tx: &mut ReadTx<'_>,
    context: &Context,
    id: DemandId,
) -> Result<Option<Draft>, Error> {
    let demand = demands::find(tx, id)?.filter(|demand| context.caller.owns(demand.terms.party_id));
    let demand = demand.ok_or(Error::NotFound)?;
    if demand.status != DemandStatus::Draft {
        return Ok(None);
    }
    let dismissals = dismissals::of_demands(tx, &[id])?.iter().map(Hidden::from).collect();
    Ok(Some(Draft { demand: judged(context, demand), dismissals }))
}

/// The terms of a demand that is not recorded.
///
/// # Errors
/// Broken rules; [`Error::Forbidden`].
pub fn unsaved(
    tx: &mut ReadTx<'_>,
    context: &Context,
    command: &DemandCommand,
) -> Result<DemandTerms, Error> {
    authorise::read(context, Resource::Demands)?;
    let buyer = super::demands::buyer(tx, context, command)?;
    let terms = demand_terms(tx, context, command, &buyer)?;
    Ok(context.reference.judged_terms(terms))
}

/// A demand as it is judged.
fn judged(context: &Context, demand: Demand) -> Demand {
    Demand { terms: context.reference.judged_terms(demand.terms), ..demand }
}

/// The caller's own offer exists.
///
/// # Errors
/// [`Error::NotFound`] if it is another party's or none.
pub fn own_offer(tx: &mut ReadTx<'_>, context: &Context, id: OfferId) -> Result<(), Error> {
    let offer = offers::find(tx, id)?.filter(|offer| context.caller.owns(offer.terms.party_id));
    offer.map(drop).ok_or(Error::NotFound)
}

/// An offer and a demand, one of which is the caller's, and both of which it may see.
///
/// # Errors
/// [`Error::NotFound`] otherwise.
pub fn pair(
    tx: &mut ReadTx<'_>,
    context: &Context,
    (demand, offer): (DemandId, OfferId),
) -> Result<(Demand, Offer), Error> {
    authorise::read(context, Resource::Demands)?;
    let viewer = authorise::viewer(tx, context)?;
    let demand = demands::find(tx, demand)?.filter(|demand| may_see_demand(demand, &viewer));
    let offer = offers::find(tx, offer)?.filter(|offer| may_see_offer(offer, &viewer));
    let (demand, offer) = demand.zip(offer).ok_or(Error::NotFound)?;
    let own = |party| context.caller.owns(party);
    if own(demand.terms.party_id) || own(offer.terms.party_id) {
        Ok((judged(context, demand), offer))
    } else {
        Err(Error::NotFound)
    }
}

/// Leaves a pair out of the caller's matches until one side's terms change.
///
/// # Errors
/// [`Error::NotFound`] unless one side is the caller's and it may see the other;
/// [`Error::Forbidden`] for an admin of no party, who has no matches to leave it out of.
pub fn dismiss(
    tx: &mut WriteTx<'_>,
    context: &Context,
    key: (DemandId, OfferId),
    reason: Option<String>,
) -> Result<(), Error> {
    authorise::write(tx, context, Resource::Demands)?;
    let (demand, offer) = pair(tx, context, key)?;
    if parties::find(tx, context.caller.party())?.is_none() {
        return Err(Error::Forbidden);
    }
    let now = context.moment.now();
    let dismissal = Dismissal {
        demand: demand.id,
        offer: offer.id,
        party: context.caller.party(),
        reason,
        demand_terms_version: demand.terms_version,
        offer_terms_version: offer.terms_version,
        created_at: now,
    };
    dismissals::put(tx, &dismissal)?;
    let after = Record::Dismissal(&dismissal, demand.version);
    audit_trail::note(tx, context, Deed { action: "dismiss", before: None, after });
    Ok(())
}
