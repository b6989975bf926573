//! A store that does not answer widens nothing.

use domain::{ListedAccess, ListedSubject, Listing};
use futures_util::future::join_all;
use store::{ChangeListings, StoreErrorKind};
use testkit::{Fault, FaultStore};

use super::{SECOND, World, no_event, opening, passes, passing, server, tenant};
use crate::{Admission, Arrival, Refusal, Route};

#[tokio::test]
async fn b3_a_draw_that_fails_lets_nobody_in() {
    for fault in [Fault::FailBefore(StoreErrorKind::Unavailable), Fault::FailAfter(StoreErrorKind::Throttled)] {
        for nth in 1..=4 {
            let world = World::with("");
            world.store.faults().plan("DrawPermits", nth, fault);

            let refused = world.process().admit(&opening(1)).await;

            assert!(matches!(refused, Err(Refusal::Store(_))), "{refused:?}");
            assert_eq!(world.store.faults().still_planned(), 0);
        }
    }
}

/// Those that wait for a draw share its failure, so that all are answered within one call's time.
#[tokio::test]
async fn b3_whoever_waits_for_a_draw_shares_its_failure() {
    let world = World::with_only("tenant_status", "{}");
    let process = world.process();
    passing(&process, &server(Route::Status), 5).await;
    world.draws();
    world.store.faults().plan("DrawPermits", 1, Fault::FailBefore(StoreErrorKind::Unavailable));

    let arrival = server(Route::Status);
    let answers = join_all((0..64).map(|_| process.admit(&arrival))).await;

    assert!(answers.iter().all(|answer| matches!(answer, Err(Refusal::Store(_)))));
    assert_eq!(world.draws(), 1);
    assert!(passes(&process, &server(Route::Status)).await);
}

#[tokio::test]
async fn b3_whoever_waits_for_the_list_shares_its_failure() {
    let world = World::with("");
    let process = world.process();
    world.store.faults().plan("FindListings", 1, Fault::FailBefore(StoreErrorKind::Unavailable));
    let arrival = server(Route::Status);

    let answers = join_all((0..64).map(|_| process.admit(&arrival))).await;

    assert!(answers.iter().all(|answer| matches!(answer, Err(Refusal::Store(_)))));
    let asked = world.store.recorder().take().ports();
    assert_eq!(asked.into_iter().filter(|port| *port == "FindListings").count(), 1);
}

#[tokio::test]
async fn b3_a_failed_draw_gives_back_what_the_others_drew() {
    let world = World::with(r#"{"source": {"quota": 20, "period_seconds": 86400, "lease": 20}}"#);
    let process = world.process();
    let mut passed = 0;
    for _ in 0..40 {
        world.store.faults().plan("DrawPermits", 1, Fault::FailBefore(StoreErrorKind::Unavailable));
        let by_user = [opening(1), Arrival { tenant: tenant(1), ..opening(2) }];
        for arrival in &by_user {
            passed += usize::from(process.admit(arrival).await.is_ok());
        }
        world.store.faults().clear();
    }

    assert_eq!(passed, 20);
}

#[tokio::test]
async fn b3_without_the_list_nobody_is_let_in() {
    let world = World::with("");
    world.store.faults().plan("FindListings", 1, Fault::FailBefore(StoreErrorKind::Unavailable));
    let process = world.process();

    let refused = process.admit(&opening(1)).await;

    assert!(matches!(refused, Err(Refusal::Store(_))), "{refused:?}");
    assert!(passes(&process, &opening(1)).await);
}

/// Kept for 60 s, used for 900 s in an outage, then closed.
#[tokio::test]
async fn b3_the_list_outlives_an_outage_until_its_hard_age() {
    let (world, process) = with_tenant_2_denied().await;
    let refused = async || matches!(process.admit(&other_tenant()).await, Err(Refusal::Denied));

    for _ in 0..88 {
        world.pass(10 * SECOND);
        world.store.faults().clear();
        world.store.faults().plan("FindListings", 1, Fault::FailBefore(StoreErrorKind::Unavailable));
        assert!(passes(&process, &opening(1)).await);
        assert!(refused().await);
    }

    world.pass(20 * SECOND);
    world.store.faults().clear();
    world.store.faults().plan("FindListings", 1, Fault::FailBefore(StoreErrorKind::Unavailable));
    assert!(matches!(process.admit(&opening(1)).await, Err(Refusal::Store(_))));
}

#[tokio::test]
async fn b3_a_corrupt_list_is_not_outlived() {
    let (world, process) = with_tenant_2_denied().await;
    world.pass(60 * SECOND);
    world.store.faults().plan("FindListings", 1, Fault::FailBefore(StoreErrorKind::Corrupt));

    let refused = process.admit(&opening(1)).await;

    assert!(matches!(refused, Err(Refusal::Store(error)) if error.kind == StoreErrorKind::Corrupt));
}

async fn with_tenant_2_denied() -> (World, Admission<FaultStore>) {
    let world = World::with("");
    let listing = Listing {
        subject: ListedSubject::Tenant(tenant(2)),
        access: ListedAccess::Denied,
        expires_at: domain::Clock::now(&*world.clock) + 100_000 * SECOND,
    };
    world.store.put_listing(&listing, &no_event()).await.unwrap();
    let process = world.process();
    assert!(passes(&process, &opening(1)).await);
    (world, process)
}

fn other_tenant() -> Arrival {
    Arrival { tenant: tenant(2), ..opening(1) }
}
