//! Sessions in memory.

use domain::{Session, SessionId, TenantId, UserId};
use jiff::Timestamp;
use store::{FindSession, Revocation, RevokeSession, StoreError};

use super::{MemoryStore, stored};

impl FindSession for MemoryStore {
    async fn find_session(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<Session>, StoreError> {
        Ok(self.content().sessions.get(&(tenant, user, session)).cloned())
    }
}

impl RevokeSession for MemoryStore {
    async fn revoke_session(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
        at: Timestamp,
    ) -> Result<Revocation, StoreError> {
        match self.content().sessions.get_mut(&(tenant, user, session)) {
            None => Ok(Revocation::Unknown),
            Some(session) if session.revoked_at.is_some() => Ok(Revocation::AlreadyRevoked),
            Some(session) => {
                session.revoked_at = Some(stored(at));
                Ok(Revocation::Revoked)
            }
        }
    }
}
