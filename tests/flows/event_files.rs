//! Every file of `events/`, as it stands: one story, in which each is answered as its name says.

use countersign_tests::{Function, Opened, World, event_files};
use serde_json::{Value, json};

use crate::problems::{problem, success};

#[tokio::test]
async fn every_event_file_is_answered_as_its_name_says() {
    let world = World::new().await;

    for (function, case, expected) in STORY {
        let answer = world.deliver(function, &function.event(case)).await;

        let expected = match expected {
            Expected::Success(status) => success(status),
            Expected::Problem(status, name) => problem(status, name),
        };
        assert_eq!(answer.told(), expected, "{}/{case}: {answer:?}", function.name());
    }
}

#[tokio::test]
async fn every_authorizer_event_file_is_answered_as_its_name_says() {
    let world = World::new().await;

    for (case, kind) in CALLERS {
        let answer = world.ask_authorizer(&Function::Authorizer.event(case)).await;

        assert_eq!((answer.is_authorized, answer.context.kind.as_deref()), (kind.is_some(), kind), "{case}");
    }
}

#[test]
fn an_event_file_that_no_test_uses_does_not_exist() {
    let story = STORY.iter().map(|(function, case, _)| format!("{}/{case}", function.name()));
    let callers = CALLERS.iter().map(|(case, _)| format!("authorizer/{case}"));
    let mut used: Vec<String> = story.chain(callers).collect();
    used.sort();
    used.dedup();

    assert_eq!(event_files(), used);
}

#[tokio::test]
async fn the_token_files_take_the_tokens_of_a_session() {
    let world = World::new().await;
    for (function, case) in [(Function::Enroll, "two-factors"), (Function::Initiate, "payment")] {
        world.deliver(function, &function.event(case)).await;
    }
    let verified = world.deliver(Function::Verify, &Function::Verify.event("right-by-capability")).await;
    let with = |function: Function, case, token: &str| {
        let mut event: Value = serde_json::from_str(&function.event(case)).unwrap();
        event["body"] = json!(json!({ "token": token }).to_string());
        event.to_string()
    };

    let token = verified.text("access_token");
    let before = world.deliver(Function::Introspect, &with(Function::Introspect, "access-token", &token)).await;
    let refresh_token = verified.text("refresh_token");
    world.deliver(Function::Revoke, &with(Function::Revoke, "refresh-token", &refresh_token)).await;
    let after = world.deliver(Function::Introspect, &with(Function::Introspect, "access-token", &token)).await;

    assert_eq!(before.json()["active"], true);
    assert_eq!(after.json(), json!({ "active": false }));
}

#[tokio::test]
async fn the_step_up_files_take_the_token_of_a_session() {
    for (function, case) in [(Function::RotateFactors, "three-factors"), (Function::Erase, "stepped-up")] {
        let world = World::new().await;
        for (function, case) in [(Function::Enroll, "two-factors"), (Function::Initiate, "sign-in")] {
            world.deliver(function, &function.event(case)).await;
        }
        let mut exported = Vec::new();
        let token = signed_in(&world).await;
        for case in ["first-page", "next-page"] {
            exported.push(world.deliver(Function::Export, &stepping_up(Function::Export, case, &token)).await.status);
        }

        let answer = world.deliver(function, &stepping_up(function, case, &token)).await;

        assert_eq!(exported, [200, 200]);
        assert_eq!(answer.status, 200, "{}/{case}: {answer:?}", function.name());
    }
}

/// The token of the user of the files, signed in with the factors of `enroll/two-factors`.
async fn signed_in(world: &World) -> String {
    let opened = Opened::from(&world.deliver(Function::Initiate, &Function::Initiate.event("sign-in")).await);
    let enrolled: Value = serde_json::from_str(&Function::Enroll.event("two-factors")).unwrap();
    let body: Value = serde_json::from_str(enrolled["body"].as_str().unwrap()).unwrap();
    let answer = world.attempt(&opened, &body["factors"]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.text("access_token")
}

fn stepping_up(function: Function, case: &str, token: &str) -> String {
    let mut event: Value = serde_json::from_str(&function.event(case)).unwrap();
    event["headers"]["step-up-token"] = json!(token);
    event.to_string()
}

#[tokio::test]
async fn the_verification_in_the_files_is_the_one_that_the_payment_opens() {
    let world = World::new().await;

    let opened = Opened::from(&world.deliver(Function::Initiate, &Function::Initiate.event("payment")).await);

    for (function, case) in [(Function::Verify, "wrong"), (Function::Status, "by-api-key")] {
        assert!(function.event(case).contains(&opened.id), "{}/{case}", function.name());
    }
    for (function, case) in [(Function::Verify, "right-by-capability"), (Function::Status, "by-capability")] {
        assert!(function.event(case).contains(&opened.capability), "{}/{case}", function.name());
    }
}

enum Expected {
    Success(u16),
    Problem(u16, &'static str),
}

use Expected::{Problem, Success};

/// In the order of the story. The tokens in the files are another world's: nothing can be said of them.
const STORY: [(Function, &str, Expected); 31] = [
    (Function::Health, "live", Success(200)),
    (Function::Health, "ready", Success(200)),
    (Function::Jwks, "published", Success(200)),
    (Function::Enroll, "two-factors", Success(201)),
    (Function::Enroll, "four-factors", Success(201)),
    (Function::Enroll, "one-category", Problem(422, "policy-not-satisfied")),
    (Function::Enroll, "already-enrolled", Problem(409, "already-enrolled")),
    (Function::DescribeEnrollment, "enrolled", Success(200)),
    (Function::DescribeEnrollment, "unknown-user", Problem(404, "enrollment-not-found")),
    (Function::RotateFactors, "three-factors", Problem(401, "step-up-required")),
    (Function::RotateFactors, "without-step-up", Problem(401, "step-up-required")),
    (Function::Erase, "stepped-up", Problem(401, "step-up-required")),
    (Function::Erase, "without-step-up", Problem(401, "step-up-required")),
    (Function::Export, "first-page", Problem(401, "step-up-required")),
    (Function::Export, "next-page", Problem(401, "step-up-required")),
    (Function::Initiate, "payment", Success(201)),
    (Function::Initiate, "sign-in", Success(201)),
    (Function::Initiate, "unknown-user", Success(201)),
    (Function::Status, "by-api-key", Success(200)),
    (Function::Verify, "wrong", Problem(401, "authentication-failed")),
    (Function::Status, "by-capability", Success(200)),
    (Function::Verify, "right-by-capability", Success(200)),
    (Function::Introspect, "access-token", Success(200)),
    (Function::Refresh, "refresh-token", Problem(400, "invalid-grant")),
    (Function::ListSessions, "user", Success(200)),
    (Function::Revoke, "access-token", Success(200)),
    (Function::Revoke, "refresh-token", Success(200)),
    (Function::Revoke, "user", Success(200)),
    (Function::AuditQuery, "everybody", Success(200)),
    (Function::AuditQuery, "next-page", Success(200)),
    (Function::AuditQuery, "person", Success(200)),
];

/// Whom the authorizer takes the caller for.
const CALLERS: [(&str, Option<&str>); 4] = [
    ("api-key", Some("api_key")),
    ("capability", Some("capability")),
    ("unknown-api-key", None),
    ("no-credential", None),
];
