//! V3: failures count per account, and a lock ends when it ends.

use std::time::Duration;

use audit::Outcome;
use countersign_tests::{Embedded, Opened, Person, Ports, World};
use domain::{Clock, LADDER};
use jiff::Timestamp;
use serde_json::json;
use store::FindAccount;

use crate::backends::Valkey;
use crate::problems::{problem, success};

#[tokio::test]
async fn v3_the_ladder_holds_across_verifications_sources_and_restarts_in_memory() {
    for rung in LADDER {
        climb(World::new().await, rung).await;
    }
}

#[tokio::test]
async fn v3_the_ladder_holds_across_verifications_sources_and_restarts_on_embedded_dynamodb() {
    for rung in LADDER {
        climb(World::on(Embedded::start().await.store).await, rung).await;
    }
}

#[tokio::test]
async fn v3_the_ladder_holds_across_verifications_sources_and_restarts_on_valkey() {
    let valkey = Valkey::start().await;
    for rung in LADDER {
        Box::pin(climb(valkey.world().await, rung)).await;
    }
}

/// Fails up to a rung, each time in a verification of its own, from an address of its own and in new processes; the lock holds for
/// its time to the millisecond.
async fn climb<S: Ports>(mut world: World<S>, (rung, lock): (usize, Duration)) {
    let person = world.enrolled(1, &["pin", "nfc"]).await;

    let mut locked_at = world.clock.now();
    for failure in 1..=rung {
        world.restart();
        locked_at = world.clock.now();
        assert_eq!(wrong(&world, &person, failure).await, 401);
        let last = locks(&world).last().copied();
        if let Some((_, duration)) = LADDER.iter().find(|(failures, _)| *failures == failure) {
            assert_eq!(last, Some((failure, locked_at + *duration)));
            if failure < rung {
                world.clock.advance(*duration);
            }
        } else {
            world.clock.advance(Duration::from_secs(7));
        }
    }
    world.restart();
    world.clock.advance(lock.saturating_sub(Duration::from_millis(1)));
    let before = right(&world, &person).await;
    world.clock.advance(Duration::from_millis(1));
    let after = right(&world, &person).await;

    assert_eq!(world.clock.now(), locked_at + lock);
    assert_eq!((before, after), (401, 200), "rung {rung}");
    assert_eq!(failures(&world, &person).await, 0);
    let rungs = LADDER.iter().filter(|(failures, _)| *failures <= rung).count();
    assert_eq!(locks(&world).len(), rungs, "one event for each lock");
    assert_eq!(while_locked(&world), 1);
}

#[tokio::test]
async fn v3_an_attempt_while_locked_neither_counts_nor_extends_in_memory() {
    knock(World::new().await).await;
}

#[tokio::test]
async fn v3_an_attempt_while_locked_neither_counts_nor_extends_on_embedded_dynamodb() {
    knock(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test]
async fn v3_an_attempt_while_locked_neither_counts_nor_extends_on_valkey() {
    Box::pin(knock(Valkey::start().await.world().await)).await;
}

/// Knocks at a locked door for as long as it is locked, right and wrong.
async fn knock<S: Ports>(world: World<S>) {
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    for failure in 1..=5 {
        wrong(&world, &person, failure).await;
    }

    for knock in 0..22 {
        assert_eq!(wrong(&world, &person, knock).await, 401);
        assert_eq!(right(&world, &person).await, 401);
        assert_eq!(failures(&world, &person).await, 5);
        world.clock.advance(Duration::from_secs(40));
    }
    world.clock.advance(Duration::from_secs(20));

    assert_eq!(right(&world, &person).await, 200);
    assert_eq!((while_locked(&world), locks(&world).len()), (44, 1));
}

#[tokio::test]
async fn v3_success_forgets_failures() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;

    for _ in 0..5 {
        for failure in 1..=4 {
            assert_eq!(wrong(&world, &person, failure).await, 401);
        }
        assert_eq!(failures(&world, &person).await, 4);
        assert_eq!(right(&world, &person).await, 200);
        assert_eq!(failures(&world, &person).await, 0);
    }

    assert_eq!(locks(&world), []);
}

#[tokio::test]
async fn v3_failures_are_forgotten_a_day_after_the_latest() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    for (waiting, is_locked) in [(DAY.saturating_sub(Duration::from_millis(1)), true), (DAY, false)] {
        let world = World::new().await;
        let person = world.enrolled(1, &["pin", "nfc"]).await;
        for failure in 1..=4 {
            wrong(&world, &person, failure).await;
        }

        world.clock.advance(waiting);
        wrong(&world, &person, 5).await;

        assert_eq!(locks(&world).len(), usize::from(is_locked));
        assert_eq!(right(&world, &person).await, if is_locked { 401 } else { 200 });
    }
}

#[tokio::test]
async fn v3_failures_of_one_account_lock_no_other() {
    let world = World::new().await;
    let (locked, other) = (world.enrolled(1, &["pin", "nfc"]).await, world.enrolled(2, &["pin", "nfc"]).await);

    for failure in 1..=7 {
        wrong(&world, &locked, failure).await;
    }

    assert_eq!((right(&world, &locked).await, right(&world, &other).await), (401, 200));
}

/// Four failures from every verification at once: what is reserved and not decided yet counts, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn v3_of_64_wrong_attempts_at_once_five_count() {
    let world = std::sync::Arc::new(World::new().await);
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let mut calls = Vec::new();
    for _ in 0..64 {
        let opened = world.opened(&person).await;
        calls.push(world.attempting(&opened, &person.wrong(&opened.asked)));
    }

    let answers = crate::verification::at_once(&world, calls).await;

    assert!(answers.iter().all(|answer| answer.told() == problem(401, "authentication-failed")));
    assert_eq!(failures(&world, &person).await, 5);
    assert_eq!((locks(&world).len(), while_locked(&world)), (1, 59));
}

#[tokio::test]
async fn v3_an_operator_unlocks_in_memory() {
    unlock(World::new().await).await;
}

#[tokio::test]
async fn v3_an_operator_unlocks_on_embedded_dynamodb() {
    unlock(World::on(Embedded::start().await.store).await).await;
}

/// The operator's use case ends a lock at once, and the ladder begins anew.
async fn unlock<S: Ports>(world: World<S>) {
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    for failure in 1..=6 {
        wrong(&world, &person, failure).await;
    }
    let locked = right(&world, &person).await;
    let sixth = while_locked(&world);

    unlocked(&world, &person).await;
    let mut after = Vec::new();
    for failure in 1..=4 {
        after.push(wrong(&world, &person, failure).await);
    }
    after.push(right(&world, &person).await);
    unlocked(&world, &person).await;

    assert_eq!((locked, sixth), (401, 2));
    assert_eq!(after, [401, 401, 401, 401, 200]);
    let unlocks = world.sink.events().into_iter().filter_map(|event| match event.outcome {
        Outcome::AccountUnlocked { failures } => Some(failures),
        _ => None,
    });
    assert_eq!(unlocks.collect::<Vec<_>>(), [5, 0]);
    assert_eq!(while_locked(&world), 2, "nothing after the unlocking was locked");
}

/// Whoever has no credentials strikes at every opportunity, and the user comes at the `gap`th instant at which a lock ends.
#[tokio::test]
async fn v3_a_hostile_week_leaves_a_gap_after_each_lock() {
    let mut gaps = 0;
    loop {
        let world = World::new().await;
        let person = world.enrolled(1, &["pin", "nfc"]).await;
        let began = world.clock.now();
        for _ in 0..=gaps {
            strike_until_locked(&world, &person).await;
        }
        if began + WEEK < world.clock.now() {
            break;
        }

        assert_eq!(right(&world, &person).await, 200, "gap {gaps} at {}", world.clock.now());
        let compared = count(&world, |outcome| matches!(outcome, Outcome::AttemptWrong { .. }));
        // 15 minutes, 4 hours and 24 hours.
        let cycles = 1 + world.clock.now().duration_since(began).as_mins() / (28 * 60 + 15);
        assert!(i64::try_from(compared).unwrap() <= 10 * cycles, "{compared} guesses in {cycles} cycles");
        gaps += 1;
    }

    assert_eq!(gaps, 17, "three locks in 28 and a quarter hours");
}

#[tokio::test]
async fn v3_in_a_hostile_week_the_user_gets_in_each_time_that_a_lock_ends() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let began = world.clock.now();

    let mut entered = 0;
    while world.clock.now() < began + WEEK {
        strike_until_locked(&world, &person).await;
        assert_eq!(right(&world, &person).await, 200, "at {}", world.clock.now());
        entered += 1;
    }

    assert_eq!(entered, 7 * 24 * 4, "every 15 minutes");
}

/// Wrong attempts until the account is locked, and the wait for the end of the lock.
async fn strike_until_locked(world: &World, person: &Person) {
    let before = locks(world).len();
    for strike in 0.. {
        assert!(strike < 10, "the account never locks");
        wrong(world, person, strike).await;
        if let Some((_, until)) = locks(world).get(before) {
            let lock = until.duration_since(world.clock.now());
            world.clock.advance(lock.try_into().unwrap());
            return;
        }
    }
}

/// A wrong attempt in a verification of its own, from an address of its own; the answer's status.
async fn wrong<S: Ports>(world: &World<S>, person: &Person, number: usize) -> u16 {
    let source = format!("203.0.113.{number}");
    let opened = Opened::from(&world.send(world.initiating(&person.id).from_address(&source)).await);
    let call = world.attempting(&opened, &person.wrong(&opened.asked));
    let answer = world.send(call.from_address(&source)).await;
    assert_eq!(answer.told(), problem(401, "authentication-failed"));
    answer.status
}

/// The status of a right attempt in a verification of its own.
async fn right<S: Ports>(world: &World<S>, person: &Person) -> u16 {
    let opened = world.opened(person).await;
    let answer = world.attempt(&opened, &person.right(&opened.asked)).await;
    let told = answer.told();
    assert!(told == success(200) || told == problem(401, "authentication-failed"), "{answer:?}");
    answer.status
}

/// Tells admin to unlock a person's account.
async fn unlocked<S: Ports>(world: &World<S>, person: &Person) {
    let (tenant, user) = (world.tenant.id.to_string(), &person.id);
    let command = json!({ "command": "unlock_account", "tenant_id": tenant, "user_id": user });
    world.tell(&command.to_string()).await.unwrap();
}

/// How many failures the account holds.
pub(crate) async fn failures<S: Ports>(world: &World<S>, person: &Person) -> usize {
    let account = world.store.find_account(world.tenant.id, person.id.parse().unwrap()).await.unwrap();
    account.map_or(0, |account| account.failures.instants().len())
}

/// The locks that the audit trail tells of.
fn locks<S: Ports>(world: &World<S>) -> Vec<(usize, Timestamp)> {
    let locks = world.sink.events().into_iter().filter_map(|event| match event.outcome {
        Outcome::AccountLocked { failures, until } => Some((usize::from(failures), until)),
        _ => None,
    });
    locks.collect()
}

fn while_locked<S: Ports>(world: &World<S>) -> usize {
    count(world, |outcome| matches!(outcome, Outcome::AttemptWhileLocked { .. }))
}

fn count<S: Ports>(world: &World<S>, wanted: fn(&Outcome) -> bool) -> usize {
    world.sink.events().iter().filter(|event| wanted(&event.outcome)).count()
}

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);
