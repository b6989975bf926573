//! V1: a step runs in any process.

use countersign_tests::Person;
use serde_json::json;

use crate::client::Ask;
use crate::host::Fleet;
use crate::state::{Backend, State};
use crate::verification::{Opened, Right, enrolling, introspecting, revoking};

#[test]
fn v1_every_step_runs_in_a_process_that_was_not_there_before() {
    every_step_runs_in_a_process_that_was_not_there_before(&State::on(Backend::DynamoDb));
}

#[test]
fn v1_every_step_runs_in_a_process_that_was_not_there_before_on_redis() {
    every_step_runs_in_a_process_that_was_not_there_before(&State::on(Backend::Redis));
}

fn every_step_runs_in_a_process_that_was_not_there_before(state: &State) {
    let person = Person::new(1, &["pin", "words", "nfc", "fingerprint"]);
    let payment = json!({"amount_minor": 4990, "currency": "EUR", "payee": "Example Books", "reference": "order-1"});
    // A fleet is killed when it is dropped.
    let ask = |ask: &Ask| Fleet::start(state, 4).any().ask(ask);

    let enrolled = ask(&enrolling(&person));
    let initiated = ask(&Ask::post("/v1/verifications", &json!({ "user_id": person.id, "transaction": payment })));
    let opened = Opened::from(&initiated);
    let wrong = ask(&opened.attempt(&person, Right::No));
    let status = ask(&Ask::get(&opened.path()));
    let right = ask(&opened.attempt(&person, Right::Yes));
    let token = right.text("access_token");
    let active = ask(&introspecting(&token));
    let revoked = ask(&revoking(&token));
    let inactive = ask(&introspecting(&token));

    let statuses = [&enrolled, &initiated, &wrong, &status, &right, &active, &revoked, &inactive];
    assert_eq!(statuses.map(|answer| answer.status), [201, 201, 401, 200, 200, 200, 200, 200]);
    assert_eq!((status.text("status").as_str(), &status.body["attempts_remaining"]), ("open", &json!(2)));
    assert_eq!((&active.body["active"], &active.body["sub"]), (&json!(true), &json!(person.id)));
    assert_eq!(inactive.body, json!({ "active": false }));
}
