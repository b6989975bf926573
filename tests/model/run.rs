//! One list of operations against one World.

use std::time::Duration;

use countersign_tests::{Answer, Call, Opened, Person, World};
use domain::{Clock, IdempotencyKey, UserId, VERIFICATION_LIFETIME};
use jiff::Timestamp;
use serde_json::json;
use store::{FindAccount, FindVerification};
use testkit::{MemoryStore, SeededEntropy};
use tokio::time::timeout;

use crate::expectation::Snapshot;
use crate::operation::{Operation, Presented};

/// A World and what is known of it.
pub(crate) struct Run {
    seed: u64,
    taken: Vec<Operation>,
    entropy: SeededEntropy,
    /// What is stored, past all faults.
    pub(crate) tables: MemoryStore,
    pub(crate) world: World,
    pub(crate) people: Vec<Person>,
    pub(crate) verifications: Vec<Known>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) revocations: Vec<Revocation>,
}

/// A verification.
pub(crate) struct Known {
    pub(crate) person: usize,
    pub(crate) opened: Opened,
    initiating: Call,
    opened_at: Timestamp,
    pub(crate) attempts: Vec<Sent>,
    /// Its only token, once somebody was told.
    pub(crate) token: Option<String>,
    /// The final status that somebody was told.
    ended_as: Option<String>,
}

/// An attempt that was made, perhaps several times.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) call: Call,
    pub(crate) key: IdempotencyKey,
    pub(crate) presented: Presented,
    /// The answer that decided it, once somebody was told.
    pub(crate) decided: Option<Answer>,
}

/// A session's access token.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) person: usize,
    pub(crate) session: domain::SessionId,
    pub(crate) given_at: Timestamp,
    pub(crate) revoked: Revoked,
}

/// What is known of a session's revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Revoked {
    /// Nobody tried.
    No,
    /// Somebody tried, and was not told what came of it.
    Perhaps,
    /// Somebody was told so.
    Yes,
}

/// A revocation that was made.
#[derive(Clone)]
pub(crate) struct Revocation {
    pub(crate) call: Call,
    pub(crate) made_at: Timestamp,
    pub(crate) token: String,
    pub(crate) answer: Option<Answer>,
}

impl Run {
    /// An empty world with three people and a stranger.
    pub(crate) async fn new(seed: u64) -> Self {
        let tables = MemoryStore::new();
        let world = World::on(tables.clone()).await;
        let mut people = Vec::new();
        for (number, factors) in
            [(1, &["pin", "nfc"][..]), (2, &["pin", "words", "face"]), (3, &["pattern", "nfc", "voice"])]
        {
            people.push(world.enrolled(number, factors).await);
        }
        people.push(Person::new(4, &[]));
        Self {
            seed,
            taken: Vec::new(),
            entropy: SeededEntropy::new(seed),
            tables,
            world,
            people,
            verifications: Vec::new(),
            tokens: Vec::new(),
            revocations: Vec::new(),
        }
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
            Operation::RepeatAttempt { verification, attempt, at_once } => {
                self.repeat_attempt(verification, attempt, at_once).await;
            }
            Operation::ReuseKey { verification, attempt } => self.reuse_key(verification, attempt).await,
            Operation::Status { verification } => self.status(verification).await,
            Operation::Revoke { token } => self.revoke(token).await,
            Operation::RepeatRevoke { revocation } => self.repeat_revoke(revocation).await,
            Operation::Unlock { person } => self.unlock(person).await,
            Operation::Wait(duration) => self.world.clock.advance(duration),
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
        self.check_sessions().await;
        self.check_events().await;
    }

    async fn initiate(&mut self, person: usize) {
        let user = self.people[person].id.clone();
        let initiating = self.world.initiating(&user);
        let (answer, _) = self.send(initiating.clone()).await;
        if let Some(answer) = answer.filter(|answer| answer.status == 201) {
            self.verifications.push(Known {
                person,
                opened: Opened::from(&answer),
                initiating,
                opened_at: self.now(),
                attempts: Vec::new(),
                token: None,
                ended_as: None,
            });
        }
    }

    async fn repeat_initiate(&mut self, verification: usize) {
        let Some(position) = self.position(verification) else { return };
        let known = &self.verifications[position];
        let (before, age) = (known.opened.clone(), self.now().duration_since(known.opened_at).unsigned_abs());
        let (Some(answer), struck) = self.send(known.initiating.clone()).await else { return };
        match answer.status {
            201 => {
                let again = Opened::from(&answer);
                assert_eq!((again.id, again.asked, again.capability), (before.id, before.asked, before.capability));
            }
            400 => assert!(age > VERIFICATION_LIFETIME, "only a stale key is refused: {}", self.story()),
            _ => assert!(struck, "{answer:?}: {}", self.story()),
        }
    }

    async fn status(&mut self, verification: usize) {
        let Some(position) = self.position(verification) else { return };
        let call = self.world.asking_status(&self.verifications[position].opened);
        let (Some(answer), struck) = self.send(call).await else { return };
        if answer.status == 503 {
            assert!(struck, "a 503 without a fault: {}", self.story());
            return;
        }
        let status = answer.text("status");
        let remaining = answer.json()["attempts_remaining"].as_u64().unwrap();
        let expected = self.look(position).await.status();
        let story = self.story();
        let known = &mut self.verifications[position];
        assert_eq!(status, expected, "the status: {story}");
        if let Some(ended_as) = &known.ended_as {
            assert_eq!(&status, ended_as, "an end is final: {story}");
        }
        if known.token.is_some() {
            assert_eq!(status, "verified", "a token was given: {story}");
        }
        if status != "open" {
            assert_eq!(remaining, 0, "nothing remains: {story}");
            known.ended_as = Some(status);
        }
    }

    async fn unlock(&mut self, person: usize) {
        let (tenant, user) = (self.world.tenant.id, self.user(person));
        let command =
            json!({ "command": "unlock_account", "tenant_id": tenant.to_string(), "user_id": user.to_string() });
        let before = self.world.store.faults().still_planned();
        let told = timeout(PATIENCE, self.world.tell(&command.to_string())).await;
        let struck = self.world.store.faults().still_planned() < before;
        let failures = self.account(person).await.failures;
        match told {
            Ok(Ok(_)) => assert!(failures.instants().is_empty(), "unlocked, and not: {}", self.story()),
            _ => assert!(struck, "{told:?}: {}", self.story()),
        }
    }

    /// Sends a call, to a process that dies where a fault hangs: `None`. Only a planned fault makes it a 503, and nothing makes it
    /// a 500. The second says whether a fault struck.
    pub(crate) async fn send(&self, call: Call) -> (Option<Answer>, bool) {
        let before = self.world.store.faults().still_planned();
        let answer = timeout(PATIENCE, self.world.send(call)).await.ok();
        let struck = self.world.store.faults().still_planned() < before;
        let status = answer.as_ref().map(|answer| answer.status);
        assert!(status != Some(500) && (struck || !matches!(status, None | Some(503))), "{answer:?}: {}", self.story());
        (answer, struck)
    }

    /// What is stored of a verification and its user.
    pub(crate) async fn look(&self, position: usize) -> Snapshot {
        let known = &self.verifications[position];
        let (tenant, id) = (self.world.tenant.id, known.opened.id.parse().unwrap());
        let verification = self.tables.find_verification(tenant, id).await.unwrap();
        let verification = verification.expect("what was opened is there");
        Snapshot { verification, account: self.account(known.person).await, now: self.now() }
    }

    pub(crate) async fn account(&self, person: usize) -> domain::Account {
        let account = self.tables.find_account(self.world.tenant.id, self.user(person)).await;
        account.unwrap().unwrap_or_default()
    }

    pub(crate) fn user(&self, person: usize) -> UserId {
        self.people[person].id.parse().unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    pub(crate) fn position(&self, verification: usize) -> Option<usize> {
        verification.checked_rem(self.verifications.len())
    }

    pub(crate) fn story(&self) -> String {
        format!("seed {}, after {:#?}", self.seed, self.taken)
    }
}

/// Less than any deadline of the functions: whoever hangs longer has died.
pub(crate) const PATIENCE: Duration = Duration::from_millis(100);
