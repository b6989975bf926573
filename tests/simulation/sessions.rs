//! Refreshes, revocations, and what must hold of accounts and their sessions.

use std::collections::BTreeMap;

use countersign_tests::{Answer, HandedOver};
use crypto::ACCESS_TOKEN_LIFETIME;
use domain::{AttemptState, IDEMPOTENCY_WINDOW, MAX_SESSIONS, SessionId, SessionProfile};

use crate::invariant::Invariant::{
    AsExpected, ComparisonsAreLimited, OutcomesHaveEvents, RevokedStaysRevoked, SucceedsOnce, TokensNeedFactors,
};
use crate::invariant::holds;
use crate::operation::Presented;
use crate::simulation::{Before, Reached, Revoked, Simulation};
use crate::watch::obeys_the_ladder;

impl Simulation {
    pub(crate) fn check_introspection(&self, token: usize, answer: Option<&Answer>, before: &Before) {
        let Some(answer) = answer.filter(|answer| answer.status == 200) else { return };
        let is_active = answer.json()["active"].as_bool().unwrap();
        holds(!(is_active && before.revoked[token]), RevokedStaysRevoked, || format!("active: {answer:?}"));
        if !before.is_mixed {
            let lives = self.lives(token);
            holds(is_active == lives, AsExpected, || format!("lives: {lives}, and told {answer:?}"));
        }
    }

    /// T2: a refresh token works once. Its second use ends the session, whether or not somebody was told of the first.
    pub(crate) fn check_refresh(&mut self, token: usize, answer: Option<&Answer>, before: &Before) {
        let known = &mut self.tokens[token];
        known.revoked = known.revoked.max(Revoked::Perhaps);
        let Some(answer) = answer.filter(|answer| answer.status == 200) else { return };
        holds(!before.revoked[token], RevokedStaysRevoked, || format!("refreshed: {answer:?}"));
        holds(!known.is_exchanged, AsExpected, || format!("exchanged twice: {answer:?}"));
        known.is_exchanged = true;
        self.reached.insert(Reached::Refresh);
    }

    pub(crate) fn check_revocation(&mut self, index: usize, answer: Option<Answer>, before: &Before) {
        let now = self.now();
        let revocation = &mut self.revocations[index];
        let ages = [before.beginning.at, now].map(|at| at.duration_since(revocation.made_at).unsigned_abs());
        let was_stale = ages.map(|age| age > IDEMPOTENCY_WINDOW);
        let token = self.tokens.iter_mut().find(|token| token.text == revocation.token).unwrap();
        let counts = now.duration_since(token.given_at).unsigned_abs() < ACCESS_TOKEN_LIFETIME;
        let Some(answer) = answer else {
            token.revoked = token.revoked.max(Revoked::Perhaps);
            return;
        };
        let is_right = was_stale.contains(&(answer.status == 400));
        holds(is_right || answer.status == 503, AsExpected, || format!("stale: {was_stale:?}, and told {answer:?}"));
        match answer.status {
            200 => {
                if counts && revocation.answer.is_none() {
                    token.revoked = Revoked::Yes;
                    self.reached.insert(Reached::Revocation);
                }
                let first = revocation.answer.as_ref();
                let is_same = first.is_none_or(|first| first.but_request_id() == answer.but_request_id());
                holds(is_same, AsExpected, || format!("{first:?}, and then {answer:?}"));
                revocation.answer = Some(answer);
            }
            400 => {}
            // Another one is at it, and may get through.
            409 => {
                token.revoked = token.revoked.max(Revoked::Perhaps);
                let was_told = revocation.answer.is_some() && !before.is_mixed;
                holds(!was_told, AsExpected, || format!("answered, and then {answer:?}"));
            }
            _ => token.revoked = token.revoked.max(Revoked::Perhaps),
        }
    }

    /// Whenever a step is over.
    pub(crate) fn check_accounts(&mut self, handed_over: &HandedOver) {
        for person in 0..self.people.len() {
            let account = self.account(person);
            let instants = account.failures.instants();
            holds(obeys_the_ladder(&account), ComparisonsAreLimited, || format!("reserved while locked: {instants:?}"));
            let live = account.sessions.values().filter(|session| session.is_live(self.now())).count();
            holds(live <= MAX_SESSIONS, AsExpected, || format!("{live} sessions"));
            self.reached.extend((live == MAX_SESSIONS).then_some(Reached::Sessions));
            self.reached.extend(account.failures.locked_until(self.now()).map(|_| Reached::Locked(instants.len())));
            for session in account.sessions.values().filter(|session| session.revoked_at.is_some()) {
                holds(handed_over.revoked(session.id), OutcomesHaveEvents, || "revoked without an event".to_owned());
            }
        }
    }

    /// I1, I3: every session is that of the one right attempt of its verification.
    pub(crate) fn check_origins(&self) {
        let mut opened: BTreeMap<SessionId, usize> = BTreeMap::new();
        for position in 0..self.verifications.len() {
            let (known, stored) = (&self.verifications[position], self.look(position).verification);
            let right = stored.attempts.iter().filter(|(_, attempt)| attempt.state == AttemptState::Right);
            let right: Vec<_> = right.map(|(key, _)| *key).collect();
            holds(right.len() == usize::from(stored.verified.is_some()), SucceedsOnce, || {
                format!("{} right attempts of a verification", right.len())
            });
            for key in &right {
                let sent = known.attempts.iter().find(|sent| sent.key == *key);
                let is_earned =
                    sent.is_some_and(|sent| sent.presented == Presented::Right) && known.exists != Some(false);
                holds(is_earned, TokensNeedFactors, || format!("{key} is right, and it can't be"));
            }
            opened.extend(stored.verified.map(|verified| (verified.session, position)));
        }
        for person in 0..self.people.len() {
            for session in self.account(person).sessions.keys() {
                let of = opened.get(session).map(|position| self.verifications[*position].person);
                holds(of == Some(person), SucceedsOnce, || "a session that no verification has opened".to_owned());
            }
        }
    }

    /// I5 and T2: a token's life is its session's, which ends by being revoked, by its time, or for five newer ones.
    pub(crate) async fn check_sessions(&self) {
        for (position, token) in self.tokens.iter().enumerate() {
            let account = self.account(token.person);
            let stored = account.sessions.get(&token.session);
            let age = self.now().duration_since(token.given_at).unsigned_abs();
            let newer = account.sessions.values().filter(|session| session.created_at >= token.given_at).count();
            let went = token.revoked != Revoked::No || age >= SessionProfile::PAYMENTS.idle || newer >= MAX_SESSIONS;
            holds(stored.is_some() || went, AsExpected, || "a session is gone".to_owned());
            let is_over = stored.is_none_or(|stored| stored.revoked_at.is_some());
            holds(token.revoked != Revoked::Yes || is_over, RevokedStaysRevoked, || {
                "a revoked session lives".to_owned()
            });

            let answer = self.world.send(self.world.introspecting(&token.text)).await;
            let (told, lives) = (answer.json(), self.lives(position));
            let is_active = told["active"].as_bool().unwrap();
            holds(is_active == lives, RevokedStaysRevoked, || format!("lives: {lives}, and told {answer:?}"));
            let is_theirs = told["sub"] == self.people[token.person].id && told["sid"] == token.session.to_string();
            holds(!is_active || is_theirs, TokensNeedFactors, || format!("another's token: {answer:?}"));
        }
    }

    fn lives(&self, token: usize) -> bool {
        let token = &self.tokens[token];
        let stored = self.account(token.person).sessions.get(&token.session).cloned();
        let age = self.now().duration_since(token.given_at).unsigned_abs();
        stored.is_some_and(|stored| stored.is_live(self.now())) && age < ACCESS_TOKEN_LIFETIME
    }
}
