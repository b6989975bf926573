//! Attempts, their repetitions, and what must hold of them.

use std::collections::BTreeMap;
use std::time::Duration;

use countersign_tests::{Answer, Call};
use domain::{ATTEMPTS_ALLOWED, AttemptState, IDEMPOTENCY_WINDOW, MAX_SESSIONS};
use futures_util::future::join_all;
use serde_json::json;
use tokio::time::timeout;

use crate::expectation::{CLOSED, Expectation, IN_FLIGHT, Snapshot};
use crate::operation::Presented;
use crate::run::{PATIENCE, Revoked, Run, Sent, Token};

/// Requests that were sent at once, and what came of them.
struct Outcome {
    /// `None` for those whose process died.
    answers: Vec<Option<Answer>>,
    /// Whether a fault struck one of them.
    struck: bool,
    comparisons: u64,
    before: Snapshot,
    after: Snapshot,
}

impl Run {
    pub(crate) async fn attempt(&mut self, verification: usize, presented: Presented, at_once: usize) {
        let Some(position) = self.position(verification) else { return };
        let known = &self.verifications[position];
        let (somebody, opened) = (&self.people[known.person], &known.opened);
        let exists = !somebody.factors.is_empty();
        let factors = match presented {
            Presented::Right => somebody.right(&opened.asked),
            Presented::Wrong => somebody.wrong_at(&opened.asked, 1),
            Presented::Mismatched => json!([{ "type": "emoji", "digest": somebody.digest("emoji") }]),
        };
        let sent = (0..at_once).map(|_| {
            let key = self.world.key();
            let call = self.world.attempting(opened, &factors).key(&key);
            Sent { call, key: key.parse().unwrap(), presented, decided: None }
        });
        let sent: Vec<Sent> = sent.collect();

        let outcome = self.send_at_once(position, sent.iter().map(|sent| sent.call.clone()).collect()).await;

        let claimed = outcome.after.verification.attempts.len() - outcome.before.verification.attempts.len();
        assert!(outcome.comparisons <= claimed as u64, "I2: compared before it was counted: {}", self.story());
        self.check_reservations(&outcome);
        let expected = outcome.before.attempting(presented, exists, at_once);
        self.check_outcome(&outcome, &expected);
        for (mut sent, answer) in sent.into_iter().zip(outcome.answers) {
            self.take_in(position, &mut sent, answer, (&outcome.before, &outcome.after));
            self.verifications[position].attempts.push(sent);
        }
    }

    pub(crate) async fn repeat_attempt(&mut self, verification: usize, attempt: usize, at_once: usize) {
        let Some(position) = self.position(verification) else { return };
        let known = &self.verifications[position];
        let exists = !self.people[known.person].factors.is_empty();
        let Some(index) = attempt.checked_rem(known.attempts.len()) else { return };
        let mut sent = known.attempts[index].clone();

        let outcome = self.send_at_once(position, vec![sent.call.clone(); at_once]).await;

        if self.is_stale(&sent) {
            // A process may die while it records the refusal.
            let refused =
                |answer: &Option<Answer>| answer.as_ref().map_or(outcome.struck, |answer| answer.status == 400);
            assert!(outcome.answers.iter().all(refused), "A2: a stale key was accepted: {}", self.story());
            assert_eq!(outcome.before.verification, outcome.after.verification, "A2: {}", self.story());
            return;
        }
        // An execution that was taken over may be compared again; it is one attempt all the same.
        assert!(outcome.comparisons <= 1, "A1: more than one execution at once: {}", self.story());
        self.check_outcome(&outcome, &outcome.before.repeating(sent.key, (sent.presented, exists), at_once));
        for answer in outcome.answers {
            self.take_in(position, &mut sent, answer, (&outcome.before, &outcome.after));
        }
        self.verifications[position].attempts[index] = sent;
    }

    pub(crate) async fn reuse_key(&mut self, verification: usize, attempt: usize) {
        let Some(position) = self.position(verification) else { return };
        let known = &self.verifications[position];
        let Some(index) = attempt.checked_rem(known.attempts.len()) else { return };
        let sent = known.attempts[index].clone();
        let factors = self.people[known.person].wrong(&known.opened.asked);
        let is_claimed = self.look(position).await.verification.attempts.contains_key(&sent.key);
        if !is_claimed || self.is_stale(&sent) || sent.call.body()["factors"] == factors {
            return;
        }

        let outcome = self.send_at_once(position, vec![sent.call.json(&json!({ "factors": factors }))]).await;

        let story = self.story();
        assert_eq!(outcome.before.verification, outcome.after.verification, "A1: another body: {story}");
        assert_eq!(outcome.comparisons, 0, "A1: another body was compared: {story}");
        let told = outcome.answers.iter().flatten().map(Answer::told);
        let reused = (422, "/problems/idempotency-key-reused".to_owned());
        assert!(outcome.struck || told.eq([reused]), "A1: {:?}: {story}", outcome.answers);
    }

    async fn send_at_once(&self, position: usize, calls: Vec<Call>) -> Outcome {
        let before = self.look(position).await;
        let planned_before = self.world.store.faults().still_planned();
        let comparisons_before = self.world.kdf.comparisons();

        let answers = join_all(calls.into_iter().map(|call| timeout(PATIENCE, self.world.send(call)))).await;

        Outcome {
            answers: answers.into_iter().map(Result::ok).collect(),
            struck: self.world.store.faults().still_planned() < planned_before,
            comparisons: self.world.kdf.comparisons() - comparisons_before,
            before,
            after: self.look(position).await,
        }
    }

    /// V3: what is compared is reserved before, also by a process that dies in between; unless the account is locked.
    fn check_reservations(&self, outcome: &Outcome) {
        let Outcome { before, after, .. } = outcome;
        if before.is_locked() || after.is_locked() || after.verification.verified != before.verification.verified {
            return;
        }
        let reserved = after.account.reserved.difference(&before.account.reserved).count();
        assert!(outcome.comparisons <= reserved as u64, "V3: compared before it was reserved: {}", self.story());
    }

    /// The invariants, and, where no fault blurs the picture, the expectation.
    fn check_outcome(&self, outcome: &Outcome, expected: &Expectation) {
        let story = self.story();
        let Outcome { before, after, .. } = outcome;
        let claimed = after.verification.attempts.len();
        assert!(claimed <= usize::from(ATTEMPTS_ALLOWED), "I2: too many attempts: {story}");
        for (key, attempt) in &before.verification.attempts {
            let kept = after.verification.attempts.get(key).map(|kept| (kept.body, kept.state));
            let is_kept = kept == Some((attempt.body, attempt.state)) || attempt.state == AttemptState::Claimed;
            assert!(is_kept && kept.is_some(), "a decided attempt changed: {story}");
        }
        let verified = &before.verification.verified;
        assert!(verified.is_none() || verified == &after.verification.verified, "I3: verified anew: {story}");
        let live = after.account.sessions.values().filter(|session| session.is_live(after.now)).count();
        assert!(live <= MAX_SESSIONS, "T2: too many sessions: {story}");
        let (most, failures) = (before.account.failures.instants().len(), after.account.failures.instants().len());
        assert!(failures <= most + claimed, "V3: a failure was counted twice: {story}");

        let counted = by_status(&outcome.answers);
        let is_unanswered = counted.keys().any(|status| matches!(status, 0 | 500 | 503));
        assert!(outcome.struck || !is_unanswered, "a fault of ours without a planned one: {counted:?}: {story}");
        assert!(!counted.contains_key(&500), "a 500: {story}");
        if outcome.struck {
            return;
        }
        assert!(expected.answers.contains(&counted), "{counted:?}, not one of {:?}: {story}", expected.answers);
        assert_eq!(claimed - before.verification.attempts.len(), expected.claimed, "claimed attempts: {story}");
        assert_eq!(outcome.comparisons, expected.comparisons, "comparisons: {story}");
        assert!(expected.failures.contains(&failures), "{failures} failures, not {:?}: {story}", expected.failures);
    }

    /// Remembers an answer that decides an attempt. Once somebody was told one, everybody is told the same.
    fn take_in(
        &mut self,
        position: usize,
        sent: &mut Sent,
        answer: Option<Answer>,
        (before, after): (&Snapshot, &Snapshot),
    ) {
        let Some(answer) = answer.filter(|answer| matches!(answer.status, 200 | 401)) else { return };
        let (story, now) = (self.story(), self.now());
        let state = after.verification.attempts.get(&sent.key).map(|attempt| attempt.state);
        let is_stored = match answer.status {
            200 => state == Some(AttemptState::Right) && after.verification.verified.is_some(),
            _ => matches!(state, Some(AttemptState::Wrong { .. })),
        };
        assert!(is_stored, "told before it was stored: {answer:?}: {story}");
        let (known, people) = (&mut self.verifications[position], &self.people);
        match &sent.decided {
            Some(decided) => assert_eq!(answer.but_request_id(), decided.but_request_id(), "A1: {story}"),
            None if answer.status == 200 => {
                let exists = !people[known.person].factors.is_empty();
                assert!(exists && sent.presented == Presented::Right, "I1: a token without the factors: {story}");
                assert_eq!(known.token, None, "I3: a verification that succeeded twice: {story}");
                let attempt = before.verification.attempts.get(&sent.key);
                assert!(attempt.is_some() || !before.is_locked(), "V3: a token of a locked account: {story}");
                let text = answer.text("access_token");
                let session = answer.text("session_id").parse().unwrap();
                known.token = Some(text.clone());
                let given_at = before.verification.verified.as_ref().map_or(now, |verified| verified.at);
                self.tokens.push(Token { text, person: known.person, session, given_at, revoked: Revoked::No });
            }
            None => {}
        }
        sent.decided = Some(answer);
    }

    fn is_stale(&self, sent: &Sent) -> bool {
        let age: Duration = self.now().duration_since(sent.key.made_at()).unsigned_abs();
        age > IDEMPOTENCY_WINDOW
    }
}

/// The answers counted by status, with what is in flight apart; 0 for those whose process died.
fn by_status(answers: &[Option<Answer>]) -> BTreeMap<u16, usize> {
    let mut counted = BTreeMap::new();
    for answer in answers {
        *counted.entry(answer.as_ref().map_or(0, status_of)).or_default() += 1;
    }
    counted
}

fn status_of(answer: &Answer) -> u16 {
    match answer.told() {
        (409, problem) if problem == "/problems/request-in-progress" => IN_FLIGHT,
        (409, problem) => {
            assert_eq!(problem, "/problems/verification-closed");
            CLOSED
        }
        (status, _) => status,
    }
}
