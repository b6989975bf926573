//! Writers that die or lose an answer, wherever they are.

use std::time::Duration;

use store::StoreErrorKind;
use testkit::{Fault, Observation};

use crate::world::{PORTS, World, batch_of, dies_after, events, failed};

/// A log that has a batch already, and so a head to chain to.
async fn world(shards: u16) -> World {
    let world = World::new(shards);
    assert_eq!(world.deliver(batch_of(0..4)).await, [""; 0]);
    world
}

/// Longer than any lease.
fn later(world: &World) {
    world.clock.advance(Duration::from_secs(31));
}

#[tokio::test(start_paused = true)]
async fn l2_a_writer_may_die_at_any_await_and_nothing_is_lost_or_double() {
    for shards in [1, 3] {
        for polls in 0.. {
            let world = world(shards).await;

            let answer = dies_after(world.writer().write(batch_of(2..12), world.deadline()), polls).await;
            later(&world);
            let redelivered = world.deliver(batch_of(2..12)).await;

            assert_eq!(redelivered, [""; 0], "died after {polls} polls");
            world.assert_holds(&events(0..12)).await;
            assert!(world.is_settled().await, "died after {polls} polls");
            if answer.is_some() {
                assert!(polls >= 8, "{polls} polls are not all awaits of a turn");
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn l2_the_writer_that_settles_may_die_at_any_await_too() {
    for first in 4..9 {
        for second in 0..16 {
            let world = world(1).await;

            let died = dies_after(world.writer().write(batch_of(2..8), world.deadline()), first).await;
            assert!(died.is_none(), "{first}");
            later(&world);
            let _died = dies_after(world.writer().write(batch_of(6..12), world.deadline()), second).await;
            later(&world);
            let redelivered = world.deliver(batch_of(2..12)).await;

            assert_eq!(redelivered, [""; 0], "died after {first} and {second} polls");
            world.assert_holds(&events(0..12)).await;
            assert!(world.is_settled().await, "died after {first} and {second} polls");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn l2_any_answer_may_be_lost_and_what_is_acknowledged_is_in_the_log() {
    let kind = StoreErrorKind::Unavailable;
    for port in PORTS {
        for fault in [Fault::FailBefore(kind), Fault::FailAfter(kind), Fault::HangBefore, Fault::HangAfter] {
            for nth in 1.. {
                let world = world(2).await;
                let observation = Observation::default();
                observation.faults.plan(port, nth, fault);

                let writer = world.observed_writer(&observation, 1);
                let response = writer.write(batch_of(2..12), world.deadline()).await;
                let mut left = failed(&response);
                later(&world);
                // The queue delivers what failed again, and nothing else.
                let again = |left: &[String]| batch_of((2..12).filter(|number| left.contains(&format!("m-{number}"))));
                left = world.deliver(again(&left)).await;

                assert_eq!(left, [""; 0], "{fault:?} at call {nth} of {port}");
                world.assert_holds(&events(0..12)).await;
                if observation.faults.still_planned() > 0 {
                    assert!(nth > 1, "{port} is never called");
                    break;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn l2_a_writer_that_stood_still_finds_its_shard_taken_and_writes_nothing_twice() {
    for polls in 0.. {
        let world = world(1).await;
        let slow = world.writer();
        let mut writing = Box::pin(slow.write(batch_of(2..12), world.deadline()));

        let ended = dies_after(writing.as_mut(), polls).await;
        later(&world);
        let others = world.deliver(batch_of(4..14)).await;
        if ended.is_some() {
            break;
        }
        let response = writing.await;

        assert_eq!(others, [""; 0], "stood still after {polls} polls");
        assert_eq!(world.deliver(batch_of(2..12)).await, [""; 0]);
        world.assert_holds(&events(0..14)).await;
        let failed = failed(&response);
        assert!(failed.is_empty() || failed.len() == 10, "{failed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn l2_two_writers_that_stand_still_in_turn_never_publish_a_batch_that_was_not_appended() {
    for first in 3..9 {
        for second in 2..12 {
            let world = world(1).await;
            let (one, other) = (world.writer(), world.writer());
            let mut early = Box::pin(one.write(batch_of(2..8), world.deadline()));
            assert!(dies_after(early.as_mut(), first).await.is_none(), "{first}");
            later(&world);
            let mut late = Box::pin(other.write(batch_of(6..12), world.deadline()));
            let ended = dies_after(late.as_mut(), second).await;

            let _early = early.await;
            let ended = match ended {
                Some(response) => response,
                None => late.await,
            };

            // Nobody is in the way of the one that has the shard.
            assert_eq!(failed(&ended), [""; 0], "stood still after {first} and {second} polls");
            assert_eq!(world.deliver(batch_of(2..12)).await, [""; 0], "after {first} and {second} polls");
            world.assert_holds(&events(0..12)).await;
        }
    }
}
