//! What every HTTP worker shares.

use crate::app::App;

use super::auth::Authenticator;
use super::page::Cursors;
use super::schema::Contract;
use super::token::Tokens;

/// The service with what only HTTP needs.
pub struct AppData {
    /// The service.
    pub app: App,
    /// Checks tokens.
    pub authenticator: Authenticator,
    /// Makes and reads cursors.
    pub cursors: Cursors,
    /// The published contract, ready to check requests against.
    pub contract: Contract,
}

impl AppData {
    /// Prepares the contract and the keys.
    ///
    /// # Errors
    /// A sentence, if the generated document is not a valid schema.
    pub fn new(app: App) -> Result<Self, String> {
        let tokens = Tokens::new(&app.keys().signing, app.config());
        let cursors = Cursors::new(&app.keys().cursor);
        let contract = Contract::new(super::openapi::document())?;
        Ok(Self { app, authenticator: Authenticator::new(tokens), cursors, contract })
    }
}
