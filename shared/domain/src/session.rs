//! A session: what remains of a successful verification for as long as its tokens live.
//!
//! ```text
//! created_at      refreshed_at      refreshed_at + idle        expires_at
//!     ┼──── live ──────┼──────── live ──────────┼ over            │
//!     ┼──── live ──────┼──────── live ──── each refresh moves the end of idleness ──── at most to ─┼ over
//! ```

use std::time::Duration;

use jiff::Timestamp;

use crate::{Acr, SecretHash, SessionId, TenantId, UserId};

/// How long sessions live. A policy, so that it stands in one place:
///
/// - A session that is not refreshed for [`SessionProfile::idle`] is over. So is one that is [`SessionProfile::lifetime`] old,
///   however often it was refreshed; then the user verifies again.
/// - Both are compared with the clock whenever a session is read. Nothing needs to run for a session to end.
/// - What counts as activity is a refresh: an access token is checked offline by others, who tell nobody of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionProfile {
    /// How long after it was opened or last refreshed a session is over.
    pub idle: Duration,
    /// How long after it was opened a session is over, whatever happens.
    pub lifetime: Duration,
}

impl SessionProfile {
    /// What NIST SP 800-63B-4 §2.3.3 asks of the highest assurance level, AAL3: 12 hours over all and 15 minutes without activity.
    /// (AAL2 would allow 24 hours and 1 hour, §2.2.3.) A service that shows a payment account online must see to the 5 minutes of
    /// the PSD2 RTS (2018/389, Art. 4(3)(d)) by itself: only it sees what its user does.
    pub const PAYMENTS: Self = Self { idle: Duration::from_secs(15 * 60), lifetime: Duration::from_secs(12 * 60 * 60) };

    /// When a session ends at the latest that was opened at `created_at`.
    #[must_use]
    pub fn end_of(self, created_at: Timestamp) -> Timestamp {
        created_at.saturating_add(self.lifetime).unwrap_or(Timestamp::MAX)
    }
}

/// What is stored of one session. Tokens are stored as hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The owner.
    pub tenant: TenantId,
    /// The person.
    pub user: UserId,
    /// The session's id, the token's `sid`.
    pub id: SessionId,
    /// The version of the user's factors that it was opened with.
    pub key_version: u32,
    /// How the user was verified: the `acr` of all of its tokens.
    pub acr: Acr,
    /// When the user was verified: the `auth_time` of all of its tokens.
    pub created_at: Timestamp,
    /// When its refresh token was last exchanged; at first, when it was created.
    pub refreshed_at: Timestamp,
    /// When the session ends whatever happens.
    pub expires_at: Timestamp,
    /// The tenant's epoch when it was opened. Once the tenant has another, the session is over.
    pub epoch: SessionEpoch,
    /// The hash of what all of its refresh tokens have in common.
    pub family: SecretHash,
    /// The hash of the current refresh token.
    pub refresh_token: SecretHash,
    /// Whether the verification that opened it approved a transaction, which its refreshed tokens do not tell.
    pub approved_transaction: bool,
    /// When the session was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

impl Session {
    /// Whether the session's tokens still count at `now`, as far as the session itself tells. Its tenant's epoch is to be asked
    /// besides: [`Session::is_live_in`].
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at && now < self.idle_at()
    }

    /// Whether the session's tokens still count at `now`, in its tenant's current epoch.
    #[must_use]
    pub fn is_live_in(&self, epoch: SessionEpoch, now: Timestamp) -> bool {
        self.epoch == epoch && self.is_live(now)
    }

    /// The first instant at which it is over, unless it is refreshed before, or revoked.
    #[must_use]
    pub fn idle_at(&self) -> Timestamp {
        let idle = self.refreshed_at.saturating_add(SessionProfile::PAYMENTS.idle).unwrap_or(Timestamp::MAX);
        idle.min(self.expires_at)
    }
}

/// How often all sessions of a tenant were revoked at once. A session counts in the epoch that it was opened in and in no other,
/// so that one number ends them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SessionEpoch(u64);

impl SessionEpoch {
    /// Before anything was revoked.
    pub const FIRST: Self = Self(0);

    /// The epoch of this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number, from 0.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The one after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}
