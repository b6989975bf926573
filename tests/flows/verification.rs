//! What can happen to one verification and one user, whatever the concurrency.

use std::sync::Arc;

use audit::Outcome;
use countersign_tests::{Answer, Call, Embedded, Function, Person, Ports, World};
use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::Barrier;

use crate::problems::{problem, success};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn v4_a_verification_succeeds_at_most_once_in_memory() {
    succeed_at_once(World::new().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn v4_a_verification_succeeds_at_most_once_on_embedded_dynamodb() {
    succeed_at_once(World::on(Embedded::start().await.store).await).await;
}

/// 64 right attempts at once, each with a key of its own.
async fn succeed_at_once<S: Ports>(world: World<S>) {
    let world = Arc::new(world);
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let opened = world.opened(&person).await;
    let right = person.right(&opened.asked);

    let calls = (0..64).map(|_| world.attempting(&opened, &right)).collect();
    let answers = at_once(&world, calls).await;

    let (verified, refused): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((verified.len(), refused.len()), (1, 63));
    assert_eq!(refused[0].told(), problem(409, "verification-closed"));
    assert!(refused.iter().all(|answer| answer.but_request_id() == refused[0].but_request_id()));
    let introspected = world.send(world.introspecting(&verified[0].text("access_token"))).await;
    assert_eq!(introspected.json()["active"], true);
    let (succeeded, too_late) = decided(&world);
    assert_eq!(succeeded, too_late + 1, "every success but one was taken back in the audit trail");
    assert_eq!(crate::faults::sessions(&world, &person).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn v2_of_200_wrong_attempts_at_once_exactly_3_are_compared() {
    let world = Arc::new(World::new().await);
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let opened = world.opened(&person).await;
    let comparisons = world.kdf.comparisons();

    let calls = (0..200).map(|_| world.attempting(&opened, &person.wrong(&opened.asked))).collect();
    let answers = at_once(&world, calls).await;

    let mut remaining: Vec<u64> =
        answers.iter().filter_map(|answer| answer.json()["attempts_remaining"].as_u64()).collect();
    remaining.sort_unstable();
    assert_eq!(remaining, [0, 1, 2]);
    let closed = answers.iter().filter(|answer| answer.told() == problem(409, "verification-closed")).count();
    assert_eq!(closed, 197);
    assert_eq!(world.kdf.comparisons() - comparisons, 3);
    assert_eq!(world.standing(&opened).await, ("failed".to_owned(), 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn v11_enrolling_one_user_50_times_at_once_enrols_once_in_memory() {
    enroll_at_once(World::new().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn v11_enrolling_one_user_50_times_at_once_enrols_once_on_embedded_dynamodb() {
    enroll_at_once(World::on(Embedded::start().await.store).await).await;
}

/// 50 enrollments of one user at once, each with digests of its own. The winner's work afterwards, nobody else's.
async fn enroll_at_once<S: Ports>(world: World<S>) {
    let world = Arc::new(world);
    let user = Person::new(0, &["pin", "nfc"]);
    let people: Vec<Person> = (1..=50).map(|number| Person::new(number, &["pin", "nfc"])).collect();

    let calls = people
        .iter()
        .map(|person| world.enrolling(&user).json(&json!({ "user_id": user.id, "factors": person.enrolled() })));
    let answers = at_once(&world, calls.collect()).await;

    assert_eq!(answers.iter().filter(|answer| answer.told() == success(201)).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.told() == problem(409, "already-enrolled")).count(), 49);
    let winner = answers.iter().position(|answer| answer.status == 201).unwrap();
    for (position, person) in people.iter().enumerate() {
        // Wrong answers lock, which is not what this is about.
        let unlock = json!({"command": "unlock_account", "tenant_id": world.tenant.id.to_string(), "user_id": user.id});
        world.tell(&unlock.to_string()).await.unwrap();
        let opened = world.opened(&user).await;
        let attempt = world.attempt(&opened, &person.right(&opened.asked)).await;
        assert_eq!(attempt.status == 200, position == winner, "{attempt:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v11_enrolling_an_existing_user_changes_nothing() {
    let tables = Embedded::start().await;
    let world = World::on(tables.store.clone()).await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let before = tables.dump_of(&["core"]).await;
    let runs = world.kdf.runs();

    for number in 2..12 {
        let other = Person::new(number, &["pin", "words", "face"]);
        let body = json!({ "user_id": person.id, "factors": other.enrolled(), "device_id": "another" });
        let answer = world.send(world.enrolling(&person).json(&body)).await;
        assert_eq!(answer.told(), problem(409, "already-enrolled"));
    }

    assert_eq!(tables.dump_of(&["core"]).await, before);
    assert_eq!(world.kdf.runs(), runs);
}

#[tokio::test]
async fn v11_an_enrollment_is_repeated_by_its_own_key_and_body_only() {
    let world = World::new().await;
    let person = Person::new(1, &["pin", "nfc"]);
    let call = world.enrolling(&person);
    let first = world.send(call.clone()).await;

    let repeated = world.send(call.clone()).await;
    let body = json!({ "user_id": person.id, "factors": Person::new(2, &["pin", "nfc"]).enrolled() });
    let reused = world.send(call.json(&body)).await;

    assert_eq!(repeated.but_request_id(), first.but_request_id());
    assert_eq!(reused.told(), problem(422, "idempotency-key-reused"));
}

#[tokio::test]
async fn v9_a_token_is_for_its_transaction_alone() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let payment = |amount: u64, currency: &str, payee: &str, reference: &str| json!({"amount_minor": amount, "currency": currency, "payee": payee, "reference": reference});
    let payments = [
        payment(4990, "EUR", "Books", "order-1"),
        payment(4991, "EUR", "Books", "order-1"),
        payment(4990, "EUX", "Books", "order-1"),
        payment(4990, "EUR", "Bookz", "order-1"),
        payment(4990, "EUR", "Books", "order-2"),
    ];

    let mut hashes = Vec::new();
    for payment in payments {
        let body = json!({ "user_id": person.id, "transaction": payment });
        let opened = (&world.send(world.initiating(&person.id).json(&body)).await).into();
        let verified = world.attempt(&opened, &person.right(&opened.asked)).await;
        let introspected = world.send(world.introspecting(&verified.text("access_token"))).await;
        hashes.push(introspected.text("txn"));
    }

    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), 5);
}

#[tokio::test]
async fn an_expired_verification_takes_no_attempt() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let opened = world.opened(&person).await;

    world.clock.advance(domain::VERIFICATION_LIFETIME);
    let attempt = world.attempt(&opened, &person.right(&opened.asked)).await;

    assert_eq!(attempt.told(), problem(409, "verification-closed"));
    assert_eq!(world.standing(&opened).await, ("expired".to_owned(), 0));
}

#[tokio::test]
async fn a_repeated_initiation_gives_the_same_verification() {
    let mut world = World::new().await;
    let person = world.enrolled(1, &["pin", "words", "nfc", "face"]).await;
    let call = world.initiating(&person.id);
    let first = world.send(call.clone()).await;

    world.restart();
    let repeated = world.send(call.clone()).await;
    let reused = world.send(call.json(&json!({ "user_id": Person::new(2, &[]).id }))).await;

    assert_eq!(repeated.but_request_id(), first.but_request_id());
    assert_eq!(reused.told(), problem(422, "idempotency-key-reused"));
}

#[tokio::test]
async fn a_capability_opens_its_own_verification_alone() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let (mine, another) = (world.opened(&person).await, world.opened(&person).await);

    let status = world.send(world.asking_status(&another).bearer(&mine.capability)).await;
    let attempt = world.attempting(&another, &person.right(&another.asked)).bearer(&mine.capability);
    let attempt = world.send(attempt).await;
    let elsewhere = Call::new(Function::DescribeEnrollment, "enrolled").bearer(&mine.capability);
    let elsewhere = world.send(elsewhere.path("user_id", &person.id)).await;

    for answer in [status, attempt, elsewhere] {
        assert_eq!(answer.told(), problem(403, "forbidden"));
    }
    assert_eq!(world.standing(&another).await, ("open".to_owned(), 3));
}

/// Sends all calls from tasks of their own that begin together; the answers in the order of the calls.
pub(crate) async fn at_once<S: Ports>(world: &Arc<World<S>>, calls: Vec<Call>) -> Vec<Answer> {
    let start = Arc::new(Barrier::new(calls.len()));
    let tasks = calls.into_iter().map(|call| {
        let (world, start) = (Arc::clone(world), Arc::clone(&start));
        tokio::spawn(async move {
            start.wait().await;
            world.send(call).await
        })
    });
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

/// How many attempts the audit trail calls a success, and how many it calls too late.
fn decided<S: Ports>(world: &World<S>) -> (usize, usize) {
    let events = world.sink.events();
    let count = |wanted: fn(&Outcome) -> bool| events.iter().filter(|event| wanted(&event.outcome)).count();
    (
        count(|outcome| matches!(outcome, Outcome::VerificationSucceeded { .. })),
        count(|outcome| matches!(outcome, Outcome::CompletionRefused { .. })),
    )
}
