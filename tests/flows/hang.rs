//! E4 and E6 for whole functions: whatever never answers, the caller gets a 503 in time. The clock is virtual.

use countersign_http::ANSWER_DEADLINE;
use countersign_tests::{Answer, Call, World};
use futures_util::future::join_all;
use testkit::Fault;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn e4_whatever_never_answers_the_503_comes_before_lambda_times_out() {
    for (port, step) in PORTS {
        let mut world = World::new().await;
        let call = call_of(&mut world, step).await;
        world.store.faults().plan(port, 1, Fault::HangBefore);
        world.keys.observation.faults.plan(port, 1, Fault::HangBefore);

        let (answer, waited) = timed(&world, call).await;

        assert_eq!(answer.told(), (503, "/problems/unavailable".to_owned()), "{port} of {step}");
        assert_eq!(answer.header("retry-after"), ["1"], "{port} of {step}");
        assert!(waited <= ANSWER_DEADLINE, "{port} of {step}: {waited:?}");
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

/// The request that makes this step in a world in which it would succeed, its keys not at hand.
async fn call_of(world: &mut World, step: &str) -> Call {
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let opened = world.opened(&person).await;
    let call = match step {
        "enroll" => world.enrolling(&countersign_tests::Person::new(2, &["pin", "nfc"])),
        "initiate" => world.initiating(&person.id),
        "right attempt" => world.attempting(&opened, &person.right(&opened.asked)),
        "wrong attempt" => world.attempting(&opened, &person.wrong(&opened.asked)),
        "status" => world.asking_status(&opened),
        "introspect" | "revoke" => {
            let verified = world.attempt(&opened, &person.right(&opened.asked)).await;
            let token = verified.text("access_token");
            if step == "revoke" { world.revoking(&token) } else { world.introspecting(&token) }
        }
        _ => panic!("no such step: {step}"),
    };
    world.restart();
    call
}

async fn timed(world: &World, call: Call) -> (Answer, std::time::Duration) {
    let began = Instant::now();
    let answer = world.send(call).await;
    (answer, began.elapsed())
}

/// Every port of every step.
const PORTS: [(&str, &str); 25] = [
    ("FindBranchKey", "enroll"),
    ("UnwrapKey", "enroll"),
    ("FindEnrollment", "enroll"),
    ("CreateEnrollment", "enroll"),
    ("RecordEvent", "enroll"),
    ("FindBranchKey", "initiate"),
    ("UnwrapKey", "initiate"),
    ("FindEnrollment", "initiate"),
    ("OpenVerification", "initiate"),
    ("RecordEvent", "initiate"),
    ("FindBranchKey", "right attempt"),
    ("UnwrapKey", "right attempt"),
    ("ListSigningKeys", "right attempt"),
    ("ClaimAttempt", "right attempt"),
    ("CompleteVerification", "right attempt"),
    ("RecordEvent", "right attempt"),
    ("FailAttempt", "wrong attempt"),
    ("RecordEvent", "wrong attempt"),
    ("FindVerification", "status"),
    ("ListSigningKeys", "introspect"),
    ("FindSession", "introspect"),
    ("ListSigningKeys", "revoke"),
    ("FindBranchKey", "revoke"),
    ("RevokeSession", "revoke"),
    ("RecordEvent", "revoke"),
];
