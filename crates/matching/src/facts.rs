//! What a match needs to know of an offer, a product, a party and a demand, in compact form, so
//! that a whole market fits in memory. Must not know how a pair is judged, nor names and texts
//! (their likeness is given to a pair as a number).

use crate::certificate::{CertificateKind, StarPeriod};
use crate::date::{Date, Period};
use crate::factor::BASIS_POINTS;
use crate::id::{PartyId, ProductId};
use crate::place::ProvinceCode;
use crate::product::ProductSet;
use crate::visibility::{Audience, Visibility};

mod demand;
mod offer;

pub use self::demand::{Agreed, DemandFacts, NeedFacts, RareTerms, is_set_substitute};
pub use self::offer::{FreeCapacity, OfferFacts};

/// The reliability, in basis points, of a producer without history.
pub const RELIABILITY_WITHOUT_HISTORY: u16 = 5000;

/// A paper other than a star, and the days on which it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Paper {
    /// Its kind.
    pub kind: CertificateKind,
    /// The days.
    pub counts: Period,
}

/// A product as far as a match needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductFacts {
    /// Its id.
    pub id: ProductId,
    /// Its OCOP set.
    pub product_set: ProductSet,
    /// Its stars, past and present.
    pub stars: Box<[StarPeriod]>,
    /// Its other papers, past and present.
    pub papers: Box<[Paper]>,
}

/// What was agreed and accepted of one delivery that came due, in base units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fulfilment {
    /// The day on which it came due.
    pub due_on: Date,
    /// Agreed.
    pub agreed: u64,
    /// Accepted at receipt.
    pub accepted: u64,
}

/// A party as far as a match needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartyFacts {
    /// Its id.
    pub id: PartyId,
    /// The province of its seat.
    pub province: ProvinceCode,
    /// Whether it has the role of coordinator.
    pub coordinates: bool,
    /// Papers of the producer, which count for all its products.
    pub papers: Box<[Paper]>,
    /// What became of its deliveries.
    pub fulfilments: Box<[Fulfilment]>,
}

impl PartyFacts {
    /// Accepted against agreed quantity of what came due from `first` on, in basis points; absent
    /// without history.
    #[must_use]
    pub fn reliability(&self, first: Date) -> Option<u16> {
        let recent = self.fulfilments.iter().filter(|fulfilment| fulfilment.due_on >= first);
        let (accepted, agreed) = recent.fold((0, 0), |(accepted, agreed), fulfilment| {
            (accepted + u128::from(fulfilment.accepted), agreed + u128::from(fulfilment.agreed))
        });
        let share = (u128::from(BASIS_POINTS) * accepted).checked_div(agreed)?;
        Some(share.min(u128::from(BASIS_POINTS)) as u16)
    }
}

fn small_version(version: i64) -> u32 {
    version.try_into().unwrap_or(u32::MAX)
}

fn restricted(audience: &Audience) -> Option<Box<Audience>> {
    (audience.visibility() != Visibility::Public).then(|| Box::new(audience.clone()))
}

fn visibility(audience: Option<&Audience>) -> Visibility {
    audience.map_or(Visibility::Public, Audience::visibility)
}
