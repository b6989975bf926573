//! One list of operations against one World.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use countersign_tests::{Answer, Call, HandedOver, Opened, Person, World};
use crypto::{BranchKey, KdfPool};
use domain::{Account, Clock, Enrollment, SessionId, UserId};
use futures_util::FutureExt;
use jiff::Timestamp;
use keyring::BranchKeys;
use store::{DrainOutbox, FindAccount, FindEnrollment, FindVerification, OUTBOX_PARTS};
use testkit::{MemoryStore, SeededEntropy};

use crate::erasure::Shredded;
use crate::errand::{Desk, Errand, Papers, Sent, address};
use crate::expectation::Snapshot;
use crate::history;
use crate::interleaving::{Process, interleave};
use crate::operation::{Operation, Step};
use crate::planted::{Bug, Planted};
use crate::watch::{Beginning, Watch};

/// What all lists begin with: a World in which three of four people are enrolled.
pub(crate) struct Prepared {
    world: World,
    people: Vec<Person>,
    branch: Arc<BranchKey>,
}

/// A World and what is known of it.
pub(crate) struct Simulation {
    pub(crate) world: World<Planted>,
    pub(crate) people: Vec<Person>,
    pub(crate) verifications: Vec<Known>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) revocations: Vec<Revocation>,
    pub(crate) shredded: Vec<Shredded>,
    pub(crate) watch: Watch,
    /// Whether the events get into the log at the end, which takes its time.
    pub(crate) has_a_log: bool,
    /// What was seen to happen.
    pub(crate) reached: BTreeSet<Reached>,
    /// What every step came to, in order; `None` if nobody wants to know.
    pub(crate) trace: Option<Vec<String>>,
}

/// A verification that somebody was told of.
pub(crate) struct Known {
    pub(crate) person: usize,
    pub(crate) opened: Opened,
    pub(crate) opening: Call,
    pub(crate) opened_at: Timestamp,
    /// Whether the person was enrolled; unknown if that, or which set is asked for, changed at the same time.
    pub(crate) exists: Option<bool>,
    pub(crate) attempts: Vec<Sent>,
    /// Its only token, once somebody was told.
    pub(crate) token: Option<String>,
    /// The final status that somebody was told.
    pub(crate) ended_as: Option<String>,
}

/// A session's first tokens.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) refresh: String,
    /// Whether somebody was told that the refresh token is exchanged.
    pub(crate) is_exchanged: bool,
    pub(crate) person: usize,
    pub(crate) session: SessionId,
    pub(crate) given_at: Timestamp,
    pub(crate) revoked: Revoked,
}

/// What is known of a session's revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Revoked {
    /// Nobody tried.
    No,
    /// Somebody tried, and was not told what came of it.
    Perhaps,
    /// Somebody was told so.
    Yes,
}

/// A revocation that was made.
pub(crate) struct Revocation {
    pub(crate) call: Call,
    pub(crate) made_at: Timestamp,
    pub(crate) token: String,
    pub(crate) answer: Option<Answer>,
}

/// What lists must come to now and then, lest they show nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reached {
    Death,
    Fault,
    Token,
    /// An attempt that was executed again, its process having died, was right.
    TakenOver,
    /// An account locked at each step of the ladder.
    Locked(usize),
    /// As many sessions as one can have.
    Sessions,
    Revocation,
    /// A refresh token was exchanged.
    Refresh,
    /// Something that was readable before a person was erased.
    Erasure,
    /// Somebody was enrolled again after that.
    EnrolledAgain,
}

impl Reached {
    pub(crate) const ALL: [Self; 12] = [
        Self::Death,
        Self::Fault,
        Self::Token,
        Self::TakenOver,
        Self::Locked(5),
        Self::Locked(8),
        Self::Locked(10),
        Self::Sessions,
        Self::Revocation,
        Self::Refresh,
        Self::Erasure,
        Self::EnrolledAgain,
    ];
}

/// Everything before a step's processes begin, and how it went.
pub(crate) struct Before {
    pub(crate) beginning: Beginning,
    /// Those that are worked on, by their positions.
    pub(crate) verifications: BTreeMap<usize, Snapshot>,
    pub(crate) enrolled: Vec<Option<Enrollment>>,
    /// The sessions' tokens that were revoked already.
    pub(crate) revoked: Vec<bool>,
    /// Whether different things happen at once.
    pub(crate) is_mixed: bool,
    /// Whether a fault struck, or a process died.
    pub(crate) is_struck: bool,
}

impl Prepared {
    pub(crate) async fn new() -> Self {
        let world = World::new().await;
        let people = vec![
            Person::new(1, &["pin", "nfc"]),
            Person::new(2, &["pin", "words", "face"]),
            Person::new(3, &["pattern", "nfc", "voice"]),
            Person::new(4, &["pin", "nfc"]),
        ];
        for (number, person) in people[..3].iter().enumerate() {
            let answer = world.send(world.enrolling(person).from_address(&address(number))).await;
            assert_eq!(answer.status, 201, "{answer:?}");
        }
        let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
        let keys = BranchKeys::new(world.tables.clone(), world.keys.unobserved(), clock);
        let branch = keys.current(world.tenant.id).await.unwrap();
        Self { world, people, branch }
    }
}

impl Simulation {
    pub(crate) fn new(prepared: &Prepared, seed: u64, bug: Option<Bug>) -> Self {
        let tables: MemoryStore = prepared.world.tables.copy();
        let mut world = prepared.world.twin(Planted::new(tables.clone(), bug), SeededEntropy::new(!seed));
        world.kdf = KdfPool::inline();
        if bug == Some(Bug::RecordsAfterAnswering) {
            world.delivery = countersign_tests::Delivery::AfterItAnswers(Arc::default());
        }
        world.restart();
        let (tenant, somebody) = (world.tenant.id, prepared.people[0].id.parse().unwrap());
        tables.overwrite_account(tenant, somebody, history::account(seed, world.clock.now()));
        let branch = Arc::clone(&prepared.branch);
        let watch = Watch::new(tables, (tenant, branch), world.kdf.clone());
        Self {
            world,
            people: prepared.people.clone(),
            verifications: Vec::new(),
            tokens: Vec::new(),
            revocations: Vec::new(),
            shredded: Vec::new(),
            watch,
            has_a_log: seed.is_multiple_of(8),
            reached: BTreeSet::new(),
            trace: None,
        }
    }

    /// Takes the steps, and checks what each did, and what must hold at the end.
    pub(crate) async fn run(&mut self, steps: &[Step]) {
        for step in steps {
            self.take(step).await;
        }
        self.world.store.faults().clear();
        self.conclude().await;
    }

    async fn take(&mut self, step: &Step) {
        if let Some((port, nth, fault)) = step.fault {
            self.world.store.faults().plan(port, nth, fault);
        }
        match &step.operation {
            Operation::Wait(duration) => self.world.clock.advance(*duration),
            Operation::Restart => self.world.restart(),
            operation => {
                let errands = self.errands(operation);
                if !errands.is_empty() {
                    self.carry_out(step, errands).await;
                }
            }
        }
    }

    async fn carry_out(&mut self, step: &Step, errands: Vec<Errand>) {
        let mut before = self.before(&errands, matches!(step.operation, Operation::AtOnce(_)));
        let planned = self.world.store.faults().still_planned();
        let desks: Vec<Desk> = errands.iter().map(|_| Desk::default()).collect();
        let lives = step.lives.iter().copied().chain(std::iter::repeat(None));
        let processes = errands.iter().zip(&desks).zip(lives).map(|((errand, desk), life)| {
            let work = errand.run(&self.world, &self.people, desk);
            Process { work: Box::pin(work), life }
        });
        let processes = processes.collect();
        let (watch, people) = (&mut self.watch, &self.people);

        let deaths = interleave(&SeededEntropy::new(step.schedule), processes, |index| {
            watch.stepped(&desks[index], people, &before.beginning);
        })
        .await;

        if deaths > 0 {
            self.world.delivery.forget();
        }
        let faults = planned - self.world.store.faults().still_planned();
        before.is_struck = deaths > 0 || faults > 0;
        self.reached.extend((deaths > 0).then_some(Reached::Death));
        self.reached.extend((faults > 0).then_some(Reached::Fault));
        let papers: Vec<Papers> = desks.into_iter().map(Desk::into_papers).collect();
        self.note(step, &papers);
        self.check(&step.operation, &errands, papers, &before).await;
    }

    fn before(&self, errands: &[Errand], is_mixed: bool) -> Before {
        let unlocked = errands.iter().filter_map(|errand| match errand {
            Errand::Unlock { person } => Some(*person),
            _ => None,
        });
        let touched = errands.iter().filter_map(Errand::verification);
        Before {
            beginning: Beginning {
                accounts: (0..self.people.len()).map(|person| self.account(person)).collect(),
                at: self.now(),
                unlocked: unlocked.collect(),
            },
            verifications: touched.map(|position| (position, self.look(position))).collect(),
            enrolled: (0..self.people.len()).map(|person| self.enrollment(person)).collect(),
            revoked: self.tokens.iter().map(|token| token.revoked == Revoked::Yes).collect(),
            is_mixed,
            is_struck: false,
        }
    }

    /// What a step came to, without what is never the same twice: the randomness of signatures.
    fn note(&mut self, step: &Step, papers: &[Papers]) {
        let (ports, now) = (self.world.store.recorder().take(), self.now());
        let Some(trace) = &mut self.trace else { return };
        let told = papers.iter().flat_map(|papers| [&papers.opened, &papers.answer]).map(|answer| {
            answer.as_ref().map(|answer| (answer.told(), answer.json().get("attempts_remaining").cloned()))
        });
        let told: Vec<_> = told.collect();
        trace.push(format!("{now:?} {step:?} {:?} {told:?}", ports.ports()));
    }

    /// Everything that nothing can lose any more, after the outbox was drained.
    pub(crate) async fn handed_over(&self) -> HandedOver {
        use audit::{Event, SendEvents};
        for part in 0..OUTBOX_PARTS {
            let kept = self.watch.tables.outbox_events(part, u16::MAX).await.unwrap();
            if kept.is_empty() {
                continue;
            }
            let events: Vec<Event> = kept.iter().map(|kept| Event::parse(&kept.payload).unwrap()).collect();
            self.world.sink.send_events(&events).await.unwrap();
            let ids: Vec<_> = kept.iter().map(|kept| kept.id).collect();
            self.watch.tables.remove_outbox_events(&ids).await.unwrap();
        }
        self.world.sink.events().into()
    }

    /// What is stored of a verification and its user.
    pub(crate) fn look(&self, position: usize) -> Snapshot {
        let known = &self.verifications[position];
        let id = known.opened.id.parse().unwrap();
        let verification = self.watch.tables.find_verification(self.world.tenant.id, id);
        let verification = verification.now_or_never().unwrap().unwrap().expect("what was opened is there");
        Snapshot { verification, account: self.account(known.person), now: self.now() }
    }

    pub(crate) fn account(&self, person: usize) -> Account {
        let found = self.watch.tables.find_account(self.world.tenant.id, self.user(person));
        found.now_or_never().unwrap().unwrap().unwrap_or_default()
    }

    pub(crate) fn enrollment(&self, person: usize) -> Option<Enrollment> {
        let found = self.watch.tables.find_enrollment(self.world.tenant.id, self.user(person));
        found.now_or_never().unwrap().unwrap()
    }

    pub(crate) fn user(&self, person: usize) -> UserId {
        self.people[person].id.parse().unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.world.clock.now()
    }
}
