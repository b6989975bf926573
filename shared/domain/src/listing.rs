//! The operator's list: whom limits do not apply to, and who is refused.

use std::fmt;
use std::str::FromStr;

use ipnet::IpNet;
use jiff::Timestamp;

use crate::{InvalidId, TenantId, UserId};

/// The most entries of the list: it is read as a whole by every process.
pub const MAX_LISTINGS: usize = 1_000;

/// An entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Whom it is about.
    pub subject: ListedSubject,
    /// What becomes of their requests.
    pub access: ListedAccess,
    /// The first instant at which the entry no longer counts.
    pub expires_at: Timestamp,
}

/// What becomes of the requests of a listed subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListedAccess {
    /// No limit applies to them.
    Allowed,
    /// They are refused.
    Denied,
}

/// Whom an entry is about. In text: `network/198.51.100.0/24`, `tenant/<uuid>` or `user/<tenant>/<user>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListedSubject {
    /// Every address of a network, whoever calls from it.
    Network(IpNet),
    /// A tenant.
    Tenant(TenantId),
    /// A user of a tenant.
    User(TenantId, UserId),
}

impl fmt::Display for ListedSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network) => write!(f, "network/{network}"),
            Self::Tenant(tenant) => write!(f, "tenant/{tenant}"),
            Self::User(tenant, user) => write!(f, "user/{tenant}/{user}"),
        }
    }
}

impl FromStr for ListedSubject {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (kind, rest) = text.split_once('/').ok_or(InvalidId)?;
        match kind {
            "network" => rest.parse().map(|network: IpNet| Self::Network(network.trunc())).map_err(|_| InvalidId),
            "tenant" => rest.parse().map(Self::Tenant),
            "user" => {
                let (tenant, user) = rest.split_once('/').ok_or(InvalidId)?;
                Ok(Self::User(tenant.parse()?, user.parse()?))
            }
            _ => Err(InvalidId),
        }
    }
}

impl ListedAccess {
    /// The name in the store and in commands.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
        }
    }
}

impl FromStr for ListedAccess {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        [Self::Allowed, Self::Denied].into_iter().find(|access| access.name() == text).ok_or(InvalidId)
    }
}
