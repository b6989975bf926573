//! What happened, as far as anybody can know without looking at an event.

use std::collections::{BTreeMap, BTreeSet};

use domain::{SessionId, VerificationId};
use jiff::Timestamp;

/// One thing that happened, in the words of what is stored and what was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fact {
    /// A person was enrolled.
    Enrolled(usize),
    /// A request to enroll a person was refused.
    EnrollmentRefused(usize),
    /// A verification was opened.
    Opened(VerificationId),
    /// One was announced and is not there.
    Missing(VerificationId),
    /// An attempt was counted and did not open a session.
    Failed(VerificationId),
    /// An attempt opened a session.
    Succeeded(VerificationId, SessionId),
    /// A person's account was locked by so many failures.
    Locked(usize, u8, Timestamp),
    /// A person's account was unlocked, of so many failures.
    Unlocked(usize, u8),
    /// A session was revoked.
    Revoked(SessionId),
    /// An entry of the list that counts until then was put; or one was removed.
    Listed(Option<Timestamp>),
}

/// How often each thing happened at least, and how often it may have happened besides: where a process died and nothing tells.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) certain: BTreeMap<Fact, usize>,
    pub(crate) possible: BTreeMap<Fact, usize>,
    /// Locks that were seen, and may be forgotten by now.
    pub(crate) locks: BTreeSet<Fact>,
    pub(crate) revoked: BTreeSet<SessionId>,
    /// Verifications that somebody was told of.
    pub(crate) told: BTreeSet<VerificationId>,
    /// Denials that were answered, by route and problem.
    pub(crate) denied: BTreeMap<(&'static str, String), u32>,
}

impl Ledger {
    pub(crate) fn certainly(&mut self, fact: Fact) {
        *self.certain.entry(fact).or_default() += 1;
    }

    pub(crate) fn perhaps(&mut self, fact: Fact) {
        *self.possible.entry(fact).or_default() += 1;
    }
}
