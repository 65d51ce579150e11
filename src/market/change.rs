//! What the live market is told: a change of one party, product, offer, demand or dismissal, as
//! plain domain values. Must not know where changes come from.

use matching::certificate::StarPeriod;
use matching::demand::Demand;
use matching::facts::{Fulfilment, Paper};
use matching::id::{DemandId, OfferId, PartyId, ProductId};
use matching::offer::Offer;
use matching::place::Place;
use matching::product::ProductSet;

/// A party as the market shows and judges it.
#[derive(Debug, Clone)]
pub struct PartyChange {
    /// Its id.
    pub id: PartyId,
    /// Registered name.
    pub name: String,
    /// Seat.
    pub place: Place,
    /// Names of commune, district and province, old and new, for product search.
    pub place_names: String,
    /// Whether it has the role of coordinator.
    pub coordinates: bool,
    /// Papers other than stars, after what ended them.
    pub papers: Vec<Paper>,
    /// Deliveries that came due.
    pub fulfilments: Vec<Fulfilment>,
}

/// A product as the market shows and judges it; its producer is known already.
#[derive(Debug, Clone)]
pub struct ProductChange {
    /// Its id.
    pub id: ProductId,
    /// Its producer.
    pub party_id: PartyId,
    /// Name as recognised.
    pub name: String,
    /// Its OCOP set.
    pub product_set: ProductSet,
    /// Stars, after what ended them.
    pub stars: Vec<StarPeriod>,
    /// Papers other than stars, after what ended them.
    pub papers: Vec<Paper>,
    /// Whether product search shows it.
    pub is_listed: bool,
}

/// A pair that a party does not want to see again until one side's terms change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dismissal {
    /// The demand.
    pub demand_id: DemandId,
    /// The offer.
    pub offer_id: OfferId,
    /// Who dismissed it.
    pub by: PartyId,
    /// Version of the offer's terms at that time.
    pub offer_terms_version: i64,
    /// Version of the demand's terms at that time.
    pub demand_terms_version: i64,
}

/// One change, in the order parties, products, offers and demands, dismissals within a batch.
#[derive(Debug, Clone)]
pub enum MarketChange {
    /// A party is new or changed.
    Party(Box<PartyChange>),
    /// A product is new or changed.
    Product(Box<ProductChange>),
    /// An offer is new or changed, in any status.
    Offer(Box<Offer>),
    /// An offer is no more.
    OfferGone(OfferId),
    /// A demand is new or changed, in any status.
    Demand(Box<Demand>),
    /// A demand is no more.
    DemandGone(DemandId),
    /// A pair was dismissed.
    Dismissed(Dismissal),
}
