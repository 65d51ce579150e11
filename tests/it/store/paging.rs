//! Keyset paging: what stands from the first page to the last is seen exactly once, in order, while
//! other records come and go.

use std::collections::BTreeSet;

use matching::date::Timestamp;
use ocop_link::store::keyset::{CreatedKey, Direction, PageRequest};
use ocop_link::store::products::{Product, ProductFilter};
use ocop_link::store::{Database, products};
use proptest::collection::vec;

use super::market::{for_all, open_market, plain_product};
use crate::support::databases::{TestDatabase, on_both};

on_both!(
    pages_together_are_the_list_in_order,
    records_that_come_meanwhile_disturb_nothing,
    a_page_may_follow_a_record_that_is_gone,
);

const BOTH: [Direction; 2] = [Direction::Ascending, Direction::Descending];

fn key(product: &Product) -> CreatedKey {
    CreatedKey { created_at: product.created_at, id: product.id.uuid() }
}

fn made_at(number: u128, micros: i64) -> Product {
    Product { created_at: Timestamp::from_micros(micros), ..plain_product(number) }
}

fn record(database: &Database, product: Product) {
    database.write(move |tx| products::insert(tx, &product)).expect("written");
}

/// Every page, with `between` run after each.
fn pages(
    database: &Database,
    (limit, direction): (usize, Direction),
    mut between: impl FnMut(usize),
) -> Vec<Product> {
    let mut request = PageRequest { limit, after: None, direction };
    let mut listed: Vec<Product> = Vec::new();
    for turn in 0.. {
        let read = database.read(|tx| products::list(tx, &ProductFilter::default(), request));
        let page = read.expect("readable");
        assert!(page.items.len() == limit || !page.has_more);
        request.after = page.items.last().map(key);
        listed.extend(page.items);
        if !page.has_more {
            break;
        }
        between(turn);
    }
    listed
}

fn assert_sorted(listed: &[Product], direction: Direction) {
    let mut keys: Vec<CreatedKey> = listed.iter().map(key).collect();
    if direction == Direction::Descending {
        keys.reverse();
    }
    assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "{keys:?}");
}

fn pages_together_are_the_list_in_order(test: &TestDatabase) {
    open_market(&test.database);
    // Few instants, so that many records share one.
    for number in 4..41 {
        record(&test.database, made_at(number, (number * 7 % 5) as i64));
    }
    for_all(12, (1..45_usize, 0..2_usize), |(limit, direction)| {
        let listed = pages(&test.database, (limit, BOTH[direction]), |_| {});
        assert_eq!(listed.len(), 41);
        assert_sorted(&listed, BOTH[direction]);
    });
}

fn records_that_come_meanwhile_disturb_nothing(test: &TestDatabase) {
    open_market(&test.database);
    let mut next = 4;
    for number in 0..30 {
        record(&test.database, made_at(next, 100 + number % 3));
        next += 1;
    }
    for direction in BOTH {
        let before: BTreeSet<u128> = (0..next).collect();
        let listed = pages(&test.database, (4, direction), |turn| {
            // One among the instants of the others, one before and one after them.
            for micros in [101, 99 - turn as i64, i64::MAX / 2 + turn as i64] {
                record(&test.database, made_at(next, micros));
                next += 1;
            }
            assert!(turn < 200, "the list does not end");
        });
        assert_sorted(&listed, direction);
        let seen: BTreeSet<u128> = listed.iter().map(|product| product.id.as_u128()).collect();
        assert!(seen.is_superset(&before));
    }
}

fn a_page_may_follow_a_record_that_is_gone(test: &TestDatabase) {
    open_market(&test.database);
    for number in 4..20 {
        record(&test.database, made_at(number, (number / 3) as i64));
    }
    let everything = pages(&test.database, (50, Direction::Ascending), |_| {});
    // A key between two records is as good as that of a record: nothing needs to stand there.
    for_all(30, vec(0..25_u128, 2), |place| {
        let created_at = Timestamp::from_micros((place[0] / 3) as i64);
        let gone = CreatedKey { created_at, id: uuid::Uuid::from_u128(place[1]) };
        let request = PageRequest { limit: 50, after: Some(gone), direction: Direction::Ascending };
        let read = test.database.read(|tx| products::list(tx, &ProductFilter::default(), request));
        let after = everything.iter().filter(|product| key(product) > gone);
        assert_eq!(read.expect("readable").items, after.cloned().collect::<Vec<_>>());
    });
}
