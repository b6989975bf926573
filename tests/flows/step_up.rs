//! Step-up: what is done for a user only on a token that the user has just been verified for.

use std::sync::Arc;
use std::time::Duration;

use audit::{Denial, Outcome};
use countersign_tests::{Answer, Call, Embedded, Function, ISSUER, Opened, Person, Ports, World};
use crypto::{Claims, TokenId, mint};
use domain::{Acr, Clock};
use keyring::SigningKeys;
use serde_json::json;
use testkit::Fault;

use crate::backends::Valkey;
use crate::problems::{problem, success};

#[tokio::test]
async fn only_a_fresh_token_of_the_user_steps_up_in_memory() {
    only_a_fresh_token(World::new().await).await;
}

#[tokio::test]
async fn only_a_fresh_token_of_the_user_steps_up_on_embedded_dynamodb() {
    only_a_fresh_token(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test]
async fn only_a_fresh_token_of_the_user_steps_up_on_valkey() {
    Box::pin(only_a_fresh_token(Valkey::start().await.world().await)).await;
}

async fn only_a_fresh_token<S: Ports>(world: World<S>) {
    let (person, other) = (world.enrolled(1, &["pin", "nfc"]).await, world.enrolled(2, &["pin", "nfc"]).await);
    let tokens = world.verified(&person).await;
    let revoked = world.stepped_up(&person).await;
    world.send(world.revoking(&revoked)).await;
    let others = world.stepped_up(&other).await;
    // A refreshed token has no transaction, but its session was opened for one.
    let paid = payment(&world, &person).await;
    let refreshed = world.send(world.refreshing(&paid.text("refresh_token"))).await;
    let fresh = tokens.text("access_token");
    let not_good_enough = [
        String::new(),
        "no-token".to_owned(),
        tokens.text("refresh_token"),
        format!("{}x", &fresh[..fresh.len() - 1]),
        paid.text("access_token"),
        refreshed.text("access_token"),
        revoked,
        others,
    ];

    for token in &not_good_enough {
        for call in each(&world, &person, token) {
            assert_eq!(world.send(call).await.told(), problem(401, "step-up-required"), "{token}");
        }
    }
    for call in each(&world, &person, &fresh) {
        let without = world.send(call.without_header("step-up-token")).await;
        assert_eq!(without.told(), problem(401, "step-up-required"));
    }
    let exported = world.send(world.exporting(&person.id, &fresh)).await;
    assert_eq!(exported.told(), success(200));
    assert_eq!(exported.json()["enrollment"]["key_version"], 1, "nothing has changed");
}

#[tokio::test]
async fn a_token_steps_up_for_five_minutes_and_no_longer() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let token = world.stepped_up(&person).await;

    world.clock.advance(Duration::from_secs(300));
    let last = world.send(world.exporting(&person.id, &token)).await;
    world.clock.advance(Duration::from_millis(1));

    assert_eq!(last.told(), success(200));
    for call in each(&world, &person, &token) {
        assert_eq!(world.send(call).await.told(), problem(401, "step-up-required"));
    }
    assert_eq!(world.send(world.introspecting(&token)).await.json()["active"], true, "it still counts for others");
}

#[tokio::test]
async fn t3_a_token_of_a_session_that_was_revoked_with_all_of_its_tenant_steps_nobody_up() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let token = world.stepped_up(&person).await;
    let command = json!({ "command": "revoke_sessions", "tenant_id": world.tenant.id.to_string() });

    world.tell(&command.to_string()).await.unwrap();

    for call in each(&world, &person, &token) {
        assert_eq!(world.send(call).await.told(), problem(401, "step-up-required"));
    }
}

/// The token was good enough when it was checked. The write itself has to ask for its session once more.
#[tokio::test]
async fn t3_a_session_that_is_revoked_before_the_write_changes_nothing() {
    for (port, at) in [("RotateFactors", 0), ("EraseUser", 1)] {
        let world = World::new().await;
        let person = world.enrolled(1, &["pin", "nfc"]).await;
        let token = world.stepped_up(&person).await;
        world.store.faults().plan(port, 1, Fault::Late);

        let changing = each(&world, &person, &token)[at].clone();
        let (changed, revoked) = tokio::join!(world.send(changing), world.send(world.revoking_all(&person.id)));

        assert_eq!(world.store.faults().still_planned(), 0);
        assert_eq!((changed.told(), revoked.told()), (problem(401, "step-up-required"), success(200)), "{port}");
        let events = world.handed_over().await;
        assert_eq!(events.count(|outcome| matches!(outcome, Outcome::SessionRevoked { .. })), 1);
        let is_change =
            |outcome: &Outcome| matches!(outcome, Outcome::FactorsRotated { .. } | Outcome::UserErased { .. });
        assert_eq!(events.count(is_change), 0);
        assert_eq!(
            world
                .send(
                    Call::new(Function::DescribeEnrollment, "enrolled")
                        .path("user_id", &person.id)
                        .bearer(&world.tenant.api_key)
                )
                .await
                .json()["key_version"],
            1
        );
    }
}

/// What is stored of the session is believed, not what the token says.
#[tokio::test]
async fn a_stolen_signing_key_steps_nobody_up_who_was_not_verified_lately() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let session = world.verified(&person).await.text("session_id").parse().unwrap();
    world.clock.advance(Duration::from_secs(301));
    let now = world.clock.now();
    let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
    let stolen = SigningKeys::new(world.store.clone(), world.keys.clone(), clock).current().await.unwrap();
    let claims = Claims {
        issuer: ISSUER.to_owned(),
        user: person.id.parse().unwrap(),
        tenant: world.tenant.id,
        id: TokenId::draw(&*world.entropy).unwrap(),
        session,
        acr: Acr::TwoCategories,
        verified_at: now,
        issued_at: now,
        expires_at: now + Duration::from_secs(60),
        transaction: None,
    };

    let forged = mint(&stolen, &claims).unwrap();

    assert_eq!(world.send(world.introspecting(forged.expose())).await.json()["active"], true, "nobody can tell");
    for call in each(&world, &person, forged.expose()) {
        assert_eq!(world.send(call).await.told(), problem(401, "step-up-required"));
    }
}

/// RFC 9470 §3.
#[tokio::test]
async fn the_answer_says_what_is_asked_for() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;

    for call in each(&world, &person, "no-token") {
        let answer = world.send(call).await;

        let challenge = "Bearer error=\"insufficient_user_authentication\", max_age=\"300\"";
        assert_eq!(answer.header("www-authenticate"), [challenge]);
    }
}

#[tokio::test]
async fn v7_without_a_genuine_token_nothing_is_begun_read_or_derived() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let token = world.stepped_up(&person).await;
    world.send(world.exporting(&person.id, &token)).await;
    let derived = world.kdf.runs();

    for call in each(&world, &person, "no-token") {
        world.permitted(call.clone()).await.unwrap();
        let _before = world.store.recorder().take();
        world.send(call).await;
        let ports = world.store.recorder().take().ports();
        assert!(ports.iter().all(|port| LIMITS_KEYS_AND_DENIALS.contains(port)), "{ports:?}");
    }
    assert_eq!(world.kdf.runs(), derived);
}

#[tokio::test]
async fn l1_a_missing_step_up_is_a_denial_of_the_trail() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;

    for call in each(&world, &person, "no-token") {
        world.send(call).await;
    }

    let is_denial = |outcome: &Outcome| {
        matches!(outcome, Outcome::RequestRefused { denial: Denial::StepUpRequired, route: Some(_), .. })
    };
    assert_eq!(world.handed_over().await.count(is_denial), 3, "one of each route");
}

#[tokio::test]
async fn e3_a_token_steps_up_for_its_own_tenant_alone() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let token = world.stepped_up(&person).await;
    let theirs = world.enrolling(&person).bearer(&world.other.api_key);
    assert_eq!(world.send(theirs).await.status, 201, "the same user id, of another tenant");

    for call in each(&world, &person, &token) {
        let answer = world.send(call.bearer(&world.other.api_key)).await;
        assert_eq!(answer.told(), problem(401, "step-up-required"));
    }

    for api_key in [&world.tenant.api_key, &world.other.api_key] {
        let describing = Call::new(Function::DescribeEnrollment, "enrolled").path("user_id", &person.id);
        assert_eq!(world.send(describing.bearer(api_key)).await.json()["key_version"], 1);
    }
}

/// A capability is a device's: it steps nobody up and erases nobody.
#[tokio::test]
async fn e3_a_capability_reaches_none_of_these_routes() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let token = world.stepped_up(&person).await;
    let opened = world.opened(&person).await;

    for call in each(&world, &person, &token) {
        assert_eq!(world.send(call.bearer(&opened.capability)).await.told(), problem(403, "forbidden"));
    }
}

/// One call of each function that asks for a step-up.
fn each<S: Ports>(world: &World<S>, person: &Person, token: &str) -> [Call; 3] {
    [
        world.rotating(&person.id, token, &person.enrolled()),
        world.erasing(&person.id, token),
        world.exporting(&person.id, token),
    ]
}

/// The tokens of an attempt that approves a payment.
async fn payment<S: Ports>(world: &World<S>, person: &Person) -> Answer {
    let transaction = json!({"amount_minor": 1, "currency": "EUR", "payee": "Shop", "reference": "1"});
    let body = json!({ "user_id": person.id, "transaction": transaction });
    let opened = Opened::from(&world.send(world.initiating(&person.id).json(&body)).await);
    world.attempt(&opened, &person.right(&opened.asked)).await
}

const LIMITS_KEYS_AND_DENIALS: [&str; 5] =
    ["DrawPermits", "FindListings", "FindBranchKey", "ListSigningKeys", "SendEvents"];
