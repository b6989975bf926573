//! Lambda: environments, and the rates that come with them.
//!
//! - An invocation needs an environment that is idle, or starts one; there is no queue.
//! - A quota of environments is a quota of ten requests a second for each of them, too. Where environments are reserved for a function,
//!   both quotas are its own; otherwise both are the account's.
//! - A function grows by so many environments in ten seconds, and its rate by ten times as many requests a second. What it does not
//!   use of that does not accrue.

use std::time::Duration;

use crate::figures::quotas;
use crate::limit::Limit;
use crate::number::{real, whole};
use crate::{ByFunction, Capacities, Figures, Function, TokenBucket};

/// The account's functions.
#[derive(Debug, Clone)]
pub struct Lambda {
    pools: ByFunction<Pool>,
    busy: f64,
    concurrency: f64,
    rate: TokenBucket,
}

/// A function's environments.
#[derive(Debug, Clone)]
struct Pool {
    idle: usize,
    busy: usize,
    /// Environments that it may have, each with its part of the rate.
    units: f64,
    rate: TokenBucket,
    /// The part of the rate that comes with each.
    rate_each: f64,
    growth: TokenBucket,
    reserved: Option<f64>,
}

/// How an invocation begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// In an environment that is there.
    Warm,
    /// In one that has to be started.
    Cold,
}

impl Lambda {
    /// With nothing started but what is provisioned. Of everything there is one part in `scale`.
    pub(crate) fn new(figures: &Figures, capacities: &Capacities, scale: f64) -> Self {
        let rate_of_all = figures.of(quotas::LAMBDA_RATE);
        let rate_each = if capacities.reserved.is_some() { figures.of(quotas::RESERVED_RATE) } else { rate_of_all };
        let pools = ByFunction::of(|function| {
            let provisioned = (capacities.provisioned.get(function) / scale).floor();
            let rate = rate_each * provisioned;
            let burst = capacities.growth / scale;
            Pool {
                idle: whole(provisioned),
                busy: 0,
                units: provisioned,
                rate: TokenBucket::new(rate, rate),
                rate_each,
                growth: TokenBucket::new(burst / figures.of(quotas::GROWTH_SECONDS), burst),
                reserved: capacities.reserved.as_ref().map(|reserved| reserved.get(function) / scale),
            }
        });
        let concurrency = capacities.concurrency / scale;
        let rate = rate_of_all * concurrency;
        Self { pools, busy: 0.0, concurrency, rate: TokenBucket::new(rate, rate) }
    }

    /// Invokes a function, if nothing refuses that.
    pub(crate) fn invoke(&mut self, now: Duration, function: Function) -> Result<Start, Limit> {
        let pool = self.pools.get_mut(function);
        match pool.reserved {
            Some(reserved) if real(pool.busy) + 1.0 > reserved => return Err(Limit::Reserved(function)),
            None if self.busy + 1.0 > self.concurrency => return Err(Limit::Concurrency),
            None if !self.rate.take(now, 1.0) => return Err(Limit::Rate),
            _ => {}
        }
        if !pool.rate.take(now, 1.0) {
            pool.grow(now, function)?;
            pool.rate.take(now, 1.0);
        }
        let start = pool.environment(now, function)?;
        pool.busy += 1;
        self.busy += 1.0;
        Ok(start)
    }

    /// An invocation has ended.
    pub(crate) fn finish(&mut self, function: Function) {
        let pool = self.pools.get_mut(function);
        pool.busy -= 1;
        pool.idle += 1;
        self.busy -= 1.0;
    }

    /// How many invocations of a function run.
    pub(crate) fn busy(&self, function: Function) -> usize {
        self.pools.get(function).busy
    }
}

impl Pool {
    /// Another environment's worth, for its rate or for itself.
    fn grow(&mut self, now: Duration, function: Function) -> Result<(), Limit> {
        if self.reserved.is_some_and(|reserved| self.units + 1.0 > reserved) {
            return Err(Limit::ReservedRate(function));
        }
        if !self.growth.take(now, 1.0) {
            return Err(Limit::Growth(function));
        }
        self.units += 1.0;
        self.rate.grow(now, self.rate_each, self.rate_each);
        Ok(())
    }

    fn environment(&mut self, now: Duration, function: Function) -> Result<Start, Limit> {
        if self.idle > 0 {
            self.idle -= 1;
            return Ok(Start::Warm);
        }
        if real(self.busy) + 1.0 > self.units {
            self.grow(now, function)?;
        }
        Ok(Start::Cold)
    }
}
