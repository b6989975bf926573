//! Where a verification is opened when a place fails, what a limited caller's retry gets, and what the trail says of all that.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod personal;
mod scene;
mod switching;

use std::sync::atomic::Ordering;

use admission::{Limited, Refusal};
use audit::Outcome;
use domain::Home;
use initiate::InitiateError;
use store::StoreErrorKind;

use crate::scene::Scene;

#[tokio::test]
async fn b2_what_the_cache_does_not_take_is_opened_in_the_table() {
    for found in [true, false] {
        let scene = Scene::new("{}").await;
        scene.store.lookups_work.store(found, Ordering::SeqCst);
        let key = scene.key();

        let opened = scene.initiate(key).await.unwrap();
        let retried = scene.initiate(key).await.unwrap();

        assert_eq!(opened.verification.id.home(), Home::Table);
        assert_eq!(retried.verification, opened.verification);
        assert_eq!(retried.capability.expose(), opened.capability.expose());
        let told = scene.sink.events().into_iter().filter(|event| event.outcome == outcome(&opened));
        assert_eq!(told.count(), 1);
    }
}

#[tokio::test]
async fn b3_where_nothing_takes_over_nothing_is_opened() {
    let scene = Scene::new("{}").await;
    scene.store.takes_over.store(false, Ordering::SeqCst);

    let failed = scene.initiate(scene.key()).await;

    let Err(InitiateError::Store(error)) = failed else { unreachable!("{failed:?}") };
    assert_eq!((error.kind, error.operation), (StoreErrorKind::Unavailable, "OpenVerification"));
}

#[tokio::test]
async fn a1_a_retry_is_answered_though_the_limit_is_used_up() {
    let scene = Scene::new(r#"{"user": {"quota": 1}}"#).await;
    let key = scene.key();
    let opened = scene.initiate(key).await.unwrap();

    let limited = scene.initiate(scene.key()).await;
    let retried = scene.initiate(key).await.unwrap();

    assert!(matches!(limited, Err(InitiateError::Admission(Refusal::Limited(Limited { limit: "user", .. })))));
    assert_eq!(retried.verification, opened.verification);
}

fn outcome(opened: &initiate::Opened) -> Outcome {
    let verification = &opened.verification;
    Outcome::VerificationOpened { verification: verification.id, asked: verification.asked, transaction: None }
}
