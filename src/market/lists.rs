//! Short lists of small items in pages: a list takes the bytes of its items and no more, and a
//! change copies a page. Must not know what an item is.

use std::iter::repeat_n;
use std::sync::Arc;

use super::table::PAGE_BYTES;

/// The most items of a list.
pub(super) const MAX_ITEMS: usize = u8::MAX as usize;

/// Lists of at most [`MAX_ITEMS`]; a clone shares every page.
#[derive(Debug, Clone)]
pub(super) struct Lists<T> {
    /// By length, from one on.
    runs: Vec<Runs<T>>,
}

/// Where a list stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct List {
    page: u32,
    place: u16,
    len: u8,
}

impl List {
    /// How many items it has.
    pub(super) const fn len(self) -> usize {
        self.len as usize
    }

    fn range(self) -> std::ops::Range<usize> {
        let first = usize::from(self.place) * self.len();
        first..first + self.len()
    }
}

/// Lists of one length.
#[derive(Debug, Clone)]
struct Runs<T> {
    pages: Vec<Arc<[T]>>,
    free: Arc<Vec<List>>,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Self { runs: Vec::new() }
    }
}

impl<T> Default for Runs<T> {
    fn default() -> Self {
        Self { pages: Vec::new(), free: Arc::default() }
    }
}

impl<T: Copy> Lists<T> {
    /// The items of a list that was given out and not taken back.
    #[inline]
    pub(super) fn get(&self, list: List) -> &[T] {
        let runs = list.len().checked_sub(1).and_then(|at| self.runs.get(at));
        let page = runs.and_then(|runs| runs.pages.get(list.page as usize));
        page.and_then(|page| page.get(list.range())).unwrap_or(&[])
    }

    /// Keeps a list; of more than [`MAX_ITEMS`], the first of them.
    pub(super) fn insert(&mut self, items: &[T]) -> List {
        let items = &items[..items.len().min(MAX_ITEMS)];
        let Some(&first) = items.first() else { return List { page: 0, place: 0, len: 0 } };
        self.runs.resize_with(self.runs.len().max(items.len()), Runs::default);
        let runs = &mut self.runs[items.len() - 1];
        let list = runs.take(items.len() as u8, first);
        Arc::make_mut(&mut runs.pages[list.page as usize])[list.range()].copy_from_slice(items);
        list
    }

    /// How many lists there is room for, and how many of these are free.
    #[cfg(test)]
    pub(super) fn room(&self) -> (usize, usize) {
        let pages = self.runs.iter().enumerate();
        let room =
            pages.flat_map(|(at, runs)| runs.pages.iter().map(move |it| it.len() / (at + 1)));
        (room.sum(), self.runs.iter().map(|runs| runs.free.len()).sum())
    }

    /// Takes a list back.
    pub(super) fn remove(&mut self, list: List) {
        let runs = list.len().checked_sub(1).and_then(|at| self.runs.get_mut(at));
        if let Some(runs) = runs {
            Arc::make_mut(&mut runs.free).push(list);
        }
    }
}

impl<T: Copy> Runs<T> {
    /// Room for a list; a new page is filled with `filler`.
    fn take(&mut self, len: u8, filler: T) -> List {
        if self.free.is_empty() {
            self.add_page(len, filler);
        }
        let free = Arc::make_mut(&mut self.free).pop();
        free.unwrap_or(List { page: 0, place: 0, len })
    }

    fn add_page(&mut self, len: u8, filler: T) {
        let lists = (PAGE_BYTES / (usize::from(len) * size_of::<T>())).max(1);
        let page = self.pages.len() as u32;
        self.pages.push(repeat_n(filler, lists * usize::from(len)).collect());
        let places = (0..lists as u16).rev();
        Arc::make_mut(&mut self.free).extend(places.map(|place| List { page, place, len }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_found_as_it_was_kept() {
        let mut lists = Lists::default();
        let all: Vec<Vec<u16>> = (0..2000_u16).map(|n| vec![n; usize::from(n % 300)]).collect();
        let kept: Vec<List> = all.iter().map(|items| lists.insert(items)).collect();
        for (list, items) in kept.iter().zip(&all) {
            assert_eq!(lists.get(*list), &items[..items.len().min(MAX_ITEMS)]);
        }
    }

    #[test]
    fn an_older_version_keeps_its_lists_and_room_is_given_again() {
        let mut lists = Lists::default();
        let kept: Vec<List> = (0..1000).map(|n| lists.insert(&[n, n])).collect();
        let older = lists.clone();
        lists.remove(kept[3]);
        let again = lists.insert(&[-1, -1]);
        assert_eq!(again, kept[3], "the room of the one that went");
        assert_eq!((older.get(kept[3]), lists.get(again)), (&[3, 3][..], &[-1, -1][..]));
        assert_eq!(lists.get(kept[4]), &[4, 4]);
    }

    #[test]
    fn a_list_takes_no_more_than_its_items() {
        let mut lists = Lists::default();
        let places: Vec<List> = (0..10_000).map(|n: u32| lists.insert(&[n; 3])).collect();
        let held: usize = lists.runs[2].pages.iter().map(|page| page.len()).sum();
        assert!(held < 3 * places.len() + PAGE_BYTES / size_of::<u32>(), "{held}");
    }
}
