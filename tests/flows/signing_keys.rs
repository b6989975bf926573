//! T5: signing keys change while tokens live.

use std::collections::BTreeSet;
use std::time::Duration;

use countersign_tests::{Call, Embedded, Function, Person, Ports, World};
use rotate_keys::{PUBLISHED_AFTER, PUBLISHED_BEFORE, Rotated, SIGNING_KEY_AGE};
use serde_json::{Value, json};

use crate::backends::Valkey;
use crate::problems::success;

const FACTORS: [&str; 2] = ["pin", "nfc"];

#[tokio::test]
async fn t5_tokens_count_across_rotations_until_they_expire_in_memory() {
    signed(World::new().await).await;
}

#[tokio::test]
async fn t5_tokens_count_across_rotations_until_they_expire_on_embedded_dynamodb() {
    signed(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t5_tokens_count_across_rotations_until_they_expire_on_valkey() {
    Box::pin(signed(Valkey::start().await.world().await)).await;
}

#[tokio::test]
async fn t5_a_leaked_key_counts_no_longer_and_its_successor_at_once_in_memory() {
    leaked(World::new().await).await;
}

#[tokio::test]
async fn t5_a_leaked_key_counts_no_longer_and_its_successor_at_once_on_embedded_dynamodb() {
    leaked(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t5_a_leaked_key_counts_no_longer_and_its_successor_at_once_on_valkey() {
    Box::pin(leaked(Valkey::start().await.world().await)).await;
}

#[tokio::test]
async fn t5_a_leaked_key_counts_for_five_minutes_with_those_who_keep_it_in_memory() {
    kept(World::new().await).await;
}

#[tokio::test]
async fn t5_a_leaked_key_counts_for_five_minutes_with_those_who_keep_it_on_embedded_dynamodb() {
    kept(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t5_a_leaked_key_counts_for_five_minutes_with_those_who_keep_it_on_valkey() {
    Box::pin(kept(Valkey::start().await.world().await)).await;
}

async fn signed<S: Ports>(mut world: World<S>) {
    let person = world.enrolled(1, &FACTORS).await;
    let due = SIGNING_KEY_AGE.saturating_sub(PUBLISHED_BEFORE);
    let mut kids = BTreeSet::new();

    for _ in 0..3 {
        world.clock.advance(due);
        let made = world.rotate(r#"{"task":"rotate_due_keys"}"#).await.unwrap();
        assert_eq!((made.signing_keys_made.len(), made.signing_keys_retired.len()), (1, 1));
        world.restart();
        assert_eq!(published(&world).await.len(), 2);
        world.clock.advance(PUBLISHED_BEFORE.saturating_sub(Duration::from_secs(1)));
        let last = token(&world, &person).await;
        world.clock.advance(Duration::from_secs(1));
        world.restart();
        let first = token(&world, &person).await;
        assert_ne!(kid(&last), kid(&first), "the new key signs");
        kids.extend([kid(&last), kid(&first)]);

        for (token, later) in [(&last, 0), (&first, 898), (&last, 0)] {
            world.clock.advance(Duration::from_secs(later));
            assert_eq!(world.send(world.introspecting(token)).await.json()["active"], true, "{later}");
        }
        world.clock.advance(PUBLISHED_AFTER);
        world.restart();
        assert_eq!(published(&world).await, [kid(&first)]);
    }

    assert_eq!(kids.len(), 4);
}

async fn leaked<S: Ports>(mut world: World<S>) {
    let person = world.enrolled(1, &FACTORS).await;
    let old = token(&world, &person).await;
    assert_eq!(world.send(world.introspecting(&old)).await.json()["active"], true);
    let knowing = world.processes();
    let task = json!({ "task": "retire_leaked_signing_key", "kid": kid(&old) }).to_string();

    let done = world.rotate(&task).await.unwrap();
    let again = world.rotate(&task).await.unwrap();
    assert_eq!((done.signing_keys_made.len(), done.signing_keys_retired), (1, vec![kid(&old)]));
    assert_eq!(again, Rotated::default());

    world.clock.advance(Duration::from_secs(10));
    world.restart();
    assert_eq!(published(&world).await, done.signing_keys_made);
    assert!(!is_active(&world, &old).await, "a process that has kept nothing");
    let fresh = token(&world, &person).await;
    assert_eq!(vec![kid(&fresh)], done.signing_keys_made);
    // These processes have kept the keys of before, and an unknown one makes them ask.
    world.run(knowing);
    assert!(is_active(&world, &old).await, "its key is known, and nobody asks");
    assert!(is_active(&world, &fresh).await);
    assert!(!is_active(&world, &old).await);
}

/// Introspect reads nothing for a key that it knows: a leaked one counts until what it keeps is five minutes old.
async fn kept<S: Ports>(mut world: World<S>) {
    let person = world.enrolled(1, &FACTORS).await;
    let old = token(&world, &person).await;
    world.restart();
    assert!(is_active(&world, &old).await);
    let task = json!({ "task": "retire_leaked_signing_key", "kid": kid(&old) }).to_string();
    world.rotate(&task).await.unwrap();

    let mut counted = Vec::new();
    for seconds in [0, 299, 1] {
        world.clock.advance(Duration::from_secs(seconds));
        counted.push(is_active(&world, &old).await);
    }

    assert_eq!(counted, [true, true, false]);
}

async fn is_active<S: Ports>(world: &World<S>, token: &str) -> bool {
    let answer = world.send(world.introspecting(token)).await;
    if answer.json()["active"] == true {
        return true;
    }
    assert_eq!(answer.json(), json!({ "active": false }));
    false
}

async fn token<S: Ports>(world: &World<S>, person: &Person) -> String {
    let opened = world.opened(person).await;
    let verified = world.attempt(&opened, &person.right(&opened.asked)).await;
    assert_eq!(verified.told(), success(200), "{verified:?}");
    verified.text("access_token")
}

async fn published<S: Ports>(world: &World<S>) -> Vec<String> {
    let answer = world.send(Call::new(Function::Jwks, "published")).await;
    let keys = answer.json()["keys"].as_array().unwrap().clone();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn kid(token: &str) -> String {
    use base64::Engine;
    let header = token.split('.').next().unwrap();
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}
