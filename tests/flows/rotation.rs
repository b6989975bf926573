//! Rotation: what was begun under an older key is finished under a newer one, in processes that know it and in those that do not yet.
//!
//! *Old* processes have the keys at hand that a rotation has replaced; *new* ones have nothing.

use std::collections::BTreeSet;

use countersign_tests::{Answer, Call, Embedded, Functions, Opened, Person, Ports, World};
use local::LineOutcome;
use serde_json::json;

use crate::backends::Valkey;
use crate::import::{import, line};
use crate::problems::{problem, success};

const FACTORS: [&str; 2] = ["pin", "nfc"];

#[tokio::test]
async fn who_was_enrolled_before_a_rotation_is_verified_after_it_in_memory() {
    enrolled_before(World::new().await).await;
}

#[tokio::test]
async fn who_was_enrolled_before_a_rotation_is_verified_after_it_on_embedded_dynamodb() {
    enrolled_before(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_enrolled_before_a_rotation_is_verified_after_it_on_valkey() {
    Box::pin(enrolled_before(Valkey::start().await.world().await)).await;
}

#[tokio::test]
async fn a_verification_opened_before_a_rotation_is_decided_after_it_in_memory() {
    opened_before(World::new().await).await;
}

#[tokio::test]
async fn a_verification_opened_before_a_rotation_is_decided_after_it_on_embedded_dynamodb() {
    opened_before(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_opened_before_a_rotation_is_decided_after_it_on_valkey() {
    Box::pin(opened_before(Valkey::start().await.world().await)).await;
}

#[tokio::test]
async fn a1_a_retry_across_a_rotation_gets_the_first_answer_in_memory() {
    retried(World::new().await).await;
}

#[tokio::test]
async fn a1_a_retry_across_a_rotation_gets_the_first_answer_on_embedded_dynamodb() {
    retried(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_a_retry_across_a_rotation_gets_the_first_answer_on_valkey() {
    Box::pin(retried(Valkey::start().await.world().await)).await;
}

#[tokio::test]
async fn a_trail_is_one_across_a_rotation_in_memory() {
    audited(World::new().await).await;
}

#[tokio::test]
async fn a_trail_is_one_across_a_rotation_on_embedded_dynamodb() {
    audited(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_is_one_across_a_rotation_on_valkey() {
    Box::pin(audited(Valkey::start().await.world().await)).await;
}

#[tokio::test]
async fn c5_a_process_that_has_not_heard_of_a_rotation_undoes_no_upgrade_in_memory() {
    upgraded(World::new().await).await;
}

#[tokio::test]
async fn c5_a_process_that_has_not_heard_of_a_rotation_undoes_no_upgrade_on_embedded_dynamodb() {
    upgraded(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c5_a_process_that_has_not_heard_of_a_rotation_undoes_no_upgrade_on_valkey() {
    Box::pin(upgraded(Valkey::start().await.world().await)).await;
}

#[tokio::test]
async fn c5_a_process_that_has_not_heard_of_a_rotation_remakes_no_imported_verifier_in_memory() {
    imported(World::new().await).await;
}

#[tokio::test]
async fn c5_a_process_that_has_not_heard_of_a_rotation_remakes_no_imported_verifier_on_embedded_dynamodb() {
    imported(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c5_a_process_that_has_not_heard_of_a_rotation_remakes_no_imported_verifier_on_valkey() {
    Box::pin(imported(Valkey::start().await.world().await)).await;
}

/// Runs the scene's second half in old processes and in new ones.
async fn processes<S: Ports>(world: &mut World<S>) -> [Functions<S>; 2] {
    let old = world.processes();
    world.rotate_branch_key().await;
    world.restart();
    [old, world.processes()]
}

async fn enrolled_before<S: Ports>(mut world: World<S>) {
    let person = world.enrolled(1, &FACTORS).await;

    for running in processes(&mut world).await {
        world.run(running);
        let opened = world.opened(&person).await;
        let verified = world.attempt(&opened, &person.right(&opened.asked)).await;
        assert_eq!(verified.told(), success(200), "{verified:?}");
    }
    let later = world.enrolled(2, &FACTORS).await;
    let opened = world.opened(&later).await;
    assert_eq!(world.attempt(&opened, &later.right(&opened.asked)).await.told(), success(200));
}

async fn opened_before<S: Ports>(mut world: World<S>) {
    let person = world.enrolled(1, &FACTORS).await;
    let (first, second) = (world.opened(&person).await, world.opened(&person).await);

    for (running, opened) in processes(&mut world).await.into_iter().zip([first, second]) {
        world.run(running);
        let status = world.send(world.asking_status(&opened).bearer(&opened.capability)).await;
        assert_eq!(status.text("status"), "open");
        let wrong = world.attempting(&opened, &person.wrong(&opened.asked)).bearer(&opened.capability);
        assert_eq!(world.send(wrong).await.told(), problem(401, "authentication-failed"));
        let right = world.attempting(&opened, &person.right(&opened.asked)).bearer(&opened.capability);
        let verified = world.send(right).await;
        assert_eq!(verified.told(), success(200), "{verified:?}");
        let active = world.send(world.introspecting(&verified.text("access_token"))).await;
        assert_eq!(active.json()["active"], true);
    }
}

/// Each request is sent by old processes and repeated by new ones, and the other way round.
async fn retried<S: Ports>(mut world: World<S>) {
    let [old, new] = processes(&mut world).await;

    for (number, order) in [(1, [&old, &new]), (2, [&new, &old])] {
        let person = Person::new(number, &FACTORS);
        let enrolling = world.enrolling(&person);
        assert_eq!(twice(&mut world, order, enrolling).await.told(), success(201));
        let anonymous = world.enrolling(&person).json(&json!({ "factors": person.enrolled() }));
        assert_eq!(twice(&mut world, order, anonymous).await.told(), success(201));
        let initiating = world.initiating(&person.id);
        let opened = Opened::from(&twice(&mut world, order, initiating).await);
        let wrong = world.attempting(&opened, &person.wrong(&opened.asked));
        assert_eq!(twice(&mut world, order, wrong).await.json()["attempts_remaining"], 2);
        let right = world.attempting(&opened, &person.right(&opened.asked));
        let verified = twice(&mut world, order, right).await;
        assert_eq!(verified.told(), success(200), "{verified:?}");
        let refreshing = world.refreshing(&verified.text("refresh_token"));
        assert_eq!(twice(&mut world, order, refreshing).await.told(), success(200));
        let revoking = world.revoking(&verified.text("refresh_token"));
        assert_eq!(twice(&mut world, order, revoking).await.told(), success(200));
    }

    let told: BTreeSet<_> = world.sink.events().iter().map(|event| event.id).collect();
    assert_eq!(told.len(), 1 + 2 * 7, "a retry's event is the first one's");
}

/// The answer to a request, which the second processes give as the first ones did.
async fn twice<S: Ports>(world: &mut World<S>, order: [&Functions<S>; 2], call: Call) -> Answer {
    let mut answers = Vec::new();
    for processes in order {
        world.run(processes.clone());
        answers.push(world.send(call.clone()).await);
    }
    assert_eq!(answers[0].but_request_id(), answers[1].but_request_id());
    answers.remove(0)
}

/// Three failures before a rotation and two after it are one lock, in one trail, which the tenant reads by the person.
async fn audited<S: Ports>(mut world: World<S>) {
    let person = world.enrolled(1, &FACTORS).await;
    let before = world.opened(&person).await;
    for _ in 0..3 {
        world.attempt(&before, &person.wrong(&before.asked)).await;
    }

    let [old, new] = processes(&mut world).await;
    world.run(new);
    let after = world.opened(&person).await;
    world.attempt(&after, &person.wrong(&after.asked)).await;
    world.run(old);
    world.attempt(&after, &person.wrong(&after.asked)).await;
    world.restart();
    world.trail().await;
    let read = world.send(world.reading_trail().query("user_id", &person.id)).await;

    assert_eq!(read.told(), success(200), "{read:?}");
    let events = read.json()["events"].as_array().unwrap().clone();
    let named = |name: &str| events.iter().filter(|event| event["outcome"][name].is_object()).count();
    let counts = ["enrollment_created", "verification_opened", "attempt_wrong", "account_locked"].map(named);
    assert_eq!(counts, [1, 2, 5, 1], "{events:#?}");
    let subjects: BTreeSet<String> = events.iter().map(|event| event["subject"].to_string()).collect();
    assert_eq!(subjects.len(), 1);
    assert!(
        events.iter().filter(|event| event["personal"].is_object()).count() >= 3,
        "their key still opens: {events:#?}"
    );
}

/// A new process gives a verifier the newest pepper; an old one, which does not know it as the newest, leaves it.
async fn upgraded<S: Ports>(mut world: World<S>) {
    let person = verified(&world).await;
    let [old, new] = processes(&mut world).await;

    assert_eq!(costs(&mut world, &person, [&new, &old, &new]).await, [2, 1, 1]);
}

/// An imported verifier is remade at its first success, but not with an older pepper than its own.
async fn imported<S: Ports>(mut world: World<S>) {
    verified(&world).await;
    let person = Person::new(2, &FACTORS);
    let [old, new] = processes(&mut world).await;
    assert_eq!(import(&world, &line(&person, "hex")).await, LineOutcome::Imported);

    assert_eq!(costs(&mut world, &person, [&old, &old, &new, &old, &new]).await, [3, 3, 4, 1, 1]);
}

/// A person who has succeeded once: verify has the keys of now at hand.
async fn verified<S: Ports>(world: &World<S>) -> Person {
    let person = world.enrolled(1, &FACTORS).await;
    let opened = world.opened(&person).await;
    assert_eq!(world.attempt(&opened, &person.right(&opened.asked)).await.told(), success(200));
    person
}

/// How many derivations each of the person's successes costs, one in each of these processes.
async fn costs<S: Ports, const N: usize>(
    world: &mut World<S>,
    person: &Person,
    processes: [&Functions<S>; N],
) -> Vec<u64> {
    let mut costs = Vec::new();
    for running in processes {
        world.run(running.clone());
        let opened = world.opened(person).await;
        let before = world.kdf.runs();
        assert_eq!(world.attempt(&opened, &person.right(&opened.asked)).await.told(), success(200));
        costs.push(world.kdf.runs() - before);
    }
    costs
}
