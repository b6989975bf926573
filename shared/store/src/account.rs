//! Accounts: durable, in the core table. A user's failures and sessions are one item.

use std::future::Future;

use domain::{Account, AttemptMark, Failures, Session, TenantId, UserId};
use jiff::Timestamp;

use crate::{OutboxEvent, StoreError};

/// Counts a failure before anything is compared.
pub trait ReserveFailure: Send + Sync {
    /// One conditional write: reserves a failure for the attempt unless the account is locked at `now`, and creates the account if
    /// there is none, whether or not the user exists. An attempt that has a reservation keeps that one and makes no other,
    /// also when the account has been locked since.
    fn reserve_failure(
        &self,
        tenant: TenantId,
        user: UserId,
        attempt: AttemptMark,
        now: Timestamp,
    ) -> impl Future<Output = Result<Reservation, StoreError>> + Send;
}

/// What came of reserving a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reservation {
    /// The attempt is counted as a failure until it succeeds. The account is as of just after it.
    Reserved(Box<Account>),
    /// The account is locked until then; nothing is counted.
    Locked {
        /// The first instant at which it no longer is.
        until: Timestamp,
    },
}

/// Opens a session in an account. Part of completing a verification; a port of its own where the verification is stored
/// elsewhere.
pub trait OpenSession: Send + Sync {
    /// One conditional write: stores the session, removes those that must go, and forgets all failures and reservations, if and only if
    /// the account's sessions have not changed so that more than [`domain::MAX_SESSIONS`] would remain, and the account still
    /// [admits](domain::Account::admits) the version of the factors that it is opened with. A session that is
    /// stored already stays as it is by then, and that is [`SessionOpening::Opened`], too; another one of its id is
    /// [`StoreErrorKind::Corrupt`](crate::StoreErrorKind::Corrupt), and nothing changes.
    fn open_session(
        &self,
        session: &Session,
        evicted: &[domain::SessionId],
    ) -> impl Future<Output = Result<SessionOpening, StoreError>> + Send;

    /// One conditional write: revokes a session that was opened for a verification which then could not be completed. No token of it was
    /// ever given out, so that nothing has happened that an event would tell. Repeating it is harmless, and one that is not there
    /// is no error.
    fn withdraw_session(&self, session: &Session) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// What came of opening a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionOpening {
    /// The session is stored.
    Opened,
    /// The account's sessions have changed: others must go. This is the account now.
    Changed(Box<Account>),
    /// The user's factors were rotated, or the user erased, since the verification was opened: it opens no session any more.
    Superseded,
}

/// Reads an account. An operator's port.
pub trait FindAccount: Send + Sync {
    /// The account, strongly consistent; `None` if nothing ever happened to it, or all of it is over.
    fn find_account(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> impl Future<Output = Result<Option<Account>, StoreError>> + Send;
}

/// Forgets an account's failures. An operator's port; no function on the request path has it.
pub trait UnlockAccount: Send + Sync {
    /// One conditional write: forgets all failures and reservations and keeps the event of it, if and only if the failures are still
    /// `known`, which are not none; sessions stay.
    fn unlock_account(
        &self,
        tenant: TenantId,
        user: UserId,
        known: &Failures,
        event: &OutboxEvent,
    ) -> impl Future<Output = Result<Unlocking, StoreError>> + Send;
}

/// What came of unlocking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlocking {
    /// The failures are forgotten.
    Unlocked,
    /// The failures are others by now: nothing changed.
    Changed,
}
