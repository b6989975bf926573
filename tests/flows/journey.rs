//! The main journey: enrol, initiate, a wrong and a right attempt, introspect, revoke, introspect; every step in a process
//! that has seen none of the others.

use std::collections::BTreeSet;

use audit::Outcome;
use countersign_tests::{Call, Embedded, Function, Opened, Person, Ports, World};
use serde_json::{Value, json};

use crate::problems::{problem, success};

#[tokio::test]
async fn v1_the_journey_goes_on_in_new_processes_in_memory() {
    let mut world = World::new().await;

    walk(&mut world).await;
}

#[tokio::test]
async fn v1_the_journey_goes_on_in_new_processes_on_embedded_dynamodb() {
    let mut world = World::on(Embedded::start().await.store).await;

    walk(&mut world).await;
}

async fn walk<S: Ports>(world: &mut World<S>) {
    let person = Person::new(1, &["pin", "words", "nfc", "fingerprint"]);
    let payment = json!({"amount_minor": 4990, "currency": "EUR", "payee": "Example Books", "reference": "order-4711"});

    let enrolled = world.send(world.enrolling(&person)).await;
    assert_eq!(enrolled.told(), success(201), "{enrolled:?}");

    world.restart();
    let describing = Call::new(Function::DescribeEnrollment, "enrolled").bearer(&world.tenant.api_key);
    let described = world.send(describing.path("user_id", &person.id)).await;
    assert_eq!(described.json(), enrolled.json());

    world.restart();
    let initiating = world.initiating(&person.id);
    let initiating = initiating.json(&json!({ "user_id": person.id, "transaction": payment }));
    let initiated = world.send(initiating).await;
    let opened = Opened::from(&initiated);
    assert_eq!(world.standing(&opened).await, ("open".to_owned(), 3));

    world.restart();
    let wrong = world.attempt(&opened, &person.wrong(&opened.asked)).await;
    assert_eq!(wrong.told(), problem(401, "authentication-failed"));
    assert_eq!(wrong.json()["attempts_remaining"], 2);

    world.restart();
    let right = world.attempting(&opened, &person.right(&opened.asked)).bearer(&opened.capability);
    let verified = world.send(right).await;
    assert_eq!(verified.told(), success(200), "{verified:?}");
    assert_eq!((verified.text("status").as_str(), verified.text("token_type").as_str()), ("verified", "Bearer"));

    world.restart();
    let status = world.send(world.asking_status(&opened).bearer(&opened.capability)).await;
    assert_eq!((status.text("status").as_str(), &status.json()["attempts_remaining"]), ("verified", &json!(0)));

    let token = verified.text("access_token");
    let active = world.send(world.introspecting(&token)).await.json();
    assert_eq!(active["active"], true);
    assert_eq!(active["sub"], person.id);
    assert_eq!(active["sid"], verified.text("session_id"));
    assert_eq!(active["txn"], transaction_hash(&payment));

    world.restart();
    let revoked = world.send(world.revoking(&token)).await;
    assert_eq!(revoked.told(), success(200));

    world.restart();
    let inactive = world.send(world.introspecting(&token)).await;
    assert_eq!(inactive.json(), json!({ "active": false }));

    let told: Vec<&str> = world.sink.events().iter().map(|event| name(&event.outcome)).collect();
    assert_eq!(told, ["enrolled", "opened", "wrong", "succeeded", "revoked"]);
    let logged: BTreeSet<&str> = world.trail().await.iter().map(|event| name(&event.outcome)).collect();
    assert_eq!(logged, told.into_iter().collect());
    assert_eq!(world.log.verified().shards.iter().map(|shard| shard.events).sum::<u64>(), 5);
}

fn transaction_hash(payment: &Value) -> String {
    use base64::Engine;
    let text = |member: &str| payment[member].as_str().unwrap().to_owned();
    let amount = payment["amount_minor"].as_u64().unwrap();
    let transaction = domain::Transaction::new(amount, text("currency"), text("payee"), text("reference")).unwrap();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(crypto::transaction_hash(&transaction).as_bytes())
}

fn name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::EnrollmentCreated { .. } => "enrolled",
        Outcome::EnrollmentRefused { .. } => "refused",
        Outcome::VerificationOpened { .. } => "opened",
        Outcome::AttemptWrong { .. } => "wrong",
        Outcome::VerificationSucceeded { .. } => "succeeded",
        Outcome::CompletionRefused { .. } => "too late",
        Outcome::SessionRevoked { .. } => "revoked",
        Outcome::SessionRefreshed { .. } => "refreshed",
        Outcome::RefreshTokenReused { .. } => "reused",
        Outcome::TenantSessionsRevoked { .. } => "all revoked",
        Outcome::AttemptWhileLocked { .. } => "while locked",
        Outcome::AccountLocked { .. } => "locked",
        Outcome::AccountUnlocked { .. } => "unlocked",
        Outcome::ListingChanged { .. } => "listed",
        Outcome::BranchKeyRotated { .. } | Outcome::SigningKeyRetired { .. } => "keys rotated",
        Outcome::AttemptAbandoned { .. } => "abandoned",
        Outcome::VerificationMissing { .. } => "missing",
        Outcome::OutcomeNotReached { .. } => "not reached",
        Outcome::RequestRefused { .. } => "denied",
        Outcome::TrailRead { .. } => "read",
        Outcome::TenantCreated { .. } => "tenant",
        Outcome::ApiKeyCreated { .. } => "key",
        Outcome::ApiKeyRotated { .. } => "key rotated",
        Outcome::ApiKeyRevoked { .. } => "key revoked",
        Outcome::FactorsRotated { .. } => "rotated",
        Outcome::UserErased { .. } => "erased",
        Outcome::UserDisabled { .. } | Outcome::UserEnabled { .. } => "disabled or enabled",
        Outcome::DataExported { .. } => "exported",
    }
}
