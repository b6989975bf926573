//! V8: which factors can be enrolled, and which are asked for.

use std::collections::BTreeMap;
use std::time::Duration;

use countersign_tests::{Person, World};
use domain::{FactorSet, FactorType};
use serde_json::{Value, json};

use crate::problems::problem;

#[tokio::test]
async fn v8_two_factors_of_two_categories_or_no_enrollment() {
    let world = World::new().await;
    let all: Vec<&str> = FactorType::ALL.iter().map(|factor| factor.name()).collect();
    let refused: [(&[&str], _); 9] = [
        (&[], problem(422, "policy-not-satisfied")),
        (&["pin"], problem(422, "policy-not-satisfied")),
        (&["pin", "words"], problem(422, "policy-not-satisfied")),
        (&["nfc", "device_secret"], problem(422, "policy-not-satisfied")),
        (&["fingerprint", "face", "voice"], problem(422, "policy-not-satisfied")),
        (&all, problem(422, "policy-not-satisfied")),
        (&["pin", "nfc", "pin"], problem(400, "invalid-request")),
        (&["pin", "iris"], problem(400, "invalid-request")),
        (&["pin", "NFC"], problem(400, "invalid-request")),
    ];

    for (factors, expected) in refused {
        let person = Person::new(1, factors);
        let answer = world.send(world.enrolling(&person)).await;
        assert_eq!(answer.told(), expected, "{factors:?}: {answer:?}");
    }

    assert_eq!(world.kdf.runs(), 0);
    assert_eq!(
        world.store.recorder().take().ports(),
        ["FindApiKey", "NoteApiKeyUse"],
        "refused before anything is looked up"
    );
    world.enrolled(1, &all[..10]).await;
    world.enrolled(2, &["pin", "voice"]).await;
}

#[tokio::test]
async fn v8_what_is_asked_for_is_enrolled_and_covers_two_categories() {
    let world = World::new().await;
    let people = [
        world.enrolled(1, &["pin", "nfc"]).await,
        world.enrolled(2, &["pin", "pattern", "colour", "voice"]).await,
        world.enrolled(3, &["nfc", "device_secret", "face"]).await,
        world.enrolled(4, &["pin", "pattern", "emoji", "words", "nfc", "device_secret", "face", "voice"]).await,
    ];

    for _ in 0..50 {
        for person in &people {
            let asked = world.opened(person).await.asked;
            assert!(asked.iter().all(|factor| person.factors.contains(factor)), "{asked:?}");
            let set = FactorSet::of(asked.iter().map(|name| name.parse().unwrap())).unwrap();
            assert!((2..=3).contains(&set.len()) && set.categories() >= 2, "{set}");
        }
        world.clock.advance(Duration::from_secs(600));
    }
}

/// Each user has 9 askable sets, in an order of their own. Chi-square of each user's choices over the windows, added up: 20
/// times 8 degrees of freedom; above 235 with a probability of 10⁻⁴ if the choice is uniform. Over all users together: 8
/// degrees, 31.8. The seeds are fixed, so that the test always sees the same choices.
#[tokio::test]
async fn v8_the_asked_set_is_uniform_over_users_and_windows() {
    let world = World::new().await;
    let mut people = Vec::new();
    for number in 0..20 {
        people.push(world.enrolled(number, &["pin", "words", "nfc", "fingerprint"]).await);
    }

    let mut of_each = vec![BTreeMap::<Vec<String>, u32>::new(); 20];
    let mut of_all = BTreeMap::<Vec<String>, u32>::new();
    for _ in 0..250 {
        for (person, of_person) in people.iter().zip(&mut of_each) {
            let asked = world.opened(person).await.asked;
            *of_person.entry(asked.clone()).or_default() += 1;
            *of_all.entry(asked).or_default() += 1;
        }
        world.clock.advance(Duration::from_secs(600));
    }

    assert!(of_all.len() == 9 && of_each.iter().all(|of_person| of_person.len() == 9), "all sets are asked for");
    assert!(chi_square(&of_all) < 31.8, "{of_all:?}");
    let over_windows: f64 = of_each.iter().map(chi_square).sum();
    assert!(over_windows < 235.0, "{over_windows}");
}

#[tokio::test]
async fn v8_nobody_can_shop_for_the_set_that_they_know() {
    let mut world = World::new().await;
    let person = world.enrolled(1, &["pin", "words", "nfc", "device_secret", "fingerprint", "face"]).await;
    let first = world.opened(&person).await;

    for round in 0..30 {
        let opened = world.opened(&person).await;
        assert_eq!(opened.asked, first.asked, "round {round}");
        for _ in 0..3 {
            world.attempt(&opened, &person.wrong(&opened.asked)).await;
        }
        world.clock.advance(Duration::from_secs(10));
        world.restart();
    }

    assert_eq!(world.opened(&person).await.asked, first.asked);
}

#[tokio::test]
async fn v8_a_verification_asks_for_its_set_until_its_end() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "words", "nfc", "fingerprint"]).await;
    // One second before the end of a window.
    world.clock.advance(Duration::from_secs(599));
    let opened = world.opened(&person).await;

    world.clock.advance(Duration::from_secs(100));
    let of_the_new_window = world.opened(&person).await;
    let right = world.attempt(&opened, &person.right(&opened.asked)).await;

    assert_ne!(of_the_new_window.asked, opened.asked, "choose another number of seconds");
    assert_eq!(right.status, 200);
}

#[tokio::test]
async fn v8_other_factors_than_those_asked_for_are_refused_and_cost_nothing() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "words", "nfc", "fingerprint"]).await;
    let opened = world.opened(&person).await;
    let runs = world.kdf.runs();
    let others = person.factors.iter().filter(|factor| !opened.asked.contains(factor)).cloned().collect::<Vec<_>>();
    let mut presentations: Vec<Value> = vec![json!([]), person.enrolled(), person.right(&opened.asked[..1])];
    presentations.push(person.right(&[&opened.asked[1..], &others[..1]].concat()));

    for factors in presentations {
        let answer = world.attempt(&opened, &factors).await;
        assert_eq!(answer.told(), problem(422, "factors-mismatch"), "{factors}");
    }

    assert_eq!(world.kdf.runs(), runs);
    assert_eq!(world.standing(&opened).await, ("open".to_owned(), 3));
}

fn chi_square<K>(counts: &BTreeMap<K, u32>) -> f64 {
    let total: u32 = counts.values().sum();
    let expected = f64::from(total) / f64::from(u32::try_from(counts.len()).unwrap());
    counts.values().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum()
}
