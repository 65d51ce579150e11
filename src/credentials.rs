//! What callers prove with who they are: opaque secrets, passwords, and the names that people log
//! in with. Values only; must not know the database, HTTP, or who has which.

pub mod login;
pub mod password;
pub mod secret;
