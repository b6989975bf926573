//! The audit events of an attempt. Their ids derive from what they are about, so that an execution that comes after another one
//! records nothing twice.

use audit::{About, Event, Outcome, RecordEvent, Subject};
use crypto::{Acr, UnwrapKey};
use domain::{EventId, Failures, SessionId};

use crate::attempt::Decision;
use crate::{Verify, VerifyStore};

impl<S: VerifyStore, U: UnwrapKey, A: RecordEvent> Verify<S, U, A> {
    /// What became of the attempt. Labels keep apart what can both be true of one attempt: an execution that found the account
    /// locked and could not be finished, and a later one that verified the user.
    pub(crate) fn event(&self, decision: Decision<'_>, label: &'static str, outcome: Outcome) -> Event {
        let (execution, verification) = (decision.execution, decision.verification);
        let id = execution.branch.event_id(&execution.request.key, label, verification.id.as_bytes());
        self.about_user(decision, id, outcome)
    }

    /// The attempt was right. Every execution of it opens the same session.
    pub(crate) fn success(&self, decision: Decision<'_>, session: SessionId, acr: Acr) -> Event {
        let outcome = Outcome::VerificationSucceeded { verification: decision.verification.id, session, acr };
        self.event(decision, "success", outcome)
    }

    /// The account's lock, if the latest of its failures brought one about.
    pub(crate) fn lock(&self, decision: Decision<'_>, failures: &Failures) -> Option<Event> {
        let (until, locked_at) = (failures.lock_by_latest()?, failures.instants().last()?);
        let count = u8::try_from(failures.instants().len()).unwrap_or(u8::MAX);
        let id = decision.execution.branch.lock_event_id(decision.verification.user, *locked_at);
        Some(self.about_user(decision, id, Outcome::AccountLocked { failures: count, until }))
    }

    fn about_user(&self, decision: Decision<'_>, id: EventId, outcome: Outcome) -> Event {
        let (execution, verification) = (decision.execution, decision.verification);
        let subject = Subject::new(execution.branch.subject_pseudonym(verification.user));
        Event {
            id,
            about: About::Person { tenant: verification.tenant, subject },
            at: self.0.clock.now(),
            request_id: execution.request.request_id.clone(),
            outcome,
        }
    }
}
