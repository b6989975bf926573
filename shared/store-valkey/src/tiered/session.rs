//! Ports of sessions: durable, passed through.

use domain::{Session, SessionEpoch, SessionId, TenantId, UserId};
use jiff::Timestamp;
use store::{
    AdvanceSessionEpoch, EpochAdvance, FindSession, FindSessionEpoch, ListSessions, OutboxEvent, Revocation,
    RevokeSession, RevokeSessions, RotateRefreshToken, Rotation, SessionKey, StoreError, TokenRotation, UserRevocation,
    UserRevoked,
};

use crate::Tiered;

impl<D: FindSession> FindSession for Tiered<D> {
    async fn find_session(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<Session>, StoreError> {
        self.durable.find_session(tenant, user, session).await
    }
}

impl<D: ListSessions> ListSessions for Tiered<D> {
    async fn list_sessions(&self, tenant: TenantId, user: UserId) -> Result<Vec<Session>, StoreError> {
        self.durable.list_sessions(tenant, user).await
    }
}

impl<D: RotateRefreshToken> RotateRefreshToken for Tiered<D> {
    async fn rotate_refresh_token(
        &self,
        rotation: &TokenRotation,
        event: &OutboxEvent,
    ) -> Result<Rotation, StoreError> {
        self.durable.rotate_refresh_token(rotation, event).await
    }
}

impl<D: RevokeSession> RevokeSession for Tiered<D> {
    async fn revoke_session(
        &self,
        session: &SessionKey,
        at: Timestamp,
        event: &OutboxEvent,
    ) -> Result<Revocation, StoreError> {
        self.durable.revoke_session(session, at, event).await
    }
}

impl<D: RevokeSessions> RevokeSessions for Tiered<D> {
    async fn revoke_sessions(&self, revocation: &UserRevocation) -> Result<UserRevoked, StoreError> {
        self.durable.revoke_sessions(revocation).await
    }
}

impl<D: FindSessionEpoch> FindSessionEpoch for Tiered<D> {
    async fn find_session_epoch(&self, tenant: TenantId, user: UserId) -> Result<SessionEpoch, StoreError> {
        self.durable.find_session_epoch(tenant, user).await
    }
}

impl<D: AdvanceSessionEpoch> AdvanceSessionEpoch for Tiered<D> {
    async fn advance_session_epoch(
        &self,
        tenant: TenantId,
        from: SessionEpoch,
        event: &OutboxEvent,
    ) -> Result<EpochAdvance, StoreError> {
        self.durable.advance_session_epoch(tenant, from, event).await
    }
}
