//! V2, V4: attempts of one verification in many processes.

use std::collections::BTreeMap;
use std::thread;

use serde_json::json;

use crate::client::Answer;
use crate::host::Fleet;
use crate::patience::{at_once, eventually};
use crate::state::{Backend, State};
use crate::verification::{Right, crowd, enrolled, enrolling, open};

#[test]
fn v2_of_200_wrong_attempts_over_8_processes_exactly_3_are_compared() {
    of_200_wrong_attempts_exactly_3_are_compared(&State::on(Backend::DynamoDb));
}

#[test]
fn v2_of_200_wrong_attempts_over_8_processes_exactly_3_are_compared_on_redis() {
    of_200_wrong_attempts_exactly_3_are_compared(&State::on(Backend::Redis));
}

#[test]
fn v2_of_200_wrong_attempts_over_8_processes_exactly_3_are_compared_on_a_cluster() {
    of_200_wrong_attempts_exactly_3_are_compared(&State::on(Backend::Cluster));
}

fn of_200_wrong_attempts_exactly_3_are_compared(state: &State) {
    let fleet = Fleet::start(state, 8);
    let person = enrolled(fleet.any(), 1);
    let opened = open(fleet.any(), &person);

    let attempts: Vec<_> = (0..200).map(|_| opened.attempt(&person, Right::No)).collect();
    let answers: Vec<Answer> = at_once(200, |number| fleet.host(number).ask(&attempts[number]));

    let mut told = BTreeMap::<(u16, &str), usize>::new();
    for answer in &answers {
        *told.entry((answer.status, answer.problem())).or_default() += 1;
    }
    assert_eq!(told, BTreeMap::from([((401, "authentication-failed"), 3), ((409, "verification-closed"), 197)]));
    let mut remaining: Vec<u64> =
        answers.iter().filter_map(|answer| answer.body["attempts_remaining"].as_u64()).collect();
    remaining.sort_unstable();
    assert_eq!(remaining, [0, 1, 2]);
    assert_eq!(state.engine.events("attempt_wrong"), 3);
    let status = fleet.any().get(&opened.path());
    assert_eq!((status.text("status").as_str(), &status.body["attempts_remaining"]), ("failed", &json!(0)));
    assert_eq!(fleet.any().ask(&opened.attempt(&person, Right::Yes)).status, 409);
}

#[test]
fn v4_of_64_right_attempts_over_8_processes_one_gets_a_token() {
    of_64_right_attempts_one_gets_a_token(&State::on(Backend::DynamoDb));
}

#[test]
fn v4_of_64_right_attempts_over_8_processes_one_gets_a_token_on_redis() {
    of_64_right_attempts_one_gets_a_token(&State::on(Backend::Redis));
}

fn of_64_right_attempts_one_gets_a_token(state: &State) {
    let fleet = Fleet::start(state, 8);
    let person = enrolled(fleet.any(), 1);
    let opened = open(fleet.any(), &person);

    let attempts: Vec<_> = (0..64).map(|_| opened.attempt(&person, Right::Yes)).collect();
    let statuses = at_once(64, |number| fleet.host(number).ask(&attempts[number]).status);

    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(200), count(409)), (1, 63));
    // An event is sent beside the write; who was not first takes it back by another one (ADR 4).
    let [succeeded, refused] = ["verification_succeeded", "completion_refused"].map(|it| state.engine.events(it));
    assert_eq!(succeeded - refused, 1);
}

#[test]
fn v2_an_attempt_stays_counted_when_its_process_dies_before_it_compares() {
    an_attempt_stays_counted_when_its_process_dies_before_it_compares(&State::on(Backend::DynamoDb));
}

#[test]
fn v2_an_attempt_stays_counted_when_its_process_dies_before_it_compares_on_redis() {
    an_attempt_stays_counted_when_its_process_dies_before_it_compares(&State::on(Backend::Redis));
}

/// The process is killed while the attempt waits for a place to compare: all places of its pool derive for others.
fn an_attempt_stays_counted_when_its_process_dies_before_it_compares(state: &State) {
    let fleet = Fleet::start(state, 2);
    let (dying, living) = (fleet.host(0), fleet.host(1));
    let person = enrolled(living, 1);
    let opened = open(living, &person);

    thread::scope(|scope| {
        for other in crowd() {
            scope.spawn(move || dying.try_ask(&enrolling(&other)));
        }
        // The enrollments come first: they are derived for while these are answered.
        (0..50).for_each(|_| assert_eq!(dying.get(&opened.path()).status, 200));
        let right = opened.attempt(&person, Right::Yes);
        let attempt = scope.spawn(move || dying.try_ask(&right));
        eventually("the attempt is counted", || (opened.remaining(living) == 2).then_some(()));
        dying.kill();
        assert!(attempt.join().unwrap().is_err(), "the attempt was decided before its process was killed");
    });

    assert_eq!(opened.remaining(living), 2);
    for left in [1, 0] {
        let wrong = living.ask(&opened.attempt(&person, Right::No));
        assert_eq!((wrong.status, &wrong.body["attempts_remaining"]), (401, &json!(left)));
    }
    let right = living.ask(&opened.attempt(&person, Right::Yes));
    assert_eq!((right.status, right.problem()), (409, "verification-closed"));
}
