//! Revocations, and what must hold at the end: of sessions, and of the audit trail.

use std::collections::BTreeSet;

use audit::Outcome;
use crypto::ACCESS_TOKEN_LIFETIME;
use domain::{AttemptState, EventId, IDEMPOTENCY_WINDOW, MAX_SESSIONS, SESSION_LIFETIME, VerificationId};

use crate::run::{Revocation, Revoked, Run};

impl Run {
    pub(crate) async fn revoke(&mut self, token: usize) {
        let Some(index) = token.checked_rem(self.tokens.len()) else { return };
        let text = self.tokens[index].text.clone();
        let call = self.world.revoking(&text);
        self.revocations.push(Revocation { call, made_at: self.now(), token: text, answer: None });
        self.make_revocation(self.revocations.len() - 1).await;
    }

    pub(crate) async fn repeat_revoke(&mut self, revocation: usize) {
        let Some(index) = revocation.checked_rem(self.revocations.len()) else { return };
        self.make_revocation(index).await;
    }

    async fn make_revocation(&mut self, index: usize) {
        let revocation = self.revocations[index].clone();
        let (answer, struck) = self.send(revocation.call).await;
        let (now, story) = (self.now(), self.story());
        let stale = now.duration_since(revocation.made_at).unsigned_abs() > IDEMPOTENCY_WINDOW;
        let token = self.tokens.iter_mut().find(|token| token.text == revocation.token).unwrap();
        let counts = now.duration_since(token.given_at).unsigned_abs() < ACCESS_TOKEN_LIFETIME;
        let Some(answer) = answer else {
            token.revoked = token.revoked.max_of(Revoked::Perhaps);
            return;
        };
        assert_eq!(answer.status == 400, stale, "A2: {answer:?}: {story}");
        match answer.status {
            200 => {
                if counts && revocation.answer.is_none() {
                    token.revoked = Revoked::Yes;
                }
                if let Some(before) = revocation.answer {
                    assert_eq!(answer.but_request_id(), before.but_request_id(), "A1: {story}");
                }
                self.revocations[index].answer = Some(answer);
            }
            400 => {}
            409 => assert!(revocation.answer.is_none(), "A1: answered, and in flight again: {story}"),
            _ => {
                assert!(struck, "{answer:?}: {story}");
                token.revoked = token.revoked.max_of(Revoked::Perhaps);
            }
        }
    }

    /// I5 and T2: a token's life is its session's, which ends by being revoked, by its time, or for five newer ones.
    pub(crate) async fn check_sessions(&self) {
        for token in &self.tokens {
            let account = self.account(token.person).await;
            let stored = account.sessions.get(&token.session);
            let age = self.now().duration_since(token.given_at).unsigned_abs();
            let newer = account.sessions.values().filter(|session| session.created_at >= token.given_at).count();
            let went = token.revoked != Revoked::No || age >= SESSION_LIFETIME || newer >= MAX_SESSIONS;
            assert!(stored.is_some() || went, "T2: a session is gone: {}", self.story());
            assert!(
                token.revoked != Revoked::Yes || stored.is_none_or(|stored| stored.revoked_at.is_some()),
                "I5: a revoked session lives: {}",
                self.story()
            );

            let answer = self.world.send(self.world.introspecting(&token.text)).await;
            let lives = stored.is_some_and(|stored| stored.is_live(self.now())) && age < ACCESS_TOKEN_LIFETIME;
            assert_eq!(answer.json()["active"].as_bool().unwrap(), lives, "I5: {}", self.story());
        }
    }

    /// I4: who was told of an outcome finds it in the audit trail, once; and nothing is there that didn't happen.
    pub(crate) async fn check_events(&self) {
        let events = self.world.trail().await;
        let ids: BTreeSet<EventId> = events.iter().map(|event| event.id).collect();
        assert_eq!(ids.len(), events.len(), "I4: an event is there twice: {}", self.story());
        for (position, known) in self.verifications.iter().enumerate() {
            let id: VerificationId = known.opened.id.parse().unwrap();
            let (mut wrong, mut succeeded) = (0, 0);
            for event in &events {
                match event.outcome {
                    Outcome::AttemptWrong { verification, .. } | Outcome::AttemptWhileLocked { verification, .. } => {
                        wrong += usize::from(verification == id);
                    }
                    Outcome::VerificationSucceeded { verification, .. } => {
                        succeeded += usize::from(verification == id);
                    }
                    _ => {}
                }
            }
            let told = |status| {
                let decided = known.attempts.iter().filter_map(|sent| sent.decided.as_ref());
                decided.filter(|answer| answer.status == status).count()
            };
            let stored = self.look(position).await.verification;
            let ended_wrong = stored.attempts.values();
            let ended_wrong = ended_wrong.filter(|attempt| matches!(attempt.state, AttemptState::Wrong { .. })).count();
            let undecided = stored.attempts.values().filter(|attempt| attempt.state == AttemptState::Claimed).count();
            assert!(
                (told(401)..=ended_wrong + undecided).contains(&wrong),
                "I4: {wrong} wrong attempts in the trail: {}",
                self.story()
            );
            assert!(succeeded >= told(200), "I4: a success without an event: {}", self.story());
        }
    }
}

impl Revoked {
    fn max_of(self, other: Self) -> Self {
        if self == Self::Yes { self } else { other }
    }
}
