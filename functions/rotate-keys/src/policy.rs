//! How old keys get, and how their times overlap.
//!
//! ```text
//! made          signs from          the next one signs        retires          removed
//!  ├─ PUBLISHED_BEFORE ─┼─ SIGNING_KEY_AGE ─┼─ PUBLISHED_AFTER ─┼─ KEPT_AFTER ─┤
//!  └──────────────── in the published set ──────────────────────┘
//! ```

use std::time::Duration;

use crypto::{ACCESS_TOKEN_LIFETIME, IAT_SKEW};
use keyring::{JWKS_MAX_AGE, USABLE_FOR};

/// How long a key signs: far below the one to three years of NIST SP 800-57 part 1 rev. 5 §5.3.6, table 1 (private signature key), so
/// that clients meet a rotation often enough to be ready for one.
pub const SIGNING_KEY_AGE: Duration = Duration::from_secs(90 * DAY);

/// How long a branch key is the newest: a year, as long as a symmetric master key is used to protect (the same table).
pub const BRANCH_KEY_AGE: Duration = Duration::from_secs(365 * DAY);

/// How long a key is published before it signs. Whoever keeps the published keys as told knows it by then: the answer that they have
/// was read at most [`USABLE_FOR`] before it was given, and is kept for [`JWKS_MAX_AGE`]. A day leaves time for an operator, too.
pub const PUBLISHED_BEFORE: Duration = Duration::from_secs(DAY);

/// How long a key is published after the next one signs: a process may sign with it for [`USABLE_FOR`] more, and its tokens are valid
/// for [`ACCESS_TOKEN_LIFETIME`].
pub const PUBLISHED_AFTER: Duration = Duration::from_secs(2 * HOUR);

/// How long a key is stored after it has retired, for somebody who asks what it was.
pub const KEPT_AFTER: Duration = Duration::from_secs(DAY);

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

const _: () = assert!(PUBLISHED_BEFORE.as_secs() > USABLE_FOR.as_secs() + JWKS_MAX_AGE.as_secs() + CLOCK_ERROR);
const _: () = assert!(PUBLISHED_AFTER.as_secs() > USABLE_FOR.as_secs() + ACCESS_TOKEN_LIFETIME.as_secs() + CLOCK_ERROR);
const _: () = assert!(SIGNING_KEY_AGE.as_secs() > PUBLISHED_BEFORE.as_secs() + PUBLISHED_AFTER.as_secs());

/// More than clocks differ by.
const CLOCK_ERROR: u64 = 60 + IAT_SKEW.as_secs();
