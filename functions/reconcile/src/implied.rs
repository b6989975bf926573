//! Which events a verification implies. Pure.
//!
//! - It was opened.
//! - One thing became of each attempt: it was right; it was wrong, or came while the account was locked; it was right and
//!   refused; or it was abandoned. What is stored decides. Only whether an undecided one was refused does the trail itself tell.
//! - Whatever else was announced of an attempt did not come about, and is taken back. An attempt that was right and refused
//!   takes back its own success.
//! - The account was locked, by a failure that was reserved while the verification lasted. Locks of other times are other
//!   verifications' to tell.

use std::collections::BTreeSet;

use audit::{Event, VerificationTrail};
use domain::{Account, Acr, Attempt, AttemptState, EventId, Failures, IdempotencyKey, LADDER};
use jiff::Timestamp;

use crate::reconcile::last_instant;

/// A verification that is over, and the account of its user.
#[derive(Clone, Copy)]
pub(crate) struct Implied<'a> {
    pub(crate) trail: VerificationTrail<'a>,
    pub(crate) account: &'a Account,
    /// The present, at which things are taken back.
    pub(crate) now: Timestamp,
}

/// An attempt, and the events that may have been recorded of it.
struct Announced<'a> {
    key: &'a IdempotencyKey,
    attempt: &'a Attempt,
    /// That it was wrong, came while the account was locked, or was abandoned.
    ended: EventId,
    succeeded: EventId,
    refused: EventId,
}

impl<'a> Implied<'a> {
    /// The ids of all events that the verification may have in its trail.
    pub(crate) fn possible(&self) -> BTreeSet<EventId> {
        let attempts = self.announced().flat_map(|announced| {
            announced.all().into_iter().flat_map(|id| [id, self.trail.correction_id(id)]).collect::<Vec<_>>()
        });
        let locks = self.locks().into_iter().map(|event| event.id);
        attempts.chain(locks).chain([self.trail.opened_id()]).collect()
    }

    /// The events that are missing from its trail, which has those of the possible ones.
    pub(crate) fn missing(&self, recorded: &BTreeSet<EventId>) -> Vec<Event> {
        let attempts = self.announced().flat_map(|announced| self.missing_of(&announced, recorded));
        let all = [self.trail.opened(None)].into_iter().chain(attempts).chain(self.locks());
        all.filter(|event| !recorded.contains(&event.id)).collect()
    }

    /// What became of the attempt, and what takes back everything else that was announced of it.
    fn missing_of(&self, announced: &Announced<'_>, recorded: &BTreeSet<EventId>) -> Vec<Event> {
        let outcome = self.outcome(announced, recorded);
        let id = outcome.as_ref().map_or(announced.refused, |event| event.id);
        let taken_back = announced.all().into_iter().filter(|other| {
            let by_refusal = *other == announced.succeeded && id == announced.refused;
            *other != id && !by_refusal && recorded.contains(other)
        });
        outcome.into_iter().chain(taken_back.map(|other| self.trail.not_reached(other, self.now))).collect()
    }

    /// What became of the attempt. `None` if it was right and refused, which its trail tells, and nothing else.
    fn outcome(&self, announced: &Announced<'_>, recorded: &BTreeSet<EventId>) -> Option<Event> {
        let Announced { key, attempt, ended, refused, .. } = *announced;
        let verification = self.trail.verification;
        match (attempt.state, &verification.verified) {
            (AttemptState::Right, Some(verified)) => {
                let acr = Acr::earned_by(verification.asked)?;
                Some(self.trail.succeeded(key, (verified.session, acr), verified.at))
            }
            (AttemptState::Wrong { attempts_remaining }, _) => Some(self.wrong(key, attempt, attempts_remaining)),
            _ if recorded.contains(&refused) && !recorded.contains(&ended) => None,
            _ => Some(self.trail.abandoned(key, verification.attempts_remaining(), verification.expires_at)),
        }
    }

    /// An attempt that ended as wrong: because it was, or because it came while the account was locked, of which nothing was
    /// reserved.
    fn wrong(&self, key: &IdempotencyKey, attempt: &Attempt, attempts_remaining: u8) -> Event {
        let mark = self.trail.branch.attempt_mark(self.trail.verification.id, key);
        let is_locked = self.account.failures.locked_until(attempt.claimed_at).is_some()
            && self.account.failures.instants().last().is_some_and(|latest| *latest <= attempt.claimed_at);
        if is_locked && !self.account.reserved.contains(&mark) {
            self.trail.while_locked(key, attempts_remaining, attempt.claimed_at)
        } else {
            self.trail.wrong(key, attempts_remaining, attempt.claimed_at)
        }
    }

    /// The locks that the account's failures brought about while the verification lasted.
    fn locks(&self) -> Vec<Event> {
        let (instants, verification) = (self.account.failures.instants(), self.trail.verification);
        let lasted = verification.created_at..last_instant(verification);
        let locks = LADDER.into_iter().filter_map(|(count, _)| {
            let failures = instants.get(..count)?;
            let locked_at = failures.last().filter(|at| lasted.contains(at))?;
            self.trail.locked(&Failures::new(failures.to_vec())?, *locked_at)
        });
        locks.collect()
    }

    fn announced(&self) -> impl Iterator<Item = Announced<'a>> {
        let trail = self.trail;
        trail.verification.attempts.iter().map(move |(key, attempt)| Announced {
            key,
            attempt,
            ended: trail.attempt_id(key),
            succeeded: trail.success_id(key),
            refused: trail.completion_refused_id(key),
        })
    }
}

impl Announced<'_> {
    const fn all(&self) -> [EventId; 3] {
        [self.ended, self.succeeded, self.refused]
    }
}
