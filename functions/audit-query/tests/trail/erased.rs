//! L6, as far as reading goes: what was sealed under a person's key can be read for as long as the key exists.

use domain::{SourceAddress, UserId};
use serde_json::{Value, json};

use crate::scene::{EVERYBODY, Scene, tenant, user};

const PERSON: &str = include_str!("../../../../events/audit-query/person.json");

#[tokio::test]
async fn a_persons_events_say_where_they_came_from() {
    let scene = Scene::new().await;
    let key = scene.enroll(tenant(), user()).await;
    let event = scene.event(tenant(), user(), Some(&key)).await;
    scene.log(&event).await;
    scene.clock.advance(std::time::Duration::from_secs(1));

    let (status, page) = scene.deliver(PERSON).await;

    let expected = json!({ "events": [{
        "id": event.id.to_string(),
        "at": "2026-11-01T00:00:00Z",
        "request_id": "JKJaXmPLvHcESHA=",
        "outcome": { "session_revoked": { "session": "04040404-0404-8404-8404-040404040404" } },
        "subject": subject(&page),
        "personal": { "source_address": "203.0.113.9" },
    }] });
    assert_eq!((status, page), (200, expected));
}

#[tokio::test]
async fn everybodys_events_do_not_say_where_anybody_came_from() {
    let scene = Scene::new().await;
    let key = scene.enroll(tenant(), user()).await;
    scene.log(&scene.event(tenant(), user(), Some(&key)).await).await;
    scene.clock.advance(std::time::Duration::from_secs(1));

    let (_, page) = scene.deliver(EVERYBODY).await;

    assert_eq!((page["events"].as_array().unwrap().len(), &page["events"][0]["personal"]), (1, &Value::Null));
    assert_eq!(subject(&page), subject(&scene.deliver(PERSON).await.1));
}

#[tokio::test]
async fn l6_an_erased_persons_events_are_there_without_where_they_came_from() {
    let scene = Scene::new().await;
    let enrolled = Scene::new().await;
    let key = enrolled.enroll(tenant(), user()).await;
    // The key is sealed nowhere in this scene: as it is once its enrollment is erased.
    let event = scene.event(tenant(), user(), Some(&key)).await;
    scene.log(&event).await;
    scene.clock.advance(std::time::Duration::from_secs(1));

    let (status, page) = scene.deliver(PERSON).await;

    assert_eq!((status, page["events"][0]["id"].as_str()), (200, Some(event.id.to_string().as_str())));
    assert_eq!(page["events"][0].get("personal"), None);
    assert!(!page.to_string().contains("203.0.113.9"));
}

#[tokio::test]
async fn l6_enrolling_again_does_not_bring_back_what_was_erased() {
    let scene = Scene::new().await;
    let before = Scene::new().await.enroll(tenant(), user()).await;
    scene.log(&scene.event(tenant(), user(), Some(&before)).await).await;
    // Draws other randomness than the key before did.
    let _other = scene.enroll(tenant(), UserId::from_keyed_bytes([3; 16])).await;
    let now = scene.enroll(tenant(), user()).await;
    scene.log(&scene.event(tenant(), user(), Some(&now)).await).await;
    scene.clock.advance(std::time::Duration::from_secs(1));

    let (_, page) = scene.deliver(PERSON).await;

    let mut readable: Vec<bool> = page["events"].as_array().unwrap().iter().map(has_source).collect();
    readable.sort_unstable();
    assert_eq!(readable, [false, true]);
}

#[tokio::test]
async fn an_address_that_was_moved_to_another_event_is_not_shown() {
    let scene = Scene::new().await;
    let key = scene.enroll(tenant(), user()).await;
    let genuine = scene.event(tenant(), user(), Some(&key)).await;
    let mut moved = scene.event(tenant(), user(), None).await;
    moved.personal.clone_from(&genuine.personal);
    scene.log(&moved).await;
    scene.clock.advance(std::time::Duration::from_secs(1));

    let (_, page) = scene.deliver(PERSON).await;

    assert!(!has_source(&page["events"][0]), "{page}");
}

#[test]
fn an_address_of_ipv4_is_written_as_one() {
    let mapped = SourceAddress::from_transport("::ffff:203.0.113.9".parse().unwrap());

    assert_eq!(mapped.address().to_string(), "203.0.113.9");
}

fn has_source(event: &Value) -> bool {
    event["personal"]["source_address"] == "203.0.113.9"
}

/// The pseudonym of the first event, which has 32 digits.
fn subject(page: &Value) -> String {
    let subject = page["events"][0]["subject"].as_str().unwrap().to_owned();
    assert!(subject.len() == 32 && subject.bytes().all(|digit| digit.is_ascii_hexdigit()), "{subject}");
    subject
}
