//! The API as clients meet it, one behaviour a test, on both databases.

mod offers;
mod parties;
