//! Keyset paging: a page is what follows a key in a total order, so that it is stable while rows
//! come and go. Must not know how a cursor looks outside.

use matching::date::Timestamp;
use uuid::Uuid;

/// The place of a record in the order of creation; the id decides between records of one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CreatedKey {
    /// When it was recorded.
    pub created_at: Timestamp,
    /// Its id.
    pub id: Uuid,
}

/// The direction of a list in the order of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Newest first.
    #[default]
    Descending,
    /// Oldest first.
    Ascending,
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// The most records of the page.
    pub limit: usize,
    /// The record that the page follows; none for the first page.
    pub after: Option<CreatedKey>,
    /// The direction.
    pub direction: Direction,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The records.
    pub items: Vec<T>,
    /// Whether more follow.
    pub has_more: bool,
}

impl PageRequest {
    /// One row more than the page tells whether more follow.
    pub(super) fn rows(&self) -> i64 {
        i64::try_from(self.limit + 1).unwrap_or(i64::MAX)
    }

    /// The page out of [`PageRequest::rows`] rows.
    pub(super) fn page<T>(&self, mut items: Vec<T>) -> Page<T> {
        let has_more = items.len() > self.limit;
        items.truncate(self.limit);
        Page { items, has_more }
    }
}

/// Orders and bounds a boxed query on a table with `created_at` and `id`.
macro_rules! by_creation {
    ($query:expr, $table:ident, $request:expr) => {{
        let mut query = $query;
        let request: $crate::store::keyset::PageRequest = $request;
        if let Some(key) = request.after {
            let (at, id) = (key.created_at.micros(), key.id.to_string());
            query = match request.direction {
                $crate::store::keyset::Direction::Descending => query.filter(
                    $table::created_at.lt(at).or($table::created_at.eq(at).and($table::id.lt(id))),
                ),
                $crate::store::keyset::Direction::Ascending => query.filter(
                    $table::created_at.gt(at).or($table::created_at.eq(at).and($table::id.gt(id))),
                ),
            };
        }
        let query = match request.direction {
            $crate::store::keyset::Direction::Descending => {
                query.order(($table::created_at.desc(), $table::id.desc()))
            }
            $crate::store::keyset::Direction::Ascending => {
                query.order(($table::created_at.asc(), $table::id.asc()))
            }
        };
        query.limit(request.rows())
    }};
}

pub(super) use by_creation;

/// The ids of the records of a table whose rows, read by `rows_following`, say in some column
/// another thing than the record.
macro_rules! altered {
    ($tx:expr, $record:ty) => {{
        let (mut found, mut last) = (Vec::new(), None);
        loop {
            let rows = rows_following($tx, last)?;
            let Some(row) = rows.last() else { return Ok(found) };
            last = Some(id_of(&row.id)?);
            for row in rows {
                let record = <$record>::try_from(row.clone())?;
                found.extend((Row::from(&record) != row).then_some(record.id));
            }
        }
    }};
}

pub(super) use altered;

/// The most rows of one chunk of a table that is read whole.
pub(super) const CHUNK_ROWS: i64 = 200;

/// Gives all rows of a table to `take`, in order of id, a chunk at a time, with what other tables
/// hold of these rows (`of_range` of `parts`).
macro_rules! for_each_chunk_of_rows {
    ($tx:expr, $table:ident, $parts:ident, $take:expr) => {{
        let mut after = String::new();
        loop {
            let chunk = $table::table.filter($table::id.gt(&after)).order($table::id);
            let chunk = chunk.limit($crate::store::keyset::CHUNK_ROWS);
            let rows: Vec<Row> = on_each!($tx.connection(), |c| chunk.load(c))?;
            let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(()) };
            let parts = $parts::of_range($tx, (&first.id, &last.id))?;
            after = last.id.clone();
            $take($tx, rows, parts)?;
        }
    }};
}

pub(super) use for_each_chunk_of_rows;
