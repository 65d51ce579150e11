//! Closed lists of words on the wire: the domain's enums in snake_case, both ways, without a second
//! place where a variant could be forgotten.

/// Declares the wire form of a domain enum; the compiler checks that no variant is missing.
macro_rules! words {
    ($(#[$doc:meta])* $wire:ident = $domain:ty {
        $($(#[$variant_doc:meta])* $variant:ident,)*
    }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize,
            utoipa::ToSchema,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum $wire {
            $($(#[$variant_doc])* $variant,)*
        }

        impl From<$wire> for $domain {
            fn from(word: $wire) -> Self {
                match word {
                    $($wire::$variant => Self::$variant,)*
                }
            }
        }

        impl From<$domain> for $wire {
            fn from(value: $domain) -> Self {
                type Domain = $domain;
                match value {
                    $(Domain::$variant => Self::$variant,)*
                }
            }
        }
    };
}

pub(super) use words;
