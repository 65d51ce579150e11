//! A sorted list of where something occurs, in as few bytes as it can be.
//!
//! Must not know what occurs or where.

use std::mem::take;
use std::slice::from_ref;

/// Places in order, each once. Most words occur in one place alone, which needs no list; a list is
/// just as long as it has to be, because an index is filled once and then changes little.
#[derive(Clone, Debug)]
pub(super) enum Postings<P> {
    One(P),
    Many(Box<[P]>),
}

impl<P> Default for Postings<P> {
    fn default() -> Self {
        Self::Many(Box::default())
    }
}

impl<P> From<Vec<P>> for Postings<P> {
    /// From places in order.
    fn from(places: Vec<P>) -> Self {
        match <[P; 1]>::try_from(places) {
            Ok([place]) => Self::One(place),
            Err(places) => Self::Many(places.into()),
        }
    }
}

impl<P: Ord> Postings<P> {
    pub(super) const fn as_slice(&self) -> &[P] {
        match self {
            Self::One(place) => from_ref(place),
            Self::Many(places) => places,
        }
    }

    /// Adds a place; one that is there already is not added again.
    pub(super) fn add(&mut self, place: P) {
        if let Err(at) = self.as_slice().binary_search(&place) {
            let mut places = take(self).into_vec();
            places.reserve_exact(1);
            places.insert(at, place);
            *self = places.into();
        }
    }

    /// Takes a place out, if it is there.
    pub(super) fn remove(&mut self, place: &P) {
        if let Ok(at) = self.as_slice().binary_search(place) {
            let mut places = take(self).into_vec();
            places.remove(at);
            *self = places.into();
        }
    }

    fn into_vec(self) -> Vec<P> {
        match self {
            Self::One(place) => vec![place],
            Self::Many(places) => places.into_vec(),
        }
    }
}
