//! The routes that a credential is needed for.

use std::str::FromStr;

use crate::Scope;

/// The routes that have limits and whose refusals are audited: one per function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Route {
    /// `POST /v1/enrollments`
    Enroll,
    /// `GET /v1/enrollments/{user_id}`
    DescribeEnrollment,
    /// `PUT /v1/enrollments/{user_id}/factors`
    RotateFactors,
    /// `DELETE /v1/enrollments/{user_id}`
    Erase,
    /// `GET /v1/enrollments/{user_id}/export`
    Export,
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
    pub const ALL: [Self; 13] = [
        Self::Enroll,
        Self::DescribeEnrollment,
        Self::RotateFactors,
        Self::Erase,
        Self::Export,
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
            Self::RotateFactors => "rotate-factors",
            Self::Erase => "erase",
            Self::Export => "export",
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

    /// What an API key needs for it.
    #[must_use]
    pub const fn scope(self) -> Scope {
        match self {
            // An export tells more than that somebody is enrolled.
            Self::Enroll | Self::RotateFactors | Self::Erase | Self::Export => Scope::Enrollments,
            Self::DescribeEnrollment => Scope::EnrollmentsRead,
            Self::Initiate | Self::Verify => Scope::Verifications,
            Self::Status => Scope::VerificationsRead,
            Self::Introspect | Self::ListSessions => Scope::SessionsRead,
            Self::Revoke | Self::Refresh => Scope::Sessions,
            Self::AuditQuery => Scope::Audit,
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
