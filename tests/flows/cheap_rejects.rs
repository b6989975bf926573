//! V7: what can be refused without a key derivation is refused without one.

use std::time::Duration;

use admission::Policy;
use countersign_tests::{Answer, Call, Embedded, Opened, Person, Ports, World};
use testkit::Trace;

use crate::backends::Valkey;
use crate::budgets::LONG_LEASES;
use crate::idempotency::Step;
use crate::limits::{Scene, only};
use crate::malformed::{every_route, malformed};
use crate::problems::problem;

#[tokio::test]
async fn v7_a_flood_of_malformed_requests_runs_no_kdf_and_asks_no_store() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let opened = world.opened(&person).await;
    let calls = every_route(&world, &person, &opened);
    let runs = world.kdf.runs();

    for case in calls.iter().flat_map(|call| malformed(&world, call)) {
        let _before = world.store.recorder().take();
        world.send(case.call).await;
        // A stale key is refused, not malformed: the trail is told of it, once a minute.
        let asked = world.store.recorder().take().ports().into_iter().find(|port| *port != "SendEvents");
        assert_eq!(asked, None, "{}", case.name);
    }

    assert_eq!(world.kdf.runs(), runs);
}

#[tokio::test]
async fn v7_a_flood_of_replayed_requests_runs_no_kdf_and_costs_one_refused_write_in_memory() {
    for step in Step::ALL {
        replayed(World::new().await, step).await;
    }
}

#[tokio::test]
async fn v7_a_flood_of_replayed_requests_runs_no_kdf_and_costs_one_refused_write_on_embedded_dynamodb() {
    for step in Step::ALL {
        replayed(World::on(Embedded::start().await.store).await, step).await;
    }
}

#[tokio::test]
async fn v7_a_flood_of_replayed_requests_runs_no_kdf_and_costs_one_refused_write_on_valkey() {
    let valkey = Valkey::start().await;
    for step in Step::ALL {
        Box::pin(replayed(valkey.world().await, step)).await;
    }
}

async fn replayed<S: Ports>(mut world: World<S>, step: Step) {
    if step == Step::Enroll {
        // A lease that is used up meanwhile would cost a wait and a write more.
        world.restart_with(LONG_LEASES);
    }
    let call = step.prepare(&world).await;
    world.send(call.clone()).await;

    flood(&world, step.status(), || call.clone()).await;
}

#[tokio::test]
async fn v7_a_flood_of_limited_requests_runs_no_kdf_and_writes_nothing() {
    for row in Policy::default().rows() {
        let mut world = World::new().await;
        let scene = Scene::of(&mut world).await;
        world.restart_with(&only(row, 1, 600));
        while world.send(scene.call(&world, row)).await.status != 429 {}
        // Everybody's limit is known to be used up when each of its parts has refused once.
        world.send(scene.call(&world, row)).await;
        let runs = world.kdf.runs();

        for _ in 0..FLOOD {
            let call = scene.call(&world, row);
            let (answer, trace) = traced(&world, call).await;

            assert_eq!(answer.status, 429, "{}: {answer:?}", row.name);
            assert_eq!(trace.writes(), 0, "{}: {trace:?}", row.name);
            assert!(trace.serial_waits() <= 1, "{}: {trace:?}", row.name);
        }
        assert_eq!(world.kdf.runs(), runs, "{}", row.name);
    }
}

#[tokio::test]
async fn v7_a_flood_of_stale_keys_runs_no_kdf_and_asks_no_store() {
    for step in Step::ALL {
        let world = World::new().await;
        let call = step.prepare(&world).await;
        world.clock.advance(Duration::from_secs(301));
        world.send(call.clone()).await;
        let runs = world.kdf.runs();

        for _ in 0..FLOOD {
            let (answer, trace) = traced(&world, call.clone()).await;
            assert_eq!(answer.told(), problem(400, "idempotency-key-stale"));
            assert!(trace.calls().is_empty(), "{step:?}: {trace:?}");
        }
        assert_eq!(world.kdf.runs(), runs);
    }
}

#[tokio::test]
async fn v7_a_flood_at_closed_expired_unknown_and_verified_verifications_runs_no_kdf() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let (closed, expired, verified) =
        (world.opened(&person).await, world.opened(&person).await, world.opened(&person).await);
    for _ in 0..3 {
        world.attempt(&closed, &person.wrong(&closed.asked)).await;
    }
    world.attempt(&verified, &person.right(&verified.asked)).await;
    let elsewhere = world.send(world.initiating(&person.id).bearer(&world.other.api_key)).await;
    let unknown = Opened::from(&elsewhere);
    let asked = &closed.asked;

    flood(&world, 409, || world.attempting(&closed, &person.right(asked))).await;
    flood(&world, 409, || world.attempting(&verified, &person.right(asked))).await;
    flood(&world, 404, || world.attempting(&unknown, &person.right(asked))).await;
    world.clock.advance(Duration::from_secs(300));
    flood(&world, 409, || world.attempting(&expired, &person.right(asked))).await;
}

#[tokio::test]
async fn v7_an_enrollment_that_would_wait_too_long_is_turned_away_and_not_begun() {
    let world = World::new().await;
    let enrolling = world.enrolling(&Person::new(1, &["pin", "nfc"]));
    let turns: Vec<_> = std::iter::from_fn(|| world.kdf.turn(1).ok()).collect();

    let (busy, trace) = traced(&world, enrolling.clone()).await;
    drop(turns);
    let enrolled = world.send(enrolling).await;

    assert_eq!((busy.status, busy.header("retry-after").len(), enrolled.status), (503, 1, 201));
    assert!(!trace.ports().contains(&"BeginRequest"), "{trace:?}");
}

/// Many requests, each of which is refused, or answered from what is stored: no derivation, no event, one wait at most, and one write
/// at most but for the few requests that draw permits for many after them.
async fn flood<S: Ports>(world: &World<S>, status: u16, call: impl Fn() -> Call) {
    world.send(call()).await;
    let (runs, events) = (world.kdf.runs(), world.sink.events().len());

    let mut renewing = 0;
    for _ in 0..FLOOD {
        let (answer, trace) = traced(world, call()).await;
        assert_eq!(answer.status, status, "{answer:?}");
        let renews = trace.writes() > 1;
        let on_stores = trace.calls().iter().filter(|call| call.port != "SendEvents");
        let waits = on_stores.map(|call| call.depth).max().unwrap_or(0);
        assert!(waits <= 1 + usize::from(renews) && trace.writes() <= 4, "{trace:?}");
        renewing += usize::from(renews);
    }

    assert!(renewing <= FLOOD / 8, "{renewing} of {FLOOD} wrote more than once");
    assert_eq!((world.kdf.runs(), world.sink.events().len()), (runs, events));
}

async fn traced<S: Ports>(world: &World<S>, call: Call) -> (Answer, Trace) {
    let _before = world.store.recorder().take();
    let answer = world.send(call).await;
    (answer, world.store.recorder().take())
}

const FLOOD: usize = 200;
