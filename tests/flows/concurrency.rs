//! E6: one process serves many requests at once.

use std::sync::Arc;

use countersign_tests::{Opened, Person, World};
use serde_json::json;

use crate::verification::at_once;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn e6_64_mixed_requests_at_once_get_their_own_answers() {
    let mut world = World::new().await;
    let mut people: Vec<(Person, Opened, Opened)> = Vec::new();
    for number in 0..8 {
        let person = world.enrolled(number, &["pin", "nfc", "face"]).await;
        let (first, second) = (world.opened(&person).await, world.opened(&person).await);
        people.push((person, first, second));
    }
    world.restart();
    let world = Arc::new(world);

    let calls = people.iter().enumerate().flat_map(|(number, (person, first, second))| {
        let number = u32::try_from(number).unwrap();
        [
            world.attempting(first, &person.right(&first.asked)),
            world.attempting(second, &person.wrong(&second.asked)).bearer(&second.capability),
            world.asking_status(second),
            world.initiating(&person.id),
            world.enrolling(&Person::new(100 + number, &["words", "nfc"])),
            world.enrolling(person),
            world.introspecting("unknown"),
            world.initiating(&Person::new(200 + number, &[]).id),
        ]
    });
    let answers = at_once(&world, calls.collect()).await;

    let mut ids: Vec<&str> = answers.iter().flat_map(|answer| answer.header("x-request-id")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((answers.len(), ids.len()), (64, 64));
    for (answers, (person, _, second)) in answers.chunks(8).zip(&people) {
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [200, 401, 200, 201, 201, 409, 200, 201]);
        let active = world.send(world.introspecting(&answers[0].text("access_token"))).await;
        assert_eq!(active.json()["sub"], person.id);
        assert_eq!(answers[2].text("verification_id"), second.id);
        assert_eq!(answers[6].json(), json!({ "active": false }));
        assert_eq!(world.standing(second).await, ("open".to_owned(), 2));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn e6_64_first_requests_unwrap_each_key_once() {
    let mut world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let opened = world.opened(&person).await;
    world.restart();
    let world = Arc::new(world);

    let calls = (0..64).map(|_| world.attempting(&opened, &person.wrong(&opened.asked))).collect();
    at_once(&world, calls).await;

    let unwrapped = world.keys.observation.recorder.take();
    assert_eq!(unwrapped.ports(), ["UnwrapKey", "UnwrapKey"], "a branch key and a signing key");
}
