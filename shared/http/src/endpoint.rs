//! A function as everything that mounts it sees it: the Lambda runtime, the local host, the tests.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, IN_FLIGHT_FOR, SystemClock};
use lambda_http::http::Response;
use lambda_http::{Body, Error, Request, Service, service_fn};
use telemetry::Metrics;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, info_span};

use crate::measured::Measured;
use crate::{Answer, Inbound, Problem, respond};

/// Serves requests, many at once. An expected failure is a response; [`Endpoint::serve`] itself cannot fail.
pub trait Endpoint: Clone + Send + Sync + 'static {
    /// The function's answer to one request.
    fn answer(&self, inbound: &Inbound) -> impl Future<Output = Result<Answer, Problem>> + Send;

    /// Takes note of a request that is about to be answered with this problem, within what is left of [`ANSWER_DEADLINE`]. It can't
    /// change the answer, and it may be dropped before it has ended.
    fn refused(&self, _inbound: &Inbound, _problem: &Problem) -> impl Future<Output = ()> + Send {
        ready(())
    }

    /// How many key derivations have run in this process so far, for the metrics.
    fn kdf_runs(&self) -> u64 {
        0
    }

    /// The response to one request.
    fn serve(&self, request: Request) -> impl Future<Output = Response<Body>> + Send {
        async move {
            let inbound = Inbound::new(request);
            let span = info_span!("request", request.id = %inbound.request_id);
            let deadline = Instant::now() + ANSWER_DEADLINE;
            let answering = async {
                let answer =
                    timeout_at(deadline, self.answer(&inbound)).await.unwrap_or_else(|elapsed| Err(late(&elapsed)));
                if let Err(problem) = &answer {
                    let _as_far_as_it_got = timeout_at(deadline, self.refused(&inbound, problem)).await;
                }
                answer
            };
            respond(&inbound.request_id, answering.instrument(span).await)
        }
    }
}

/// The latest moment of an answer: what is not answered by then is a 503. Every function's timeout in `template.yaml` is
/// longer, so that the 503 comes before Lambda ends the process.
pub const ANSWER_DEADLINE: Duration = Duration::from_secs(15);

/// After a late answer, what the request has claimed stays claimed until [`IN_FLIGHT_FOR`] has passed since it began.
const LATE_RETRY_AFTER: Duration = Duration::from_secs(IN_FLIGHT_FOR.as_secs() - ANSWER_DEADLINE.as_secs() + 1);

fn late(elapsed: &Elapsed) -> Problem {
    Problem { retry_after: Some(LATE_RETRY_AFTER), ..Problem::unavailable(elapsed) }
}

/// Runs an endpoint in Lambda under the function's name in metrics: one request at a time in classic environments, up to
/// `AWS_LAMBDA_MAX_CONCURRENCY` in Lambda Managed Instances.
///
/// # Errors
/// Whatever ends the runtime.
pub async fn run(function: &'static str, endpoint: impl Endpoint) -> Result<(), Error> {
    lambda_http::run_concurrent(handler(endpoint, Metrics::to_stdout(function), Arc::new(SystemClock))).await
}

/// What [`run`] runs: the endpoint, with every request measured.
pub fn handler<W: Write + Send + 'static>(
    endpoint: impl Endpoint,
    metrics: Metrics<W>,
    clock: Arc<dyn Clock>,
) -> impl Service<Request, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + Sync {
    let measured = Measured::new(endpoint, metrics, clock);
    service_fn(move |request| {
        let measured = measured.clone();
        async move { Ok(measured.serve(request).await) }
    })
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::Mutex;

    use tokio::time::timeout;

    use super::*;
    use crate::ProblemType;

    /// Answers as told, and notes the kinds of what it refused.
    #[derive(Clone)]
    struct Told {
        answer: Result<Answer, Problem>,
        noting: Noting,
        noted: Arc<Mutex<Vec<ProblemType>>>,
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Noting {
        Ends,
        Hangs,
    }

    impl Told {
        fn new(answer: Result<Answer, Problem>, noting: Noting) -> Self {
            Self { answer, noting, noted: Arc::default() }
        }

        fn noted(&self) -> Vec<ProblemType> {
            self.noted.lock().unwrap().clone()
        }
    }

    impl Endpoint for Told {
        async fn answer(&self, _inbound: &Inbound) -> Result<Answer, Problem> {
            tokio::time::advance(Duration::from_secs(10)).await;
            self.answer.clone()
        }

        async fn refused(&self, _inbound: &Inbound, problem: &Problem) {
            self.noted.lock().unwrap().push(problem.kind);
            match self.noting {
                Noting::Ends => {}
                Noting::Hangs => pending().await,
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_refused_is_noted_before_the_answer() {
        let refusing = Told::new(Err(Problem::new(ProblemType::Forbidden)), Noting::Ends);
        let answering = Told::new(Answer::ok(&()), Noting::Ends);

        let statuses = (refusing.serve(Request::default()).await, answering.serve(Request::default()).await);

        assert_eq!((statuses.0.status().as_u16(), statuses.1.status().as_u16()), (403, 200));
        assert_eq!((refusing.noted(), answering.noted()), (vec![ProblemType::Forbidden], vec![]));
    }

    #[tokio::test(start_paused = true)]
    async fn e4_noting_neither_changes_an_answer_nor_delays_it_beyond_the_deadline() {
        let refusing = Told::new(Err(Problem::new(ProblemType::Forbidden)), Noting::Hangs);
        let begun = Instant::now();

        let response = timeout(ANSWER_DEADLINE * 2, refusing.serve(Request::default())).await.unwrap();

        assert_eq!(response.status().as_u16(), 403);
        assert!(begun.elapsed() <= ANSWER_DEADLINE + Duration::from_millis(1), "{:?}", begun.elapsed());
    }

    /// Never answers.
    #[derive(Clone)]
    struct Silent;

    impl Endpoint for Silent {
        async fn answer(&self, _inbound: &Inbound) -> Result<Answer, Problem> {
            pending().await
        }

        async fn refused(&self, _inbound: &Inbound, _problem: &Problem) {
            pending::<()>().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn e4_what_is_not_answered_in_time_is_503_at_the_deadline() {
        let begun = Instant::now();

        let response = timeout(ANSWER_DEADLINE * 2, Silent.serve(Request::default())).await.unwrap();

        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &"6".parse().unwrap()));
        assert!(begun.elapsed() <= ANSWER_DEADLINE + Duration::from_millis(1), "{:?}", begun.elapsed());
    }
}
