//! The deliveries of a demand, from any of the three forms in which a caller states them: a list,
//! one quantity by a day, or one delivery that comes back every few weeks.

use matching::date::{Date, Period};
use matching::demand::{DeliveryNeed, MAX_DELIVERIES, Recurrence};
use matching::place::Place;
use matching::violation::Rule;

use super::gather::Gather;
use super::places::{self, PlaceInput};
use crate::reference::Reference;

/// Days of a week.
const WEEK_DAYS: i32 = 7;

/// One delivery as a caller states it. Quantities are whole numbers of the demand's unit.
#[derive(Debug, Clone)]
pub struct DeliveryCommand {
    /// Where the goods go; the buyer's seat if absent.
    pub place: Option<PlaceInput>,
    /// First day of the window.
    pub from: String,
    /// Last day of the window.
    pub to: String,
    /// How much is wanted.
    pub quantity: u64,
    /// Less than this is not worth a delivery.
    pub min_quantity: Option<u64>,
    /// More than this is not taken.
    pub max_quantity: Option<u64>,
}

/// How one delivery comes back.
#[derive(Debug, Clone)]
pub struct RecurrenceCommand {
    /// Weeks from one delivery to the next.
    pub every_weeks: u32,
    /// The last day on which a window may begin.
    pub until: String,
    /// First days of the windows that are left out.
    pub skip: Vec<String>,
}

/// Where, when and how much, as a caller states it.
#[derive(Debug, Clone, Default)]
pub struct DeliveriesCommand {
    /// The list.
    pub list: Vec<DeliveryCommand>,
    /// The short form: how much.
    pub quantity: Option<u64>,
    /// The short form: until when.
    pub by: Option<String>,
    /// How the one delivery comes back.
    pub recurrence: Option<RecurrenceCommand>,
}

/// What deliveries are stated in view of.
pub(super) struct Scene<'a> {
    pub(super) reference: &'a Reference,
    /// The buyer's seat.
    pub(super) seat: &'a Place,
    /// First day of the short form's window.
    pub(super) first_day: Date,
}

/// The deliveries that `command` means; none if it breaks a rule, which is noted.
pub(super) fn deliveries(
    gather: &mut Gather,
    scene: &Scene<'_>,
    command: &DeliveriesCommand,
) -> Option<Vec<DeliveryNeed>> {
    let DeliveriesCommand { list, quantity, by, recurrence } = command;
    let is_short = quantity.is_some() || by.is_some();
    let stated = match (list.is_empty(), is_short) {
        (true, true) => short(gather, scene, (*quantity, by.as_deref())).map(|need| vec![need]),
        (false, false) => listed(gather, scene, list),
        (true, false) => {
            gather.push("/deliveries", Rule::Required);
            None
        }
        (false, true) => {
            let at = if quantity.is_some() { "/quantity" } else { "/by" };
            gather.push(at, Rule::Contradicts { other: "deliveries" });
            listed(gather, scene, list)
        }
    };
    match (recurrence, stated) {
        (Some(recurrence), Some(needs)) => repeated(gather, recurrence, &needs),
        (_, stated) => stated,
    }
}

fn short(
    gather: &mut Gather,
    scene: &Scene<'_>,
    (quantity, by): (Option<u64>, Option<&str>),
) -> Option<DeliveryNeed> {
    let quantity = gather.rule("/quantity", quantity.ok_or(Rule::Required));
    let by = gather.rule("/by", by.ok_or(Rule::Required).and_then(day));
    let window = Period::new(scene.first_day, by?).ok_or(Rule::ReversedPeriod);
    let window = gather.rule("/by", window);
    let place = scene.seat.clone();
    let (quantity, window) = quantity.zip(window)?;
    Some(DeliveryNeed { place, window, quantity, min_quantity: None, max_quantity: None })
}

fn listed(
    gather: &mut Gather,
    scene: &Scene<'_>,
    list: &[DeliveryCommand],
) -> Option<Vec<DeliveryNeed>> {
    let stated = list.iter().enumerate();
    let needs: Vec<_> = stated.map(|(index, each)| need(gather, scene, (index, each))).collect();
    needs.into_iter().collect()
}

fn need(
    gather: &mut Gather,
    scene: &Scene<'_>,
    (index, stated): (usize, &DeliveryCommand),
) -> Option<DeliveryNeed> {
    let at = |field: &str| format!("/deliveries/{index}/{field}");
    let place = match &stated.place {
        Some(place) => gather.take(&at("place"), places::resolve(scene.reference, place)),
        None => Some(scene.seat.clone()),
    };
    let from = gather.rule(&at("from"), day(&stated.from));
    let to = gather.rule(&at("to"), day(&stated.to));
    let window = Period::new(from?, to?).ok_or(Rule::ReversedPeriod);
    let window = gather.rule(&at("to"), window);
    Some(DeliveryNeed {
        place: place?,
        window: window?,
        quantity: stated.quantity,
        min_quantity: stated.min_quantity,
        max_quantity: stated.max_quantity,
    })
}

fn repeated(
    gather: &mut Gather,
    command: &RecurrenceCommand,
    needs: &[DeliveryNeed],
) -> Option<Vec<DeliveryNeed>> {
    let [need] = needs else {
        gather.push("/recurrence", Rule::Contradicts { other: "deliveries" });
        return None;
    };
    let until = gather.rule("/recurrence/until", day(&command.until))?;
    let first = need.window.from();
    if until < first {
        gather.push("/recurrence/until", Rule::ReversedPeriod);
        return None;
    }
    let skip = skipped(gather, command, (first, until));
    let recurrence = Recurrence { every_weeks: command.every_weeks, until, skip };
    let expanded = recurrence.expand(need);
    if (1..=MAX_DELIVERIES).contains(&expanded.len()) {
        return Some(expanded);
    }
    let at = if expanded.is_empty() { "/recurrence/skip" } else { "/recurrence/until" };
    gather.push(at, Rule::CountOutOfRange { min: 1, max: MAX_DELIVERIES as i64 });
    None
}

/// The first days of left-out windows; one that is not the first day of a window is a mistake.
fn skipped(
    gather: &mut Gather,
    command: &RecurrenceCommand,
    (first, until): (Date, Date),
) -> Vec<Date> {
    let step_days = i32::try_from(command.every_weeks).unwrap_or(1).max(1) * WEEK_DAYS;
    let begins = |date: Date| {
        let is_turn = (date.days() - first.days()) % step_days == 0;
        if is_turn && first <= date && date <= until {
            Ok(date)
        } else {
            Err(Rule::UnknownReference)
        }
    };
    let days = command.skip.iter().enumerate().filter_map(|(index, text)| {
        gather.rule(&format!("/recurrence/skip/{index}"), day(text).and_then(begins))
    });
    days.collect()
}

fn day(text: &str) -> Result<Date, Rule> {
    text.parse().map_err(|_| Rule::WrongFormat { format: "date".into() })
}
