//! The routes: the one table of what is served, and by which function.
//!
//! `template.yaml` and `docs/openapi.yaml` say the same; contract tests hold the three together.

use http::Method;

/// One route.
#[derive(Debug)]
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path; a segment in braces is a parameter.
    pub path: &'static str,
    /// What answers it.
    pub function: Function,
    /// Who may call it.
    pub access: Access,
}

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Whom the authorizer lets through.
    Authorized,
    /// Everybody.
    Open,
}

/// A function with routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the function of its name")]
pub enum Function {
    Enroll,
    DescribeEnrollment,
    RotateFactors,
    Erase,
    Export,
    Initiate,
    Verify,
    Status,
    Introspect,
    Revoke,
    Refresh,
    ListSessions,
    AuditQuery,
    Jwks,
    Health,
}

impl Function {
    /// The name of its folder, package and binary.
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
            Self::Jwks => "jwks",
            Self::Health => "health",
        }
    }
}

/// Every route.
pub static ROUTES: [Route; 16] = [
    authorized(Method::POST, "/v1/enrollments", Function::Enroll),
    authorized(Method::GET, "/v1/enrollments/{user_id}", Function::DescribeEnrollment),
    authorized(Method::DELETE, "/v1/enrollments/{user_id}", Function::Erase),
    authorized(Method::PUT, "/v1/enrollments/{user_id}/factors", Function::RotateFactors),
    authorized(Method::GET, "/v1/enrollments/{user_id}/export", Function::Export),
    authorized(Method::POST, "/v1/verifications", Function::Initiate),
    authorized(Method::POST, "/v1/verifications/{verification_id}/attempts", Function::Verify),
    authorized(Method::GET, "/v1/verifications/{verification_id}", Function::Status),
    authorized(Method::POST, "/v1/sessions/introspect", Function::Introspect),
    authorized(Method::POST, "/v1/sessions/revoke", Function::Revoke),
    authorized(Method::POST, "/v1/sessions/refresh", Function::Refresh),
    authorized(Method::GET, "/v1/sessions", Function::ListSessions),
    authorized(Method::GET, "/v1/audit", Function::AuditQuery),
    open(Method::GET, "/.well-known/jwks.json", Function::Jwks),
    open(Method::GET, "/health/live", Function::Health),
    open(Method::GET, "/health/ready", Function::Health),
];

const fn authorized(method: Method, path: &'static str, function: Function) -> Route {
    Route { method, path, function, access: Access::Authorized }
}

const fn open(method: Method, path: &'static str, function: Function) -> Route {
    Route { method, path, function, access: Access::Open }
}
