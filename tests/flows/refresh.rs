//! T2 and T6: what a refresh token is worth, on every backend.

use std::sync::Arc;
use std::time::Duration;

use audit::Outcome;
use countersign_tests::{Answer, Call, Opened, Person, Ports, World};
use crypto::RefreshToken;
use domain::{Entropy, IN_FLIGHT_FOR, SessionProfile};
use serde_json::json;
use store::{FindSession, StoreErrorKind};
use testkit::Fault;

use crate::backends::on_every_backend;
use crate::problems::{problem, success};
use crate::verification::at_once;

on_every_backend! {
    t2_a_refresh_token_works_once_and_its_reuse_ends_the_family,
    t2_of_many_concurrent_refreshes_one_wins_and_the_family_ends,
    t2_a_retry_is_no_reuse,
    t2_a_token_of_another_family_changes_nothing,
    t2_a_session_that_is_not_refreshed_is_over,
    t2_a_session_is_over_after_its_lifetime_however_often_it_is_refreshed,
    t2_a_refreshed_token_says_what_the_verification_earned,
    t2_what_was_revoked_is_not_refreshed,
    t2_a_retry_across_a_key_rotation_is_no_reuse,
    t4_nothing_is_refreshed_after_a_factor_change,
    i6_nothing_is_refreshed_after_an_erasure,
    e3_another_tenant_exchanges_nothing,
}

async fn t2_a_refresh_token_works_once_and_its_reuse_ends_the_family(world: World<impl Ports>) {
    let first = verified(&world).await;
    let second = refreshed(&world, &first).await;
    let third = refreshed(&world, &second).await;
    assert_eq!(active(&world, &[&first, &second, &third]).await, [true; 3], "one session has them all");

    let reused = world.send(world.refreshing(&first.text("refresh_token"))).await;

    assert_eq!(reused.told(), problem(400, "invalid-grant"));
    assert_eq!(active(&world, &[&first, &second, &third]).await, [false; 3]);
    let current = world.send(world.refreshing(&third.text("refresh_token"))).await;
    assert_eq!(current.but_request_id(), reused.but_request_id(), "one problem, whatever the reason");
    let session = third.text("session_id").parse().unwrap();
    let outcomes: Vec<Outcome> = world.trail().await.into_iter().map(|event| event.outcome).collect();
    let count = |wanted: Outcome| outcomes.iter().filter(|outcome| **outcome == wanted).count();
    assert_eq!(count(Outcome::SessionRefreshed { session }), 2);
    assert_eq!(count(Outcome::RefreshTokenReused { session }), 1);
}

async fn t2_of_many_concurrent_refreshes_one_wins_and_the_family_ends(world: World<impl Ports>) {
    let world = Arc::new(world);
    let first = verified(&world).await;
    let token = first.text("refresh_token");

    let answers = answered_at_once(&world, (0..16).map(|_| world.refreshing(&token)).collect()).await;

    let (won, lost): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 15));
    assert!(lost.iter().all(|answer| answer.told() == problem(400, "invalid-grant")), "{lost:?}");
    assert_eq!(active(&world, &[&first, &won[0]]).await, [false; 2]);
}

async fn t2_a_retry_is_no_reuse(world: World<impl Ports>) {
    let world = Arc::new(world);
    let call = world.refreshing(&verified(&world).await.text("refresh_token"));

    let mut answers = at_once(&world, (0..8).map(|_| call.clone()).collect()).await;
    answers.retain(|answer| answer.told() != problem(409, "request-in-progress"));
    answers.push(world.send(call).await);

    assert!(answers.iter().all(|answer| answer.but_request_id() == answers[0].but_request_id()), "{answers:?}");
    assert_eq!(answers[0].told(), success(200));
    refreshed(&world, &answers[0]).await;
}

async fn t2_a_token_of_another_family_changes_nothing(world: World<impl Ports>) {
    let first = verified(&world).await;
    let token = RefreshToken::parse(&first.text("refresh_token")).unwrap();
    let entropy: &dyn Entropy = &*world.entropy;
    let made_up = RefreshToken::generate(token.user(), token.session(), entropy).unwrap();

    let answer = world.send(world.refreshing(made_up.expose())).await;

    assert_eq!(answer.told(), problem(400, "invalid-grant"));
    refreshed(&world, &first).await;
}

async fn t2_a_session_that_is_not_refreshed_is_over(world: World<impl Ports>) {
    let SessionProfile { idle, .. } = SessionProfile::PAYMENTS;
    let (kept, left) = (verified(&world).await, verified(&world).await);
    let just_before = idle.saturating_sub(Duration::from_secs(1));
    world.clock.advance(just_before);
    let kept = refreshed(&world, &kept).await;
    assert_eq!(sessions(&world).await, 2);

    world.clock.advance(Duration::from_secs(1));

    assert_eq!(sessions(&world).await, 1);
    let too_late = world.send(world.refreshing(&left.text("refresh_token"))).await;
    assert_eq!(too_late.told(), problem(400, "invalid-grant"));
    assert_eq!(active(&world, &[&kept, &left]).await, [true, false]);
    refreshed(&world, &kept).await;
}

async fn t2_a_session_is_over_after_its_lifetime_however_often_it_is_refreshed(world: World<impl Ports>) {
    let SessionProfile { idle, lifetime } = SessionProfile::PAYMENTS;
    let step = idle.saturating_sub(Duration::from_secs(60));
    let mut current = verified(&world).await;
    let mut age = Duration::ZERO;
    while age + step < lifetime {
        world.clock.advance(step);
        age += step;
        current = refreshed(&world, &current).await;
    }
    let remaining = lifetime.saturating_sub(age);

    assert_eq!(current.json()["expires_in_seconds"], remaining.as_secs(), "no token outlives its session");
    world.clock.advance(remaining.saturating_sub(Duration::from_secs(1)));
    assert_eq!(active(&world, &[&current]).await, [true]);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(active(&world, &[&current]).await, [false]);
    let too_late = world.send(world.refreshing(&current.text("refresh_token"))).await;
    assert_eq!(too_late.told(), problem(400, "invalid-grant"));
}

async fn t2_a_refreshed_token_says_what_the_verification_earned(world: World<impl Ports>) {
    let payment = json!({"amount_minor": 4990, "currency": "EUR", "payee": "Example Books", "reference": "order-4711"});
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let initiating = world.initiating(&person.id).json(&json!({ "user_id": person.id, "transaction": payment }));
    let opened = Opened::from(&world.send(initiating).await);
    let first = world.attempt(&opened, &person.right(&opened.asked)).await;
    world.clock.advance(Duration::from_secs(60));

    let second = refreshed(&world, &first).await;

    let [before, after] = [claims(&world, &first).await, claims(&world, &second).await];
    for member in ["sub", "aud", "client_id", "sid", "acr", "auth_time", "iss"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    assert_ne!((&after["jti"], &after["iat"]), (&before["jti"], &before["iat"]));
    assert!(before["txn"].is_string() && after.get("txn").is_none(), "a payment is approved once: {after}");
    let names = |answer: &Answer| answer.json().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&second), names(&first));
}

async fn t2_what_was_revoked_is_not_refreshed(world: World<impl Ports>) {
    let first = verified(&world).await;
    let second = refreshed(&world, &first).await;

    // Whoever holds an old token of the family can end it, too.
    world.send(world.revoking(&first.text("refresh_token"))).await;

    let answer = world.send(world.refreshing(&second.text("refresh_token"))).await;
    assert_eq!(answer.told(), problem(400, "invalid-grant"));
    assert_eq!(active(&world, &[&second]).await, [false]);
}

async fn t2_a_retry_across_a_key_rotation_is_no_reuse(mut world: World<impl Ports>) {
    let call = world.refreshing(&verified(&world).await.text("refresh_token"));
    world.store.faults().plan("FinishRequest", 1, Fault::FailBefore(StoreErrorKind::Unavailable));
    let failed = world.send(call.clone()).await;
    world.rotate_branch_key().await;
    world.restart();
    world.clock.advance(IN_FLIGHT_FOR);

    let retried = world.send(call.clone()).await;
    let again = world.send(call).await;

    assert_eq!((failed.status, retried.told()), (503, success(200)), "{retried:?}");
    assert_eq!(again.but_request_id(), retried.but_request_id());
    refreshed(&world, &retried).await;
}

async fn t4_nothing_is_refreshed_after_a_factor_change(world: World<impl Ports>) {
    let first = verified(&world).await;
    let second = refreshed(&world, &first).await;

    // Refreshing keeps the instant of the verification, which is recent.
    let rotating = world.rotating(&person().id, &second.text("access_token"), &person().enrolled());
    assert_eq!(world.send(rotating).await.told(), success(200));

    let answer = world.send(world.refreshing(&second.text("refresh_token"))).await;
    assert_eq!(answer.told(), problem(400, "invalid-grant"));
    assert_eq!((sessions(&world).await, active(&world, &[&second]).await), (0, [false]));
    // Who is verified with the new factors refreshes again.
    refreshed(&world, &verified(&world).await).await;
}

async fn i6_nothing_is_refreshed_after_an_erasure(world: World<impl Ports>) {
    let first = verified(&world).await;
    assert_eq!(world.send(world.erasing(&person().id, &first.text("access_token"))).await.told(), success(200));

    let answer = world.send(world.refreshing(&first.text("refresh_token"))).await;

    assert_eq!(answer.told(), problem(400, "invalid-grant"));
    assert_eq!(sessions(&world).await, 0);
}

async fn e3_another_tenant_exchanges_nothing(world: World<impl Ports>) {
    let first = verified(&world).await;
    let token = first.text("refresh_token");

    let theirs = world.send(world.refreshing(&token).bearer(&world.other.api_key)).await;
    let listed = world.send(world.listing_sessions(&person().id).bearer(&world.other.api_key)).await;

    assert_eq!(theirs.told(), problem(400, "invalid-grant"));
    assert_eq!(listed.json()["sessions"], json!([]));
    refreshed(&world, &first).await;
}

#[tokio::test]
async fn t6_of_a_refreshed_token_only_hashes_are_stored() {
    let world = World::new().await;
    let second = refreshed(&world, &verified(&world).await).await;
    let token = RefreshToken::parse(&second.text("refresh_token")).unwrap();

    let stored = world.tables.find_session(world.tenant.id, token.user(), token.session()).await.unwrap().unwrap();

    assert_eq!((stored.refresh_token, stored.family), (token.hash(), token.family()));
    // What is stored, put in the place of the token's secrets, is no token of the session.
    for hash in [stored.refresh_token, stored.family] {
        let posing = RefreshToken::generate(token.user(), token.session(), &Stolen(*hash.as_bytes())).unwrap();
        let answer = world.send(world.refreshing(posing.expose())).await;
        assert_eq!(answer.told(), problem(400, "invalid-grant"));
    }
    refreshed(&world, &second).await;
}

/// Gives what was stolen for random.
#[derive(Debug)]
struct Stolen([u8; 32]);

impl Entropy for Stolen {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), domain::EntropyUnavailable> {
        bytes.iter_mut().zip(self.0.iter().cycle()).for_each(|(byte, stolen)| *byte = *stolen);
        Ok(())
    }
}

/// The answers to calls at once. One that met too many transactions on the same item is sent again, as its sender is told.
pub(crate) async fn answered_at_once<S: Ports>(world: &Arc<World<S>>, calls: Vec<Call>) -> Vec<Answer> {
    let mut answers = at_once(world, calls.clone()).await;
    for (answer, call) in answers.iter_mut().zip(calls) {
        while answer.status == 503 {
            *answer = world.send(call.clone()).await;
        }
    }
    answers
}

/// The tokens of a new session of the one person of these tests.
pub(crate) async fn verified<S: Ports>(world: &World<S>) -> Answer {
    let person = person();
    let enrolled = world.send(world.enrolling(&person)).await;
    assert!([201, 409].contains(&enrolled.status), "{enrolled:?}");
    let opened = world.opened(&person).await;
    let verified = world.attempt(&opened, &person.right(&opened.asked)).await;
    assert_eq!(verified.told(), success(200), "{verified:?}");
    verified
}

/// The tokens that these are exchanged for.
pub(crate) async fn refreshed<S: Ports>(world: &World<S>, tokens: &Answer) -> Answer {
    let answer = world.send(world.refreshing(&tokens.text("refresh_token"))).await;
    assert_eq!(answer.told(), success(200), "{answer:?}");
    answer
}

/// Whether the access tokens count.
pub(crate) async fn active<const N: usize, S: Ports>(world: &World<S>, tokens: &[&Answer; N]) -> [bool; N] {
    let mut active = [false; N];
    for (active, tokens) in active.iter_mut().zip(tokens) {
        *active = claims(world, tokens).await["active"].as_bool().unwrap();
    }
    active
}

/// How many sessions the person has.
pub(crate) async fn sessions<S: Ports>(world: &World<S>) -> usize {
    let listed = world.send(world.listing_sessions(&person().id)).await;
    assert_eq!(listed.told(), success(200), "{listed:?}");
    listed.json()["sessions"].as_array().unwrap().len()
}

pub(crate) fn person() -> Person {
    Person::new(1, &["pin", "nfc"])
}

async fn claims<S: Ports>(world: &World<S>, tokens: &Answer) -> serde_json::Value {
    world.send(world.introspecting(&tokens.text("access_token"))).await.json()
}
