//! People of the demo, one for each party that can be acted as, so that logging in can be tried.

use matching::id::PartyId;

use super::{Failure, refused, write};
use crate::actions::users::{self, UserCommand};
use crate::app::App;
use crate::caller::Scopes;
use crate::credentials::login::{Login, Phone};
use crate::credentials::password::Password;
use crate::error::Error;
use crate::store::users::find_by_login;

/// The password of everybody in the demo, which listens on this machine alone.
pub(super) const PASSWORD: &str = "ocop-link-demo";

/// Phone numbers by the word for whom they act as; no network has given them out.
const PHONES: [(&str, &str); 5] = [
    ("producer", "+84900000001"),
    ("distributor", "+84900000002"),
    ("union", "+84900000003"),
    ("authority", "+84900000004"),
    ("admin", "+84900000005"),
];

/// The phone number of the person who acts as `word` for `party`, registered at the first start.
pub(super) fn phone(
    app: &App,
    (word, party): (&str, PartyId),
    scopes: Scopes,
) -> Result<&'static str, Failure> {
    let found = PHONES.iter().find(|(known, _)| *known == word);
    let (_, number) = found.ok_or_else(|| Failure::Other(format!("nobody acts as {word}")))?;
    let wrong = |violation| refused(Error::Invalid(vec![violation]));
    let phone = Phone::parse(number).map_err(wrong)?;
    let login = Login::Phone(phone.clone());
    let is_there = app.database().read(|tx| find_by_login(tx, &login)).map_err(refused)?.is_some();
    if !is_there {
        let name = format!("Demo {word}");
        let command = UserCommand { party, name, phone: Some(phone), email: None, scopes };
        let hash = Password::presented(PASSWORD).hash().map_err(refused)?;
        write(app, move |tx, context| users::create(tx, context, &command, &hash))?;
    }
    Ok(number)
}
