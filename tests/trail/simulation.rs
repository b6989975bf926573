//! One list of operations against one World.

use std::time::Duration;

use countersign_tests::{Answer, Call, Function, HandedOver, Opened, Person, World};
use domain::{Clock, Failures, LADDER, SessionId, UserId, VerificationId};
use jiff::Timestamp;
use serde_json::json;
use store::{FindAccount, FindListings};
use testkit::SeededEntropy;
use tokio::time::timeout;

use crate::ledger::{Fact, Ledger};
use crate::mortal::{Deaths, Life, mortal};
use crate::operation::{Disturbance, Operation, Presented, Refusal};
use crate::pipeline::Pipeline;

/// A World and what is known of it.
pub(crate) struct Simulation {
    pub(crate) seed: u64,
    taken: Vec<(Operation, Disturbance)>,
    entropy: SeededEntropy,
    pub(crate) world: World,
    pub(crate) people: Vec<Person>,
    pub(crate) sent: Vec<Sent>,
    verifications: Vec<(usize, Opened)>,
    tokens: Vec<(SessionId, String)>,
    pub(crate) ledger: Ledger,
    pub(crate) pipeline: Pipeline,
    /// Whether anything goes wrong in this list.
    pub(crate) disturbed: bool,
    puts: u32,
    deaths: Deaths,
}

/// A request that was sent, perhaps several times.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) call: Call,
    /// Its idempotency key.
    pub(crate) key: String,
    pub(crate) what: What,
    /// Whether it was ever told that the person is enrolled already.
    pub(crate) refused: bool,
    /// Whether it ever got no answer, or a 503.
    pub(crate) blurred: bool,
}

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum What {
    Enroll(usize),
    Initiate(usize),
    Attempt(VerificationId),
    Revoke,
    Other,
}

impl Simulation {
    /// An empty world that goes on from this one, of two people who can enroll and a stranger.
    pub(crate) fn new(empty: &World, seed: u64) -> Self {
        let disturbed = !seed.is_multiple_of(10);
        Self {
            seed,
            taken: Vec::new(),
            entropy: SeededEntropy::new(seed),
            world: empty.twin(empty.tables.copy(), SeededEntropy::new(!seed)),
            people: vec![
                Person::new(1, &["pin", "nfc"]),
                Person::new(2, &["pin", "words", "face"]),
                Person::new(3, &[]),
            ],
            sent: Vec::new(),
            verifications: Vec::new(),
            tokens: Vec::new(),
            ledger: Ledger::default(),
            pipeline: Pipeline::new(seed, disturbed),
            disturbed,
            puts: 0,
            deaths: Deaths::default(),
        }
    }

    /// Takes the operations of the list.
    pub(crate) async fn run(&mut self) {
        for person in 0..2 {
            self.step(Operation::Enroll { person }).await;
            self.step(Operation::Initiate { person }).await;
        }
        for _ in 0..OPERATIONS {
            let operation = Operation::draw(&self.entropy);
            self.step(operation).await;
        }
    }

    /// Lets everything come to rest, and compares what happened with the log.
    pub(crate) async fn conclude(mut self) -> Deaths {
        self.world.store.faults().clear();
        self.pipeline.calm_down();
        for _ in 0..LAST_PUMPS {
            self.pipeline.pump(&self.world).await;
            self.world.clock.advance(Duration::from_secs(650));
        }
        assert!(self.pipeline.is_at_rest(&self.world), "something is still on its way: {}", self.story());
        self.compare().await;
        std::mem::take(&mut self.deaths).and(std::mem::take(&mut self.pipeline.deaths))
    }

    async fn step(&mut self, operation: Operation) {
        let disturbance = if self.disturbed { Disturbance::draw(&self.entropy) } else { Disturbance::default() };
        self.taken.push((operation, disturbance));
        if let Some((port, nth, fault)) = disturbance.fault {
            self.world.store.faults().plan(port, nth, fault);
        }
        let life = disturbance.life;
        match operation {
            Operation::Enroll { person } => {
                let call = self.world.enrolling(&self.people[person]);
                self.send_new(call, What::Enroll(person), life).await;
            }
            Operation::Initiate { person } => {
                let call = self.world.initiating(&self.people[person].id);
                self.send_new(call, What::Initiate(person), life).await;
            }
            Operation::Attempt { verification, presented, at_once } => {
                self.attempt(verification, presented, (at_once, life)).await;
            }
            Operation::Repeat { sent } => self.repeat(sent, life).await,
            Operation::ReuseKey { sent } => self.reuse_key(sent, life).await,
            Operation::Revoke { token } => {
                let Some(index) = token.checked_rem(self.tokens.len()) else { return };
                let (_, text) = self.tokens[index].clone();
                let call = self.world.revoking(&text);
                self.send_new(call, What::Revoke, life).await;
            }
            Operation::Refused { how } => self.ask_in_vain(how, life).await,
            Operation::Unlock { person } => self.unlock(person, life).await,
            Operation::PutListing => self.put_listing(life).await,
            Operation::RemoveListing => self.remove_listing(life).await,
            Operation::Wait(duration) => self.wait(duration).await,
            Operation::Restart => self.world.restart(),
        }
        self.look().await;
    }

    async fn attempt(&mut self, verification: usize, presented: Presented, (at_once, life): (usize, Life)) {
        let Some(index) = verification.checked_rem(self.verifications.len()) else { return };
        let (person, opened) = &self.verifications[index];
        let (person, opened) = (&self.people[*person], opened.clone());
        let factors = match presented {
            Presented::Right => person.right(&opened.asked),
            Presented::Wrong => person.wrong_at(&opened.asked, 1),
            Presented::Mismatched => json!([{ "type": "emoji", "digest": person.digest("emoji") }]),
        };
        let what = What::Attempt(opened.id.parse().unwrap());
        let call = || self.world.attempting(&opened, &factors);
        let sent: Vec<Sent> = (0..at_once).map(|_| Sent::new(call(), self.world.key(), what)).collect();
        let first = self.sent.len();
        self.sent.extend(sent);
        self.send_at_once(first..first + at_once, life).await;
    }

    async fn repeat(&mut self, sent: usize, life: Life) {
        let Some(index) = sent.checked_rem(self.sent.len()) else { return };
        self.send_at_once(index..index + 1, life).await;
    }

    /// Another body under the key: of another person, or of other factors.
    async fn reuse_key(&mut self, sent: usize, life: Life) {
        let Some(index) = sent.checked_rem(self.sent.len()) else { return };
        let Sent { call, key, what, .. } = self.sent[index].clone();
        let sent = match what {
            What::Initiate(person) => {
                let other = (person + 1) % self.people.len();
                let call = call.json(&json!({ "user_id": self.people[other].id }));
                Sent::new(call, key, What::Initiate(other))
            }
            What::Attempt(_) => {
                let mut body = call.body();
                body["factors"][0]["digest"] = json!("ab".repeat(32));
                Sent::new(call.json(&body), key, what)
            }
            _ => return,
        };
        self.send_last(sent, life).await;
    }

    async fn ask_in_vain(&mut self, how: Refusal, life: Life) {
        let key = &self.world.tenant.api_key;
        let call = match how {
            Refusal::ApiKey => {
                let other = if key.ends_with('A') { 'B' } else { 'A' };
                let unknown = format!("{}{other}", &key[..key.len() - 1]);
                self.world.initiating(&self.people[0].id).bearer(&unknown)
            }
            Refusal::Verification => Call::new(Function::Status, "by-api-key").bearer(key),
            Refusal::Enrollment => {
                Call::new(Function::DescribeEnrollment, "enrolled").bearer(key).path("user_id", &self.people[2].id)
            }
        };
        self.send_new(call, What::Other, life).await;
    }

    async fn send_new(&mut self, call: Call, what: What, life: Life) {
        let sent = Sent::new(call, self.world.key(), what);
        self.send_last(sent, life).await;
    }

    async fn send_last(&mut self, sent: Sent, life: Life) {
        self.sent.push(sent);
        let last = self.sent.len() - 1;
        self.send_at_once(last..last + 1, life).await;
    }

    /// Sends requests at once; the process of the first one may die.
    async fn send_at_once(&mut self, positions: std::ops::Range<usize>, life: Life) {
        let calls: Vec<Call> = self.sent[positions.clone()].iter().map(|sent| sent.call.clone()).collect();
        let doing = calls[0].function().name();
        let world = &self.world;
        let lives = std::iter::once(life).chain(std::iter::repeat(None));
        let answers = futures_util::future::join_all(
            calls.into_iter().zip(lives).map(|(call, life)| mortal(life, world.send(call))),
        )
        .await;
        let handed_over = self.world.handed_over().await;
        for (position, (answer, wakes)) in positions.zip(answers) {
            self.note(doing, answer.as_ref(), wakes);
            self.take_in(position, answer, &handed_over);
        }
    }

    fn note(&mut self, doing: &'static str, answer: Option<&Answer>, wakes: u32) {
        let deaths = match answer {
            None => Deaths::of(doing, wakes),
            Some(answer) if !self.disturbed && answer.status < 300 => Deaths::undisturbed(doing, wakes),
            Some(_) => return,
        };
        self.deaths = std::mem::take(&mut self.deaths).and(deaths);
    }

    /// What the answer says happened. Whoever is told so must be able to rely on its event.
    fn take_in(&mut self, position: usize, answer: Option<Answer>, handed_over: &HandedOver) {
        let what = self.sent[position].what;
        let Some(answer) = answer.filter(|answer| answer.status < 500) else {
            self.sent[position].blurred = true;
            return;
        };
        let told = answer.told();
        let is_recorded = match (what, told.0) {
            (What::Initiate(person), 201) => {
                let opened = Opened::from(&answer);
                self.ledger.told.insert(opened.id.parse().unwrap());
                if !self.verifications.iter().any(|(_, known)| known.id == opened.id) {
                    self.verifications.push((person, opened));
                }
                handed_over.opened(&answer)
            }
            (What::Attempt(_), 200) => {
                let session = answer.text("session_id").parse().unwrap();
                if !self.tokens.iter().any(|(known, _)| *known == session) {
                    self.tokens.push((session, answer.text("access_token")));
                }
                handed_over.succeeded(&answer)
            }
            (What::Attempt(id), 401) if told.1 == "/problems/authentication-failed" => handed_over.wrong(id, &answer),
            (What::Enroll(_), 409) if told.1 == "/problems/already-enrolled" => {
                self.sent[position].refused = true;
                let refused = |outcome: &_| matches!(outcome, audit::Outcome::EnrollmentRefused { .. });
                handed_over.count(refused) >= self.sent.iter().filter(|sent| sent.refused).count()
            }
            (What::Enroll(_), 201) => {
                handed_over.count(|outcome| matches!(outcome, audit::Outcome::EnrollmentCreated { .. })) >= 1
            }
            (What::Revoke, 200) => true,
            _ => {
                let denial = (self.sent[position].call.function().name(), told.1.clone());
                *self.ledger.denied.entry(denial).or_default() += 1;
                true
            }
        };
        assert!(is_recorded, "{what:?} was answered {told:?} and its event can be lost: {}", self.story());
    }

    async fn unlock(&mut self, person: usize, life: Life) {
        let (tenant, user) = (self.world.tenant.id, self.user(person));
        let before = self.failures(person).await;
        let command =
            json!({ "command": "unlock_account", "tenant_id": tenant.to_string(), "user_id": user.to_string() });
        let answered = self.tell(&command.to_string(), life).await;
        let is_changed = before != Failures::default() && self.failures(person).await == Failures::default();
        let fact = Fact::Unlocked(person, u8::try_from(before.instants().len()).unwrap());
        self.conclude_command(fact, answered || is_changed, before == Failures::default());
    }

    async fn put_listing(&mut self, life: Life) {
        self.puts += 1;
        let until = self.world.clock.now() + Duration::from_secs(86_400) + Duration::from_secs(self.puts.into());
        let command = json!({
            "command": "put_listing", "subject": SUBJECT, "access": "denied", "expires_at": until.to_string(),
        });
        let answered = self.tell(&command.to_string(), life).await;
        self.conclude_command(Fact::Listed(Some(until)), answered || self.listed().await == Some(until), false);
    }

    async fn remove_listing(&mut self, life: Life) {
        let before = self.listed().await;
        let command = json!({ "command": "remove_listing", "subject": SUBJECT });
        let answered = self.tell(&command.to_string(), life).await;
        let is_changed = before.is_some() && self.listed().await.is_none();
        self.conclude_command(Fact::Listed(None), answered || is_changed, before.is_none());
    }

    /// Of a command that changes nothing, and of which the operator was told nothing, nothing tells.
    fn conclude_command(&mut self, fact: Fact, happened: bool, changes_nothing: bool) {
        if happened {
            self.ledger.certainly(fact);
        } else if changes_nothing {
            self.ledger.perhaps(fact);
        }
    }

    /// Whether the operator was told that it is done.
    async fn tell(&mut self, command: &str, life: Life) -> bool {
        let (told, wakes) = mortal(life, timeout(Duration::from_secs(15), self.world.tell(command))).await;
        let deaths = match &told {
            None => Deaths::of("admin", wakes),
            Some(_) if !self.disturbed => Deaths::undisturbed("admin", wakes),
            Some(_) => Deaths::default(),
        };
        self.deaths = std::mem::take(&mut self.deaths).and(deaths);
        matches!(told, Some(Ok(Ok(_))))
    }

    /// Time passes, and the events go their way.
    async fn wait(&mut self, duration: Duration) {
        let until = self.world.clock.now() + duration;
        while self.world.clock.now() < until {
            let left = Duration::try_from(until.duration_since(self.world.clock.now())).unwrap();
            self.world.clock.advance(left.min(Duration::from_secs(120)));
            self.pipeline.pump(&self.world).await;
        }
    }

    /// Keeps what may be forgotten later: locks and revocations. What was revoked has its event.
    async fn look(&mut self) {
        let handed_over = self.world.handed_over().await;
        for person in 0..self.people.len() {
            let account = self.world.tables.find_account(self.world.tenant.id, self.user(person)).await.unwrap();
            let Some(account) = account else { continue };
            self.ledger.locks.extend(locks(person, &account.failures));
            for session in account.sessions.values().filter(|session| session.revoked_at.is_some()) {
                assert!(handed_over.revoked(session.id), "revoked without an event: {}", self.story());
                self.ledger.revoked.insert(session.id);
            }
        }
    }

    pub(crate) async fn failures(&self, person: usize) -> Failures {
        let account = self.world.tables.find_account(self.world.tenant.id, self.user(person)).await.unwrap();
        account.unwrap_or_default().failures
    }

    async fn listed(&self) -> Option<Timestamp> {
        self.world.tables.find_listings().await.unwrap().first().map(|listing| listing.expires_at)
    }

    pub(crate) fn user(&self, person: usize) -> UserId {
        self.people[person].id.parse().unwrap()
    }

    pub(crate) fn story(&self) -> String {
        format!("seed {}, after {:#?}", self.seed, self.taken)
    }
}

impl Sent {
    fn new(call: Call, key: String, what: What) -> Self {
        Self { call: call.key(&key), key, what, refused: false, blurred: false }
    }
}

/// The locks that these failures brought about.
pub(crate) fn locks(person: usize, failures: &Failures) -> Vec<Fact> {
    let locks = LADDER.into_iter().filter_map(|(count, _)| {
        let until = Failures::new(failures.instants().get(..count)?.to_vec())?.lock_by_latest()?;
        Some(Fact::Locked(person, u8::try_from(count).unwrap(), until))
    });
    locks.collect()
}

const SUBJECT: &str = "network/10.99.0.0/16";

const OPERATIONS: usize = 12;

/// Enough for what is late, to be logged, reconciled, and mended.
const LAST_PUMPS: usize = 6;
