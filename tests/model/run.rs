//! One list of operations against one World.

use std::collections::BTreeMap;
use std::time::Duration;

use countersign_tests::{Answer, Call, Opened, Person, World};
use domain::{ATTEMPTS_ALLOWED, VERIFICATION_LIFETIME};
use futures_util::future::join_all;
use serde_json::json;
use testkit::SeededEntropy;

use crate::expectation::Expectation;
use crate::operation::{Operation, Presented};

/// A World and what is known of it.
pub(crate) struct Run {
    seed: u64,
    taken: Vec<Operation>,
    entropy: SeededEntropy,
    world: World,
    people: Vec<Person>,
    verifications: Vec<Known>,
    tokens: Vec<Token>,
}

/// A verification.
struct Known {
    person: usize,
    opened: Opened,
    initiating: Call,
    attempts: Vec<(Call, Answer)>,
    expectation: Expectation,
}

/// A session's access token.
struct Token {
    text: String,
    age: Duration,
    revoked: bool,
}

impl Run {
    /// An empty world with three people and a stranger.
    pub(crate) async fn new(seed: u64) -> Self {
        let world = World::new().await;
        let mut people = Vec::new();
        for (number, factors) in
            [(1, &["pin", "nfc"][..]), (2, &["pin", "words", "face"]), (3, &["pattern", "nfc", "voice"])]
        {
            people.push(world.enrolled(number, factors).await);
        }
        people.push(Person::new(4, &[]));
        let entropy = SeededEntropy::new(seed);
        Self { seed, taken: Vec::new(), entropy, world, people, verifications: Vec::new(), tokens: Vec::new() }
    }

    /// Draws an operation, takes it, and checks what it did.
    pub(crate) async fn step(&mut self) {
        let operation = Operation::draw(&self.entropy);
        self.taken.push(operation);
        match operation {
            Operation::Initiate { person } => self.initiate(person).await,
            Operation::RepeatInitiate { verification } => self.repeat_initiate(verification).await,
            Operation::Attempt { verification, presented, at_once } => {
                self.attempt(verification, presented, at_once).await;
            }
            Operation::RepeatAttempt { verification, attempt } => self.repeat_attempt(verification, attempt).await,
            Operation::Status { verification } => self.status(verification).await,
            Operation::Revoke { token } => self.revoke(token).await,
            Operation::Wait(duration) => self.wait(duration),
            Operation::Fault { port, fault } => self.world.store.faults().plan(port, 1, fault),
            Operation::Restart => self.world.restart(),
        }
    }

    /// Checks what must hold at the end of every list.
    pub(crate) async fn conclude(mut self) {
        self.world.store.faults().clear();
        for position in 0..self.verifications.len() {
            self.status(position).await;
        }
        for token in &self.tokens {
            let answer = self.world.send(self.world.introspecting(&token.text)).await;
            let active = answer.json()["active"].as_bool().unwrap();
            let expected = !token.revoked && token.age < crypto::ACCESS_TOKEN_LIFETIME;
            assert_eq!(active, expected, "I5: a token's life is its session's: {}", self.story());
        }
        self.check_events();
    }

    async fn initiate(&mut self, person: usize) {
        let user = self.people.get(person).unwrap().id.clone();
        let initiating = self.world.initiating(&user);
        let answer = self.send(initiating.clone()).await;
        if answer.status == 201 {
            let opened = Opened::from(&answer);
            let expectation = Expectation::default();
            self.verifications.push(Known { person, opened, initiating, attempts: Vec::new(), expectation });
        }
    }

    async fn repeat_initiate(&mut self, verification: usize) {
        let Some(position) = self.position(verification) else { return };
        let known = self.known(position);
        let (call, before, age) = (known.initiating.clone(), known.opened.clone(), known.expectation.age);
        let answer = self.send(call).await;
        match answer.status {
            201 => {
                let again = Opened::from(&answer);
                assert_eq!((again.id, again.asked, again.capability), (before.id, before.asked, before.capability));
            }
            400 => assert!(age > VERIFICATION_LIFETIME, "only a stale key is refused: {}", self.story()),
            _ => {}
        }
    }

    async fn attempt(&mut self, verification: usize, presented: Presented, at_once: usize) {
        let Some(position) = self.position(verification) else { return };
        let (person, opened) = (self.known(position).person, self.known(position).opened.clone());
        let somebody = self.people.get(person).unwrap();
        let exists = !somebody.factors.is_empty();
        let factors = match presented {
            Presented::Right => somebody.right(&opened.asked),
            Presented::Wrong => somebody.wrong_at(&opened.asked, 1),
            Presented::Mismatched => json!([{ "type": "emoji", "digest": somebody.digest("emoji") }]),
        };
        let calls: Vec<Call> = (0..at_once).map(|_| self.world.attempting(&opened, &factors)).collect();
        let faults_before = self.world.store.faults().still_planned();
        let comparisons_before = self.world.kdf.comparisons();

        let answers = join_all(calls.iter().cloned().map(|call| self.world.send(call))).await;

        let struck = self.world.store.faults().still_planned() < faults_before;
        let compared = self.world.kdf.comparisons() - comparisons_before;
        let story = self.story();
        let count = u8::try_from(at_once).unwrap();
        let known = self.known(position);
        let expected = known.expectation.answers(exists, presented, count).filter(|_| !struck);
        known.expectation.blurred |= struck;
        known.expectation.comparisons += compared;
        known.expectation.claimed = (known.expectation.claimed + u8::try_from(compared).unwrap()).min(ATTEMPTS_ALLOWED);
        let mut counted = BTreeMap::<u16, u8>::new();
        let mut tokens = Vec::new();
        for (call, answer) in calls.into_iter().zip(answers) {
            *counted.entry(answer.status).or_default() += 1;
            match answer.status {
                200 => {
                    assert!(exists && presented == Presented::Right, "I1: a token without the factors: {story}");
                    known.expectation.tokens += 1;
                    tokens.push(answer.text("access_token"));
                }
                401 => known.expectation.wrong += 1,
                503 => assert!(struck, "a 503 without a fault: {story}"),
                _ => {}
            }
            known.attempts.push((call, answer));
        }
        assert!(known.expectation.comparisons <= u64::from(ATTEMPTS_ALLOWED), "I2: too many comparisons: {story}");
        assert!(known.expectation.tokens <= 1, "I3: a verification that succeeded twice: {story}");
        if let Some(expected) = expected {
            assert_eq!(counted, expected, "answers by status: {story}");
        }
        self.tokens.extend(tokens.into_iter().map(|text| Token { text, age: Duration::ZERO, revoked: false }));
    }

    async fn repeat_attempt(&mut self, verification: usize, attempt: usize) {
        let Some(position) = self.position(verification) else { return };
        let known = self.known(position);
        let (count, age) = (known.attempts.len(), known.expectation.age);
        let Some(index) = attempt.checked_rem(count) else { return };
        let (call, before) = known.attempts.get(index).unwrap().clone();
        let comparisons_before = self.world.kdf.comparisons();
        let answer = self.send(call).await;
        let compared = self.world.kdf.comparisons() - comparisons_before;

        let story = self.story();
        let was_counted = matches!(before.status, 200 | 401);
        assert!(!was_counted || compared == 0, "a repeated attempt was compared again: {story}");
        assert!(answer.status != 200 || before.status == 503, "a repeated attempt gave a token again: {story}");
        if before.status == 401 && answer.status != 503 && age < Duration::from_secs(1) {
            assert_eq!(answer.but_request_id(), before.but_request_id(), "the same answer: {story}");
        }
        // An attempt that never reached its claim the first time is a first attempt now.
        let known = self.known(position);
        known.expectation.comparisons += compared;
        known.expectation.blurred |= compared > 0 || answer.status == 503;
        known.expectation.tokens += u8::from(answer.status == 200);
        assert!(known.expectation.comparisons <= u64::from(ATTEMPTS_ALLOWED), "I2: too many comparisons: {story}");
        assert!(known.expectation.tokens <= 1, "I3: a verification that succeeded twice: {story}");
        if answer.status == 200 {
            let text = answer.text("access_token");
            self.tokens.push(Token { text, age: Duration::ZERO, revoked: false });
        }
    }

    async fn status(&mut self, verification: usize) {
        let Some(position) = self.position(verification) else { return };
        let opened = self.known(position).opened.clone();
        let (status, remaining) = self.world.standing(&opened).await;
        let story = self.story();
        let known = self.known(position);
        if let Some(expected) = known.expectation.status() {
            assert_eq!(status, expected, "the status: {story}");
        }
        if let Some(ended_as) = &known.expectation.ended_as {
            assert_eq!(&status, ended_as, "an end is final: {story}");
        }
        if known.expectation.tokens > 0 {
            assert_eq!(status, "verified", "a token was given: {story}");
        }
        if status != "open" {
            assert_eq!(remaining, 0, "nothing remains: {story}");
            known.expectation.ended_as = Some(status);
        }
    }

    async fn revoke(&mut self, token: usize) {
        let Some(index) = token.checked_rem(self.tokens.len()) else { return };
        let text = self.tokens.get(index).unwrap().text.clone();
        let answer = self.send(self.world.revoking(&text)).await;
        if answer.status == 503 {
            // Whether it is revoked is unknown.
            self.tokens.remove(index);
        } else if let Some(token) = self.tokens.get_mut(index) {
            token.revoked |= token.age < crypto::ACCESS_TOKEN_LIFETIME;
        }
    }

    fn wait(&mut self, duration: Duration) {
        self.world.clock.advance(duration);
        for known in &mut self.verifications {
            known.expectation.age += duration;
        }
        for token in &mut self.tokens {
            token.age += duration;
        }
    }

    /// I4, as far as it goes without an outbox: every token that was handed out has its event, and no event is there twice.
    fn check_events(&self) {
        let events = self.world.sink.events();
        let succeeded =
            events.iter().filter(|event| format!("{:?}", event.outcome).starts_with("VerificationSucceeded"));
        assert!(succeeded.count() >= self.tokens.len(), "I4: a token without an event: {}", self.story());
    }

    /// Sends a call; only a planned fault makes it a 503, and nothing makes it a 500.
    async fn send(&self, call: Call) -> Answer {
        let before = self.world.store.faults().still_planned();
        let answer = self.world.send(call).await;
        let struck = self.world.store.faults().still_planned() < before;
        assert!(answer.status != 500 && (struck || answer.status != 503), "{answer:?}: {}", self.story());
        answer
    }

    fn position(&self, verification: usize) -> Option<usize> {
        verification.checked_rem(self.verifications.len())
    }

    fn known(&mut self, position: usize) -> &mut Known {
        self.verifications.get_mut(position).unwrap()
    }

    fn story(&self) -> String {
        format!("seed {}, after {:#?}", self.seed, self.taken)
    }
}
