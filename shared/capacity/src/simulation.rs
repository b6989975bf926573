//! The simulation: one event after the other, each with its time.
//!
//! ```text
//! opening ─▶ gateway ─▶ Lambda ─▶ phase ─▶ phase ─▶ … ─▶ answer ─▶ what the caller does next
//!              429       429       503: a call was throttled twice
//! ```
//! Openings arrive independently of each other and of all answers (open arrivals). Who is refused does not ask again.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::figures::{measured, settings};
use crate::lambda::{Lambda, Start};
use crate::limit::Limit;
use crate::plan::{Call, Ending, Phase, Plan, Whose, plan};
use crate::recording::Recording;
use crate::services::Services;
use crate::{Backend, Capacities, Figures, Function, Mix, Outcome, Random, TokenBucket};

/// A load, and what it comes to.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Verifications that are opened.
    pub verifications: f64,
    /// How many of them are simulated, at most; everything that is allowed is divided by as much.
    pub sample: f64,
    /// Where everything random begins.
    pub seed: u64,
    /// Where they are kept.
    pub backend: Backend,
}

/// Simulates a load under what is allowed.
#[must_use]
pub fn simulate(figures: &Figures, load: Load, capacities: &Capacities) -> Outcome {
    let mut simulation = Simulation::new(figures, load, capacities);
    simulation.open(Duration::ZERO);
    while let Some(Reverse(next)) = simulation.agenda.pop() {
        simulation.recording.advance(next.at, &simulation.lambda);
        simulation.happen(next.at, next.event);
    }
    simulation.recording.finish(figures, capacities)
}

/// What happens at a time.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// A verification is opened, and the next one some time later.
    Open,
    /// A request reaches the gateway.
    Ask(Request),
    /// A request has computed, and makes the calls of its phase.
    Call(Request),
    /// A request has its answers, and computes for its next phase.
    Compute(Request),
}

/// A request on its way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    /// The function that has it.
    pub(crate) function: Function,
    /// The function that it is for, after the authorizer.
    purpose: Function,
    /// When the gateway took it.
    pub(crate) asked: Duration,
    /// When its environment began to be charged for.
    pub(crate) begun: Duration,
    /// When its verification was opened.
    pub(crate) opened: Duration,
    ending: Ending,
    attempts: usize,
    phase: usize,
    draw: Option<Whose>,
    is_cold: bool,
    is_retried: bool,
}

struct Simulation<'a> {
    agenda: BinaryHeap<Reverse<Planned>>,
    planned: u64,
    random: Random,
    mix: Mix,
    figures: &'a Figures,
    plans: Vec<(Function, Ending, Plan)>,
    gap: f64,
    gates: [(TokenBucket, Limit); 2],
    service: TokenBucket,
    lambda: Lambda,
    services: Services,
    recording: Recording,
}

impl<'a> Simulation<'a> {
    fn new(figures: &'a Figures, load: Load, capacities: &Capacities) -> Self {
        let scale = (load.verifications / load.sample).max(1.0);
        let mix = Mix::of(figures);
        let bucket = |rate: crate::Rate| TokenBucket::new(rate.rate / scale, rate.burst / scale);
        let endings = [Ending::Right, Ending::Wrong];
        let plans = Function::ALL.into_iter().flat_map(|function| {
            endings.map(|ending| (function, ending, plan(figures, load.backend, function, ending)))
        });
        Self {
            agenda: BinaryHeap::new(),
            planned: 0,
            random: Random::seeded(load.seed),
            gap: mix.opening.as_secs_f64() * scale / load.verifications,
            plans: plans.collect(),
            gates: [
                (bucket(capacities.gateway_stage), Limit::GatewayStage),
                (bucket(capacities.gateway_account), Limit::GatewayAccount),
            ],
            service: bucket(capacities.service),
            lambda: Lambda::new(figures, capacities, scale),
            services: Services::new(figures, load.backend, capacities, scale),
            recording: Recording::new(scale, mix.lifetime),
            mix,
            figures,
        }
    }

    fn happen(&mut self, now: Duration, event: Event) {
        match event {
            Event::Open => self.open_one(now),
            Event::Ask(request) => self.ask(now, request),
            Event::Call(request) => self.call(now, request),
            Event::Compute(request) => self.compute(now, request),
        }
    }

    /// Plans the next opening.
    fn open(&mut self, now: Duration) {
        let next = now + Duration::from_secs_f64(self.random.exponential(self.gap));
        if next < self.mix.opening {
            self.plan(next, Event::Open);
        }
    }

    fn open_one(&mut self, now: Duration) {
        self.recording.wanted();
        self.ask(now, Request::new(Function::Initiate, now));
        self.open(now);
    }

    fn ask(&mut self, now: Duration, mut request: Request) {
        request.asked = now;
        self.recording.asked(request.function);
        if request.function == Function::Verify {
            request.ending = if self.mix.is_wrong(&mut self.random) { Ending::Wrong } else { Ending::Right };
        }
        let refused = self.gates.iter_mut().find_map(|(bucket, limit)| (!bucket.take(now, 1.0)).then_some(*limit));
        if let Some(limit) = refused {
            return self.recording.refused(now, limit);
        }
        if request.function == Function::Verify && self.mix.is_by_device(&mut self.random) {
            request.function = Function::Authorizer;
        }
        self.invoke(now, request);
    }

    fn invoke(&mut self, now: Duration, mut request: Request) {
        match self.lambda.invoke(now, request.function) {
            Err(limit) => self.recording.refused(now, limit),
            Ok(start) => {
                self.recording.invoked(request.function, start == Start::Cold);
                request.begun = now;
                request.phase = 0;
                request.is_cold = start == Start::Cold;
                request.draw =
                    if request.function == Function::Authorizer { None } else { self.mix.draw(&mut self.random) };
                let starting = if request.is_cold { self.starting() } else { Duration::ZERO };
                self.plan(now + starting, Event::Compute(request));
            }
        }
    }

    fn starting(&mut self) -> Duration {
        let binary = self.figures.of(measured::STARTING) / 1_000.0;
        self.services.start(&mut self.random) + Duration::from_secs_f64(binary)
    }

    fn compute(&mut self, now: Duration, mut request: Request) {
        let Some((computing, share)) = self.phase(&request).map(|phase| (phase.computing, phase.share)) else {
            return self.answer(now, request);
        };
        if share < 1.0 && !self.random.chance(share) {
            request.phase += 1;
            return self.compute(now, request);
        }
        self.plan(now + computing, Event::Call(request));
    }

    fn call(&mut self, now: Duration, mut request: Request) {
        if request.phase == 0 && !request.is_retried && self.is_over_limit(now, &request) {
            return self.fail(now, request, Limit::Service);
        }
        let Self { plans, services, random, recording, .. } = self;
        let Some(plan) = find(plans, &request) else { return };
        let Some(phase) = at(plan, &request) else { return };
        let draws = if request.phase == 0 { request.draw.map(Call::Draw) } else { None };
        match services.call(now, phase.calls.iter().copied().chain(draws), random, &mut recording.usage) {
            Ok(slowest) => {
                request.phase += 1;
                request.is_retried = false;
                self.plan(now + slowest, Event::Compute(request));
            }
            Err(_) if !request.is_retried => {
                request.is_retried = true;
                let pause = self.figures.of(settings::RETRY_PAUSE) / 1_000.0;
                let pause = Duration::from_secs_f64(self.random.unit() * pause);
                self.plan(now + pause, Event::Call(request));
            }
            Err(limit) => self.fail(now, request, limit),
        }
    }

    fn is_over_limit(&mut self, now: Duration, request: &Request) -> bool {
        request.function != Function::Authorizer && !self.service.take(now, 1.0)
    }

    fn fail(&mut self, now: Duration, request: Request, limit: Limit) {
        self.release(now, &request);
        self.recording.refused(now, limit);
    }

    fn release(&mut self, now: Duration, request: &Request) {
        let memory = find(&self.plans, request).map_or(0.0, |plan| plan.memory);
        self.lambda.finish(request.function);
        self.recording.released(now, request, memory);
    }

    fn answer(&mut self, now: Duration, mut request: Request) {
        self.release(now, &request);
        if request.function == Function::Authorizer {
            request.function = request.purpose;
            return self.invoke(now, request);
        }
        self.recording.answered(now, &request);
        match request.function {
            Function::Initiate => self.opened(now),
            Function::Verify => self.attempted(now, request),
            Function::Authorizer | Function::Status | Function::Introspect => {}
        }
    }

    fn opened(&mut self, now: Duration) {
        self.recording.opened(now);
        for delay in self.mix.questions(&mut self.random) {
            self.plan(now + delay, Event::Ask(Request { opened: now, ..Request::new(Function::Status, now) }));
        }
        if let Some(delay) = self.mix.first_attempt(&mut self.random) {
            self.attempt(now + delay, Request { opened: now, ..Request::new(Function::Verify, now) });
        }
    }

    fn attempt(&mut self, at: Duration, request: Request) {
        if at < request.opened + self.mix.lifetime {
            self.plan(at, Event::Ask(request));
        }
    }

    fn attempted(&mut self, now: Duration, request: Request) {
        let attempts = request.attempts + 1;
        if request.ending == Ending::Right {
            self.recording.succeeded(now, request.opened);
            if let Some(delay) = self.mix.introspection(&mut self.random) {
                self.plan(now + delay, Event::Ask(Request::new(Function::Introspect, now)));
            }
        } else if self.mix.is_over(attempts) {
            self.recording.closed(now, request.opened);
        } else if let Some(delay) = self.mix.next_attempt(&mut self.random, attempts) {
            let again = Request { opened: request.opened, attempts, ..Request::new(Function::Verify, now) };
            self.attempt(now + delay, again);
        }
    }

    fn phase(&self, request: &Request) -> Option<&Phase> {
        at(find(&self.plans, request)?, request)
    }

    fn plan(&mut self, at: Duration, event: Event) {
        self.planned += 1;
        self.agenda.push(Reverse(Planned { at, order: self.planned, event }));
    }
}

impl Request {
    fn new(function: Function, now: Duration) -> Self {
        Self {
            function,
            purpose: function,
            asked: now,
            begun: now,
            opened: now,
            ending: Ending::Right,
            attempts: 0,
            phase: 0,
            draw: None,
            is_cold: false,
            is_retried: false,
        }
    }
}

fn find<'a>(plans: &'a [(Function, Ending, Plan)], request: &Request) -> Option<&'a Plan> {
    let found = plans.iter().find(|(function, ending, _)| (*function, *ending) == (request.function, request.ending));
    found.map(|(_, _, plan)| plan)
}

/// The phase that a request is in: those of a new environment come first.
fn at<'a>(plan: &'a Plan, request: &Request) -> Option<&'a Phase> {
    let cold: &[Phase] = if request.is_cold { &plan.cold } else { &[] };
    cold.iter().chain(&plan.phases).nth(request.phase)
}

/// An event and its time; what was planned first happens first.
#[derive(Debug, Clone, Copy)]
struct Planned {
    at: Duration,
    order: u64,
    event: Event,
}

impl Ord for Planned {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Planned {}
