//! What is handed over to be reconciled.

use std::collections::BTreeSet;
use std::time::Duration;

use audit::Behaviour;
use domain::EventId;

use crate::world::{World, batch_of, event, events};

fn forwarded(world: &World) -> BTreeSet<EventId> {
    world.reconcile.events().iter().map(|event| event.id).collect()
}

fn ids(numbers: impl IntoIterator<Item = u32>) -> BTreeSet<EventId> {
    numbers.into_iter().map(|number| event(number).id).collect()
}

#[tokio::test]
async fn opened_verifications_are_handed_over_and_nothing_else() {
    let world = World::new(2);

    world.deliver(batch_of(0..1_000)).await;

    assert_eq!(forwarded(&world), ids((0..1_000).step_by(3)));
}

#[tokio::test]
async fn an_opened_verification_is_not_acknowledged_before_it_is_handed_over() {
    for behaviour in [Behaviour::Fail, Behaviour::LoseAnswer] {
        let world = World::new(2);
        world.reconcile.behave(behaviour);

        let failed = world.deliver(batch_of(0..6)).await;
        world.reconcile.behave(Behaviour::Record);
        let redelivered = world.deliver(batch_of([0, 3])).await;

        assert_eq!(failed, ["m-0", "m-3"]);
        assert_eq!(redelivered, [""; 0]);
        world.assert_holds(&events(0..6)).await;
    }
}

#[tokio::test]
async fn one_that_was_logged_before_is_handed_over_again() {
    let world = World::new(2);
    world.deliver(batch_of(0..6)).await;
    world.reconcile.forget();

    world.deliver(batch_of(0..6)).await;

    assert_eq!(forwarded(&world), ids([0, 3]));
}

#[tokio::test]
async fn one_that_comes_late_has_its_verification_reconciled_again() {
    let world = World::new(2);
    // Event 1 happened a second after the clock's beginning, event 4 three seconds later: four minutes are over for the first.
    world.clock.advance(Duration::from_secs(4 * 60 + 2));

    world.deliver(batch_of(0..6)).await;

    assert_eq!(forwarded(&world), ids([0, 1, 3]));
}
