//! Proof that a transaction is open: whoever holds a [`ReadTx`] or a [`WriteTx`] is inside one, and
//! only a [`WriteTx`] reaches mutating queries.

use std::ops::{Deref, DerefMut};

use super::audit_trail::NewEntry;
use super::changes::NewChange;
use super::connection::AnyConnection;

/// An open transaction that reads.
pub struct ReadTx<'a> {
    connection: &'a mut AnyConnection,
}

impl<'a> ReadTx<'a> {
    pub(super) const fn new(connection: &'a mut AnyConnection) -> Self {
        Self { connection }
    }

    pub(super) const fn connection(&mut self) -> &mut AnyConnection {
        self.connection
    }
}

/// An open transaction that writes. What it changes is noted, and numbered just before the commit.
pub struct WriteTx<'a> {
    reads: ReadTx<'a>,
    changes: Vec<Noted>,
}

/// A change, and what the audit trail tells of it.
pub(super) type Noted = (NewChange, Option<NewEntry>);

impl<'a> WriteTx<'a> {
    pub(super) const fn new(connection: &'a mut AnyConnection) -> Self {
        Self { reads: ReadTx::new(connection), changes: Vec::new() }
    }

    pub(super) fn note(&mut self, change: NewChange, entry: Option<NewEntry>) {
        self.changes.push((change, entry));
    }

    pub(super) fn take_changes(&mut self) -> Vec<Noted> {
        std::mem::take(&mut self.changes)
    }
}

impl<'a> Deref for WriteTx<'a> {
    type Target = ReadTx<'a>;

    fn deref(&self) -> &ReadTx<'a> {
        &self.reads
    }
}

impl<'a> DerefMut for WriteTx<'a> {
    fn deref_mut(&mut self) -> &mut ReadTx<'a> {
        &mut self.reads
    }
}
