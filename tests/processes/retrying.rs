//! A7: whoever waits as long as an answer says is let in.

use serde_json::json;

use crate::client::{Answer, Ask};
use crate::host::{Fleet, Host};
use crate::patience::{at_once, wait};
use crate::state::{Backend, State};
use crate::verification::{Home, enrolled, initiating, introspecting, open};

#[test]
fn a7_waiting_as_long_as_429_says_succeeds_on_dynamodb() {
    waiting_as_long_as_429_says_succeeds(Backend::DynamoDb);
}

#[test]
fn a7_waiting_as_long_as_429_says_succeeds_on_redis() {
    waiting_as_long_as_429_says_succeeds(Backend::Redis);
}

/// One limit of each algorithm. It is used up in one process and waited for in another, too.
fn waiting_as_long_as_429_says_succeeds(backend: Backend) {
    let state = State::on(backend).with_limits(&json!({
        "tenant_introspect": { "quota": 2, "period_seconds": 3, "lease": 1 },
        "device": { "quota": 2, "period_seconds": 3, "lease": 1, "penalty": "none" },
        "user": { "quota": 1, "period_seconds": 3 },
    }));
    let fleet = Fleet::start(&state, 2);
    let [person, other] = [1, 2].map(|number| enrolled(fleet.any(), number));
    let opened = open(fleet.any(), &other);
    let introspect = || introspecting("unknown");
    let status = || Ask::get(&opened.path()).bearer(&opened.capability);
    let initiate = || initiating(&person);
    let asks: [&(dyn Fn() -> Ask + Sync); 3] = [&introspect, &status, &initiate];

    at_once(3, |number| {
        let ask = asks[number];
        for (using_up, waiting) in [(0, 0), (0, 1)] {
            let limited = limited(fleet.host(using_up), ask);
            wait(limited.retry_after.expect("429 says when to try again"));
            let answer = fleet.host(waiting).ask(&ask());
            assert!([200, 201].contains(&answer.status), "after {limited:?}: {answer:?}");
        }
    });
}

/// Uses a limit up.
fn limited(host: &Host, ask: &dyn Fn() -> Ask) -> Answer {
    let answer = (0..100).map(|_| host.ask(&ask())).find(|answer| answer.status == 429);
    let answer = answer.expect("100 requests in a few seconds are too many");
    assert_eq!(answer.problem(), "rate-limited");
    answer
}

#[test]
fn a7_waiting_as_long_as_503_says_succeeds_once_the_cache_is_back() {
    let state = State::on(Backend::Redis).with_deadline(200);
    let fleet = Fleet::start(&state, 1);
    let person = enrolled(fleet.any(), 1);
    let opened = open(fleet.any(), &person);
    assert_eq!(opened.home(), Home::Cache);

    state.cache().stall();
    let unavailable = fleet.any().ask_once(&Ask::get(&opened.path()));
    state.cache().go_on();

    succeeds_after(&unavailable, fleet.any(), &opened.path());
}

#[test]
fn a7_waiting_as_long_as_503_says_succeeds_once_the_tables_are_back() {
    let state = State::on(Backend::DynamoDb);
    let fleet = Fleet::start(&state, 1);
    let person = enrolled(fleet.any(), 1);
    let opened = open(fleet.any(), &person);
    assert_eq!(fleet.any().get(&opened.path()).status, 200);

    state.engine.stop();
    let unavailable = fleet.any().ask_once(&Ask::get(&opened.path()));
    state.engine.resume();

    succeeds_after(&unavailable, fleet.any(), &opened.path());
}

fn succeeds_after(unavailable: &Answer, host: &Host, path: &str) {
    assert_eq!((unavailable.status, unavailable.problem()), (503, "unavailable"), "{unavailable:?}");
    wait(unavailable.retry_after.expect("503 says when to try again"));
    let answer = host.ask_once(&Ask::get(path));
    assert_eq!(answer.status, 200, "{answer:?}");
}
