//! A function as everything that mounts it sees it: the Lambda runtime, the local host, the tests.

use std::convert::Infallible;
use std::future::Future;

use lambda_http::http::Response;
use lambda_http::{Body, Error, Request, service_fn};

use crate::{Answer, Inbound, Problem, respond};

/// Serves requests, many at once. An expected failure is a response; [`Endpoint::serve`] itself cannot fail.
pub trait Endpoint: Clone + Send + Sync + 'static {
    /// The function's answer to one request.
    fn answer(&self, inbound: &Inbound) -> impl Future<Output = Result<Answer, Problem>> + Send;

    /// The response to one request.
    fn serve(&self, request: Request) -> impl Future<Output = Response<Body>> + Send {
        async move {
            let inbound = Inbound::new(request);
            let answer = self.answer(&inbound).await;
            respond(&inbound.request_id, answer)
        }
    }
}

/// Runs an endpoint in Lambda: one request at a time in classic environments, up to `AWS_LAMBDA_MAX_CONCURRENCY` in
/// Lambda Managed Instances.
///
/// # Errors
/// Whatever ends the runtime.
pub async fn run(endpoint: impl Endpoint) -> Result<(), Error> {
    lambda_http::run_concurrent(service_fn(move |request| {
        let endpoint = endpoint.clone();
        async move { Ok::<_, Infallible>(endpoint.serve(request).await) }
    }))
    .await
}
