//! Several writers, and shards that somebody else has.

use std::future::pending;
use std::time::Duration;

use audit_log::shard_of;
use futures_util::future::join_all;
use store::{LeaseShard, Leasing, ShardLease};
use testkit::Observation;
use tokio::time::{Instant, timeout};

use crate::world::{World, batch_of, event, events, failed};

const OTHER: [u8; 16] = [9; 16];

async fn hold(world: &World, shard: u16, length: Duration) -> ShardLease {
    let (lease, now) = (ShardLease { shard, holder: OTHER }, jiff_now(world));
    let leasing = world.memory.lease_shard(&lease, now, now + length).await.unwrap();
    assert!(matches!(leasing, Leasing::Leased(_)));
    lease
}

fn jiff_now(world: &World) -> jiff::Timestamp {
    domain::Clock::now(&*world.clock)
}

/// The numbers of those events that are in this shard of two.
fn in_shard(shard: u16, numbers: std::ops::Range<u32>) -> Vec<u32> {
    numbers.filter(|number| shard_of(event(*number).id, 2) == shard).collect()
}

#[tokio::test(start_paused = true)]
async fn l2_two_writers_at_once_over_the_same_messages_write_each_event_once() {
    for shards in [1, 4] {
        let world = World::new(shards);
        let (one, other) =
            (world.observed_writer(&Observation::default(), 1), world.observed_writer(&Observation::default(), 2));

        let (first, second) = tokio::join!(
            one.write(batch_of(0..20), world.deadline()),
            other.write(batch_of((0..20).rev()), world.deadline())
        );

        assert_eq!((failed(&first), failed(&second)), (vec![], vec![]));
        world.assert_holds(&events(0..20)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn l2_many_writers_at_once_over_overlapping_batches_write_each_event_once() {
    let world = World::new(4);
    let writers: Vec<_> =
        (0..8_u32).map(|seed| world.observed_writer(&Observation::default(), u64::from(seed))).collect();

    let writing = (0..)
        .step_by(10)
        .zip(&writers)
        .map(|(first, writer)| writer.write(batch_of(first..first + 30), world.deadline()));
    let answers = join_all(writing).await;

    assert!(answers.iter().all(|answer| failed(answer).is_empty()));
    world.assert_holds(&events(0..100)).await;
    assert!(world.is_settled().await);
}

#[tokio::test(start_paused = true)]
async fn a_shard_that_somebody_has_is_asked_for_again_after_the_others() {
    let world = World::new(2);
    let lease = hold(&world, 1, Duration::from_secs(60)).await;

    let (failed_ids, ()) = tokio::join!(world.deliver(batch_of(0..10)), async {
        let _elapsed = timeout(Duration::from_secs(5), pending::<()>()).await;
        let logged: Vec<_> = world.logged().into_keys().collect();
        assert_eq!(logged, in_shard(0, 0..10).into_iter().map(|number| event(number).id).collect::<Vec<_>>());
        world.memory.release_shard(&lease, None).await.unwrap();
    });

    assert_eq!(failed_ids, [""; 0]);
    world.assert_holds(&events(0..10)).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_free_in_time_is_named_as_failed_before_the_deadline() {
    let world = World::new(2);
    hold(&world, 1, Duration::from_secs(600)).await;
    let begun = Instant::now();

    let failed_ids = world.deliver(batch_of(0..10)).await;

    let held: Vec<_> = in_shard(1, 0..10).iter().map(|number| format!("m-{number}")).collect();
    assert_eq!(failed_ids, held);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    world.assert_holds(&events(in_shard(0, 0..10))).await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_over_is_taken() {
    let world = World::new(2);
    hold(&world, 1, Duration::from_secs(30)).await;
    world.clock.advance(Duration::from_secs(30));

    assert_eq!(world.deliver(batch_of(0..10)).await, [""; 0]);
    world.assert_holds(&events(0..10)).await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_ends_with_its_lease_whether_or_not_it_succeeded() {
    let world = World::new(1);
    let observation = Observation::default();
    observation.faults.plan("AppendBatch", 1, testkit::Fault::FailBefore(store::StoreErrorKind::Throttled));

    let first = world.observed_writer(&observation, 1).write(batch_of(0..3), world.deadline()).await;

    assert_eq!(failed(&first).len(), 3);
    hold(&world, 0, Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_is_over_fails_every_message_and_leaves_the_log_whole() {
    let world = World::new(1);

    let response = world.writer().write(batch_of(0..3), jiff_now(&world)).await;

    assert_eq!(failed(&response), ["m-0", "m-1", "m-2"]);
    world.clock.advance(Duration::from_secs(31));
    assert_eq!(world.deliver(batch_of(0..3)).await, [""; 0]);
    world.assert_holds(&events(0..3)).await;
}
