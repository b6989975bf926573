//! The verification state machine: open → verified | failed | expired. All three ends are final.
//!
//! - A verification is open until it is verified, has failed, or reaches `expires_at` (exclusive).
//! - An attempt is *claimed* before anything is compared; at most [`ATTEMPTS_ALLOWED`] are ever claimed, each under its own
//!   idempotency key. A claimed attempt stays counted, whatever becomes of the process that claimed it.
//! - It has failed when that many attempts have *ended wrong*. While a claimed one is undecided it is still open, so a
//!   status never goes back from failed to verified.
//! - It is verified by the first right attempt to complete before `expires_at`; the others are refused.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::{
    BranchKeyVersion, FactorSet, IN_FLIGHT_FOR, IdempotencyKey, RequestFingerprint, RequestNonce, Sealed, SessionId,
    SessionSeed, TenantId, TransactionHash, UserId, VerificationId,
};

/// Attempts per verification (NIST SP 800-63B-4 §3.2.2 allows up to 100 per account; the seeds' systems use 3).
pub const ATTEMPTS_ALLOWED: u8 = 3;

/// How long a verification stays open.
pub const VERIFICATION_LIFETIME: Duration = Duration::from_secs(300);

/// What is stored of one verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The owner.
    pub tenant: TenantId,
    /// The verification's id.
    pub id: VerificationId,
    /// The person that it is about; one that may not exist.
    pub user: UserId,
    /// The factors that it asks for.
    pub asked: FactorSet,
    /// The user's `key_version` when it was opened; 0 for a decoy's.
    pub key_version: u32,
    /// The branch key that it was opened with.
    pub branch_key_version: BranchKeyVersion,
    /// What its session's refresh token depends on besides keys.
    pub seed: SessionSeed,
    /// How many turns at the pool of derivations an attempt takes beyond one: none, unless the asked set's verifier was imported.
    pub further_turns: u8,
    /// What the token will be bound to.
    pub transaction: Option<TransactionHash>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// The first instant at which it is no longer open.
    pub expires_at: Timestamp,
    /// The claimed attempts by their idempotency keys.
    pub attempts: BTreeMap<IdempotencyKey, Attempt>,
    /// How it ended, if with success.
    pub verified: Option<Verified>,
    /// The request that opened it, so that its retry is recognised.
    pub request: RequestFingerprint,
}

/// A claimed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// The keyed hash of its body: the same key with another body is another request.
    pub body: [u8; 32],
    /// When it was claimed, or claimed again after its process had died.
    pub claimed_at: Timestamp,
    /// The execution that claimed it.
    pub nonce: RequestNonce,
    /// What became of it.
    pub state: AttemptState,
}

impl Attempt {
    /// Whether it is this execution's to decide.
    #[must_use]
    pub fn is_claimed_by(&self, nonce: RequestNonce) -> bool {
        self.state == AttemptState::Claimed && self.nonce == nonce
    }

    /// Whether the process that claimed it has died, so that the same request may be executed again.
    #[must_use]
    pub fn is_abandoned(&self, now: Timestamp) -> bool {
        self.state == AttemptState::Claimed && self.claimed_at + IN_FLIGHT_FOR <= now
    }
}

/// What became of a claimed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptState {
    /// Claimed, not decided: in flight, or its process died.
    Claimed,
    /// Compared and wrong; how many attempts remained after its claim.
    Wrong {
        /// Attempts that were left, as its caller was told.
        attempts_remaining: u8,
    },
    /// Compared and right, and the one that completed the verification.
    Right,
}

/// How a verification ended with success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// When.
    pub at: Timestamp,
    /// The session that it opened.
    pub session: SessionId,
    /// The answer, sealed for a retry of the same request.
    pub answer: Sealed,
}

/// Where a verification is stored, as its id tells: it is looked for nowhere else, so that it exists once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// In the ephemeral table.
    Table,
    /// In the cache.
    Cache,
}

impl VerificationId {
    /// The id made of a keyed function's bytes for this home.
    #[must_use]
    pub fn at_home(mut bytes: [u8; 16], home: Home) -> Self {
        let [.., last] = &mut bytes;
        *last = (*last & !1) | u8::from(home == Home::Cache);
        Self::from_keyed_bytes(bytes)
    }

    /// Where it is stored.
    #[must_use]
    pub const fn home(&self) -> Home {
        let [.., last] = *self.as_bytes();
        if last & 1 == 1 { Home::Cache } else { Home::Table }
    }
}

/// The status on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerificationStatus {
    /// Attempts can be made, or one is undecided.
    Open,
    /// The user was verified.
    Verified,
    /// All attempts were wrong.
    Failed,
    /// Its time ran out first.
    Expired,
}

impl VerificationStatus {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Verified => "verified",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }
}

impl Verification {
    /// The status at `now`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> VerificationStatus {
        let wrong =
            self.attempts.values().filter(|attempt| matches!(attempt.state, AttemptState::Wrong { .. })).count();
        if self.verified.is_some() {
            VerificationStatus::Verified
        } else if wrong >= usize::from(ATTEMPTS_ALLOWED) {
            VerificationStatus::Failed
        } else if now >= self.expires_at {
            VerificationStatus::Expired
        } else {
            VerificationStatus::Open
        }
    }

    /// How many attempts can still be claimed.
    #[must_use]
    pub fn attempts_remaining(&self) -> u8 {
        let claimed = u8::try_from(self.attempts.len()).unwrap_or(u8::MAX);
        ATTEMPTS_ALLOWED.saturating_sub(claimed)
    }

    /// Whether an attempt may be claimed at `now`.
    #[must_use]
    pub fn takes_attempts(&self, now: Timestamp) -> bool {
        self.status(now) == VerificationStatus::Open && self.attempts_remaining() > 0
    }
}
