//! E2: what every response has, and what none has.

use countersign_tests::{Answer, Call, Function, World};
use store::StoreErrorKind;
use testkit::Fault;

use crate::malformed::{every_route, malformed};

#[tokio::test]
async fn e2_every_response_is_unstored_named_once_and_silent_about_the_inside() {
    let mut world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let opened = world.opened(&person).await;
    let calls = every_route(&world, &person, &opened);
    let mut answers = Vec::new();

    for call in &calls {
        answers.push(world.send(call.clone()).await);
        for case in malformed(&world, call) {
            answers.push(world.send(case.call).await);
        }
        for (port, kind) in FAULTS {
            world.restart();
            world.store.faults().plan(port, 1, Fault::FailBefore(kind));
            let fresh = if needs_key(call) { call.clone().key(&world.key()) } else { call.clone() };
            answers.push(world.send(fresh).await);
            world.store.faults().clear();
        }
    }
    let opened = world.opened(&person).await;
    for _ in 0..4 {
        answers.push(world.attempt(&opened, &person.wrong(&opened.asked)).await);
    }

    for status in [200, 201, 400, 401, 404, 409, 413, 415, 500, 503] {
        assert!(answers.iter().any(|answer| answer.status == status), "no {status} among the answers");
    }
    for answer in &answers {
        assert_eq!(answer.header("cache-control"), ["no-store"], "{answer:?}");
        check(answer);
    }
}

#[tokio::test]
async fn e2_health_is_unstored_and_the_public_keys_are_for_five_minutes() {
    let world = World::new().await;
    let answer = |function: Function, case| world.send(Call::new(function, case));

    let (live, ready) = (answer(Function::Health, "live").await, answer(Function::Health, "ready").await);
    let published = answer(Function::Jwks, "published").await;

    for (answer, cached) in [(&live, "no-store"), (&ready, "no-store"), (&published, "public, max-age=300")] {
        assert_eq!(answer.header("cache-control"), [cached]);
        check(answer);
    }
    assert!(published.json()["keys"][0].get("d").is_none(), "a public key has no private part");
}

/// What holds for every response, cacheable or not.
fn check(answer: &Answer) {
    let ids = answer.header("x-request-id");
    assert_eq!(ids.len(), 1, "{answer:?}");
    assert_eq!(answer.header("x-content-type-options"), ["nosniff"], "{answer:?}");
    let is_problem = answer.header("content-type") == ["application/problem+json"];
    assert_eq!(is_problem, answer.json().get("type").is_some(), "{answer:?}");
    if is_problem {
        assert_eq!(answer.json()["instance"], ids[0], "{answer:?}");
        assert_eq!(answer.json()["status"], answer.status, "{answer:?}");
    }
    let retry_after = answer.header("retry-after").len();
    let retries = answer.status == 503 && is_problem || answer.told().1.ends_with("request-in-progress");
    assert_eq!(retry_after, usize::from(retries), "{answer:?}");
    let transcript = answer.transcript().to_lowercase();
    for word in INSIDE {
        assert!(!transcript.contains(word), "{word}: {answer:?}");
    }
}

fn needs_key(call: &Call) -> bool {
    matches!(
        call.function(),
        Function::Enroll
            | Function::RotateFactors
            | Function::Erase
            | Function::Initiate
            | Function::Verify
            | Function::Revoke
            | Function::Refresh
    )
}

/// One fault for each port that some route calls, of every kind.
const FAULTS: [(&str, StoreErrorKind); 10] = [
    ("FindBranchKey", StoreErrorKind::Unavailable),
    ("FindEnrollment", StoreErrorKind::Corrupt),
    ("CreateEnrollment", StoreErrorKind::Throttled),
    ("OpenVerification", StoreErrorKind::Throttled),
    ("ClaimAttempt", StoreErrorKind::Unavailable),
    ("CompleteVerification", StoreErrorKind::Unavailable),
    ("FindVerification", StoreErrorKind::Corrupt),
    ("ListSigningKeys", StoreErrorKind::Unavailable),
    ("SendEvents", StoreErrorKind::Unavailable),
    ("KeepEvents", StoreErrorKind::Unavailable),
];

/// Words of types, files, libraries, services and our own error texts.
const INSIDE: [&str; 26] = [
    "::",
    ".rs",
    "src/",
    "panic",
    "unwrap",
    "serde",
    "expected",
    "at line",
    "column",
    "dynamo",
    "sqs",
    "kms",
    "lambda",
    "aws",
    "arn:",
    "storeerror",
    "keyring",
    "the store",
    "table",
    "partition",
    "corrupt",
    "planned",
    "rust",
    "tokio",
    "findenrollment",
    "claimattempt",
];
