//! A4: limits are exact, whatever the number of processes.

use domain::{Clock, SystemClock};
use serde_json::json;

use crate::client::{Answer, Ask};
use crate::host::Fleet;
use crate::patience::at_once;
use crate::state::{Backend, State, long_period};
use crate::verification::{enrolled, initiating, introspecting, open};

#[test]
fn a4_8_processes_with_1000_requests_each_let_in_what_the_model_does_on_dynamodb() {
    limits_let_in_what_the_model_does(Backend::DynamoDb);
}

#[test]
fn a4_8_processes_with_1000_requests_each_let_in_what_the_model_does_on_redis() {
    limits_let_in_what_the_model_does(Backend::Redis);
}

#[test]
fn a4_8_processes_with_1000_requests_each_let_in_what_the_model_does_on_a_cluster() {
    limits_let_in_what_the_model_does(Backend::Cluster);
}

/// Within one period, each algorithm lets in the first requests until its quota is used up, and no other: that is the model.
/// With a lease, what processes have drawn and not spent may be missing.
fn limits_let_in_what_the_model_does(backend: Backend) {
    let state = State::on(backend).with_limits(&json!({
        // Cheap requests, which reach no store but for admission.
        "tenant_introspect": { "quota": FIXED, "period_seconds": long_period(), "lease": 1 },
        "tenant_describe_enrollment": { "quota": LEASED, "period_seconds": long_period(), "lease": LEASE },
        "device": { "quota": SLIDING, "period_seconds": long_period(), "lease": 1, "penalty": "none" },
        // A token every seven minutes.
        "user": { "quota": BUCKET, "period_seconds": 86_400 },
    }));
    let fleet = Fleet::start(&state, PROCESSES);
    let [person, other] = [1, 2].map(|number| enrolled(fleet.any(), number));
    let opened = open(fleet.any(), &other);

    let began = SystemClock.now();
    let fixed = let_in(&fleet, 1_000, || introspecting("unknown"));
    let took = SystemClock.now().duration_since(began);
    let leased = let_in(&fleet, 500, || Ask::get(&format!("/v1/enrollments/{}", person.id)));
    let sliding = let_in(&fleet, 250, || Ask::get(&opened.path()).bearer(&opened.capability));
    let bucket = let_in(&fleet, 100, || initiating(&person));

    assert_eq!((fixed, sliding, bucket), (FIXED, SLIDING, BUCKET));
    assert!((LEASED - PROCESSES * (LEASE - 1)..=LEASED).contains(&leased), "{leased} of {LEASED}");
    println!("{backend:?}: 8,000 requests for {FIXED} permits took {took:#}");
    println!("{backend:?}: {leased} of {LEASED} let in with a lease of {LEASE}");
}

/// What a process has drawn is lost with it: the rest can't be used, and no more than that.
#[test]
fn a4_what_killed_processes_have_drawn_is_missing_and_no_more() {
    what_killed_processes_have_drawn_is_missing_and_no_more(Backend::DynamoDb);
}

#[test]
fn a4_what_killed_processes_have_drawn_is_missing_and_no_more_on_redis() {
    what_killed_processes_have_drawn_is_missing_and_no_more(Backend::Redis);
}

fn what_killed_processes_have_drawn_is_missing_and_no_more(backend: Backend) {
    let row = json!({ "quota": LEASED, "period_seconds": long_period(), "lease": LEASE });
    let state = State::on(backend).with_limits(&json!({ "tenant_introspect": row }));
    let dying = Fleet::start(&state, PROCESSES);

    // After some requests a process draws whole leases; after a number that no lease divides it holds a part of one.
    let before = let_in(&dying, LEASE + 7, || introspecting("unknown"));
    drop(dying);
    let survivor = Fleet::start(&state, 1);
    let after = let_in(&survivor, LEASED, || introspecting("unknown"));

    assert_eq!(before, PROCESSES * (LEASE + 7));
    let (all, missing) = (before + after, PROCESSES * (LEASE - 1));
    assert!((LEASED - missing..=LEASED).contains(&all), "{all} of {LEASED}");
    println!("{backend:?}: {all} of {LEASED} let in, at most {missing} may be missing");
}

/// How many of each process's requests are let in. The others are answered 429.
fn let_in(fleet: &Fleet, requests: usize, ask: impl Fn() -> Ask + Sync) -> usize {
    let answers = at_once(fleet.hosts().len(), |number| {
        let host = fleet.host(number);
        let answers = (0..requests).map(|_| host.ask(&ask()));
        answers.filter(|answer| !is_limited(answer)).count()
    });
    answers.iter().sum()
}

fn is_limited(answer: &Answer) -> bool {
    assert!([200, 201, 429].contains(&answer.status), "{answer:?}");
    assert_eq!(answer.status == 429, answer.retry_after.is_some(), "{answer:?}");
    answer.status == 429
}

const PROCESSES: usize = 8;
const FIXED: usize = 1_000;
const LEASED: usize = 2_000;
const LEASE: usize = 50;
const SLIDING: usize = 400;
const BUCKET: usize = 200;
