//! Recording refusals.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use audit::{About, Event, Outcome, PAUSE, RecordEvents};
use countersign_http::{Inbound, Problem};
use domain::{Clock, Entropy, EntropyUnavailable, EventId, RequestId, Route};
use telemetry::Chain;

use crate::policy::denial;
use crate::sampler::{Decision, Kind, MAX_KINDS, Sampler};

/// Records refused requests, by sampling. Clones share what they have counted.
pub struct Denials<A>(Arc<State<A>>);

struct State<A> {
    audit: A,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    sampler: Mutex<Sampler<Event>>,
}

impl<A: RecordEvents> Denials<A> {
    /// Records into this audit trail.
    pub fn new(audit: A, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self(Arc::new(State { audit, clock, entropy, sampler: Mutex::new(Sampler::new(MAX_KINDS)) }))
    }

    /// Takes note that a request is answered with this problem, if that is a denial: what [`countersign_http::Endpoint::refused`] is
    /// for. Can't fail, and may be dropped at any time: what is not known to be recorded is recorded later.
    pub async fn record(&self, route: Route, inbound: &Inbound, problem: &Problem) {
        let Some(denial) = denial(problem.kind) else { return };
        let kind = Kind { tenant: inbound.known_tenant(), route: Some(route), denial };
        self.note(kind, &inbound.request_id).await;
    }

    /// Takes note that the gateway is told to refuse a request for its credential.
    pub async fn record_unauthenticated(&self, request_id: &RequestId) {
        self.note(Kind { tenant: None, route: None, denial: audit::Denial::Unauthenticated }, request_id).await;
    }

    async fn note(&self, kind: Kind, request_id: &RequestId) {
        let Some(unrecorded) = self.0.sample(kind, request_id) else { return };
        match self.0.audit.record_events(std::slice::from_ref(&unrecorded.event)).await {
            Ok(()) => unrecorded.let_go(),
            Err(error) => tracing::error!(
                error.chain = %Chain::of(&error),
                "a refused request is not in the audit trail yet: a later one of its kind has it recorded again"
            ),
        }
    }
}

impl<A> State<A> {
    /// The event that is to be recorded now, if any.
    fn sample(&self, kind: Kind, request_id: &RequestId) -> Option<Unrecorded<'_, A>> {
        let now = self.clock.now();
        let decision = self.sampler().decide(kind, now);
        let event = match decision {
            Decision::Count => return None,
            Decision::RecordAgain(event) => event,
            Decision::Record { suppressed } => match self.event(kind, request_id, suppressed) {
                Ok(event) => event,
                Err(error) => {
                    tracing::error!(error.chain = %Chain::of(&error), "a refused request has no audit event yet: a later one counts it");
                    self.sampler().take_back_count(kind, suppressed, now, PAUSE);
                    return None;
                }
            },
        };
        Some(Unrecorded { state: self, kind, event, is_recorded: false })
    }

    fn event(&self, kind: Kind, request_id: &RequestId, suppressed: u32) -> Result<Event, EntropyUnavailable> {
        let at = self.clock.now();
        Ok(Event {
            id: EventId::at(at, &self.entropy.array()?),
            about: kind.tenant.map_or(About::Deployment, About::Tenant),
            at,
            request_id: request_id.clone(),
            outcome: Outcome::RequestRefused { denial: kind.denial, route: kind.route, suppressed },
            personal: None,
        })
    }

    fn sampler(&self) -> MutexGuard<'_, Sampler<Event>> {
        self.sampler.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An event on its way. Dropped before it is known to be recorded, it goes back.
struct Unrecorded<'a, A> {
    state: &'a State<A>,
    kind: Kind,
    event: Event,
    is_recorded: bool,
}

impl<A> Unrecorded<'_, A> {
    fn let_go(mut self) {
        self.is_recorded = true;
    }
}

impl<A> Drop for Unrecorded<'_, A> {
    fn drop(&mut self) {
        if !self.is_recorded {
            let now = self.state.clock.now();
            self.state.sampler().take_back(self.kind, self.event.clone(), now, PAUSE);
        }
    }
}

impl<A> Clone for Denials<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A> fmt::Debug for Denials<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Denials").finish_non_exhaustive()
    }
}
