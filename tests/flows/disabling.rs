//! T4: an operator disables a user. Nobody stays signed in, nothing that is under way signs in, until the user is enabled again; nor
//! ever, if the operator erases them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use audit::Outcome;
use countersign_tests::{Answer, Call, Function, Opened, Person, Ports, World};
use futures_util::future::join_all;
use serde_json::{Value, json};
use store::StoreErrorKind;
use testkit::Fault;

use crate::backends::on_every_backend;
use crate::problems::{problem, success};
use crate::refresh::{active, answered_at_once, person, refreshed, sessions, verified};

on_every_backend! {
    t4_disabling_a_user_ends_every_session,
    t4_an_attempt_that_is_under_way_while_the_user_is_disabled_gives_no_session,
    t4_after_a_disabling_is_acknowledged_nothing_counts,
    t4_a_disabled_users_own_tokens_step_nobody_up,
    t4_an_operators_erasing_ends_every_session_and_is_in_the_trail,
}

async fn t4_disabling_a_user_ends_every_session(world: World<impl Ports>) {
    let mut live = Vec::new();
    for _ in 0..5 {
        live.push(verified(&world).await);
    }
    live[0] = refreshed(&world, &live[0]).await;
    let person = person();
    let [first, second] = [world.opened(&person).await, world.opened(&person).await];

    let [disabled, again] = [told(&world, "disable_user").await, told(&world, "disable_user").await];

    assert_eq!((&disabled["did"], &disabled["was_disabled"]), (&json!("user_disabled"), &json!(false)));
    assert_eq!((&again["disabled_at"], &again["was_disabled"]), (&disabled["disabled_at"], &json!(true)));
    nobody_is_signed_in(&world, &live).await;
    // A verification that was open, and one that is opened now: right factors are answered like anybody's wrong ones.
    let later = Opened::from(&world.send(world.initiating(&person.id)).await);
    for opened in [&first, &later] {
        let right = world.attempt(opened, &person.right(&opened.asked)).await;
        assert_eq!(right.told(), problem(401, "authentication-failed"));
        assert_eq!(right.json()["attempts_remaining"], 2);
    }

    let [enabled, nothing] = [told(&world, "enable_user").await, told(&world, "enable_user").await];

    assert_eq!((&enabled["did"], &enabled["was_disabled_since"]), (&json!("user_enabled"), &disabled["disabled_at"]));
    assert_eq!(nothing["was_disabled_since"], Value::Null);
    let anew = verified(&world).await;
    assert_eq!((active(&world, &[&anew]).await, sessions(&world).await), ([true], 1));
    // What was opened before still lives, and counts again.
    assert_eq!(world.attempt(&second, &person.right(&second.asked)).await.told(), success(200));
    for tokens in &live {
        assert_eq!(active(&world, &[tokens]).await, [false]);
    }
    let events = world.handed_over().await;
    assert_eq!(events.count(|outcome| *outcome == Outcome::UserDisabled {}), 1);
    assert_eq!(events.count(|outcome| *outcome == Outcome::UserEnabled { key_version: 1 }), 1);
}

/// The attempt is reserved and compared; the user is disabled before it completes.
async fn t4_an_attempt_that_is_under_way_while_the_user_is_disabled_gives_no_session(world: World<impl Ports>) {
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let opened = world.opened(&person).await;
    let attempt = world.attempting(&opened, &person.right(&opened.asked));
    // Its answer is lost, as if the process had died before completing.
    world.store.faults().plan("CompleteVerification", 1, Fault::FailBefore(StoreErrorKind::Unavailable));
    assert_eq!(world.send(attempt.clone()).await.status, 503);

    told(&world, "disable_user").await;
    let answer = world.send(attempt).await;

    assert_eq!(answer.told(), problem(401, "authentication-failed"));
    assert_eq!(sessions(&world).await, 0);
}

/// Introspections and right attempts go on while the user is disabled. Nothing that begins after the acknowledgement may count.
async fn t4_after_a_disabling_is_acknowledged_nothing_counts(world: World<impl Ports>) {
    let (world, person) = (Arc::new(world), person());
    for _ in 0..4 {
        let tokens = verified(&world).await;
        let [first, second] = [world.opened(&person).await, world.opened(&person).await];
        let disabled = Arc::new(AtomicBool::new(false));
        let watching: Vec<_> = (0..4).map(|_| tokio::spawn(watch(&world, &tokens, &disabled))).collect();
        let attempts = [&first, &second].map(|opened| world.attempting(opened, &person.right(&opened.asked)));

        let (answers, _told) = tokio::join!(answered_at_once(&world, attempts.to_vec()), async {
            let told = told(&world, "disable_user").await;
            disabled.store(true, Ordering::SeqCst);
            told
        });

        for watched in join_all(watching).await {
            watched.unwrap();
        }
        for answer in answers {
            match answer.status {
                200 => assert_eq!(active(&world, &[&answer]).await, [false], "opened before, and over"),
                // Compared before, and too late to be completed.
                409 => assert_eq!(answer.told(), problem(409, "verification-closed")),
                _ => assert_eq!(answer.told(), problem(401, "authentication-failed")),
            }
        }
        assert_eq!((active(&world, &[&tokens]).await, sessions(&world).await), ([false], 0));
        told(&world, "enable_user").await;
    }
}

/// Asks about a token until it was asked a few times after the user was disabled.
fn watch<S: Ports>(
    world: &Arc<World<S>>,
    tokens: &Answer,
    disabled: &Arc<AtomicBool>,
) -> impl Future<Output = ()> + Send + use<S> {
    let (world, disabled, token) = (Arc::clone(world), Arc::clone(disabled), tokens.text("access_token"));
    async move {
        let mut after = 0;
        while after < 4 {
            let was_disabled = disabled.load(Ordering::SeqCst);
            let answer = world.send(world.introspecting(&token)).await;
            let is_active = answer.json()["active"].as_bool().unwrap();
            assert!(!(was_disabled && is_active), "active after the user was disabled");
            after += u32::from(was_disabled);
            tokio::task::yield_now().await;
        }
    }
}

async fn t4_a_disabled_users_own_tokens_step_nobody_up(world: World<impl Ports>) {
    let (person, token) = (person(), verified(&world).await.text("access_token"));
    told(&world, "disable_user").await;

    for call in [
        world.rotating(&person.id, &token, &person.enrolled()),
        world.erasing(&person.id, &token),
        world.exporting(&person.id, &token),
    ] {
        assert_eq!(world.send(call).await.told(), problem(401, "step-up-required"));
    }

    let again = world.send(world.enrolling(&person)).await;
    assert_eq!(again.told(), problem(409, "already-enrolled"));
    told(&world, "enable_user").await;
    let token = world.stepped_up(&person).await;
    assert_eq!(world.send(world.erasing(&person.id, &token)).await.told(), success(200));
    let erased = world.tell(&command(&world, "disable_user")).await.unwrap_err();
    assert_eq!(erased.code(), "user-erased");
}

async fn t4_an_operators_erasing_ends_every_session_and_is_in_the_trail(world: World<impl Ports>) {
    let mut live = Vec::new();
    for _ in 0..5 {
        live.push(verified(&world).await);
    }
    let person = person();
    let open = world.opened(&person).await;

    let [erased, again] = [told(&world, "erase_user").await, told(&world, "erase_user").await];

    assert_eq!((&erased["did"], &erased["was_erased"]), (&json!("user_erased"), &json!(false)));
    assert_eq!((&again["erased_at"], &again["was_erased"]), (&erased["erased_at"], &json!(true)));
    nobody_is_signed_in(&world, &live).await;
    // Also with a copy of the enrollment in the cache: the account decides.
    let later = Opened::from(&world.send(world.initiating(&person.id)).await);
    for opened in [&open, &later] {
        let right = world.attempt(opened, &person.right(&opened.asked)).await;
        assert_eq!(right.told(), problem(401, "authentication-failed"));
    }
    assert_eq!(world.send(world.enrolling(&person)).await.told(), problem(409, "user-erased"));
    for name in ["disable_user", "enable_user"] {
        assert_eq!(world.tell(&command(&world, name)).await.unwrap_err().code(), "user-erased");
    }
    world.trail().await;
    let read = world.send(world.reading_trail().query("user_id", &person.id).query("limit", "100")).await.json();
    let told = read["events"].as_array().unwrap().iter().filter(|event| event["outcome"]["user_erased"].is_object());
    assert_eq!(told.count(), 1, "{read}");
}

/// No session is left, and no token of these counts or can be exchanged.
async fn nobody_is_signed_in<S: Ports>(world: &World<S>, live: &[Answer]) {
    assert_eq!(sessions(world).await, 0);
    for tokens in live {
        assert_eq!(active(world, &[tokens]).await, [false]);
        let refreshing = world.send(world.refreshing(&tokens.text("refresh_token"))).await;
        assert_eq!(refreshing.told(), problem(400, "invalid-grant"));
    }
}

#[tokio::test]
async fn v6_a_disabled_user_is_opened_and_answered_like_an_unknown_one() {
    let world = World::new().await;
    let (person, unknown) = (world.enrolled(1, &["pin", "nfc"]).await, Person::new(2, &["pin", "nfc"]));
    told(&world, "disable_user").await;

    let mut seen = Vec::new();
    for person in [&person, &unknown] {
        let describing = Call::new(Function::DescribeEnrollment, "enrolled").bearer(&world.tenant.api_key);
        let described = world.send(describing.path("user_id", &person.id)).await;
        let opened = world.send(world.initiating(&person.id)).await;
        let members: Vec<String> = opened.json().as_object().unwrap().keys().cloned().collect();
        let opened = Opened::from(&opened);
        let mut answers = Vec::new();
        for _ in 0..3 {
            let before = world.kdf.runs();
            let answer = world.attempt(&opened, &person.right(&opened.asked)).await;
            answers.push((answer.told(), answer.json()["attempts_remaining"].clone(), world.kdf.runs() - before));
        }
        seen.push((described.but_request_id(), members, answers));
    }

    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].0.told(), problem(404, "enrollment-not-found"));
}

/// The trail stays whole: whom an operator disables is whom somebody wants to know more about.
#[tokio::test]
async fn a_disabled_users_trail_still_says_where_they_came_from() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    world.trail().await;
    let read =
        || async { world.send(world.reading_trail().query("user_id", &person.id)).await.json()["events"].clone() };
    let with_source = |events: &Value| {
        events.as_array().unwrap().iter().filter(|event| !event["personal"]["source_address"].is_null()).count()
    };
    let before = with_source(&read().await);

    told(&world, "disable_user").await;

    assert_eq!((before, with_source(&read().await)), (1, 1));
}

/// What the operator is told; a command that met too many other changes is repeated.
async fn told<S: Ports>(world: &World<S>, name: &str) -> Value {
    loop {
        match world.tell(&command(world, name)).await {
            Ok(answer) => return serde_json::to_value(answer).unwrap(),
            Err(error) => assert_eq!(error.code(), "unavailable", "{error:?}"),
        }
    }
}

fn command<S: Ports>(world: &World<S>, name: &str) -> String {
    json!({ "command": name, "tenant_id": world.tenant.id.to_string(), "user_id": person().id }).to_string()
}
