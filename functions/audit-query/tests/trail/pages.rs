//! Pages: all of them together are the trail.

use std::collections::BTreeSet;
use std::time::Duration;

use audit::About;
use jiff::Timestamp;
use serde_json::Value;

use crate::scene::{Scene, beginning, tenant, user};

#[tokio::test]
async fn pages_that_end_within_one_millisecond_miss_nothing_and_repeat_nothing() {
    for (together, limit) in [(1, 1), (7, 1), (7, 3), (7, 7), (7, 50), (30, 10)] {
        let scene = Scene::new().await;
        for _ in 0..3 {
            scene.log_many(together, Duration::ZERO).await;
            scene.clock.advance(Duration::from_millis(1));
        }

        let (events, pages) = scene.pages(tenant(), &format!("limit={limit}")).await;

        assert_eq!(ids(&events).len(), 3 * together, "{together} at once, pages of {limit}");
        assert_eq!(pages, (3 * together).div_ceil(limit));
        assert!(events.is_sorted_by_key(|event| event["at"].as_str().unwrap().parse::<Timestamp>().unwrap()));
    }
}

#[tokio::test]
async fn a_persons_pages_miss_nothing_and_repeat_nothing() {
    let scene = Scene::new().await;
    for _ in 0..25 {
        scene.log(&scene.event(tenant(), user(), None).await).await;
        scene.log_many(1, Duration::ZERO).await;
    }
    scene.clock.advance(Duration::from_millis(1));

    let (events, pages) = scene.pages(tenant(), &format!("limit=4&user_id={}", user())).await;

    assert_eq!((ids(&events).len(), pages), (25, 7));
    assert!(events.iter().all(|event| event["subject"] == events[0]["subject"]));
}

#[tokio::test]
async fn the_pages_of_the_default_span_are_of_one_span_however_long_reading_takes() {
    let scene = Scene::new().await;
    scene.log_many(6, Duration::from_secs(60 * 60)).await;
    let (_, first) = scene.ask(tenant(), "limit=2").await;
    scene.log_many(3, Duration::from_secs(10 * 60 * 60)).await;

    let rest = format!("limit=100&cursor={}", first["next_cursor"].as_str().unwrap());
    let (rest, _) = scene.pages(tenant(), &rest).await;

    assert_eq!(first["events"].as_array().unwrap().len() + rest.len(), 6);
}

#[tokio::test]
async fn a_span_holds_its_first_instant_and_not_its_last() {
    let scene = Scene::new().await;
    scene.log_many(5, Duration::from_secs(1)).await;

    let (events, _) = scene.pages(tenant(), "from=2026-11-01T00:00:01Z&to=2026-11-01T00:00:03Z").await;

    let at: Vec<&str> = events.iter().map(|event| event["at"].as_str().unwrap()).collect();
    assert_eq!(at, ["2026-11-01T00:00:01Z", "2026-11-01T00:00:02Z"]);
}

#[tokio::test]
async fn a_page_has_50_events_unless_the_request_says() {
    let scene = Scene::new().await;
    scene.log_many(120, Duration::from_millis(1)).await;

    for (query, expected) in [("", 50), ("limit=100", 100), ("limit=1", 1)] {
        let (_, page) = scene.ask(tenant(), query).await;
        assert_eq!(page["events"].as_array().unwrap().len(), expected, "{query}");
    }
}

#[tokio::test]
async fn an_event_about_the_tenant_names_nobody() {
    let scene = Scene::new().await;
    scene.log(&scene.event_about(About::Tenant(tenant()))).await;
    scene.clock.advance(Duration::from_secs(1));

    let (_, page) = scene.ask(tenant(), "").await;

    let members: Vec<&String> = page["events"][0].as_object().unwrap().keys().collect();
    assert_eq!(members, ["at", "id", "outcome", "request_id"]);
    assert_eq!(page["events"][0]["at"], beginning().to_string());
}

/// The events' ids, each of which is there once.
fn ids(events: &[Value]) -> BTreeSet<&str> {
    let ids: BTreeSet<&str> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), events.len(), "an event is on two pages");
    ids
}
