//! Who does not get to read, and what reading and refusing leave behind.

use std::time::Duration;

use audit::{About, Behaviour, Denial, Outcome};
use domain::Route;
use serde_json::{Value, json};
use store::{LogPosition, StoreErrorKind};
use testkit::Fault;
use tokio::time::Instant;

use crate::scene::{EVERYBODY, Scene, beginning, tenant, user};

#[tokio::test]
async fn reading_is_recorded_before_it_is_answered() {
    let scene = Scene::new().await;
    scene.log_many(3, Duration::from_secs(1)).await;

    scene.sink.behave(Behaviour::Fail);
    let (status, problem) = scene.ask(tenant(), "").await;

    assert_eq!((status, problem["type"].as_str()), (503, Some("/problems/unavailable")));
    scene.sink.behave(Behaviour::Record);
    assert_eq!(scene.ask(tenant(), "").await.0, 200);
    assert_eq!(scene.sink.events().len(), 1);
}

#[tokio::test]
async fn reading_is_about_whom_it_is_about() {
    let scene = Scene::new().await;
    let event = scene.event(tenant(), user(), None).await;
    scene.log(&event).await;
    scene.log_many(1, Duration::from_secs(1)).await;

    scene.ask(tenant(), "from=2026-10-31T00:00:00Z").await;
    scene.ask(tenant(), &format!("user_id={}&from=2026-10-31T00:00:00Z&limit=7", user())).await;

    let until = beginning() + Duration::from_secs(1);
    let read = |events| Outcome::TrailRead { events, from: "2026-10-31T00:00:00Z".parse().unwrap(), until };
    let recorded = scene.sink.events();
    let recorded: Vec<_> = recorded.iter().map(|event| (event.about, event.outcome)).collect();
    assert_eq!(recorded, [(About::Tenant(tenant()), read(2)), (event.about, read(1))]);
}

#[tokio::test]
async fn a_capability_does_not_reach_the_trail() {
    let scene = Scene::new().await;
    let mut event: Value = serde_json::from_str(EVERYBODY).unwrap();
    event["headers"]["authorization"] = json!(format!("Bearer {}", scene.capability().await));

    event["requestContext"]["authorizer"]["lambda"] = json!({ "kind": "capability" });
    let (status, problem) = scene.deliver(&event.to_string()).await;

    assert_eq!((status, problem["type"].as_str()), (403, Some("/problems/forbidden")));
    assert_eq!(scene.store.recorder().take().calls().len(), 0);
}

#[tokio::test]
async fn nobody_reads_whom_the_authorizer_has_not_let_through() {
    let scene = Scene::new().await;

    let scopeless = json!({ "kind": "api_key", "tenant_id": tenant().to_string() });
    for authorizer in [json!(null), json!({ "kind": "other" }), json!({ "kind": "api_key" }), scopeless] {
        let (status, problem) = scene.ask_as(authorizer, "").await;

        assert_eq!((status, problem["type"].as_str()), (401, Some("/problems/unauthenticated")));
    }
}

#[tokio::test]
async fn e1_a_query_that_is_refused_says_which_parameter_it_is() {
    let scene = Scene::new().await;

    for (query, detail) in [
        ("user_id=me", "the parameter user_id is not a UUID in hyphenated form"),
        ("limit=1&limit=2", "the parameter limit is there twice"),
        ("%6Cimit=1&limit=2", "the parameter limit is there twice"),
        ("limit=5;cursor=x", "the parameter limit is not a whole number from 1 to 100"),
        ("user%5Fid=%FF%FE", "the parameter user_id is not a UUID in hyphenated form"),
        ("to=2026-11-01T01:00:00+01:00", "the parameter to is not a time of RFC 3339"),
        ("cursor=AA%3D%3D", "the parameter cursor is not a next_cursor of this API"),
        ("sort=desc", "there is a parameter besides user_id, from, to, limit and cursor"),
    ] {
        let (status, problem) = scene.ask(tenant(), query).await;

        assert_eq!((status, problem["type"].as_str()), (400, Some("/problems/invalid-request")), "{query}");
        assert_eq!(problem["detail"], detail, "{query}");
    }
    assert_eq!(scene.ask(tenant(), "to=2026-11-01T01:00:00%2B01:00").await.0, 200);
}

#[tokio::test]
async fn a_tenant_that_reads_too_often_is_refused_and_in_the_trail() {
    let scene = Scene::limited_to(r#"{"tenant_audit_query": {"quota": 2}}"#).await;

    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(scene.ask(tenant(), "").await.0);
    }

    assert_eq!(statuses, [200, 200, 429, 429]);
    let refused =
        Outcome::RequestRefused { denial: Denial::RateLimited, route: Some(Route::AuditQuery), suppressed: 0 };
    let last = scene.sink.events().pop().unwrap();
    assert_eq!((last.about, last.outcome), (About::Tenant(tenant()), refused));
}

#[tokio::test]
async fn a_malformed_query_is_counted_by_nothing() {
    let scene = Scene::limited_to(r#"{"tenant_audit_query": {"quota": 1}}"#).await;

    assert_eq!(scene.ask(tenant(), "limit=0").await.0, 400);
    assert_eq!(scene.ask(tenant(), "").await.0, 200);
}

#[tokio::test]
async fn what_can_not_be_read_is_unavailable() {
    for port in ["DrawPermits", "FindBranchKey", "FindCurrentEnrollment", "FindEvents"] {
        let scene = Scene::new().await;
        scene.store.faults().plan(port, 1, Fault::FailBefore(StoreErrorKind::Unavailable));

        let (status, problem) = scene.ask(tenant(), &format!("user_id={}", user())).await;

        assert_eq!((status, problem["type"].as_str()), (503, Some("/problems/unavailable")), "{port}");
        assert_eq!((scene.store.faults().still_planned(), scene.sink.events()), (0, Vec::new()), "{port}");
    }
}

#[tokio::test(start_paused = true)]
async fn e4_a_trail_that_does_not_answer_is_unavailable_in_time() {
    let scene = Scene::new().await;
    scene.store.faults().plan("FindEvents", 1, Fault::HangBefore);
    let began = Instant::now();

    let (status, _) = scene.ask(tenant(), "").await;

    assert_eq!((status, began.elapsed().as_secs()), (503, 6));
}

#[tokio::test]
async fn what_is_no_event_is_a_fault_of_ours() {
    let scene = Scene::new().await;
    let position = LogPosition { shard: 0, batch: 1, index: 0 };
    let mut record = scene.event_about(About::Tenant(tenant())).record_at(position);
    record.payload.push(b' ');
    scene.index(record).await;
    scene.clock.advance(Duration::from_secs(1));

    let (status, problem) = scene.ask(tenant(), "").await;

    assert_eq!((status, problem["type"].as_str()), (500, Some("/problems/internal-error")));
}
