//! How long a call to another service may take. Every call of every client has these deadlines.
//!
//! | | | why |
//! |---|---|---|
//! | connecting | 500 ms | within a region it takes single milliseconds; TLS is included |
//! | one attempt | 800 ms | DynamoDB, SQS and KMS answer within tens of milliseconds; a slower answer is a lost one |
//! | attempts | 2 | one retry covers a lost packet or a closed connection; more would multiply an outage |
//! | pause before the retry | ≤ 50 ms | so that the second attempt fits |
//! | the whole call | 1,500 ms | what a function's timeout is a multiple of |
//!
//! ```text
//! 0 ms ──── attempt 1 ──── 800 ms ─ pause ─ 850 ms ──── attempt 2 ──── 1,500 ms: the call has no outcome, answer 503
//! ```
//! A function's Lambda timeout is longer than [`worst_case`] of its serial waits, so that it always answers by itself.

use std::time::Duration;

/// The longest that connecting may take, TLS included.
pub const CONNECT_DEADLINE: Duration = Duration::from_millis(500);

/// The longest that one attempt of a call may take.
pub const ATTEMPT_DEADLINE: Duration = Duration::from_millis(800);

/// Attempts of one call, the first included.
pub const ATTEMPTS: u32 = 2;

/// The longest pause before the second attempt.
pub(crate) const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// The longest that a whole call may take, with all its attempts.
pub const CALL_DEADLINE: Duration = Duration::from_millis(1_500);

/// The longest that a key derivation may take, with its wait for a place in the pool.
pub const KDF_ALLOWANCE: Duration = Duration::from_secs(2);

/// The longest that a request takes which waits for `calls` calls, one after the other, and runs `derivations` key
/// derivations.
#[must_use]
pub const fn worst_case(calls: u32, derivations: u32) -> Duration {
    CALL_DEADLINE.saturating_mul(calls).saturating_add(KDF_ALLOWANCE.saturating_mul(derivations))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e4_a_second_attempt_begins_before_the_call_ends() {
        assert!(CONNECT_DEADLINE < ATTEMPT_DEADLINE);
        assert!(ATTEMPT_DEADLINE * (ATTEMPTS - 1) + RETRY_PAUSE + CONNECT_DEADLINE < CALL_DEADLINE);
    }

    #[test]
    fn the_worst_case_adds_up_waits_and_derivations() {
        assert_eq!(worst_case(3, 1), Duration::from_millis(6_500));
    }
}
