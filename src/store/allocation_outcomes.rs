//! Answers of allocations, and where a run stands, as text; rows of answers. Must not know how they
//! are found.

use diesel::prelude::*;
use matching::allocation::plan::Worth;
use matching::id::AllocationId;
use matching::planning::{
    Binding, Certificate, Fairness, Fills, Gain, Margin, Outcome, Progress, Share,
};

use super::allocation_snapshots::{ChangeText, change, change_of};
use super::allocations::Finished;
use super::columns::{json, json_of, word, word_of};
use super::dialect::on_each;
use super::schema::allocation_outcomes;
use super::transaction::{ReadTx, WriteTx};
use crate::error::Error;

/// The words of bindings.
const BINDINGS: [(Binding, &str); 6] = [
    (Binding::Capacity, "capacity"),
    (Binding::Need, "need"),
    (Binding::MinOrder, "min_order"),
    (Binding::Increment, "increment"),
    (Binding::MaxSuppliers, "max_suppliers"),
    (Binding::Rule, "rule"),
];

/// Quantity and score.
type WorthText = (i128, i128);
type ShareText = (u32, u32, u64, u16, String);
type PriceText = (u32, i128, i128);
type CertificateText = (Vec<PriceText>, Vec<PriceText>);
type FillsText = (u32, u32, u16, u16, u16);
type GainText = (u32, ChangeText, u64, u64, bool);
/// Demands that are judged, of how many; parts, worths and rounds.
type ProgressText = ((u32, u32), (u32, u32), (WorthText, WorthText), u32);
type MarginText = (u32, WorthText, Option<WorthText>);
/// Without intervals, as they were not always known.
type PlainText = (
    (Vec<ShareText>, Vec<u32>),
    (WorthText, WorthText, bool),
    Option<CertificateText>,
    (FillsText, FillsText, WorthText),
    Vec<GainText>,
);
type OutcomeText = (PlainText, Vec<MarginText>);

/// Writes an answer.
#[must_use]
pub fn outcome_text(outcome: &Outcome) -> String {
    let Outcome {
        shares,
        offered,
        reached,
        bound,
        is_optimal,
        certificate,
        intervals,
        fairness,
        gains,
    } = outcome;
    let share = |it: &Share| -> ShareText {
        (it.capacity, it.need, it.base, it.score, word(&BINDINGS, &it.binding).into())
    };
    let gain =
        |it: &Gain| -> GainText { (it.demand, change(it.change), it.own, it.all, it.closes) };
    let Fairness { before, after, cost } = fairness;
    let interval = |(at, it): &(u32, Margin)| (*at, worth(it.more), it.less.map(worth));
    let text: PlainText = (
        (shares.iter().map(share).collect(), offered.clone()),
        (worth(*reached), worth(*bound), *is_optimal),
        certificate.as_ref().map(|it| (prices(&it.capacities), prices(&it.needs))),
        (fills(before), fills(after), worth(*cost)),
        gains.iter().map(gain).collect(),
    );
    let text: OutcomeText = (text, intervals.iter().map(interval).collect());
    json(&text)
}

/// Reads an answer.
///
/// # Errors
/// [`Error::Internal`] if the text is none.
pub fn outcome_of(text: &str) -> Result<Outcome, Error> {
    let (plain, intervals) = json_of::<OutcomeText>(text)
        .or_else(|_| json_of::<PlainText>(text).map(|plain| (plain, Vec::new())))?;
    let (shares, figures, certificate, fairness, gains) = plain;
    let ((shares, offered), (reached, bound, is_optimal)) = (shares, figures);
    let share = |(capacity, need, base, score, binding): ShareText| {
        let binding = word_of(&BINDINGS, &binding)?;
        Ok(Share { capacity, need, base, score, binding })
    };
    let gain = |(demand, change, own, all, closes): GainText| {
        Ok(Gain { demand, change: change_of(change)?, own, all, closes })
    };
    let certificate = certificate.map(|(capacities, needs)| Certificate {
        capacities: prices_of(capacities),
        needs: prices_of(needs),
    });
    let interval = |(at, more, less): MarginText| {
        (at, Margin { more: worth_of(more), less: less.map(worth_of) })
    };
    let (before, after, cost) = fairness;
    Ok(Outcome {
        shares: shares.into_iter().map(share).collect::<Result<_, Error>>()?,
        offered,
        reached: worth_of(reached),
        bound: worth_of(bound),
        is_optimal,
        certificate,
        intervals: intervals.into_iter().map(interval).collect(),
        fairness: Fairness {
            before: fills_of(before),
            after: fills_of(after),
            cost: worth_of(cost),
        },
        gains: gains.into_iter().map(gain).collect::<Result<_, Error>>()?,
    })
}

/// Writes what is known of an answer without reading it whole.
pub(super) fn figures_text(finished: &Finished) -> String {
    let Finished { quantity, reached, bound, is_optimal, .. } = finished;
    json(&(quantity, worth(*reached), worth(*bound), is_optimal))
}

/// Reads what is known of an answer without reading it whole: quantity, worth, bound, optimality.
pub(super) fn figures_of(text: &str) -> Result<(u64, Worth, Worth, bool), Error> {
    let (quantity, reached, bound, is_optimal): (u64, WorthText, WorthText, bool) = json_of(text)?;
    Ok((quantity, worth_of(reached), worth_of(bound), is_optimal))
}

/// Writes where a run stands.
pub(super) fn progress_text(progress: &Progress) -> String {
    let Progress { demands_judged, demands, parts_done, parts, rounds, reached, bound } = *progress;
    let worths = (worth(reached), worth(bound));
    let text: ProgressText = ((demands_judged, demands), (parts_done, parts), worths, rounds);
    json(&text)
}

/// Reads where a run stands; nothing of a run of an older version, which wrote less and ended with
/// it.
pub(super) fn progress_of(text: &str) -> Progress {
    let Ok(text) = json_of::<ProgressText>(text) else { return Progress::default() };
    let ((demands_judged, demands), (parts_done, parts), (reached, bound), rounds) = text;
    let (reached, bound) = (worth_of(reached), worth_of(bound));
    Progress { demands_judged, demands, parts_done, parts, rounds, reached, bound }
}

const fn worth(worth: Worth) -> WorthText {
    (worth.quantity, worth.score)
}

const fn worth_of((quantity, score): WorthText) -> Worth {
    Worth { quantity, score }
}

fn prices(prices: &[(u32, Worth)]) -> Vec<PriceText> {
    prices.iter().map(|(at, price)| (*at, price.quantity, price.score)).collect()
}

fn prices_of(prices: Vec<PriceText>) -> Vec<(u32, Worth)> {
    let price = |(at, quantity, score)| (at, Worth { quantity, score });
    prices.into_iter().map(price).collect()
}

const fn fills(fills: &Fills) -> FillsText {
    let Fills { producers, selling_nothing, least_bp, p10_bp, median_bp } = *fills;
    (producers, selling_nothing, least_bp, p10_bp, median_bp)
}

const fn fills_of(text: FillsText) -> Fills {
    let (producers, selling_nothing, least_bp, p10_bp, median_bp) = text;
    Fills { producers, selling_nothing, least_bp, p10_bp, median_bp }
}

/// Records the answer of an allocation, as text.
///
/// # Errors
/// Whatever the database says.
pub fn insert(tx: &mut WriteTx<'_>, id: AllocationId, text: &str) -> Result<(), Error> {
    let row = (
        allocation_outcomes::allocation_id.eq(id.to_string()),
        allocation_outcomes::outcome.eq(text),
    );
    on_each!(tx.connection(), |c| {
        diesel::insert_into(allocation_outcomes::table).values(row).execute(c)
    })?;
    Ok(())
}

/// The answer of an allocation, as text.
///
/// # Errors
/// Whatever the database says.
pub fn find(tx: &mut ReadTx<'_>, id: AllocationId) -> Result<Option<String>, Error> {
    let row = allocation_outcomes::table.find(id.to_string());
    Ok(row.select(allocation_outcomes::outcome).get_result(tx.connection()).optional()?)
}

/// Removes the answers of these allocations.
///
/// # Errors
/// Whatever the database says.
pub(super) fn remove(tx: &mut WriteTx<'_>, ids: &[AllocationId]) -> Result<(), Error> {
    let ids: Vec<String> = ids.iter().map(AllocationId::to_string).collect();
    let answers = allocation_outcomes::table.filter(allocation_outcomes::allocation_id.eq_any(ids));
    diesel::delete(answers).execute(tx.connection())?;
    Ok(())
}
