//! The operations, drawn from a seed.

use std::time::Duration;

use domain::Entropy;
use store::StoreErrorKind;
use testkit::{Fault, SeededEntropy};

/// One step of a list, with what goes wrong in it.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) operation: Operation,
    /// Strikes this call of this port from now on, also in a later step.
    pub(crate) fault: Option<(&'static str, usize, Fault)>,
    /// How often the first processes of the step are woken before they die; the others live on.
    pub(crate) lives: Vec<Option<u32>>,
    /// Draws which process goes on.
    pub(crate) schedule: u64,
}

/// What a step does. Positions count among what exists when it is taken.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    /// Enroll somebody, perhaps again.
    Enroll { person: usize },
    /// Open a verification of somebody.
    Initiate { person: usize },
    /// Send the same opening several times at once; whoever is answered makes an attempt at once.
    Hurry { person: usize, presented: Vec<Presented> },
    /// Repeat an opening to the letter, several times at once.
    RepeatInitiate { verification: usize, at_once: usize },
    /// Present factors, several times at once.
    Attempt { verification: usize, presented: Presented, at_once: usize },
    /// Repeat an attempt to the letter, several times at once.
    RepeatAttempt { verification: usize, attempt: usize, at_once: usize },
    /// Send another attempt under the key of one before.
    ReuseKey { verification: usize, attempt: usize },
    /// Ask how a verification stands.
    Status { verification: usize },
    /// Ask whether a token counts.
    Introspect { token: usize },
    /// Exchange a session's first refresh token, perhaps again.
    Refresh { token: usize },
    /// Revoke a session.
    Revoke { token: usize },
    /// Repeat a revocation to the letter.
    RepeatRevoke { revocation: usize },
    /// Have the operator unlock an account.
    Unlock { person: usize },
    /// Destroy a person's key at the store.
    Shred { person: usize },
    /// Let time pass; among others, while they are at work.
    Wait(Duration),
    /// Replace every function's process.
    Restart,
    /// All of these at once.
    AtOnce(Vec<Operation>),
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

/// What the steps of a list have in common.
struct Kind {
    is_disturbed: bool,
    people: u32,
    /// How many of eight attempts present the right factors.
    right: usize,
}

/// The list of a seed. Nothing goes wrong in every tenth; and every eighth is about somebody who has many sessions.
pub(crate) fn list(seed: u64) -> Vec<Step> {
    let entropy = SeededEntropy::new(seed);
    let (people, right) = if seed % 8 == 5 { (1, 6) } else { (PEOPLE, 3) };
    let kind = Kind { is_disturbed: !seed.is_multiple_of(10), people, right };
    (0..OPERATIONS).map(|_| Step::draw(&entropy, &kind)).collect()
}

impl Step {
    fn draw(entropy: &SeededEntropy, kind: &Kind) -> Self {
        let operation = Operation::draw(entropy, kind);
        let schedule = (entropy as &dyn Entropy).array().map(u64::from_be_bytes).unwrap();
        let fault =
            one_in(entropy, 4).then(|| (PORTS[below(entropy, 18)], 1 + below(entropy, 2), FAULTS[below(entropy, 4)]));
        let lives: Vec<_> =
            (0..3).map(|_| one_in(entropy, 6).then(|| 1 + u32::try_from(below(entropy, 24)).unwrap())).collect();
        let (fault, lives) = if kind.is_disturbed { (fault, lives) } else { (None, Vec::new()) };
        Self { operation, fault, lives, schedule }
    }
}

impl Operation {
    fn draw(entropy: &SeededEntropy, kind: &Kind) -> Self {
        match below(entropy, 32) {
            0 => Self::Shred { person: below(entropy, kind.people) },
            1 | 2 => Self::Wait(long_or_short(entropy)),
            3 => Self::Restart,
            4..=7 => {
                Self::AtOnce((0..2 + below(entropy, 3)).map(|_| Self::draw_request(entropy, kind, false)).collect())
            }
            _ => Self::draw_request(entropy, kind, true),
        }
    }

    /// One that is made of requests. Among others, it is one request, or what happens beside requests.
    fn draw_request(entropy: &SeededEntropy, kind: &Kind, is_alone: bool) -> Self {
        let at_once = |most: u32| if is_alone && one_in(entropy, 3) { 2 + below(entropy, most - 1) } else { 1 };
        match below(entropy, 32) {
            0 => Self::Enroll { person: below(entropy, kind.people) },
            1..=4 => Self::Initiate { person: below(entropy, kind.people) },
            5 | 6 => {
                let presented = (0..=below(entropy, 3)).map(|_| Presented::draw(entropy, kind)).collect();
                Self::Hurry { person: below(entropy, kind.people), presented }
            }
            7 => Self::RepeatInitiate { verification: below(entropy, 64), at_once: at_once(3) },
            8..=16 => Self::Attempt {
                verification: below(entropy, 64),
                presented: Presented::draw(entropy, kind),
                at_once: at_once(5),
            },
            17..=20 => Self::RepeatAttempt {
                verification: below(entropy, 64),
                attempt: below(entropy, 64),
                at_once: at_once(3),
            },
            21 => Self::ReuseKey { verification: below(entropy, 64), attempt: below(entropy, 64) },
            22 => Self::Status { verification: below(entropy, 64) },
            23 | 24 => Self::Introspect { token: below(entropy, 64) },
            25 | 26 => Self::Revoke { token: below(entropy, 64) },
            27 => Self::RepeatRevoke { revocation: below(entropy, 64) },
            28 => Self::Unlock { person: below(entropy, kind.people) },
            29 if is_alone => Self::Refresh { token: below(entropy, 64) },
            29 => Self::Shred { person: below(entropy, kind.people) },
            30 | 31 if !is_alone => Self::Wait(WAITS[below(entropy, 5)]),
            _ => Self::Attempt { verification: below(entropy, 64), presented: Presented::Right, at_once: 1 },
        }
    }
}

impl Presented {
    fn draw(entropy: &SeededEntropy, kind: &Kind) -> Self {
        match below(entropy, 8) {
            7 => Self::Mismatched,
            drawn if drawn < kind.right => Self::Right,
            _ => Self::Wrong,
        }
    }
}

/// A number below `bound`.
pub(crate) fn below(entropy: &SeededEntropy, bound: u32) -> usize {
    (entropy as &dyn Entropy).below(bound).unwrap() as usize
}

fn one_in(entropy: &SeededEntropy, chances: u32) -> bool {
    below(entropy, chances) == 0
}

fn long_or_short(entropy: &SeededEntropy) -> Duration {
    if one_in(entropy, 4) { LONG_WAITS[below(entropy, 3)] } else { WAITS[below(entropy, 5)] }
}

/// How many people there are: three are enrolled at first.
pub(crate) const PEOPLE: u32 = 4;

const OPERATIONS: usize = 20;

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

const PORTS: [&str; 18] = [
    "FindEnrollment",
    "CreateEnrollment",
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
    "FindSession",
    "FindSessionEpoch",
    "RotateRefreshToken",
    "UnlockAccount",
];

const FAULTS: [Fault; 4] = [
    Fault::FailBefore(StoreErrorKind::Throttled),
    Fault::FailAfter(StoreErrorKind::Unavailable),
    Fault::HangBefore,
    Fault::HangAfter,
];
