//! A request as admission sees it.

use domain::{IdempotencyKey, SourceAddress, TenantId, UserId};

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

/// The routes that have limits: one per function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `POST /v1/enrollments`
    Enroll,
    /// `GET /v1/enrollments/{user_id}`
    DescribeEnrollment,
    /// `POST /v1/verifications`
    Initiate,
    /// `POST /v1/verifications/{verification_id}/attempts`
    Verify,
    /// `GET /v1/verifications/{verification_id}`
    Status,
    /// `POST /v1/sessions/introspect`
    Introspect,
    /// `POST /v1/sessions/revoke`
    Revoke,
}

impl Route {
    /// Every route.
    pub const ALL: [Self; 7] = [
        Self::Enroll,
        Self::DescribeEnrollment,
        Self::Initiate,
        Self::Verify,
        Self::Status,
        Self::Introspect,
        Self::Revoke,
    ];

    /// The name of the function that serves it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enroll => "enroll",
            Self::DescribeEnrollment => "describe-enrollment",
            Self::Initiate => "initiate",
            Self::Verify => "verify",
            Self::Status => "status",
            Self::Introspect => "introspect",
            Self::Revoke => "revoke",
        }
    }
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerKind {
    /// A merchant's server, with an API key: many users behind few addresses.
    Server,
    /// A user's device, with a verification's capability.
    Device,
}
