//! Trails that lack something, and what is added to them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod scene;

use audit::{Event, Outcome};
use domain::{Account, Acr, AttemptState, Failures, LADDER, UserId, VERIFICATION_LIFETIME, Verification, Verified};
use store::{FindVerification, OpenVerification};

use crate::scene::{Scene, attempt_key, session};

#[tokio::test]
async fn l1_a_complete_trail_gets_nothing() {
    let scene = Scene::new().await;
    let verification = scene.succeeded();
    let trail = scene.trail(&verification);
    let success = trail.succeeded(&attempt_key(2), (session(), Acr::TwoCategories), verification.created_at);
    scene.log(&[trail.opened(None), trail.wrong(&attempt_key(1), 2, verification.created_at), success]).await;
    scene.store.open_verification(&verification).await.unwrap();

    assert_eq!(scene.reconciled(&trail.opened(None)).await, []);
}

#[tokio::test]
async fn l1_what_is_missing_is_recorded_under_its_own_id_and_once() {
    let scene = Scene::new().await;
    let verification = scene.succeeded();
    scene.store.open_verification(&verification).await.unwrap();
    let trail = scene.trail(&verification);
    let at = verification.created_at;

    let added = scene.reconciled(&trail.wrong(&attempt_key(1), 2, at)).await;

    let success = trail.succeeded(&attempt_key(2), (session(), Acr::TwoCategories), at);
    assert_eq!(added, [trail.opened(None), trail.wrong(&attempt_key(1), 2, at), success]);
    scene.log(&added).await;
    assert_eq!(scene.reconciled(&added[0]).await, []);
}

#[tokio::test]
async fn l1_an_attempt_that_nobody_decided_was_abandoned() {
    let scene = Scene::new().await;
    let verification = scene.with_attempts([(1, AttemptState::Claimed)]);
    scene.store.open_verification(&verification).await.unwrap();
    let trail = scene.trail(&verification);
    scene.log(&[trail.opened(None)]).await;

    let added = scene.reconciled(&trail.opened(None)).await;

    assert_eq!(added, [trail.abandoned(&attempt_key(1), 2, verification.expires_at)]);
}

#[tokio::test]
async fn l1_an_announced_success_that_did_not_come_about_is_taken_back() {
    let scene = Scene::new().await;
    for state in [AttemptState::Claimed, AttemptState::Wrong { attempts_remaining: 2 }] {
        let verification = scene.with_attempts([(1, state)]);
        scene.store.open_verification(&verification).await.unwrap();
        let trail = scene.trail(&verification);
        let ended = trail.wrong(&attempt_key(1), 2, verification.created_at);
        let success = trail.succeeded(&attempt_key(1), (session(), Acr::TwoCategories), verification.created_at);
        scene.log(&[trail.opened(None), ended, success.clone()]).await;

        let added = scene.reconciled(&trail.opened(None)).await;

        assert_eq!(added, [trail.not_reached(success.id, scene.now())]);
        scene.log(&added).await;
        assert_eq!(scene.reconciled(&trail.opened(None)).await, []);
        scene.store.forget();
    }
}

#[tokio::test]
async fn l1_a_refused_completion_takes_its_success_back_by_itself() {
    let scene = Scene::new().await;
    let verification = scene.with_attempts([(1, AttemptState::Claimed)]);
    scene.store.open_verification(&verification).await.unwrap();
    let trail = scene.trail(&verification);
    let success = trail.succeeded(&attempt_key(1), (session(), Acr::TwoCategories), verification.created_at);
    scene.log(&[trail.opened(None), success, trail.completion_refused(&attempt_key(1), scene.now())]).await;

    assert_eq!(scene.reconciled(&trail.opened(None)).await, []);
}

#[tokio::test]
async fn l1_an_earlier_end_of_an_attempt_that_was_right_is_taken_back() {
    let scene = Scene::new().await;
    let verification = scene.succeeded();
    scene.store.open_verification(&verification).await.unwrap();
    let trail = scene.trail(&verification);
    let at = verification.created_at;
    let success = trail.succeeded(&attempt_key(2), (session(), Acr::TwoCategories), at);
    let locked = trail.while_locked(&attempt_key(2), 1, at);
    let refused = trail.completion_refused(&attempt_key(2), at);
    let wrong = trail.wrong(&attempt_key(1), 2, at);
    scene.log(&[trail.opened(None), wrong, success, locked.clone(), refused.clone()]).await;

    let added = scene.reconciled(&trail.opened(None)).await;

    assert_eq!(added, [locked.id, refused.id].map(|id| trail.not_reached(id, scene.now())));
}

#[tokio::test]
async fn l1_a_lock_of_the_verifications_time_is_recorded() {
    let scene = Scene::new().await;
    let verification = scene.with_attempts([]);
    scene.store.open_verification(&verification).await.unwrap();
    let trail = scene.trail(&verification);
    scene.log(&[trail.opened(None)]).await;
    let [(five, _), ..] = LADDER;
    let account = scene.fail(verification.user, five).await;

    let added = scene.reconciled(&trail.opened(None)).await;

    assert_eq!(added, [trail.locked(&account.failures, verification.created_at).unwrap()]);
}

#[tokio::test]
async fn l1_a_lock_of_another_time_is_anothers_to_tell() {
    let scene = Scene::new().await;
    let [(five, _), ..] = LADDER;
    let Account { failures, .. } = scene.fail(UserId::from_keyed_bytes([2; 16]), five).await;
    scene.clock.advance(2 * VERIFICATION_LIFETIME);
    let verification = scene.with_attempts([(1, AttemptState::Wrong { attempts_remaining: 2 })]);
    scene.store.open_verification(&verification).await.unwrap();
    let trail = scene.trail(&verification);
    scene.log(&[trail.opened(None)]).await;

    let added = scene.reconciled(&trail.opened(None)).await;

    assert_ne!(failures, Failures::default());
    assert_eq!(added, [trail.while_locked(&attempt_key(1), 2, verification.created_at)]);
}

#[tokio::test]
async fn l1_a_verification_that_is_not_there_is_recorded_as_missing() {
    let scene = Scene::new().await;
    let verification = scene.with_attempts([]);
    let opened = scene.trail(&verification).opened(None);

    let added = scene.reconciled(&opened).await;

    let missing = Outcome::VerificationMissing { verification: verification.id };
    assert_eq!(added.iter().map(|event| (event.about, event.outcome)).collect::<Vec<_>>(), [(opened.about, missing)]);
    scene.log(&added).await;
    assert_eq!(scene.reconciled(&opened).await, []);
    let attempt = scene.trail(&verification).wrong(&attempt_key(1), 2, scene.now());
    assert_eq!(scene.reconciled(&attempt).await, []);
}

#[tokio::test]
async fn l1_an_opening_that_another_one_forestalled_is_taken_back() {
    let scene = Scene::new().await;
    let stored = scene.with_attempts([]);
    let mut forestalled = Verification { user: UserId::from_keyed_bytes([99; 16]), ..stored.clone() };
    forestalled.request.body = [99; 32];
    scene.store.open_verification(&stored).await.unwrap();
    let announced = scene.trail(&forestalled).opened(None);

    let added = scene.reconciled(&announced).await;

    let trail = scene.trail(&stored);
    let not_reached = Event { about: announced.about, ..trail.not_reached(announced.id, scene.now()) };
    assert_eq!(added, [trail.opened(None), not_reached]);
    scene.log(&added).await;
    assert_eq!(scene.reconciled(&announced).await, []);
}

#[tokio::test]
async fn what_is_not_over_comes_again() {
    let scene = Scene::new().await;
    let verification = scene.with_attempts([]);
    scene.store.open_verification(&verification).await.unwrap();
    let opened = scene.trail(&verification).opened(None);

    assert_eq!(scene.deliver(&[opened.canonical_json()]).await, ["0"]);

    assert_eq!(scene.sink.events(), []);
    assert!(scene.store.find_verification(verification.tenant, verification.id).await.unwrap().is_some());
}

#[tokio::test]
async fn what_is_no_event_of_a_verification_goes_back_alone() {
    let scene = Scene::new().await;
    let verification = scene.succeeded();
    scene.store.open_verification(&verification).await.unwrap();
    let trail = scene.trail(&verification);
    let other = Event { outcome: Outcome::AccountUnlocked { failures: 1 }, ..trail.opened(None) };
    scene.after_its_end();

    let failed = scene.deliver(&["{".to_owned(), trail.opened(None).canonical_json(), other.canonical_json()]).await;

    assert_eq!(failed, ["0", "2"]);
    assert_eq!(scene.sink.events().len(), 3);
}

#[tokio::test]
async fn what_can_not_be_recorded_comes_again() {
    let scene = Scene::new().await;
    let verification = scene.succeeded();
    let Some(Verified { session, .. }) = &verification.verified else { unreachable!() };
    scene.store.open_verification(&verification).await.unwrap();
    let opened = scene.trail(&verification).opened(None);
    scene.sink.behave(audit::Behaviour::Fail);
    scene.after_its_end();

    let failed = scene.deliver(&[opened.canonical_json()]).await;
    scene.sink.behave(audit::Behaviour::Record);
    let again = scene.deliver(&[opened.canonical_json()]).await;

    assert_eq!((failed.len(), again.len()), (1, 0));
    let sessions = scene.sink.events().into_iter().filter(
        |event| matches!(event.outcome, Outcome::VerificationSucceeded { session: opened, .. } if opened == *session),
    );
    assert_eq!(sessions.count(), 1);
}
