//! What a decision costs the store.

use super::{SECOND, World, device, opening, passes, passing, server};
use crate::Route;

#[tokio::test]
async fn b5_a_cold_process_asks_for_everything_in_one_wait() {
    let world = World::with("");

    assert!(passes(&world.process(), &opening(1)).await);

    let trace = world.store.recorder().take();
    assert_eq!((trace.serial_waits(), trace.writes()), (1, 4));
    assert_eq!(trace.calls().len(), 5);
}

#[tokio::test]
async fn b5_a_warm_process_asks_once_for_a_user_and_not_at_all_otherwise() {
    let world = World::with("");
    let process = world.process();
    passing(&process, &opening(1), 60).await;
    passing(&process, &server(Route::Status), 60).await;
    world.draws();

    assert!(passes(&process, &opening(2)).await);
    let of_opening = world.draws();
    assert!(passes(&process, &server(Route::Status)).await);

    assert_eq!((of_opening, world.draws()), (1, 0));
}

#[tokio::test]
async fn b5_a_thousand_requests_of_a_busy_process_cost_few_draws() {
    let world = World::with("");
    let process = world.process();

    for _ in 0..1_000 {
        assert!(passes(&process, &server(Route::Status)).await);
    }

    // Three counters: draws of 5, 5, 10, 20 and 40, then of 50.
    assert_eq!(world.draws(), 3 * (5 + 19));
}

/// Concurrent requests wait for one draw of each counter and share it.
#[tokio::test]
async fn b5_requests_at_once_share_a_draw() {
    let world = World::with("");
    let process = world.process();

    assert_eq!(passing(&process, &server(Route::Status), 5).await, 5);

    let trace = world.store.recorder().take();
    assert_eq!((trace.serial_waits(), trace.calls().len()), (1, 4));
}

#[tokio::test]
async fn b5_a_flood_beyond_a_limit_costs_the_store_nothing() {
    for arrival in [opening(1), server(Route::Enroll), device(Route::Verify)] {
        let world = World::with(
            r#"{"user": {"quota": 1}, "tenant_enroll": {"quota": 1}, "device": {"quota": 10, "lease": 10}}"#,
        );
        let process = world.process();
        passing(&process, &arrival, 12).await;
        world.pass(SECOND / 100);
        world.draws();

        assert_eq!(passing(&process, &arrival, 1_000).await, 0);

        assert_eq!(world.draws(), 0);
    }
}

/// The second window of a busy process begins with a large draw.
#[tokio::test]
async fn a_process_draws_by_what_it_spent_before() {
    let world = World::with_only("tenant_status", r#"{"quota": 100000, "period_seconds": 60}"#);
    let process = world.process();
    passing(&process, &server(Route::Status), 1_000).await;
    world.pass(60 * SECOND);
    world.draws();

    for _ in 0..50 {
        passes(&process, &server(Route::Status)).await;
    }

    assert_eq!(world.draws(), 1);
}
