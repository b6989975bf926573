//! A request as admission sees it.

use domain::{IdempotencyKey, Route, SourceAddress, TenantId, UserId};

/// A request that asks to be let in. Everything in it comes from the transport, from a checked credential or from what the request
/// addresses; nothing from a header that only claims it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// What is asked for.
    pub route: Route,
    /// The caller's tenant, as its credential says.
    pub tenant: TenantId,
    /// Which kind of credential it is.
    pub caller: CallerKind,
    /// The address that the transport tells.
    pub source: SourceAddress,
    /// The user of the tenant that the request is about, where the request names one.
    pub user: Option<UserId>,
    /// The request's idempotency key, if it has one.
    pub key: Option<IdempotencyKey>,
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerKind {
    /// A merchant's server, with an API key: many users behind few addresses.
    Server,
    /// A user's device, with a verification's capability.
    Device,
}
