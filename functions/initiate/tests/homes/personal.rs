//! L1, L6, V6: the event of an opening, with the address that the request came from.

use std::sync::atomic::Ordering;

use audit::{Behaviour, Event, Outcome};
use domain::Sealed;
use initiate::InitiateError;
use store::{FindVerification, OpenVerification};

use crate::scene::{Scene, source};

#[tokio::test]
async fn l6_the_address_is_sealed_under_the_users_own_key() {
    let scene = Scene::new("{}").await;
    let user_key = scene.enroll().await;

    scene.initiate(scene.key()).await.unwrap();

    let event = opened(&scene).pop().unwrap();
    assert_eq!(user_key.open_personal_data(event.id, &sealed(&event)), Ok(source()));
    assert!(!event.canonical_json().contains("198.51.100.7"));
}

#[tokio::test]
async fn v6_an_unknown_users_event_is_as_long_and_nobody_opens_it() {
    let (known, unknown) = (Scene::new("{}").await, Scene::new("{}").await);
    let user_key = known.enroll().await;

    for scene in [&known, &unknown] {
        scene.initiate(scene.key()).await.unwrap();
    }

    let [known, decoy] = [&known, &unknown].map(|scene| opened(scene).pop().unwrap());
    let sealed = sealed(&decoy);
    assert_eq!(decoy.canonical_json().len(), known.canonical_json().len());
    assert_eq!(sealed.as_bytes().first(), Some(&1), "not even the format tells");
    assert!(user_key.open_personal_data(decoy.id, &sealed).is_err());
}

#[tokio::test]
async fn l1_a_retry_tells_what_its_first_try_could_not_record() {
    for enrollments_work in [true, false] {
        let scene = Scene::new("{}").await;
        let user_key = scene.enroll().await;
        let key = scene.key();
        scene.sink.behave(Behaviour::Fail);
        let failed = scene.initiate(key).await;
        scene.sink.behave(Behaviour::Record);
        scene.store.enrollments_work.store(enrollments_work, Ordering::SeqCst);

        let retried = scene.initiate(key).await.unwrap();

        assert!(matches!(failed, Err(InitiateError::Audit(_))));
        let event = told_once(&scene);
        assert_eq!(event.at, retried.verification.created_at);
        let address = event.personal.as_ref().map(|sealed| user_key.open_personal_data(event.id, sealed.sealed()));
        assert_eq!(address, enrollments_work.then_some(Ok(source())));
    }
}

/// Both are on their way before it is known which one is opened.
#[tokio::test]
async fn l1_another_request_under_the_key_does_not_pass_for_the_one_that_opened() {
    let scene = Scene::new("{}").await;
    let key = scene.key();
    scene.store.takes_over.store(true, Ordering::SeqCst);
    let opened_first = scene.initiate(key).await.unwrap();
    let found = scene.store.find_verification(opened_first.verification.tenant, opened_first.verification.id).await;
    assert_eq!(found.unwrap().as_ref(), Some(&opened_first.verification));
    scene.sink.forget();
    scene.store.finds_nothing.store(true, Ordering::SeqCst);

    let other = scene.initiate_with(key, b"other").await;
    let again = scene.initiate(key).await.unwrap();

    assert!(matches!(other, Err(InitiateError::KeyReused)));
    assert_eq!(again.verification, opened_first.verification);
    let events = opened(&scene);
    let [announced, told] = events.as_slice() else { panic!("{events:?}") };
    let implied = scene.branch.opening_event_id(&again.verification);
    assert_eq!((told.id, announced.id == implied), (implied, false));
    assert_eq!(scene.store.home(), again.verification.id.home());
}

fn opened(scene: &Scene) -> Vec<Event> {
    let events = scene.sink.events().into_iter();
    events.filter(|event| matches!(event.outcome, Outcome::VerificationOpened { .. })).collect()
}

/// The event of what is open; what was announced at the place that failed is another one.
fn told_once(scene: &Scene) -> Event {
    let mut events = opened(scene);
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0)
}

fn sealed(event: &Event) -> Sealed {
    event.personal.as_ref().unwrap().sealed().clone()
}
