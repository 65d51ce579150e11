//! Calendar dates, periods and instants as small integers. Must not read a clock.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil;

const EPOCH: civil::Date = civil::date(1970, 1, 1);

/// The farthest day from 1970-01-01 that a date can be: some 7,900 years.
const FARTHEST_DAY: i32 = 2_900_000;

/// A day of the Gregorian calendar, as days since 1970-01-01, in three bytes: a market has
/// millions.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Date([u8; 3]);

impl Ord for Date {
    fn cmp(&self, other: &Self) -> Ordering {
        self.days().cmp(&other.days())
    }
}

impl PartialOrd for Date {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A text that is not a date of the years 1900 to 2200 in the form `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidDate;

impl Date {
    /// The day that is `days` days after 1970-01-01, within some 7,900 years.
    #[must_use]
    pub const fn from_days(days: i32) -> Self {
        let days = if days > FARTHEST_DAY { FARTHEST_DAY } else { days };
        let days = if days < -FARTHEST_DAY { -FARTHEST_DAY } else { days };
        let [low, middle, high, _] = days.to_le_bytes();
        Self([low, middle, high])
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn days(self) -> i32 {
        let [low, middle, high] = self.0;
        i32::from_le_bytes([0, low, middle, high]) >> 8
    }

    /// The day of year `year`, month `month`, day `day`, if there is one.
    #[must_use]
    pub fn from_ymd(year: i16, month: i8, day: i8) -> Option<Self> {
        civil::Date::new(year, month, day).ok().map(Self::from_civil)
    }

    /// The day `days` later (earlier if negative).
    #[must_use]
    pub const fn plus_days(self, days: i32) -> Self {
        Self::from_days(self.days().saturating_add(days))
    }

    /// The same day `months` months later, or the last day of that month where it is shorter.
    #[must_use]
    pub fn plus_months(self, months: i32) -> Self {
        Self::from_civil(self.civil().saturating_add(months.months()))
    }

    /// Year, month and day.
    #[must_use]
    pub fn ymd(self) -> (i16, i8, i8) {
        let date = self.civil();
        (date.year(), date.month(), date.day())
    }

    fn civil(self) -> civil::Date {
        EPOCH.saturating_add(self.days().days())
    }

    fn from_civil(date: civil::Date) -> Self {
        Self::from_days((date - EPOCH).get_days())
    }
}

impl FromStr for Date {
    type Err = InvalidDate;

    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let bytes = text.as_bytes();
        let shaped = bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-';
        let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
        if !shaped || digits != 8 {
            return Err(InvalidDate);
        }
        let number = |from: usize, to: usize| text[from..to].parse::<i16>().unwrap_or(0);
        let (year, month, day) = (number(0, 4), number(5, 7) as i8, number(8, 10) as i8);
        if !(1900..=2200).contains(&year) {
            return Err(InvalidDate);
        }
        Self::from_ymd(year, month, day).ok_or(InvalidDate)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        let pair = |number: i16| {
            let number = number.unsigned_abs();
            [number / 10 % 10, number % 10].map(|digit| b'0' + digit as u8)
        };
        let ([a, b], [c, d]) = (pair(year / 100), pair(year));
        let ([e, f], [g, h]) = (pair(month.into()), pair(day.into()));
        let text = [a, b, c, d, b'-', e, f, b'-', g, h];
        formatter.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Days from one date to another, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    from: Date,
    to: Date,
}

impl Period {
    /// The days `from..=to`; none if `to` is before `from`.
    #[must_use]
    pub fn new(from: Date, to: Date) -> Option<Self> {
        (from <= to).then_some(Self { from, to })
    }

    /// The first day.
    #[must_use]
    pub const fn from(self) -> Date {
        self.from
    }

    /// The last day.
    #[must_use]
    pub const fn to(self) -> Date {
        self.to
    }

    /// The days that both have.
    #[must_use]
    pub fn overlap(self, other: Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.to.min(other.to))
    }

    /// Whether `date` is one of the days.
    #[must_use]
    pub fn contains(self, date: Date) -> bool {
        (self.from..=self.to).contains(&date)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.from, self.to)
    }
}

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Vietnam's clock is seven hours ahead of UTC all year; business days are counted there.
const VIETNAM_OFFSET_US: i64 = 7 * 3600 * SECOND_US;
const DAY_US: i64 = 24 * 3600 * SECOND_US;
const SECOND_US: i64 = 1_000_000;

impl Timestamp {
    /// The instant `micros` microseconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(SECOND_US)
    }

    /// The instant `seconds` later (earlier if negative).
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(SECOND_US)))
    }

    /// The day in Vietnam.
    #[must_use]
    pub const fn date(self) -> Date {
        Date::from_days((self.0 + VIETNAM_OFFSET_US).div_euclid(DAY_US) as i32)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidDate;

    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let instant: jiff::Timestamp = text.parse().map_err(|_| InvalidDate)?;
        Ok(Self(instant.as_microsecond()))
    }
}

/// RFC 3339 in UTC, with six digits of the second or none, which older parsers read too.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(instant) if self.0 % SECOND_US == 0 => write!(formatter, "{instant:.0}"),
            Ok(instant) => write!(formatter, "{instant:.6}"),
            Err(_) => write!(formatter, "{}us", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_six_months_end_on_the_last_day_of_a_shorter_month() {
        let leap_day: Date = "2024-02-29".parse().expect("a date");
        assert_eq!(leap_day.plus_months(36).to_string(), "2027-02-28");
    }

    #[test]
    fn only_real_dates_are_read() {
        for text in ["2026-02-30", "2026-2-3", "20260203", "1899-12-31", "2026-02-03T00:00:00Z"] {
            assert_eq!(text.parse::<Date>(), Err(InvalidDate), "{text}");
        }
        assert_eq!("1970-01-02".parse::<Date>(), Ok(Date::from_days(1)));
    }

    #[test]
    fn a_day_is_kept_in_its_order_and_written_whole() {
        let days = [-FARTHEST_DAY, -719_529, -25_567, -1, 0, 1, 255, 65_536, 84_371, FARTHEST_DAY];
        let dates = days.map(Date::from_days);
        assert_eq!(dates.map(Date::days), days);
        assert!(dates.is_sorted());
        assert!(dates.iter().all(|date| date.to_string().len() == 10));
        assert_eq!(Date::from_days(i32::MAX), Date::from_days(FARTHEST_DAY));
        assert_eq!(Date::from_days(0).plus_days(i32::MIN), Date::from_days(-FARTHEST_DAY));
        assert_eq!(Date::from_days(-25_567).to_string(), "1900-01-01");
    }

    #[test]
    fn the_day_begins_in_vietnam() {
        let evening: Timestamp = "2026-12-31T17:00:00Z".parse().expect("an instant");
        assert_eq!(evening.date().to_string(), "2027-01-01");
    }

    #[test]
    fn periods_share_their_common_days() {
        let day = Date::from_days;
        let first = Period::new(day(0), day(10)).expect("in order");
        let second = Period::new(day(10), day(20)).expect("in order");
        assert_eq!(first.overlap(second), Period::new(day(10), day(10)));
        assert_eq!(Period::new(day(1), day(0)), None);
    }
}
