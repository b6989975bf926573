//! What an answer does not tell: which factors were wrong, and whether the user exists.

use std::collections::BTreeSet;
use std::time::Duration;

use countersign_tests::{Answer, Function, Opened, Person, World};
use domain::{FactorSet, FactorType};
use serde_json::{Value, json};
use testkit::Trace;

use crate::budgets::LONG_LEASES;
use crate::problems::problem;

#[tokio::test]
async fn v5_the_answer_does_not_tell_which_or_how_many_factors_were_wrong() {
    let mut world = World::new().await;
    world.restart_with(LONG_LEASES);
    let person = world.enrolled(1, &["pin", "nfc", "fingerprint"]).await;
    until_three_are_asked(&world, &person).await;
    warm_up(&world).await;

    let mut seen: Vec<Vec<Observed>> = Vec::new();
    for subset in 1_u32..8 {
        let opened = world.opened(&person).await;
        assert_eq!(opened.asked.len(), 3);
        let mut of_subset = Vec::new();
        for _ in 0..3 {
            let factors = person.wrong_at(&opened.asked, subset);
            of_subset.push(observe(&world, world.attempting(&opened, &factors)).await);
        }
        seen.push(of_subset);
        // The fifth wrong answer would lock, which is not what this is about.
        let unlock =
            json!({"command": "unlock_account", "tenant_id": world.tenant.id.to_string(), "user_id": person.id});
        world.tell(&unlock.to_string()).await.unwrap();
    }

    assert!(seen.iter().all(|of_subset| *of_subset == seen[0]), "{seen:#?}");
    assert!(seen[0].iter().all(|one| (one.runs, one.comparisons) == (1, 1)));
    let answers = seen[0].iter().map(|one| (one.answer.told(), one.answer.json()["attempts_remaining"].clone()));
    let expected = [2, 1, 0].map(|remaining| (problem(401, "authentication-failed"), Value::from(remaining)));
    assert_eq!(answers.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn v6_known_unknown_and_locked_users_are_told_apart_by_nothing_warm() {
    let mut world = World::new().await;
    world.restart_with(LONG_LEASES);
    let people = known_unknown_and_locked(&world).await;
    warm_up(&world).await;

    let mut seen = Vec::new();
    for person in &people {
        seen.push(whole_verification(&mut world, person, Processes::Warm).await);
    }

    assert!(seen.iter().all(|of_person| *of_person == seen[0]), "{seen:#?}");
}

#[tokio::test]
async fn v6_known_unknown_and_locked_users_are_told_apart_by_nothing_cold() {
    let mut world = World::new().await;
    let people = known_unknown_and_locked(&world).await;

    let mut seen = Vec::new();
    for person in &people {
        seen.push(whole_verification(&mut world, person, Processes::New).await);
    }

    assert!(seen.iter().all(|of_person| *of_person == seen[0]), "{seen:#?}");
}

/// A right answer to a locked account is a wrong one, in every byte and at the same cost.
#[tokio::test]
async fn v6_a_right_attempt_at_a_locked_account_is_a_wrong_one() {
    let mut world = World::new().await;
    world.restart_with(LONG_LEASES);
    let [known, _, locked, ..] = known_unknown_and_locked(&world).await;
    let (of_known, of_locked) = (world.opened(&known).await, world.opened(&locked).await);

    let wrong = observe(&world, world.attempting(&of_known, &known.wrong(&of_known.asked))).await;
    let right = observe(&world, world.attempting(&of_locked, &locked.right(&of_locked.asked))).await;

    assert_eq!(right, wrong);
    assert_eq!((right.runs, right.comparisons), (1, 1));
}

/// A user of each kind; the last but one is locked and does not exist, the last is disabled.
async fn known_unknown_and_locked(world: &World) -> [Person; 5] {
    let known = world.enrolled(1, &["pin", "nfc"]).await;
    let locked = world.enrolled(3, &["pin", "nfc"]).await;
    let (unknown, unknown_locked) = (Person::new(2, &["pin", "nfc"]), Person::new(4, &["pin", "nfc"]));
    for person in [&locked, &unknown_locked] {
        for _ in 0..5 {
            let opened = world.opened(person).await;
            world.attempt(&opened, &person.wrong(&opened.asked)).await;
        }
        assert_eq!(crate::lockout::failures(world, person).await, 5);
    }
    let disabled = world.enrolled(5, &["pin", "nfc"]).await;
    let disable = json!({"command": "disable_user", "tenant_id": world.tenant.id.to_string(), "user_id": disabled.id});
    world.tell(&disable.to_string()).await.unwrap();
    [known, unknown, locked, unknown_locked, disabled]
}

#[tokio::test]
async fn v6_an_unknown_users_set_is_constant_in_a_window_and_changes_between_them() {
    let mut world = World::new().await;
    let mut changed = false;
    for number in 0..20 {
        let unknown = Person::new(number, &[]);
        let first = world.opened(&unknown).await.asked;
        world.restart();
        assert_eq!(world.opened(&unknown).await.asked, first);
        world.clock.advance(Duration::from_secs(600));
        changed |= world.opened(&unknown).await.asked != first;
    }

    assert!(changed, "a set that never changes tells that nobody has it");
}

#[tokio::test]
async fn v6_the_sets_of_unknown_users_are_such_as_real_users_have() {
    let world = World::new().await;

    let mut seen = BTreeSet::new();
    for number in 0..300 {
        let asked = world.opened(&Person::new(number, &[])).await.asked;
        let types = asked.iter().map(|name| name.parse::<FactorType>().unwrap());
        let set = FactorSet::of(types).unwrap();
        assert!((2..=3).contains(&set.len()) && set.categories() >= 2, "{set}");
        seen.insert(set);
    }

    assert!(seen.len() > 50, "only {} different sets", seen.len());
}

/// Status, headers, and members with their lengths.
type Shape = (u16, Vec<(String, String)>, Vec<(String, usize)>);

/// One request: what the caller sees of it, and what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Observed {
    answer: Answer,
    runs: u64,
    comparisons: u64,
    trace: Trace,
    unwrapped: usize,
}

impl Observed {
    /// Status, headers, and the members in their order with the lengths of their values. The names of the factors are the
    /// only part that differs between users; two users have the same ones or they do not, known or not.
    fn shape(&self) -> Shape {
        let body = self.answer.json();
        let members = self.answer.body.split('"').filter(|text| body.get(text).is_some());
        let length = |name: &str| if name == "factors" { 0 } else { body[name].to_string().len() };
        let members = members.map(|name| (name.to_owned(), length(name))).collect();
        (self.answer.status, self.answer.headers.clone(), members)
    }
}

async fn observe(world: &World, call: countersign_tests::Call) -> Observed {
    let (runs, comparisons) = (world.kdf.runs(), world.kdf.comparisons());
    let _before = (world.store.recorder().take(), world.keys.observation.recorder.take());
    // Who calls is found out beforehand, as the gateway keeps it.
    let answer = world.send(call).await.but_request_id();
    Observed {
        answer,
        runs: world.kdf.runs() - runs,
        comparisons: world.kdf.comparisons() - comparisons,
        trace: world.store.recorder().take(),
        unwrapped: world.keys.observation.recorder.take().calls().len(),
    }
}

/// Whether a request meets processes that have worked before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Processes {
    Warm,
    New,
}

/// What is seen of a verification with four wrong attempts, and of its status after each. Ids are left out.
async fn whole_verification(world: &mut World, person: &Person, processes: Processes) -> Vec<String> {
    let initiated = observe_in(world, world.initiating(&person.id), processes).await;
    let opened = Opened::from(&initiated.answer);
    let mut seen =
        vec![format!("{:?} {:?} {} {}", initiated.shape(), initiated.trace, initiated.runs, initiated.unwrapped)];
    for _ in 0..4 {
        let call = world.attempting(&opened, &person.wrong(&opened.asked));
        seen.push(format!("{:?}", observe_in(world, call, processes).await));
        let call = world.asking_status(&opened).bearer(&opened.capability);
        seen.push(format!("{:?}", observe_in(world, call, processes).await).replace(&opened.id, ""));
    }
    seen
}

async fn observe_in(world: &mut World, call: countersign_tests::Call, processes: Processes) -> Observed {
    if processes == Processes::New {
        world.restart();
    }
    observe(world, call).await
}

/// Lets all processes do some work for somebody else. The last attempt is refused, since there were three: the first refusal of a
/// kind in a minute is recorded, whomever it is about.
async fn warm_up(world: &World) {
    let somebody = Person::new(1000, &[]);
    let opened = world.opened(&somebody).await;
    world.attempt(&opened, &Value::Array(Vec::new())).await;
    for _ in 0..4 {
        world.attempt(&opened, &somebody.wrong(&opened.asked)).await;
    }
    world.send(world.asking_status(&opened).bearer(&opened.capability)).await;
    world.standing(&opened).await;
}

/// Moves time to a window in which all three factors are asked for.
async fn until_three_are_asked(world: &World, person: &Person) {
    for _ in 0..100 {
        if world.opened(person).await.asked.len() == 3 {
            return;
        }
        world.clock.advance(Duration::from_secs(600));
    }
    panic!("{} never asked for three factors in 100 windows", Function::Initiate.name());
}
