//! The most level sales within limits: the lowest level is raised as far as it goes, as few
//! producers as possible stay on it, and so on with the others, for every such choice.
//!
//! It must not know how it is decided whether sales can be had.

use super::within::{Bounds, Choice, is_fairer};
use crate::allocation::plan::Plan;
use std::cmp::Ordering;

/// The most levels that are listed, to be searched together; of more, those of one producer after
/// the other are.
const LISTED_MAX: u64 = 1 << 20;

/// What a producer has sold over its weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level {
    sold: u64,
    weight: u64,
}

impl Ord for Level {
    fn cmp(&self, other: &Self) -> Ordering {
        let product = |one: u64, other: u64| u128::from(one) * u128::from(other);
        product(self.sold, other.weight).cmp(&product(other.sold, self.weight))
    }
}

impl PartialOrd for Level {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Level {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Level {}

/// What a producer can sell between its bounds: so many multiples of its step, from the first up.
#[derive(Debug, Clone, Copy)]
struct Steps {
    first: u64,
    step: u64,
    count: u64,
}

impl Steps {
    fn new((least, most): (u64, u64), step: u64) -> Self {
        let first = least.next_multiple_of(step);
        let count = most.checked_sub(first).map_or(0, |room| room / step + 1);
        Self { first, step, count }
    }

    const fn at(&self, place: u64) -> u64 {
        self.first + place * self.step
    }

    fn all(self) -> impl Iterator<Item = u64> {
        (0..self.count).map(move |place| self.at(place))
    }

    /// The first step that is high enough, if all above it are too.
    fn find(&self, is_enough: impl Fn(u64) -> bool) -> Option<u64> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = u64::midpoint(low, high);
            if is_enough(self.at(middle)) { high = middle } else { low = middle + 1 }
        }
        (low < self.count).then(|| self.at(low))
    }
}

/// A plan with its levels, from the lowest up, and its score.
type Found = ((Vec<Level>, i128), Plan);

/// Sales that are being levelled.
pub(super) struct Levels<'a> {
    choice: &'a Choice<'a>,
    /// By producer.
    weights: Vec<u64>,
    earlier: Vec<u64>,
    steps: Vec<u64>,
}

impl<'a> Levels<'a> {
    pub(super) fn new(choice: &'a Choice<'a>, weights: Vec<u64>, earlier: Vec<u64>) -> Self {
        Self { choice, weights, earlier, steps: choice.steps() }
    }

    /// The plan, or `None` if the stop signal came first.
    pub(super) fn plan(&self) -> Option<Plan> {
        let bounds = self.choice.bounds();
        let free = (0..bounds.len()).filter(|&at| bounds[at].1 > 0).collect();
        Some(self.best(bounds, free)?.1)
    }

    fn level(&self, producer: usize, sold: u64) -> Level {
        Level { sold: sold + self.earlier[producer], weight: self.weights[producer] }
    }

    /// The fairest plan between these bounds, by what the free producers sell; there is one.
    fn best(&self, bounds: Bounds, free: Vec<usize>) -> Option<Found> {
        if free.is_empty() {
            let plan = self.choice.best(&bounds)?;
            return Some(((self.levels(&bounds), self.choice.score(&plan)), plan));
        }
        let (lowest, bounds) = self.lowest(&bounds, &free)?;
        let is_on = |&at: &usize| self.level(at, bounds[at].0) == lowest;
        let on: Vec<usize> = free.iter().copied().filter(is_on).collect();
        for count in 1..=on.len() as u32 {
            let mut fairest: Option<Found> = None;
            for set in (1_u32..1 << on.len()).filter(|set| set.count_ones() == count) {
                let stay: Vec<usize> =
                    (0..on.len()).filter(|at| set >> at & 1 == 1).map(|at| on[at]).collect();
                let found = self.with_lowest(&bounds, (&free, &stay), lowest)?;
                let is_better = |found: &Found| {
                    fairest.as_ref().is_none_or(|fairest| is_fairer(&found.0, &fairest.0))
                };
                fairest = found.filter(is_better).or(fairest);
            }
            if fairest.is_some() {
                return fairest;
            }
        }
        None
    }

    /// The fairest plan in which these producers stay on the lowest level and the others are above
    /// it; within, `None` if there is none.
    fn with_lowest(
        &self,
        bounds: &Bounds,
        (free, stay): (&[usize], &[usize]),
        lowest: Level,
    ) -> Option<Option<Found>> {
        let mut bounds = bounds.clone();
        let (stay, others): (Vec<usize>, Vec<usize>) =
            free.iter().partition(|at| stay.contains(at));
        stay.iter().for_each(|&at| bounds[at].1 = bounds[at].0);
        let is_raised =
            others.iter().all(|&at| self.raise(&mut bounds, at, |level| level > lowest));
        if !is_raised || !self.choice.is_open(&bounds)? {
            return Some(None);
        }
        self.best(bounds, others).map(Some)
    }

    /// The highest level that all free producers can reach together, and the bounds with it.
    fn lowest(&self, bounds: &Bounds, free: &[usize]) -> Option<(Level, Bounds)> {
        let count = |&at: &usize| self.steps(bounds, at).count;
        if free.iter().map(count).fold(0, u64::saturating_add) > LISTED_MAX {
            return self.lowest_in_turn(bounds, free);
        }
        let of = |&at: &usize| self.steps(bounds, at).all().map(move |sold| self.level(at, sold));
        let mut levels: Vec<Level> = free.iter().flat_map(of).collect();
        levels.sort_unstable();
        levels.dedup();
        let (mut low, mut high) = (0, levels.len());
        let mut reached = None;
        while low < high {
            let middle = usize::midpoint(low, high);
            let level = levels[middle];
            match self.raised(bounds, free, level)? {
                Some(raised) => (low, reached) = (middle + 1, Some((level, raised))),
                None => high = middle,
            }
        }
        reached
    }

    /// As [`Self::lowest`], without a list: of each producer the highest of its own levels is
    /// sought that all can reach, above those of the producers before it.
    fn lowest_in_turn(&self, bounds: &Bounds, free: &[usize]) -> Option<(Level, Bounds)> {
        let mut reached: Option<(Level, Bounds)> = None;
        for &at in free {
            let steps = self.steps(bounds, at);
            let (mut low, mut high) = (0, steps.count);
            while low < high {
                let middle = u64::midpoint(low, high);
                let level = self.level(at, steps.at(middle));
                if reached.as_ref().is_some_and(|(known, _)| level <= *known) {
                    low = middle + 1;
                } else if let Some(raised) = self.raised(bounds, free, level)? {
                    (low, reached) = (middle + 1, Some((level, raised)));
                } else {
                    high = middle;
                }
            }
        }
        reached
    }

    /// The bounds within which all free producers reach a level; within, `None` if no plan does.
    fn raised(&self, bounds: &Bounds, free: &[usize], level: Level) -> Option<Option<Bounds>> {
        let mut raised = bounds.clone();
        let can_be = free.iter().all(|&at| self.raise(&mut raised, at, |reached| reached >= level));
        Some((can_be && self.choice.is_open(&raised)?).then_some(raised))
    }

    fn steps(&self, bounds: &Bounds, at: usize) -> Steps {
        Steps::new(bounds[at], self.steps[at].max(1))
    }

    /// Raises what a producer sells at least to the first step that is high enough; false if none
    /// is.
    fn raise(&self, bounds: &mut Bounds, at: usize, is_enough: impl Fn(Level) -> bool) -> bool {
        let steps = self.steps(bounds, at);
        let raised = steps.find(|sold| is_enough(self.level(at, sold)));
        bounds[at].0 = raised.unwrap_or(bounds[at].0);
        raised.is_some()
    }

    /// Levels of what producers sell at least, from the lowest up.
    fn levels(&self, bounds: &Bounds) -> Vec<Level> {
        let own = (0..bounds.len()).filter(|&at| self.weights[at] > 0);
        let mut levels: Vec<Level> = own.map(|at| self.level(at, bounds[at].0)).collect();
        levels.sort_unstable();
        levels
    }
}
