//! The limit of everybody is spread over counters, and adds up to its quota.

use futures_util::future::join_all;

use super::{SECOND, World, limited, passes, passing, server, tenant};
use crate::{Arrival, Route};

#[tokio::test]
async fn a4_the_shards_add_up_to_the_quota() {
    for quota in [1, 5, 16, 17, 1_000, 1_600] {
        let world = World::with_only("global", &format!(r#"{{"quota": {quota}, "period_seconds": 10, "lease": 1}}"#));
        let (arrival, processes) = (server(Route::Status), (0..8).map(|_| world.process()).collect::<Vec<_>>());

        let passed = join_all(processes.iter().map(|process| passing(process, &arrival, 1_000))).await;

        assert_eq!(passed.into_iter().sum::<usize>(), quota);
    }
}

#[tokio::test]
async fn a4_with_leases_the_shards_add_up_but_for_what_is_held() {
    let world = World::with_only("global", r#"{"quota": 6400, "period_seconds": 10, "lease": 50}"#);
    let (arrival, processes) = (server(Route::Status), (0..8).map(|_| world.process()).collect::<Vec<_>>());

    let passed = join_all(processes.iter().map(|process| passing(process, &arrival, 1_000))).await;

    let passed = passed.into_iter().sum::<usize>();
    assert!((6_400 - 8 * 49..=6_400).contains(&passed), "{passed}");
}

/// A request is refused by its shard, though others have permits: 15 times in a window and a process, since the next draws
/// elsewhere.
#[tokio::test]
async fn a_process_is_refused_early_at_most_once_by_each_shard() {
    let world = World::with_only("global", r#"{"quota": 1600, "period_seconds": 10, "lease": 1}"#);
    let (one, other) = (world.process(), world.process());
    passing(&one, &server(Route::Status), 1_500).await;

    let mut refused = 0;
    let mut passed = 0;
    for _ in 0..1_000 {
        if passes(&other, &server(Route::Status)).await {
            passed += 1;
        } else if passed < 100 {
            refused += 1;
        }
    }

    assert!(refused <= 15 && passed >= 85, "{refused} refused, {passed} passed");
}

#[tokio::test]
async fn everybody_shares_it_and_it_comes_back() {
    let world = World::with_only("global", r#"{"quota": 16, "period_seconds": 10}"#);
    let process = world.process();
    passing(&process, &server(Route::Status), 100).await;

    let refusal = limited(&process, &Arrival { tenant: tenant(2), ..server(Route::Enroll) }).await;

    assert_eq!((refusal.limit, refusal.quota.get()), ("global", 16));
    assert!(refusal.retry_after <= 10 * SECOND);
    world.pass(refusal.retry_after);
    assert_eq!(passing(&process, &server(Route::Status), 100).await, 16);
}

/// 10,000 draws of 1,000 processes: no shard has twice its part.
#[tokio::test]
async fn no_shard_is_hot() {
    let world = World::with_only("global", r#"{"quota": 10000000, "period_seconds": 10, "lease": 1}"#);
    for _ in 0..1_000 {
        assert_eq!(passing(&world.process(), &server(Route::Status), 10).await, 10);
    }

    let fullest = (0..16).map(|shard| drawn_from(&world, shard));
    let fullest = join_all(fullest).await.into_iter().max().unwrap();

    assert!(fullest < 2 * 10_000 / 16, "{fullest}");
}

/// How much was drawn from a shard: what one more draw says is left, less.
async fn drawn_from(world: &World, shard: u8) -> u32 {
    let row = world.policy.rows().iter().find(|row| row.name == "global").unwrap();
    let part = 10_000_000 / 16;
    let limit = domain::Limit { quota: std::num::NonZeroU32::new(part).unwrap(), ..row.limit.unwrap() };
    let key = domain::CounterKey::new("global", domain::LimitSubject::Everybody { shard });
    let now = domain::Clock::now(&*world.clock);
    let draw = domain::Draw { limit, permits: 1, id: domain::DrawId([0xee; 16]), now };
    match store::DrawPermits::draw_permits(&world.store, &key, &draw).await.unwrap() {
        domain::Drawn::Granted { remaining, .. } => part - remaining - 1,
        domain::Drawn::Refused { .. } => part,
    }
}
