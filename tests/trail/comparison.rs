//! Holding the log against what happened.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use audit::{About, Event, Outcome, VerificationTrail};
use crypto::BranchKey;
use domain::{AttemptState, Clock, EventId, Home, IdempotencyKey, RequestId, Verification, VerificationId};
use keyring::BranchKeys;
use store::{FindEnrollment, FindVerification, RecogniseEvents};

use crate::ledger::Fact;
use crate::simulation::{Simulation, What, locks};

impl Simulation {
    /// Outcomes and events correspond one to one.
    pub(crate) async fn compare(&mut self) {
        let log = self.pipeline.log();
        let branch = self.branch().await;
        let verifications = self.stored(&branch).await;
        self.account_for(&branch, &verifications).await;

        let events = self.once_each(&log);
        self.are_indexed(&log).await;
        let standing = self.standing(&branch, &events, &verifications);
        let told = self.facts(&branch, &standing);
        self.corresponds(&told, &verifications);
        self.attempts_agree(&branch, &standing, &verifications);
        self.denials_agree(&standing);
        if !self.disturbed {
            assert_eq!(self.pipeline.mended, BTreeSet::new(), "nothing went wrong: {}", self.story());
        }
    }

    /// What is stored adds to what was seen and answered.
    async fn account_for(&mut self, branch: &BranchKey, verifications: &BTreeMap<VerificationId, Verification>) {
        for person in 0..self.people.len() {
            if self.world.tables.find_enrollment(self.world.tenant.id, self.user(person)).await.unwrap().is_some() {
                self.ledger.certainly(Fact::Enrolled(person));
            }
            let now = locks(person, &self.failures(person).await);
            for lock in &now {
                self.ledger.certainly(*lock);
            }
            let before: Vec<Fact> = self.ledger.locks.iter().copied().collect();
            let of_person = |lock: &Fact| matches!(lock, Fact::Locked(whose, ..) if *whose == person);
            let forgotten = before.into_iter().filter(|lock| of_person(lock) && !now.contains(lock));
            for lock in forgotten {
                self.ledger.perhaps(lock);
            }
        }
        for session in self.ledger.revoked.clone() {
            self.ledger.certainly(Fact::Revoked(session));
        }
        for sent in self.sent.clone() {
            match sent.what {
                What::Enroll(person) if sent.refused => self.ledger.certainly(Fact::EnrollmentRefused(person)),
                What::Enroll(person) if sent.blurred => self.ledger.perhaps(Fact::EnrollmentRefused(person)),
                _ => {}
            }
        }
        for verification in verifications.values() {
            // An opening that nobody was told of can't be used, and nobody knows whether it is there.
            if self.ledger.told.contains(&verification.id) || !verification.attempts.is_empty() {
                self.ledger.certainly(Fact::Opened(verification.id));
            } else {
                self.ledger.perhaps(Fact::Opened(verification.id));
            }
            for (key, attempt) in &verification.attempts {
                match (attempt.state, &verification.verified) {
                    (AttemptState::Right, Some(verified)) => {
                        let session = branch.attempt_session(verification, key).session();
                        assert_eq!(session, verified.session, "{}", self.story());
                        self.ledger.certainly(Fact::Succeeded(verification.id, session));
                    }
                    _ => self.ledger.certainly(Fact::Failed(verification.id)),
                }
            }
        }
    }

    /// The events by their ids, each of which the log has once.
    fn once_each(&self, log: &[Event]) -> BTreeMap<EventId, Event> {
        let events: BTreeMap<EventId, Event> = log.iter().map(|event| (event.id, event.clone())).collect();
        assert_eq!(events.len(), log.len(), "an event is in the log twice: {}", self.story());
        events
    }

    async fn are_indexed(&self, log: &[Event]) {
        let keys: BTreeSet<_> = log.iter().map(Event::key).collect();
        let indexed = self.world.tables.recognise_events(&keys).await.unwrap();
        assert_eq!(indexed, keys, "the index has what the log has: {}", self.story());
    }

    /// The events that nothing takes back.
    fn standing(
        &self,
        branch: &BranchKey,
        events: &BTreeMap<EventId, Event>,
        verifications: &BTreeMap<VerificationId, Verification>,
    ) -> BTreeMap<EventId, Event> {
        let mut standing = events.clone();
        for event in events.values() {
            if let Outcome::OutcomeNotReached { event: announced } = event.outcome {
                standing.remove(&event.id);
                assert!(standing.remove(&announced).is_some(), "{announced} is taken back once: {}", self.story());
            }
        }
        let request_id = RequestId::from_transport("r-1");
        for verification in verifications.values() {
            let trail = VerificationTrail { branch, verification, request_id: &request_id };
            for key in verification.attempts.keys() {
                if standing.contains_key(&trail.completion_refused_id(key)) {
                    standing.remove(&trail.success_id(key));
                }
            }
        }
        standing
    }

    /// What the events say happened.
    fn facts(&self, branch: &BranchKey, standing: &BTreeMap<EventId, Event>) -> BTreeMap<Fact, usize> {
        let mut facts = BTreeMap::new();
        for event in standing.values() {
            let fact = match event.outcome {
                Outcome::EnrollmentCreated { .. } => Fact::Enrolled(self.person(branch, event)),
                Outcome::EnrollmentRefused { .. } => Fact::EnrollmentRefused(self.person(branch, event)),
                Outcome::VerificationOpened { verification, .. } => Fact::Opened(verification),
                Outcome::VerificationMissing { verification } => Fact::Missing(verification),
                Outcome::AttemptWrong { verification, .. }
                | Outcome::AttemptWhileLocked { verification, .. }
                | Outcome::AttemptAbandoned { verification, .. }
                | Outcome::CompletionRefused { verification } => Fact::Failed(verification),
                Outcome::VerificationSucceeded { session, verification, .. } => Fact::Succeeded(verification, session),
                Outcome::AccountLocked { failures, until } => Fact::Locked(self.person(branch, event), failures, until),
                Outcome::AccountUnlocked { failures } => Fact::Unlocked(self.person(branch, event), failures),
                Outcome::SessionRevoked { session } => Fact::Revoked(session),
                Outcome::ListingChanged { entry, .. } => Fact::Listed(entry.map(|entry| entry.expires_at)),
                Outcome::RequestRefused { .. } => continue,
                Outcome::SessionRefreshed { .. }
                | Outcome::RefreshTokenReused { .. }
                | Outcome::TenantSessionsRevoked { .. }
                | Outcome::OutcomeNotReached { .. }
                | Outcome::TrailRead { .. }
                | Outcome::TenantCreated { .. }
                | Outcome::ApiKeyCreated { .. }
                | Outcome::ApiKeyRotated { .. }
                | Outcome::ApiKeyRevoked { .. }
                | Outcome::FactorsRotated { .. }
                | Outcome::UserErased { .. }
                | Outcome::UserDisabled { .. }
                | Outcome::UserEnabled { .. }
                | Outcome::DataExported { .. }
                | Outcome::BranchKeyRotated { .. }
                | Outcome::SigningKeyRetired { .. } => {
                    panic!("{event:?}: {}", self.story())
                }
            };
            *facts.entry(fact).or_default() += 1;
        }
        facts
    }

    fn corresponds(&self, told: &BTreeMap<Fact, usize>, stored: &BTreeMap<VerificationId, Verification>) {
        let count = |of: &BTreeMap<Fact, usize>, fact: &Fact| of.get(fact).copied().unwrap_or_default();
        let facts: BTreeSet<Fact> = told.keys().chain(self.ledger.certain.keys()).copied().collect();
        for fact in facts {
            let told_of = count(told, &fact);
            let (least, more) = match fact {
                // What is announced and not there has an event that says so.
                Fact::Opened(id) if !stored.contains_key(&id) => (count(told, &Fact::Missing(id)), 0),
                Fact::Missing(id) if !stored.contains_key(&id) => (count(told, &Fact::Opened(id)), 0),
                fact => (count(&self.ledger.certain, &fact), count(&self.ledger.possible, &fact)),
            };
            assert!(
                (least..=least + more).contains(&told_of),
                "{fact:?} happened {least} times, and {more} times perhaps; the log tells of it {told_of} times: {}",
                self.story()
            );
        }
    }

    /// What the log tells of each attempt is what is stored of it. An execution that failed after it was recorded may have seen
    /// fewer other attempts than the one that decided.
    fn attempts_agree(
        &self,
        branch: &BranchKey,
        standing: &BTreeMap<EventId, Event>,
        verifications: &BTreeMap<VerificationId, Verification>,
    ) {
        let request_id = RequestId::from_transport("r-1");
        for verification in verifications.values() {
            let trail = VerificationTrail { branch, verification, request_id: &request_id };
            for (key, attempt) in &verification.attempts {
                let outcome = |id| standing.get(&id).map(|event| event.outcome);
                let ended = outcome(trail.attempt_id(key));
                let agrees = match attempt.state {
                    AttemptState::Right => ended.is_none() && outcome(trail.success_id(key)).is_some(),
                    AttemptState::Wrong { attempts_remaining: left } => matches!(
                        ended,
                        Some(
                            Outcome::AttemptWrong { attempts_remaining, .. }
                                | Outcome::AttemptWhileLocked { attempts_remaining, .. }
                        ) if attempts_remaining >= left
                    ),
                    AttemptState::Claimed => ended.is_some() != outcome(trail.completion_refused_id(key)).is_some(),
                };
                assert!(agrees, "{attempt:?} ended as {ended:?}: {}", self.story());
            }
        }
    }

    /// Denials are sampled: none is told of that was not answered, and of each kind that was there is one.
    fn denials_agree(&self, standing: &BTreeMap<EventId, Event>) {
        let told = standing.values().filter_map(|event| match event.outcome {
            Outcome::RequestRefused { denial, suppressed, .. } => Some((name(denial), suppressed + 1)),
            _ => None,
        });
        let mut by_denial: BTreeMap<String, u32> = BTreeMap::new();
        for (denial, count) in told {
            *by_denial.entry(denial).or_default() += count;
        }
        if self.disturbed {
            return;
        }
        let mut answered: BTreeMap<String, u32> = BTreeMap::new();
        for ((_, problem), count) in &self.ledger.denied {
            let denial = problem.trim_start_matches("/problems/").replace('-', "_");
            let denial = if denial.is_empty() { "unauthenticated".to_owned() } else { denial };
            if !DENIALS.contains(&denial.as_str()) {
                continue;
            }
            *answered.entry(denial).or_default() += count;
        }
        let story = self.story();
        assert_eq!(by_denial.keys().collect::<Vec<_>>(), answered.keys().collect::<Vec<_>>(), "denials: {story}");
        for (denial, count) in by_denial {
            assert!(count <= answered[&denial], "{denial}: {count} of {answered:?}: {story}");
        }
    }

    /// What is stored of every verification that somebody asked for, whether or not anybody was told of it.
    async fn stored(&self, branch: &BranchKey) -> BTreeMap<VerificationId, Verification> {
        let mut stored = BTreeMap::new();
        for sent in &self.sent {
            if let What::Initiate(_) = sent.what {
                let key: IdempotencyKey = sent.key.parse().unwrap();
                let id = branch.verification_id(&key, Home::Table);
                let found = self.world.tables.find_verification(self.world.tenant.id, id).await.unwrap();
                stored.extend(found.map(|found| (id, found)));
            }
        }
        stored
    }

    fn person(&self, branch: &BranchKey, event: &Event) -> usize {
        let About::Person { subject, .. } = event.about else { panic!("{event:?}: {}", self.story()) };
        let is_about = |person: &usize| branch.subject_pseudonym(self.user(*person)) == *subject.as_bytes();
        (0..self.people.len()).find(is_about).unwrap_or_else(|| panic!("{event:?}: {}", self.story()))
    }

    async fn branch(&self) -> Arc<BranchKey> {
        let clock = Arc::clone(&self.world.clock) as Arc<dyn Clock>;
        let keys = BranchKeys::new(self.world.tables.clone(), self.world.keys.unobserved(), clock);
        keys.current(self.world.tenant.id).await.unwrap()
    }
}

fn name(denial: audit::Denial) -> String {
    serde_json::to_value(denial).unwrap().as_str().unwrap().to_owned()
}

/// The refusals that are denials; others are malformed, in progress, or have events of their own.
const DENIALS: [&str; 10] = [
    "unauthenticated",
    "forbidden",
    "insufficient_scope",
    "rate_limited",
    "enrollment_not_found",
    "verification_not_found",
    "verification_closed",
    "factors_mismatch",
    "idempotency_key_reused",
    "idempotency_key_stale",
];
