//! Rotating factors: what a user had before verifies nothing, and nobody stays signed in.

use audit::Outcome;
use countersign_tests::{Call, Embedded, Function, Opened, Person, Ports, World};
use serde_json::json;
use store::StoreErrorKind;
use testkit::Fault;

use crate::backends::Valkey;
use crate::problems::{problem, success};

#[tokio::test]
async fn t4_a_factor_change_ends_every_session_in_memory() {
    a_factor_change(World::new().await).await;
}

#[tokio::test]
async fn t4_a_factor_change_ends_every_session_on_embedded_dynamodb() {
    a_factor_change(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test]
async fn t4_a_factor_change_ends_every_session_on_valkey() {
    Box::pin(a_factor_change(Valkey::start().await.world().await)).await;
}

async fn a_factor_change<S: Ports>(world: World<S>) {
    let before = world.enrolled(1, &["pin", "nfc"]).await;
    let mut tokens = Vec::new();
    for _ in 0..5 {
        tokens.push(world.stepped_up(&before).await);
    }
    // Opened before, and right after.
    let open = world.opened(&before).await;
    let after = Person { factors: vec!["words".to_owned(), "face".to_owned()], ..before.clone() };

    let rotated = world.send(world.rotating(&before.id, &tokens[4], &after.enrolled())).await;

    assert_eq!(rotated.told(), success(200), "{rotated:?}");
    let told = rotated.json();
    assert_eq!((&told["user_id"], &told["key_version"]), (&json!(before.id), &json!(2)));
    assert_eq!(told["factors"][1], json!({ "type": "face", "category": "inherence" }));
    for token in &tokens {
        assert_eq!(world.send(world.introspecting(token)).await.json(), json!({ "active": false }));
    }
    let old = world.attempt(&open, &before.right(&open.asked)).await;
    assert_eq!(old.told(), problem(401, "authentication-failed"), "as wrong as any other");
    assert_eq!(old.json()["attempts_remaining"], 2);
    let opened = world.opened(&after).await;
    assert_eq!(opened.asked, after.factors);
    let token = world.attempt(&opened, &after.right(&opened.asked)).await;
    assert_eq!(world.send(world.introspecting(&token.text("access_token"))).await.json()["active"], true);
    let events = world.handed_over().await;
    assert_eq!(events.count(|outcome| matches!(outcome, Outcome::FactorsRotated { key_version: 2, .. })), 1);
}

#[tokio::test]
async fn the_same_types_with_other_values_are_other_factors() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let token = world.stepped_up(&person).await;
    let others = person.wrong(&person.factors);

    let rotated = world.send(world.rotating(&person.id, &token, &others)).await;

    assert_eq!(rotated.told(), success(200));
    let opened = world.opened(&person).await;
    assert_eq!(world.attempt(&opened, &person.right(&opened.asked)).await.status, 401);
    assert_eq!(world.attempt(&opened, &person.wrong(&opened.asked)).await.status, 200);
}

#[tokio::test]
async fn v8_the_new_factors_keep_the_rules_of_an_enrollment() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let token = world.stepped_up(&person).await;

    for factors in [vec!["pin"], vec!["pin", "words"]] {
        let factors: Vec<String> = factors.into_iter().map(str::to_owned).collect();
        let refused = world.send(world.rotating(&person.id, &token, &person.right(&factors))).await;
        assert_eq!(refused.told(), problem(422, "policy-not-satisfied"));
    }

    assert_eq!(version(&world, &person).await, 1);
    assert_eq!(world.send(world.introspecting(&token)).await.json()["active"], true);
}

#[tokio::test]
async fn the_device_is_kept() {
    let world = World::new().await;
    let person = Person::new(1, &["pin", "nfc"]);
    let body = json!({ "user_id": person.id, "factors": person.enrolled(), "device_id": "phone-7" });
    world.send(world.enrolling(&person).json(&body)).await;

    let token = world.stepped_up(&person).await;
    world.send(world.rotating(&person.id, &token, &person.enrolled())).await;
    let exported = world.send(world.exporting(&person.id, &world.stepped_up(&person).await)).await;

    assert_eq!(exported.json()["enrollment"]["device_id"], "phone-7");
}

#[tokio::test]
async fn a1_of_many_rotations_at_once_one_is_made_in_memory() {
    many_at_once(World::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_of_many_rotations_at_once_one_is_made_on_embedded_dynamodb() {
    many_at_once(World::on(Embedded::start().await.store).await).await;
}

async fn many_at_once<S: Ports>(world: World<S>) {
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let token = world.stepped_up(&person).await;
    let calls: Vec<Call> = (0..8).map(|_| world.rotating(&person.id, &token, &person.enrolled())).collect();

    let answers = futures_util::future::join_all(calls.into_iter().map(|call| world.send(call))).await;

    let made = answers.iter().filter(|answer| answer.status == 200).count();
    let ended = answers.iter().filter(|answer| answer.told() == problem(401, "step-up-required")).count();
    assert_eq!((made, ended), (1, 7), "{answers:?}");
    assert_eq!(version(&world, &person).await, 2);
}

#[tokio::test]
async fn a1_a_retry_gets_the_answer_again_in_memory() {
    retried(World::new().await).await;
}

#[tokio::test]
async fn a1_a_retry_gets_the_answer_again_on_embedded_dynamodb() {
    retried(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test]
async fn a1_a_retry_gets_the_answer_again_on_valkey() {
    Box::pin(retried(Valkey::start().await.world().await)).await;
}

async fn retried<S: Ports>(world: World<S>) {
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let token = world.stepped_up(&person).await;
    let call = world.rotating(&person.id, &token, &person.enrolled());

    let first = world.send(call.clone()).await;
    let again = world.send(call.clone()).await;
    let other = world.send(call.json(&json!({ "factors": person.wrong(&person.factors) }))).await;

    assert_eq!((first.status, &first.body), (200, &again.body));
    assert_eq!(other.told(), problem(422, "idempotency-key-reused"));
    assert_eq!(version(&world, &person).await, 2);
}

/// Whatever is lost, before or after it took effect: the retry finds out, and the factors are rotated once.
#[tokio::test]
async fn a3_a_retry_of_a_failed_rotation_rotates_once_in_memory() {
    for port in ["BeginRequest", "FindCurrentEnrollment", "FindSession", "RotateFactors", "FinishRequest"] {
        for fault in [Fault::FailBefore(DOWN), Fault::FailAfter(DOWN)] {
            let world = World::new().await;
            let person = world.enrolled(1, &["pin", "nfc"]).await;
            let token = world.stepped_up(&person).await;
            let call = world.rotating(&person.id, &token, &person.enrolled());
            world.store.faults().plan(port, 1, fault);

            let failed = world.send(call.clone()).await;
            let retried = world.send(call).await;

            assert_eq!(world.store.faults().still_planned(), 0, "{port}");
            assert_eq!(failed.told(), problem(503, "unavailable"), "{port} {fault:?}");
            assert_eq!(retried.told(), success(200), "{port} {fault:?}: {retried:?}");
            assert_eq!(version(&world, &person).await, 2, "{port} {fault:?}");
            let events = world.handed_over().await;
            assert_eq!(events.count(|outcome| matches!(outcome, Outcome::FactorsRotated { .. })), 1);
        }
    }
}

/// The copies of the enrollment can't be forgotten: the change is made, and not answered until they are gone.
#[tokio::test]
async fn t4_a_rotation_is_not_answered_while_copies_may_be_read() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let token = world.stepped_up(&person).await;
    let call = world.rotating(&person.id, &token, &person.enrolled());
    // The second call of the port is the one that forgets.
    world.store.faults().plan("RotateFactors", 2, Fault::FailBefore(DOWN));

    let failed = world.send(call.clone()).await;
    let retried = world.send(call).await;

    assert_eq!((failed.told(), retried.told()), (problem(503, "unavailable"), success(200)));
    assert_eq!(version(&world, &person).await, 2);
}

#[tokio::test]
async fn who_is_not_enrolled_has_nothing_to_rotate() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let token = world.stepped_up(&person).await;
    let unknown = "not-a-user";

    let malformed = world.send(world.rotating(unknown, &token, &person.enrolled())).await;

    assert_eq!(malformed.told(), problem(404, "enrollment-not-found"));
}

/// An enrollment's retry after a rotation: what it made is no more, and it makes nothing.
#[tokio::test]
async fn a2_an_enrollment_captured_before_a_rotation_changes_nothing() {
    let world = World::new().await;
    let person = Person::new(1, &["pin", "nfc"]);
    let enrolling = world.enrolling(&person);
    world.send(enrolling.clone()).await;
    let token = world.stepped_up(&person).await;
    let other = Person { factors: vec!["words".to_owned(), "face".to_owned()], ..person.clone() };
    world.send(world.rotating(&person.id, &token, &other.enrolled())).await;

    let captured = world.send(enrolling).await;

    assert_eq!(captured.told(), problem(409, "already-enrolled"));
    let opened: Opened = world.opened(&other).await;
    assert_eq!(world.attempt(&opened, &other.right(&opened.asked)).await.status, 200);
}

async fn version<S: Ports>(world: &World<S>, person: &Person) -> u64 {
    let describing = Call::new(Function::DescribeEnrollment, "enrolled").bearer(&world.tenant.api_key);
    world.send(describing.path("user_id", &person.id)).await.json()["key_version"].as_u64().unwrap()
}

const DOWN: StoreErrorKind = StoreErrorKind::Unavailable;
