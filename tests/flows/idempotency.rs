//! A1 and A2: one idempotency key is executed once, however many use it at once and however much later.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use audit::{Event, Outcome};
use countersign_tests::{Answer, Call, Dump, Embedded, Person, Ports, World};
use domain::{Clock, EventId};
use serde_json::json;
use store::OUTBOX_PARTS;

use crate::backends::Valkey;
use crate::problems::problem;
use crate::verification::at_once;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a1_of_64_uses_of_a_key_at_once_one_executes_in_memory() {
    for step in Step::ALL {
        use_at_once(World::new().await, step).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a1_of_64_uses_of_a_key_at_once_one_executes_on_embedded_dynamodb() {
    for step in Step::ALL {
        use_at_once(World::on(Embedded::start().await.store).await, step).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a1_of_64_uses_of_a_key_at_once_one_executes_on_valkey() {
    let valkey = Valkey::start().await;
    for step in Step::ALL {
        Box::pin(use_at_once(valkey.world().await, step)).await;
    }
}

/// The same request 64 times at once: one executes, all others get its answer or are told that it is in progress. Once it is
/// answered, everybody gets the answer, also from new processes.
async fn use_at_once<S: Ports>(mut world: World<S>, step: Step) {
    let call = step.prepare(&world).await;
    let before = Work::of(&world).await;
    let shared = Arc::new(world);

    let answers = at_once(&shared, vec![call.clone(); 64]).await;

    world = Arc::into_inner(shared).unwrap();
    let in_progress = problem(409, "request-in-progress");
    let (waiting, answered): (Vec<Answer>, Vec<Answer>) =
        answers.into_iter().partition(|answer| answer.told() == in_progress);
    assert!(!answered.is_empty(), "{step:?}");
    assert!(waiting.iter().all(|answer| answer.header("retry-after").len() == 1), "{step:?}");
    let first = answered[0].but_request_id();
    assert_eq!(first.status, step.status(), "{step:?}: {first:?}");
    assert!(answered.iter().all(|answer| answer.but_request_id() == first), "{step:?}: {answered:#?}");
    let work = Work::of(&world).await.since(&before);
    assert_eq!(work, step.work_of_one(), "{step:?}");
    for _ in 0..2 {
        assert_eq!(world.send(call.clone()).await.but_request_id(), first, "{step:?}: the stored answer");
        world.restart();
    }
    assert_eq!(Work::of(&world).await.since(&before), work, "{step:?}: nothing is executed again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a1_a_key_with_another_body_is_refused_in_memory() {
    use_for_another_body(World::new().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a1_a_key_with_another_body_is_refused_on_embedded_dynamodb() {
    use_for_another_body(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a1_a_key_with_another_body_is_refused_on_valkey() {
    Box::pin(use_for_another_body(Valkey::start().await.world().await)).await;
}

/// Another body under the key of an answered request changes nothing, and nor does one at the same time as it.
async fn use_for_another_body<S: Ports>(world: World<S>) {
    let reused = problem(422, "idempotency-key-reused");
    let mut world = Arc::new(world);
    for (number, step) in (1..).zip(Step::ALL) {
        let call = step.prepare_for(&world, number).await;
        // The same intention in other bytes.
        let other = call.clone().text(&format!("{} ", call.body()));
        let before = Work::of(&world).await;

        let answers = at_once(&world, [&call, &other].into_iter().cycle().take(64).cloned().collect()).await;

        let work = Work::of(&world).await.since(&before);
        assert!(answers.iter().any(|answer| answer.told() == reused), "{step:?}: {answers:#?}");
        assert_eq!(work, step.work_of_one(), "{step:?}");
        for _ in 0..2 {
            let told = [world.send(call.clone()).await.told(), world.send(other.clone()).await.told()];
            assert_eq!(told.iter().filter(|told| **told == reused).count(), 1, "{step:?}: {told:?}");
            let mut alone = Arc::into_inner(world).unwrap();
            alone.restart();
            world = Arc::new(alone);
        }
        assert_eq!(Work::of(&world).await.since(&before), work, "{step:?}: nothing is executed again");
    }
}

#[tokio::test]
async fn a2_a_captured_request_is_not_executed_again_in_memory() {
    for step in Step::ALL {
        replay(World::new().await, step, async || Dump::default()).await;
    }
}

#[tokio::test]
async fn a2_a_captured_request_is_not_executed_again_on_embedded_dynamodb() {
    for step in Step::ALL {
        let tables = Embedded::start().await;
        let world = World::on(tables.store.clone()).await;
        // An enrollment's retry takes the record of the request over, and finds the enrollment: nothing durable changes.
        let tables_of_step: &[&str] = if step == Step::Enroll { &["core"] } else { &["core", "ephemeral", "audit"] };
        replay(world, step, async || tables.dump_of(tables_of_step).await).await;
    }
}

#[tokio::test]
async fn a2_a_captured_request_is_not_executed_again_on_valkey() {
    let valkey = Valkey::start().await;
    for step in Step::ALL {
        Box::pin(replay(valkey.world().await, step, async || Dump::default())).await;
    }
}

/// Who captures a request gets its answer as long as its key is fresh and nothing afterwards; nothing is derived, recorded or changed.
async fn replay<S: Ports>(mut world: World<S>, step: Step, dump: impl AsyncFn() -> Dump) {
    // Limits count replays, too: without them, nothing at all changes.
    world.restart_with(NO_LIMITS);
    let call = step.prepare(&world).await;
    let began = world.clock.now();
    let first = world.send(call.clone()).await;
    assert_eq!(first.status, step.status(), "{step:?}: {first:?}");
    let (stored, before) = (dump().await, Work::of(&world).await);

    for seconds in [0, 59, 61, 301, 86_400] {
        let passed = world.clock.now().duration_since(began).unsigned_abs();
        world.clock.advance(Duration::from_secs(seconds).saturating_sub(passed));
        for restarts in [false, true] {
            if restarts {
                world.restart();
            }
            let replayed = world.send(call.clone()).await;

            if seconds <= 300 {
                assert_eq!(replayed.but_request_id(), first.but_request_id(), "{step:?} after {seconds} s");
            } else {
                assert_eq!(replayed.told(), problem(400, "idempotency-key-stale"), "{step:?} after {seconds} s");
            }
        }
        assert_eq!(Work::of(&world).await, before, "{step:?} after {seconds} s");
        assert!(dump().await == stored, "{step:?}: something stored has changed after {seconds} s");
    }
}

/// A key may be dated five minutes ahead: then it is fresh for ten minutes, and is remembered for as long.
#[tokio::test]
async fn a2_a_key_from_the_future_is_not_executed_again_either() {
    for step in Step::ALL {
        let mut world = World::new().await;
        world.restart_with(NO_LIMITS);
        let ahead = EventId::at(world.clock.now() + Duration::from_secs(300), &[1; 10]);
        let call = step.prepare(&world).await.key(&ahead.to_string());
        let first = world.send(call.clone()).await;
        let before = Work::of(&world).await;

        for _ in 0..10 {
            world.clock.advance(Duration::from_secs(60));
            let replayed = world.send(call.clone()).await;
            assert_eq!(replayed.but_request_id(), first.but_request_id(), "{step:?}");
        }
        world.clock.advance(Duration::from_secs(1));

        assert_eq!(world.send(call).await.told(), problem(400, "idempotency-key-stale"), "{step:?}");
        assert_eq!(Work::of(&world).await, before, "{step:?}");
    }
}

/// A state-changing step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Enroll,
    Initiate,
    Wrong,
    Right,
    Revoke,
    /// All sessions of a user.
    RevokeAll,
    Refresh,
    /// The fifth wrong attempt.
    Locking,
    /// A right attempt after it.
    Locked,
}

impl Step {
    /// One for each way through the functions.
    pub(crate) const ALL: [Self; 7] =
        [Self::Enroll, Self::Initiate, Self::Wrong, Self::Right, Self::Revoke, Self::RevokeAll, Self::Refresh];

    /// The request of this step in a world in which it succeeds.
    pub(crate) async fn prepare<S: Ports>(self, world: &World<S>) -> Call {
        self.prepare_for(world, 1).await
    }

    /// The same, for the `number`th person.
    pub(crate) async fn prepare_for<S: Ports>(self, world: &World<S>, number: u32) -> Call {
        if self == Self::Enroll {
            return world.enrolling(&Person::new(number, &["pin", "nfc"]));
        }
        let person = world.enrolled(number, &["pin", "nfc"]).await;
        if self == Self::Initiate {
            let payment = json!({"amount_minor": 4990, "currency": "EUR", "payee": "Books", "reference": "order-1"});
            return world.initiating(&person.id).json(&json!({ "user_id": person.id, "transaction": payment }));
        }
        let failures = match self {
            Self::Locking => 4,
            Self::Locked => 5,
            _ => 0,
        };
        for _ in 0..failures {
            let opened = world.opened(&person).await;
            world.attempt(&opened, &person.wrong(&opened.asked)).await;
        }
        let opened = world.opened(&person).await;
        match self {
            Self::Wrong | Self::Locking => world.attempting(&opened, &person.wrong(&opened.asked)),
            Self::Right | Self::Locked => world.attempting(&opened, &person.right(&opened.asked)),
            _ => {
                let verified = world.attempt(&opened, &person.right(&opened.asked)).await;
                match self {
                    Self::Refresh => world.refreshing(&verified.text("refresh_token")),
                    Self::RevokeAll => world.revoking_all(&person.id),
                    _ => world.revoking(&verified.text("access_token")),
                }
            }
        }
    }

    /// The status of its answer.
    pub(crate) const fn status(self) -> u16 {
        match self {
            Self::Enroll | Self::Initiate => 201,
            Self::Wrong | Self::Locking | Self::Locked => 401,
            Self::Right | Self::Revoke | Self::RevokeAll | Self::Refresh => 200,
        }
    }

    /// The name of its audit event.
    pub(crate) const fn event(self) -> &'static str {
        match self {
            Self::Enroll => "enrollment_created",
            Self::Initiate => "verification_opened",
            Self::Wrong | Self::Locking => "attempt_wrong",
            Self::Locked => "attempt_while_locked",
            Self::Right => "verification_succeeded",
            Self::Revoke | Self::RevokeAll => "session_revoked",
            Self::Refresh => "session_refreshed",
        }
    }

    /// What one execution does.
    fn work_of_one(self) -> Work {
        let runs = u64::from(matches!(self, Self::Enroll | Self::Wrong | Self::Right | Self::Locking | Self::Locked));
        Work { runs, events: [(self.event().to_owned(), 1)].into() }
    }
}

/// What a world has done: derivations, and events by their names.
///
/// - An event is what was sent or kept, once by its id.
/// - A verification is opened once, however often that was announced: a request that comes at the same moment under the same key, with
///   another body, has announced an opening before it is refused, which reconciling takes back.
/// - Refused requests are sampled, and have tests of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) runs: u64,
    pub(crate) events: BTreeMap<String, usize>,
}

impl Work {
    pub(crate) async fn of<S: Ports>(world: &World<S>) -> Self {
        let mut recorded: BTreeMap<EventId, Event> = BTreeMap::new();
        for part in 0..OUTBOX_PARTS {
            let kept = world.tables.outbox_events(part, u16::MAX).await.unwrap();
            recorded.extend(kept.iter().map(|event| (event.id, Event::parse(&event.payload).unwrap())));
        }
        recorded.extend(world.sink.events().into_iter().map(|event| (event.id, event)));
        let (mut events, mut opened) = (BTreeMap::new(), BTreeSet::new());
        for event in recorded.into_values() {
            let counts = match event.outcome {
                Outcome::RequestRefused { .. } => false,
                Outcome::VerificationOpened { verification, .. } => opened.insert(verification.to_string()),
                _ => true,
            };
            if counts {
                let outcome = serde_json::to_value(event.outcome).unwrap();
                let name = outcome.as_object().and_then(|outcome| outcome.keys().next().cloned());
                *events.entry(name.unwrap_or_else(|| outcome.to_string())).or_default() += 1;
            }
        }
        Self { runs: world.kdf.runs(), events }
    }

    /// What was done after `before`.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let mut events = self.events.clone();
        for (name, count) in &before.events {
            *events.entry(name.clone()).or_default() -= count;
        }
        events.retain(|_, count| *count > 0);
        Self { runs: self.runs - before.runs, events }
    }
}

/// A table of limits with none of them switched on.
pub(crate) const NO_LIMITS: &str = r#"{
    "global": null, "tenant_enroll": null, "tenant_describe_enrollment": null, "tenant_initiate": null,
    "tenant_verify": null, "tenant_status": null, "tenant_introspect": null, "tenant_revoke": null,
    "tenant_refresh": null, "tenant_list_sessions": null,
    "tenant_audit_query": null,
    "source": null, "device": null, "user": null
}"#;
