//! V3, V6: an account that is locked, and its trail.

use std::time::Duration;

use audit::Outcome;
use domain::Clock;
use store::StoreErrorKind;
use testkit::{Fault, Trace};
use verify::VerifyError;

use crate::scene::Scene;

#[tokio::test]
async fn v6_a_right_attempt_while_locked_is_a_wrong_one_but_in_the_trail() {
    let scene = Scene::new().await;
    fail(&scene, 4).await;
    let _before = scene.store.recorder().take();
    let wrong = told(scene.send(&scene.attempt(false).await).await);
    let of_wrong = scene.store.recorder().take();

    let locked = scene.attempt(true).await;
    let right = told(scene.send(&locked).await);

    let of_locked = scene.store.recorder().take();
    assert_eq!(right, wrong);
    assert_eq!(but_limits(&of_locked), but_limits(&of_wrong));
    assert_eq!((scene.kdf.runs(), scene.kdf.comparisons()), (6, 6));
    let while_locked = Outcome::AttemptWhileLocked { verification: locked.verification, attempts_remaining: 2 };
    assert_eq!(scene.trail().last(), Some(&while_locked));
}

#[tokio::test]
async fn v3_each_step_of_the_ladder_is_one_event() {
    let scene = Scene::new().await;

    let mut locks = Vec::new();
    for (failures, lock) in [(5, 15 * 60), (3, 4 * 60 * 60), (2, 24 * 60 * 60)] {
        fail(&scene, failures).await;
        locks.push((scene.clock.now() + Duration::from_secs(lock)).as_second());
        scene.clock.advance(Duration::from_secs(lock));
    }

    let told = scene.trail().into_iter().filter_map(|outcome| match outcome {
        Outcome::AccountLocked { failures, until } => Some((failures, until.as_second())),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [5, 8, 10].into_iter().zip(locks).collect::<Vec<_>>());
}

#[tokio::test]
async fn v3_a_lock_is_told_once_though_its_attempt_is_executed_twice() {
    let scene = Scene::new().await;
    fail(&scene, 4).await;
    let attempt = scene.attempt(false).await;
    scene.store.faults().plan("FailAttempt", 1, Fault::FailBefore(StoreErrorKind::Unavailable));

    let failed = scene.send(&attempt).await;
    scene.clock.advance(Duration::from_secs(1));
    let retried = scene.send(&attempt).await;

    assert!(matches!(failed, Err(VerifyError::Store(_))));
    assert!(matches!(retried, Err(VerifyError::Wrong { .. })));
    let locks = scene.trail().into_iter().filter(|outcome| matches!(outcome, Outcome::AccountLocked { .. }));
    assert_eq!(locks.count(), 1);
}

#[tokio::test]
async fn an_attempt_while_locked_that_was_not_finished_can_still_be_right_and_the_trail_has_both() {
    let scene = Scene::new().await;
    fail(&scene, 5).await;
    scene.clock.advance(Duration::from_secs(14 * 60));
    let attempt = scene.attempt(true).await;
    scene.store.faults().plan("FailAttempt", 1, Fault::FailBefore(StoreErrorKind::Unavailable));

    let failed = scene.send(&attempt).await;
    scene.clock.advance(Duration::from_secs(60));
    let retried = scene.send(&attempt).await;

    assert!(matches!(failed, Err(VerifyError::Store(_))));
    assert!(retried.is_ok());
    let trail = scene.trail();
    assert!(matches!(
        trail.as_slice(),
        [.., Outcome::AttemptWhileLocked { .. }, Outcome::VerificationSucceeded { .. }]
    ));
}

/// The ports that were called and what they wrote, but for draws: a process makes them when its leases are spent.
fn but_limits(trace: &Trace) -> Vec<(&'static str, usize)> {
    let calls = trace.calls().iter().filter(|call| call.port != "DrawPermits");
    calls.map(|call| (call.port, call.writes)).collect()
}

/// So many wrong attempts, of a verification each.
async fn fail(scene: &Scene, attempts: usize) {
    for _ in 0..attempts {
        let attempt = scene.attempt(false).await;
        assert!(matches!(scene.send(&attempt).await, Err(VerifyError::Wrong { .. })));
    }
}

fn told(answer: Result<verify::Verified, VerifyError>) -> countersign_http::Problem {
    answer.err().unwrap().into()
}
