//! Real processes: hosts of `countersign serve` that share one DynamoDB, and are killed.
//!
//! They run the program beside this test's own: `cargo build -p local` makes it, and so does every run of the tests of the
//! whole workspace.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod client;
mod engine;
mod host;

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::thread;

use countersign_tests::Person;
use serde_json::{Value, json};

use crate::client::Answer;
use crate::engine::Engine;
use crate::host::{Fleet, Host};

#[test]
fn v1_every_step_runs_in_a_process_that_was_not_there_before() {
    let engine = Engine::start();
    let person = Person::new(1, &["pin", "words", "nfc", "fingerprint"]);
    let payment = json!({"amount_minor": 4990, "currency": "EUR", "payee": "Example Books", "reference": "order-1"});

    // A fleet is killed when it is dropped.
    let enrolled = Fleet::start(&engine, 8).any().post("/v1/enrollments", &enrolling(&person));
    let initiating = json!({ "user_id": person.id, "transaction": payment });
    let initiated = Fleet::start(&engine, 8).any().post("/v1/verifications", &initiating);
    let opened = Opened::from(&initiated);
    let wrong = Fleet::start(&engine, 8).any().post(&opened.attempts(), &opened.factors(&person, Right::No));
    let status = Fleet::start(&engine, 8).any().get(&opened.path());
    let right = Fleet::start(&engine, 8).any().post(&opened.attempts(), &opened.factors(&person, Right::Yes));
    let token = json!({ "token": right.text("access_token") });
    let active = Fleet::start(&engine, 8).any().post("/v1/sessions/introspect", &token);
    let revoked = Fleet::start(&engine, 8).any().post("/v1/sessions/revoke", &token);
    let inactive = Fleet::start(&engine, 8).any().post("/v1/sessions/introspect", &token);

    let statuses = [&enrolled, &initiated, &wrong, &status, &right, &active, &revoked, &inactive];
    assert_eq!(statuses.map(|answer| answer.status), [201, 201, 401, 200, 200, 200, 200, 200]);
    assert_eq!((status.text("status").as_str(), &status.body["attempts_remaining"]), ("open", &json!(2)));
    assert_eq!((&active.body["active"], &active.body["sub"]), (&json!(true), &json!(person.id)));
    assert_eq!(inactive.body, json!({ "active": false }));
}

#[test]
fn v2_of_200_wrong_attempts_over_8_processes_exactly_3_are_compared() {
    let engine = Engine::start();
    let fleet = Fleet::start(&engine, 8);
    let (person, opened) = opened(fleet.any());

    let start = Barrier::new(200);
    let answers: Vec<Answer> = thread::scope(|scope| {
        let attempts: Vec<_> = (0..200)
            .map(|number| {
                let (host, start) = (fleet.host(number), &start);
                let (path, factors) = (opened.attempts(), opened.factors(&person, Right::No));
                scope.spawn(move || {
                    start.wait();
                    host.post(&path, &factors)
                })
            })
            .collect();
        attempts.into_iter().map(|attempt| attempt.join().unwrap()).collect()
    });

    let mut told = BTreeMap::<(u16, String), usize>::new();
    for answer in &answers {
        *told.entry((answer.status, answer.text("type"))).or_default() += 1;
    }
    let wrong = (401, "/problems/authentication-failed".to_owned());
    let closed = (409, "/problems/verification-closed".to_owned());
    assert_eq!(told, BTreeMap::from([(wrong, 3), (closed, 197)]));
    let mut remaining: Vec<u64> =
        answers.iter().filter_map(|answer| answer.body["attempts_remaining"].as_u64()).collect();
    remaining.sort_unstable();
    assert_eq!(remaining, [0, 1, 2]);
    let status = fleet.any().get(&opened.path());
    assert_eq!((status.text("status").as_str(), &status.body["attempts_remaining"]), ("failed", &json!(0)));
    let right = fleet.any().post(&opened.attempts(), &opened.factors(&person, Right::Yes));
    assert_eq!(right.status, 409);
}

#[test]
fn v4_of_64_right_attempts_over_8_processes_one_gets_a_token() {
    let engine = Engine::start();
    let fleet = Fleet::start(&engine, 8);
    let (person, opened) = opened(fleet.any());

    let start = Barrier::new(64);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let attempts: Vec<_> = (0..64)
            .map(|number| {
                let (host, start) = (fleet.host(number), &start);
                let (path, factors) = (opened.attempts(), opened.factors(&person, Right::Yes));
                scope.spawn(move || {
                    start.wait();
                    host.post(&path, &factors).status
                })
            })
            .collect();
        attempts.into_iter().map(|attempt| attempt.join().unwrap()).collect()
    });

    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(200), count(409)), (1, 63));
}

/// The process is killed while the attempt waits for a place to compare: all places of its pool derive for others.
#[test]
fn v2_an_attempt_stays_counted_when_its_process_dies_before_it_compares() {
    let engine = Engine::start();
    let fleet = Fleet::start(&engine, 2);
    let (dying, living) = (fleet.host(0), fleet.host(1));
    let (person, opened) = opened(living);

    thread::scope(|scope| {
        for number in 100..100 + 2 * places() {
            let other = Person::new(number, &ALL_BUT_ONE);
            scope.spawn(move || dying.try_post("/v1/enrollments", &enrolling(&other)));
        }
        // The enrollments come first: they are derived for while these are answered.
        (0..50).for_each(|_| assert_eq!(dying.get(&opened.path()).status, 200));
        let right = opened.factors(&person, Right::Yes);
        let attempt = scope.spawn({
            let path = opened.attempts();
            move || dying.try_post(&path, &right)
        });
        while remaining(living, &opened) == 3 {}
        dying.kill();
        assert!(attempt.join().unwrap().is_err(), "the attempt was decided before its process was killed");
    });

    assert_eq!(remaining(living, &opened), 2);
    for left in [1, 0] {
        let wrong = living.post(&opened.attempts(), &opened.factors(&person, Right::No));
        assert_eq!((wrong.status, &wrong.body["attempts_remaining"]), (401, &json!(left)));
    }
    let right = living.post(&opened.attempts(), &opened.factors(&person, Right::Yes));
    assert_eq!((right.status, right.text("type").as_str()), (409, "/problems/verification-closed"));
}

/// An open verification.
struct Opened {
    id: String,
    asked: Vec<String>,
}

#[derive(Clone, Copy)]
enum Right {
    Yes,
    No,
}

impl Opened {
    fn path(&self) -> String {
        format!("/v1/verifications/{}", self.id)
    }

    fn attempts(&self) -> String {
        format!("{}/attempts", self.path())
    }

    fn factors(&self, person: &Person, right: Right) -> Value {
        json!({ "factors": match right {
            Right::Yes => person.right(&self.asked),
            Right::No => person.wrong(&self.asked),
        } })
    }
}

impl From<&Answer> for Opened {
    fn from(answer: &Answer) -> Self {
        assert_eq!(answer.status, 201, "{answer:?}");
        let asked = answer.body["factors"].as_array().unwrap().iter();
        Self { id: answer.text("verification_id"), asked: asked.map(|name| name.as_str().unwrap().into()).collect() }
    }
}

fn enrolling(person: &Person) -> Value {
    json!({ "user_id": person.id, "factors": person.enrolled() })
}

/// An enrolled person and an open verification.
fn opened(host: &Host) -> (Person, Opened) {
    let person = Person::new(1, &["pin", "nfc"]);
    assert_eq!(host.post("/v1/enrollments", &enrolling(&person)).status, 201);
    let opened = Opened::from(&host.post("/v1/verifications", &json!({ "user_id": person.id })));
    (person, opened)
}

fn remaining(host: &Host, opened: &Opened) -> u64 {
    host.get(&opened.path()).body["attempts_remaining"].as_u64().unwrap()
}

/// The places of a process's pool of derivations: one for each processor.
fn places() -> u32 {
    thread::available_parallelism().unwrap().get().try_into().unwrap()
}

/// As many factors as can be enrolled: 16 derivations.
const ALL_BUT_ONE: [&str; 10] =
    ["pin", "pattern", "colour", "emoji", "words", "image_tap", "nfc", "device_secret", "fingerprint", "face"];
