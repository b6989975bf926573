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
    let introspect = || introspecting("unknown");
    let status = || Ask::get(&opened.path()).bearer(&opened.capability);
    let initiate = || initiating(&person);
    let asks: [&(dyn Fn() -> Ask + Sync); 3] = [&introspect, &status, &initiate];

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
    refused: Vec<&'a Answer>,
    /// Requests that got no permit, or got one and lost it, because their process gave up: on a busy machine, all others may be
    /// faster each time.
    undecided: usize,
}

impl<'a> Flood<'a> {
    fn of(answers: &[&'a Answer]) -> Self {
        let with = |statuses: &[u16]| -> Vec<&'a Answer> {
            answers.iter().filter(|answer| statuses.contains(&answer.status)).copied().collect()
        };
        let (let_in, refused, undecided) = (with(&[200, 201]), with(&[429]), with(&[503]).len());
        println!("{} let in, {} refused, {undecided} undecided", let_in.len(), refused.len());
        assert_eq!(let_in.len() + refused.len() + undecided, answers.len());
        assert!(let_in.len() >= QUOTA && !refused.is_empty(), "a flood uses the limit up");
        Self { let_in, refused, undecided }
    }
}

/// Of a fixed window: never more than the quota, and no refusal before it is used up. Requests whose window is not certain may
/// count for either.
fn each_window_has_its_quota(Flood { let_in, refused, undecided }: &Flood<'_>) {
    let windows = |answers: &[&Answer]| -> Vec<(i64, i64)> {
        answers.iter().map(|answer| (window_of(answer.sent), window_of(answer.answered))).collect()
    };
    let (let_in, refused) = (windows(let_in), windows(refused));
    let (first, last) = (let_in.iter().map(|it| it.0).min().unwrap(), let_in.iter().map(|it| it.1).max().unwrap());
    for window in first..=last {
        let certain = let_in.iter().filter(|it| **it == (window, window)).count();
        let possible = let_in.iter().filter(|(from, to)| (*from..=*to).contains(&window)).count();
        assert!(certain <= QUOTA, "window {window}: {certain} let in");
        let is_used_up = refused.contains(&(window, window));
        assert!(!is_used_up || QUOTA <= possible + undecided, "window {window}: refused after {possible}");
    }
}

/// Of a sliding window: at no instant more than the previous window has left, which flows in steadily.
fn each_window_has_at_most_its_estimate(Flood { let_in, .. }: &Flood<'_>) {
    let mut of_window = BTreeMap::<i64, Vec<i64>>::new();
    for answer in let_in.iter().filter(|answer| window_of(answer.sent) == window_of(answer.answered)) {
        of_window.entry(window_of(answer.sent)).or_default().push(answer.answered.as_millisecond());
    }
    for (window, answered) in &mut of_window.clone() {
        let before = of_window.get(&(window - 1)).map_or(0, Vec::len);
        answered.sort_unstable();
        for (earlier, at) in answered.iter().enumerate() {
            let left = usize::try_from((window + 1) * PERIOD * 1_000 - at).unwrap();
            let covered = before * left / (1_000 * usize::try_from(PERIOD).unwrap());
            assert!(covered + earlier < QUOTA, "window {window}: {earlier} let in, {covered} of {before} before");
        }
    }
}

/// Of a bucket: it is full in the beginning, and a token comes every so often. Never more, and no refusal while there is one.
fn the_bucket_gives_what_flows_in(Flood { let_in, refused, undecided }: &Flood<'_>) {
    let first = let_in.iter().min_by_key(|answer| answer.sent).unwrap();
    let last = let_in.iter().map(|answer| answer.answered).max().unwrap();
    let flowed = |from: Timestamp, to: Timestamp| (to.as_millisecond() - from.as_millisecond()) / INTERVAL_MILLIS;
    let most = QUOTA + usize::try_from(flowed(first.sent, last) + 1).unwrap();
    assert!(let_in.len() <= most, "{} let in of {most}", let_in.len());

    let refusal = refused.iter().max_by_key(|answer| answer.sent).unwrap();
    let before = let_in.iter().filter(|answer| answer.sent <= refusal.answered).count();
    // One token may be on its way, one may be rounded off.
    let expected = usize::try_from(flowed(first.answered, refusal.sent) - 2).unwrap_or_default() + QUOTA;
    assert!(before + undecided >= expected, "refused after {before} of {expected}");
}

fn window_of(instant: Timestamp) -> i64 {
    instant.as_second() / PERIOD
}

fn start_of(window: i64) -> Timestamp {
    Timestamp::from_second(window * PERIOD).unwrap()
}

/// Little enough to be used up on a busy machine.
const QUOTA: usize = 10;
const PERIOD: i64 = 2;
const INTERVAL_MILLIS: i64 = 200;
