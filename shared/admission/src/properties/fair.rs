//! Nobody pays for another's requests.

use super::{SECOND, World, address, device, opening, passes, passing};
use crate::{Arrival, Route};

/// The default limits. Each user opens a verification a second for two minutes, through one merchant's server.
#[tokio::test]
async fn a8_200_users_behind_one_address_pass_beside_an_attacker_at_20_times_their_rate() {
    let world = World::with("");
    let processes: Vec<_> = (0..8).map(|_| world.process()).collect();
    let (mut of_attacker, mut draws_for_users) = (0, 0);

    for second in 0..120 {
        world.draws();
        for (user, process) in (1..=200).zip(processes.iter().cycle().skip(second % 8)) {
            assert!(passes(process, &opening(user)).await, "user {user} in second {second}");
        }
        draws_for_users += world.draws();
        of_attacker += passing(&processes[second % 8], &opening(1_000), 20).await;
        world.pass(SECOND);
    }

    assert!(of_attacker <= 100 + 120, "{of_attacker}");
    // A user's own draw each, and one in some twenty for everything else: the attacker has not slowed them down.
    assert!(draws_for_users <= 120 * 200 * 11 / 10, "{draws_for_users}");
}

/// The default limits. Each of 200 devices behind one router verifies once and asks twice in a minute, on 300 processes.
#[tokio::test]
async fn a8_200_devices_behind_one_address_pass_on_many_processes() {
    let world = World::with("");
    let processes: Vec<_> = (0..300).map(|_| world.process()).collect();

    for request in 0..600_usize {
        let route = if request % 3 == 0 { Route::Verify } else { Route::Status };
        let process = &processes[(request * request + request / 7) % 300];
        assert!(passes(process, &device(route)).await, "request {request}");
        world.pass(SECOND / 10);
    }
}

/// An attacker's address is timed out; the merchant's other addresses and other tenants do not notice.
#[tokio::test]
async fn a8_an_attackers_penalty_is_its_own() {
    let world = World::with("");
    let process = world.process();
    let attacker = Arrival { source: address(66), ..device(Route::Verify) };

    for _ in 0..240 {
        passing(&process, &attacker, 400).await;
        world.pass(SECOND);
    }

    assert!(!passes(&process, &attacker).await);
    assert!(passes(&process, &device(Route::Verify)).await);
}
