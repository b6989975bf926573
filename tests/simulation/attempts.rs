//! Attempts, their repetitions, and what must hold of them.

use std::collections::{BTreeMap, BTreeSet};

use countersign_tests::{Answer, HandedOver};
use domain::{ATTEMPTS_ALLOWED, AttemptState};

use crate::errand::{Asked, Errand, Papers, Sent};
use crate::expectation::{CLOSED, Expectation, IN_FLIGHT, Snapshot};
use crate::invariant::Invariant::{
    AsExpected, ComparisonsAreLimited, OutcomesHaveEvents, SucceedsOnce, TokensNeedFactors,
};
use crate::invariant::holds;
use crate::operation::{Operation, Presented};
use crate::simulation::{Before, Reached, Revoked, Simulation, Token};

impl Simulation {
    /// What became of the attempts of a step.
    pub(crate) fn check_attempts(
        &mut self,
        operation: &Operation,
        errands: &[Errand],
        papers: &mut [Papers],
        (handed_over, before): (&HandedOver, &Before),
    ) {
        let mut worked_on: BTreeSet<usize> = before.verifications.keys().copied().collect();
        for (errand, papers) in errands.iter().zip(papers.iter_mut()) {
            let Some(sent) = papers.attempt.take() else { continue };
            let Some(position) = self.verification_of(&sent) else { continue };
            worked_on.insert(position);
            let repeats = match errand {
                Errand::Attempt { repeats, .. } => *repeats,
                _ => None,
            };
            let index = repeats.unwrap_or_else(|| {
                self.verifications[position].attempts.push(sent);
                self.verifications[position].attempts.len() - 1
            });
            if let Some(answer) = &papers.answer {
                self.take_in_attempt((position, index), answer, (handed_over, before));
            }
        }
        for position in worked_on {
            let after = self.look(position);
            if let Some(first) = before.verifications.get(&position) {
                only_goes_on(first, &after);
            }
            let claimed = after.verification.attempts.len();
            holds(claimed <= usize::from(ATTEMPTS_ALLOWED), ComparisonsAreLimited, || format!("{claimed} attempts"));
        }
        self.check_expectation(operation, errands, papers, before);
    }

    fn verification_of(&self, sent: &Sent) -> Option<usize> {
        let id = sent.verification.to_string();
        self.verifications.iter().position(|known| known.opened.id == id)
    }

    /// Remembers an answer that decides an attempt. Once somebody was told one, everybody is told the same.
    fn take_in_attempt(
        &mut self,
        (position, index): (usize, usize),
        answer: &Answer,
        (handed_over, before): (&HandedOver, &Before),
    ) {
        if !matches!(answer.status, 200 | 401) {
            return;
        }
        let after = self.look(position);
        let known = &mut self.verifications[position];
        let sent = &mut known.attempts[index];
        let state = after.verification.attempts.get(&sent.key).map(|attempt| attempt.state);
        let is_stored = match answer.status {
            200 => state == Some(AttemptState::Right) && after.verification.verified.is_some(),
            _ => matches!(state, Some(AttemptState::Wrong { .. })),
        };
        let is_recorded = match answer.status {
            200 => handed_over.succeeded(answer),
            _ => handed_over.wrong(sent.verification, answer),
        };
        holds(is_recorded, OutcomesHaveEvents, || format!("told before it was recorded: {answer:?}"));
        if answer.status == 200 {
            let is_earned = sent.presented == Presented::Right && known.exists != Some(false);
            holds(is_earned, TokensNeedFactors, || format!("a token for {:?} of {}", sent.presented, sent.person));
            let text = answer.text("access_token");
            holds(known.token.as_ref().is_none_or(|token| *token == text), SucceedsOnce, || {
                "a verification gave two tokens".to_owned()
            });
            self.reached.insert(Reached::Token);
            if let Some(first) =
                before.verifications.get(&position).and_then(|first| first.verification.attempts.get(&sent.key))
            {
                self.reached.extend((first.state == AttemptState::Claimed).then_some(Reached::TakenOver));
            }
            if known.token.is_none() {
                let given_at = after.verification.verified.as_ref().map_or(before.beginning.at, |verified| verified.at);
                let session = answer.text("session_id").parse().unwrap();
                known.token = Some(text.clone());
                let refresh = answer.text("refresh_token");
                let (person, revoked) = (known.person, Revoked::No);
                self.tokens.push(Token { text, refresh, is_exchanged: false, person, session, given_at, revoked });
            }
        }
        holds(is_stored, AsExpected, || format!("told before it was stored: {answer:?}"));
        let is_same = sent.decided.as_ref().is_none_or(|first| first.but_request_id() == answer.but_request_id());
        holds(is_same, AsExpected, || format!("{:?}, and then {answer:?}", sent.decided));
        sent.decided = Some(answer.clone());
    }

    /// Where no fault blurs the picture, and all do the same.
    fn check_expectation(&self, operation: &Operation, errands: &[Errand], papers: &[Papers], before: &Before) {
        let Some((position, expected)) = self.expected(operation, errands, before) else { return };
        let (first, after) = (&before.verifications[&position], self.look(position));
        let comparisons: u64 = papers.iter().map(|papers| papers.comparisons).sum();
        if let Operation::RepeatAttempt { .. } = operation {
            // One that can't store what it found gives its claim up, and the next one compares again.
            let gave_up = |papers: &&Papers| papers.answer.as_ref().is_some_and(|answer| answer.status == 503);
            let for_nothing: u64 = papers.iter().filter(gave_up).map(|papers| papers.comparisons).sum();
            holds(comparisons - for_nothing <= 1, ComparisonsAreLimited, || {
                "more than one execution of a request at once".to_owned()
            });
        }
        if before.is_struck {
            return;
        }
        let counted = by_status(papers);
        holds(expected.answers.contains(&counted), AsExpected, || {
            format!("{counted:?}, not one of {:?}", expected.answers)
        });
        let claimed = after.verification.attempts.len() - first.verification.attempts.len();
        holds(expected.claimed.contains(&claimed), AsExpected, || format!("{claimed} claimed: {expected:?}"));
        let is_compared = expected.comparisons.contains(&comparisons);
        holds(is_compared, AsExpected, || format!("{comparisons} comparisons: {expected:?}"));
        let failures = after.account.failures.instants().len();
        holds(expected.failures.contains(&failures), AsExpected, || format!("{failures} failures: {expected:?}"));
    }

    /// Whether the person was enrolled when it was opened, and is: perhaps anew, with the same factors.
    fn exists(&self, verification: usize) -> Option<bool> {
        let known = &self.verifications[verification];
        known.exists.map(|exists| exists && self.enrollment(known.person).is_some())
    }

    fn expected(&self, operation: &Operation, errands: &[Errand], before: &Before) -> Option<(usize, Expectation)> {
        let at_once = errands.len();
        match (operation, errands.first()?) {
            (Operation::Attempt { presented, .. }, Errand::Attempt { verification, .. }) => {
                let exists = self.exists(*verification)?;
                Some((*verification, before.verifications[verification].attempting(*presented, exists, at_once)))
            }
            (Operation::RepeatAttempt { .. }, Errand::Attempt { verification, sent, .. }) => {
                let first = (sent.presented, self.exists(*verification)?);
                let scene = &before.verifications[verification];
                let expected = if sent.is_stale(scene.now) {
                    scene.refusing(400, at_once)
                } else {
                    scene.repeating(sent.key, first, at_once)
                };
                Some((*verification, expected))
            }
            (Operation::ReuseKey { .. }, Errand::Ask { kind: Asked::OtherBody { verification, attempt }, .. }) => {
                let (scene, sent) =
                    (&before.verifications[verification], &self.verifications[*verification].attempts[*attempt]);
                if sent.is_stale(scene.now) {
                    return Some((*verification, scene.refusing(400, at_once)));
                }
                Some((*verification, scene.refusing(422, at_once)))
            }
            _ => None,
        }
    }
}

/// Nothing that is stored of a verification is taken back.
fn only_goes_on(first: &Snapshot, after: &Snapshot) {
    for (key, attempt) in &first.verification.attempts {
        let kept = after.verification.attempts.get(key);
        holds(kept.is_some(), ComparisonsAreLimited, || format!("{key} was counted and isn't any more"));
        let is_kept = kept.map(|kept| (kept.body, kept.state)) == Some((attempt.body, attempt.state));
        let is_undecided = attempt.state == AttemptState::Claimed;
        holds(is_kept || is_undecided, AsExpected, || format!("{attempt:?} has become {kept:?}"));
    }
    let verified = &first.verification.verified;
    let is_kept = verified.is_none() || *verified == after.verification.verified;
    holds(is_kept, SucceedsOnce, || "a verification was verified anew".to_owned());
}

/// The answers counted by status, with what is in flight apart; 0 for those whose process died.
fn by_status(papers: &[Papers]) -> BTreeMap<u16, usize> {
    let mut counted = BTreeMap::new();
    for papers in papers {
        *counted.entry(papers.answer.as_ref().map_or(0, status_of)).or_default() += 1;
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
