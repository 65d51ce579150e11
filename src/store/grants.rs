//! Rows of grants.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use matching::date::{Date, Timestamp};
use matching::grant::{Grant, GrantDraft, GrantState, GrantTerms, Permission};
use matching::id::{GrantId, PartyId};

use super::columns::{date_of, id_of, illegal};
use super::dialect::{Condition, any_of, load_kept, on_each, stale};
use super::keyset::{Page, PageRequest, by_creation};
use super::schema::grants;
use super::transaction::{ReadTx, WriteTx};
use crate::error::Error;

/// Which grants a list shows; an empty list of values shows all.
#[derive(Debug, Clone)]
pub struct GrantFilter {
    /// Given by any of these parties.
    pub grantors: Vec<PartyId>,
    /// Given to any of these parties.
    pub grantees: Vec<PartyId>,
    /// In any of these states on `today`.
    pub states: Vec<GrantState>,
    /// The day on which states are judged.
    pub today: Date,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = grants, treat_none_as_null = true)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: String,
    version: i64,
    created_at: i64,
    updated_at: i64,
    grantor_id: String,
    grantee_id: String,
    permissions: String,
    from_day: String,
    to_day: Option<String>,
    revoked_at: Option<i64>,
}

impl From<&Grant> for Row {
    fn from(grant: &Grant) -> Self {
        let Grant { id, version, created_at, updated_at, terms, revoked_at } = grant;
        let GrantDraft { grantor_id, grantee_id, permissions, from, to } = &**terms;
        let words: Vec<&str> = permissions.iter().map(|permission| permission.code()).collect();
        Self {
            id: id.to_string(),
            version: *version,
            created_at: created_at.micros(),
            updated_at: updated_at.micros(),
            grantor_id: grantor_id.to_string(),
            grantee_id: grantee_id.to_string(),
            permissions: words.join(" "),
            from_day: from.to_string(),
            to_day: to.map(|to| to.to_string()),
            revoked_at: revoked_at.map(Timestamp::micros),
        }
    }
}

impl TryFrom<Row> for Grant {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let draft = GrantDraft {
            grantor_id: id_of(&row.grantor_id)?,
            grantee_id: id_of(&row.grantee_id)?,
            permissions: permissions_of(&row.permissions)?,
            from: date_of(&row.from_day)?,
            to: row.to_day.as_deref().map(date_of).transpose()?,
        };
        Ok(Self {
            id: id_of(&row.id)?,
            version: row.version,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
            terms: GrantTerms::new(draft).map_err(|_| illegal("grant", &row.id))?,
            revoked_at: row.revoked_at.map(Timestamp::from_micros),
        })
    }
}

fn permissions_of(text: &str) -> Result<Vec<Permission>, Error> {
    let permission =
        |word| Permission::parse(word).ok_or_else(|| illegal("permission", String::from(word)));
    text.split(' ').map(permission).collect()
}

/// Records a grant.
///
/// # Errors
/// Whatever the database says.
pub fn insert(tx: &mut WriteTx<'_>, grant: &Grant) -> Result<(), Error> {
    let row = Row::from(grant);
    on_each!(tx.connection(), |c| diesel::insert_into(grants::table).values(row).execute(c))?;
    Ok(())
}

/// Replaces the grant that has the version before `grant.version`.
///
/// # Errors
/// [`Error::Unavailable`] if the version is another by now, [`Error::NotFound`].
pub fn update(tx: &mut WriteTx<'_>, grant: &Grant) -> Result<(), Error> {
    let row = Row::from(grant);
    let target = grants::table.find(row.id.clone()).filter(grants::version.eq(row.version - 1));
    match diesel::update(target).set(&row).execute(tx.connection())? {
        1 => Ok(()),
        _ => stale!(tx, grants, row.id),
    }
}

/// The grant with this id.
///
/// # Errors
/// Whatever the database says.
pub fn find(tx: &mut ReadTx<'_>, id: GrantId) -> Result<Option<Grant>, Error> {
    let row: Option<Row> =
        grants::table.find(id.to_string()).get_result(tx.connection()).optional()?;
    row.map(Grant::try_from).transpose()
}

/// Every grant, in order of id.
///
/// # Errors
/// Whatever the database says.
pub fn all(tx: &mut ReadTx<'_>) -> Result<Vec<Grant>, Error> {
    let rows: Vec<Row> = grants::table.order(grants::id).load(tx.connection())?;
    rows.into_iter().map(Grant::try_from).collect()
}

/// What each of `grantors` allows `grantee` on `day`; those that allow nothing are left out.
///
/// # Errors
/// Whatever the database says.
pub fn permissions(
    tx: &mut ReadTx<'_>,
    (grantors, grantee): (&[PartyId], PartyId),
    day: Date,
) -> Result<BTreeMap<PartyId, BTreeSet<Permission>>, Error> {
    let mut found: BTreeMap<PartyId, BTreeSet<Permission>> = BTreeMap::new();
    if grantors.is_empty() {
        return Ok(found);
    }
    let ids: Vec<String> = grantors.iter().map(PartyId::to_string).collect();
    let rows: Vec<(String, String)> = grants::table
        .filter(grants::grantee_id.eq(grantee.to_string()))
        .filter(grants::grantor_id.eq_any(ids))
        .filter(in_state(GrantState::Active, day))
        .select((grants::grantor_id, grants::permissions))
        .load(tx.connection())?;
    for (grantor, words) in rows {
        found.entry(id_of(&grantor)?).or_default().extend(permissions_of(&words)?);
    }
    Ok(found)
}

/// What `grantor` allows `grantee` on `day`, kept from being taken back until the transaction ends:
/// whoever revokes a grant and is answered sees nothing written under it afterwards.
///
/// # Errors
/// Whatever the database says.
pub fn lock_permissions(
    tx: &mut WriteTx<'_>,
    (grantor, grantee): (PartyId, PartyId),
    day: Date,
) -> Result<BTreeSet<Permission>, Error> {
    let standing = grants::table
        .filter(grants::grantee_id.eq(grantee.to_string()))
        .filter(grants::grantor_id.eq(grantor.to_string()))
        .filter(grants::revoked_at.is_null());
    let rows: Vec<Row> = load_kept!(tx.connection(), standing, for_share)?;
    let mut found = BTreeSet::new();
    for row in rows {
        let grant = Grant::try_from(row)?;
        if grant.state(day) == GrantState::Active {
            found.extend(grant.terms.permissions.iter().copied());
        }
    }
    Ok(found)
}

/// A page of the grants that pass `filter` and that `party` gave or was given; of all parties for
/// none.
///
/// # Errors
/// Whatever the database says.
pub fn list(
    tx: &mut ReadTx<'_>,
    (filter, party): (&GrantFilter, Option<PartyId>),
    request: PageRequest,
) -> Result<Page<Grant>, Error> {
    let mut query = grants::table.into_boxed();
    if let Some(party) = party {
        let id = party.to_string();
        query = query.filter(grants::grantor_id.eq(id.clone()).or(grants::grantee_id.eq(id)));
    }
    if !filter.grantors.is_empty() {
        let ids: Vec<String> = filter.grantors.iter().map(PartyId::to_string).collect();
        query = query.filter(grants::grantor_id.eq_any(ids));
    }
    if !filter.grantees.is_empty() {
        let ids: Vec<String> = filter.grantees.iter().map(PartyId::to_string).collect();
        query = query.filter(grants::grantee_id.eq_any(ids));
    }
    let states = filter.states.iter().map(|state| in_state(*state, filter.today));
    if let Some(in_any) = any_of(states) {
        query = query.filter(in_any);
    }
    let rows: Vec<Row> = by_creation!(query, grants, request).load(tx.connection())?;
    let items = rows.into_iter().map(Grant::try_from).collect::<Result<_, _>>()?;
    Ok(request.page(items))
}

/// [`Grant::state`] as a condition.
fn in_state(state: GrantState, day: Date) -> Condition<grants::table> {
    let day = day.to_string();
    let stands = grants::revoked_at.is_null();
    let ended = grants::to_day.is_not_null().and(grants::to_day.assume_not_null().lt(day.clone()));
    match state {
        GrantState::Revoked => Box::new(grants::revoked_at.is_not_null()),
        GrantState::Pending => Box::new(stands.and(grants::from_day.gt(day))),
        GrantState::Ended => Box::new(stands.and(grants::from_day.le(day)).and(ended)),
        GrantState::Active => {
            Box::new(stands.and(grants::from_day.le(day)).and(diesel::dsl::not(ended)))
        }
    }
}
