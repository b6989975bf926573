//! One request's way: match, authorise, make the event, call the function.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use audit::RecordEvents;
use bytes::Bytes;
use countersign_http::{Problem, ProblemType, respond};
use crypto::{CheckKey, UnwrapKey};
use domain::{Clock, RequestId};
use http::header::ALLOW;
use http::{HeaderValue, Request, Response};
use lambda_http::Body;
use tokio::time::timeout;

use super::Store;
use super::authorizer::CachedAuthorizer;
use super::event::Arrival;
use super::functions::{Functions, Ports};
use super::matching::{Matched, find};
use crate::Access;

/// All functions behind one gateway. Cloning is cheap; clones are the same service.
pub struct Service<S, U, A>(Arc<Shared<S, U, A>>);

struct Shared<S, U, A> {
    functions: Functions<S, U, A>,
    authorizer: CachedAuthorizer<S, A>,
    clock: Arc<dyn Clock>,
    /// Tells this process's requests from those of another one with the same tables.
    process: u32,
    requests: AtomicU64,
}

impl<S, U, A> Service<S, U, A>
where
    S: Store,
    U: UnwrapKey + CheckKey + Clone + 'static,
    A: RecordEvents + Clone + 'static,
{
    /// Mounts the functions on these ports.
    #[must_use]
    pub fn new(ports: &Ports<S, U, A>) -> Self {
        // Without randomness no request gets far; the first one that needs some says so.
        let process = ports.entropy.array().map(u32::from_be_bytes).unwrap_or_default();
        let functions = Functions::new(ports);
        Self(Arc::new(Shared {
            authorizer: CachedAuthorizer::new(functions.authorize.clone()),
            functions,
            clock: Arc::clone(&ports.clock),
            process,
            requests: AtomicU64::new(0),
        }))
    }

    /// Answers a request of this peer.
    ///
    /// As in Lambda, a function runs to its end also when nobody waits for its answer any more, a panic becomes a 500, and
    /// no answer within the gateway's 30 seconds a 503.
    pub async fn handle(&self, request: Request<Bytes>, peer: IpAddr) -> Response<Bytes> {
        let request_id = self.next_request_id();
        let (service, id) = (self.clone(), request_id.clone());
        let function = tokio::spawn(async move { service.answer(&request, peer, &id).await });
        let response = match timeout(DEADLINE, function).await {
            Ok(Ok(response)) => response,
            Ok(Err(panicked)) => respond(&request_id, Err(Problem::internal(&panicked))),
            Err(elapsed) => respond(&request_id, Err(Problem::unavailable(&elapsed))),
        };
        response.map(into_bytes)
    }

    /// Answers what is not a request that can be handled.
    pub fn refuse(&self, problem: Problem) -> Response<Bytes> {
        respond(&self.next_request_id(), Err(problem)).map(into_bytes)
    }

    async fn answer(&self, request: &Request<Bytes>, peer: IpAddr, request_id: &RequestId) -> Response<Body> {
        if let Some(problem) = too_long(request) {
            return respond(request_id, Err(problem));
        }
        let (route, parameters) = match find(request.method(), request.uri().path()) {
            Matched::Route(route, parameters) => (route, parameters),
            Matched::OtherMethods(allowed) => return not_allowed(request_id, &allowed),
            Matched::Nothing => return respond(request_id, Err(Problem::new(ProblemType::NotFound))),
        };
        let arrival = Arrival { request, route, parameters, peer, request_id, at: self.0.clock.now() };
        match self.pass_on(arrival).await {
            Ok(response) => response,
            Err(problem) => respond(request_id, Err(problem)),
        }
    }

    async fn pass_on(&self, arrival: Arrival<'_>) -> Result<Response<Body>, Problem> {
        let function = arrival.route.function;
        let admitted = match arrival.route.access {
            Access::Authorized => Some(self.0.authorizer.admit(&arrival).await?),
            Access::Open => None,
        };
        let event = arrival.event(admitted);
        // Through JSON and back, so that what a function gets here is what it gets in Lambda.
        let event = serde_json::to_string(&event).map_err(|error| Problem::internal(&error))?;
        let request = lambda_http::request::from_str(&event).map_err(|error| Problem::internal(&error))?;
        let response = self.0.functions.serve(function, request).await;
        tracing::debug!(function.name = function.name(), response.status = response.status().as_u16(), "answered");
        Ok(response)
    }

    fn next_request_id(&self) -> RequestId {
        let request = self.0.requests.fetch_add(1, Ordering::Relaxed);
        RequestId::from_transport(&format!("{:08x}-{request:x}", self.0.process))
    }
}

impl<S, U, A> Clone for Service<S, U, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S, U, A> fmt::Debug for Service<S, U, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}

fn too_long(request: &Request<Bytes>) -> Option<Problem> {
    let length = request.uri().path().len() + request.uri().query().map_or(0, str::len);
    let problem = Problem::new(ProblemType::InvalidRequest).detail("path and query have at most 4096 bytes");
    (length > MAX_TARGET_BYTES).then_some(problem)
}

fn not_allowed(request_id: &RequestId, allowed: &[&str]) -> Response<Body> {
    let mut response = respond(request_id, Err(Problem::new(ProblemType::MethodNotAllowed)));
    if let Ok(methods) = HeaderValue::from_str(&allowed.join(", ")) {
        response.headers_mut().insert(ALLOW, methods);
    }
    response
}

fn into_bytes(body: Body) -> Bytes {
    match body {
        Body::Text(text) => Bytes::from(text),
        Body::Binary(bytes) => Bytes::from(bytes),
        _ => Bytes::new(),
    }
}

/// API Gateway's longest wait for a function (HTTP API quotas).
const DEADLINE: Duration = Duration::from_secs(30);

/// Longer than any path of ours. API Gateway takes 10,240 bytes of request line and headers together.
const MAX_TARGET_BYTES: usize = 4096;
