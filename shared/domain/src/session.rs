//! A session: what remains of a successful verification for as long as its tokens live.

use std::time::Duration;

use jiff::Timestamp;

use crate::{SecretHash, SessionId, TenantId, UserId};

/// How long a session lives at most, however often it is refreshed (NIST SP 800-63B-4 §2.2.3 allows 24 hours at AAL2; half
/// of it, for payments).
pub const SESSION_LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

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
    /// When the user was verified.
    pub created_at: Timestamp,
    /// When the session ends whatever happens.
    pub expires_at: Timestamp,
    /// The hash of the current refresh token.
    pub refresh_token: SecretHash,
    /// When the session was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

impl Session {
    /// Whether the session's tokens still count at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}
