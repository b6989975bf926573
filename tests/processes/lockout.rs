//! V3: failures count for the account, whatever process, verification or backend.

use serde_json::json;

use crate::host::{Fleet, Host, admin};
use crate::state::{Backend, State};
use crate::verification::{Right, enrolled, open};

#[test]
fn v3_failures_count_across_verifications_and_cold_starts_until_an_operator_unlocks() {
    failures_count_until_an_operator_unlocks(&State::on(Backend::DynamoDb));
}

#[test]
fn v3_failures_count_across_verifications_and_cold_starts_until_an_operator_unlocks_on_redis() {
    failures_count_until_an_operator_unlocks(&State::on(Backend::Redis));
}

fn failures_count_until_an_operator_unlocks(state: &State) {
    // A fleet is killed when it is dropped.
    let fresh = || Fleet::start(state, 3);
    let (victim, other) = (enrolled(fresh().any(), 1), enrolled(fresh().any(), 2));
    let right_once = |host: &Host| host.ask(&open(host, &victim).attempt(&victim, Right::Yes));

    let fleet = fresh();
    let opened = open(fleet.any(), &victim);
    let three = [0, 1, 2].map(|number| fleet.host(number).ask(&opened.attempt(&victim, Right::No)).status);
    drop(fleet);
    let fleet = fresh();
    let opened = open(fleet.any(), &victim);
    let two = [0, 1].map(|number| fleet.host(number).ask(&opened.attempt(&victim, Right::No)).status);
    drop(fleet);
    let while_locked = right_once(fresh().any());
    let fleet = fresh();
    let wrong_of_another = fleet.any().ask(&open(fleet.any(), &other).attempt(&other, Right::No));
    let locked = admin_unlock(state, &victim.id);
    let after_unlocking = right_once(fleet.any());
    let unlocked = admin_unlock(state, &victim.id);

    assert_eq!((three, two), ([401; 3], [401; 2]));
    assert_eq!(while_locked.comparable(), wrong_of_another.comparable());
    assert_eq!(while_locked.body["attempts_remaining"], json!(2));
    assert_eq!(locked["failures_forgotten"], json!(5));
    assert!(locked["was_locked_until"].is_string(), "{locked}");
    assert_eq!(after_unlocking.status, 200, "{after_unlocking:?}");
    assert_eq!((&unlocked["failures_forgotten"], &unlocked["was_locked_until"]), (&json!(0), &json!(null)));
    let events = ["attempt_wrong", "account_locked", "attempt_while_locked", "account_unlocked"];
    assert_eq!(events.map(|outcome| state.engine.events(outcome)), [6, 1, 1, 2]);
}

/// Four failures, a success, four failures: never locked.
#[test]
fn v3_a_success_forgets_the_failures_of_all_processes() {
    let state = State::on(Backend::DynamoDb);
    let fleet = Fleet::start(&state, 4);
    let person = enrolled(fleet.any(), 1);

    for round in 0..2 {
        for number in 0..4 {
            let host = fleet.host(round + number);
            let wrong = host.ask(&open(host, &person).attempt(&person, Right::No));
            assert_eq!(wrong.status, 401, "{wrong:?}");
        }
        let host = fleet.host(round);
        let right = host.ask(&open(host, &person).attempt(&person, Right::Yes));
        assert_eq!(right.status, 200, "{right:?}");
    }
}

/// 30 at once, over 10 verifications and 8 processes: exactly 5 are counted, and the account is locked.
#[test]
fn v3_of_30_wrong_attempts_at_once_over_8_processes_exactly_5_are_compared() {
    let state = State::on(Backend::DynamoDb);
    let fleet = Fleet::start(&state, 8);
    let person = enrolled(fleet.any(), 1);
    let opened: Vec<_> = (0..10).map(|_| open(fleet.any(), &person)).collect();

    let wrong = |number: usize| fleet.host(number).ask(&opened[number % 10].attempt(&person, Right::No));
    let statuses = crate::patience::at_once(30, |number| wrong(number).status);

    assert_eq!(statuses, [401; 30]);
    assert_eq!(["attempt_wrong", "attempt_while_locked"].map(|outcome| state.engine.events(outcome)), [5, 25]);
    assert_eq!(admin_unlock(&state, &person.id)["failures_forgotten"], json!(5));
}

/// What an operator's unlocking says.
pub(crate) fn admin_unlock(state: &State, user: &str) -> serde_json::Value {
    admin(state, "unlock-account", &["--tenant", &state.engine.tenant(), "--user", user])
}
