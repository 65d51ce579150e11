//! Snapshots of allocations as text, and their rows: named by the SHA-256 of their text, so that
//! equal markets are kept once and a kept one cannot be changed unseen. Must not know how a
//! snapshot is solved.

use std::fmt::Write as _;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use diesel::prelude::*;
use matching::allocation::instance::Pair;
use matching::allocation::plan::Worth;
use matching::certificate::{CertificateKind, CertificateKinds};
use matching::date::{Date, Period};
use matching::money::Price;
use matching::offer::PriceBreak;
use matching::planning::balance::{Balances, Sales, Seller};
use matching::planning::snapshot::{
    CapacitySide, Change, DemandSide, Minima, NeedSide, OfferSide, Reduction, Relaxation, Snapshot,
};
use matching::quantity::Content;

use super::columns::{DIMENSIONS, id_of, illegal, json, json_of, province_of, word, word_of};
use super::dialect::on_each;
use super::schema::{allocation_snapshots, allocations};
use super::transaction::{ReadTx, WriteTx};
use crate::error::Error;

/// A snapshot as text: who offers and wants what, apart from which pairs are eligible, because an
/// answer is shown without the pairs.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = allocation_snapshots)]
#[diesel(treat_none_as_default_value = false)]
pub struct SnapshotText {
    /// SHA-256 of both texts, in hexadecimal.
    pub hash: String,
    /// Offers, capacities, demands and needs; what is known of pairs that are not held, and what
    /// was offered and sold in earlier runs.
    pub sides: String,
    /// Eligible pairs, and the relaxations with theirs.
    pub pairs: String,
}

type OfferText = (
    (String, String, String),
    (String, String, String),
    (String, u64),
    (u64, u64),
    (Option<u64>, Vec<(u64, u64)>),
);
type DemandText = (
    String,
    Option<(String, String)>,
    Option<String>,
    String,
    (String, u64),
    (Option<u64>, Option<u32>),
);
type NeedText = ((u32, u32), (i32, i32), String, (u64, u64, u64));
type Sides = (Vec<OfferText>, Vec<(u32, (i32, i32), u64)>, Vec<DemandText>, Vec<NeedText>, u64);
/// Eligible pairs, those held, and rounds; the bound in both tiers, whether it is complete.
type ReductionText = ((u64, u64, u32), (i128, i128), bool);
/// A seller, offered and sold.
type BalanceText = ((String, String), u64, u64);
/// Sides after earlier runs.
type LaterSides = (Sides, Option<ReductionText>, Vec<BalanceText>);
type PairText = (u32, u32, u16);
/// A change of a demand as text.
pub(super) type ChangeText = (String, u64, i64, String);
type RelaxationText = (u32, ChangeText, Vec<PairText>);
type Pairs = (Vec<PairText>, Vec<RelaxationText>);
/// By offer and demand: the smallest share in offer units.
type MinimaText = Vec<((u32, u32), u64)>;
/// Pairs with the minima of the snapshot, and of each relaxation.
type PricedPairs = (Pairs, MinimaText, Vec<MinimaText>);

impl From<&Snapshot> for SnapshotText {
    fn from(snapshot: &Snapshot) -> Self {
        let Snapshot {
            offers,
            capacities,
            demands,
            needs,
            pairs,
            minima,
            reduction,
            balances,
            left_out,
            relaxations,
        } = snapshot;
        let capacity = |side: &CapacitySide| (side.offer, days(side.period), side.free);
        let sides: Sides = (
            offers.iter().map(offer).collect(),
            capacities.iter().map(capacity).collect(),
            demands.iter().map(demand).collect(),
            needs.iter().map(need).collect(),
            *left_out,
        );
        let relaxation = |it: &Relaxation| -> RelaxationText {
            (it.demand, change(it.change), it.pairs.iter().map(pair).collect())
        };
        let pairs: Pairs =
            (pairs.iter().map(pair).collect(), relaxations.iter().map(relaxation).collect());
        let reduction = reduction.as_ref().map(reduced);
        let sides = match (reduction, balances.is_empty()) {
            (None, true) => json(&sides),
            (Some(reduction), true) => json(&(sides, reduction)),
            (reduction, false) => json(&(sides, reduction, balance_texts(balances))),
        };
        let is_plain = minima.is_empty() && relaxations.iter().all(|it| it.minima.is_empty());
        let pairs = if is_plain {
            json(&pairs)
        } else {
            let of_relaxations = relaxations.iter().map(|it| minima_text(&it.minima));
            let priced: PricedPairs = (pairs, minima_text(minima), of_relaxations.collect());
            json(&priced)
        };
        Self { hash: hash(&sides, &pairs), sides, pairs }
    }
}

impl SnapshotText {
    /// Whether the texts are the ones that the hash was made of.
    #[must_use]
    pub fn is_genuine(&self) -> bool {
        self.hash == hash(&self.sides, &self.pairs)
    }

    /// The snapshot.
    ///
    /// # Errors
    /// [`Error::Internal`] if a text is none, or names what is not there.
    pub fn snapshot(&self) -> Result<Snapshot, Error> {
        let plain = |pairs| (pairs, Vec::new(), Vec::new());
        let (pairs, minima, of_relaxations): PricedPairs =
            json_of(&self.pairs).map(plain).or_else(|_| json_of(&self.pairs))?;
        let (pairs, relaxations) = pairs;
        let mut of_relaxations = of_relaxations.into_iter();
        let relaxation = |(demand, change, pairs): RelaxationText| -> Result<_, Error> {
            let pairs = pairs.into_iter().map(pair_of).collect();
            let minima = of_relaxations.next().unwrap_or_default().into_iter().collect();
            Ok(Relaxation { demand, change: change_of(change)?, pairs, minima })
        };
        let mut snapshot = sides_of(&self.sides)?;
        snapshot.relaxations = relaxations.into_iter().map(relaxation).collect::<Result<_, _>>()?;
        snapshot.pairs = pairs.into_iter().map(pair_of).collect();
        snapshot.minima = minima.into_iter().collect();
        checked(snapshot)
    }
}

fn sides_of(text: &str) -> Result<Snapshot, Error> {
    let plain = |sides| (sides, None, Vec::new());
    let reduced = |(sides, reduction)| (sides, Some(reduction), Vec::new());
    let (sides, reduction, balances): LaterSides = json_of(text)
        .map(plain)
        .or_else(|_| json_of(text).map(reduced))
        .or_else(|_| json_of(text))?;
    let balances = balances.into_iter().map(balance_of).collect::<Result<_, Error>>()?;
    let (offers, capacities, demands, needs, left_out) = sides;
    let capacity =
        |(offer, period, free)| Ok(CapacitySide { offer, period: period_of(period)?, free });
    checked(Snapshot {
        offers: offers.into_iter().map(offer_of).collect::<Result<_, _>>()?,
        capacities: capacities.into_iter().map(capacity).collect::<Result<_, Error>>()?,
        demands: demands.into_iter().map(demand_of).collect::<Result<_, _>>()?,
        needs: needs.into_iter().map(need_of).collect::<Result<_, _>>()?,
        left_out,
        reduction: reduction.map(reduced_of),
        balances,
        ..Snapshot::default()
    })
}

fn checked(snapshot: Snapshot) -> Result<Snapshot, Error> {
    let stray = snapshot.check().map_err(|error| illegal("snapshot", error));
    stray.map(|()| snapshot)
}

const fn reduced(reduction: &Reduction) -> ReductionText {
    let Reduction { eligible, held, rounds, bound, is_complete } = *reduction;
    ((eligible, held, rounds), (bound.quantity, bound.score), is_complete)
}

const fn reduced_of(text: ReductionText) -> Reduction {
    let ((eligible, held, rounds), (quantity, score), is_complete) = text;
    Reduction { eligible, held, rounds, bound: Worth { quantity, score }, is_complete }
}

fn balance_texts(balances: &Balances) -> Vec<BalanceText> {
    let text = |((party, dimension), sales): (Seller, Sales)| {
        let seller = (party.to_string(), word(&DIMENSIONS, &dimension).into());
        (seller, sales.offered, sales.sold)
    };
    balances.iter().map(text).collect()
}

fn balance_of(text: BalanceText) -> Result<(Seller, Sales), Error> {
    let ((party, dimension), offered, sold) = text;
    let seller = (id_of(&party)?, word_of(&DIMENSIONS, &dimension)?);
    Ok((seller, Sales { offered, sold }))
}

fn hash(sides: &str, pairs: &str) -> String {
    let bytes = digest(&SHA256, [sides, "\n", pairs].concat().as_bytes());
    bytes.as_ref().iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn days(period: Period) -> (i32, i32) {
    (period.from().days(), period.to().days())
}

fn period_of((from, to): (i32, i32)) -> Result<Period, Error> {
    let period = Period::new(Date::from_days(from), Date::from_days(to));
    period.ok_or_else(|| illegal("period", from))
}

fn pair(pair: &Pair) -> PairText {
    (pair.capacity, pair.need, pair.score)
}

const fn pair_of((capacity, need, score): PairText) -> Pair {
    Pair { capacity, need, score }
}

fn minima_text(minima: &Minima) -> MinimaText {
    minima.iter().map(|(sides, least)| (*sides, *least)).collect()
}

fn content(content: Content) -> (String, u64) {
    (word(&DIMENSIONS, &content.dimension).into(), content.base_units)
}

fn content_of((dimension, base_units): (String, u64)) -> Result<Content, Error> {
    Ok(Content { dimension: word_of(&DIMENSIONS, &dimension)?, base_units })
}

fn price_of(vnd: u64) -> Result<Price, Error> {
    Price::new(vnd).ok_or_else(|| illegal("price", vnd))
}

fn offer(side: &OfferSide) -> OfferText {
    let (product, producer) = (&side.product, &side.producer);
    let breaks = side.price_breaks.iter().map(|it| (it.min_quantity, it.unit_price.vnd()));
    (
        (side.id.to_string(), product.0.to_string(), producer.0.to_string()),
        (product.1.to_string(), producer.1.to_string(), side.unit.to_string()),
        content(side.content),
        (side.min_order, side.increment),
        (side.unit_price.map(Price::vnd), breaks.collect()),
    )
}

fn offer_of(text: OfferText) -> Result<OfferSide, Error> {
    let ((id, product, producer), (product_name, producer_name, unit), content, limits, price) =
        text;
    let step = |(min_quantity, vnd)| Ok(PriceBreak { min_quantity, unit_price: price_of(vnd)? });
    Ok(OfferSide {
        id: id_of(&id)?,
        product: (id_of(&product)?, product_name.into()),
        producer: (id_of(&producer)?, producer_name.into()),
        unit: unit.into(),
        content: content_of(content)?,
        min_order: limits.0,
        increment: limits.1,
        unit_price: price.0.map(price_of).transpose()?,
        price_breaks: price.1.into_iter().map(step).collect::<Result<_, Error>>()?,
    })
}

fn demand(side: &DemandSide) -> DemandText {
    let buyer = side.buyer.as_ref().map(|(id, name)| (id.to_string(), name.to_string()));
    (
        side.id.to_string(),
        buyer,
        side.words.as_deref().map(str::to_owned),
        side.unit.to_string(),
        content(side.content),
        (side.min_share, side.max_suppliers),
    )
}

fn demand_of(text: DemandText) -> Result<DemandSide, Error> {
    let (id, buyer, words, unit, content, (min_share, max_suppliers)) = text;
    let buyer = buyer.map(|(id, name)| Ok::<_, Error>((id_of(&id)?, Arc::from(name))));
    Ok(DemandSide {
        id: id_of(&id)?,
        buyer: buyer.transpose()?,
        words: words.map(Arc::from),
        unit: unit.into(),
        content: content_of(content)?,
        min_share,
        max_suppliers,
    })
}

fn need(side: &NeedSide) -> NeedText {
    let quantities = (side.wanted, side.most, side.least);
    ((side.demand, side.delivery), days(side.window), side.province.to_string(), quantities)
}

fn need_of(text: NeedText) -> Result<NeedSide, Error> {
    let ((demand, delivery), window, province, (wanted, most, least)) = text;
    let (window, province) = (period_of(window)?, province_of(&province)?);
    Ok(NeedSide { demand, delivery, window, province, wanted, most, least })
}

/// A change as a word, a place or price, a number and a code.
pub(super) fn change(change: Change) -> ChangeText {
    let of = |word: &str, at: u64, number: i64| (word.to_owned(), at, number, String::new());
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    match change {
        Change::Ceiling { unit_price, raise_bp } => {
            of("ceiling", unit_price.vnd(), number(raise_bp))
        }
        Change::MinStars(stars) => of("stars", 0, stars.unwrap_or(0).into()),
        Change::WindowFrom { delivery, day } => of("from", delivery.into(), day.days().into()),
        Change::WindowUntil { delivery, day } => of("until", delivery.into(), day.days().into()),
        Change::Distance(km) => of("distance", 0, km.into()),
        Change::Province(province) => ("province".into(), 0, 0, province.to_string()),
        Change::Without(kinds) => {
            let codes: Vec<&str> = kinds.iter().map(CertificateKind::code).collect();
            ("without".into(), 0, 0, codes.join(","))
        }
        Change::NoMinShare => of("no_min_share", 0, 0),
        Change::MaxSuppliers(most) => of("max_suppliers", 0, most.unwrap_or(0).into()),
        Change::NoLeast { delivery } => of("no_least", delivery.into(), 0),
    }
}

/// Reads a change.
pub(super) fn change_of((word, at, number, code): ChangeText) -> Result<Change, Error> {
    let whole = || u64::try_from(number).map_err(|_| illegal("change", number));
    let day = || i32::try_from(number).map(Date::from_days).map_err(|_| illegal("day", number));
    let small = || u32::try_from(number).map_err(|_| illegal("change", number));
    let delivery = || u32::try_from(at).map_err(|_| illegal("delivery", at));
    Ok(match word.as_str() {
        "ceiling" => Change::Ceiling { unit_price: price_of(at)?, raise_bp: whole()? },
        "stars" => Change::MinStars(u8::try_from(number).ok().filter(|stars| *stars > 0)),
        "from" => Change::WindowFrom { delivery: delivery()?, day: day()? },
        "until" => Change::WindowUntil { delivery: delivery()?, day: day()? },
        "distance" => Change::Distance(small()?),
        "province" => Change::Province(province_of(&code)?),
        "without" => Change::Without(kinds_of(&code)),
        "no_min_share" => Change::NoMinShare,
        "max_suppliers" => Change::MaxSuppliers(Some(small()?).filter(|most| *most > 0)),
        "no_least" => Change::NoLeast { delivery: delivery()? },
        _ => return Err(illegal("change", word)),
    })
}

fn kinds_of(codes: &str) -> CertificateKinds {
    codes.split(',').filter_map(CertificateKind::parse).collect()
}

/// Keeps a snapshot; one that is there stays.
///
/// # Errors
/// Whatever the database says.
pub fn keep(tx: &mut WriteTx<'_>, text: &SnapshotText) -> Result<(), Error> {
    let kept = on_each!(tx.connection(), |c| {
        let insert = diesel::insert_into(allocation_snapshots::table).values(text.clone());
        insert.on_conflict_do_nothing().execute(c)
    });
    kept?;
    Ok(())
}

/// The snapshot with this hash.
///
/// # Errors
/// Whatever the database says.
pub fn find(tx: &mut ReadTx<'_>, hash: &str) -> Result<Option<SnapshotText>, Error> {
    Ok(allocation_snapshots::table.find(hash).get_result(tx.connection()).optional()?)
}

/// The sides of the snapshot with this hash, without pairs and relaxations' pairs: what an answer
/// is shown with.
///
/// # Errors
/// Whatever the database says.
pub fn find_sides(tx: &mut ReadTx<'_>, hash: &str) -> Result<Option<Snapshot>, Error> {
    let sides = allocation_snapshots::table.find(hash).select(allocation_snapshots::sides);
    let sides: Option<String> = sides.get_result(tx.connection()).optional()?;
    sides.map(|sides| sides_of(&sides)).transpose()
}

/// Hashes of snapshots that no allocation was solved from.
///
/// # Errors
/// Whatever the database says.
pub fn unused(tx: &mut ReadTx<'_>, limit: i64) -> Result<Vec<String>, Error> {
    let used =
        allocations::table.filter(allocations::snapshot.eq(allocation_snapshots::hash.nullable()));
    let unused = allocation_snapshots::table
        .filter(diesel::dsl::not(diesel::dsl::exists(used)))
        .order(allocation_snapshots::hash)
        .limit(limit);
    Ok(unused.select(allocation_snapshots::hash).load(tx.connection())?)
}

/// Removes those of these snapshots that no allocation was solved from.
///
/// # Errors
/// Whatever the database says.
pub fn remove_unused(tx: &mut WriteTx<'_>, hashes: &[String]) -> Result<(), Error> {
    let used = allocations::table.filter(allocations::snapshot.eq_any(hashes));
    let used: Vec<Option<String>> = used.select(allocations::snapshot).load(tx.connection())?;
    let is_unused = |hash: &&String| !used.iter().flatten().any(|used| used == *hash);
    let unused: Vec<&String> = hashes.iter().filter(is_unused).collect();
    diesel::delete(allocation_snapshots::table.filter(allocation_snapshots::hash.eq_any(unused)))
        .execute(tx.connection())?;
    Ok(())
}
