//! Sessions: durable, in the core table. They are created by completing a verification.

use std::future::Future;

use domain::{Session, SessionId, TenantId, UserId};
use jiff::Timestamp;

use crate::StoreError;

/// Reads a session.
pub trait FindSession: Send + Sync {
    /// The session, strongly consistent, live or not.
    fn find_session(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
    ) -> impl Future<Output = Result<Option<Session>, StoreError>> + Send;
}

/// Revokes a session.
pub trait RevokeSession: Send + Sync {
    /// Marks the session revoked at `at`. A session that was revoked before keeps its first instant.
    fn revoke_session(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
        at: Timestamp,
    ) -> impl Future<Output = Result<Revocation, StoreError>> + Send;
}

/// What came of revoking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// The session was live and is revoked now.
    Revoked,
    /// The session was revoked before.
    AlreadyRevoked,
    /// There is no such session.
    Unknown,
}
