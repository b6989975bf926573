//! Erasing a user: it is done once and stays done, whatever comes again.

use audit::Outcome;
use countersign_tests::{Answer, Call, Embedded, Function, Opened, Person, Ports, World};
use serde_json::json;
use store::StoreErrorKind;
use testkit::Fault;

use crate::backends::Valkey;
use crate::problems::{problem, success};

#[tokio::test]
async fn t4_erasing_ends_every_session_in_memory() {
    erasing(World::new().await).await;
}

#[tokio::test]
async fn t4_erasing_ends_every_session_on_embedded_dynamodb() {
    erasing(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test]
async fn t4_erasing_ends_every_session_on_valkey() {
    Box::pin(erasing(Valkey::start().await.world().await)).await;
}

async fn erasing<S: Ports>(world: World<S>) {
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let mut tokens = Vec::new();
    for _ in 0..5 {
        tokens.push(world.stepped_up(&person).await);
    }
    let open = world.opened(&person).await;

    let erased = world.send(world.erasing(&person.id, &tokens[0])).await;

    assert_eq!(erased.told(), success(200), "{erased:?}");
    assert_eq!((erased.text("user_id"), erased.text("status")), (person.id.clone(), "erased".to_owned()));
    for token in &tokens {
        assert_eq!(world.send(world.introspecting(token)).await.json(), json!({ "active": false }));
    }
    assert_eq!(describe(&world, &person).await.told(), problem(404, "enrollment-not-found"));
    // A verification that was open is answered like anybody's wrong attempt.
    let right = world.attempt(&open, &person.right(&open.asked)).await;
    assert_eq!(right.told(), problem(401, "authentication-failed"));
    let later = world.opened(&person).await;
    let asked = person.right(&later.asked);
    assert_eq!(world.attempt(&later, &asked).await.told(), problem(401, "authentication-failed"));
    assert_eq!(erasures(&world).await, 1);
}

#[tokio::test]
async fn erasing_again_finds_it_done_in_memory() {
    again(World::new().await).await;
}

#[tokio::test]
async fn erasing_again_finds_it_done_on_embedded_dynamodb() {
    again(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test]
async fn erasing_again_finds_it_done_on_valkey() {
    Box::pin(again(Valkey::start().await.world().await)).await;
}

async fn again<S: Ports>(mut world: World<S>) {
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let token = world.stepped_up(&person).await;
    let call = world.erasing(&person.id, &token);

    let first = world.send(call.clone()).await;
    let retried = world.send(call.clone()).await;
    world.restart();
    let captured = world.send(call).await;
    let another = world.send(world.erasing(&person.id, &token)).await;

    assert_eq!(first.status, 200, "{first:?}");
    for answer in [retried, captured, another] {
        assert_eq!((answer.status, &answer.body), (200, &first.body));
    }
    let by_nobody = world.send(world.erasing(&person.id, "no-token")).await;
    assert_eq!(by_nobody.told(), problem(401, "step-up-required"));
    for call in [world.rotating(&person.id, &token, &person.enrolled()), world.exporting(&person.id, &token)] {
        assert_eq!(world.send(call).await.told(), problem(401, "step-up-required"));
    }
    assert_eq!(erasures(&world).await, 1);
}

#[tokio::test]
async fn i6_no_request_brings_an_erased_user_back_in_memory() {
    no_way_back(World::new().await).await;
}

#[tokio::test]
async fn i6_no_request_brings_an_erased_user_back_on_embedded_dynamodb() {
    no_way_back(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test]
async fn i6_no_request_brings_an_erased_user_back_on_valkey() {
    Box::pin(no_way_back(Valkey::start().await.world().await)).await;
}

async fn no_way_back<S: Ports>(mut world: World<S>) {
    let person = Person::new(1, &["pin", "nfc"]);
    let enrolling = world.enrolling(&person);
    world.send(enrolling.clone()).await;
    let opened = world.opened(&person).await;
    let attempt = world.attempting(&opened, &person.right(&opened.asked));
    let token = world.send(attempt.clone()).await.text("access_token");
    let rotating = world.rotating(&person.id, &token, &person.enrolled());
    world.send(world.erasing(&person.id, &token)).await;

    for _ in 0..2 {
        for enrollment in [enrolling.clone(), world.enrolling(&person)] {
            assert_eq!(world.send(enrollment).await.told(), problem(409, "user-erased"));
        }
        assert_eq!(world.send(rotating.clone()).await.told(), problem(401, "step-up-required"));
        assert_eq!(describe(&world, &person).await.told(), problem(404, "enrollment-not-found"));
        world.restart();
    }
    // The attempt that was right gets its stored answer, if any: its session is over.
    let captured = world.send(attempt).await;
    assert!([200, 409].contains(&captured.status), "{captured:?}");
    assert_eq!(world.send(world.introspecting(&token)).await.json(), json!({ "active": false }));
}

/// The user's id may be the service's own: then it derives from the idempotency key.
#[tokio::test]
async fn i6_an_enrollment_without_a_user_id_is_not_repeated_after_erasure() {
    let world = World::new().await;
    let template = Person::new(1, &["pin", "nfc"]);
    let enrolling = world.enrolling(&template).json(&json!({ "factors": template.enrolled() }));
    let enrolled = world.send(enrolling.clone()).await;
    let person = Person { id: enrolled.text("user_id"), ..template.clone() };
    let opened = world.opened(&person).await;
    let token = world.attempt(&opened, &template.right(&opened.asked)).await.text("access_token");
    world.send(world.erasing(&person.id, &token)).await;

    assert_eq!(world.send(enrolling).await.told(), problem(409, "user-erased"));
}

#[tokio::test]
async fn v6_an_erased_user_is_opened_and_answered_like_an_unknown_one() {
    let world = World::new().await;
    let (person, unknown) = (world.enrolled(1, &["pin", "nfc"]).await, Person::new(2, &["pin", "nfc"]));
    let token = world.stepped_up(&person).await;
    world.send(world.erasing(&person.id, &token)).await;

    let mut seen = Vec::new();
    for person in [&person, &unknown] {
        let opened = world.send(world.initiating(&person.id)).await;
        let members: Vec<String> = opened.json().as_object().unwrap().keys().cloned().collect();
        let opened = Opened::from(&opened);
        let mut answers = Vec::new();
        for _ in 0..3 {
            let before = world.kdf.runs();
            let answer = world.attempt(&opened, &person.right(&opened.asked)).await;
            answers.push((answer.told(), answer.json()["attempts_remaining"].clone(), world.kdf.runs() - before));
        }
        seen.push((members, answers));
    }

    assert_eq!(seen[0], seen[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_of_many_erasures_at_once_one_is_made_on_embedded_dynamodb() {
    let world = World::on(Embedded::start().await.store).await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let token = world.stepped_up(&person).await;
    let calls: Vec<Call> = (0..8).map(|_| world.erasing(&person.id, &token)).collect();

    let answers = futures_util::future::join_all(calls.into_iter().map(|call| world.send(call))).await;

    // Whoever came later found it done, or their session over; and is told so when they ask again.
    let told: Vec<(u16, String)> = answers.iter().map(Answer::told).collect();
    assert!(told.contains(&success(200)), "{told:?}");
    assert!(told.iter().all(|told| [success(200), problem(401, "step-up-required")].contains(told)), "{told:?}");
    assert_eq!(erasures(&world).await, 1);
}

/// Whatever is lost, before or after it took effect: the retry finds out, and the user is erased once.
#[tokio::test]
async fn a3_a_retry_of_a_failed_erasure_erases_once_in_memory() {
    for (port, nth) in [
        ("BeginRequest", 1),
        ("FindCurrentEnrollment", 1),
        ("FindSession", 1),
        ("EraseUser", 1),
        ("EraseUser", 2),
        ("FinishRequest", 1),
    ] {
        for fault in [Fault::FailBefore(DOWN), Fault::FailAfter(DOWN)] {
            let world = World::new().await;
            let person = world.enrolled(1, &["pin", "nfc"]).await;
            let token = world.stepped_up(&person).await;
            let call = world.erasing(&person.id, &token);
            world.store.faults().plan(port, nth, fault);

            let failed = world.send(call.clone()).await;
            let retried = world.send(call).await;

            assert_eq!(world.store.faults().still_planned(), 0, "{port}");
            assert_eq!(failed.told(), problem(503, "unavailable"), "{port} {fault:?}");
            assert_eq!(retried.told(), success(200), "{port} {fault:?}: {retried:?}");
            assert_eq!(describe(&world, &person).await.status, 404);
            assert_eq!(erasures(&world).await, 1, "{port} {fault:?}");
        }
    }
}

/// The attempt is reserved and compared; the user is erased before it completes.
#[tokio::test]
async fn i6_an_attempt_that_is_under_way_while_the_user_is_erased_gives_no_session() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let token = world.stepped_up(&person).await;
    let opened = world.opened(&person).await;
    let attempt = world.attempting(&opened, &person.right(&opened.asked));
    // Its answer is lost, as if the process had died before completing.
    world.store.faults().plan("CompleteVerification", 1, Fault::FailBefore(DOWN));
    assert_eq!(world.send(attempt.clone()).await.status, 503);

    assert_eq!(world.send(world.erasing(&person.id, &token)).await.status, 200);
    let answer = world.send(attempt).await;

    assert_eq!(answer.told(), problem(401, "authentication-failed"));
}

async fn describe<S: Ports>(world: &World<S>, person: &Person) -> Answer {
    let describing = Call::new(Function::DescribeEnrollment, "enrolled").bearer(&world.tenant.api_key);
    world.send(describing.path("user_id", &person.id)).await
}

async fn erasures<S: Ports>(world: &World<S>) -> usize {
    world.handed_over().await.count(|outcome| matches!(outcome, Outcome::UserErased { .. }))
}

const DOWN: StoreErrorKind = StoreErrorKind::Unavailable;
