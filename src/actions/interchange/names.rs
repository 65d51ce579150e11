//! Names in an import, and who has them: what earlier records of it made known, and what was stored
//! before. Must not know what is written.

use std::collections::{BTreeMap, HashMap};

use matching::id::PartyId;
use uuid::Uuid;

use crate::caller::Resource;
use crate::error::Error;
use crate::store::ReadTx;
use crate::store::external_ids::{self, ExternalId, ExternalIds};

/// A record's name in a system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The system.
    pub system: String,
    /// The id there.
    pub id: String,
}

impl Name {
    /// The same among the ids of an owner.
    pub(super) fn of(&self, owner: PartyId, resource: Resource) -> ExternalId {
        ExternalId { owner, resource, system: self.system.clone(), id: self.id.clone() }
    }
}

/// What the names of this import stand for, so that most need not be looked up.
#[derive(Debug, Clone, Default)]
pub struct Known(HashMap<(Resource, Name), Bearer>);

/// Who has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bearer {
    /// A record of an owner within whose ids the name is unique.
    One(PartyId, Uuid),
    /// Records of several owners.
    Several,
}

impl Known {
    /// Who has a name, as far as it is known.
    pub(super) fn bearer(&self, key: &(Resource, Name)) -> Option<Bearer> {
        self.0.get(key).copied()
    }

    /// Adds what a later transaction made known.
    pub fn add(&mut self, fresh: Self) {
        for (key, bearer) in fresh.0 {
            self.learn(key, bearer);
        }
    }

    /// Adds who has a name.
    pub(super) fn learn(&mut self, key: (Resource, Name), bearer: Bearer) {
        let known = self.0.entry(key).or_insert(bearer);
        if *known != bearer {
            *known = Bearer::Several;
        }
    }
}

/// Who had names when a transaction began, as far as they were looked up.
#[derive(Debug, Default)]
pub(super) struct Stored(HashMap<(Resource, Name), Vec<(PartyId, Uuid)>>);

impl Stored {
    /// Looks up all names of records, those of one kind and system at once.
    ///
    /// # Errors
    /// Whatever the database says.
    pub(super) fn of<'r>(
        tx: &mut ReadTx<'_>,
        records: impl Iterator<Item = (Resource, &'r ExternalIds)>,
    ) -> Result<Self, Error> {
        let mut asked: BTreeMap<(Resource, &str), Vec<&str>> = BTreeMap::new();
        for (resource, ids) in records {
            for (system, id) in ids {
                asked.entry((resource, system)).or_default().push(id);
            }
        }
        let mut stored = Self::default();
        for ((resource, system), ids) in asked {
            let name = |id: &str| Name { system: system.to_owned(), id: id.to_owned() };
            let absent = ids.iter().map(|id| ((resource, name(id)), Vec::new()));
            stored.0.extend(absent);
            for (id, owner, record) in external_ids::bearers(tx, (resource, system), &ids)? {
                stored.0.entry((resource, name(&id))).or_default().push((owner, record));
            }
        }
        Ok(stored)
    }

    /// The record that an external id names.
    ///
    /// # Errors
    /// Whatever the database says.
    pub(super) fn find(
        &self,
        tx: &mut ReadTx<'_>,
        name: ExternalId,
    ) -> Result<Option<Uuid>, Error> {
        let key = (name.resource, Name { system: name.system.clone(), id: name.id.clone() });
        let Some(bearers) = self.0.get(&key) else { return external_ids::find(tx, &name) };
        let own = bearers.iter().find(|(owner, _)| *owner == name.owner);
        Ok(own.map(|(_, record)| *record))
    }
}
