//! The operations, drawn from a seed.

use std::time::Duration;

use domain::Entropy;
use store::StoreErrorKind;
use testkit::{Fault, SeededEntropy};

/// One step of a list. Positions count among what exists when the step is taken.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation {
    /// Open a verification of somebody; the last person does not exist.
    Initiate { person: usize },
    /// Repeat an initiate to the letter.
    RepeatInitiate { verification: usize },
    /// Present factors, several times at once.
    Attempt { verification: usize, presented: Presented, at_once: usize },
    /// Repeat an attempt to the letter, several times at once.
    RepeatAttempt { verification: usize, attempt: usize, at_once: usize },
    /// Send another attempt under the key of one before.
    ReuseKey { verification: usize, attempt: usize },
    /// Ask how a verification stands.
    Status { verification: usize },
    /// Revoke a session.
    Revoke { token: usize },
    /// Repeat a revocation to the letter.
    RepeatRevoke { revocation: usize },
    /// Have the operator unlock an account.
    Unlock { person: usize },
    /// Let time pass.
    Wait(Duration),
    /// Plan a fault for the next call of a port. A call that hangs is one whose process dies there.
    Fault { port: &'static str, fault: Fault },
    /// Replace every function's process.
    Restart,
}

/// What an attempt presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presented {
    /// All factors right.
    Right,
    /// At least one wrong.
    Wrong,
    /// Other types than asked for.
    Mismatched,
}

impl Operation {
    /// Draws one.
    pub(crate) fn draw(entropy: &SeededEntropy) -> Self {
        let below = |bound: u32| (entropy as &dyn Entropy).below(bound).unwrap() as usize;
        match below(24) {
            0..=3 => Self::Initiate { person: below(PEOPLE) },
            4 => Self::RepeatInitiate { verification: below(64) },
            5..=10 => Self::Attempt {
                verification: below(64),
                presented: match below(8) {
                    0..=2 => Presented::Right,
                    3..=6 => Presented::Wrong,
                    _ => Presented::Mismatched,
                },
                at_once: if below(4) == 0 { 2 + below(5) } else { 1 },
            },
            11..=13 => Self::RepeatAttempt {
                verification: below(64),
                attempt: below(64),
                at_once: if below(3) == 0 { 3 } else { 1 },
            },
            14 => Self::ReuseKey { verification: below(64), attempt: below(64) },
            15 => Self::Status { verification: below(64) },
            16 => Self::Revoke { token: below(64) },
            17 => Self::RepeatRevoke { revocation: below(64) },
            18 => match below(4) {
                0 => Self::Unlock { person: below(PEOPLE) },
                1 => Self::Wait(LONG_WAITS[below(3)]),
                _ => Self::Wait(WAITS[below(5)]),
            },
            19..=22 => Self::Fault { port: PORTS[below(12)], fault: FAULTS[below(4)] },
            _ => Self::Restart,
        }
    }
}

const PEOPLE: u32 = 4;

/// Around the time a request is in flight for, and a verification's life.
const WAITS: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(19),
    Duration::from_secs(20),
    Duration::from_secs(90),
    Duration::from_secs(299),
];

/// The steps of the lockout ladder.
const LONG_WAITS: [Duration; 3] =
    [Duration::from_secs(15 * 60), Duration::from_secs(4 * 3_600), Duration::from_secs(24 * 3_600)];

const PORTS: [&str; 13] = [
    "FindEnrollment",
    "OpenVerification",
    "FindVerification",
    "DrawPermits",
    "ClaimAttempt",
    "ReserveFailure",
    "FailAttempt",
    "CompleteVerification",
    "SendEvents",
    "KeepEvents",
    "BeginRequest",
    "FinishRequest",
    "RevokeSession",
];

const FAULTS: [Fault; 4] = [
    Fault::FailBefore(StoreErrorKind::Throttled),
    Fault::FailAfter(StoreErrorKind::Unavailable),
    Fault::HangBefore,
    Fault::HangAfter,
];
