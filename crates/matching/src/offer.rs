//! Offers: what a producer can supply, when, from where, at which price. Must not know demands.

use crate::date::{Date, Period, Timestamp};
use crate::id::{OfferId, PartyId, ProductId};
use crate::money::Price;
use crate::place::{Place, ProvinceSet};
use crate::quantity::{MAX_QUANTITY, UnitContent};
use crate::violation::{Rule, Violation, Violations};
use crate::visibility::Audience;

/// The most capacity periods of one offer: ten years of months.
pub const MAX_CAPACITY_PERIODS: usize = 120;
/// The most price breaks of one offer.
pub const MAX_PRICE_BREAKS: usize = 16;
/// The longest lead time, in days.
pub const MAX_LEAD_TIME_DAYS: u64 = 365;
/// The longest note, in characters.
pub const MAX_NOTE_CHARS: u64 = 2000;

/// A lower price from a quantity on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PriceBreak {
    /// The quantity from which it applies, in the offer's unit.
    pub min_quantity: u64,
    /// The price of one unit.
    pub unit_price: Price,
}

/// A quantity declared for one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeclaredCapacity {
    /// The days in which it can be delivered.
    pub period: Period,
    /// How much, in the offer's unit.
    pub quantity: u64,
}

/// A capacity period with what is taken of it; declared = free + held + committed + consumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Capacity {
    /// The days in which it can be delivered.
    pub period: Period,
    /// Declared by the producer, in the offer's unit.
    pub declared: u64,
    /// Held for proposals.
    pub held: u64,
    /// Committed by agreements.
    pub committed: u64,
    /// Delivered.
    pub consumed: u64,
}

impl Capacity {
    /// A capacity of which nothing is taken.
    #[must_use]
    pub const fn untouched(declared: DeclaredCapacity) -> Self {
        let DeclaredCapacity { period, quantity } = declared;
        Self { period, declared: quantity, held: 0, committed: 0, consumed: 0 }
    }

    /// What can still be taken.
    #[must_use]
    pub const fn free(&self) -> u64 {
        self.declared.saturating_sub(self.taken())
    }

    /// What is held, committed or consumed.
    #[must_use]
    pub const fn taken(&self) -> u64 {
        self.held + self.committed + self.consumed
    }
}

/// What a producer states about an offer, unchecked. Quantities are whole numbers of `unit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferDraft {
    /// The producer.
    pub party_id: PartyId,
    /// What is offered.
    pub product_id: ProductId,
    /// The selling unit.
    pub unit: String,
    /// What one unit contains.
    pub content: UnitContent,
    /// Price of one unit; absent means by agreement.
    pub unit_price: Option<Price>,
    /// Lower prices from a quantity on, rising in quantity and falling in price.
    pub price_breaks: Vec<PriceBreak>,
    /// The smallest quantity that is sold.
    pub min_order: u64,
    /// Quantities are sold in multiples of this.
    pub increment: u64,
    /// Declared capacity, by period.
    pub capacity: Vec<DeclaredCapacity>,
    /// Where the goods are.
    pub place: Place,
    /// Days between an order and its goods.
    pub lead_time_days: u32,
    /// The provinces that are served; empty means all.
    pub delivers_to: ProvinceSet,
    /// Whether the buyer collects the goods at his own expense.
    pub pickup: bool,
    /// Who may see it.
    pub audience: Audience,
    /// A remark.
    pub note: Option<String>,
}

/// What a producer states about an offer, checked; capacity is sorted by period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferTerms(OfferDraft);

impl OfferTerms {
    /// Checks a draft.
    ///
    /// # Errors
    /// Every broken rule with its place.
    pub fn new(mut draft: OfferDraft) -> Result<Self, Vec<Violation>> {
        let mut violations = Violations::default();
        violations.range(draft.increment, (1, MAX_QUANTITY), "/increment");
        violations.range(draft.min_order, (1, MAX_QUANTITY), "/min_order");
        let on_increment = draft.increment == 0 || draft.min_order.is_multiple_of(draft.increment);
        let rule = Rule::NotOnIncrement { increment: draft.increment };
        violations.require(on_increment, "/min_order", rule);
        violations.range(
            u64::from(draft.lead_time_days),
            (0, MAX_LEAD_TIME_DAYS),
            "/lead_time_days",
        );
        if let Some(note) = &draft.note {
            violations.length(note, (1, MAX_NOTE_CHARS), "/note");
        }
        check_prices(&draft, &mut violations);
        check_capacity(&draft.capacity, &mut violations);
        draft.capacity.sort_by_key(|capacity| capacity.period);
        violations.into_result(Self(draft))
    }

    /// The last day on which something can be delivered.
    #[must_use]
    pub fn last_day(&self) -> Date {
        let last = self.0.capacity.iter().map(|capacity| capacity.period.to()).max();
        last.unwrap_or(Date::from_days(0))
    }
}

impl std::ops::Deref for OfferTerms {
    type Target = OfferDraft;

    fn deref(&self) -> &OfferDraft {
        &self.0
    }
}

impl OfferDraft {
    /// The price of one unit in an order of `quantity` units: the break that applies.
    #[must_use]
    pub fn price_at(&self, quantity: u64) -> Option<Price> {
        price_at(self.unit_price, &self.price_breaks, quantity)
    }
}

/// The price of one unit in an order of `quantity` units: that of the last break not above it.
#[must_use]
pub fn price_at(base: Option<Price>, breaks: &[PriceBreak], quantity: u64) -> Option<Price> {
    let applying = breaks.iter().rev().find(|step| step.min_quantity <= quantity);
    applying.map(|step| step.unit_price).or(base)
}

fn check_prices(draft: &OfferDraft, violations: &mut Violations) {
    let breaks = &draft.price_breaks;
    violations.range(breaks.len() as u64, (0, MAX_PRICE_BREAKS as u64), "/price_breaks");
    let Some(base) = draft.unit_price else {
        let rule = Rule::Contradicts { other: "unit_price" };
        violations.require(breaks.is_empty(), "/price_breaks", rule);
        return;
    };
    let mut previous = PriceBreak { min_quantity: 0, unit_price: base };
    for (index, step) in breaks.iter().enumerate() {
        let at = format!("/price_breaks/{index}");
        violations.range(step.min_quantity, (1, MAX_QUANTITY), &format!("{at}/min_quantity"));
        let sorted =
            step.min_quantity > previous.min_quantity && step.unit_price <= previous.unit_price;
        violations.require(sorted, &at, Rule::PriceBreaksNotSorted);
        previous = *step;
    }
}

fn check_capacity(capacity: &[DeclaredCapacity], violations: &mut Violations) {
    violations.range(capacity.len() as u64, (1, MAX_CAPACITY_PERIODS as u64), "/capacity");
    for (index, declared) in capacity.iter().enumerate() {
        let at = format!("/capacity/{index}");
        violations.range(declared.quantity, (1, MAX_QUANTITY), &format!("{at}/quantity"));
        let earlier = capacity[..index].iter();
        let clash = earlier.enumerate().find(|(_, o)| o.period.overlap(declared.period).is_some());
        if let Some((other, _)) = clash {
            violations.push(at, Rule::OverlappingPeriods { other });
        }
    }
}

/// What the owner last did with an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfferStatus {
    /// Not yet shown.
    Draft,
    /// Shown.
    Published,
    /// Hidden for a while.
    Paused,
    /// Taken back for good.
    Withdrawn,
}

/// The state of an offer, from its status, its capacity and the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfferState {
    /// Not yet shown.
    Draft,
    /// Open for matches.
    Published,
    /// Hidden for a while.
    Paused,
    /// Published, with nothing free in a period that is not over.
    Exhausted,
    /// Its last capacity period is over.
    Expired,
    /// Taken back for good.
    Withdrawn,
}

/// What can be done with an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfferAction {
    /// Show it.
    Publish,
    /// Hide it for a while.
    Pause,
    /// Show it again.
    Resume,
    /// State that it is still true.
    Confirm,
    /// Take it back for good.
    Withdraw,
}

/// An offer as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its id.
    pub id: OfferId,
    /// Grows by one with every change.
    pub version: i64,
    /// Grows by one with every change of the terms.
    pub terms_version: i64,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When the producer last stated that it is true.
    pub confirmed_at: Timestamp,
    /// What the owner last did with it.
    pub status: OfferStatus,
    /// What is offered.
    pub terms: OfferTerms,
    /// Capacity with what is taken of it, sorted by period.
    pub capacity: Vec<Capacity>,
}

impl Offer {
    /// The state on `today`.
    #[must_use]
    pub fn state(&self, today: Date) -> OfferState {
        let over = self.terms.last_day() < today;
        let open = |capacity: &&Capacity| capacity.period.to() >= today;
        let free = self.capacity.iter().filter(open).any(|capacity| capacity.free() > 0);
        match self.status {
            OfferStatus::Withdrawn => OfferState::Withdrawn,
            OfferStatus::Draft => OfferState::Draft,
            _ if over => OfferState::Expired,
            OfferStatus::Paused => OfferState::Paused,
            OfferStatus::Published if free => OfferState::Published,
            OfferStatus::Published => OfferState::Exhausted,
        }
    }
}

impl OfferState {
    /// The actions that are legal in this state.
    #[must_use]
    pub const fn actions(self) -> &'static [OfferAction] {
        use OfferAction::{Confirm, Pause, Publish, Resume, Withdraw};
        match self {
            Self::Draft => &[Publish, Withdraw],
            Self::Published | Self::Exhausted => &[Pause, Confirm, Withdraw],
            Self::Paused => &[Resume, Confirm, Withdraw],
            Self::Expired | Self::Withdrawn => &[],
        }
    }
}

impl OfferAction {
    /// The status after the action in `status`; confirming changes none.
    #[must_use]
    pub const fn after(self, status: OfferStatus) -> OfferStatus {
        match self {
            Self::Publish | Self::Resume => OfferStatus::Published,
            Self::Pause => OfferStatus::Paused,
            Self::Withdraw => OfferStatus::Withdrawn,
            Self::Confirm => status,
        }
    }
}
