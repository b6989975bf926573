//! What is remembered of a run: in memory that does not grow with the requests, but with the seconds.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::client::Code;
use crate::measure::Latencies;
use crate::scenario::Step;

/// Everything that a report is made from.
#[derive(Debug)]
pub(crate) struct Recorder {
    none: Latencies,
    /// Of iterations, from their intended start where there is one.
    pub(crate) latencies: Latencies,
    /// How late iterations were started.
    pub(crate) lags: Latencies,
    /// By what was asked; the first request of an iteration runs from the intended start, too.
    pub(crate) steps: BTreeMap<Step, Latencies>,
    /// By the second in which iterations ended.
    pub(crate) seconds: Vec<Second>,
    /// How often each answer came.
    pub(crate) answers: BTreeMap<(Step, Code), Tally>,
    in_flight: u64,
    /// The most iterations at once.
    pub(crate) most_in_flight: u64,
}

/// One second of a run.
#[derive(Debug, Clone)]
pub(crate) struct Second {
    /// Of the iterations that ended in it.
    pub(crate) latencies: Latencies,
    /// How many requests of theirs were answered unexpectedly or not at all.
    pub(crate) unexpected: u64,
}

/// How often.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// As the scenario expects.
    pub(crate) expected: u64,
    /// Otherwise.
    pub(crate) unexpected: u64,
}

impl Recorder {
    /// Nothing yet.
    ///
    /// # Errors
    /// As for [`Latencies::none`].
    pub(crate) fn new() -> anyhow::Result<Self> {
        let none = Latencies::none()?;
        Ok(Self {
            latencies: none.clone(),
            lags: none.clone(),
            none,
            steps: BTreeMap::new(),
            seconds: Vec::new(),
            answers: BTreeMap::new(),
            in_flight: 0,
            most_in_flight: 0,
        })
    }

    /// An iteration starts, so much later than intended.
    pub(crate) fn start(&mut self, lag: Duration) {
        self.lags.record(lag);
        self.in_flight += 1;
        self.most_in_flight = self.most_in_flight.max(self.in_flight);
    }

    /// A request was answered, or given up.
    pub(crate) fn request(&mut self, step: Step, code: Code, latency: Duration, is_expected: bool) {
        self.steps.entry(step).or_insert_with(|| self.none.clone()).record(latency);
        let tally = self.answers.entry((step, code)).or_default();
        if is_expected { tally.expected += 1 } else { tally.unexpected += 1 }
    }

    /// An iteration ended, so long after the run began.
    pub(crate) fn end(&mut self, at: Duration, latency: Duration, unexpected: u64) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.latencies.record(latency);
        let second = usize::try_from(at.as_secs()).unwrap_or(usize::MAX).min(LONGEST_SECONDS);
        while self.seconds.len() <= second {
            self.seconds.push(Second { latencies: self.none.clone(), unexpected: 0 });
        }
        if let Some(second) = self.seconds.get_mut(second) {
            second.latencies.record(latency);
            second.unexpected += unexpected;
        }
    }

    /// All requests.
    pub(crate) fn requests(&self) -> Tally {
        let add = |sum: Tally, tally: &Tally| Tally {
            expected: sum.expected + tally.expected,
            unexpected: sum.unexpected + tally.unexpected,
        };
        self.answers.values().fold(Tally::default(), add)
    }

    /// Some seconds as one.
    pub(crate) fn between(&self, from: usize, until: usize) -> Second {
        let mut sum = Second { latencies: self.none.clone(), unexpected: 0 };
        for second in self.seconds.iter().take(until).skip(from) {
            sum.latencies.add(&second.latencies);
            sum.unexpected += second.unexpected;
        }
        sum
    }
}

/// What comes later counts in the last one.
const LONGEST_SECONDS: usize = 4 * 3_600;

#[cfg(test)]
mod tests {
    use super::*;

    fn code(status: u16) -> Code {
        Code { status: Some(status), detail: "".into() }
    }

    #[test]
    fn an_iteration_counts_in_the_second_in_which_it_ended() {
        let mut recorder = Recorder::new().unwrap();

        recorder.end(Duration::from_millis(999), Duration::from_millis(1), 0);
        recorder.end(Duration::from_millis(2_000), Duration::from_millis(1_500), 1);

        let counts: Vec<(u64, u64)> =
            recorder.seconds.iter().map(|second| (second.latencies.count(), second.unexpected)).collect();
        assert_eq!(counts, [(1, 0), (0, 0), (1, 1)]);
        let last = recorder.between(1, 3);
        assert_eq!((last.latencies.count(), last.unexpected), (1, 1));
    }

    #[test]
    fn the_same_answer_can_be_expected_of_one_step_and_not_of_another() {
        let mut recorder = Recorder::new().unwrap();

        recorder.request(Step::Initiate, code(201), Duration::from_millis(1), true);
        recorder.request(Step::Initiate, code(201), Duration::from_millis(1), true);
        recorder.request(Step::Limited, code(201), Duration::from_millis(1), false);

        assert_eq!(recorder.answers[&(Step::Initiate, code(201))], Tally { expected: 2, unexpected: 0 });
        assert_eq!(recorder.requests(), Tally { expected: 2, unexpected: 1 });
        assert_eq!(recorder.steps[&Step::Initiate].count(), 2);
    }

    #[test]
    fn the_most_at_once_is_kept() {
        let mut recorder = Recorder::new().unwrap();

        recorder.start(Duration::ZERO);
        recorder.start(Duration::ZERO);
        recorder.end(Duration::ZERO, Duration::ZERO, 0);
        recorder.start(Duration::ZERO);

        assert_eq!(recorder.most_in_flight, 2);
    }
}
