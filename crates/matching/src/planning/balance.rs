//! What producers offered and sold in earlier runs, which a rule makes up for. It must not know
//! rules, nor how a run is solved.

use std::collections::BTreeMap;

pub use crate::allocation::instance::Sales;
use crate::id::PartyId;
use crate::quantity::Dimension;

use super::Outcome;
use super::snapshot::Snapshot;

/// Who sells, and in which dimension: what is filled by a rule.
pub type Seller = (PartyId, Dimension);

/// Sales by seller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balances(BTreeMap<Seller, Sales>);

impl Balances {
    /// The sales of one answered run. What fitted no demand does not count as offered: nobody is
    /// owed for what nobody wanted.
    #[must_use]
    pub fn of(sides: &Snapshot, outcome: &Outcome) -> Self {
        let mut balances = Self::default();
        for &capacity in &outcome.offered {
            let offered = sides.free_base(capacity);
            balances.add(sides.seller(capacity), Sales { offered, sold: 0 });
        }
        for share in &outcome.shares {
            let sold = Sales { offered: 0, sold: share.base };
            balances.add(sides.seller(share.capacity), sold);
        }
        balances
    }

    /// Adds sales of a seller.
    pub fn add(&mut self, seller: Seller, sales: Sales) {
        let known = self.0.entry(seller).or_default();
        *known = known.plus(sales);
    }

    /// Adds the sales of other runs.
    pub fn extend(&mut self, other: Self) {
        other.0.into_iter().for_each(|(seller, sales)| self.add(seller, sales));
    }

    /// Keeps those who sell in a run.
    pub fn keep_sellers_of(&mut self, sides: &Snapshot) {
        let capacities = 0..sides.capacities.len() as u32;
        let sellers: std::collections::BTreeSet<Seller> =
            capacities.map(|capacity| sides.seller(capacity)).collect();
        self.0.retain(|seller, _| sellers.contains(seller));
    }

    /// The sales of a seller; none if it is not known.
    #[must_use]
    pub fn get(&self, seller: Seller) -> Sales {
        self.0.get(&seller).copied().unwrap_or_default()
    }

    /// All, by seller.
    pub fn iter(&self) -> impl Iterator<Item = (Seller, Sales)> {
        self.0.iter().map(|(seller, sales)| (*seller, *sales))
    }

    /// Whether nobody has sold or offered anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(Seller, Sales)> for Balances {
    fn from_iter<T: IntoIterator<Item = (Seller, Sales)>>(sales: T) -> Self {
        let mut balances = Self::default();
        sales.into_iter().for_each(|(seller, sales)| balances.add(seller, sales));
        balances
    }
}
