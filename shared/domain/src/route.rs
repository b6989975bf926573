//! The routes that a credential is needed for.

use std::str::FromStr;

/// The routes that have limits and whose refusals are audited: one per function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// `POST /v1/sessions/refresh`
    Refresh,
    /// `GET /v1/sessions`
    ListSessions,
    /// `GET /v1/audit`
    AuditQuery,
}

impl Route {
    /// Every route.
    pub const ALL: [Self; 10] = [
        Self::Enroll,
        Self::DescribeEnrollment,
        Self::Initiate,
        Self::Verify,
        Self::Status,
        Self::Introspect,
        Self::Revoke,
        Self::Refresh,
        Self::ListSessions,
        Self::AuditQuery,
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
            Self::Refresh => "refresh",
            Self::ListSessions => "list-sessions",
            Self::AuditQuery => "audit-query",
        }
    }
}

impl FromStr for Route {
    type Err = UnknownRoute;

    fn from_str(name: &str) -> Result<Self, UnknownRoute> {
        Self::ALL.into_iter().find(|route| route.name() == name).ok_or(UnknownRoute)
    }
}

/// No route has the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a route")]
pub struct UnknownRoute;
