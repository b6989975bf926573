//! The operator's list comes before the limits.

use domain::{Clock, ListedAccess, ListedSubject};
use store::ChangeListings;

use super::{SECOND, World, address, no_event, opening, passes, passing, server, tenant, user};
use crate::{Arrival, Refusal, Route};

impl World {
    async fn list(&self, subject: &str, access: ListedAccess, seconds: u32) {
        let subject: ListedSubject = subject.parse().unwrap();
        let expires_at = self.clock.now() + seconds * SECOND;
        self.store.put_listing(&domain::Listing { subject, access, expires_at }, &no_event()).await.unwrap();
    }
}

#[tokio::test]
async fn whom_the_list_denies_is_refused_and_nobody_else() {
    let of_user = format!("user/{}/{}", tenant(1), user(1));
    let subjects = [
        ("network/192.0.2.1/32".to_owned(), Arrival { source: address(2), ..opening(1) }),
        ("network/192.0.2.0/31".to_owned(), Arrival { source: address(2), ..opening(1) }),
        (format!("tenant/{}", tenant(1)), Arrival { tenant: tenant(2), ..opening(1) }),
        (of_user.clone(), opening(2)),
        (of_user, Arrival { tenant: tenant(2), ..opening(1) }),
    ];
    for (subject, other) in subjects {
        let world = World::with("");
        world.list(&subject, ListedAccess::Denied, 600).await;
        let process = world.process();

        for _ in 0..2 {
            assert!(matches!(process.admit(&opening(1)).await, Err(Refusal::Denied)), "{subject}");
            assert!(passes(&process, &other).await, "{subject}");
        }
    }
}

#[tokio::test]
async fn no_limit_applies_to_whom_the_list_allows() {
    let world = World::with(r#"{"user": {"quota": 1}, "tenant_initiate": {"quota": 2}}"#);
    let process = world.process();
    passing(&process, &opening(1), 9).await;
    world.list(&format!("user/{}/{}", tenant(1), user(1)), ListedAccess::Allowed, 600).await;
    world.pass(60 * SECOND);

    assert_eq!(passing(&process, &opening(1), 100).await, 100);
    assert_eq!(passing(&process, &opening(2), 100).await, 1);
    assert_eq!(passing(&world.process(), &opening(1), 100).await, 100);
}

#[tokio::test]
async fn a_denial_wins_over_an_allowance_and_both_expire() {
    let world = World::with(r#"{"user": {"quota": 1, "period_seconds": 1000}}"#);
    world.list(&format!("tenant/{}", tenant(1)), ListedAccess::Allowed, 600).await;
    world.list("network/192.0.2.1/32", ListedAccess::Denied, 300).await;
    let process = world.process();

    assert!(matches!(process.admit(&opening(1)).await, Err(Refusal::Denied)));
    world.pass(300 * SECOND);
    assert_eq!(passing(&process, &opening(1), 9).await, 9);
    world.pass(300 * SECOND);
    assert_eq!(passing(&process, &opening(2), 9).await, 1);
}

#[tokio::test]
async fn a_change_of_the_list_takes_effect_within_a_minute() {
    let world = World::with("");
    let process = world.process();
    assert!(passes(&process, &opening(1)).await);
    world.list(&format!("tenant/{}", tenant(1)), ListedAccess::Denied, 600).await;

    world.pass(60 * SECOND);

    assert!(matches!(process.admit(&server(Route::Status)).await, Err(Refusal::Denied)));
}

/// An address is seen as its /64, so a smaller network in it stands for the whole.
#[tokio::test]
async fn a_small_ipv6_network_stands_for_its_64() {
    let source = domain::SourceAddress::from_transport("2001:db8::7:1".parse().unwrap());
    let elsewhere = domain::SourceAddress::from_transport("2001:db8:0:1::7:1".parse().unwrap());
    for network in ["network/2001:db8::7:0/112", "network/2001:db8::/64", "network/2001:db8::/63"] {
        let world = World::with("");
        world.list(network, ListedAccess::Denied, 600).await;
        let process = world.process();

        assert!(matches!(process.admit(&Arrival { source, ..opening(1) }).await, Err(Refusal::Denied)), "{network}");
        let passed = process.admit(&Arrival { source: elsewhere, ..opening(1) }).await.is_ok();
        assert_eq!(passed, !network.ends_with("63"), "{network}");
    }
}
