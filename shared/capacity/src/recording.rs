//! What is noted of a run while it runs.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::lambda::Lambda;
use crate::limit::Limit;
use crate::number::real;
use crate::outcome::{Refusals, Second, Usage};
use crate::simulation::Request;
use crate::{AuditOutcome, ByFunction, Capacities, Figures, Function, Outcome};

/// Notes of a part in `scale` of a load.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) usage: Usage,
    scale: f64,
    lifetime: Duration,
    wanted: f64,
    succeeded: f64,
    asked: ByFunction<f64>,
    refused: BTreeMap<Limit, Refusals>,
    latencies: ByFunction<Vec<Duration>>,
    seconds: Vec<Second>,
    current: Second,
    events: f64,
    /// Verifications that were opened less those that ended, by the second.
    changes: Vec<f64>,
}

impl Recording {
    pub(crate) fn new(scale: f64, lifetime: Duration) -> Self {
        Self {
            usage: Usage::default(),
            scale,
            lifetime,
            wanted: 0.0,
            succeeded: 0.0,
            asked: ByFunction::default(),
            refused: BTreeMap::new(),
            latencies: ByFunction::default(),
            seconds: Vec::new(),
            current: Second::default(),
            events: 0.0,
            changes: Vec::new(),
        }
    }

    /// Ends the seconds that have passed.
    pub(crate) fn advance(&mut self, now: Duration, lambda: &Lambda) {
        while now.as_secs() > self.seconds.len() as u64 {
            let mut second = std::mem::take(&mut self.current);
            second.busy = ByFunction::of(|function| self.scale * real(lambda.busy(function)));
            second.events = self.scale * (self.usage.events - self.events);
            self.events = self.usage.events;
            self.seconds.push(second);
        }
    }

    pub(crate) fn wanted(&mut self) {
        self.wanted += self.scale;
    }

    pub(crate) fn asked(&mut self, function: Function) {
        *self.asked.get_mut(function) += self.scale;
        self.current.asked += self.scale;
    }

    pub(crate) fn invoked(&mut self, function: Function, is_cold: bool) {
        *self.usage.invocations.get_mut(function) += 1.0;
        *self.current.invoked.get_mut(function) += self.scale;
        self.usage.cold += if is_cold { 1.0 } else { 0.0 };
    }

    pub(crate) fn refused(&mut self, now: Duration, limit: Limit) {
        let refusals = self.refused.entry(limit).or_insert(Refusals { count: 0.0, first: now });
        refusals.count += self.scale;
        self.current.refused += self.scale;
    }

    /// An environment was used until now: it is charged for in whole milliseconds.
    pub(crate) fn released(&mut self, now: Duration, request: &Request, memory: f64) {
        let milliseconds = (now.saturating_sub(request.begun).as_secs_f64() * 1_000.0).ceil();
        self.usage.gigabyte_seconds += memory * milliseconds / 1_000.0;
    }

    pub(crate) fn answered(&mut self, now: Duration, request: &Request) {
        self.latencies.get_mut(request.function).push(now.saturating_sub(request.asked));
    }

    pub(crate) fn opened(&mut self, now: Duration) {
        self.change(now, 1.0);
        self.change(now + self.lifetime, -1.0);
    }

    /// A verification ended before its time.
    pub(crate) fn closed(&mut self, now: Duration, opened: Duration) {
        self.change(opened + self.lifetime, 1.0);
        self.change(now, -1.0);
    }

    pub(crate) fn succeeded(&mut self, now: Duration, opened: Duration) {
        self.succeeded += self.scale;
        self.closed(now, opened);
    }

    fn change(&mut self, at: Duration, by: f64) {
        let second = usize::try_from(at.as_secs()).unwrap_or(usize::MAX);
        if self.changes.len() <= second {
            self.changes.resize(second + 1, 0.0);
        }
        if let Some(change) = self.changes.get_mut(second) {
            *change += by * self.scale;
        }
    }

    /// All that came of it, once nothing is left to happen.
    pub(crate) fn finish(mut self, figures: &Figures, capacities: &Capacities) -> Outcome {
        self.current.events = self.scale * (self.usage.events - self.events);
        self.seconds.push(std::mem::take(&mut self.current));
        let mut live = 0.0;
        for (second, change) in self.seconds.iter_mut().zip(&self.changes) {
            live += change;
            second.live = live;
        }
        for function in Function::ALL {
            self.latencies.get_mut(function).sort_unstable();
        }
        let events: Vec<f64> = self.seconds.iter().map(|second| second.events).collect();
        let audit: AuditOutcome = crate::audit::write(figures, capacities, &events);
        Outcome {
            scale: self.scale,
            wanted: self.wanted,
            succeeded: self.succeeded,
            asked: self.asked,
            refused: self.refused,
            latencies: self.latencies,
            usage: self.usage.times(self.scale),
            seconds: self.seconds,
            audit,
        }
    }
}
