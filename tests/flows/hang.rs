//! B3, E4, E6 and L5 for whole functions: whatever fails or never answers, the caller gets a 503 in time, and nobody gets in for it.
//! Without the audit queue they are answered as ever, and the events take the way through the outbox.
//! The clock is virtual, and the calls are those that each step is seen to make.

use std::collections::BTreeMap;
use std::time::Duration;

use countersign_http::ANSWER_DEADLINE;
use countersign_tests::{Answer, Call, Function, World};
use futures_util::future::join_all;
use store::StoreErrorKind;
use testkit::Fault;
use tokio::time::Instant;

use crate::problems::problem;

#[tokio::test(start_paused = true)]
async fn b3_whatever_fails_or_never_answers_is_503_in_time_on_every_route() {
    for step in STEPS {
        let calls = calls_of(step).await;
        assert!(calls.iter().any(|(port, _)| *port == "DrawPermits"), "{step} has no limits");
        assert!(calls.iter().any(|(port, _)| *port == "FindListings"), "{step} does not ask the operator's list");
        for (port, nth) in calls {
            for fault in FAULTS {
                let (world, call) = prepared(step).await;
                let runs = world.kdf.runs();
                world.store.faults().plan(port, nth, fault);
                world.keys.observation.faults.plan(port, nth, fault);

                let (answer, waited) = timed(&world, call).await;

                let place = format!("call {nth} of {port}, {step}, {fault:?}: {answer:?}");
                assert!(waited <= ANSWER_DEADLINE, "{waited:?}, {place}");
                if port == "SendEvents" {
                    assert!(answer.status < 300 || answer.told() == problem(401, "authentication-failed"), "{place}");
                    assert!(waited <= audit::SEND_DEADLINE, "{waited:?}, {place}");
                    assert!(!world.trail().await.is_empty(), "{place}");
                    continue;
                }
                if answer.told() != problem(503, "unavailable") {
                    assert!(OPTIONAL.contains(&(port, step)) && answer.status < 300, "{place}");
                    continue;
                }
                let [wait] = answer.header("retry-after")[..] else { panic!("{place}") };
                assert!((1..=6).contains(&wait.parse::<u64>().unwrap()), "{place}");
                if GATES.contains(&port) {
                    assert_eq!(world.kdf.runs(), runs, "{place}");
                }
            }
        }
    }
}

/// Everything fails for a while: nobody gets in, no derivation runs, and afterwards all is as before.
#[tokio::test(start_paused = true)]
async fn b3_while_the_store_is_down_nobody_gets_in_and_afterwards_everybody_does() {
    for fault in FAULTS {
        for step in STEPS {
            let (world, call) = prepared(step).await;
            let runs = world.kdf.runs();
            for port in EVERY_PORT {
                (1..=50).for_each(|nth| world.store.faults().plan(port, nth, fault));
            }

            for _ in 0..3 {
                let (answer, waited) = timed(&world, call.clone()).await;
                assert_eq!(answer.told(), problem(503, "unavailable"), "{step}, {fault:?}: {answer:?}");
                assert!(waited <= ANSWER_DEADLINE, "{step}: {waited:?}");
            }
            world.store.faults().clear();
            let (answer, _) = timed(&world, call).await;

            assert!(answer.status < 300 || answer.status == 401, "{step}, {fault:?}: {answer:?}");
            assert!(world.kdf.runs() - runs <= 1, "{step}: only what is answered is derived");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn e6_64_requests_behind_a_key_service_that_never_answers_are_503_in_time() {
    let mut world = World::new().await;
    world.enrolled(1, &["pin", "nfc"]).await;
    world.restart();
    let calls: Vec<Call> = (0..64).map(|_| world.initiating("7c9e6679-7425-40de-944b-000000000001")).collect();
    world.keys.observation.faults.plan("UnwrapKey", 1, Fault::HangBefore);

    let answers = join_all(calls.into_iter().map(|call| timed(&world, call))).await;

    assert!(answers.iter().all(|(_, waited)| *waited <= ANSWER_DEADLINE));
    assert!(answers.iter().any(|(answer, _)| answer.status == 503));
}

/// The request that makes this step in a world in which it would succeed, nothing being cached but who calls.
async fn prepared(step: &str) -> (World, Call) {
    let mut world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let opened = world.opened(&person).await;
    let call = match step {
        "enroll" => world.enrolling(&countersign_tests::Person::new(2, &["pin", "nfc"])),
        "describe" => {
            let call = Call::new(Function::DescribeEnrollment, "enrolled").bearer(&world.tenant.api_key);
            call.path("user_id", &person.id)
        }
        "initiate" => world.initiating(&person.id),
        "right attempt" => world.attempting(&opened, &person.right(&opened.asked)),
        "wrong attempt" => world.attempting(&opened, &person.wrong(&opened.asked)),
        "attempt by capability" => world.attempting(&opened, &person.right(&opened.asked)).bearer(&opened.capability),
        "status" => world.asking_status(&opened),
        "status by capability" => world.asking_status(&opened).bearer(&opened.capability),
        "read the trail" => world.reading_trail(),
        "list sessions" => world.listing_sessions(&person.id),
        "rotate"
        | "erase"
        | "export"
        | "introspect"
        | "revoke"
        | "revoke by refresh token"
        | "revoke all"
        | "refresh" => {
            let verified = world.attempt(&opened, &person.right(&opened.asked)).await;
            let (token, refresh_token) = (verified.text("access_token"), verified.text("refresh_token"));
            match step {
                "rotate" => world.rotating(&person.id, &token, &person.enrolled()),
                "erase" => world.erasing(&person.id, &token),
                "export" => world.exporting(&person.id, &token),
                "introspect" => world.introspecting(&token),
                "revoke" => world.revoking(&token),
                "revoke all" => world.revoking_all(&person.id),
                "refresh" => world.refreshing(&refresh_token),
                _ => world.revoking(&refresh_token),
            }
        }
        _ => panic!("no such step: {step}"),
    };
    world.restart();
    world.permitted(call.clone()).await.unwrap();
    let _before = world.store.recorder().take();
    (world, call)
}

/// Every call that a step makes, as its port and how many calls of that port it is.
async fn calls_of(step: &str) -> Vec<(&'static str, usize)> {
    let (world, call) = prepared(step).await;
    world.send(call).await;
    let (on_store, on_keys) = (world.store.recorder().take(), world.keys.observation.recorder.take());
    let mut counts = BTreeMap::new();
    let calls = on_store.ports().into_iter().chain(on_keys.ports()).map(|port| {
        let count = counts.entry(port).or_insert(0);
        *count += 1;
        (port, *count)
    });
    calls.collect()
}

async fn timed(world: &World, call: Call) -> (Answer, Duration) {
    let began = Instant::now();
    let answer = world.send(call).await;
    (answer, began.elapsed())
}

const STEPS: [&str; 18] = [
    "enroll",
    "rotate",
    "erase",
    "export",
    "describe",
    "initiate",
    "right attempt",
    "wrong attempt",
    "attempt by capability",
    "status",
    "status by capability",
    "introspect",
    "revoke",
    "revoke by refresh token",
    "revoke all",
    "refresh",
    "list sessions",
    "read the trail",
];

const FAULTS: [Fault; 3] =
    [Fault::FailBefore(StoreErrorKind::Unavailable), Fault::FailBefore(StoreErrorKind::Throttled), Fault::HangBefore];

/// What a step can do without: a repeated initiation is recognised by opening it, too; a capability names its key's version, which is
/// asked for if the tenant's newest can't be had.
const OPTIONAL: [(&str, &str); 5] = [
    ("FindVerification", "initiate"),
    ("FindBranchKey", "attempt by capability"),
    ("UnwrapKey", "attempt by capability"),
    ("FindBranchKey", "status by capability"),
    ("UnwrapKey", "status by capability"),
];

/// What has to answer before anything is derived.
const GATES: [&str; 12] = [
    "FindListings",
    "DrawPermits",
    "FindBranchKey",
    "UnwrapKey",
    "ListSigningKeys",
    "FindEnrollment",
    "FindCurrentEnrollment",
    "FindSession",
    "BeginRequest",
    "ClaimAttempt",
    "ReserveFailure",
    "FindSessionEpoch",
];

/// All that the functions call.
const EVERY_PORT: [&str; 27] = [
    "FindListings",
    "DrawPermits",
    "FindBranchKey",
    "ListSigningKeys",
    "FindEnrollment",
    "FindCurrentEnrollment",
    "FindAccount",
    "RotateFactors",
    "EraseUser",
    "CreateEnrollment",
    "BeginRequest",
    "FinishRequest",
    "OpenVerification",
    "FindVerification",
    "ClaimAttempt",
    "ReserveFailure",
    "FailAttempt",
    "CompleteVerification",
    "FindSession",
    "RevokeSession",
    "FindSessionEpoch",
    "ListSessions",
    "RevokeSessions",
    "RotateRefreshToken",
    "FindEvents",
    "SendEvents",
    "KeepEvents",
];
