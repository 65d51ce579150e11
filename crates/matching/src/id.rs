//! Identifiers of the resources: UUIDs (version 7 where the service made them), one type a
//! resource so that one cannot stand for another. Must not know how an id is made.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// A text that is not a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID as a number; the order of ids is the order of these numbers.
            #[must_use]
            pub const fn as_u128(self) -> u128 {
                self.0.as_u128()
            }

            /// The UUID itself.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, formatter)
            }
        }
    };
}

id! {
    /// Names a party.
    PartyId
}
id! {
    /// Names a client: a program of a party.
    ClientId
}
id! {
    /// Names a user: a person of a party.
    UserId
}
id! {
    /// Names a session: one log-in of a user.
    SessionId
}
id! {
    /// Names a product.
    ProductId
}
id! {
    /// Names a certificate.
    CertificateId
}
id! {
    /// Names an offer.
    OfferId
}
id! {
    /// Names a demand.
    DemandId
}
id! {
    /// Names a grant.
    GrantId
}
id! {
    /// Names an allocation.
    AllocationId
}
