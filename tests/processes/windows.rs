//! A4 as time passes: windows that follow one another, and a bucket that fills up.

use std::collections::BTreeMap;

use domain::{Clock, SystemClock};
use jiff::Timestamp;
use serde_json::json;

use crate::client::{Answer, Ask};
use crate::host::Fleet;
use crate::patience::at_once;
use crate::state::{Backend, State};
use crate::verification::{enrolled, initiating, introspecting, open};

#[test]
fn a4_a_flood_from_8_processes_gets_each_windows_quota_on_dynamodb() {
    a_flood_gets_each_windows_quota(Backend::DynamoDb);
}

#[test]
fn a4_a_flood_from_8_processes_gets_each_windows_quota_on_redis() {
    a_flood_gets_each_windows_quota(Backend::Redis);
}

#[test]
fn a4_a_flood_from_8_processes_gets_each_windows_quota_on_a_cluster() {
    a_flood_gets_each_windows_quota(Backend::Cluster);
}

/// Three kinds of limits at once. What is let in is decided between a request's sending and its answer.
fn a_flood_gets_each_windows_quota(backend: Backend) {
    let state = State::on(backend).with_limits(&json!({
        "tenant_introspect": { "quota": QUOTA, "period_seconds": PERIOD, "lease": 1 },
        "device": { "quota": QUOTA, "period_seconds": PERIOD, "lease": 1, "penalty": "none" },
        "user": { "quota": QUOTA, "period_seconds": PERIOD },
    }));
    let fleet = Fleet::start(&state, 8);
    let [person, other] = [1, 2].map(|number| enrolled(fleet.any(), number));
    let opened = open(fleet.any(), &other);
    let asks: [&(dyn Fn() -> Ask + Sync); 3] = [
        &|| introspecting("unknown"),
        &|| Ask::get(&opened.path()).bearer(&opened.capability),
        &|| initiating(&person),
    ];

    // Three whole windows, and no more than a part of a fourth and a fifth.
    let until = start_of(window_of(SystemClock.now()) + 4);
    let floods = at_once(24, |number| {
        let mut answers = Vec::new();
        while SystemClock.now() < until {
            answers.push(fleet.host(number).ask_once(&asks[number % 3]()));
        }
        (number % 3, answers)
    });

    let of_kind = |kind: usize| {
        let answers = floods.iter().filter(|(its, _)| *its == kind).flat_map(|(_, answers)| answers);
        Flood::of(&answers.collect::<Vec<_>>())
    };
    each_window_has_its_quota(&of_kind(0));
    each_window_has_at_most_its_estimate(&of_kind(1));
    the_bucket_gives_what_flows_in(&of_kind(2));
}

/// What came of a flood of requests.
struct Flood<'a> {
    let_in: Vec<&'a Answer>,
    /// Requests that got no permit, or got one and lost it, because their process gave up: on a busy machine, all others may be
    /// faster each time.
    undecided: usize,
}

impl<'a> Flood<'a> {
    fn of(answers: &[&'a Answer]) -> Self {
        assert!(answers.iter().all(|answer| [200, 201, 429, 503].contains(&answer.status)));
        let undecided = answers.iter().filter(|answer| answer.status == 503).count();
        println!("{undecided} of {} requests were not decided", answers.len());
        let let_in = answers.iter().filter(|answer| answer.status < 300).copied().collect();
        Self { let_in, undecided }
    }
}

/// Of a fixed window, exactly: requests whose window is not certain may count for either.
fn each_window_has_its_quota(Flood { let_in, undecided }: &Flood<'_>) {
    let windows: Vec<(i64, i64)> =
        let_in.iter().map(|answer| (window_of(answer.sent), window_of(answer.answered))).collect();
    let first = windows.iter().map(|window| window.0).min().unwrap();
    for window in first + 1..first + 4 {
        let certain = windows.iter().filter(|(from, to)| (*from, *to) == (window, window)).count();
        let possible = windows.iter().filter(|(from, to)| *from <= window && window <= *to).count();
        assert!(certain <= QUOTA && QUOTA <= possible + undecided, "window {window}: {certain} to {possible}");
    }
}

/// Of a sliding window: after the first one, at no instant more than the previous window has left, which flows in steadily.
fn each_window_has_at_most_its_estimate(Flood { let_in, undecided }: &Flood<'_>) {
    let mut of_window = BTreeMap::<i64, Vec<Timestamp>>::new();
    for answer in let_in.iter().filter(|answer| window_of(answer.sent) == window_of(answer.answered)) {
        of_window.entry(window_of(answer.sent)).or_default().push(answer.answered);
    }
    let windows: Vec<(i64, Vec<Timestamp>)> = of_window.into_iter().collect();
    for [(_, before), (window, answered)] in windows.array_windows() {
        assert!(answered.len() <= QUOTA, "window {window}: {}", answered.len());
        let mut answered = answered.clone();
        answered.sort_unstable();
        for (earlier, at) in answered.iter().enumerate() {
            let passed = at.duration_since(start_of(*window)).as_millis_f64();
            #[expect(clippy::cast_precision_loss, reason = "both are small")]
            let covered = before.len() as f64 * (1.0 - passed / (PERIOD as f64 * 1_000.0)).max(0.0);
            #[expect(clippy::cast_precision_loss, reason = "both are small")]
            let used = covered.floor() + earlier as f64;
            assert!(used < QUOTA as f64, "window {window}: {earlier} let in when {covered} were left of the one before");
        }
    }
    assert!(let_in.len() + undecided >= 2 * QUOTA, "a flood gets its share: {}", let_in.len());
}

/// Of a bucket: it is full in the beginning, and a token comes every so often.
fn the_bucket_gives_what_flows_in(Flood { let_in, undecided }: &Flood<'_>) {
    let first = let_in.iter().map(|answer| answer.sent).min().unwrap();
    let last = let_in.iter().map(|answer| answer.answered).max().unwrap();
    let millis = usize::try_from(last.duration_since(first).as_millis()).unwrap();
    let flowed = millis / INTERVAL_MILLIS;
    // What flowed in and was not asked for in the same instant may be late by a few requests.
    let expected = (QUOTA + flowed - flowed / 10 - 2).saturating_sub(*undecided)..=QUOTA + flowed + 1;
    assert!(expected.contains(&let_in.len()), "{} let in, {expected:?} expected", let_in.len());
}

fn window_of(instant: Timestamp) -> i64 {
    instant.as_second() / PERIOD
}

fn start_of(window: i64) -> Timestamp {
    Timestamp::from_second(window * PERIOD).unwrap()
}

const QUOTA: usize = 40;
const PERIOD: i64 = 2;
const INTERVAL_MILLIS: usize = 50;
