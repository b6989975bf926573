//! T3: what ending all sessions of a tenant costs, with a hundred thousand of them.

use std::sync::Arc;
use std::time::Duration;

use countersign_tests::{Embedded, ISSUER, Ports, World};
use crypto::{Claims, SigningKey, TokenId, mint};
use domain::{Clock, MAX_SESSIONS, Session, UserId};
use keyring::SigningKeys;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn t3_ending_100_000_sessions_of_a_tenant_costs_what_ending_one_does() {
    let engine = Embedded::start().await;
    let world = World::on(engine.store.clone()).await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    // From here on everything that a process keeps is kept, and there is an epoch to find out.
    costs(&world, &world.stepped_up(&person).await).await;

    let one = costs(&world, &world.stepped_up(&person).await).await;
    // Later sessions take the places of those that have ended.
    world.clock.advance(Duration::from_secs(1));
    for _ in 0..MAX_SESSIONS {
        world.stepped_up(&person).await;
    }
    let users: Vec<UserId> = (0..20_000).map(user).collect();
    engine.copy_account(world.tenant.id, person.id.parse().unwrap(), &users).await;
    let tokens = tokens_of(&world, users.iter().step_by(1_000)).await;
    assert_eq!(active(&world, &tokens).await, [true; 100]);

    let many = costs(&world, &tokens[0]).await;

    assert_eq!(many, one);
    assert_eq!(active(&world, &tokens).await, [false; 100]);
}

/// What introspecting a token that counts, and then ending all of the tenant's sessions, ask of the store.
async fn costs<S: Ports>(world: &World<S>, token: &str) -> [Vec<(&'static str, usize)>; 2] {
    let _before = world.store.recorder().take();
    assert_eq!(active(world, &[token.to_owned()]).await, [true]);
    let asked = world.store.recorder().take();
    let command = json!({ "command": "revoke_sessions", "tenant_id": world.tenant.id.to_string() });
    world.tell(&command.to_string()).await.unwrap();
    let ended = world.store.recorder().take();
    // Permits are drawn now and then.
    [asked, ended].map(|trace| {
        let calls = trace.calls().iter().filter(|call| call.port != "DrawPermits");
        calls.map(|call| (call.port, call.writes)).collect()
    })
}

async fn active<S: Ports>(world: &World<S>, tokens: &[String]) -> Vec<bool> {
    let mut active = Vec::new();
    for token in tokens {
        active.push(world.send(world.introspecting(token)).await.json()["active"].as_bool().unwrap());
    }
    active
}

/// A token of each live session of these users.
async fn tokens_of<S: Ports>(world: &World<S>, users: impl Iterator<Item = &UserId>) -> Vec<String> {
    let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
    let signing = SigningKeys::new(world.tables.clone(), world.keys.clone(), clock).current().await.unwrap();
    let mut tokens = Vec::new();
    for user in users {
        let account = world.tables.find_account(world.tenant.id, *user).await.unwrap().unwrap();
        let epoch = world.tables.find_session_epoch(world.tenant.id, *user).await.unwrap();
        let live = account.sessions.values().filter(|session| session.is_live_in(epoch, world.clock.now()));
        tokens.extend(live.map(|session| token_of(world, &signing, session)));
    }
    tokens
}

fn token_of<S: Ports>(world: &World<S>, signing: &SigningKey, session: &Session) -> String {
    let claims = Claims {
        issuer: ISSUER.to_owned(),
        user: session.user,
        tenant: session.tenant,
        id: TokenId::draw(&*world.entropy).unwrap(),
        session: session.id,
        acr: session.acr,
        verified_at: session.created_at,
        issued_at: world.clock.now(),
        expires_at: world.clock.now() + Duration::from_secs(60),
        transaction: None,
    };
    mint(signing, &claims).unwrap().expose().to_owned()
}

/// The `number`th of many, whose ids end in different bytes: so they read different copies of the epoch.
fn user(number: u32) -> UserId {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    UserId::from_keyed_bytes(bytes)
}
