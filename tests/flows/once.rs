//! A9 and B3: whichever call of whichever port fails, hangs or loses its answer, the client is told to come back, and what it
//! comes back with moves every counter once.
//!
//! The calls are those that each step is seen to make, in processes that have nothing cached; so a new port is here by itself.
//! Time is virtual.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use admission::{Policy, Row, Scope};
use countersign_http::ANSWER_DEADLINE;
use countersign_tests::{Answer, Call, Person, World};
use domain::{Clock, CounterKey, Draw, DrawId, Drawn, Entropy, Limit, LimitSubject, SourceAddress};
use serde_json::{Value, json};
use store::{DrawPermits, FindAccount, StoreErrorKind};
use testkit::Fault;
use tokio::time::Instant;

use crate::idempotency::{NO_LIMITS, Step, Work};
use crate::problems::problem;

#[tokio::test(start_paused = true)]
async fn a9_whatever_fails_the_retry_enrolls_once() {
    strike_everywhere(Step::Enroll, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a9_whatever_fails_the_retry_opens_one_verification() {
    strike_everywhere(Step::Initiate, &["FindVerification"]).await;
}

#[tokio::test(start_paused = true)]
async fn a9_whatever_fails_the_retry_of_a_wrong_attempt_is_counted_once() {
    strike_everywhere(Step::Wrong, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a9_whatever_fails_the_retry_of_the_fifth_wrong_attempt_locks_once() {
    strike_everywhere(Step::Locking, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a9_whatever_fails_the_retry_of_an_attempt_while_locked_counts_nothing() {
    strike_everywhere(Step::Locked, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a9_whatever_fails_the_retry_of_a_right_attempt_opens_one_session() {
    strike_everywhere(Step::Right, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a9_whatever_fails_the_retry_revokes_once() {
    strike_everywhere(Step::Revoke, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a9_whatever_fails_the_retry_revokes_all_once() {
    strike_everywhere(Step::RevokeAll, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a9_whatever_fails_the_retry_refreshes_once() {
    strike_everywhere(Step::Refresh, &[]).await;
}

/// Strikes every call of a step with every fault. Only faults of the `optional` ports may be no failure of the step, and those of the
/// audit queue never are: what it does not take is kept.
async fn strike_everywhere(step: Step, optional: &[&str]) {
    let undisturbed = Struck::run(step, None).await;
    assert_eq!(undisturbed.last.status, step.status());

    for (port, nth) in calls_of(step).await {
        for fault in FAULTS {
            let struck = Struck::run(step, Some((port, nth, fault))).await;
            let place = format!("{step:?}, call {nth} of {port}, {fault:?}");

            let has_failed = struck.first.told() == problem(503, "unavailable");
            let may_succeed = port == "SendEvents" || optional.contains(&port);
            assert!(has_failed || may_succeed, "{place}: {:?}", struck.first);
            assert!(!(has_failed && port == "SendEvents"), "{place}: {:?}", struck.first);
            assert!(struck.waited <= ANSWER_DEADLINE, "{place}: {:?}", struck.waited);
            assert_eq!(struck.last.told(), undisturbed.last.told(), "{place}: {:?}", struck.last);
            assert_eq!(
                struck.last.json()["attempts_remaining"],
                undisturbed.last.json()["attempts_remaining"],
                "{place}"
            );
            assert_eq!(struck.counters.account, undisturbed.counters.account, "{place}");
            assert_eq!(struck.counters.events(step), undisturbed.counters.events(step), "{place}");
            for (spent, once) in struck.counters.permits.iter().zip(&undisturbed.counters.permits) {
                // Draws without a name count requests, of which there are two.
                let most = if spent.are_named { once.count } else { 2 * once.count };
                assert!((once.count..=most).contains(&spent.count), "{place}: {spent:?} for {once:?}");
            }
        }
    }
}

/// A step that was struck once and sent again when its answer said so.
struct Struck {
    first: Answer,
    waited: Duration,
    last: Answer,
    counters: Counters,
}

impl Struck {
    async fn run(step: Step, fault: Option<(&str, usize, Fault)>) -> Self {
        let (world, call) = prepared(step).await;
        let before = Counters::of(&world, step).await;
        if let Some((port, nth, fault)) = fault {
            let faults = if port == "UnwrapKey" { &world.keys.observation.faults } else { world.store.faults() };
            faults.plan(port, nth, fault);
        }

        let began = Instant::now();
        let first = world.send(call.clone()).await;
        let waited = began.elapsed();
        world.clock.advance(waited);
        if let [wait] = first.header("retry-after")[..] {
            world.clock.advance(Duration::from_secs(wait.parse().unwrap()));
        } else {
            assert_ne!(first.status, 503, "no Retry-After: {first:?}");
        }
        let last = if fault.is_some() { world.send(call).await } else { first.clone() };

        assert_eq!(
            world.store.faults().still_planned() + world.keys.observation.faults.still_planned(),
            0,
            "{fault:?}"
        );
        let counters = Counters::of(&world, step).await.since(&before, 1);
        Self { first, waited, last, counters }
    }
}

/// What moves when a step is executed.
struct Counters {
    /// Of the person's account: failures, reservations, sessions.
    account: [usize; 3],
    work: Work,
    permits: Vec<Permits>,
}

/// The permits of one limit.
#[derive(Debug)]
struct Permits {
    name: &'static str,
    /// How many are left, or were spent.
    count: u32,
    /// Whether a request's draw is named after its idempotency key, so that its retry draws nothing.
    are_named: bool,
}

impl Counters {
    /// Looking at a limit draws a permit of it.
    async fn of(world: &World, step: Step) -> Self {
        let user = Person::new(1, &[]).id.parse().unwrap();
        let account = world.store.find_account(world.tenant.id, user).await.unwrap().unwrap_or_default();
        let mut permits = Vec::new();
        for row in world.policy.rows() {
            let subjects = match row.scope {
                Scope::Everybody => (0..16).map(|shard| LimitSubject::Everybody { shard }).collect(),
                Scope::Tenant => vec![LimitSubject::Tenant(world.tenant.id)],
                Scope::Source(_) => {
                    let address = SourceAddress::from_transport("192.0.2.7".parse().unwrap());
                    vec![LimitSubject::Source(world.tenant.id, address)]
                }
                Scope::User => vec![LimitSubject::User(world.tenant.id, user)],
            };
            let is_attempt = matches!(step, Step::Wrong | Step::Right | Step::Locking | Step::Locked);
            let are_named = row.scope != Scope::Everybody && !is_attempt;
            let mut count = 0;
            for subject in subjects {
                count += remaining(world, row, subject).await;
            }
            permits.push(Permits { name: row.name, count, are_named });
        }
        let account = [account.failures.instants().len(), account.reserved.len(), account.sessions.len()];
        Self { account, work: Work::of(world).await, permits }
    }

    /// The events. That an account was locked meanwhile is lost with the event that told it: a retry tells of a wrong attempt.
    fn events(&self, step: Step) -> BTreeMap<String, usize> {
        let mut events = self.work.events.clone();
        if step == Step::Locked
            && let Some(count) = events.remove("attempt_while_locked")
        {
            *events.entry("attempt_wrong".to_owned()).or_default() += count;
        }
        events
    }

    /// What has moved since then.
    fn since(self, before: &Self, looks: u32) -> Self {
        let permits = self.permits.into_iter().zip(&before.permits).map(|(after, before)| {
            let looks = if after.name == "global" { 16 * looks } else { looks };
            Permits { count: before.count - after.count - looks, ..after }
        });
        Self { account: self.account, work: self.work.since(&before.work), permits: permits.collect() }
    }
}

async fn remaining(world: &World, row: &Row, subject: LimitSubject) -> u32 {
    let limit = row.limit.unwrap();
    let quota = if row.scope == Scope::Everybody { limit.quota.get() / 16 } else { limit.quota.get() };
    let limit = Limit { quota: NonZeroU32::new(quota).unwrap(), ..limit };
    let entropy: &dyn Entropy = &*world.entropy;
    let draw = Draw { limit, permits: 1, id: DrawId(entropy.array().unwrap()), now: world.clock.now() };
    match world.store.draw_permits(&CounterKey::new(row.name, subject), &draw).await.unwrap() {
        Drawn::Granted { remaining, .. } => remaining,
        Drawn::Refused { .. } => panic!("{} is used up", row.name),
    }
}

/// A world in which nothing is cached, and a step's request whose sender the gateway knows.
async fn prepared(step: Step) -> (World, Call) {
    let mut world = World::new().await;
    world.restart_with(NO_LIMITS);
    let call = step.prepare(&world).await;
    // A day's quota, so that time gives nothing back, drawn permit by permit.
    let day = |quota: u32| json!({ "quota": quota, "period_seconds": 86_400, "lease": 1 });
    let table = Policy::default();
    let table = table
        .rows()
        .iter()
        .map(|row| (row.name.to_owned(), day(if row.scope == Scope::Everybody { 16_000 } else { 1_000 })));
    world.restart_with(&table.collect::<Value>().to_string());
    world.permitted(call.clone()).await.unwrap();
    let _before = world.store.recorder().take();
    (world, call)
}

/// Every call that a step makes, as its port and how many calls of that port it is.
async fn calls_of(step: Step) -> Vec<(&'static str, usize)> {
    let (world, call) = prepared(step).await;
    world.send(call).await;
    let mut counts = BTreeMap::new();
    let (on_store, on_keys) = (world.store.recorder().take(), world.keys.observation.recorder.take());
    let calls = on_store.ports().into_iter().chain(on_keys.ports()).map(|port| {
        let count = counts.entry(port).or_insert(0);
        *count += 1;
        (port, *count)
    });
    calls.collect()
}

const FAULTS: [Fault; 5] = [
    Fault::FailBefore(StoreErrorKind::Unavailable),
    Fault::FailAfter(StoreErrorKind::Unavailable),
    Fault::FailAfter(StoreErrorKind::Throttled),
    Fault::HangBefore,
    Fault::HangAfter,
];
