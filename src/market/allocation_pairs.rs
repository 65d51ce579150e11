//! Which capacity periods meet which deliveries: bounds leave out what cannot, the judgement of
//! matches decides the rest. Must not know where offers stand in a snapshot.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use matching::allocation::columns::PAIRS_PER_ROUND;
use matching::check::Route;
use matching::evaluation::Judgement;
use matching::factor::BASIS_POINTS;
use matching::pair::Pair;

use super::allocation::Draft;
use super::matches::{Sought, may_be_shown};
use super::table::Slot;

/// Below the score of any pair.
const ANY_SCORE: i64 = -1;

/// An offer that meets a demand.
pub(super) struct Met {
    pub(super) offer: Slot,
    /// At least the score.
    pub(super) score: u16,
    /// Whether it is the score.
    pub(super) is_exact: bool,
    /// Offer units of the smallest share whose price is within the ceiling.
    pub(super) least: u64,
    /// Deliveries of the demand, each with the place of a capacity period that meets it.
    pub(super) places: Vec<(u32, u32)>,
}

/// What of the market meets a demand.
pub(super) struct Meetings {
    pub(super) offers: Vec<Met>,
    /// Meetings that are matched but not planned.
    pub(super) left_out: u64,
}

/// The judgement of a pair that is eligible, and the smallest share whose price is within the
/// ceiling, in offer units.
pub(super) struct Judged(pub(super) Judgement, u64);

impl Judged {
    /// The capacity periods that meet a delivery, by their places.
    pub(super) fn meetings(&self, delivery: u32) -> impl Iterator<Item = u32> + use<> {
        let coverage = self.0.coverage.get(delivery as usize);
        let serving = coverage.map_or(0, |coverage| coverage.serving);
        (0..u128::BITS - serving.leading_zeros()).filter(move |place| serving >> place & 1 == 1)
    }

    /// Whether it is planned: one unit for one.
    pub(super) fn is_plain(&self) -> bool {
        self.0.route.map(Route::ratio) == Some(BASIS_POINTS as u32)
    }
}

impl Draft<'_> {
    /// Every eligible pair of a demand. Unless the scores are to be exact, those are that may be
    /// among the [`PAIRS_PER_ROUND`] best of a delivery.
    pub(super) fn meetings(&self, sought: &Sought<'_, '_>, is_exact: bool) -> Meetings {
        let mut met = Meetings { offers: Vec::new(), left_out: 0 };
        self.reader.each_above(sought, ANY_SCORE, |(offer, _)| {
            let Some(judged) = self.judged(sought, offer, is_exact) else { return };
            let deliveries = 0..sought.needs.len() as u32;
            let places = deliveries
                .flat_map(|delivery| judged.meetings(delivery).map(move |place| (delivery, place)));
            if judged.is_plain() {
                let places = places.collect();
                let Judged(Judgement { score, .. }, least) = judged;
                met.offers.push(Met { offer, score, is_exact, least, places });
            } else {
                met.left_out += places.count() as u64;
            }
        });
        if !is_exact {
            self.settle_best(sought, &mut met.offers);
        }
        met
    }

    /// The pair of a demand and an offer, if it may be planned and is eligible. Unless it is to be
    /// exact it is judged by at least its likeness: what is wanted is the same by either, and only
    /// the score may be too high.
    pub(super) fn judged(
        &self,
        sought: &Sought<'_, '_>,
        offer: Slot,
        is_exact: bool,
    ) -> Option<Judged> {
        let reader = &self.reader;
        let pair = match is_exact {
            true => reader.pair(sought, offer, self.moment),
            false => reader.pair_at_most(sought, offer, self.moment),
        }?;
        if !self.is_plannable(sought, &pair) {
            return None;
        }
        let judgement = Judgement::of(&pair);
        let least = judgement.least_within_ceiling(&pair)?;
        judgement.is_eligible(&pair).then_some(Judged(judgement, least))
    }

    /// The score of a pair.
    pub(super) fn score(&self, sought: &Sought<'_, '_>, offer: Slot) -> Option<u16> {
        let pair = self.reader.pair(sought, offer, self.moment)?;
        Some(Judgement::of(&pair).score)
    }

    /// Works out the scores that may be among the best of a delivery, the likeliest first.
    fn settle_best(&self, sought: &Sought<'_, '_>, offers: &mut [Met]) {
        let mut offers: Vec<&mut Met> = offers.iter_mut().collect();
        offers.sort_by_key(|met| Reverse(met.score));
        let mut best = vec![BinaryHeap::new(); sought.needs.len()];
        for met in offers {
            let is_open = |(delivery, _): &(u32, u32)| {
                let best: &BinaryHeap<Reverse<u16>> = &best[*delivery as usize];
                let least = best.peek().filter(|_| best.len() >= PAIRS_PER_ROUND);
                least.is_none_or(|least| least.0 < met.score)
            };
            if !met.places.iter().any(is_open) {
                continue;
            }
            met.score = self.score(sought, met.offer).unwrap_or(met.score);
            met.is_exact = true;
            for (delivery, _) in &met.places {
                let best = &mut best[*delivery as usize];
                best.push(Reverse(met.score));
                if best.len() > PAIRS_PER_ROUND {
                    best.pop();
                }
            }
        }
    }

    /// Whether the pair is open, seen by its sides and by the viewer, asked for, and dismissed by
    /// neither side.
    pub(super) fn is_plannable(&self, sought: &Sought<'_, '_>, pair: &Pair<'_>) -> bool {
        let viewer = &self.ask.viewer;
        let audience = pair.offer.audience();
        let is_seen = viewer.is_admin
            || pair.producer.id == viewer.party
            || audience.is_none_or(|it| it.admits(viewer.party, viewer.is_coordinator));
        let is_asked =
            self.ask.producers.is_empty() || self.ask.producers.contains(&pair.producer.id);
        let sides = [pair.buyer.id, pair.producer.id];
        let is_dismissed = sides.into_iter().any(|side| sought.has_dismissed(pair, Some(side)));
        is_asked && is_seen && may_be_shown(pair) && !is_dismissed
    }
}
