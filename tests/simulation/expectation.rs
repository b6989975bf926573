//! What attempts must come to, as far as what is stored before them tells.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use domain::{ATTEMPTS_ALLOWED, Account, Attempt, AttemptState, IdempotencyKey, Verification};
use jiff::Timestamp;

use crate::ladder::Ladder;
use crate::operation::Presented;

/// The verification is over, or its attempts are used up.
pub(crate) const CLOSED: u16 = 409;

/// The request is being executed: 409 on the wire, too.
pub(crate) const IN_FLIGHT: u16 = 425;

/// What is stored of a verification and of its user at an instant.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) verification: Verification,
    pub(crate) account: Account,
    pub(crate) now: Timestamp,
}

/// What attempts come to.
#[derive(Debug)]
pub(crate) struct Expectation {
    /// The answers, counted by status, with [`IN_FLIGHT`] apart from [`CLOSED`]: one of these.
    pub(crate) answers: Vec<BTreeMap<u16, usize>>,
    /// How many attempts are claimed by them.
    pub(crate) claimed: RangeInclusive<usize>,
    /// How many comparisons they cost.
    pub(crate) comparisons: RangeInclusive<u64>,
    /// How many failures the account has afterwards.
    pub(crate) failures: RangeInclusive<usize>,
}

impl Snapshot {
    /// Attempts under keys of their own, made at once.
    pub(crate) fn attempting(&self, presented: Presented, exists: bool, at_once: usize) -> Expectation {
        let left = usize::from(ATTEMPTS_ALLOWED) - self.verification.attempts.len();
        if self.is_over() || left == 0 {
            return self.refusing(CLOSED, at_once);
        }
        if presented == Presented::Mismatched {
            return self.refusing(422, at_once);
        }
        let claimed = left.min(at_once);
        let decided = self.deciding(presented == Presented::Right && exists, claimed);
        let refused = at_once - claimed;
        let answers = decided.answers.into_iter().map(|answers| with(answers, CLOSED, refused)).collect();
        Expectation { answers, ..decided }
    }

    /// A request that was made before, made again this often at once.
    pub(crate) fn repeating(&self, key: IdempotencyKey, first: (Presented, bool), at_once: usize) -> Expectation {
        let Some(attempt) = self.verification.attempts.get(&key) else {
            // It never reached its claim: one of these is its first execution.
            let first = self.attempting(first.0, first.1, 1);
            return if *first.claimed.end() == 0 {
                self.refusing(only_status(&first), at_once)
            } else {
                first.shared(at_once)
            };
        };
        match attempt.state {
            AttemptState::Right => self.refusing(200, at_once),
            AttemptState::Wrong { .. } => self.refusing(401, at_once),
            AttemptState::Claimed if self.verification.verified.is_some() => self.refusing(CLOSED, at_once),
            AttemptState::Claimed if !self.is_abandoned(attempt) => self.refusing(IN_FLIGHT, at_once),
            AttemptState::Claimed if self.is_over() => self.refusing(CLOSED, at_once),
            AttemptState::Claimed => self.taking_over(first.0 == Presented::Right && first.1).shared(at_once),
        }
    }

    /// The status that it is in.
    pub(crate) fn status(&self) -> &'static str {
        let wrong = |attempt: &&Attempt| matches!(attempt.state, AttemptState::Wrong { .. });
        let wrong = self.verification.attempts.values().filter(wrong).count();
        match () {
            () if self.verification.verified.is_some() => "verified",
            () if wrong >= usize::from(ATTEMPTS_ALLOWED) => "failed",
            () if self.now >= self.verification.expires_at => "expired",
            () => "open",
        }
    }

    /// Whether the user is locked out.
    pub(crate) fn is_locked(&self) -> bool {
        Ladder::of(&self.account, self.now).is_locked(self.now)
    }

    fn is_over(&self) -> bool {
        self.verification.verified.is_some() || self.now >= self.verification.expires_at
    }

    fn is_abandoned(&self, attempt: &Attempt) -> bool {
        self.now.duration_since(attempt.claimed_at).unsigned_abs() >= Duration::from_secs(20)
    }

    /// Nothing is decided, and nothing counted.
    pub(crate) fn refusing(&self, status: u16, at_once: usize) -> Expectation {
        let failures = self.account.failures.instants().len();
        let answers = vec![with(BTreeMap::new(), status, at_once)];
        Expectation { answers, claimed: 0..=0, comparisons: 0..=0, failures: failures..=failures }
    }

    /// New attempts of which this many can be claimed: each is reserved, unless the account is locked by then, and compared.
    fn deciding(&self, is_right: bool, claimed: usize) -> Expectation {
        let mut ladder = Ladder::of(&self.account, self.now);
        let before = self.account.failures.instants().len();
        let reserved = ladder.reserve(claimed, self.now);
        let after = if reserved == 0 { before } else { ladder.failures() };
        let comparisons = claimed as u64;
        if !is_right || reserved == 0 {
            let answers = vec![with(BTreeMap::new(), 401, claimed)];
            return Expectation {
                answers,
                claimed: claimed..=claimed,
                comparisons: comparisons..=comparisons,
                failures: after..=after,
            };
        }
        // One verifies; another one comes too late, also to be claimed, or is locked out if it was reserved too late. What is reserved
        // after the success stays counted.
        let others = claimed - 1;
        let answers = (0..=claimed - reserved).map(|locked| {
            let verified = with(BTreeMap::new(), 200, 1);
            with(with(verified, 401, locked), CLOSED, others - locked)
        });
        Expectation {
            answers: answers.collect(),
            claimed: 1..=claimed,
            comparisons: 1..=comparisons,
            failures: 0..=others,
        }
    }

    /// An attempt that is claimed again: it may have a reservation, whatever became of the account since.
    fn taking_over(&self, is_right: bool) -> Expectation {
        let mut anew = self.deciding(is_right, 1);
        anew.claimed = 0..=0;
        let before = self.account.failures.instants().len();
        if is_right && self.is_locked() {
            anew.answers.push(with(BTreeMap::new(), 200, 1));
            anew.failures = 0..=before;
        } else if !is_right {
            anew.failures = before.min(*anew.failures.start())..=before.max(*anew.failures.end());
        }
        anew
    }
}

impl Expectation {
    /// Of one execution that several requests share: the others get its answer, or are told that it is in flight.
    fn shared(self, at_once: usize) -> Self {
        let others = at_once - 1;
        let answers = self.answers.into_iter().flat_map(|answers| {
            let status = *answers.keys().next().unwrap();
            (0..=others)
                .map(move |answered| with(with(answers.clone(), status, answered), IN_FLIGHT, others - answered))
        });
        Self { answers: answers.collect(), ..self }
    }
}

fn only_status(expectation: &Expectation) -> u16 {
    *expectation.answers[0].keys().next().unwrap()
}

fn with(mut answers: BTreeMap<u16, usize>, status: u16, count: usize) -> BTreeMap<u16, usize> {
    if count > 0 {
        *answers.entry(status).or_default() += count;
    }
    answers
}
