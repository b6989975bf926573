//! The events of a verification, as they follow from what is stored of it: initiate and verify record them, and reconcile derives
//! the same ones afterwards.
//!
//! | event | its id derives from |
//! |---|---|
//! | opened | the verification, the request that opened it and what it asks for |
//! | wrong, while locked, abandoned | the verification and the attempt's idempotency key: one of them becomes of an attempt |
//! | succeeded | the same, under another label: an execution that failed may have found the account locked |
//! | completion refused | the same, under a third label: it takes back a success |
//! | locked | the user and the instant of the lock, whichever verification tells of it |
//! | not reached | the event that it takes back |
//!
//! Ids and pseudonyms are the same under every version of the tenant's branch key.

use crypto::BranchKey;
use domain::{Acr, EventId, Failures, IdempotencyKey, RequestId, SessionId, Verification};
use jiff::Timestamp;

use crate::{About, Event, Outcome, SealedPersonalData, Subject};

/// What tells of a verification.
#[derive(Debug, Clone, Copy)]
pub struct VerificationTrail<'a> {
    /// The tenant's branch key, in any version.
    pub branch: &'a BranchKey,
    /// The verification.
    pub verification: &'a Verification,
    /// The request that tells it.
    pub request_id: &'a RequestId,
}

impl VerificationTrail<'_> {
    /// It was opened. Another event that says so of this verification's id, under another event id, announced what was not opened.
    #[must_use]
    pub fn opened(&self, personal: Option<SealedPersonalData>) -> Event {
        self.opened_as(self.opened_id(), personal)
    }

    /// The same under its id, [`VerificationTrail::opened_id`], where that was needed before: to seal the personal data.
    #[must_use]
    pub fn opened_as(&self, id: EventId, personal: Option<SealedPersonalData>) -> Event {
        let Verification { id: verification, asked, transaction, created_at, .. } = *self.verification;
        let outcome = Outcome::VerificationOpened { asked, transaction, verification };
        Event { personal, ..self.event(id, created_at, outcome) }
    }

    /// The id of the event of its opening.
    #[must_use]
    pub fn opened_id(&self) -> EventId {
        self.branch.opening_event_id(self.verification)
    }

    /// An attempt was wrong.
    #[must_use]
    pub fn wrong(&self, attempt: &IdempotencyKey, attempts_remaining: u8, at: Timestamp) -> Event {
        let outcome = Outcome::AttemptWrong { attempts_remaining, verification: self.verification.id };
        self.event(self.attempt_id(attempt), at, outcome)
    }

    /// An attempt came while the account was locked.
    #[must_use]
    pub fn while_locked(&self, attempt: &IdempotencyKey, attempts_remaining: u8, at: Timestamp) -> Event {
        let outcome = Outcome::AttemptWhileLocked { attempts_remaining, verification: self.verification.id };
        self.event(self.attempt_id(attempt), at, outcome)
    }

    /// An attempt was counted and never decided.
    #[must_use]
    pub fn abandoned(&self, attempt: &IdempotencyKey, attempts_remaining: u8, at: Timestamp) -> Event {
        let outcome = Outcome::AttemptAbandoned { attempts_remaining, verification: self.verification.id };
        self.event(self.attempt_id(attempt), at, outcome)
    }

    /// The id of what became of an attempt, unless it was right.
    #[must_use]
    pub fn attempt_id(&self, attempt: &IdempotencyKey) -> EventId {
        self.labelled("attempt", attempt)
    }

    /// An attempt was right. Every execution of it opens the same session.
    #[must_use]
    pub fn succeeded(&self, attempt: &IdempotencyKey, (session, acr): (SessionId, Acr), at: Timestamp) -> Event {
        let outcome = Outcome::VerificationSucceeded { acr, session, verification: self.verification.id };
        self.event(self.success_id(attempt), at, outcome)
    }

    /// The id of a right attempt's event.
    #[must_use]
    pub fn success_id(&self, attempt: &IdempotencyKey) -> EventId {
        self.labelled("success", attempt)
    }

    /// An attempt was right and refused all the same.
    #[must_use]
    pub fn completion_refused(&self, attempt: &IdempotencyKey, at: Timestamp) -> Event {
        let outcome = Outcome::CompletionRefused { verification: self.verification.id };
        self.event(self.completion_refused_id(attempt), at, outcome)
    }

    /// The id of a refused completion's event.
    #[must_use]
    pub fn completion_refused_id(&self, attempt: &IdempotencyKey) -> EventId {
        self.labelled("completion-refused", attempt)
    }

    /// The account's lock, if the latest of its failures brought one about.
    #[must_use]
    pub fn locked(&self, failures: &Failures, at: Timestamp) -> Option<Event> {
        let (until, locked_at) = (failures.lock_by_latest()?, failures.instants().last()?);
        let count = u8::try_from(failures.instants().len()).unwrap_or(u8::MAX);
        let id = self.branch.lock_event_id(self.verification.user, *locked_at);
        Some(self.event(id, at, Outcome::AccountLocked { failures: count, until }))
    }

    /// What another event of this verification announced did not come about.
    #[must_use]
    pub fn not_reached(&self, announced: EventId, at: Timestamp) -> Event {
        self.event(self.correction_id(announced), at, Outcome::OutcomeNotReached { event: announced })
    }

    /// The id of the event that takes another one back.
    #[must_use]
    pub fn correction_id(&self, announced: EventId) -> EventId {
        self.branch.correction_event_id(announced)
    }

    /// Anything else about the person.
    #[must_use]
    pub fn event(&self, id: EventId, at: Timestamp, outcome: Outcome) -> Event {
        let Verification { tenant, user, .. } = *self.verification;
        let about = About::Person { tenant, subject: Subject::new(self.branch.subject_pseudonym(user)) };
        Event { id, about, at, request_id: self.request_id.clone(), outcome, personal: None }
    }

    fn labelled(&self, label: &'static str, attempt: &IdempotencyKey) -> EventId {
        self.branch.event_id(attempt, label, self.verification.id.as_bytes())
    }
}
