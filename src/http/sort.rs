//! The order of a list by creation.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::store::keyset::Direction;

/// Order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub enum Sort {
    /// Newest first.
    #[default]
    #[serde(rename = "-created_at")]
    Newest,
    /// Oldest first.
    #[serde(rename = "created_at")]
    Oldest,
}

impl Sort {
    /// The direction in the order of creation.
    #[must_use]
    pub const fn direction(self) -> Direction {
        match self {
            Self::Newest => Direction::Descending,
            Self::Oldest => Direction::Ascending,
        }
    }
}
