//! A1, A3, A9: an attempt that comes again.

use std::time::Duration;

use audit::Outcome;
use domain::{IN_FLIGHT_FOR, RequestNonce, SessionId};
use store::{ClaimAttempt, ClaimRequest, FindAccount, StoreErrorKind};
use testkit::Fault;
use verify::VerifyError;

use crate::scene::{Attempt, Scene};

const LOST: [Fault; 2] =
    [Fault::FailBefore(StoreErrorKind::Unavailable), Fault::FailAfter(StoreErrorKind::Unavailable)];

#[tokio::test]
async fn a3_an_execution_that_failed_is_repeated_at_once_and_opens_one_session() {
    for port in ["ReserveFailure", "FindSessionEpoch", "FindEnrollment", "CompleteVerification"] {
        for fault in LOST {
            let scene = Scene::new().await;
            let attempt = scene.attempt(true).await;
            scene.store.faults().plan(port, 1, fault);

            let failed = scene.send(&attempt).await;
            let verified = scene.send(&attempt).await.expect("the retry verifies").body;
            let repeated = scene.send(&attempt).await.expect("the stored answer").body;

            assert!(matches!(failed, Err(VerifyError::Store(_))), "{port} {fault:?}");
            assert_eq!(*verified, *repeated, "{port} {fault:?}");
            assert_eq!(succeeded(&scene), sessions(&scene).await, "{port} {fault:?}");
            assert_eq!(sessions(&scene).await.len(), 1, "{port} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a1_a_stored_answer_comes_only_after_its_event_is_recorded() {
    let scene = Scene::new().await;
    let attempt = scene.attempt(true).await;
    scene.sink.behave(audit::Behaviour::Fail);

    let failed = [scene.send(&attempt).await, scene.send(&attempt).await];
    scene.sink.behave(audit::Behaviour::Record);
    let runs = scene.kdf.runs();
    let verified = scene.send(&attempt).await;

    assert!(failed.iter().all(|failed| matches!(failed, Err(VerifyError::Audit(_)))));
    assert!(verified.is_ok());
    assert_eq!(scene.kdf.runs(), runs, "it had been decided");
    assert_eq!(succeeded(&scene), sessions(&scene).await);
}

#[tokio::test]
async fn a9_a_wrong_attempt_whose_event_failed_is_recorded_by_its_retry() {
    let scene = Scene::new().await;
    let attempt = scene.attempt(false).await;
    scene.sink.behave(audit::Behaviour::Fail);

    let failed = scene.send(&attempt).await;
    scene.sink.behave(audit::Behaviour::Record);
    let retried = [scene.send(&attempt).await, scene.send(&attempt).await];

    assert!(matches!(failed, Err(VerifyError::Audit(_))));
    assert!(retried.iter().all(|retried| matches!(retried, Err(VerifyError::Wrong { attempts_remaining: 2 }))));
    assert_eq!(scene.trail(), [wrong(&attempt, 2)]);
    assert_eq!(scene.kdf.runs(), 1);
}

#[tokio::test]
async fn a1_another_body_under_the_key_is_refused_and_one_in_flight_is_told_so() {
    let scene = Scene::new().await;
    let (in_flight, decided) = (scene.attempt(true).await, scene.attempt(false).await);
    claimed_by_another_execution(&scene, &in_flight).await;
    let _wrong = scene.send(&decided).await;

    let repeated = scene.send(&in_flight).await;
    let others = [scene.send_body(&in_flight, b"x").await, scene.send_body(&decided, b"x").await];

    assert!(matches!(repeated, Err(VerifyError::InProgress)));
    assert!(others.iter().all(|other| matches!(other, Err(VerifyError::KeyReused))));
    assert_eq!(scene.kdf.runs(), 1);
}

#[tokio::test]
async fn a3_what_a_dead_process_claimed_is_decided_by_the_retry_and_counted_once() {
    let scene = Scene::new().await;
    let attempt = scene.attempt(false).await;
    claimed_by_another_execution(&scene, &attempt).await;

    scene.clock.advance(IN_FLIGHT_FOR);
    let retried = scene.send(&attempt).await;

    assert!(matches!(retried, Err(VerifyError::Wrong { attempts_remaining: 2 })));
    let account = scene.store.find_account(scene.tenant, scene.user).await.unwrap().unwrap();
    assert_eq!(account.failures.instants().len(), 1);
}

#[tokio::test]
async fn a3_a_retry_at_the_very_end_of_a_dead_processs_claim_is_never_told_that_it_is_too_late() {
    let mut in_progress = 0;
    for milliseconds in 0..30 {
        let scene = Scene::new().await;
        let attempt = scene.attempt(true).await;
        claimed_by_another_execution(&scene, &attempt).await;
        scene.clock.advance(IN_FLIGHT_FOR.saturating_sub(Duration::from_millis(milliseconds)));
        scene.tick(1);

        let retried = scene.send(&attempt).await;

        in_progress += i32::from(matches!(retried, Err(VerifyError::InProgress)));
        assert!(matches!(retried, Ok(_) | Err(VerifyError::InProgress)), "{milliseconds} ms before it ends");
    }
    assert!((1..30).contains(&in_progress), "{in_progress}");
}

#[tokio::test]
async fn a_claim_that_nobody_can_take_over_any_more_is_closed() {
    let scene = Scene::new().await;
    let (late, beaten) = (scene.attempt(true).await, scene.attempt(true).await);
    claimed_by_another_execution(&scene, &late).await;
    claimed_by_another_execution(&scene, &beaten).await;
    scene.send(&scene.another(&beaten, true)).await.expect("another attempt is right");

    let repeated = scene.send(&beaten).await;
    scene.clock.advance(domain::VERIFICATION_LIFETIME);
    let expired = scene.send(&late).await;

    assert!(matches!(repeated, Err(VerifyError::Closed)));
    assert!(matches!(expired, Err(VerifyError::Closed)));
}

/// Claims the attempt as an execution does that goes no further: the same request under another nonce.
async fn claimed_by_another_execution(scene: &Scene, attempt: &Attempt) {
    let claim = ClaimRequest {
        tenant: scene.tenant,
        verification: attempt.verification,
        attempt: scene.fingerprint(attempt),
        nonce: RequestNonce([9; 8]),
        presented: scene.asked(),
        now: domain::Clock::now(&*scene.clock),
    };
    scene.store.claim_attempt(&claim).await.unwrap();
}

fn succeeded(scene: &Scene) -> Vec<SessionId> {
    let sessions = scene.trail().into_iter().filter_map(|outcome| match outcome {
        Outcome::VerificationSucceeded { session, .. } => Some(session),
        _ => None,
    });
    sessions.collect()
}

async fn sessions(scene: &Scene) -> Vec<SessionId> {
    let account = scene.store.find_account(scene.tenant, scene.user).await.unwrap().unwrap_or_default();
    account.sessions.into_keys().collect()
}

fn wrong(attempt: &Attempt, attempts_remaining: u8) -> Outcome {
    Outcome::AttemptWrong { verification: attempt.verification, attempts_remaining }
}
