//! Limits are exact, or off by no more than what is stated.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Clock, Counter, Draw, DrawId, Drawn, Limit};
use futures_util::future::join_all;
use jiff::Timestamp;
use proptest::prelude::*;

use super::{SECOND, World, address, device, key, opening, passes, passing, server, wait};
use crate::{Arrival, Route};

/// 8 processes with 1,000 requests each, at once.
#[tokio::test]
async fn a4_without_a_lease_8_processes_let_in_the_quota_and_no_other() {
    for (row, arrival) in
        [("tenant_enroll", server(Route::Enroll)), ("device", device(Route::Status)), ("user", opening(1))]
    {
        let world = World::with_only(row, r#"{"quota": 2000, "period_seconds": 60, "lease": 1}"#);
        let processes: Vec<_> = (0..8).map(|_| world.process()).collect();

        let passed = join_all(processes.iter().map(|process| passing(process, &arrival, 1_000))).await;

        assert_eq!(passed.into_iter().sum::<usize>(), 2_000, "{row}");
    }
}

#[tokio::test]
async fn a4_with_leases_8_processes_let_in_no_more_than_the_quota_and_less_only_by_what_they_hold() {
    for (quota, lease) in [(2_000, 50), (2_000, 3), (7_999, 50), (100, 50)] {
        let world = World::with_only("tenant_status", &format!(r#"{{"quota": {quota}, "lease": {lease}}}"#));
        let processes: Vec<_> = (0..8).map(|_| world.process()).collect();

        let arrival = server(Route::Status);

        let passed = join_all(processes.iter().map(|process| passing(process, &arrival, 1_000))).await;

        let passed = passed.into_iter().sum::<usize>();
        assert!(passed <= quota && passed + 8 * (lease - 1) >= quota, "{passed} of {quota} with leases of {lease}");
    }
}

/// All requests are used by processes that go on to ask: what one holds back, it spends.
#[tokio::test]
async fn a4_a_process_spends_all_that_it_draws() {
    let world = World::with_only("tenant_status", r#"{"quota": 1000, "lease": 50}"#);
    let process = world.process();

    assert_eq!(passing(&process, &server(Route::Status), 3_000).await, 1_000);
}

proptest! {
    /// One counter without leases, drawn from directly: every decision of every process is the same.
    #[test]
    fn a4_without_a_lease_every_decision_is_the_reference_models(
        row in 0_usize..3,
        quota in 1_u32..12,
        period in 1_u64..8,
        requests in prop::collection::vec((0_usize..4, 0_u64..900), 1..150),
    ) {
        let (name, arrival) =
            [("tenant_enroll", server(Route::Enroll)), ("device", device(Route::Status)), ("user", opening(1))][row];
        let fields = format!(r#"{{"quota": {quota}, "period_seconds": {period}, "lease": 1, "penalty": "none"}}"#);
        let world = World::with_only(name, &fields);
        let processes: Vec<_> = (0..4).map(|_| world.process()).collect();
        let mut model = Model::of(world.policy.rows().iter().find_map(|row| row.limit).unwrap());

        for (process, pause) in requests {
            world.pass(Duration::from_millis(pause));

            let passed = wait(passes(&processes[process], &arrival));

            prop_assert_eq!(passed, model.passes(world.clock.now()));
        }
    }

    /// With leases: in every window at most the quota, and nobody is refused while more than what others hold is left.
    #[test]
    fn a4_with_leases_the_stated_error_holds_in_every_window(
        quota in 1_usize..60,
        lease in 1_usize..12,
        requests in prop::collection::vec((0_usize..4, 0_u64..400), 1..300),
    ) {
        let lease = lease.min(quota);
        let world = World::with_only("tenant_status", &format!(r#"{{"quota": {quota}, "period_seconds": 10, "lease": {lease}}}"#));
        let processes: Vec<_> = (0..4).map(|_| world.process()).collect();
        let mut passed_by_window = BTreeMap::<i64, usize>::new();

        for (process, pause) in requests {
            world.pass(Duration::from_millis(pause));
            let passed = passed_by_window.entry(world.clock.now().as_second() / 10).or_default();
            if wait(passes(&processes[process], &server(Route::Status))) {
                *passed += 1;
                prop_assert!(*passed <= quota);
            } else {
                prop_assert!(*passed + processes.len() * (lease - 1) >= quota, "refused after {}", passed);
            }
        }
    }
}

/// Wherever the refusing limit stands in the table, what was drawn beside it is still there for later requests.
#[tokio::test]
async fn a4_permits_drawn_beside_a_refusal_go_back() {
    for refusing in ["tenant_initiate", "user"] {
        let once_a_second = r#"{"quota": 1, "period_seconds": 1, "lease": 1}"#;
        let twenty = r#"{"quota": 20, "period_seconds": 86400, "lease": 7}"#;
        let world = World::with(&format!(r#"{{"{refusing}": {once_a_second}, "source": {twenty}}}"#));
        let (one, other) = (world.process(), world.process());

        let mut passed = 0;
        for round in 0..50 {
            assert!(passes(&other, &Arrival { source: address(100 + round), ..opening(1) }).await);
            assert!(!passes(&one, &opening(1)).await);
            world.pass(SECOND);
            passed += usize::from(passes(&one, &opening(1)).await);
            world.pass(SECOND);
        }

        assert_eq!(passed, 20, "{refusing}");
    }
}

/// A request that is repeated under its key counts once, on whichever process.
#[tokio::test]
async fn a4_a_request_repeated_under_its_key_counts_once() {
    let world = World::with_only("user", r#"{"quota": 2, "period_seconds": 100}"#);
    let (one, other) = (world.process(), world.process());
    let with_key = |number| Arrival { key: Some(key(number)), ..opening(1) };

    for process in [&one, &other, &one] {
        assert!(passes(process, &with_key(1)).await);
    }

    assert!(passes(&other, &with_key(2)).await);
    assert!(!passes(&one, &with_key(3)).await);
}

/// A lease is drawn for many requests: the key of the one that drew it does not have it granted once more elsewhere.
#[tokio::test]
async fn a4_one_key_on_many_processes_draws_no_lease_twice() {
    let world = World::with_only("source", r#"{"quota": 20, "period_seconds": 100, "lease": 10}"#);
    let arrival = Arrival { key: Some(key(1)), ..opening(1) };

    let mut passed = 0;
    for _ in 0..8 {
        passed += passing(&world.process(), &arrival, 10).await;
    }

    assert!(passed <= 20, "{passed}");
}

/// An attempt's key belongs to its verification, so that the same one elsewhere is another request.
#[tokio::test]
async fn a4_attempts_under_one_key_count_each() {
    let world = World::with_only("device", r#"{"quota": 2, "period_seconds": 100, "lease": 1}"#);
    let attempt = Arrival { key: Some(key(1)), ..device(Route::Verify) };

    assert_eq!(passing(&world.process(), &attempt, 5).await, 2);
}

/// The same key on two routes that share a counter is two requests.
#[tokio::test]
async fn a4_one_key_on_two_routes_counts_twice() {
    let world = World::with_only("source", r#"{"quota": 2, "period_seconds": 100, "lease": 1}"#);
    let process = world.process();
    let with_key = |route| Arrival { key: Some(key(1)), ..server(route) };

    let passed = [passes(&process, &with_key(Route::Enroll)).await, passes(&process, &with_key(Route::Initiate)).await];

    assert_eq!(passed, [true, true]);
    assert!(!passes(&process, &server(Route::Status)).await);
}

/// A lease ends with its window: what is left of it is not let in later.
#[tokio::test]
async fn a4_a_lease_ends_with_its_window() {
    let world = World::with_only("tenant_status", r#"{"quota": 100, "period_seconds": 10, "lease": 100}"#);
    let (one, other) = (world.process(), world.process());
    passes(&one, &server(Route::Status)).await;

    world.pass(10 * SECOND);
    let by_other = passing(&other, &server(Route::Status), 200).await;
    let by_one = passing(&one, &server(Route::Status), 200).await;

    assert_eq!((by_other, by_one), (100, 0));
}

struct Model {
    limit: Limit,
    counter: Option<Counter>,
    requests: u8,
}

impl Model {
    fn of(limit: Limit) -> Self {
        Self { limit, counter: None, requests: 0 }
    }

    fn passes(&mut self, now: Timestamp) -> bool {
        self.requests += 1;
        let draw = Draw { limit: self.limit, permits: 1, id: DrawId([self.requests; 16]), now };
        let (drawn, after) = Counter::draw(self.counter.as_ref(), &draw);
        self.counter = after.or(self.counter.take());
        matches!(drawn, Drawn::Granted { .. })
    }
}
