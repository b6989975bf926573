//! A1: of concurrent uses of one idempotency key, one executes.

use std::collections::BTreeSet;

use countersign_tests::Person;
use serde_json::{Value, json};

use crate::client::{Answer, Ask};
use crate::host::Fleet;
use crate::patience::at_once;
use crate::state::{Backend, State};
use crate::verification::{Right, enrolled, enrolling, initiating, introspecting, open, revoking};

#[test]
fn a1_of_64_uses_of_one_key_over_8_processes_one_executes() {
    of_64_uses_of_one_key_one_executes(&State::on(Backend::DynamoDb));
}

#[test]
fn a1_of_64_uses_of_one_key_over_8_processes_one_executes_on_redis() {
    of_64_uses_of_one_key_one_executes(&State::on(Backend::Redis));
}

#[test]
fn a1_of_64_uses_of_one_key_over_8_processes_one_executes_on_a_cluster() {
    of_64_uses_of_one_key_one_executes(&State::on(Backend::Cluster));
}

fn of_64_uses_of_one_key_one_executes(state: &State) {
    let fleet = Fleet::start(state, 8);
    let newcomer = Person::new(9, &["pin", "words", "nfc", "face"]);
    let people: Vec<Person> = (0..4).map(|number| enrolled(fleet.any(), number)).collect();
    let (wrong, right) = (open(fleet.any(), &people[0]), open(fleet.any(), &people[1]));
    let tokens = [2, 3].map(|number: usize| {
        let opened = open(fleet.any(), &people[number]);
        fleet.any().ask(&opened.attempt(&people[number], Right::Yes)).text("access_token")
    });
    let before = executed(state);

    let keys = [
        Key::new(enrolling(&newcomer), 201, json!({ "user_id": newcomer.id, "factors": people[0].enrolled() })),
        Key::new(initiating(&people[0]), 201, json!({ "user_id": people[1].id })),
        Key::new(wrong.attempt(&people[0], Right::No), 401, wrong.factors(&people[0], Right::Yes)),
        Key::new(right.attempt(&people[1], Right::Yes), 200, right.factors(&people[1], Right::No)),
        Key::new(revoking(&tokens[0]), 200, json!({ "token": tokens[1] })),
    ];
    let answers: Vec<String> = keys.iter().map(|key| key.executes_once(&fleet)).collect();

    assert_eq!(executed(state), before.map(|count| count + 1), "{COUNTED:?}");
    assert_eq!(wrong.remaining(fleet.any()), 2);
    assert_eq!(fleet.any().get(&right.path()).text("status"), "verified");
    let active = tokens.map(|token| fleet.any().ask(&introspecting(&token)).body["active"].clone());
    assert_eq!(active, [json!(false), json!(true)], "the other body was not executed");
    drop(fleet);
    let cold = Fleet::start(state, 1);
    for (key, answer) in keys.iter().zip(&answers) {
        assert_eq!(cold.any().ask(&key.ask).comparable(), (key.status, answer.clone()), "in a new process");
    }
}

/// A request under one key, the status it is answered with, and another body.
struct Key {
    ask: Ask,
    status: u16,
    other: Value,
}

impl Key {
    fn new(ask: Ask, status: u16, other: Value) -> Self {
        Self { ask, status, other }
    }

    /// Gives the one answer.
    fn executes_once(&self, fleet: &Fleet) -> String {
        let answers = at_once(64, |number| fleet.host(number).ask(&self.ask));

        let (answered, others): (Vec<Answer>, Vec<Answer>) =
            answers.into_iter().partition(|answer| answer.status == self.status);
        let texts: BTreeSet<String> = answered.iter().map(|answer| answer.comparable().1).collect();
        assert_eq!(texts.len(), 1, "{texts:?}");
        for other in others {
            assert_eq!((other.status, other.problem()), (409, "request-in-progress"), "{other:?}");
            assert!(other.retry_after.is_some(), "{other:?}");
        }
        let refused = at_once(8, |number| fleet.host(number).ask(&self.ask.saying(&self.other)));
        for other in &refused {
            assert_eq!((other.status, other.problem()), (422, "idempotency-key-reused"), "{other:?}");
        }
        let again = at_once(8, |number| fleet.host(number).ask(&self.ask).comparable());
        let text = texts.into_iter().next().unwrap();
        assert_eq!(again, vec![(self.status, text.clone()); 8]);
        text
    }
}

fn executed(state: &State) -> [usize; 5] {
    COUNTED.map(|outcome| state.engine.events(outcome))
}

/// What an execution of each leaves in the trail.
const COUNTED: [&str; 5] =
    ["enrollment_created", "verification_opened", "attempt_wrong", "verification_succeeded", "session_revoked"];
