//! Rows of parties.

use diesel::prelude::*;
use matching::date::Timestamp;
use matching::id::PartyId;
use matching::party::{Contact, LegalForm, PartyDraft, PartyTerms, Role};
use matching::place::{Place, ProvinceCode};
use matching::text::fold::fold;

use super::columns::{
    PlaceColumns, containing, id_of, illegal, provinces, provinces_of, word, word_of,
};
use super::dialect::{is_duplicate, on_each, stale};
use super::keyset::{CHUNK_ROWS, Page, PageRequest, altered, by_creation};
use super::schema::parties;
use super::transaction::{ReadTx, WriteTx};
use crate::error::{Conflict, Error};

/// A party as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Its id.
    pub id: PartyId,
    /// Grows by one with every change.
    pub version: i64,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// The party that recorded it; its external ids are that party's.
    pub registered_by: PartyId,
    /// What it states about itself.
    pub terms: PartyTerms,
}

/// Which parties a list shows; an empty list of values shows all.
#[derive(Debug, Clone, Default)]
pub struct PartyFilter {
    /// Any of these roles.
    pub roles: Vec<Role>,
    /// Any of these provinces.
    pub provinces: Vec<ProvinceCode>,
    /// A text that the folded name contains.
    pub text: Option<String>,
}

pub(super) const LEGAL_FORMS: [(LegalForm, &str); 8] = [
    (LegalForm::Enterprise, "enterprise"),
    (LegalForm::PrivateEnterprise, "private_enterprise"),
    (LegalForm::Cooperative, "cooperative"),
    (LegalForm::CooperativeGroup, "cooperative_group"),
    (LegalForm::Household, "household"),
    (LegalForm::Union, "union"),
    (LegalForm::Alliance, "alliance"),
    (LegalForm::Agency, "agency"),
];

pub(super) const ROLES: [(Role, &str); 4] = [
    (Role::Producer, "producer"),
    (Role::Distributor, "distributor"),
    (Role::Coordinator, "coordinator"),
    (Role::Authority, "authority"),
];

#[derive(Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = parties, treat_none_as_null = true)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: String,
    version: i64,
    created_at: i64,
    updated_at: i64,
    registered_by: String,
    name: String,
    name_folded: String,
    legal_form: String,
    roles: String,
    tax_code: Option<String>,
    province_code: String,
    commune_code: Option<String>,
    address: Option<String>,
    place_given: Option<String>,
    lat_e6: i32,
    lon_e6: i32,
    phone: Option<String>,
    email: Option<String>,
    authority_provinces: String,
}

impl From<&Party> for Row {
    fn from(party: &Party) -> Self {
        let Party { id, version, created_at, updated_at, registered_by, terms } = party;
        let PartyDraft { name, legal_form, roles, tax_code, place, contact, authority_provinces } =
            &**terms;
        let place = PlaceColumns::from(place);
        let roles: Vec<&str> = roles.iter().map(|role| word(&ROLES, role)).collect();
        Self {
            id: id.to_string(),
            version: *version,
            created_at: created_at.micros(),
            updated_at: updated_at.micros(),
            registered_by: registered_by.to_string(),
            name: name.clone(),
            name_folded: fold(name),
            legal_form: word(&LEGAL_FORMS, legal_form).into(),
            roles: roles.join(","),
            tax_code: tax_code.clone(),
            province_code: place.province_code,
            commune_code: place.commune_code,
            address: place.address,
            place_given: place.place_given,
            lat_e6: place.lat_e6,
            lon_e6: place.lon_e6,
            phone: contact.phone.clone(),
            email: contact.email.clone(),
            authority_provinces: provinces(authority_provinces.iter().copied().collect()),
        }
    }
}

impl TryFrom<Row> for Party {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let place = PlaceColumns {
            province_code: row.province_code,
            commune_code: row.commune_code,
            address: row.address,
            place_given: row.place_given,
            lat_e6: row.lat_e6,
            lon_e6: row.lon_e6,
        };
        let draft = PartyDraft {
            name: row.name,
            legal_form: word_of(&LEGAL_FORMS, &row.legal_form)?,
            roles: roles_of(&row.roles)?,
            tax_code: row.tax_code,
            place: Place::try_from(place)?,
            contact: Contact { phone: row.phone, email: row.email },
            authority_provinces: provinces_of(&row.authority_provinces)?.iter().collect(),
        };
        let terms = PartyTerms::new(draft).map_err(|_| illegal("party", &row.id))?;
        Ok(Self {
            id: id_of(&row.id)?,
            version: row.version,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
            registered_by: id_of(&row.registered_by)?,
            terms,
        })
    }
}

/// Records a party.
///
/// # Errors
/// [`Conflict::DuplicateTaxCode`].
pub fn insert(tx: &mut WriteTx<'_>, party: &Party) -> Result<(), Error> {
    let row = Row::from(party);
    let inserted = on_each!(tx.connection(), |c| {
        diesel::insert_into(parties::table).values(row).execute(c)
    });
    meaning(inserted).map(drop)
}

/// Replaces the party that has the version before `party.version`.
///
/// # Errors
/// [`Conflict::DuplicateTaxCode`]; [`Error::Unavailable`] if the version is another by now,
/// [`Error::NotFound`].
pub fn update(tx: &mut WriteTx<'_>, party: &Party) -> Result<(), Error> {
    let row = Row::from(party);
    let target = parties::table.find(row.id.clone()).filter(parties::version.eq(row.version - 1));
    let updated = diesel::update(target).set(&row).execute(tx.connection());
    match meaning(updated)? {
        1 => Ok(()),
        _ => stale!(tx, parties, row.id),
    }
}

fn meaning(outcome: QueryResult<usize>) -> Result<usize, Error> {
    match outcome {
        Err(error) if is_duplicate(&error) => Err(Error::Conflict(Conflict::DuplicateTaxCode)),
        other => Ok(other?),
    }
}

/// The party with this id.
///
/// # Errors
/// Whatever the database says.
pub fn find(tx: &mut ReadTx<'_>, id: PartyId) -> Result<Option<Party>, Error> {
    let query = parties::table.find(id.to_string());
    let row: Option<Row> = on_each!(tx.connection(), |c| query.get_result(c)).optional()?;
    row.map(Party::try_from).transpose()
}

/// The roles of the party with this id; none if there is no such party.
///
/// # Errors
/// Whatever the database says.
pub fn roles(tx: &mut ReadTx<'_>, id: PartyId) -> Result<Vec<Role>, Error> {
    let party = parties::table.find(id.to_string()).select(parties::roles);
    let roles: Option<String> = on_each!(tx.connection(), |c| party.get_result(c)).optional()?;
    roles.as_deref().map_or(Ok(Vec::new()), roles_of)
}

fn roles_of(text: &str) -> Result<Vec<Role>, Error> {
    text.split(',').map(|role| word_of(&ROLES, role)).collect()
}

/// The parties with these ids, in no particular order.
///
/// # Errors
/// Whatever the database says.
pub fn find_many(tx: &mut ReadTx<'_>, ids: &[PartyId]) -> Result<Vec<Party>, Error> {
    let ids: Vec<String> = ids.iter().map(PartyId::to_string).collect();
    let rows: Vec<Row> = parties::table.filter(parties::id.eq_any(ids)).load(tx.connection())?;
    rows.into_iter().map(Party::try_from).collect()
}

/// Every party, in order of id.
///
/// # Errors
/// Whatever the database says.
pub fn all(tx: &mut ReadTx<'_>) -> Result<Vec<Party>, Error> {
    let mut all: Vec<Party> = Vec::new();
    loop {
        match following(tx, all.last().map(|party| party.id))? {
            none if none.is_empty() => return Ok(all),
            some => all.extend(some),
        }
    }
}

/// The parties whose rows say in some column another thing than their terms, in order of id.
///
/// # Errors
/// Whatever the database says; a row that is no legal value.
pub fn altered(tx: &mut ReadTx<'_>) -> Result<Vec<PartyId>, Error> {
    altered!(tx, Party)
}

/// The parties with the ids after `after`, from the first one on for none: some hundreds, in order
/// of id; none after the last.
///
/// # Errors
/// Whatever the database says.
pub fn following(tx: &mut ReadTx<'_>, after: Option<PartyId>) -> Result<Vec<Party>, Error> {
    rows_following(tx, after)?.into_iter().map(Party::try_from).collect()
}

fn rows_following(tx: &mut ReadTx<'_>, after: Option<PartyId>) -> Result<Vec<Row>, Error> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let query = parties::table.filter(parties::id.gt(after)).order(parties::id).limit(CHUNK_ROWS);
    Ok(on_each!(tx.connection(), |c| query.load(c))?)
}

/// A page of the parties that pass `filter`.
///
/// # Errors
/// Whatever the database says.
pub fn list(
    tx: &mut ReadTx<'_>,
    filter: &PartyFilter,
    request: PageRequest,
) -> Result<Page<Party>, Error> {
    let mut query = parties::table.into_boxed();
    if !filter.roles.is_empty() {
        let has = |role: &Role| parties::roles.like(format!("%{}%", word(&ROLES, role)));
        let mut any: Box<
            dyn BoxableExpression<parties::table, _, SqlType = diesel::sql_types::Bool>,
        > = Box::new(has(&filter.roles[0]));
        for role in &filter.roles[1..] {
            any = Box::new(any.or(has(role)));
        }
        query = query.filter(any);
    }
    if !filter.provinces.is_empty() {
        let codes: Vec<String> = filter.provinces.iter().map(ProvinceCode::to_string).collect();
        query = query.filter(parties::province_code.eq_any(codes));
    }
    if let Some(text) = &filter.text {
        query = query.filter(parties::name_folded.like(containing(text)));
    }
    let query = by_creation!(query, parties, request);
    let rows: Vec<Row> = query.load(tx.connection())?;
    let items = rows.into_iter().map(Party::try_from).collect::<Result<_, _>>()?;
    Ok(request.page(items))
}
