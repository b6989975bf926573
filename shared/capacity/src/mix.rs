//! What callers do.

use std::time::Duration;

use crate::figures::{assumed, settings};
use crate::number::whole;
use crate::plan::Whose;
use crate::{Figures, Latency, Random};

/// What callers do, as chances and delays.
#[derive(Debug, Clone)]
pub struct Mix {
    /// For how long verifications are opened.
    pub opening: Duration,
    /// How long one is live at most.
    pub lifetime: Duration,
    /// The share that is never attempted.
    abandoned: f64,
    /// The share of attempts that is wrong.
    wrong: f64,
    attempts: usize,
    by_device: f64,
    introspected: f64,
    introspection_delay: f64,
    status_questions: f64,
    status_delay: f64,
    thinking: Latency,
    lease: f64,
    largest: f64,
}

impl Mix {
    /// From the figures.
    pub(crate) fn of(figures: &Figures) -> Self {
        let seconds = |figure| Duration::from_secs_f64(figures.of(figure));
        Self {
            opening: seconds(assumed::OPENING_SECONDS),
            lifetime: seconds(settings::LIFETIME),
            abandoned: figures.of(assumed::ABANDONED),
            wrong: figures.of(assumed::WRONG),
            attempts: whole(figures.of(settings::ATTEMPTS)),
            by_device: figures.of(assumed::BY_DEVICE),
            introspected: figures.of(assumed::INTROSPECTED),
            introspection_delay: figures.of(assumed::INTROSPECTION_DELAY),
            status_questions: figures.of(assumed::STATUS_QUESTIONS),
            status_delay: figures.of(assumed::STATUS_DELAY),
            thinking: Latency::of_milliseconds(
                figures.of(assumed::THINKING_P50) * 1_000.0,
                figures.of(assumed::THINKING_P99) * 1_000.0,
            ),
            lease: figures.of(settings::LEASE),
            largest: figures.of(assumed::LARGEST_TENANT),
        }
    }

    /// After how long the first attempt comes, if it does.
    pub(crate) fn first_attempt(&self, random: &mut Random) -> Option<Duration> {
        (!random.chance(self.abandoned)).then(|| self.thinking.sample(random))
    }

    /// After how long another attempt comes, after so many wrong ones.
    pub(crate) fn next_attempt(&self, random: &mut Random, attempts: usize) -> Option<Duration> {
        (attempts < self.attempts).then(|| self.thinking.sample(random))
    }

    /// Whether this was the last attempt.
    pub(crate) fn is_over(&self, attempts: usize) -> bool {
        attempts >= self.attempts
    }

    pub(crate) fn is_wrong(&self, random: &mut Random) -> bool {
        random.chance(self.wrong)
    }

    pub(crate) fn is_by_device(&self, random: &mut Random) -> bool {
        random.chance(self.by_device)
    }

    /// Whose permits a request draws; most find theirs in memory.
    pub(crate) fn draw(&self, random: &mut Random) -> Option<Whose> {
        random
            .chance(1.0 / self.lease)
            .then(|| if random.chance(self.largest) { Whose::Largest } else { Whose::Another })
    }

    /// When the status is asked for, as often as that is.
    pub(crate) fn questions(&self, random: &mut Random) -> Vec<Duration> {
        let certain = whole(self.status_questions);
        let more = usize::from(random.chance(self.status_questions.fract()));
        (0..certain + more).map(|_| Duration::from_secs_f64(random.exponential(self.status_delay))).collect()
    }

    /// When the token is asked about, if it is.
    pub(crate) fn introspection(&self, random: &mut Random) -> Option<Duration> {
        let asked = random.chance(self.introspected);
        asked.then(|| Duration::from_secs_f64(random.exponential(self.introspection_delay)))
    }
}
