//! Whom an event is about, and in whose trail it stands.

use std::fmt;
use std::str::FromStr;

use domain::TenantId;

/// Whom an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A person, enrolled or not.
    Person {
        /// The owner of the person.
        tenant: TenantId,
        /// The person.
        subject: Subject,
    },
    /// A tenant as a whole.
    Tenant(TenantId),
    /// The deployment: what an operator changes for everybody, which belongs to no tenant.
    Deployment,
}

impl About {
    /// Where the trail is stored: under the person; under the tenant without a person; or under an id that stands for the
    /// deployment and that no tenant has. It is a place only: the event itself names no tenant then.
    #[must_use]
    pub fn trail(self) -> (TenantId, [u8; 16]) {
        match self {
            Self::Person { tenant, subject } => (tenant, *subject.as_bytes()),
            Self::Tenant(tenant) => (tenant, NOBODY),
            Self::Deployment => (TenantId::from_keyed_bytes(*DEPLOYMENT), NOBODY),
        }
    }

    pub(crate) const fn tenant(self) -> Option<TenantId> {
        match self {
            Self::Person { tenant, .. } | Self::Tenant(tenant) => Some(tenant),
            Self::Deployment => None,
        }
    }

    pub(crate) const fn subject(self) -> Option<Subject> {
        match self {
            Self::Person { subject, .. } => Some(subject),
            Self::Tenant(_) | Self::Deployment => None,
        }
    }

    /// Puts the two members of an event together; a person without an owner is nobody.
    pub(crate) const fn of(tenant: Option<TenantId>, subject: Option<Subject>) -> Option<Self> {
        match (tenant, subject) {
            (Some(tenant), Some(subject)) => Some(Self::Person { tenant, subject }),
            (Some(tenant), None) => Some(Self::Tenant(tenant)),
            (None, None) => Some(Self::Deployment),
            (None, Some(_)) => None,
        }
    }
}

/// A person as the audit trail names them: a pseudonym keyed by their tenant, without which it leads to nobody.
///
/// Its text form is 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subject([u8; 16]);

impl Subject {
    /// Wraps the output of a keyed function over tenant and user.
    #[must_use]
    pub const fn new(pseudonym: [u8; 16]) -> Self {
        Self(pseudonym)
    }

    /// The pseudonym.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for Subject {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, hex::FromHexError> {
        let mut pseudonym = [0; 16];
        hex::decode_to_slice(text, &mut pseudonym)?;
        Ok(Self(pseudonym))
    }
}

/// In the place of a person where there is none. No person has it: a pseudonym is the output of a keyed function.
const NOBODY: [u8; 16] = [0; 16];

/// In the place of a tenant where there is none.
const DEPLOYMENT: &[u8; 16] = b"deployment-trail";
