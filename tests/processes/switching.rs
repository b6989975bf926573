//! B2: the cache goes away under load, and comes back.

use std::thread;
use std::time::Duration;

use countersign_tests::Person;
use domain::{Clock, SystemClock};
use jiff::Timestamp;
use serde_json::json;

use crate::client::Ask;
use crate::host::{Fleet, Host};
use crate::load::{Load, Log, Seen, Step, latencies};
use crate::patience::{at_once, eventually};
use crate::state::{Backend, State, long_period};
use crate::valkey::Valkey;
use crate::verification::{Home, Opened, Right, enrolled, initiating, introspecting, open};

#[test]
fn b2_verifications_go_on_while_valkey_is_stalled() {
    let outage = Outage { begin: Valkey::stall, end: Valkey::go_on, loses_data: false };
    verifications_go_on(&outage, State::on(Backend::Redis).with_deadline(300));
}

#[test]
fn b2_verifications_go_on_while_valkey_is_killed() {
    let outage = Outage { begin: Valkey::kill, end: Valkey::start_again, loses_data: true };
    verifications_go_on(&outage, State::on(Backend::Redis));
}

#[test]
fn b2_verifications_go_on_while_valkey_is_stopped() {
    let outage = Outage { begin: Valkey::shut_down, end: Valkey::start_again, loses_data: true };
    verifications_go_on(&outage, State::on(Backend::Redis));
}

/// What happens to the cache.
struct Outage {
    begin: fn(&Valkey),
    end: fn(&Valkey),
    loses_data: bool,
}

fn verifications_go_on(outage: &Outage, state: State) {
    let row = json!({ "quota": QUOTA, "period_seconds": long_period(), "lease": 1 });
    // Somebody opens verifications until one is in the cache, however many that takes.
    let state = state.with_limits(&json!({ "tenant_introspect": row, "user": null }));
    let cache = state.cache();
    let fleet = Fleet::start(&state, 4);
    let log = Log::default();

    thread::scope(|scope| {
        let load = Load::start(scope, &fleet, &log);
        let began = SystemClock.now();
        eventually("verifications are opened in the cache", || (log.opened(Home::Cache, began) >= 24).then_some(()));
        let person = enrolled(fleet.any(), 1);
        let kept = in_the_cache(fleet.any(), &person);
        let first = let_in(&fleet, 0..2);

        let gone_at = SystemClock.now();
        (outage.begin)(cache);
        eventually("verifications are opened in the table", || (log.opened(Home::Table, gone_at) >= 40).then_some(()));
        let without = fleet.any().ask_once(&Ask::get(&kept.path()));
        let second = let_in(&fleet, 2..4);

        let back_at = SystemClock.now();
        (outage.end)(cache);
        for host in fleet.hosts() {
            in_the_cache(host, &person);
        }
        let recovered_at = SystemClock.now();
        eventually("the load is back", || (log.opened(Home::Cache, recovered_at) >= 24).then_some(()));
        let newcomer = Fleet::start(&state, 1);
        let third = let_in(&newcomer, 0..1);
        let goes_on = fleet.any().ask(&kept.attempt(&person, Right::Yes));
        let seen = load.stop();

        assert_eq!((without.status, without.problem()), (503, "unavailable"), "{without:?}");
        assert!(without.retry_after.is_some() && without.took() < AT_MOST, "{without:?}");
        assert_eq!(goes_on.status, if outage.loses_data { 404 } else { 200 }, "{goes_on:?}");
        // Once more for each direction, if the counters are lost.
        let quotas = if outage.loses_data { 3 } else { 2 };
        assert!(first + second <= 2 * QUOTA, "{first} + {second} let in of {QUOTA}");
        assert!(first + second + third <= quotas * QUOTA, "{first} + {second} + {third} let in of {QUOTA}");
        new_verifications_never_fail(&seen, outage.loses_data.then_some(gone_at));
        report(&seen, [began, gone_at, back_at, recovered_at, SystemClock.now()]);
    });
}

/// What is in the table is not touched by the outage; what is in the cache is not to be had, and then gone if its data is.
fn new_verifications_never_fail(seen: &[Seen], data_lost_at: Option<Timestamp>) {
    for Seen { step, home, answer } in seen {
        let as_usual = answer.status == if *step == Step::Initiate { 201 } else { 200 };
        let is_lost = answer.status == 404 && data_lost_at.is_some_and(|lost_at| answer.answered > lost_at);
        let is_away = answer.status == 503 && answer.retry_after.is_some();
        let is_excused = *step != Step::Initiate && *home == Home::Cache && (is_away || is_lost);
        assert!(as_usual || is_excused, "{step:?} in the {home:?}: {answer:?}");
        assert!(answer.took() < AT_MOST, "{step:?} in the {home:?}: {answer:?}");
    }
}

fn report(seen: &[Seen], times: [Timestamp; 5]) {
    for ([from, to], phase) in times.array_windows().zip(["with", "without", "coming back", "with again"]) {
        for step in [Step::Initiate, Step::Attempt] {
            let [median, most, longest] = latencies(seen, step, (*from, *to));
            println!("{phase} cache, {step:?}: p50 {median:?}, p99 {most:?}, longest {longest:?}");
        }
    }
}

/// Opens verifications until one is in the cache.
fn in_the_cache(host: &Host, person: &Person) -> Opened {
    eventually("a verification is opened in the cache", || {
        Some(open(host, person)).filter(|opened| opened.home() == Home::Cache)
    })
}

/// How many requests these processes let in, of twice as many as the quota is.
fn let_in(fleet: &Fleet, hosts: std::ops::Range<usize>) -> usize {
    let (first, count) = (hosts.start, hosts.len());
    let answers = at_once(count, |number| {
        let host = fleet.host(first + number);
        let statuses = (0..2 * QUOTA / count).map(|_| host.ask(&introspecting("unknown")).status);
        statuses.inspect(|status| assert!([200, 429].contains(status))).filter(|status| *status == 200).count()
    });
    answers.iter().sum()
}

/// One master of three does not answer: verifications are opened in the table, and those on the other two go on.
#[test]
fn b2_verifications_go_on_while_one_master_of_a_cluster_is_stalled() {
    let state = State::on(Backend::Cluster).with_deadline(300).with_limits(&json!({ "user": null }));
    let fleet = Fleet::start(&state, 4);
    let people: Vec<_> = (0..12).map(|number| enrolled(fleet.any(), number)).collect();
    let kept: Vec<_> = people.iter().map(|person| in_the_cache(fleet.any(), person)).collect();

    state.cache().servers()[1].stall();
    let during: Vec<_> = people.iter().map(|person| fleet.any().ask_once(&initiating(person))).collect();
    let statuses: Vec<u16> = kept.iter().map(|opened| fleet.any().ask_once(&Ask::get(&opened.path())).status).collect();
    state.cache().servers()[1].go_on();
    for person in &people {
        in_the_cache(fleet.any(), person);
    }
    let attempt = |(opened, person): (&Opened, _)| fleet.any().ask(&opened.attempt(person, Right::Yes)).status;
    let go_on: Vec<u16> = kept.iter().zip(&people).map(attempt).collect();

    assert!(during.iter().all(|answer| answer.status == 201 && answer.took() < AT_MOST), "{during:?}");
    assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
    assert_eq!(go_on, [200; 12]);
}

const QUOTA: usize = 200;

/// Far more than a request waits for the cache, and little enough for whoever waits.
const AT_MOST: Duration = Duration::from_secs(10);
