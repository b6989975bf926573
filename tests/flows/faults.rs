//! Dependencies that fail or lose their answers: 503, a retry that ends well, nothing counted twice.

use audit::Outcome;
use countersign_tests::{Answer, Call, Embedded, Opened, Person, Ports, World};
use store::{FindAccount, StoreErrorKind};
use testkit::Fault;

use crate::problems::{problem, success};

pub(crate) const LOST: [Fault; 4] = [
    Fault::FailBefore(StoreErrorKind::Unavailable),
    Fault::FailBefore(StoreErrorKind::Throttled),
    Fault::FailAfter(StoreErrorKind::Unavailable),
    Fault::FailAfter(StoreErrorKind::Throttled),
];

#[tokio::test]
async fn a_failing_key_service_or_store_is_503_and_the_retry_enrols() {
    for port in ["FindBranchKey", "UnwrapKey", "FindCurrentEnrollment", "CreateEnrollment"] {
        for fault in LOST {
            let mut world = World::new().await;
            let person = Person::new(1, &["pin", "nfc"]);
            world.restart();
            let call = world.enrolling(&person);

            let failed = struck(&world, port, fault, call.clone()).await;
            let retried = world.send(call).await;

            assert_unavailable(&failed, port);
            assert_eq!(retried.told(), success(201), "{port} {fault:?}");
            assert_eq!(world.trail().await.len(), 1, "{port} {fault:?}");
            let opened = world.opened(&person).await;
            assert_eq!(world.attempt(&opened, &person.right(&opened.asked)).await.status, 200, "{port} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_failing_key_service_or_store_is_503_and_the_retry_opens_one_verification() {
    for port in ["FindBranchKey", "UnwrapKey", "FindEnrollment", "OpenVerification", RECORDING] {
        for fault in LOST {
            let mut world = World::new().await;
            let person = world.enrolled(1, &["pin", "words", "nfc", "face"]).await;
            world.restart();
            let call = world.initiating(&person.id);

            let failed = struck(&world, port, fault, call.clone()).await;
            let retried = world.send(call.clone()).await;
            let repeated = world.send(call).await;

            assert_unavailable(&failed, port);
            assert_eq!(retried.told(), success(201), "{port} {fault:?}");
            assert_eq!(repeated.but_request_id(), retried.but_request_id());
            let opened = world.trail().await.into_iter();
            let opened = opened.filter(|event| matches!(event.outcome, Outcome::VerificationOpened { .. }));
            assert_eq!(opened.count(), 1, "{port} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_fault_before_the_claim_costs_no_attempt_and_the_retry_verifies() {
    for port in ["FindBranchKey", "UnwrapKey", "ListSigningKeys"] {
        for fault in LOST {
            let (mut world, person, opened) = scene().await;
            world.restart();
            let call = world.attempting(&opened, &person.right(&opened.asked));

            let failed = struck(&world, port, fault, call.clone()).await;
            let standing = world.standing(&opened).await;
            let retried = world.send(call).await;

            assert_unavailable(&failed, port);
            assert_eq!(standing, ("open".to_owned(), 3), "{port} {fault:?}");
            assert_eq!(retried.told(), success(200), "{port} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a9_a_claim_whose_answer_is_lost_is_counted_once() {
    for fault in LOST {
        let (world, person, opened) = scene().await;
        let call = world.attempting(&opened, &person.wrong(&opened.asked));

        let failed = struck(&world, "ClaimAttempt", fault, call.clone()).await;
        let counted = world.standing(&opened).await.1;
        let answers = [world.send(call.clone()).await, world.send(call).await];

        assert_unavailable(&failed, "ClaimAttempt");
        assert_eq!(counted, if matches!(fault, Fault::FailAfter(_)) { 2 } else { 3 }, "{fault:?}");
        assert_eq!(answers[0].told(), problem(401, "authentication-failed"), "{fault:?}");
        assert_eq!(answers[1].but_request_id(), answers[0].but_request_id(), "{fault:?}");
        assert_eq!(world.standing(&opened).await, ("open".to_owned(), 2), "{fault:?}");
    }
}

#[tokio::test]
async fn a9_a_wrong_attempt_whose_end_is_lost_is_counted_once() {
    let retried = problem(401, "authentication-failed");
    for fault in LOST {
        let (world, person, opened) = scene().await;
        let call = world.attempting(&opened, &person.wrong(&opened.asked));

        let failed = struck(&world, "FailAttempt", fault, call.clone()).await;
        let answers = [world.send(call.clone()).await, world.send(call).await];

        assert_unavailable(&failed, "FailAttempt");
        assert!(answers.iter().all(|answer| answer.told() == retried), "{fault:?}: {answers:?}");
        assert_eq!(world.standing(&opened).await, ("open".to_owned(), 2));
        assert_eq!(world.attempt(&opened, &person.right(&opened.asked)).await.told(), success(200));
    }
}

#[tokio::test]
async fn v4_a_completion_whose_answer_is_lost_opens_one_session_at_most() {
    for fault in LOST {
        let tables = Embedded::start().await;
        let world = World::on(tables.store.clone()).await;
        let person = world.enrolled(1, &["pin", "nfc"]).await;
        let opened = world.opened(&person).await;
        let call = world.attempting(&opened, &person.right(&opened.asked));
        world.store.faults().plan("CompleteVerification", 1, fault);

        let failed = world.send(call.clone()).await;
        let retried = [world.send(call.clone()).await, world.send(call).await];
        let anew = world.attempt(&opened, &person.right(&opened.asked)).await;

        assert_unavailable(&failed, "CompleteVerification");
        assert_eq!(retried[0].told(), success(200), "{fault:?}: {retried:?}");
        assert_eq!(retried[1].but_request_id(), retried[0].but_request_id(), "{fault:?}");
        assert_eq!(anew.told(), problem(409, "verification-closed"), "{fault:?}");
        assert_eq!(sessions(&world, &person).await, 1, "{fault:?}");
    }
}

#[tokio::test]
async fn no_token_is_answered_before_its_event_is_recorded() {
    for fault in LOST {
        let (world, person, opened) = scene().await;
        let call = world.attempting(&opened, &person.right(&opened.asked));

        let failed = struck(&world, RECORDING, fault, call.clone()).await;
        let retried = world.send(call).await;

        assert_unavailable(&failed, RECORDING);
        assert_eq!(retried.told(), success(200), "{fault:?}");
        assert_eq!(sessions(&world, &person).await, 1, "{fault:?}");
        let recorded = world.trail().await.into_iter();
        let recorded = recorded.filter(|event| matches!(event.outcome, Outcome::VerificationSucceeded { .. }));
        assert_eq!(recorded.count(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_wrong_attempt_whose_event_is_not_recorded_is_503_and_counted() {
    for fault in LOST {
        let (world, person, opened) = scene().await;
        let call = world.attempting(&opened, &person.wrong(&opened.asked));

        let failed = struck(&world, RECORDING, fault, call.clone()).await;
        let retried = world.send(call).await;

        assert_unavailable(&failed, RECORDING);
        assert_eq!(retried.told(), problem(401, "authentication-failed"));
        assert_eq!(world.standing(&opened).await, ("open".to_owned(), 2));
    }
}

#[tokio::test]
async fn a_revocation_that_fails_is_503_and_the_retry_revokes() {
    for port in ["FindBranchKey", "UnwrapKey", "FindSession", "RevokeSession"] {
        for fault in LOST {
            let (mut world, person, opened) = scene().await;
            let verified = world.attempt(&opened, &person.right(&opened.asked)).await;
            world.restart();
            let call = world.revoking(&verified.text("refresh_token"));

            let failed = struck(&world, port, fault, call.clone()).await;
            let retried = world.send(call).await;

            assert_unavailable(&failed, port);
            assert_eq!(retried.told(), success(200), "{port} {fault:?}");
            let introspected = world.send(world.introspecting(&verified.text("access_token"))).await;
            assert_eq!(introspected.json()["active"], false, "{port} {fault:?}");
            let revoked = world.trail().await.into_iter();
            let revoked = revoked.filter(|event| matches!(event.outcome, Outcome::SessionRevoked { .. }));
            assert_eq!(revoked.count(), 1, "{port} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_corrupt_item_is_500_and_no_retry_is_asked_for() {
    let (mut world, person, opened) = scene().await;
    let corrupt = Fault::FailBefore(StoreErrorKind::Corrupt);
    world.restart();

    let answers = [
        struck(&world, "UnwrapKey", corrupt, world.initiating(&person.id)).await,
        struck(&world, "FindEnrollment", corrupt, world.initiating(&person.id)).await,
        struck(&world, "ClaimAttempt", corrupt, world.attempting(&opened, &person.right(&opened.asked))).await,
        struck(&world, "FindVerification", corrupt, world.asking_status(&opened)).await,
    ];

    for answer in answers {
        assert_eq!(answer.told(), problem(500, "internal-error"), "{answer:?}");
        assert!(answer.header("retry-after").is_empty());
    }
}

#[tokio::test]
async fn keys_at_hand_outlive_the_key_service_for_fifteen_minutes_and_no_longer() {
    let (world, person, _) = scene().await;
    let opened = world.opened(&person).await;
    world.attempt(&opened, &person.right(&opened.asked)).await;
    for _ in 0..100 {
        world.keys.observation.faults.plan("UnwrapKey", 1, LOST[0]);
    }

    world.clock.advance(std::time::Duration::from_secs(800));
    let opened = world.opened(&person).await;
    let during = world.attempt(&opened, &person.right(&opened.asked)).await;
    let opened = world.opened(&person).await;
    world.clock.advance(std::time::Duration::from_secs(101));
    let after = world.attempt(&opened, &person.right(&opened.asked)).await;

    assert_eq!(during.told(), success(200));
    assert_unavailable(&after, "UnwrapKey");
}

async fn scene() -> (World, Person, Opened) {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let opened = world.opened(&person).await;
    (world, person, opened)
}

/// How many sessions a person has.
pub(crate) async fn sessions<S: Ports>(world: &World<S>, person: &Person) -> usize {
    let account = world.store.find_account(world.tenant.id, person.id.parse().unwrap()).await.unwrap();
    account.map_or(0, |account| account.sessions.len())
}

/// The answer to a call, the first time that it reaches this port of the store or the key service.
async fn struck(world: &World, port: &str, fault: Fault, call: Call) -> Answer {
    let faults = if port == "UnwrapKey" { &world.keys.observation.faults } else { world.store.faults() };
    if port == RECORDING {
        faults.plan("SendEvents", 1, LOST[0]);
        faults.plan("KeepEvents", 1, fault);
    } else {
        faults.plan(port, 1, fault);
    }
    let answer = world.send(call).await;
    assert_eq!(faults.still_planned(), 0, "{port} was not called");
    answer
}

/// Stands for both ways of recording an event: the queue, and the outbox behind it.
const RECORDING: &str = "RecordEvents";

fn assert_unavailable(answer: &Answer, port: &str) {
    assert_eq!(answer.told(), problem(503, "unavailable"), "{port}: {answer:?}");
    assert_eq!(answer.header("retry-after"), ["1"], "{port}");
}
