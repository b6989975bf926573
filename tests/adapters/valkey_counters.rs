//! The script that draws permits against the machine that it follows, on random histories.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use countersign_tests::ValkeyEngine;
use domain::{Algorithm, Counter, CounterKey, Draw, DrawId, Drawn, Limit, LimitSubject, Penalty};
use jiff::Timestamp;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use store::DrawPermits;
use store_valkey::ValkeyStore;

use crate::valkey::{any_key, cache};

#[tokio::test(flavor = "multi_thread")]
async fn a4_the_script_decides_as_the_machine_does() {
    let engine = ValkeyEngine::start().await;
    let store = cache(&engine).await;

    let mut refused = 0;
    for seed in 0..HISTORIES {
        refused += follow(&store, seed).await;
    }

    assert!(refused > HISTORIES, "refusals are among what is compared: {refused}");
}

/// Draws from one counter, with limits that change now and then, at times that mostly go on, and compares each outcome.
async fn follow(store: &ValkeyStore, seed: u64) -> u64 {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let key = CounterKey::new(&format!("l{seed}"), LimitSubject::Everybody { shard: 0 });
    let (mut counter, mut refused) = (None, 0);
    let mut limit = any_limit(&mut random);
    let mut now = 1_790_000_000_000 + i64::from(random.next_u32());
    for step in 0..DRAWS {
        if one_in(&mut random, 50) {
            limit = any_limit(&mut random);
        }
        now += any_pause(&mut random, &limit);
        let draw = Draw {
            limit,
            permits: 1 + any_below(&mut random, &[1, 3, 60, u64::from(limit.quota.get())]),
            id: DrawId([u8::try_from(random.next_u32() % 200).unwrap(); 16]),
            now: Timestamp::from_millisecond(now).unwrap(),
        };

        let drawn = draw_from_both(store, &key, &mut counter, &draw, &format!("seed {seed}, step {step}")).await;
        refused += u64::from(matches!(drawn, Drawn::Refused { .. }));
    }
    refused
}

/// Draws from the script and from the machine, and holds them to be equal.
async fn draw_from_both(
    store: &ValkeyStore,
    key: &CounterKey,
    counter: &mut Option<Counter>,
    draw: &Draw,
    place: &str,
) -> Drawn {
    let (expected, after) = Counter::draw(counter.as_ref(), draw);
    let drawn = store.draw_permits(key, draw).await.unwrap();

    assert_eq!(drawn, expected, "{place}: {draw:?} from {counter:?}");
    if let Some(after) = after {
        *counter = Some(after);
    }
    drawn
}

/// The product of the previous window's permits and the covered time is one below a multiple of the period, and a double would
/// round it up.
#[tokio::test(flavor = "multi_thread")]
async fn a4_the_script_is_exact_where_doubles_are_not() {
    let engine = ValkeyEngine::start().await;
    let store = cache(&engine).await;
    let (period, covered) = (i64::from(u32::MAX), 1 << 30);
    let limit = limit(Algorithm::SlidingWindow, u32::MAX, period);
    let start = 400 * period;
    let mut counter = None;

    let history = [(start, 4_294_967_291, 1), (start + 2 * period - covered, 1, 2)];
    for (now, permits, id) in history {
        let now = Timestamp::from_millisecond(now).unwrap();
        let draw = Draw { limit, permits, id: DrawId([id; 16]), now };
        draw_from_both(&store, &any_key("exact"), &mut counter, &draw, "exact").await;
    }
}

/// A violation in a later window leaves the draws of the one before known.
#[tokio::test(flavor = "multi_thread")]
async fn a9_a_draw_repeated_by_a_slower_clock_counts_once() {
    let engine = ValkeyEngine::start().await;
    let store = cache(&engine).await;
    let limit = limit(Algorithm::SlidingWindow, 5, 1_000);
    let mut counter = None;

    let mut drawn = Vec::new();
    for (now, permits, id) in [(900, 5, 1), (1_000, 1, 2), (950, 5, 1)] {
        let now = Timestamp::from_millisecond(1_790_000_000_000 + now).unwrap();
        let draw = Draw { limit, permits, id: DrawId([id; 16]), now };
        drawn.push(draw_from_both(&store, &any_key("slower"), &mut counter, &draw, "slower").await);
    }

    assert!(matches!(drawn[1], Drawn::Refused { .. }));
    assert!(matches!(drawn[2], Drawn::Granted { permits: 5, .. }));
}

fn limit(algorithm: Algorithm, quota: u32, period: i64) -> Limit {
    let period = Duration::from_millis(u64::try_from(period).unwrap());
    Limit { algorithm, quota: NonZeroU32::new(quota).unwrap(), period, penalty: Penalty::Escalating }
}

fn any_limit(random: &mut ChaCha8Rng) -> Limit {
    let algorithms = [Algorithm::FixedWindow, Algorithm::SlidingWindow, Algorithm::TokenBucket];
    let quota = 1 + any_below(random, &[1, 5, 100, 300_000, u64::from(u32::MAX - 1)]);
    let period = 1 + any_below(random, &[10, 1_000, 60_000, 86_400_000, 0xFFFF_FFFE]);
    let limit = limit(algorithms[random.next_u32() as usize % 3], quota, i64::from(period));
    Limit { penalty: if one_in(random, 2) { Penalty::Escalating } else { Penalty::None }, ..limit }
}

/// Mostly little, now and then several periods or a day, and sometimes backwards, as clocks that do not agree have it.
fn any_pause(random: &mut ChaCha8Rng, limit: &Limit) -> i64 {
    let period = u64::try_from(limit.period_millis()).unwrap();
    let pause = i64::from(any_below(random, &[1, 1, 1, 1 + period / 10, 1 + period, 1 + 3 * period, 100_000_000]));
    if one_in(random, 20) { -pause.min(limit.period_millis()) } else { pause }
}

/// A number below one of these bounds.
fn any_below(random: &mut ChaCha8Rng, bounds: &[u64]) -> u32 {
    let bound = bounds[random.next_u32() as usize % bounds.len()].clamp(1, u64::from(u32::MAX));
    u32::try_from(random.next_u64() % bound).unwrap()
}

fn one_in(random: &mut ChaCha8Rng, chances: u32) -> bool {
    random.next_u32().is_multiple_of(chances)
}

const HISTORIES: u64 = 150;
const DRAWS: u32 = 100;

#[tokio::test(flavor = "multi_thread")]
async fn a4_a_thousand_draws_at_once_take_the_quota_and_no_more() {
    let engine = ValkeyEngine::start_cluster().await;
    let stores = [cache(&engine).await, cache(&engine).await, cache(&engine).await];
    let quota = NonZeroU32::new(700).unwrap();
    let period = Duration::from_secs(60);
    let limit = Limit { algorithm: Algorithm::FixedWindow, quota, period, penalty: Penalty::None };
    let keys = ["a", "b", "c"].map(|name| CounterKey::new(name, LimitSubject::Everybody { shard: 0 }));
    let now = Timestamp::from_millisecond(1_790_000_000_000).unwrap();

    let draws = (0..1_000_u16).flat_map(|number| keys.iter().map(move |key| (number, key)));
    let draws = draws.map(|(number, key)| {
        let id = DrawId(u128::from(number).to_be_bytes());
        let store = &stores[usize::from(number) % 3];
        async move {
            let outcome = store.draw_permits(key, &Draw { limit, permits: 1, id, now }).await.unwrap();
            (key, matches!(outcome, Drawn::Granted { permits: 1, .. }))
        }
    });
    let mut granted: BTreeMap<&CounterKey, u32> = BTreeMap::new();
    for (key, was_granted) in futures_util::future::join_all(draws).await {
        *granted.entry(key).or_default() += u32::from(was_granted);
    }

    assert_eq!(granted.into_values().collect::<Vec<_>>(), [700, 700, 700]);
}
