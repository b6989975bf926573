//! Functions that do not answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use testkit::Fault;

use crate::world::{Sink, World, enrollment};

#[tokio::test]
async fn a_panic_is_a_500() {
    let world = World::new(Sink::Panics).await;

    let answer = world.post("/v1/enrollments", &enrollment()).await;
    let next = world.get("/health/live").await;

    assert_eq!(answer.problem(), (500, "internal-error"));
    assert_eq!(next.status, 200);
}

#[tokio::test(start_paused = true)]
async fn e4_a_function_that_hangs_answers_503_itself() {
    let world = World::new(Sink::Takes).await;
    world.store.faults().plan("FindEnrollment", 1, Fault::HangBefore);

    assert_eq!(seconds_to_a_503(&world).await, countersign_http::ANSWER_DEADLINE.as_secs());
}

#[tokio::test(start_paused = true)]
async fn e4_an_authorizer_that_hangs_is_a_503_when_the_gateway_gives_up() {
    let world = World::new(Sink::Takes).await;
    world.store.faults().plan("FindApiKey", 1, Fault::HangBefore);

    assert_eq!(seconds_to_a_503(&world).await, 30);
}

async fn seconds_to_a_503(world: &World) -> u64 {
    let begun = tokio::time::Instant::now();
    let answer = world.get("/v1/enrollments/018f0000-0000-7000-8000-00000000000a").await;
    assert_eq!(answer.problem(), (503, "unavailable"));
    assert!(answer.headers.contains_key("retry-after"));
    begun.elapsed().as_secs()
}

#[tokio::test]
async fn a_function_runs_to_its_end_when_nobody_waits_any_more() {
    let world = World::new(Sink::Takes).await;
    let waited = AtomicBool::new(false);

    // Long enough to begin, too short to finish: the caller goes away.
    let gone = tokio::time::timeout(Duration::ZERO, world.post("/v1/enrollments", &enrollment())).await;
    while !world.store.recorder().take().ports().contains(&"CreateEnrollment") {
        waited.store(true, Ordering::Relaxed);
        tokio::task::yield_now().await;
    }

    assert!(gone.is_err() && waited.load(Ordering::Relaxed));
}
