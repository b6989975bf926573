//! Scopes: what an API key may be used for.
//!
//! - A key has a set of scopes, and reaches the routes whose scope ([`Route::scope`](crate::Route::scope)) is among them.
//! - A scope that ends in `:read` allows reading; the one without allows that too. The trail can only be read: it has one scope.
//! - In text a set is its scopes' names with one space between them, as in RFC 6749 §3.3.

use std::fmt;
use std::str::FromStr;

/// What an API key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Enrolling users and changing what is enrolled.
    Enrollments,
    /// Reading what is enrolled.
    EnrollmentsRead,
    /// Opening verifications and presenting factors.
    Verifications,
    /// Reading where verifications stand.
    VerificationsRead,
    /// Changing and ending sessions.
    Sessions,
    /// Asking what tokens and sessions count for.
    SessionsRead,
    /// Reading the audit trail.
    Audit,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 7] = [
        Self::Enrollments,
        Self::EnrollmentsRead,
        Self::Verifications,
        Self::VerificationsRead,
        Self::Sessions,
        Self::SessionsRead,
        Self::Audit,
    ];

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enrollments => "enrollments",
            Self::EnrollmentsRead => "enrollments:read",
            Self::Verifications => "verifications",
            Self::VerificationsRead => "verifications:read",
            Self::Sessions => "sessions",
            Self::SessionsRead => "sessions:read",
            Self::Audit => "audit",
        }
    }

    /// The scope that allows this one's reading and changing besides.
    const fn wider(self) -> Self {
        match self {
            Self::Enrollments | Self::EnrollmentsRead => Self::Enrollments,
            Self::Verifications | Self::VerificationsRead => Self::Verifications,
            Self::Sessions | Self::SessionsRead => Self::Sessions,
            Self::Audit => Self::Audit,
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Enrollments => 1,
            Self::EnrollmentsRead => 1 << 1,
            Self::Verifications => 1 << 2,
            Self::VerificationsRead => 1 << 3,
            Self::Sessions => 1 << 4,
            Self::SessionsRead => 1 << 5,
            Self::Audit => 1 << 6,
        }
    }
}

impl FromStr for Scope {
    type Err = InvalidScopes;

    fn from_str(name: &str) -> Result<Self, InvalidScopes> {
        Self::ALL.into_iter().find(|scope| scope.name() == name).ok_or(InvalidScopes)
    }
}

/// One or more scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

impl Scopes {
    /// What allows everything: what a key has that was made before there were scopes.
    pub const ALL: Self =
        Self(Scope::Enrollments.bit() | Scope::Verifications.bit() | Scope::Sessions.bit() | Scope::Audit.bit());

    /// Just this one.
    #[must_use]
    pub const fn only(scope: Scope) -> Self {
        Self(scope.bit())
    }

    /// Whether they allow what `needed` allows.
    #[must_use]
    pub const fn allow(self, needed: Scope) -> bool {
        self.0 & (needed.bit() | needed.wider().bit()) != 0
    }

    /// The scopes, in the registry's order.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.0 & scope.bit() != 0)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Scope::name).collect();
        f.write_str(&names.join(" "))
    }
}

impl FromStr for Scopes {
    type Err = InvalidScopes;

    /// In any order, each once.
    fn from_str(text: &str) -> Result<Self, InvalidScopes> {
        text.split(' ')
            .try_fold(0, |bits, name| {
                let bit = name.parse::<Scope>()?.bit();
                if bits & bit == 0 { Ok(bits | bit) } else { Err(InvalidScopes) }
            })
            .map(Self)
    }
}

/// The text is not one or more distinct scopes with one space between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not scopes")]
pub struct InvalidScopes;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_of_scopes_has_its_text() {
        for bits in 1..1 << Scope::ALL.len() {
            let scopes = Scopes(bits);

            assert_eq!(scopes.to_string().parse(), Ok(scopes));
        }
    }

    #[test]
    fn all_scopes_allow_everything() {
        assert_eq!(Scopes::ALL.to_string(), "enrollments verifications sessions audit");
        assert!(Scope::ALL.into_iter().all(|scope| Scopes::ALL.allow(scope)));
    }

    #[test]
    fn what_is_no_set_of_scopes_is_refused() {
        for text in ["", " ", "audit ", "audit  sessions", "audit audit", "Audit", "audit,sessions", "everything"] {
            assert_eq!(text.parse::<Scopes>(), Err(InvalidScopes), "{text}");
        }
    }

    #[test]
    fn a_scope_allows_itself_and_its_own_reading_and_nothing_else() {
        for held in Scope::ALL {
            for needed in Scope::ALL {
                let reading = needed.name().strip_suffix(":read") == Some(held.name());

                assert_eq!(Scopes::only(held).allow(needed), held == needed || reading, "{held:?} {needed:?}");
            }
        }
    }
}
