//! T3 and I5: what is revoked stays revoked: one session, all of a user, all of a tenant, on every backend.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use audit::Outcome;
use countersign_tests::{Answer, Call, Ports, World};
use domain::MAX_SESSIONS;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::backends::on_every_backend;
use crate::problems::success;
use crate::refresh::{active, answered_at_once, person, refreshed, sessions, verified};

on_every_backend! {
    t3_all_sessions_of_a_user_end_and_later_ones_live,
    t3_all_sessions_of_a_tenant_end_and_later_ones_live,
    t3_after_a_revocation_is_acknowledged_no_introspection_says_active,
    t3_revoking_and_introspecting_cost_the_same_whatever_is_stored,
    t3_a_revocation_beside_refreshes_holds,
    t2_five_sessions_are_listed_the_newest_first,
}

async fn t3_all_sessions_of_a_user_end_and_later_ones_live(world: World<impl Ports>) {
    let (first, second) = (verified(&world).await, verified(&world).await);
    let second = refreshed(&world, &second).await;
    let call = world.revoking_all(&person().id);

    let [done, again] = [world.send(call.clone()).await, world.send(call).await];

    assert_eq!((done.told(), again.but_request_id()), (success(200), done.but_request_id()));
    assert_eq!((active(&world, &[&first, &second]).await, sessions(&world).await), ([false; 2], 0));
    let third = verified(&world).await;
    assert_eq!((active(&world, &[&first, &second, &third]).await, sessions(&world).await), ([false, false, true], 1));
    let trail = world.trail().await;
    for tokens in [first, second] {
        let session = tokens.text("session_id").parse().unwrap();
        let told = trail.iter().filter(|event| event.outcome == Outcome::SessionRevoked { session }).count();
        assert_eq!(told, 1, "each revoked session has its event");
    }
    let nobody = world.send(world.revoking_all("7c9e6679-7425-40de-944b-00000000ffff")).await;
    assert_eq!(nobody.but_request_id(), done.but_request_id(), "nobody learns who has sessions");
}

async fn t3_all_sessions_of_a_tenant_end_and_later_ones_live(world: World<impl Ports>) {
    let first = verified(&world).await;
    let command = json!({ "command": "revoke_sessions", "tenant_id": world.tenant.id.to_string() });
    let other = json!({ "command": "revoke_sessions", "tenant_id": world.other.id.to_string() });

    world.tell(&other.to_string()).await.unwrap();
    assert_eq!(active(&world, &[&first]).await, [true], "another tenant's epoch");
    let told = serde_json::to_value(world.tell(&command.to_string()).await.unwrap()).unwrap();

    assert_eq!((&told["did"], &told["session_epoch"]), (&json!("sessions_revoked"), &json!(1)));
    assert_eq!((active(&world, &[&first]).await, sessions(&world).await), ([false], 0));
    let refreshing = world.send(world.refreshing(&first.text("refresh_token"))).await;
    assert_eq!(refreshing.status, 400);
    let second = verified(&world).await;
    let second = refreshed(&world, &second).await;
    assert_eq!((active(&world, &[&first, &second]).await, sessions(&world).await), ([false, true], 1));
    let trail = world.trail().await;
    let count = trail.iter().filter(|event| event.outcome == Outcome::TenantSessionsRevoked { epoch: 1 }).count();
    assert_eq!(count, 2, "one for each tenant");
}

/// Introspections go on while sessions are revoked in all three ways. Whatever begins after an acknowledgement must not say active.
async fn t3_after_a_revocation_is_acknowledged_no_introspection_says_active(world: World<impl Ports>) {
    let world = Arc::new(world);
    for way in 0..6 {
        let tokens = verified(&world).await;
        let revoked = Arc::new(AtomicBool::new(false));
        let watching = (0..8).map(|_| {
            let (world, revoked, token) = (Arc::clone(&world), Arc::clone(&revoked), tokens.text("access_token"));
            tokio::spawn(async move {
                let mut after = 0;
                while after < 4 {
                    let was_revoked = revoked.load(Ordering::SeqCst);
                    let answer = world.send(world.introspecting(&token)).await;
                    let is_active = answer.json()["active"].as_bool().unwrap();
                    assert!(!(was_revoked && is_active), "way {way}: active after it was revoked");
                    after += u32::from(was_revoked);
                    tokio::task::yield_now().await;
                }
            })
        });
        let watching: Vec<_> = watching.collect();

        revoke(&world, way % 3, &tokens).await;
        revoked.store(true, Ordering::SeqCst);

        for watched in join_all(watching).await {
            watched.unwrap();
        }
    }
}

async fn revoke<S: Ports>(world: &World<S>, way: u8, tokens: &Answer) {
    match way {
        0 => assert_eq!(world.send(world.revoking(&tokens.text("refresh_token"))).await.status, 200),
        1 => assert_eq!(world.send(world.revoking_all(&person().id)).await.status, 200),
        _ => {
            let command = json!({ "command": "revoke_sessions", "tenant_id": world.tenant.id.to_string() });
            world.tell(&command.to_string()).await.unwrap();
        }
    }
}

async fn t3_revoking_and_introspecting_cost_the_same_whatever_is_stored(world: World<impl Ports>) {
    revoke(&world, 2, &verified(&world).await).await;
    let few = cost_of_an_end(&world).await;
    for number in 100..200 {
        let person = world.enrolled(number, &["pin", "nfc"]).await;
        let opened = world.opened(&person).await;
        world.attempt(&opened, &person.right(&opened.asked)).await;
    }

    let many = cost_of_an_end(&world).await;

    assert_eq!(few, many);
    // The copies of the epoch and the event, twice: the first try finds out which epoch it is.
    assert_eq!(few, [0, 2, 2, 2 * 17]);
}

/// How many items are written by a revocation of one session, of a user's, and of a tenant's; and by an introspection.
async fn cost_of_an_end<S: Ports>(world: &World<S>) -> [usize; 4] {
    let mut costs = [0; 4];
    for (way, cost) in [3, 0, 1, 2].into_iter().zip(&mut costs) {
        let tokens = verified(world).await;
        let _before = world.store.recorder().take();
        if way == 3 {
            world.send(world.introspecting(&tokens.text("access_token"))).await;
        } else {
            revoke(world, way, &tokens).await;
        }
        *cost = world
            .store
            .recorder()
            .take()
            .calls()
            .iter()
            .filter(|call| SESSION_PORTS.contains(&call.port))
            .map(|call| call.writes)
            .sum();
        revoke(world, 1, &tokens).await;
    }
    costs
}

/// The ports of sessions; limits and idempotency are counted elsewhere.
const SESSION_PORTS: [&str; 6] =
    ["FindSession", "ListSessions", "FindSessionEpoch", "RevokeSession", "RevokeSessions", "AdvanceSessionEpoch"];

/// A refresh that comes too late must not bring a session back.
async fn t3_a_revocation_beside_refreshes_holds(world: World<impl Ports>) {
    let world = Arc::new(world);
    for round in 0..6 {
        let tokens = verified(&world).await;
        let refreshing = world.refreshing(&tokens.text("refresh_token"));
        let revoking = if round % 2 == 0 {
            world.revoking_all(&person().id)
        } else {
            world.revoking(&tokens.text("access_token"))
        };

        let answers = answered_at_once(&world, vec![refreshing, revoking]).await;

        assert_eq!(answers[1].status, 200, "{answers:?}");
        assert_eq!((active(&world, &[&tokens]).await, sessions(&world).await), ([false], 0));
        if answers[0].status == 200 {
            assert_eq!(active(&world, &[&answers[0]]).await, [false]);
        }
    }
}

async fn t2_five_sessions_are_listed_the_newest_first(world: World<impl Ports>) {
    let mut opened: Vec<Value> = Vec::new();
    for _ in 0..7 {
        world.clock.advance(Duration::from_secs(1));
        opened.insert(0, verified(&world).await.json()["session_id"].clone());
    }
    let call = world.listing_sessions(&person().id);

    let listed = world.send(call).await.json();

    let sessions = listed["sessions"].as_array().unwrap();
    let ids: Vec<&Value> = sessions.iter().map(|session| &session["session_id"]).collect();
    assert_eq!(ids, opened[..MAX_SESSIONS].iter().collect::<Vec<_>>());
    let names: Vec<&String> = sessions[0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["acr", "created_at", "expires_at", "idle_at", "refreshed_at", "session_id"], "and no hash");
}

#[tokio::test]
async fn a_user_that_is_not_named_or_not_alone_is_refused() {
    let world = World::new().await;
    let body = |body: Value| -> Call { world.revoking_all(&person().id).json(&body) };

    for call in [
        body(json!({})),
        body(json!({ "user_id": person().id, "token": "x" })),
        body(json!({ "user_id": "x" })),
        body(json!({ "user_id": null })),
        world.listing_sessions("x"),
        world.listing_sessions(&person().id).query("session_id", "x"),
    ] {
        assert_eq!(world.send(call).await.status, 400);
    }
}
