//! B3: the cache and the tables are both away.

use std::time::Duration;

use serde_json::json;

use crate::client::{Answer, Ask};
use crate::engine::Engine;
use crate::host::Fleet;
use crate::patience::{at_once, eventually};
use crate::state::{Backend, State};
use crate::verification::{Home, Right, enrolled, enrolling, initiating, introspecting, open, revoking};

#[test]
fn b3_without_cache_and_tables_nothing_is_permitted() {
    without_cache_and_tables_nothing_is_permitted(Engine::stop);
}

#[test]
fn b3_with_cache_and_tables_that_stand_still_nothing_is_permitted() {
    without_cache_and_tables_nothing_is_permitted(Engine::freeze);
}

/// The processes know the caller, its keys and their leases: nothing else stands between it and what it asks for.
fn without_cache_and_tables_nothing_is_permitted(away: fn(&Engine)) {
    let state = State::on(Backend::Redis).with_deadline(200).with_limits(&json!({
        "user": { "quota": 4, "period_seconds": 86_400 },
        // No permits at hand.
        "tenant_introspect": { "lease": 1 },
    }));
    let fleet = Fleet::start(&state, 2);
    let [person, limited, locked] = [1, 2, 3].map(|number| enrolled(fleet.any(), number));
    let [opened, done] = [1, 2].map(|_| open(fleet.host(0), &person));
    assert_eq!((opened.home(), done.home()), (Home::Cache, Home::Cache));
    let token = fleet.host(1).ask(&done.attempt(&person, Right::Yes)).text("access_token");
    for host in fleet.hosts() {
        assert_eq!(host.ask(&introspecting(&token)).body["active"], json!(true));
        assert_eq!(host.get(&opened.path()).status, 200);
        assert_eq!(host.get(KEYS).status, 200);
    }
    (0..4).for_each(|_| drop(open(fleet.host(0), &limited)));
    let locked = [open(fleet.host(0), &locked), open(fleet.host(0), &locked), open(fleet.host(0), &locked)]
        .map(|opened| (locked.clone(), opened));
    for number in 0..5 {
        let (person, opened) = &locked[number / 3];
        assert_eq!(fleet.host(number).ask(&opened.attempt(person, Right::No)).status, 401);
    }

    state.cache().stall();
    away(&state.engine);
    let asks = [
        enrolling(&countersign_tests::Person::new(9, &["pin", "nfc"])),
        Ask::get(&format!("/v1/enrollments/{}", person.id)),
        initiating(&person),
        initiating(&limited),
        opened.attempt(&person, Right::Yes),
        locked[2].1.attempt(&locked[2].0, Right::Yes),
        Ask::get(&opened.path()),
        introspecting(&token),
        revoking(&token),
        // Nothing but admission stands before its answer.
        introspecting("unknown"),
    ];
    let answers = at_once(2 * asks.len(), |number| fleet.host(number % 2).ask_once(&asks[number / 2]));
    let keys = fleet.any().ask_once(&Ask::get(KEYS));
    state.cache().go_on();
    state.engine.resume();

    for (number, answer) in answers.iter().enumerate() {
        let ask = &asks[number / 2];
        // The process that refused a limited user before may remember it.
        let remembers = answer.status == 429 && number / 2 == 3;
        assert!(remembers || is_unavailable(answer), "{ask:?}: {answer:?}");
    }
    println!("it took {:?}", answers.iter().map(Answer::took).collect::<Vec<_>>());
    assert_eq!(keys.status, 200);
    // What the cache had been sent, it does once it goes on: then an attempt is in flight, in an execution that has given up.
    let again = |ask: &Ask| Some(fleet.any().ask_once(ask)).filter(|answer| ![409, 503].contains(&answer.status));
    let outcomes = [4, 5, 3, 7].map(|number: usize| eventually("both are back", || again(&asks[number])));
    assert_eq!(outcomes.each_ref().map(|answer| answer.status), [200, 401, 429, 200]);
    assert_eq!(outcomes[3].body["active"], json!(true), "the session was not revoked");
}

fn is_unavailable(answer: &Answer) -> bool {
    (answer.status, answer.problem()) == (503, "unavailable") && answer.retry_after.is_some() && answer.took() < AT_MOST
}

const KEYS: &str = "/.well-known/jwks.json";

/// Every function answers after 15 seconds, and here each has a second more on a busy machine.
const AT_MOST: Duration = Duration::from_secs(16);
