//! Memory does not grow with the number of subjects.

use super::{World, address, device, opening, passes, tenant};
use crate::{Arrival, Route};

/// A million users, addresses and tenants; every one is limited, and so would be remembered.
#[test]
fn b6_a_million_subjects_leave_no_more_than_ten_thousand_behind() {
    let world = World::with(r#"{"user": {"quota": 1}, "device": {"quota": 1}}"#);
    let process = world.process();

    super::wait(async {
        for number in 0..1_000_000_u32 {
            let tenant = tenant((number % 251) as u8);
            let arrival = if number % 2 == 0 {
                Arrival { tenant, ..opening(u64::from(number / 2)) }
            } else {
                Arrival { tenant, source: address(number), ..device(Route::Status) }
            };
            passes(&process, &arrival).await;
            if number % 8 == 0 {
                passes(&process, &arrival).await;
                world.draws();
            }
            assert!(process.remembered() <= 10_000);
        }
    });

    assert!(process.remembered() > 5_000);
}

/// What is forgotten costs a draw, not exactness.
#[tokio::test]
async fn b6_a_forgotten_subject_is_still_limited() {
    let world = World::with_only("device", r#"{"quota": 10, "lease": 10}"#);
    let process = world.process();
    let mut passed = 0;

    for round in 0..12 {
        passed += usize::from(passes(&process, &Arrival { source: address(0), ..device(Route::Status) }).await);
        for other in 0..10_000 {
            let other = Arrival { source: address(1 + round * 10_000 + other), ..device(Route::Status) };
            assert!(passes(&process, &other).await);
        }
        world.draws();
    }

    assert_eq!(passed, 10);
}
