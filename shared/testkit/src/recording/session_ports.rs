//! The ports of sessions of an observed store: the inner store's, recorded and struck. The number is that of the items written.

use domain::{Session, SessionEpoch, SessionId, TenantId, UserId};
use jiff::Timestamp;
use store::{
    AdvanceSessionEpoch, EPOCH_COPIES, EpochAdvance, FindSession, FindSessionEpoch, ListSessions, OutboxEvent,
    Revocation, RevokeSession, RevokeSessions, RotateRefreshToken, Rotation, SessionKey, StoreError, TokenRotation,
    UserRevocation, UserRevoked,
};

use super::RecordingStore;

impl<S: FindSession> FindSession for RecordingStore<S> {
    async fn find_session(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<Session>, StoreError> {
        self.run("FindSession", 0, self.inner.find_session(tenant, user, session)).await
    }
}

impl<S: ListSessions> ListSessions for RecordingStore<S> {
    async fn list_sessions(&self, tenant: TenantId, user: UserId) -> Result<Vec<Session>, StoreError> {
        self.run("ListSessions", 0, self.inner.list_sessions(tenant, user)).await
    }
}

impl<S: RotateRefreshToken> RotateRefreshToken for RecordingStore<S> {
    async fn rotate_refresh_token(
        &self,
        rotation: &TokenRotation,
        event: &OutboxEvent,
    ) -> Result<Rotation, StoreError> {
        self.run("RotateRefreshToken", 2, self.inner.rotate_refresh_token(rotation, event)).await
    }
}

impl<S: RevokeSession> RevokeSession for RecordingStore<S> {
    async fn revoke_session(
        &self,
        session: &SessionKey,
        at: Timestamp,
        event: &OutboxEvent,
    ) -> Result<Revocation, StoreError> {
        self.run("RevokeSession", 2, self.inner.revoke_session(session, at, event)).await
    }
}

impl<S: RevokeSessions> RevokeSessions for RecordingStore<S> {
    async fn revoke_sessions(&self, revocation: &UserRevocation) -> Result<UserRevoked, StoreError> {
        self.run("RevokeSessions", 1 + revocation.ends.len(), self.inner.revoke_sessions(revocation)).await
    }
}

impl<S: FindSessionEpoch> FindSessionEpoch for RecordingStore<S> {
    async fn find_session_epoch(&self, tenant: TenantId, user: UserId) -> Result<SessionEpoch, StoreError> {
        self.run("FindSessionEpoch", 0, self.inner.find_session_epoch(tenant, user)).await
    }
}

impl<S: AdvanceSessionEpoch> AdvanceSessionEpoch for RecordingStore<S> {
    async fn advance_session_epoch(
        &self,
        tenant: TenantId,
        from: SessionEpoch,
        event: &OutboxEvent,
    ) -> Result<EpochAdvance, StoreError> {
        let written = usize::from(EPOCH_COPIES) + 1;
        self.run("AdvanceSessionEpoch", written, self.inner.advance_session_epoch(tenant, from, event)).await
    }
}
