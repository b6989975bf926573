//! The files of `events/`.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// A function with an HTTP route, or the authorizer. Its name is that of its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Function {
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
    /// `GET /.well-known/jwks.json`
    Jwks,
    /// `GET /health/live` and `GET /health/ready`
    Health,
    /// Decides who may call.
    Authorizer,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 16] = [
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
        Self::Jwks,
        Self::Health,
        Self::Authorizer,
    ];

    /// The folder's name.
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
            Self::Authorizer => "authorizer",
        }
    }

    /// Whether the gateway lets everybody through.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Jwks | Self::Health)
    }

    /// The event of this case, as its file has it.
    #[must_use]
    pub fn event(self, case: &str) -> String {
        let path = folder().join(self.name()).join(case).with_extension("json");
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The event of this case, parsed; each file is read once.
    pub(crate) fn parsed(self, case: &'static str) -> Value {
        static PARSED: Mutex<Option<HashMap<(Function, &'static str), Value>>> = Mutex::new(None);
        let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
        let event = || serde_json::from_str(&self.event(case)).unwrap();
        parsed.get_or_insert_default().entry((self, case)).or_insert_with(event).clone()
    }
}

/// Every file of `events/`, as `function/case`, sorted; those of functions without a route are not among them but for the
/// authorizer's, for their own tests deliver them.
#[must_use]
pub fn event_files() -> Vec<String> {
    let mut files: Vec<String> = entries(&folder())
        .into_iter()
        .filter(|function| Function::ALL.iter().any(|routed| function.ends_with(routed.name())))
        .flat_map(|function| entries(&function))
        .map(|path| path.strip_prefix(folder()).unwrap().with_extension("").to_str().unwrap().to_owned())
        .collect();
    files.sort();
    files
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../events")
}
