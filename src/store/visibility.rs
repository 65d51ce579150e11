//! Who sees which offers and demands: one rule, as a condition of a query and on a loaded value; a
//! test holds the two equal. Must not know how a caller proves who it is.

use diesel::prelude::*;
use matching::demand::{Demand, DemandStatus};
use matching::id::PartyId;
use matching::offer::{Offer, OfferStatus};
pub use matching::visibility::Viewer;

use super::dialect::Condition;
use super::schema::{demands, invitations, offers, parties};
use super::transaction::ReadTx;
use crate::error::Error;

/// The statuses in which others than the owner see an offer.
const SHOWN_OFFERS: [(OfferStatus, &str); 1] = [(OfferStatus::Published, "published")];
/// The statuses in which others than the owner see a demand.
const SHOWN_DEMANDS: [(DemandStatus, &str); 2] =
    [(DemandStatus::Open, "open"), (DemandStatus::Closed, "closed")];

/// The rule on the columns of one table.
macro_rules! seen_by {
    ($viewer:expr, $table:ident, $shown:expr) => {{
        let party = $viewer.party.to_string();
        let own = $table::party_id.eq(party.clone());
        let shown = $table::status.eq_any($shown.map(|(_, word)| word));
        let levels: &[&str] =
            if $viewer.is_coordinator { &["public", "coordinators"] } else { &["public"] };
        let invitation = invitations::table
            .filter(invitations::resource_id.eq($table::id))
            .filter(invitations::party_id.eq(party));
        let invited = $table::visibility.eq("invited").and(diesel::dsl::exists(invitation));
        let admitted = $table::visibility.eq_any(levels.to_vec()).or(invited);
        let provinces: Vec<String> = $viewer.oversees.iter().map(|it| it.to_string()).collect();
        let seen: Condition<$table::table> = if provinces.is_empty() {
            Box::new(own.or(shown.and(admitted)))
        } else {
            let owner = parties::table
                .filter(parties::id.eq($table::party_id))
                .filter(parties::province_code.eq_any(provinces));
            Box::new(own.or(shown.and(admitted.or(diesel::dsl::exists(owner)))))
        };
        (!$viewer.is_admin).then_some(seen)
    }};
}

/// The condition that `viewer` may see an offer; none if it sees all.
pub(super) fn offers_seen_by(viewer: &Viewer) -> Option<Condition<offers::table>> {
    seen_by!(viewer, offers, SHOWN_OFFERS)
}

/// The condition that `viewer` may see a demand; none if it sees all.
pub(super) fn demands_seen_by(viewer: &Viewer) -> Option<Condition<demands::table>> {
    seen_by!(viewer, demands, SHOWN_DEMANDS)
}

/// Whether `viewer` may see all of `offer`: its own, or one that it is shown.
#[must_use]
pub fn may_see_offer(offer: &Offer, viewer: &Viewer) -> bool {
    let (owner, audience) = (offer.terms.party_id, &offer.terms.audience);
    let is_open_to = is_shown_offer(offer) || viewer.is_admin || viewer.party == owner;
    is_open_to && viewer.is_shown(owner, Some(audience))
}

/// Whether `viewer` may see all of `demand`: its own, or one that it is shown.
#[must_use]
pub fn may_see_demand(demand: &Demand, viewer: &Viewer) -> bool {
    let (owner, audience) = (demand.terms.party_id, &demand.terms.audience);
    let is_open_to = is_shown_demand(demand) || viewer.is_admin || viewer.party == owner;
    is_open_to && viewer.is_shown(owner, Some(audience))
}

/// Whether `viewer` sees `offer` as the authority of its producer's province, whomever it is shown
/// to.
///
/// # Errors
/// Whatever the database says.
pub fn oversees_offer(tx: &mut ReadTx<'_>, offer: &Offer, viewer: &Viewer) -> Result<bool, Error> {
    Ok(is_shown_offer(offer) && oversees(tx, offer.terms.party_id, viewer)?)
}

/// Whether `viewer` sees `demand` as the authority of its buyer's province, whomever it is shown
/// to.
///
/// # Errors
/// Whatever the database says.
pub fn oversees_demand(
    tx: &mut ReadTx<'_>,
    demand: &Demand,
    viewer: &Viewer,
) -> Result<bool, Error> {
    Ok(is_shown_demand(demand) && oversees(tx, demand.terms.party_id, viewer)?)
}

fn oversees(tx: &mut ReadTx<'_>, owner: PartyId, viewer: &Viewer) -> Result<bool, Error> {
    if viewer.oversees.is_empty() {
        return Ok(false);
    }
    let owner = super::parties::find(tx, owner)?;
    Ok(owner.is_some_and(|owner| viewer.oversees(owner.terms.place.province)))
}

fn is_shown_offer(offer: &Offer) -> bool {
    SHOWN_OFFERS.iter().any(|(status, _)| *status == offer.status)
}

fn is_shown_demand(demand: &Demand) -> bool {
    SHOWN_DEMANDS.iter().any(|(status, _)| *status == demand.status)
}
