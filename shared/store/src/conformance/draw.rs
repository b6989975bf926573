//! Drawing permits: what must hold however many draw at once.

use std::num::NonZeroU32;
use std::time::Duration;

use domain::{Algorithm, Counter, CounterKey, Draw, DrawId, Drawn, Limit, LimitSubject, Penalty, SourceAddress};
use jiff::Timestamp;

use super::race::{count, race};
use super::{Failure, Report, Setting, World};
use crate::DrawPermits;

pub(super) async fn run<S: DrawPermits + Clone + 'static>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "draw",
        store,
        setting,
        report,
        [
            a4_of_sixty_four_at_once_exactly_the_quota_is_granted,
            a9_a_draw_repeated_many_times_at_once_counts_once,
            a9_a_refused_draw_repeated_counts_nothing,
            a7_waiting_exactly_as_long_as_told_succeeds,
            violations_escalate,
            subjects_and_limits_are_counted_apart,
            what_is_finer_than_a_millisecond_is_cut_off,
            a_time_out_is_cut_to_milliseconds_too,
        ]
    );
}

pub(super) const ALGORITHMS: [Algorithm; 3] =
    [Algorithm::FixedWindow, Algorithm::SlidingWindow, Algorithm::TokenBucket];

async fn a4_of_sixty_four_at_once_exactly_the_quota_is_granted<S: DrawPermits + Clone + 'static>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    for (algorithm, number) in ALGORITHMS.into_iter().zip(0..) {
        let (key, limit, now) = (key(world, number), limit(algorithm, 100, Penalty::None), world.now);
        let draws: Vec<Draw> = (0..64).map(|number| draw(world, limit, 3, number, now)).collect();

        let outcomes = race(store, 64, {
            let (key, draws) = (key.clone(), draws.clone());
            move |store: S, contender| {
                let (key, draw) = (key.clone(), draws.get(usize::from(contender)).copied());
                async move {
                    match draw {
                        Some(draw) => store.draw_permits(&key, &draw).await,
                        None => Ok(Drawn::Refused { retry_after: Duration::ZERO }),
                    }
                }
            }
        })
        .await?;

        // Thirty-three get three permits, one gets the last.
        ensure_eq!(outcomes.iter().map(permits).sum::<u32>(), 100);
        ensure_eq!(count(&outcomes, |drawn| permits(drawn) == 3), 33);
        ensure_eq!(count(&outcomes, |drawn| permits(drawn) == 1), 1);
        // The refused ones are told the same, and what is left is as if they had come one after the other.
        let mut counter = None;
        let mut expected = sequentially(&mut counter, &draws);
        expected.sort_by_key(order);
        let mut outcomes = outcomes;
        outcomes.sort_by_key(order);
        ensure_eq!(outcomes, expected);
        for (later, number) in [(200, 100), (599, 101), (601, 102), (1_000, 103), (1_700, 104)] {
            let draw = draw(world, limit, 7, number, world.after(Duration::from_secs(later)));
            let expected = sequentially(&mut counter, &[draw]);
            ensure_eq!(vec![store.draw_permits(&key, &draw).await?], expected);
        }
    }
    Ok(())
}

async fn a9_a_draw_repeated_many_times_at_once_counts_once<S: DrawPermits + Clone + 'static>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    for (algorithm, number) in ALGORITHMS.into_iter().zip(0..) {
        let (key, limit) = (key(world, number), limit(algorithm, 10, Penalty::None));
        let repeated = draw(world, limit, 4, 1, world.now);

        let outcomes = race(store, 16, {
            let key = key.clone();
            move |store: S, _| {
                let key = key.clone();
                async move { store.draw_permits(&key, &repeated).await }
            }
        })
        .await?;

        ensure_eq!(count(&outcomes, |drawn| (permits(drawn), remaining(drawn)) == (4, 6)), 16);
        // Three others may come between: the fourth latest is still known.
        for number in 2..=4 {
            ensure_eq!(permits(&store.draw_permits(&key, &draw(world, limit, 1, number, world.now)).await?), 1);
        }
        let again = store.draw_permits(&key, &repeated).await?;
        ensure_eq!((permits(&again), remaining(&again)), (4, 3));
    }
    Ok(())
}

async fn a9_a_refused_draw_repeated_counts_nothing(
    store: &(impl DrawPermits + Clone + 'static),
    world: &World,
) -> Result<(), Failure> {
    for (algorithm, number) in ALGORITHMS.into_iter().zip(0..) {
        let (key, limit) = (key(world, number), limit(algorithm, 2, Penalty::Escalating));
        store.draw_permits(&key, &draw(world, limit, 2, 1, world.now)).await?;
        let refused = store.draw_permits(&key, &draw(world, limit, 1, 2, world.now)).await?;
        ensure_eq!(permits(&refused), 0);

        for number in [2, 2, 3, 4, 5] {
            ensure_eq!(store.draw_permits(&key, &draw(world, limit, 1, number, world.now)).await?, refused);
        }
    }
    Ok(())
}

async fn a7_waiting_exactly_as_long_as_told_succeeds(
    store: &(impl DrawPermits + Clone + 'static),
    world: &World,
) -> Result<(), Failure> {
    for (algorithm, number) in ALGORITHMS.into_iter().zip(0..) {
        for (quota, counter) in [(1, 0), (7, 10), (100, 20)] {
            let (key, limit) = (key(world, number + counter), limit(algorithm, quota, Penalty::None));
            let offset = world.after(Duration::from_millis(123_457));
            store.draw_permits(&key, &draw(world, limit, quota, 1, offset)).await?;
            let refused = store.draw_permits(&key, &draw(world, limit, 1, 2, offset)).await?;
            let Drawn::Refused { retry_after } = refused else {
                return Err(Failure::new(format!("{algorithm:?} of {quota}: {refused:?}")));
            };

            let then = offset + retry_after;
            let before = then - Duration::from_millis(1);
            let early = store.draw_permits(&key, &draw(world, limit, 1, 3, before)).await?;
            ensure_eq!(early, Drawn::Refused { retry_after: Duration::from_millis(1) });
            ensure_eq!(permits(&store.draw_permits(&key, &draw(world, limit, 1, 4, then)).await?), 1);
        }
    }
    Ok(())
}

/// From the third violation within 24 hours on: 30 minutes, 2 hours, 24 hours.
async fn violations_escalate(store: &(impl DrawPermits + Clone + 'static), world: &World) -> Result<(), Failure> {
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    for (algorithm, number) in ALGORITHMS.into_iter().zip(0..) {
        let (key, limit) = (key(world, number), limit(algorithm, 5, Penalty::Escalating));
        let mut ids = 0..;
        let mut at = world.now;
        for time_out in [None, None, Some(minutes(30)), Some(minutes(120)), Some(minutes(1_440)), None] {
            let mut draw = |permits, now| draw(world, limit, permits, ids.next().unwrap_or(0), now);
            ensure_eq!(permits(&store.draw_permits(&key, &draw(5, at)).await?), 5);
            let exceeded = store.draw_permits(&key, &draw(1, at)).await?;
            // Within its window, a second refusal is no second violation.
            ensure_eq!(store.draw_permits(&key, &draw(2, at)).await?, exceeded);
            let Some(time_out) = time_out else {
                ensure_eq!(matches!(exceeded, Drawn::Refused { retry_after } if retry_after < minutes(20)), true);
                at += minutes(20);
                continue;
            };

            // Refused to the end, which asking meanwhile doesn't move, and then the quota is there again.
            ensure_eq!(exceeded, Drawn::Refused { retry_after: time_out });
            let last = time_out.saturating_sub(Duration::from_millis(1));
            for (asked, left) in [(time_out / 2, time_out / 2), (last, Duration::from_millis(1))] {
                ensure_eq!(store.draw_permits(&key, &draw(1, at + asked)).await?, Drawn::Refused { retry_after: left });
            }
            at += time_out;
        }
    }
    Ok(())
}

async fn subjects_and_limits_are_counted_apart(
    store: &(impl DrawPermits + Clone + 'static),
    world: &World,
) -> Result<(), Failure> {
    let limit = limit(Algorithm::FixedWindow, 1, Penalty::None);
    let [a, b, ..] = world.bytes(9, 0);
    let source = |last| SourceAddress::from_transport(std::net::Ipv4Addr::new(10, a, b, last).into());
    let everybody = format!("conformance-{}", world.tenant);
    let subjects = [
        LimitSubject::Everybody { shard: 1 },
        LimitSubject::Everybody { shard: 2 },
        LimitSubject::Tenant(world.tenant),
        LimitSubject::Tenant(world.other_tenant),
        LimitSubject::Source(world.tenant, source(1)),
        LimitSubject::Source(world.tenant, source(2)),
        LimitSubject::Source(world.other_tenant, source(1)),
        LimitSubject::User(world.tenant, world.user),
        LimitSubject::User(world.other_tenant, world.user),
    ];

    for name in [everybody.as_str(), "x"] {
        let subjects =
            subjects.iter().filter(|subject| name != "x" || !matches!(subject, LimitSubject::Everybody { .. }));
        for subject in subjects {
            let key = CounterKey::new(name, *subject);
            ensure_eq!(permits(&store.draw_permits(&key, &draw(world, limit, 1, 1, world.now)).await?), 1);
            ensure_eq!(permits(&store.draw_permits(&key, &draw(world, limit, 1, 2, world.now)).await?), 0);
        }
    }
    Ok(())
}

async fn what_is_finer_than_a_millisecond_is_cut_off(
    store: &(impl DrawPermits + Clone + 'static),
    world: &World,
) -> Result<(), Failure> {
    let (key, limit) = (key(world, 1), limit(Algorithm::TokenBucket, 1, Penalty::None));
    store.draw_permits(&key, &draw(world, limit, 1, 1, world.after(Duration::from_nanos(999_999)))).await?;

    let last = world.after(limit.period.saturating_sub(Duration::from_nanos(1)));
    let early = store.draw_permits(&key, &draw(world, limit, 1, 2, last)).await?;
    let then = store.draw_permits(&key, &draw(world, limit, 1, 3, world.after(limit.period))).await?;

    ensure_eq!(early, Drawn::Refused { retry_after: Duration::from_millis(1) });
    ensure_eq!(permits(&then), 1);
    Ok(())
}

async fn a_time_out_is_cut_to_milliseconds_too(
    store: &(impl DrawPermits + Clone + 'static),
    world: &World,
) -> Result<(), Failure> {
    let (key, limit) = (key(world, 1), limit(Algorithm::FixedWindow, 1, Penalty::Escalating));
    let finer = |window: u32| world.after(limit.period * window + Duration::from_nanos(999_999));
    for (window, number) in (0..3).zip((0..).step_by(2)) {
        ensure_eq!(permits(&store.draw_permits(&key, &draw(world, limit, 1, number, finer(window))).await?), 1);
        store.draw_permits(&key, &draw(world, limit, 1, number + 1, finer(window))).await?;
    }
    let ended = world.after(limit.period * 2 + Duration::from_secs(30 * 60));

    let early = store.draw_permits(&key, &draw(world, limit, 1, 10, ended - Duration::from_nanos(1))).await?;
    let then = store.draw_permits(&key, &draw(world, limit, 1, 11, ended)).await?;

    ensure_eq!(early, Drawn::Refused { retry_after: Duration::from_millis(1) });
    ensure_eq!(permits(&then), 1);
    Ok(())
}

/// A limit of ten minutes: longer than the suite takes, so that no engine forgets a counter by its own clock.
pub(super) fn limit(algorithm: Algorithm, quota: u32, penalty: Penalty) -> Limit {
    let quota = NonZeroU32::new(quota).unwrap_or(NonZeroU32::MIN);
    Limit { algorithm, quota, period: Duration::from_secs(600), penalty }
}

pub(super) fn key(world: &World, number: u8) -> CounterKey {
    CounterKey::new(&format!("conformance-{number}"), LimitSubject::User(world.tenant, world.user))
}

pub(super) fn draw(world: &World, limit: Limit, permits: u32, number: u8, now: Timestamp) -> Draw {
    Draw { limit, permits, id: DrawId(world.bytes(10, number)), now }
}

/// What the draws come to when they are made one after the other.
pub(super) fn sequentially(counter: &mut Option<Counter>, draws: &[Draw]) -> Vec<Drawn> {
    let step = |draw| {
        let (outcome, after) = Counter::draw(counter.as_ref(), draw);
        *counter = after.or_else(|| counter.take());
        outcome
    };
    draws.iter().map(step).collect()
}

fn permits(drawn: &Drawn) -> u32 {
    match drawn {
        Drawn::Granted { permits, .. } => *permits,
        Drawn::Refused { .. } => 0,
    }
}

fn remaining(drawn: &Drawn) -> u32 {
    match drawn {
        Drawn::Granted { remaining, .. } => *remaining,
        Drawn::Refused { .. } => 0,
    }
}

fn order(drawn: &Drawn) -> (u32, Duration) {
    match drawn {
        Drawn::Granted { remaining, .. } => (u32::MAX - remaining, Duration::ZERO),
        Drawn::Refused { retry_after } => (u32::MAX, *retry_after),
    }
}
