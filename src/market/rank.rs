//! The order of matches and of near misses, pages of them, and the search for the best without
//! judging all. Must not know what is ranked.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use matching::price::UnitPrice;

use super::table::Slot;

/// The place of a match in its list: score down, unit price up (by agreement last), id up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RankKey {
    /// The score.
    pub score: u16,
    /// The price of one demand unit; absent by agreement.
    pub unit_price: Option<UnitPrice>,
    /// Id of the offer, or of the demand from the offer's side.
    pub id: u128,
}

impl Ord for RankKey {
    fn cmp(&self, other: &Self) -> Ordering {
        let open = |key: &Self| key.unit_price.is_none();
        let by_score = other.score.cmp(&self.score);
        let by_price = open(self).cmp(&open(other)).then(self.unit_price.cmp(&other.unit_price));
        by_score.then(by_price).then(self.id.cmp(&other.id))
    }
}

impl PartialOrd for RankKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The place of a near miss in its list: failed checks up, gap up, score down, id up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissKey {
    /// Failed checks.
    pub failed: u8,
    /// Their gaps together, in basis points.
    pub gap: u32,
    /// The score that it would have.
    pub score: u16,
    /// Id of the offer.
    pub id: u128,
}

impl Ord for MissKey {
    fn cmp(&self, other: &Self) -> Ordering {
        let nearness = (self.failed, self.gap).cmp(&(other.failed, other.gap));
        nearness.then(other.score.cmp(&self.score)).then(self.id.cmp(&other.id))
    }
}

impl PartialOrd for MissKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A place in a list of either kind; only places in lists of one kind are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnyKey {
    /// Among matches.
    Match(RankKey),
    /// Among near misses.
    Miss(MissKey),
}

impl AnyKey {
    /// Whose place it is.
    #[must_use]
    pub const fn id(self) -> u128 {
        let (Self::Match(RankKey { id, .. }) | Self::Miss(MissKey { id, .. })) = self;
        id
    }
}

impl From<RankKey> for AnyKey {
    fn from(key: RankKey) -> Self {
        Self::Match(key)
    }
}

impl From<MissKey> for AnyKey {
    fn from(key: MissKey) -> Self {
        Self::Miss(key)
    }
}

/// One page of a list; where more follow, the place of its last item and that of the next one.
#[derive(Debug, Clone)]
pub struct Page<T, K> {
    /// The items, best first.
    pub items: Vec<T>,
    /// What to continue after.
    pub next: Option<K>,
    /// The place of the first item behind the page.
    pub beyond: Option<K>,
}

impl<T, K> Page<T, K> {
    /// The same page with each item shown.
    pub(super) fn map<U>(self, show: impl FnMut(T) -> U) -> Page<U, K> {
        let Self { items, next, beyond } = self;
        Page { items: items.into_iter().map(show).collect(), next, beyond }
    }
}

impl<T, K> Page<Option<T>, K> {
    /// The same page without what is absent.
    pub(super) fn flatten(self) -> Page<T, K> {
        let Self { items, next, beyond } = self;
        Page { items: items.into_iter().flatten().collect(), next, beyond }
    }
}

/// What may rank: a record, or a group of them by its place in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Record(Slot),
    Group(u32),
}

/// What may rank, with at least the score that it has. One number in the order in which candidates
/// are taken, because a query compares thousands: the bound, whether it is a group, its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate(u64);

impl Candidate {
    const BOUND: u32 = 33;
    const GROUP: u64 = 1 << 32;

    pub(super) const fn record(bound: u16, slot: Slot) -> Self {
        Self((bound as u64) << Self::BOUND | slot as u64)
    }

    pub(super) const fn group(bound: u16, place: u32) -> Self {
        Self((bound as u64) << Self::BOUND | Self::GROUP | place as u64)
    }

    pub(super) const fn bound(self) -> u16 {
        (self.0 >> Self::BOUND) as u16
    }

    pub(super) const fn subject(self) -> Subject {
        let place = self.0 as u32;
        if self.0 & Self::GROUP == 0 { Subject::Record(place) } else { Subject::Group(place) }
    }
}

/// What is found of a candidate, with its place.
pub(super) type Found<T, K> = (K, T);

/// The best of a list so far, sorted.
pub(super) struct Best<T, K> {
    found: Vec<Found<T, K>>,
    limit: usize,
    after: Option<K>,
}

impl<T, K: Ord + Copy> Best<T, K> {
    pub(super) fn new(limit: usize, after: Option<K>) -> Self {
        Self { found: Vec::with_capacity(limit + 2), limit, after }
    }

    /// The worst of a full list.
    pub(super) fn worst(&self) -> Option<&K> {
        self.found.get(self.limit).map(|(key, _)| key)
    }

    /// How many more make the list full.
    fn missing(&self) -> usize {
        self.limit + 1 - self.found.len()
    }

    pub(super) fn offer(&mut self, key: K, item: T) {
        if self.after.is_some_and(|after| key <= after) {
            return;
        }
        let place = self.found.partition_point(|(other, _)| *other < key);
        if place <= self.limit {
            self.found.insert(place, (key, item));
            self.found.truncate(self.limit + 1);
        }
    }

    pub(super) fn into_page(mut self) -> Page<Found<T, K>, K> {
        let beyond = self.worst().copied();
        self.found.truncate(self.limit);
        let next = self.found.last().filter(|_| beyond.is_some()).map(|(key, _)| *key);
        Page { items: self.found, next, beyond }
    }
}

/// Candidates that are judged at a time: enough that the memory of one is fetched while another
/// is judged, few enough that not many are judged in vain.
const BATCH: usize = 8;

/// Judges candidates by falling bound until none can be among the best; a group is opened when its
/// turn comes, into what is in it and has at least the bound that is told.
pub(super) fn best_first<T>(
    candidates: Vec<Candidate>,
    mut best: Best<T, RankKey>,
    mut open: impl FnMut(u32, u16, &mut Vec<Candidate>),
    mut judge: impl FnMut(&[Slot], &mut dyn FnMut(RankKey, T)),
) -> Page<Found<T, RankKey>, RankKey> {
    let mut candidates = BinaryHeap::from(candidates);
    let (mut opened, mut batch) = (Vec::new(), Vec::new());
    loop {
        let least = best.worst().map_or(0, |worst| worst.score);
        let size = best.missing().max(BATCH);
        while batch.len() < size {
            let Some(next) = candidates.pop().filter(|next| next.bound() >= least) else { break };
            match next.subject() {
                Subject::Record(slot) => batch.push(slot),
                Subject::Group(place) => {
                    open(place, least, &mut opened);
                    candidates.extend(opened.drain(..));
                }
            }
        }
        if batch.is_empty() {
            return best.into_page();
        }
        judge(&batch, &mut |key, item| best.offer(key, item));
        batch.clear();
    }
}
