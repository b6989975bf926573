//! What a counter is stored under.

use std::fmt;
use std::net::IpAddr;

use crate::{TenantId, UserId};

/// The key of a counter: one limit and one subject. Every key begins with its tenant, but those of everybody together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CounterKey(String);

/// Whose requests are counted. Never anything that the caller only claims: the tenant and the user come from what was
/// authenticated and addressed, the address from the transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LimitSubject {
    /// Everybody together, counted in shards so that no single item is hot.
    Everybody {
        /// Which shard.
        shard: u8,
    },
    /// A tenant.
    Tenant(TenantId),
    /// An address that a tenant's requests come from.
    Source(TenantId, SourceAddress),
    /// A user of a tenant.
    User(TenantId, UserId),
}

/// An address as limits see it: an IPv4 address, or the /64 network of an IPv6 address, which one household or host has to
/// itself (RFC 6177).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceAddress(IpAddr);

impl SourceAddress {
    /// Takes over an address that the transport tells.
    #[must_use]
    pub fn from_transport(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self(IpAddr::V4(v4)),
            IpAddr::V6(v6) => {
                let network = v6.to_bits() & !u128::from(u64::MAX);
                Self(IpAddr::V6(network.into()))
            }
        }
    }

    /// The address, or the network's first one.
    #[must_use]
    pub const fn address(self) -> IpAddr {
        self.0
    }
}

impl CounterKey {
    /// The key of the limit of this name on this subject.
    #[must_use]
    pub fn new(limit: &str, subject: LimitSubject) -> Self {
        Self(match subject {
            LimitSubject::Everybody { shard } => format!("l/{limit}/{shard}"),
            LimitSubject::Tenant(tenant) => format!("t/{tenant}/l/{limit}"),
            LimitSubject::Source(tenant, source) => format!("t/{tenant}/l/{limit}/{}", source.0),
            LimitSubject::User(tenant, user) => format!("t/{tenant}/l/{limit}/{user}"),
        })
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CounterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
