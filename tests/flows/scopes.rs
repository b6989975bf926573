//! E3: an API key reaches the routes of its scopes, and nothing else.

use std::time::Duration;

use countersign_tests::{Embedded, Ports, World};
use domain::{Route, Scope, Scopes};

use crate::denials::succeeding;
use crate::problems::problem;

#[tokio::test]
async fn e3_a_key_reaches_the_routes_of_its_scopes_and_no_others_in_memory() {
    a_key_reaches_the_routes_of_its_scopes_and_no_others(&World::new().await).await;
}

#[tokio::test]
async fn e3_a_key_reaches_the_routes_of_its_scopes_and_no_others_on_embedded_dynamodb() {
    let tables = Embedded::start().await;
    a_key_reaches_the_routes_of_its_scopes_and_no_others(&World::on(tables.store.clone()).await).await;
}

/// Every scope by itself on every route.
async fn a_key_reaches_the_routes_of_its_scopes_and_no_others<S: Ports>(world: &World<S>) {
    let person = world.enrolled(1, &["pin", "nfc"]).await;

    for scope in Scope::ALL {
        let key = world.api_key_for(Scopes::only(scope)).await;
        // So that no limit of the user's is in the way.
        world.clock.advance(Duration::from_secs(60));
        for route in Route::ALL {
            let opened = world.opened(&person).await;

            let answer = world.send(succeeding(route, world, (&person, &opened)).bearer(&key)).await;

            let needed = route.scope();
            if Scopes::only(scope).allow(needed) {
                let lacking_a_token = [problem(400, "invalid-grant"), problem(401, "step-up-required")];
                let reached = answer.status < 300 || lacking_a_token.contains(&answer.told());
                assert!(reached, "{scope:?} on {route:?}: {answer:?}");
            } else {
                let challenge =
                    format!(r#"Bearer realm="countersign", error="insufficient_scope", scope="{}""#, needed.name());
                assert_eq!(answer.told(), problem(403, "insufficient-scope"), "{scope:?} on {route:?}: {answer:?}");
                assert_eq!(answer.header("www-authenticate"), [challenge.as_str()], "{scope:?} on {route:?}");
                assert_eq!(world.standing(&opened).await, ("open".to_owned(), 3), "{scope:?} on {route:?}");
            }
        }
    }
}

#[tokio::test]
async fn e3_a_key_that_lacks_a_scope_is_told_so_before_anything_is_looked_up() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let opened = world.opened(&person).await;
    let key = world.api_key_for(Scopes::only(Scope::Audit)).await;
    let refuse = async || {
        for route in Route::ALL.into_iter().filter(|route| route.scope() != Scope::Audit) {
            let call = succeeding(route, &world, (&person, &opened)).bearer(&key);
            assert_eq!(world.send(call).await.told(), problem(403, "insufficient-scope"), "{route:?}");
        }
    };
    refuse().await;
    let _recorded = world.store.recorder().take();

    refuse().await;

    assert_eq!(world.store.recorder().take().ports(), [""; 0]);
}

#[tokio::test]
async fn e3_a_capability_needs_no_scope_on_its_own_routes() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let opened = world.opened(&person).await;

    let status = world.send(world.asking_status(&opened).bearer(&opened.capability)).await;
    let attempt = world.attempting(&opened, &person.right(&opened.asked)).bearer(&opened.capability);
    let attempt = world.send(attempt).await;

    assert_eq!((status.status, attempt.status), (200, 200));
}
