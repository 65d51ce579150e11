//! Demands: what a distributor wants, how much, where, when, under which requirements. Must not
//! know offers.

use crate::certificate::CertificateKinds;
use crate::date::{Date, Period, Timestamp};
use crate::factor::Weights;
use crate::id::{DemandId, PartyId, ProductId};
use crate::money::Price;
use crate::party::MAX_NAME_CHARS;
use crate::place::{Place, ProvinceSet};
use crate::product::{Packaging, ProductSet};
use crate::quantity::{Content, MAX_QUANTITY};
use crate::violation::{Rule, Violation, Violations};
use crate::visibility::Audience;

/// The most deliveries of one demand: four years of weeks.
pub const MAX_DELIVERIES: usize = 208;
/// The longest text of a demand, in characters.
pub const MAX_TEXT_CHARS: u64 = 500;
/// The most products, sets and substitutes that one demand can name, each.
pub const MAX_NAMED: usize = 100;
/// The largest distance that a demand can allow, in kilometres.
pub const MAX_DISTANCE_KM: u64 = 20_000;
/// The most suppliers that a demand can allow.
pub const MAX_SUPPLIERS: u64 = 10_000;
/// The largest substitution ratio, in basis points: one unit stands for 100.
pub const MAX_RATIO: u64 = 1_000_000;
/// The longest time to pay, in days.
pub const MAX_PAYMENT_DAYS: u64 = 365;

/// Where the price is compared with the ceiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PriceBasis {
    /// At the producer's place: freight is not counted.
    AtOrigin,
    /// At the place of delivery: freight is counted.
    Delivered,
}

/// What may stand for what is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SubstituteProduct {
    /// A product whose name fits this text.
    Text(String),
    /// A product of this set.
    ProductSet(ProductSet),
}

/// A declared substitute: `ratio` units of it stand for one unit of what is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Substitute {
    /// What may stand for it.
    pub product: SubstituteProduct,
    /// Units of the substitute for one unit wanted, in basis points.
    pub ratio: u32,
}

/// What an offer must meet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct Requirements {
    /// The fewest stars on the delivery date, 3 to 5.
    pub min_stars: Option<u8>,
    /// Papers that must be valid on the delivery date.
    pub certificates: CertificateKinds,
    /// The provinces that producers may come from; empty means all.
    pub provinces: ProvinceSet,
    /// The longest way from producer to delivery.
    pub max_distance_km: Option<u32>,
    /// Code of the destination market.
    pub market: Option<String>,
    /// Groups of papers that the destination market's profile requires; any one kind of a group
    /// meets it.
    pub market_papers: Vec<CertificateKinds>,
}

/// One place, window and quantity. Quantities are whole numbers of the demand's unit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeliveryNeed {
    /// Where the goods go.
    pub place: Place,
    /// When they may arrive.
    pub window: Period,
    /// How much is wanted.
    pub quantity: u64,
    /// Less than this is not worth a delivery.
    pub min_quantity: Option<u64>,
    /// More than this is not taken; absent means `quantity`.
    pub max_quantity: Option<u64>,
}

impl DeliveryNeed {
    /// The most that is taken.
    #[must_use]
    pub fn most(&self) -> u64 {
        self.max_quantity.unwrap_or(self.quantity)
    }
}

/// Commercial terms that the buyer asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct CommercialTerms {
    /// Discount on the offer's price, in whole percent.
    pub discount_percent: u8,
    /// Days between receipt and payment.
    pub payment_days: u32,
    /// One fee for listing the product, in đồng.
    pub listing_fee_vnd: u64,
}

/// What a buyer states about a demand, unchecked. Quantities are whole numbers of `unit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandDraft {
    /// The buyer.
    pub party_id: PartyId,
    /// A headline.
    pub title: String,
    /// What is wanted, in words.
    pub text: Option<String>,
    /// Sets that are wanted.
    pub product_sets: Vec<ProductSet>,
    /// Products that are wanted.
    pub product_ids: Vec<ProductId>,
    /// What may stand for it.
    pub substitutes: Vec<Substitute>,
    /// The unit of the quantities.
    pub unit: String,
    /// Packagings that define the unit, where its ratio is not fixed.
    pub packagings: Vec<Packaging>,
    /// What one unit contains.
    pub content: Content,
    /// The highest price of one unit.
    pub max_unit_price: Option<Price>,
    /// Where that price is compared.
    pub price_basis: PriceBasis,
    /// What an offer must meet.
    pub requirements: Requirements,
    /// Where, when and how much.
    pub deliveries: Vec<DeliveryNeed>,
    /// The most producers that share it.
    pub max_suppliers: Option<u32>,
    /// The smallest share of one producer.
    pub min_share: Option<u64>,
    /// Weights in place of the default ones.
    pub preferences: Option<Weights>,
    /// Commercial terms.
    pub terms: CommercialTerms,
    /// Whether the buyer's name is hidden.
    pub anonymous: bool,
    /// Who may see it.
    pub audience: Audience,
    /// When it closes by itself.
    pub closes_at: Option<Timestamp>,
}

/// What a buyer states about a demand, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandTerms(DemandDraft);

impl DemandTerms {
    /// Checks a draft.
    ///
    /// # Errors
    /// Every broken rule with its place.
    pub fn new(draft: DemandDraft) -> Result<Self, Vec<Violation>> {
        let mut violations = Violations::default();
        violations.length(draft.title.trim(), (1, MAX_NAME_CHARS), "/title");
        if let Some(text) = &draft.text {
            violations.length(text.trim(), (1, MAX_TEXT_CHARS), "/text");
        }
        check_named(&draft, &mut violations);
        check_limits(&draft, &mut violations);
        check_deliveries(&draft.deliveries, &mut violations);
        violations.into_result(Self(draft))
    }

    /// The same terms with other places; no rule depends on them.
    #[must_use]
    pub fn with_places(mut self, place: impl Fn(&Place) -> Place) -> Self {
        for need in &mut self.0.deliveries {
            need.place = place(&need.place);
        }
        self
    }

    /// The last day of the last delivery window.
    #[must_use]
    pub fn last_day(&self) -> Date {
        let last = self.0.deliveries.iter().map(|need| need.window.to()).max();
        last.unwrap_or(Date::from_days(0))
    }

    /// The weights of its score.
    #[must_use]
    pub fn weights(&self) -> Weights {
        self.0.preferences.unwrap_or_default()
    }
}

impl std::ops::Deref for DemandTerms {
    type Target = DemandDraft;

    fn deref(&self) -> &DemandDraft {
        &self.0
    }
}

fn check_named(draft: &DemandDraft, violations: &mut Violations) {
    let limits = (0, MAX_NAMED as u64);
    violations.range(draft.product_sets.len() as u64, limits, "/product_sets");
    violations.range(draft.product_ids.len() as u64, limits, "/product_ids");
    violations.range(draft.substitutes.len() as u64, limits, "/substitutes");
    let named = !draft.product_sets.is_empty() || !draft.product_ids.is_empty();
    violations.require(named || draft.text.is_some(), "/text", Rule::Required);
    for (index, substitute) in draft.substitutes.iter().enumerate() {
        let at = format!("/substitutes/{index}");
        violations.range(u64::from(substitute.ratio), (1, MAX_RATIO), &format!("{at}/ratio"));
        if let SubstituteProduct::Text(text) = &substitute.product {
            violations.length(text.trim(), (1, MAX_TEXT_CHARS), &format!("{at}/text"));
        }
    }
}

fn check_limits(draft: &DemandDraft, violations: &mut Violations) {
    if let Some(stars) = draft.requirements.min_stars {
        violations.range(u64::from(stars), (3, 5), "/requirements/min_stars");
    }
    if let Some(distance_km) = draft.requirements.max_distance_km {
        let at = "/requirements/max_distance_km";
        violations.range(u64::from(distance_km), (0, MAX_DISTANCE_KM), at);
    }
    if let Some(suppliers) = draft.max_suppliers {
        violations.range(u64::from(suppliers), (1, MAX_SUPPLIERS), "/max_suppliers");
    }
    if let Some(share) = draft.min_share {
        violations.range(share, (1, MAX_QUANTITY), "/min_share");
    }
    let terms = &draft.terms;
    violations.range(u64::from(terms.discount_percent), (0, 100), "/terms/discount_percent");
    let limits = (0, MAX_PAYMENT_DAYS);
    violations.range(u64::from(terms.payment_days), limits, "/terms/payment_days");
    let limits = (0, crate::money::MAX_PRICE_VND);
    violations.range(terms.listing_fee_vnd, limits, "/terms/listing_fee");
}

fn check_deliveries(deliveries: &[DeliveryNeed], violations: &mut Violations) {
    violations.range(deliveries.len() as u64, (1, MAX_DELIVERIES as u64), "/deliveries");
    for (index, need) in deliveries.iter().enumerate() {
        let at = |field: &str| format!("/deliveries/{index}/{field}");
        violations.range(need.quantity, (1, MAX_QUANTITY), &at("quantity"));
        let quantity = need.quantity.max(1);
        if let Some(min) = need.min_quantity {
            violations.range(min, (1, quantity), &at("min_quantity"));
        }
        if let Some(max) = need.max_quantity {
            violations.range(max, (quantity, MAX_QUANTITY.max(quantity)), &at("max_quantity"));
        }
    }
}

/// A delivery that comes back every few weeks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrence {
    /// Weeks from one delivery to the next.
    pub every_weeks: u32,
    /// The last day on which a delivery window may begin.
    pub until: Date,
    /// First days of the windows that are left out.
    pub skip: Vec<Date>,
}

impl Recurrence {
    /// Every delivery of `need`, the skipped ones left out, one more than the limit at the most.
    #[must_use]
    pub fn expand(&self, need: &DeliveryNeed) -> Vec<DeliveryNeed> {
        let step_days = i32::try_from(self.every_weeks.max(1) * 7).unwrap_or(i32::MAX);
        (0..)
            .map(|turn: i32| turn.saturating_mul(step_days))
            .map(|days| (need.window.from().plus_days(days), need.window.to().plus_days(days)))
            .take_while(|(from, _)| *from <= self.until)
            .filter(|(from, _)| !self.skip.contains(from))
            .filter_map(|(from, to)| Period::new(from, to))
            .map(|window| DeliveryNeed { window, ..need.clone() })
            .take(MAX_DELIVERIES + 1)
            .collect()
    }
}

/// What the owner last did with a demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DemandStatus {
    /// Not yet shown.
    Draft,
    /// Shown.
    Open,
    /// Closed: what is agreed goes on, nothing new is taken.
    Closed,
    /// Taken back.
    Cancelled,
}

/// The state of a demand, from its status, its coverage and the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DemandState {
    /// Not yet shown.
    Draft,
    /// Open, nothing agreed.
    Open,
    /// Open, a part agreed.
    PartiallyCovered,
    /// All that is wanted is agreed.
    Covered,
    /// Closed by its owner.
    Closed,
    /// Taken back.
    Cancelled,
    /// Past its closing time or its last delivery window.
    Expired,
}

/// What can be done with a demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DemandAction {
    /// Show it.
    Open,
    /// Take nothing new.
    Close,
    /// Take it back.
    Cancel,
}

/// What is agreed, under way and received of one delivery, in the demand's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Progress {
    /// Agreed.
    pub committed: u64,
    /// Dispatched and not yet received.
    pub in_transit: u64,
    /// Accepted at receipt.
    pub fulfilled: u64,
}

/// A demand as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// Its id.
    pub id: DemandId,
    /// Grows by one with every change.
    pub version: i64,
    /// Grows by one with every change of the terms.
    pub terms_version: i64,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// What the owner last did with it.
    pub status: DemandStatus,
    /// What is wanted.
    pub terms: DemandTerms,
    /// Progress, delivery by delivery.
    pub progress: Vec<Progress>,
}

impl Demand {
    /// The state at `now`.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> DemandState {
        let wanted: u64 = self.terms.deliveries.iter().map(|need| need.quantity).sum();
        let committed: u64 = self.progress.iter().map(|progress| progress.committed).sum();
        match self.status {
            DemandStatus::Draft => DemandState::Draft,
            DemandStatus::Closed => DemandState::Closed,
            DemandStatus::Cancelled => DemandState::Cancelled,
            DemandStatus::Open if self.is_over(now) => DemandState::Expired,
            DemandStatus::Open if committed >= wanted => DemandState::Covered,
            DemandStatus::Open if committed > 0 => DemandState::PartiallyCovered,
            DemandStatus::Open => DemandState::Open,
        }
    }

    fn is_over(&self, now: Timestamp) -> bool {
        let closed = self.terms.closes_at.is_some_and(|closes_at| closes_at <= now);
        closed || self.terms.last_day() < now.date()
    }
}

impl DemandState {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::PartiallyCovered => "partially_covered",
            Self::Covered => "covered",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Whether nothing can happen to it any more.
    #[must_use]
    pub const fn is_end(self) -> bool {
        self.actions().is_empty()
    }

    /// The actions that are legal in this state.
    #[must_use]
    pub const fn actions(self) -> &'static [DemandAction] {
        use DemandAction::{Cancel, Close, Open};
        match self {
            Self::Draft => &[Open, Cancel],
            Self::Open | Self::PartiallyCovered | Self::Covered => &[Close, Cancel],
            Self::Closed | Self::Cancelled | Self::Expired => &[],
        }
    }
}

impl DemandAction {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Close => "close",
            Self::Cancel => "cancel",
        }
    }

    /// The status after the action.
    #[must_use]
    pub const fn after(self) -> DemandStatus {
        match self {
            Self::Open => DemandStatus::Open,
            Self::Close => DemandStatus::Closed,
            Self::Cancel => DemandStatus::Cancelled,
        }
    }
}
