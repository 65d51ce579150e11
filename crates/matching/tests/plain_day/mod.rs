//! A plain second reading of the day on which capacity and window are judged that do not meet. Must
//! not use the code that it checks.

use matching::date::{Date, Period};

/// The first or last day on which goods and buyer would meet, if the one that keeps them apart gave
/// way: the capacity where none of it keeps the lead time, else the window.
pub(crate) fn told(capacity: Period, window: Period, ready: Date) -> Date {
    let days = |period: Period| period.from().days()..=period.to().days();
    let deliverable: Vec<i32> = days(capacity).filter(|day| *day >= ready.days()).collect();
    let asked: Vec<i32> = days(window).filter(|day| *day >= ready.days()).collect();
    match (deliverable.as_slice(), asked.as_slice()) {
        ([], []) => window.to(),
        ([], [first, ..]) => Date::from_days(*first),
        ([.., last], _) if window.from() > capacity.to() => Date::from_days(*last),
        ([first, ..], _) => Date::from_days(*first),
    }
}
