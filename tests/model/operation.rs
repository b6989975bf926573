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
    /// Repeat an attempt to the letter.
    RepeatAttempt { verification: usize, attempt: usize },
    /// Ask how a verification stands.
    Status { verification: usize },
    /// Revoke a session.
    Revoke { token: usize },
    /// Let time pass.
    Wait(Duration),
    /// Plan a fault for the next call of a port.
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
        match below(20) {
            0..=3 => Self::Initiate { person: below(4) },
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
            11 => Self::RepeatAttempt { verification: below(64), attempt: below(64) },
            12 | 13 => Self::Status { verification: below(64) },
            14 => Self::Revoke { token: below(64) },
            15 | 16 => Self::Wait(Duration::from_secs([1, 20, 90, 299][below(4)])),
            17 | 18 => Self::Fault {
                port: [
                    "FindEnrollment",
                    "OpenVerification",
                    "ClaimAttempt",
                    "FailAttempt",
                    "CompleteVerification",
                    "RecordEvent",
                ][below(6)],
                fault: if below(2) == 0 {
                    Fault::FailBefore(StoreErrorKind::Throttled)
                } else {
                    Fault::FailAfter(StoreErrorKind::Unavailable)
                },
            },
            _ => Self::Restart,
        }
    }
}
