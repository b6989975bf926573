//! V7: what can be refused without a key derivation is refused without one.

use std::time::Duration;

use countersign_tests::World;

use crate::malformed::{every_route, malformed};

#[tokio::test]
async fn v7_a_flood_of_malformed_requests_runs_no_kdf_and_asks_no_store() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let opened = world.opened(&person).await;
    let calls = every_route(&world, &person, &opened);
    let runs = world.kdf.runs();

    for case in calls.iter().flat_map(|call| malformed(&world, call)) {
        let _before = world.store.recorder().take();
        world.send(case.call).await;
        assert!(world.store.recorder().take().calls().is_empty(), "{}", case.name);
    }

    assert_eq!(world.kdf.runs(), runs);
}

#[tokio::test]
async fn v7_closed_expired_unknown_and_replayed_attempts_run_no_kdf() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let (closed, expired, verified) =
        (world.opened(&person).await, world.opened(&person).await, world.opened(&person).await);
    for _ in 0..3 {
        world.attempt(&closed, &person.wrong(&closed.asked)).await;
    }
    let right = world.attempting(&verified, &person.right(&verified.asked));
    let wrong = world.attempting(&expired, &person.wrong(&expired.asked));
    world.send(right.clone()).await;
    world.send(wrong.clone()).await;
    let runs = world.kdf.runs();

    for _ in 0..50 {
        let answers = [
            world.send(right.clone()).await.status,
            world.send(wrong.clone()).await.status,
            world.attempt(&closed, &person.right(&closed.asked)).await.status,
            world.attempt(&verified, &person.right(&verified.asked)).await.status,
        ];
        assert_eq!(answers, [409, 401, 409, 409]);
    }
    world.clock.advance(Duration::from_secs(300));
    for _ in 0..50 {
        assert_eq!(world.attempt(&expired, &person.right(&expired.asked)).await.status, 409);
    }

    assert_eq!(world.kdf.runs(), runs);
}
