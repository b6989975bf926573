//! Sessions: durable, in the core table. They are created by completing a verification.

use std::collections::BTreeSet;
use std::future::Future;

use domain::{SecretHash, Session, SessionId, TenantId, UserId};
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

/// Reads all sessions of a user.
pub trait ListSessions: Send + Sync {
    /// The sessions, strongly consistent, live or not yet cleared away, sorted by their ids; at most [`domain::MAX_SESSIONS`].
    fn list_sessions(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> impl Future<Output = Result<Vec<Session>, StoreError>> + Send;
}

/// Exchanges a session's refresh token.
pub trait RotateRefreshToken: Send + Sync {
    /// One conditional write: puts the next token in the place of the presented one, moves the end of idleness, and keeps the event
    /// of it, if and only if the presented one is the current one and the session [is live](Session::is_live) at that time. So of
    /// many who present the same token, one succeeds.
    fn rotate_refresh_token(
        &self,
        rotation: &TokenRotation,
        event: &OutboxEvent,
    ) -> impl Future<Output = Result<Rotation, StoreError>> + Send;
}

/// An exchange of refresh tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRotation {
    /// Whose token it is.
    pub session: SessionKey,
    /// The token that is given up.
    pub presented: SecretHash,
    /// The token that is current from then on.
    pub next: SecretHash,
    /// When.
    pub at: Timestamp,
}

/// What came of exchanging a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// The next one is the current one now.
    Rotated,
    /// Nothing changed. This is the session, if there is one.
    Refused(Option<Box<Session>>),
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

/// Revokes all sessions of a user.
pub trait RevokeSessions: Send + Sync {
    /// One conditional write: marks the sessions revoked and keeps the event of each, if and only if the user's sessions are those that
    /// are known, and none of these was revoked before. So no session that is opened meanwhile is left out.
    fn revoke_sessions(
        &self,
        revocation: &UserRevocation,
    ) -> impl Future<Output = Result<UserRevoked, StoreError>> + Send;
}

/// The revocation of all sessions of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRevocation {
    /// The owner of the user.
    pub tenant: TenantId,
    /// Whose sessions they are.
    pub user: UserId,
    /// Every session that the user has, revoked or not.
    pub known: BTreeSet<SessionId>,
    /// Those of them that are to be revoked, at least one, each with its event.
    pub ends: Vec<(SessionId, OutboxEvent)>,
    /// When.
    pub at: Timestamp,
}

/// What came of revoking all sessions of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserRevoked {
    /// They are revoked.
    Revoked,
    /// The user's sessions are others by now, and nothing changed: these.
    Changed(Vec<Session>),
}
