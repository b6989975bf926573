//! One connection, and who asks over it.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::time::Instant;

use crate::client::{Answer, Call, Code, Connection};
use crate::random::Random;
use crate::scenario::{Shared, Step};

/// Owns a connection; one request at a time.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(super) shared: Arc<Shared>,
    pub(super) connection: Connection,
    pub(super) random: Random,
    /// Verifications that are open.
    pub(super) opened: VecDeque<Opened>,
    /// A token that counts.
    pub(super) token: String,
    /// What the iteration has done so far.
    pub(super) done: Done,
}

/// A verification, and of whom.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(super) user: u64,
    pub(super) verification: String,
}

/// What an iteration did.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// Requests sent.
    pub(super) requests: u64,
    /// Of these, how many were not answered as expected.
    pub(super) unexpected: u64,
    /// Of the bodies that came.
    pub(super) bytes: u64,
    /// Of the last answer.
    pub(super) status: Option<u16>,
}

impl Worker {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let connection = Connection::new(shared.plan.address.clone(), shared.plan.timeout);
        let (random, opened) = (Random::fresh(), VecDeque::new());
        Self { shared, connection, random, opened, token: String::new(), done: Done::default() }
    }

    /// Sends a request and records what came; the answer, if it is one that the step expects.
    pub(super) async fn ask(&mut self, step: Step, call: Call, since: Instant) -> Option<Answer> {
        self.ask_if(step, call, since, |answer| step.expects(answer)).await
    }

    /// The same, with an expectation of its own.
    pub(super) async fn ask_if<F>(&mut self, step: Step, call: Call, since: Instant, expects: F) -> Option<Answer>
    where
        F: Fn(&Answer) -> bool + Send,
    {
        let request = self.shared.plan.calls.render(call);
        let outcome = self.connection.send(request).await;
        let is_expected = outcome.as_ref().is_ok_and(expects);
        let code = outcome.as_ref().map_or_else(Code::clone, Answer::code);
        self.done.requests += 1;
        self.done.unexpected += u64::from(!is_expected);
        self.done.status = code.status;
        self.shared.recorder().request(step, code, since.elapsed(), is_expected);
        let answer = outcome.ok()?;
        self.done.bytes += u64::try_from(answer.body.len()).unwrap_or(u64::MAX);
        is_expected.then_some(answer)
    }

    /// Opens a verification for a user.
    pub(super) async fn open(&mut self, user: u64, since: Instant) -> Option<Opened> {
        let call = self.shared.plan.calls.initiate(&mut self.random, self.shared.plan.users.id(user));
        let answer = self.ask(Step::Initiate, call, since).await?;
        Some(Opened { user, verification: answer.text("verification_id")?.to_owned() })
    }

    /// Presents what is right.
    pub(super) async fn present(&mut self, opened: &Opened, since: Instant) -> Option<Answer> {
        let plan = &self.shared.plan;
        let call = plan.calls.verify(&mut self.random, &opened.verification, &plan.users.digests(opened.user));
        self.ask(Step::Verify, call, since).await
    }
}
