//! L5: the audit queue slow, refusing or gone. Answers come as ever and in bounded time, and no event is lost. Time is virtual: a
//! queue that does not answer is waited for without anybody waiting.

use std::time::Duration;

use audit::{Behaviour, Event, KEEP_DEADLINE, Outcome, PAUSE, SEND_DEADLINE};
use countersign_tests::{Answer, Call, Opened, Person, World};
use serde_json::json;
use store::{DrainOutbox, OUTBOX_PARTS, StoreErrorKind};
use testkit::Fault;
use tokio::time::Instant;

use crate::problems::{problem, success};

/// What queues do that do not work.
const BROKEN: [Behaviour; 4] =
    [Behaviour::Fail, Behaviour::Hang, Behaviour::LoseAnswer, Behaviour::Slow(Duration::from_millis(501))];

#[tokio::test(start_paused = true)]
async fn l5_without_a_queue_one_answer_waits_for_the_deadline_and_no_event_is_lost() {
    for broken in BROKEN {
        let (world, person) = scene().await;
        world.sink.behave(broken);

        let (opening, first_took) = timed(&world, world.initiating(&person.id)).await;
        let opened = Opened::from(&opening);
        let (wrong, wrong_took) = timed(&world, world.attempting(&opened, &person.wrong(&opened.asked))).await;
        let (right, right_took) = timed(&world, world.attempting(&opened, &person.right(&opened.asked))).await;

        let answers = [opening.told(), wrong.told(), right.told()];
        assert_eq!(answers, [success(201), problem(401, "authentication-failed"), success(200)], "{broken:?}");
        let answers_late = matches!(broken, Behaviour::Hang | Behaviour::Slow(_));
        let waited = if answers_late { SEND_DEADLINE } else { Duration::ZERO };
        assert_eq!([first_took, wrong_took, right_took], [waited, Duration::ZERO, Duration::ZERO], "{broken:?}");
        let told = if broken == Behaviour::LoseAnswer { vec!["opened"] } else { Vec::new() };
        assert_eq!(names(&world.sink.events()[1..]), told, "{broken:?}");
        assert_eq!(names(&kept(&world).await), ["enrolled", "opened", "succeeded", "wrong"], "{broken:?}");
        world.sink.behave(Behaviour::Record);
        assert_eq!(names(&world.trail().await), ["enrolled", "opened", "succeeded", "wrong"], "{broken:?}");
        assert!(kept(&world).await.is_empty(), "{broken:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn l5_a_queue_that_is_slow_within_its_deadline_is_waited_for() {
    let (world, person) = scene().await;
    let slow = SEND_DEADLINE.saturating_sub(Duration::from_millis(1));
    world.sink.behave(Behaviour::Slow(slow));

    let (opening, opening_took) = timed(&world, world.initiating(&person.id)).await;
    let opened = Opened::from(&opening);
    let (right, right_took) = timed(&world, world.attempting(&opened, &person.right(&opened.asked))).await;

    assert_eq!([opening.told(), right.told()], [success(201), success(200)]);
    assert_eq!([opening_took, right_took], [slow, slow]);
    assert_eq!(names(&world.sink.events()), ["enrolled", "opened", "succeeded"]);
    assert_eq!(names(&kept(&world).await), ["enrolled"], "which its own write keeps");
}

#[tokio::test(start_paused = true)]
async fn l5_the_queue_is_asked_again_after_the_pause_and_once_in_each() {
    let (world, person) = scene().await;
    world.sink.behave(Behaviour::Hang);
    let almost = PAUSE.saturating_sub(Duration::from_millis(1));

    let mut took = Vec::new();
    for later in [Duration::ZERO, Duration::ZERO, almost, Duration::from_millis(1), Duration::ZERO] {
        world.clock.advance(later);
        took.push(timed(&world, world.initiating(&person.id)).await.1);
    }
    world.sink.behave(Behaviour::Record);
    world.clock.advance(PAUSE);
    took.push(timed(&world, world.initiating(&person.id)).await.1);

    let [waits, none] = [SEND_DEADLINE, Duration::ZERO];
    assert_eq!(took, [waits, none, none, waits, none, none]);
    assert_eq!((kept(&world).await.len(), names(&world.sink.events())), (1 + 5, vec!["enrolled", "opened"]));
    assert_eq!(world.trail().await.len(), 7);
}

/// Neither the queue nor the outbox: nobody gets in, and the retries record what was missing.
#[tokio::test(start_paused = true)]
async fn l5_without_queue_and_outbox_nothing_succeeds_and_the_retries_do() {
    for broken in BROKEN {
        for lost in [Fault::FailBefore(StoreErrorKind::Unavailable), Fault::HangBefore, LOST_ANSWER] {
            let (world, person) = scene().await;
            let [of_wrong, of_right] = [world.opened(&person).await, world.opened(&person).await];
            let calls = [
                world.initiating(&person.id),
                world.attempting(&of_wrong, &person.wrong(&of_wrong.asked)),
                world.attempting(&of_right, &person.right(&of_right.asked)),
            ];
            world.sink.behave(broken);
            (1..=9).for_each(|nth| world.store.faults().plan("KeepEvents", nth, lost));

            for call in &calls {
                for _ in 0..2 {
                    let (answer, took) = timed(&world, call.clone()).await;
                    let place = format!("{broken:?} {lost:?} {answer:?}");
                    assert_eq!(answer.told(), problem(503, "unavailable"), "{place}");
                    assert_eq!(answer.header("retry-after"), ["1"], "{place}");
                    assert!(took <= SEND_DEADLINE + KEEP_DEADLINE, "{took:?} {place}");
                }
            }
            world.store.faults().clear();
            world.sink.behave(Behaviour::Record);
            let mut answers = Vec::new();
            for call in calls {
                answers.push(world.send(call).await.told());
            }

            assert_eq!(answers, [success(201), problem(401, "authentication-failed"), success(200)]);
            let expected = ["enrolled", "opened", "opened", "opened", "succeeded", "wrong"];
            assert_eq!(names(&world.trail().await), expected, "{broken:?} {lost:?}");
        }
    }
}

/// What is durable keeps its event itself: nothing is written for it besides, and nothing waits for the queue again.
#[tokio::test(start_paused = true)]
async fn l5_enrolling_revoking_and_operating_go_on_without_a_queue() {
    for broken in BROKEN {
        let (world, person) = scene().await;
        let opened = world.opened(&person).await;
        let token = world.attempt(&opened, &person.right(&opened.asked)).await.text("refresh_token");
        let unlock =
            json!({"command": "unlock_account", "tenant_id": world.tenant.id.to_string(), "user_id": person.id});
        let opened = world.opened(&person).await;
        world.attempt(&opened, &person.wrong(&opened.asked)).await;
        world.sink.behave(broken);
        world.store.faults().plan("KeepEvents", 1, Fault::FailBefore(StoreErrorKind::Unavailable));

        let (enrolled, first_took) = timed(&world, world.enrolling(&Person::new(2, &["pin", "nfc"]))).await;
        let (revoked, then_took) = timed(&world, world.revoking(&token)).await;
        world.tell(&unlock.to_string()).await.unwrap();

        assert_eq!([enrolled.told(), revoked.told()], [success(201), success(200)], "{broken:?}");
        assert!(first_took <= SEND_DEADLINE && then_took == Duration::ZERO, "{broken:?}");
        assert_eq!(world.store.faults().still_planned(), 1, "the outbox was not written by itself");
        world.sink.behave(Behaviour::Record);
        let trail = world.trail().await;
        let expected = ["enrolled", "enrolled", "opened", "opened", "revoked", "succeeded", "unlocked", "wrong"];
        assert_eq!(names(&trail), expected, "{broken:?}");
    }
}

/// A user who is enrolled already is told so once that is recorded, and not before.
#[tokio::test(start_paused = true)]
async fn l5_a_refused_enrollment_is_told_once_it_is_recorded() {
    let (world, person) = scene().await;
    let call = world.enrolling(&person);
    world.sink.behave(Behaviour::Hang);
    world.store.faults().plan("KeepEvents", 1, Fault::FailBefore(StoreErrorKind::Unavailable));

    let failed = world.send(call.clone()).await;
    let refused = world.send(call.clone()).await;
    let again = world.send(call).await;

    assert_eq!(failed.told(), problem(503, "unavailable"));
    assert_eq!([refused.told(), again.told()], [problem(409, "already-enrolled"), problem(409, "already-enrolled")]);
    world.sink.behave(Behaviour::Record);
    assert_eq!(names(&world.trail().await), ["enrolled", "refused"]);
}

#[tokio::test]
async fn v3_a_lock_is_told_together_with_the_attempt_that_locked() {
    let (world, person) = scene().await;
    for _ in 0..4 {
        let opened = world.opened(&person).await;
        world.attempt(&opened, &person.wrong(&opened.asked)).await;
    }
    let opened = world.opened(&person).await;
    let (_before, told) = (world.store.recorder().take(), world.sink.events().len());

    world.attempt(&opened, &person.wrong(&opened.asked)).await;

    let sent = world.store.recorder().take().calls().iter().filter(|call| call.port == "SendEvents").count();
    assert_eq!((sent, names(&world.sink.events()[told..])), (1, vec!["locked", "wrong"]));
}

const LOST_ANSWER: Fault = Fault::FailAfter(StoreErrorKind::Unavailable);

/// A person who is enrolled, and processes that have all that they need.
async fn scene() -> (World, Person) {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    (world, person)
}

async fn timed(world: &World, call: Call) -> (Answer, Duration) {
    let began = Instant::now();
    let answer = world.send(call).await;
    (answer, began.elapsed())
}

/// What is in the outbox.
async fn kept(world: &World) -> Vec<Event> {
    let mut kept = Vec::new();
    for part in 0..OUTBOX_PARTS {
        let events = world.tables.outbox_events(part, u16::MAX).await.unwrap();
        kept.extend(events.iter().map(|event| Event::parse(&event.payload).unwrap()));
    }
    kept
}

/// What happened, sorted by name.
fn names(events: &[Event]) -> Vec<&'static str> {
    let mut names: Vec<_> = events.iter().map(|event| name(&event.outcome)).collect();
    names.sort_unstable();
    names
}

fn name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::EnrollmentCreated { .. } => "enrolled",
        Outcome::EnrollmentRefused { .. } => "refused",
        Outcome::VerificationOpened { .. } => "opened",
        Outcome::AttemptWrong { .. } => "wrong",
        Outcome::VerificationSucceeded { .. } => "succeeded",
        Outcome::AccountLocked { .. } => "locked",
        Outcome::AccountUnlocked { .. } => "unlocked",
        Outcome::SessionRevoked { .. } => "revoked",
        _ => "something else",
    }
}
