//! An account on a real engine against the one in memory, step by step, at the instants at which locks end and failures are
//! forgotten.

use std::time::Duration;

use domain::{AttemptMark, Entropy, FORGOTTEN_AFTER, LADDER, Session, SessionId};
use jiff::Timestamp;
use store::{FindAccount, OpenSession, Reservation, ReserveFailure, UnlockAccount};
use testkit::{MemoryStore, SeededEntropy};
use tokio::task::JoinSet;

use crate::engine;
use crate::records::{event, now, session, tenant, user};

const SEED: u64 = 3;
const STEPS: u32 = 600;

#[tokio::test(flavor = "multi_thread")]
async fn v3_an_account_on_embedded_dynamodb_is_the_model() {
    let engine = engine::embedded().await;
    let (store, model, mut script) = (&engine.store, MemoryStore::new(), Script::new());
    let mut locked = 0;
    for number in 0..STEPS {
        let step = script.next_step();
        let (outcome, expected) = (perform(store, &step).await, perform(&model, &step).await);

        assert_eq!(outcome, expected, "seed {SEED}, step {number}: {step:?}");
        locked += u32::from(outcome.starts_with("Locked"));
        let accounts = [store.find_account(tenant(), user()).await, model.find_account(tenant(), user()).await];
        let [found, expected] = accounts.map(Result::unwrap);
        assert_eq!(found.unwrap_or_default(), expected.unwrap_or_default(), "seed {SEED}, step {number}: {step:?}");
    }
    assert!(locked > 50, "the script meets {locked} locks");
}

#[tokio::test(flavor = "multi_thread")]
async fn v3_of_sixteen_failures_at_once_a_day_later_five_are_reserved() {
    let engine = engine::embedded().await;
    let next_day = now() + FORGOTTEN_AFTER;
    engine.store.reserve_failure(tenant(), user(), AttemptMark([0; 8]), now()).await.unwrap();

    let mut tasks = JoinSet::new();
    for number in 1..=16 {
        let store = engine.store.clone();
        tasks.spawn(async move { store.reserve_failure(tenant(), user(), AttemptMark([number; 8]), next_day).await });
    }
    let reservations: Vec<_> = tasks.join_all().await.into_iter().map(Result::unwrap).collect();

    let reserved = reservations.iter().filter(|reservation| matches!(reservation, Reservation::Reserved(_))).count();
    let account = engine.store.find_account(tenant(), user()).await.unwrap().unwrap();
    assert_eq!(reserved, 5);
    assert_eq!(account.failures.instants(), [next_day; 5]);
}

#[derive(Debug)]
enum Step {
    Reserve(AttemptMark, Timestamp),
    Open(Box<Session>, Vec<SessionId>),
    Unlock,
}

async fn perform<S: ReserveFailure + OpenSession + UnlockAccount + FindAccount>(store: &S, step: &Step) -> String {
    match step {
        Step::Reserve(mark, now) => {
            let reservation = store.reserve_failure(tenant(), user(), *mark, *now).await.unwrap();
            if let Reservation::Locked { until } = reservation {
                format!("Locked {until}")
            } else {
                format!("{reservation:?}")
            }
        }
        Step::Open(session, evicted) => format!("{:?}", store.open_session(session, evicted).await.unwrap()),
        Step::Unlock => {
            let known = store.find_account(tenant(), user()).await.unwrap().unwrap_or_default().failures;
            let more = known.clone().with(now());
            let changed = store.unlock_account(tenant(), user(), &more, &event(1)).await.unwrap();
            let unlocked = store.unlock_account(tenant(), user(), &known, &event(1)).await.unwrap();
            format!("{changed:?} {unlocked:?}")
        }
    }
}

struct Script {
    random: SeededEntropy,
    now: Timestamp,
    marks: u8,
}

impl Script {
    fn new() -> Self {
        Self { random: SeededEntropy::new(SEED), now: now(), marks: 0 }
    }

    /// Mostly new attempts; one in eight is one of the latest again, few are a success or an unlocking.
    fn next_step(&mut self) -> Step {
        let pause = self.pause();
        self.now += pause;
        match self.below(32) {
            0 => Step::Unlock,
            1 => {
                let [opened, gone, other] = [(); 3].map(|()| self.below(8));
                let evicted = [gone, other].map(|number| session(number).id).into();
                let session = Session {
                    created_at: self.now,
                    refreshed_at: self.now,
                    expires_at: self.now + FORGOTTEN_AFTER,
                    ..session(opened)
                };
                Step::Open(Box::new(session), evicted)
            }
            2..=5 => Step::Reserve(AttemptMark([self.marks.wrapping_sub(self.below(3)); 8]), self.now),
            _ => {
                self.marks = self.marks.wrapping_add(1);
                Step::Reserve(AttemptMark([self.marks; 8]), self.now)
            }
        }
    }

    /// Mostly none; else a rung's duration or that of remembering, or a millisecond less.
    fn pause(&mut self) -> Duration {
        let long: Vec<Duration> = LADDER.iter().map(|(_, duration)| *duration).chain([FORGOTTEN_AFTER]).collect();
        let less = Duration::from_millis(u64::from(self.below(2)));
        match long.get(usize::from(self.below(12))) {
            Some(long) => long.saturating_sub(less),
            None => less,
        }
    }

    fn below(&mut self, bound: u8) -> u8 {
        let mut byte = [0];
        self.random.fill(&mut byte).unwrap();
        byte[0] % bound
    }
}
