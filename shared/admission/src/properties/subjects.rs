//! Whose requests are counted together.

use super::{World, address, device, opening, passes, passing, server, tenant, user};
use crate::{Arrival, CallerKind, Route};

/// What tells requests apart is the tenant, the address, the kind of credential and the user, as the row says; nothing else of an
/// arrival comes from the caller.
#[tokio::test]
async fn a5_each_row_counts_by_its_own_subject() {
    let other_tenant = Arrival { tenant: tenant(2), ..opening(1) };
    let other_source = Arrival { source: address(2), ..opening(1) };
    let other_user = opening(2);
    let rows = [
        ("global", [false, false, false]),
        ("tenant_initiate", [true, false, false]),
        ("source", [true, true, false]),
        ("user", [true, false, true]),
    ];
    for (row, expected) in rows {
        let world = World::with_only(row, r#"{"quota": 1, "period_seconds": 100}"#);
        let process = world.process();
        assert!(passes(&process, &opening(1)).await, "{row}");

        let mut passed = Vec::new();
        for arrival in [&other_tenant, &other_source, &other_user] {
            passed.push(passes(&process, arrival).await);
        }

        assert_eq!(passed, expected, "{row}");
        assert!(!passes(&process, &opening(1)).await, "{row}");
    }
}

#[tokio::test]
async fn a5_servers_and_devices_of_one_address_are_counted_apart() {
    let world = World::with(r#"{"source": {"quota": 3}, "device": {"quota": 2}}"#);
    let process = world.process();

    let devices = passing(&process, &device(Route::Status), 9).await;
    let servers = passing(&process, &server(Route::Status), 9).await;

    assert_eq!((devices, servers), (2, 3));
}

#[tokio::test]
async fn a5_a_device_counts_where_devices_may_call_only() {
    let world = World::with_only("device", r#"{"quota": 1, "period_seconds": 100}"#);
    for route in Route::ALL {
        let passed = passing(&world.process(), &Arrival { tenant: tenant(route as u8 + 10), ..device(route) }, 3).await;

        let is_counted = matches!(route, Route::Status | Route::Verify);
        assert_eq!(passed, if is_counted { 1 } else { 3 }, "{}", route.name());
    }
}

/// Every route has the global limit, one of its own per tenant, and one per source.
#[tokio::test]
async fn every_route_is_limited() {
    let world = World::with("");
    for route in Route::ALL {
        let arrival = Arrival { user: Some(user(1)), ..server(route) };
        let mut names: Vec<_> = world.policy.counted(&arrival).map(|counted| counted.name).collect();
        let own = format!("tenant_{}", route.name().replace('-', "_"));

        names.retain(|name| *name != "user");
        assert_eq!(names, ["global", &own, "source"]);
    }
    assert_eq!(CallerKind::Server, opening(1).caller);
}
