//! Drawing permits: a long script of draws, each of which must come to what [`Counter::draw`](domain::Counter::draw) says.

use std::time::Duration;

use domain::{Draw, DrawId, Limit, Penalty};
use jiff::Timestamp;

use super::draw::{ALGORITHMS, key, limit, sequentially};
use super::{Failure, Report, Setting, World};
use crate::DrawPermits;

pub(super) async fn run<S: DrawPermits + Clone + 'static>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "draw_script",
        store,
        setting,
        report,
        [a4_a_crowded_counter_is_the_model, a4_a_quiet_counter_is_the_model, a4_a_penalised_counter_is_the_model]
    );
}

async fn a4_a_crowded_counter_is_the_model(store: &impl DrawPermits, world: &World) -> Result<(), Failure> {
    let pace = Pace { quota: 97, step: Duration::from_millis(7_919), penalty: Penalty::None };
    follow(store, world, &pace).await
}

async fn a4_a_quiet_counter_is_the_model(store: &impl DrawPermits, world: &World) -> Result<(), Failure> {
    let pace = Pace { quota: 20, step: Duration::from_secs(211), penalty: Penalty::None };
    follow(store, world, &pace).await
}

async fn a4_a_penalised_counter_is_the_model(store: &impl DrawPermits, world: &World) -> Result<(), Failure> {
    let pace = Pace { quota: 9, step: Duration::from_secs(401), penalty: Penalty::Escalating };
    follow(store, world, &pace).await
}

/// How a script goes: draws of up to a third of the quota, between which up to `step` passes.
struct Pace {
    quota: u32,
    step: Duration,
    penalty: Penalty,
}

async fn follow(store: &impl DrawPermits, world: &World, pace: &Pace) -> Result<(), Failure> {
    for (algorithm, number) in ALGORITHMS.into_iter().zip(0..) {
        let key = key(world, number);
        let mut script = Script::new(world, pace, limit(algorithm, pace.quota, pace.penalty));
        let mut counter = None;
        for step in 0..150 {
            let draw = script.next_draw();
            let expected = sequentially(&mut counter, &[draw]);
            let drawn = store.draw_permits(&key, &draw).await?;
            ensure_eq!((step, draw, vec![drawn]), (step, draw, expected));
        }
    }
    Ok(())
}

struct Script<'a> {
    world: &'a World,
    pace: &'a Pace,
    limit: Limit,
    now: Timestamp,
    drawn: u64,
    random: u64,
}

impl<'a> Script<'a> {
    fn new(world: &'a World, pace: &'a Pace, limit: Limit) -> Self {
        let random = world.bytes(0, 0).into_iter().fold(0, |random: u64, byte| (random << 5) ^ u64::from(byte));
        Self { world, pace, limit, now: world.now, drawn: 0, random }
    }

    /// One in four is one of the latest five again, one in eight comes from a clock that is up to two seconds behind.
    fn next_draw(&mut self) -> Draw {
        let step = self.random_below(u64::try_from(self.pace.step.as_millis()).unwrap_or(1));
        self.now += Duration::from_millis(step);
        let is_repeated = self.random_below(4) == 0;
        let number = if is_repeated { self.drawn.saturating_sub(self.random_below(5)) } else { self.drawn + 1 };
        self.drawn = self.drawn.max(number);
        let behind = if self.random_below(8) == 0 { self.random_below(2_000) } else { 0 };
        let permits = 1 + self.random_below(u64::from(self.pace.quota / 3));
        Draw {
            limit: self.limit,
            permits: u32::try_from(permits).unwrap_or(1),
            id: DrawId(self.id(number)),
            now: self.now - Duration::from_millis(behind),
        }
    }

    fn id(&self, number: u64) -> [u8; 16] {
        let mut id = self.world.bytes(11, 0);
        id.iter_mut().rev().zip(number.to_le_bytes()).for_each(|(byte, value)| *byte = value);
        id
    }

    /// Knuth's linear congruential generator: any sequence will do, as long as it is the same for a seed.
    fn random_below(&mut self, bound: u64) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % bound.max(1)
    }
}
