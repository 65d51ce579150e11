//! Who sees which offers and demands: one rule, as a condition of a query and on a loaded value; a
//! test holds the two equal. Must not know how a caller proves who it is.

use diesel::prelude::*;
use matching::demand::{Demand, DemandStatus};
use matching::id::PartyId;
use matching::offer::{Offer, OfferStatus};
use matching::visibility::Audience;

use super::dialect::Condition;
use super::schema::{demands, invitations, offers};

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    /// The party.
    pub party: PartyId,
    /// Whether it sees everything.
    pub is_admin: bool,
    /// Whether it has the role of coordinator.
    pub is_coordinator: bool,
}

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
        let seen = own.or(shown.and(admitted));
        (!$viewer.is_admin).then(|| Box::new(seen) as Condition<$table::table>)
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

/// Whether `viewer` may see `offer`.
#[must_use]
pub fn may_see_offer(offer: &Offer, viewer: &Viewer) -> bool {
    let shown = SHOWN_OFFERS.iter().any(|(status, _)| *status == offer.status);
    may_see(offer.terms.party_id, shown.then_some(&offer.terms.audience), viewer)
}

/// Whether `viewer` may see `demand`.
#[must_use]
pub fn may_see_demand(demand: &Demand, viewer: &Viewer) -> bool {
    let shown = SHOWN_DEMANDS.iter().any(|(status, _)| *status == demand.status);
    may_see(demand.terms.party_id, shown.then_some(&demand.terms.audience), viewer)
}

/// The rule; `shown_to` is none for a record that is shown to nobody but its owner.
fn may_see(owner: PartyId, shown_to: Option<&Audience>, viewer: &Viewer) -> bool {
    let admits = |audience: &Audience| audience.admits(viewer.party, viewer.is_coordinator);
    viewer.is_admin || viewer.party == owner || shown_to.is_some_and(admits)
}
