//! What is wrong with a value that a caller gave: where, and which rule it breaks. Must not know
//! the words in which a caller is told (the HTTP layer has them in Vietnamese and English).

/// One broken rule at one place of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// JSON Pointer (RFC 6901) into the body, or the name of a query parameter.
    pub at: String,
    /// The rule that is broken.
    pub rule: Rule,
}

/// The pointer to a member of what `parent` points to (RFC 6901 section 3).
#[must_use]
pub fn child(parent: &str, name: &str) -> String {
    format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1"))
}

impl Violation {
    /// A violation of `rule` at `at`.
    pub fn new(at: impl Into<String>, rule: Rule) -> Self {
        Self { at: at.into(), rule }
    }

    /// The same violation below another place: `/capacity` + `/0/from`.
    #[must_use]
    pub fn below(mut self, parent: &str) -> Self {
        self.at.insert_str(0, parent);
        self
    }
}

/// The rules that an input can break. Each has a stable code and a text in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// A field that is needed is absent.
    Required,
    /// A field that the contract does not know.
    UnknownField {
        /// The known fields with names like it.
        near: Vec<String>,
    },
    /// A query parameter that the contract does not know.
    UnknownParameter {
        /// The known parameters with names like it.
        near: Vec<String>,
    },
    /// A value of another JSON type than the contract says.
    WrongType {
        /// The type that the contract says.
        expected: String,
    },
    /// A text that does not have the stated format.
    WrongFormat {
        /// The format, such as `date` or `uuid`.
        format: String,
    },
    /// A value outside a closed list.
    NotAllowed {
        /// The values of the list.
        allowed: String,
    },
    /// A number outside its range.
    OutOfRange {
        /// The smallest legal value.
        min: i64,
        /// The largest legal value.
        max: i64,
    },
    /// A number outside a range whose ends are not both whole.
    OutOfDecimalRange {
        /// The smallest legal value.
        min: String,
        /// The largest legal value.
        max: String,
    },
    /// A text whose length in characters is outside its range.
    LengthOutOfRange {
        /// The fewest characters.
        min: i64,
        /// The most characters.
        max: i64,
    },
    /// A list whose number of entries is outside its range.
    CountOutOfRange {
        /// The fewest entries.
        min: i64,
        /// The most entries.
        max: i64,
    },
    /// A value that stands twice where it may stand once.
    Duplicate,
    /// A field that contradicts another field.
    Contradicts {
        /// The other field.
        other: &'static str,
    },
    /// A time that must be still to come.
    Past,
    /// A period that ends before it begins.
    ReversedPeriod,
    /// Two periods that share a day.
    OverlappingPeriods {
        /// Index of the other period.
        other: usize,
    },
    /// A unit code that is not in the table of units.
    UnknownUnit,
    /// A unit without a fixed ratio that no packaging defines, or one that defines itself.
    UnitNotConvertible,
    /// A quantity that is not a multiple of the increment.
    NotOnIncrement {
        /// The increment.
        increment: u64,
    },
    /// Price breaks that do not rise in quantity and fall in price.
    PriceBreaksNotSorted,
    /// A province code that no list has.
    UnknownProvince,
    /// A commune code that no list has, or one of another province.
    UnknownCommune,
    /// A code that ended or changed its meaning on 1 July 2025, without the date it is meant for.
    OldCodeWithoutDate,
    /// A place text of which a part is not known, or is the name of several places.
    UnknownPlace {
        /// The part.
        part: String,
        /// The places of that name.
        several: Vec<String>,
    },
    /// A GTIN whose last digit does not fit the others (GS1 General Specifications 7.9).
    WrongCheckDigit,
    /// Weights that do not sum to 10000.
    WeightsSum {
        /// Their sum.
        sum: u64,
    },
    /// A product set that is not one of the 26.
    UnknownProductSet,
    /// An id that names nothing the caller may use here.
    UnknownReference,
}

fn bound(limit: u64) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Collects the violations of one value, so that all are told at once.
#[derive(Debug, Default)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// Notes a violation.
    pub fn push(&mut self, at: impl Into<String>, rule: Rule) {
        self.0.push(Violation::new(at, rule));
    }

    /// Notes a violation unless `legal`.
    pub fn require(&mut self, legal: bool, at: &str, rule: Rule) {
        if !legal {
            self.push(at, rule);
        }
    }

    /// Notes a number outside `min..=max`.
    pub fn range(&mut self, value: u64, (min, max): (u64, u64), at: &str) {
        let rule = Rule::OutOfRange { min: bound(min), max: bound(max) };
        self.require((min..=max).contains(&value), at, rule);
    }

    /// Notes a text whose length in characters is outside `min..=max`.
    pub fn length(&mut self, text: &str, (min, max): (u64, u64), at: &str) {
        let rule = Rule::LengthOutOfRange { min: bound(min), max: bound(max) };
        self.require((min..=max).contains(&(text.chars().count() as u64)), at, rule);
    }

    /// Notes every violation of `others`, below `parent`.
    pub fn extend(&mut self, parent: &str, others: impl IntoIterator<Item = Violation>) {
        self.0.extend(others.into_iter().map(|violation| violation.below(parent)));
    }

    /// The value, if nothing was noted.
    ///
    /// # Errors
    /// All that was noted.
    pub fn into_result<T>(self, value: T) -> Result<T, Vec<Violation>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }
}
