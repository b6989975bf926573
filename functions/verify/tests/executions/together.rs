//! T2, V7: attempts beside others, and those that are not let in.

use std::sync::Arc;

use admission::{Limited, Refusal};
use domain::{Clock, MAX_SESSIONS};
use futures_util::future::join_all;
use store::FindAccount;
use verify::VerifyError;

use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn t2_right_attempts_at_once_leave_five_sessions_and_all_succeed() {
    let scene = Arc::new(Scene::new().await);
    for _ in 0..5 {
        scene.send(&scene.attempt(true).await).await.expect("a right attempt");
        scene.clock.advance(std::time::Duration::from_secs(1));
    }
    let attempts = [scene.attempt(true).await, scene.attempt(true).await, scene.attempt(true).await];

    let sent = attempts.map(|attempt| {
        let scene = Arc::clone(&scene);
        tokio::spawn(async move { scene.send(&attempt).await.is_ok() })
    });
    let answers = join_all(sent).await;

    assert!(answers.into_iter().all(Result::unwrap));
    let account = scene.store.find_account(scene.tenant, scene.user).await.unwrap().unwrap();
    let newest = account.sessions.values().filter(|session| session.created_at == scene.clock.now());
    assert_eq!((account.sessions.len(), newest.count()), (MAX_SESSIONS, 3));
    assert!(account.failures.instants().is_empty());
}

#[tokio::test]
async fn v7_a_limited_attempt_is_neither_claimed_nor_compared() {
    let scene = Scene::with(r#"{"source": {"quota": 1, "lease": 1}}"#.parse().unwrap()).await;
    let attempt = scene.attempt(false).await;
    let _wrong = scene.send(&attempt).await;
    let _before = scene.store.recorder().take();

    let limited = scene.send(&scene.another(&attempt, true)).await;

    assert!(matches!(limited, Err(VerifyError::Admission(Refusal::Limited(Limited { limit: "source", .. })))));
    assert!(!scene.store.recorder().take().ports().contains(&"ClaimAttempt"));
    assert_eq!(scene.kdf.runs(), 1);
}

#[tokio::test]
async fn an_attempt_that_would_wait_too_long_is_turned_away_and_not_claimed() {
    let scene = Scene::new().await;
    let attempt = scene.attempt(true).await;
    let turns: Vec<_> = std::iter::from_fn(|| scene.kdf.turn(1).ok()).collect();
    let _before = scene.store.recorder().take();

    let refused = scene.send(&attempt).await;

    assert!(matches!(refused, Err(VerifyError::Busy(_))));
    assert!(!scene.store.recorder().take().ports().contains(&"ClaimAttempt"));
    drop(turns);
    assert!(scene.send(&attempt).await.is_ok(), "the same attempt, later");
}
