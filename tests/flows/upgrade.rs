//! What becomes of stored verifiers when the parameters of the key derivation change.

use countersign_tests::{Embedded, Ports, World};
use crypto::KdfParameters;

#[tokio::test]
async fn c5_parameters_are_stored_and_upgraded_on_success_in_memory() {
    upgrade_on_success(World::new().await).await;
}

#[tokio::test]
async fn c5_parameters_are_stored_and_upgraded_on_success_on_embedded_dynamodb() {
    upgrade_on_success(World::on(Embedded::start().await.store).await).await;
}

/// Two factors of two categories have one askable set, so that every verification asks for the same one.
async fn upgrade_on_success<S: Ports>(mut world: World<S>) {
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    world.parameters = KdfParameters::PBKDF2_100K;
    world.restart();

    let wrong = derivations_of(&world, person.wrong(&person.factors)).await;
    let first = derivations_of(&world, person.right(&person.factors)).await;
    let second = derivations_of(&world, person.right(&person.factors)).await;
    let wrong_again = derivations_of(&world, person.wrong(&person.factors)).await;

    assert_eq!(wrong, (401, 1), "a wrong attempt upgrades nothing");
    assert_eq!(first, (200, 2), "the old record still verifies, and is made again");
    assert_eq!(second, (200, 1), "the new one is current");
    assert_eq!(wrong_again, (401, 1), "and refuses what is wrong");
}

#[tokio::test]
async fn an_upgrade_that_fails_fails_no_attempt() {
    let mut world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    world.parameters = KdfParameters::PBKDF2_100K;
    world.restart();
    world.store.faults().plan("UpgradeVerifiers", 1, testkit::Fault::FailBefore(store::StoreErrorKind::Unavailable));

    let first = derivations_of(&world, person.right(&person.factors)).await;
    let second = derivations_of(&world, person.right(&person.factors)).await;

    assert_eq!((first, second), ((200, 2), (200, 2)), "the next success tries again");
    assert_eq!(world.store.faults().still_planned(), 0);
}

/// The status of one attempt in a verification of its own, and how many derivations it cost.
async fn derivations_of<S: Ports>(world: &World<S>, presented: serde_json::Value) -> (u16, u64) {
    let opened = world.opened(&countersign_tests::Person::new(1, &["pin", "nfc"])).await;
    let before = world.kdf.runs();
    let answer = world.attempt(&opened, &presented).await;
    (answer.status, world.kdf.runs() - before)
}
