//! Accounts in memory, and how sessions get into them.

use domain::{Account, AttemptMark, Failures, MAX_SESSIONS, Reserving, Session, SessionId, TenantId, UserId};
use jiff::Timestamp;
use store::{
    FindAccount, OpenSession, OutboxEvent, Reservation, ReserveFailure, SessionOpening, StoreError, StoreErrorKind,
    UnlockAccount, Unlocking,
};

use super::outbox::keep;
use super::{MemoryStore, stored};

impl ReserveFailure for MemoryStore {
    async fn reserve_failure(
        &self,
        tenant: TenantId,
        user: UserId,
        attempt: AttemptMark,
        now: Timestamp,
    ) -> Result<Reservation, StoreError> {
        let now = stored(now);
        let mut content = self.content();
        let account = content.accounts.entry((tenant, user)).or_default();
        if account.reserved.contains(&attempt) {
            return Ok(Reservation::Reserved(Box::new(account.clone())));
        }
        match account.failures.reserving(now) {
            Reserving::Locked(until) => return Ok(Reservation::Locked { until }),
            Reserving::BeginsAnew => forget_failures(account),
            Reserving::Appends => {}
        }
        account.failures = std::mem::take(&mut account.failures).with(now);
        account.reserved.insert(attempt);
        Ok(Reservation::Reserved(Box::new(account.clone())))
    }
}

impl OpenSession for MemoryStore {
    async fn open_session(&self, session: &Session, evicted: &[SessionId]) -> Result<SessionOpening, StoreError> {
        let session = stored_session(session);
        let mut content = self.content();
        let account = content.accounts.entry((session.tenant, session.user)).or_default();
        match account.sessions.get(&session.id) {
            Some(existing) if is_same(existing, &session) => Ok(SessionOpening::Opened),
            Some(_) => Err(exists("OpenSession")),
            None if !account.admits(session.key_version) => Ok(SessionOpening::Superseded),
            None if would_be_too_many(account, evicted) => Ok(SessionOpening::Changed(Box::new(account.clone()))),
            None => {
                add_session(account, session, evicted);
                Ok(SessionOpening::Opened)
            }
        }
    }

    async fn withdraw_session(&self, session: &Session) -> Result<(), StoreError> {
        let mut content = self.content();
        let account = content.accounts.get_mut(&(session.tenant, session.user));
        if let Some(opened) = account.and_then(|account| account.sessions.get_mut(&session.id)) {
            opened.revoked_at.get_or_insert(stored(session.created_at));
        }
        Ok(())
    }
}

impl FindAccount for MemoryStore {
    async fn find_account(&self, tenant: TenantId, user: UserId) -> Result<Option<Account>, StoreError> {
        Ok(self.content().accounts.get(&(tenant, user)).cloned())
    }
}

impl UnlockAccount for MemoryStore {
    async fn unlock_account(
        &self,
        tenant: TenantId,
        user: UserId,
        known: &Failures,
        event: &OutboxEvent,
    ) -> Result<Unlocking, StoreError> {
        let mut content = self.content();
        match content.accounts.get_mut(&(tenant, user)) {
            Some(account) if account.failures == *known && *known != Failures::default() => {
                forget_failures(account);
                keep(&mut content, event);
                Ok(Unlocking::Unlocked)
            }
            _ => Ok(Unlocking::Changed),
        }
    }
}

/// Whether more than [`MAX_SESSIONS`] would remain with one more.
pub(super) fn would_be_too_many(account: &Account, evicted: &[SessionId]) -> bool {
    account.sessions.keys().filter(|id| !evicted.contains(id)).count() + 1 > MAX_SESSIONS
}

/// Adds the session, removes those that go for it, and forgets the failures.
pub(super) fn add_session(account: &mut Account, session: Session, evicted: &[SessionId]) {
    forget_failures(account);
    account.sessions.retain(|id, _| !evicted.contains(id));
    account.sessions.insert(session.id, session);
}

/// The session as it is kept.
pub(super) fn stored_session(session: &Session) -> Session {
    Session {
        created_at: stored(session.created_at),
        refreshed_at: stored(session.refreshed_at),
        expires_at: stored(session.expires_at),
        revoked_at: session.revoked_at.map(stored),
        ..session.clone()
    }
}

/// The error for a session id that another session has.
pub(super) fn exists(operation: &'static str) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, operation, "another session has the id")
}

/// Whether both are one session, whatever has become of it since: another execution of the attempt that opened it comes with
/// another time, and with the same family, which no refresh changes.
fn is_same(existing: &Session, session: &Session) -> bool {
    existing.family == session.family
}

fn forget_failures(account: &mut Account) {
    account.reserved.clear();
    account.failures = Failures::default();
}
