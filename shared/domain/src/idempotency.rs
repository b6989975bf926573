//! Idempotency keys: a `UUIDv7` per state-changing request, fresh for five minutes.
//!
//! ```text
//!        now − 5 min            now            now + 5 min
//! stale ──────┼──────── accepted ┼ accepted ────────┼────── not yet
//! ```
//! A key outside the window is refused, a key inside it is remembered by the item it made for longer than the window; so a
//! captured request is never executed again.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use crate::id::{parse_hyphenated, uuid_v7_timestamp};

/// How far the time inside a key may be from our clock, in either direction.
pub const IDEMPOTENCY_WINDOW: Duration = Duration::from_secs(300);

/// How long a request is taken to be in flight: longer than any function answers (15 s), no longer than Lambda lets it run. Afterwards
/// its process has died, and the same key works again.
pub const IN_FLIGHT_FOR: Duration = Duration::from_secs(20);

/// A caller's name for one intended change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(Uuid);

impl IdempotencyKey {
    /// Parses the header's text and compares the time inside it with `now`.
    ///
    /// # Errors
    /// [`IdempotencyKeyRefused`] tells a malformed key from a stale one.
    pub fn parse(unverified_text: &str, now: Timestamp) -> Result<Self, IdempotencyKeyRefused> {
        let key: Self = unverified_text.parse()?;
        let made_at = uuid_v7_timestamp(&key.0).ok_or(IdempotencyKeyRefused::Malformed)?;
        if now.duration_since(made_at).unsigned_abs() > IDEMPOTENCY_WINDOW {
            return Err(IdempotencyKeyRefused::Stale);
        }
        Ok(key)
    }

    /// A key of our own for `at`, for a change that no request asks for, with 10 random bytes behind the milliseconds.
    #[must_use]
    pub fn at(at: Timestamp, random: &[u8; 10]) -> Self {
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid())
    }

    /// When the caller made the key, to the millisecond.
    #[must_use]
    pub fn made_at(&self) -> Timestamp {
        // Parsing has read this time before.
        uuid_v7_timestamp(&self.0).unwrap_or_default()
    }

    /// The key's 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl FromStr for IdempotencyKey {
    type Err = IdempotencyKeyRefused;

    /// Reads a key back from a stored record, whatever its age.
    fn from_str(text: &str) -> Result<Self, IdempotencyKeyRefused> {
        let uuid = parse_hyphenated(text).map_err(|_| IdempotencyKeyRefused::Malformed)?;
        uuid_v7_timestamp(&uuid).map(|_| Self(uuid)).ok_or(IdempotencyKeyRefused::Malformed)
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.as_hyphenated(), f)
    }
}

/// Why a key is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdempotencyKeyRefused {
    /// Not a `UUIDv7` in hyphenated form.
    #[error("not a version 7 UUID")]
    Malformed,
    /// The time inside is more than five minutes from ours.
    #[error("its time is more than five minutes from the server's")]
    Stale,
}

/// A keyed hash of a request's body, which tells a retry from another request under the same key.
///
/// Keyed because bodies hold digests: a plain hash in a table would let its thief guess them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestFingerprint {
    /// The request's idempotency key.
    pub key: IdempotencyKey,
    /// The keyed hash of its body.
    pub body: [u8; 32],
}

/// Names one execution of a request, so that a process whose write's answer was lost knows its own write again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestNonce(pub [u8; 8]);

#[cfg(test)]
mod tests {
    use uuid::Builder;

    use super::*;

    const NOW_SECONDS: u64 = 1_790_000_000;

    fn key_at(seconds: u64) -> Result<IdempotencyKey, IdempotencyKeyRefused> {
        let text = Builder::from_unix_timestamp_millis(seconds * 1000, &[9; 10]).into_uuid().to_string();
        IdempotencyKey::parse(&text, Timestamp::from_second(i64::try_from(NOW_SECONDS).unwrap()).unwrap())
    }

    #[test]
    fn a_key_is_fresh_for_five_minutes_either_way() {
        assert!(key_at(NOW_SECONDS - 300).is_ok());
        assert!(key_at(NOW_SECONDS + 300).is_ok());
        assert_eq!(key_at(NOW_SECONDS - 301), Err(IdempotencyKeyRefused::Stale));
        assert_eq!(key_at(NOW_SECONDS + 301), Err(IdempotencyKeyRefused::Stale));
    }

    #[test]
    fn only_version_7_is_a_key() {
        for text in ["", "x", "f47ac10b-58cc-4372-a567-0e02b2c3d479", "00000000-0000-0000-0000-000000000000"] {
            assert_eq!(text.parse::<IdempotencyKey>(), Err(IdempotencyKeyRefused::Malformed));
        }
    }
}
