//! The operations, drawn from a seed.

use std::time::Duration;

use domain::Entropy;
use store::StoreErrorKind;
use testkit::{Fault, SeededEntropy};

use crate::mortal::Life;

/// One step of a list. Positions count among what exists when the step is taken.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation {
    /// Enroll somebody, perhaps again.
    Enroll { person: usize },
    /// Open a verification of somebody; the last person does not exist.
    Initiate { person: usize },
    /// Make attempts at once.
    Attempt { verification: usize, presented: Presented, at_once: usize },
    /// Repeat a request to the letter.
    Repeat { sent: usize },
    /// Send another request under the key of one before.
    ReuseKey { sent: usize },
    /// Revoke a session.
    Revoke { token: usize },
    /// Ask for something that is refused.
    Refused { how: Refusal },
    /// Have the operator unlock an account.
    Unlock { person: usize },
    /// Have the operator change the list.
    PutListing,
    /// Have the operator change the list back.
    RemoveListing,
    /// Let time pass.
    Wait(Duration),
    /// Replace every function's process.
    Restart,
}

/// What an attempt presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presented {
    Right,
    Wrong,
    Mismatched,
}

/// Requests that change nothing: what is unknown in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    ApiKey,
    Verification,
    Enrollment,
}

/// What goes wrong in a step.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Disturbance {
    pub(crate) fault: Option<(&'static str, usize, Fault)>,
    pub(crate) life: Life,
}

impl Operation {
    pub(crate) fn draw(entropy: &SeededEntropy) -> Self {
        match below(entropy, 24) {
            0 | 1 => Self::Enroll { person: below(entropy, ENROLLABLE) },
            2..=4 => Self::Initiate { person: below(entropy, PEOPLE) },
            5..=11 => Self::Attempt {
                verification: below(entropy, 64),
                presented: match below(entropy, 8) {
                    0..=2 => Presented::Right,
                    3..=6 => Presented::Wrong,
                    _ => Presented::Mismatched,
                },
                at_once: [1, 1, 1, 2, 3][below(entropy, 5)],
            },
            12..=15 => Self::Repeat { sent: below(entropy, 64) },
            16 => Self::ReuseKey { sent: below(entropy, 64) },
            17 => Self::Revoke { token: below(entropy, 64) },
            18 => {
                Self::Refused { how: [Refusal::ApiKey, Refusal::Verification, Refusal::Enrollment][below(entropy, 3)] }
            }
            19 => Self::Unlock { person: below(entropy, PEOPLE) },
            20 => Self::PutListing,
            21 => Self::RemoveListing,
            22 => Self::Wait(WAITS[below(entropy, 5)]),
            _ => Self::Restart,
        }
    }
}

impl Disturbance {
    /// What goes wrong in one step of a function's, at some of its ports.
    pub(crate) fn draw(entropy: &SeededEntropy) -> Self {
        Self::of(entropy, &PORTS)
    }

    /// What goes wrong on the way of the events.
    pub(crate) fn on_the_way(entropy: &SeededEntropy) -> Self {
        Self::of(entropy, &PORTS_ON_THE_WAY)
    }

    fn of(entropy: &SeededEntropy, ports: &[&'static str]) -> Self {
        let fault = (below(entropy, 3) == 0).then(|| {
            (
                ports[below(entropy, u32::try_from(ports.len()).unwrap())],
                1 + below(entropy, 2),
                FAULTS[below(entropy, 4)],
            )
        });
        let life = (below(entropy, 3) == 0).then(|| 1 + u32::try_from(below(entropy, 24)).unwrap());
        Self { fault, life }
    }
}

pub(crate) fn below(entropy: &SeededEntropy, bound: u32) -> usize {
    (entropy as &dyn Entropy).below(bound).unwrap() as usize
}

/// How many people there are: the last one never enrolls.
const PEOPLE: u32 = 3;
const ENROLLABLE: u32 = 2;

/// Around the time a request is in flight for, a sampled denial's, a verification's, and a lock's.
const WAITS: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(20),
    Duration::from_secs(61),
    Duration::from_secs(300),
    Duration::from_secs(15 * 60),
];

const PORTS: [&str; 17] = [
    "FindEnrollment",
    "FindCurrentEnrollment",
    "CreateEnrollment",
    "OpenVerification",
    "FindVerification",
    "ClaimAttempt",
    "ReserveFailure",
    "FailAttempt",
    "CompleteVerification",
    "SendEvents",
    "SendEvents",
    "KeepEvents",
    "BeginRequest",
    "FinishRequest",
    "RevokeSession",
    "UnlockAccount",
    "ChangeListings",
];

const PORTS_ON_THE_WAY: [&str; 10] = [
    "DrainOutbox",
    "SendEvents",
    "KeepEvents",
    "LeaseShard",
    "RecogniseEvents",
    "AppendBatch",
    "IndexEvents",
    "PutObject",
    "Forward",
    "FindVerification",
];

const FAULTS: [Fault; 4] = [
    Fault::FailBefore(StoreErrorKind::Throttled),
    Fault::FailAfter(StoreErrorKind::Unavailable),
    Fault::HangBefore,
    Fault::HangAfter,
];
