//! Sessions and their epochs in memory.

use std::collections::BTreeSet;

use domain::{Session, SessionEpoch, SessionId, TenantId, UserId};
use jiff::Timestamp;
use store::{
    AdvanceSessionEpoch, EpochAdvance, FindSession, FindSessionEpoch, ListSessions, OutboxEvent, Revocation,
    RevokeSession, RevokeSessions, RotateRefreshToken, Rotation, SessionKey, StoreError, TokenRotation, UserRevocation,
    UserRevoked,
};

use super::outbox::keep;
use super::{Content, MemoryStore, stored};

impl FindSession for MemoryStore {
    async fn find_session(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<Session>, StoreError> {
        let key = SessionKey { tenant, user, session };
        Ok(session_in(&mut self.content(), &key).cloned())
    }
}

impl ListSessions for MemoryStore {
    async fn list_sessions(&self, tenant: TenantId, user: UserId) -> Result<Vec<Session>, StoreError> {
        Ok(sessions_in(&self.content(), tenant, user))
    }
}

impl RotateRefreshToken for MemoryStore {
    async fn rotate_refresh_token(
        &self,
        rotation: &TokenRotation,
        event: &OutboxEvent,
    ) -> Result<Rotation, StoreError> {
        let TokenRotation { presented, next, at, .. } = *rotation;
        let at = stored(at);
        let mut content = self.content();
        let Some(session) = session_in(&mut content, &rotation.session) else { return Ok(Rotation::Refused(None)) };
        if session.refresh_token != presented || !session.is_live(at) {
            return Ok(Rotation::Refused(Some(Box::new(session.clone()))));
        }
        session.refresh_token = next;
        session.refreshed_at = at;
        keep(&mut content, event);
        Ok(Rotation::Rotated)
    }
}

impl RevokeSession for MemoryStore {
    async fn revoke_session(
        &self,
        session: &SessionKey,
        at: Timestamp,
        event: &OutboxEvent,
    ) -> Result<Revocation, StoreError> {
        let mut content = self.content();
        match session_in(&mut content, session) {
            None => Ok(Revocation::Unknown),
            Some(session) if session.revoked_at.is_some() => Ok(Revocation::AlreadyRevoked),
            Some(session) => {
                session.revoked_at = Some(stored(at));
                keep(&mut content, event);
                Ok(Revocation::Revoked)
            }
        }
    }
}

impl RevokeSessions for MemoryStore {
    async fn revoke_sessions(&self, revocation: &UserRevocation) -> Result<UserRevoked, StoreError> {
        let UserRevocation { tenant, user, known, ends, at } = revocation;
        let mut content = self.content();
        let now = sessions_in(&content, *tenant, *user);
        let are_known = now.iter().map(|session| session.id).collect::<BTreeSet<_>>() == *known;
        let revoked = |id: &SessionId| now.iter().any(|session| session.id == *id && session.revoked_at.is_some());
        if !are_known || ends.iter().any(|(id, _)| revoked(id)) {
            return Ok(UserRevoked::Changed(now));
        }
        for (session, event) in ends {
            let key = SessionKey { tenant: *tenant, user: *user, session: *session };
            if let Some(session) = session_in(&mut content, &key) {
                session.revoked_at = Some(stored(*at));
                keep(&mut content, event);
            }
        }
        Ok(UserRevoked::Revoked)
    }
}

impl FindSessionEpoch for MemoryStore {
    async fn find_session_epoch(&self, tenant: TenantId, _: UserId) -> Result<SessionEpoch, StoreError> {
        Ok(self.content().epochs.get(&tenant).copied().unwrap_or_default())
    }
}

impl AdvanceSessionEpoch for MemoryStore {
    async fn advance_session_epoch(
        &self,
        tenant: TenantId,
        from: SessionEpoch,
        event: &OutboxEvent,
    ) -> Result<EpochAdvance, StoreError> {
        let mut content = self.content();
        let epoch = content.epochs.entry(tenant).or_default();
        if *epoch != from {
            return Ok(EpochAdvance::Changed(*epoch));
        }
        *epoch = from.next();
        keep(&mut content, event);
        Ok(EpochAdvance::Advanced)
    }
}

fn session_in<'a>(content: &'a mut Content, key: &SessionKey) -> Option<&'a mut Session> {
    content.accounts.get_mut(&(key.tenant, key.user))?.sessions.get_mut(&key.session)
}

fn sessions_in(content: &Content, tenant: TenantId, user: UserId) -> Vec<Session> {
    let account = content.accounts.get(&(tenant, user));
    account.into_iter().flat_map(|account| account.sessions.values()).cloned().collect()
}
