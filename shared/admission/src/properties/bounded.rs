//! Memory does not grow with the number of subjects.

use std::sync::Arc;

use domain::{CounterKey, Draw, Drawn, Listing};
use store::{DrawPermits, FindListings, StoreError};
use testkit::{FixedClock, SeededEntropy};

use super::{World, address, device, passes};
use crate::{Admission, Arrival, Ports, Route};

/// A million addresses; of every one a lease is remembered.
#[test]
fn b6_a_million_subjects_leave_no_more_than_ten_thousand_behind() {
    let process = Admission::new(Ports {
        store: Generous,
        policy: World::with_only("device", "{}").policy,
        clock: Arc::<FixedClock>::default(),
        entropy: Arc::new(SeededEntropy::new(1)),
    });

    super::wait(async {
        for number in 0..1_000_000 {
            assert!(process.admit(&Arrival { source: address(number), ..device(Route::Status) }).await.is_ok());
            assert!(number % 1_000 > 0 || process.remembered() <= 10_000);
        }
    });

    assert!((5_000..=10_000).contains(&process.remembered()));
}

/// Gives what it is asked for, and keeps nothing: only the process's own memory is of interest.
struct Generous;

impl DrawPermits for Generous {
    async fn draw_permits(&self, _key: &CounterKey, draw: &Draw) -> Result<Drawn, StoreError> {
        Ok(Drawn::Granted { permits: draw.permits, remaining: 1, until: Some(draw.now + draw.limit.period) })
    }
}

impl FindListings for Generous {
    async fn find_listings(&self) -> Result<Vec<Listing>, StoreError> {
        Ok(Vec::new())
    }
}

/// What is forgotten costs a draw, not exactness.
#[tokio::test]
async fn b6_a_forgotten_subject_is_still_limited() {
    let world = World::with_only("device", r#"{"quota": 3, "lease": 3}"#);
    let process = world.process();
    let mut passed = 0;

    for round in 0..4 {
        passed += usize::from(passes(&process, &Arrival { source: address(0), ..device(Route::Status) }).await);
        for other in 0..10_000 {
            let other = Arrival { source: address(1 + round * 10_000 + other), ..device(Route::Status) };
            assert!(passes(&process, &other).await);
        }
        world.draws();
    }

    assert_eq!(passed, 3);
}
