//! B4: how many connections processes hold.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use countersign_tests::Person;

use crate::host::{Fleet, Host};
use crate::patience::at_once;
use crate::relay::Relay;
use crate::state::{Backend, State};
use crate::valkey::Connections;
use crate::verification::{Home, Right, enrolled, open};

#[test]
fn b4_8_processes_hold_at_most_8_connections_to_redis_and_use_them_again() {
    processes_hold_one_connection_to_each_server(Backend::Redis);
}

#[test]
fn b4_8_processes_hold_at_most_8_connections_to_each_server_of_a_cluster_and_use_them_again() {
    processes_hold_one_connection_to_each_server(Backend::Cluster);
}

fn processes_hold_one_connection_to_each_server(backend: Backend) {
    let state = State::on(backend);
    let fleet = Fleet::start(&state, 8);
    let servers = state.cache().servers();

    let people: Vec<Person> = (0..32).map(|number| enrolled(fleet.host(number as usize), number)).collect();
    // Four at a time in each process.
    let journeys = || at_once(32, |number| journey(fleet.host(number), &people[number]));

    journeys();
    let [first, second] = [(), ()].map(|()| {
        let connections: Vec<_> = servers.iter().map(Connections::to).collect();
        journeys();
        connections
    });

    for (first, second) in first.iter().zip(&second) {
        assert!((1..=8).contains(&first.held), "{first:?}");
        assert_eq!(second.held, first.held);
        assert_eq!(second.made, first.made + 2, "but for this test's two questions, nobody connected: {second:?}");
    }
}

/// A worker asks its stores several things at once, over HTTP/1.1, so that it needs some connections; but always the same. Beside it,
/// the host brings events into the log, several shards at once; in a stack that is another function's process.
#[test]
fn b4_a_process_uses_its_connections_to_dynamodb_again() {
    let state = State::on(Backend::DynamoDb);
    let fleet = Fleet::start(&state, 2);
    let person = enrolled(fleet.any(), 1);
    let one_after_another = || fleet.hosts().iter().for_each(|host| journey(host, &person));

    one_after_another();
    let before = connections_to(state.engine.port());
    (0..4).for_each(|_| one_after_another());
    let after = connections_to(state.engine.port());

    println!("{} connections of 2 processes, one journey at a time", after.len());
    assert!(after.len() <= 2 * (8 + 16), "{after:?}");
    assert!(after.difference(&before).count() <= 4 + 16, "before {before:?}, after {after:?}");
}

/// The connection stays open, and what is sent on it is lost.
#[test]
fn b4_a_frozen_connection_costs_one_reconnect() {
    let state = State::on(Backend::Redis).with_deadline(400);
    let relay = Relay::to(state.cache().port());
    let state = state.with_cache_at(relay.port);
    let fleet = Fleet::start(&state, 1);
    let person = enrolled(fleet.any(), 1);
    let kept = open(fleet.any(), &person);
    assert_eq!((kept.home(), relay.made()), (Home::Cache, 1));

    relay.freeze_connections();
    let right = fleet.any().ask_once(&kept.attempt(&person, Right::Yes));
    let next = open(fleet.any(), &person);

    assert_eq!(right.status, 200, "{right:?}");
    assert!(right.took() < Duration::from_secs(5), "{right:?}");
    assert_eq!((next.home(), relay.made()), (Home::Cache, 2), "the breaker stayed closed");
}

fn journey(host: &Host, person: &Person) {
    for right in [Right::No, Right::Yes] {
        let opened = open(host, person);
        let answer = host.ask(&opened.attempt(person, right));
        assert_eq!(answer.status, if right == Right::Yes { 200 } else { 401 }, "{answer:?}");
    }
}

/// The established connections to a port of this machine, by their clients' addresses (proc_pid_net(5)).
fn connections_to(port: u16) -> BTreeSet<String> {
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let rows = table.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>());
    let established = rows.filter(|row| row[3] == "01" && row[2].ends_with(&format!(":{port:04X}")));
    established.map(|row| row[1].to_owned()).collect()
}
