//! Who may see an offer or a demand, on the wire.

use super::words::words;

words! {
    /// Who may see it besides its owner.
    Visibility = matching::visibility::Visibility {
        /// Everybody.
        Public,
        /// Parties with the role of coordinator.
        Coordinators,
        /// The parties that are invited.
        Invited,
    }
}
