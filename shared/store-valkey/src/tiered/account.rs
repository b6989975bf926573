//! Ports of accounts: durable, passed through.

use domain::{Account, AttemptMark, Failures, Session, SessionId, TenantId, UserId};
use jiff::Timestamp;
use store::{
    FindAccount, OpenSession, OutboxEvent, Reservation, ReserveFailure, SessionOpening, StoreError, UnlockAccount,
    Unlocking,
};

use crate::Tiered;

impl<D: ReserveFailure> ReserveFailure for Tiered<D> {
    async fn reserve_failure(
        &self,
        tenant: TenantId,
        user: UserId,
        attempt: AttemptMark,
        now: Timestamp,
    ) -> Result<Reservation, StoreError> {
        self.durable.reserve_failure(tenant, user, attempt, now).await
    }
}

impl<D: OpenSession> OpenSession for Tiered<D> {
    async fn open_session(&self, session: &Session, evicted: &[SessionId]) -> Result<SessionOpening, StoreError> {
        self.durable.open_session(session, evicted).await
    }

    async fn withdraw_session(&self, session: &Session) -> Result<(), StoreError> {
        self.durable.withdraw_session(session).await
    }
}

impl<D: FindAccount> FindAccount for Tiered<D> {
    async fn find_account(&self, tenant: TenantId, user: UserId) -> Result<Option<Account>, StoreError> {
        self.durable.find_account(tenant, user).await
    }
}

impl<D: UnlockAccount> UnlockAccount for Tiered<D> {
    async fn unlock_account(
        &self,
        tenant: TenantId,
        user: UserId,
        known: &Failures,
        event: &OutboxEvent,
    ) -> Result<Unlocking, StoreError> {
        self.durable.unlock_account(tenant, user, known, event).await
    }
}
