//! Sessions: durable, in the core table. They are created by completing a verification.

use std::future::Future;

use domain::{Session, SessionId, TenantId, UserId};
use jiff::Timestamp;

use crate::{OutboxEvent, StoreError};

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
    /// One conditional write: marks the session revoked at `at` and keeps the event of it. A session that was revoked before keeps its
    /// first instant, and no event.
    fn revoke_session(
        &self,
        session: &SessionKey,
        at: Timestamp,
        event: &OutboxEvent,
    ) -> impl Future<Output = Result<Revocation, StoreError>> + Send;
}

/// What finds a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionKey {
    /// The owner of the user.
    pub tenant: TenantId,
    /// Whose session it is.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
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
