//! Clients that stay below their limit are never refused, and waiting as long as an answer says is enough.

use std::time::Duration;

use super::{SECOND, World, device, limited, opening, passes, passing, server};
use crate::{Arrival, Route};

/// One request less than the quota in every period, spread evenly, for 200 periods over 4 processes.
#[tokio::test]
async fn a6_a_steady_client_just_below_its_limit_is_never_refused() {
    for (row, arrival) in
        [("tenant_enroll", server(Route::Enroll)), ("device", device(Route::Verify)), ("user", opening(1))]
    {
        let world = World::with_only(row, r#"{"quota": 20, "period_seconds": 60, "lease": 1}"#);
        let processes: Vec<_> = (0..4).map(|_| world.process()).collect();
        let pause = Duration::from_millis(60_000 / 19 + 1);

        for request in 0..200 * 19 {
            world.pass(pause);
            assert!(passes(&processes[request % 4], &arrival).await, "{row}: request {request}");
        }
    }
}

/// With leases it has to stay below the quota by what processes hold back: as much again as it has spent in this window, and half
/// of what it spent in the one before.
#[tokio::test]
async fn a6_with_leases_a_client_below_two_fifths_of_its_limit_is_never_refused() {
    for processes in [1, 8, 60, 300, 1_000] {
        let world = World::with_only("device", r#"{"quota": 1200, "period_seconds": 60, "lease": 5}"#);
        let processes: Vec<_> = (0..processes).map(|_| world.process()).collect();

        for request in 0..10 * 479_usize {
            world.pass(Duration::from_millis(125));
            // Not in turn: several requests come to one process in a window, none to others.
            let process = (request * request + request / 7) % processes.len();
            assert!(passes(&processes[process], &device(Route::Status)).await, "request {request}");
        }
    }
}

#[tokio::test]
async fn a6_a_counter_works_again_in_the_next_window() {
    let world = World::with_only("tenant_enroll", r#"{"quota": 3, "period_seconds": 60}"#);
    let process = world.process();
    for _ in 0..10 {
        assert_eq!(passing(&process, &server(Route::Enroll), 5).await, 3);
        world.pass(60 * SECOND);
    }
}

#[tokio::test]
async fn a7_waiting_as_long_as_the_answer_says_is_enough() {
    let rows = [
        ("global", server(Route::Status)),
        ("tenant_enroll", server(Route::Enroll)),
        ("source", server(Route::Status)),
        ("device", device(Route::Status)),
        ("user", opening(1)),
    ];
    for (row, arrival) in rows {
        let world = World::with_only(row, r#"{"quota": 17, "period_seconds": 60, "lease": 1}"#);
        let (process, cold) = (world.process(), world.process());
        for round in 0..10_u64 {
            world.pass(Duration::from_millis(round * 7_919));
            passing(&process, &arrival, 100).await;

            let refusal = limited(&process, &arrival).await;
            world.pass(refusal.retry_after);

            let waited = if round % 2 == 0 { &process } else { &cold };
            assert!(passes(waited, &arrival).await, "{row}, round {round}: {refusal:?}");
        }
    }
}

/// Of several limits that refuse, the answer names the one that refuses longest.
#[tokio::test]
async fn a7_the_longest_refusal_is_the_one_answered() {
    let world = World::with(
        r#"{"tenant_initiate": {"quota": 1, "period_seconds": 60}, "source": {"quota": 1, "period_seconds": 600, "penalty": "none"},
            "user": {"quota": 1, "period_seconds": 5}}"#,
    );
    let (one, cold) = (world.process(), world.process());
    assert!(passes(&one, &opening(1)).await);

    for process in [&one, &one, &cold] {
        let refusal = limited(process, &opening(1)).await;
        assert_eq!((refusal.limit, refusal.quota.get(), refusal.period), ("source", 1, 600 * SECOND));
        world.pass(refusal.retry_after);
        assert!(passes(process, &opening(1)).await);
    }
}

/// Three windows with a violation, then half an hour, whatever the process and how little is asked.
#[tokio::test]
async fn exceeding_a_penalised_limit_again_and_again_costs_time() {
    let world = World::with_only("device", r#"{"quota": 10, "period_seconds": 60}"#);
    let arrival = device(Route::Verify);
    let process = world.process();
    for _ in 0..2 {
        assert!(passing(&process, &arrival, 200).await <= 10);
        assert!(limited(&process, &arrival).await.retry_after <= 2 * 60 * SECOND);
        world.pass(180 * SECOND);
    }

    passing(&process, &arrival, 200).await;

    for process in [&process, &world.process()] {
        assert_eq!(limited(process, &arrival).await.retry_after, 30 * 60 * SECOND);
    }
    world.pass(30 * 60 * SECOND);
    assert!(passes(&process, &arrival).await);
}

/// A limit that is switched off lets everything in.
#[tokio::test]
async fn a_limit_that_is_off_refuses_nothing() {
    let world = World::with_only("user", r#"{"quota": 1}"#);
    let arrival = Arrival { user: None, ..opening(1) };

    assert_eq!(passing(&world.process(), &arrival, 100).await, 100);
    assert_eq!(world.draws(), 0);
}
