//! From the request to the use case and back.

use countersign_http::{Answer, Endpoint, Inbound, Problem};
use crypto::CheckKey;
use lambda_http::http::StatusCode;
use serde::Serialize;
use store::CheckReadiness;

use crate::{Check, Health, Readiness};

impl<S, Q, K> Endpoint for Health<S, Q, K>
where
    S: CheckReadiness + 'static,
    Q: CheckReadiness + 'static,
    K: CheckKey + 'static,
{
    async fn answer(&self, inbound: &Inbound) -> Result<Answer, Problem> {
        if inbound.path().ends_with("/live") {
            return Answer::ok(&Live { status: "alive" });
        }
        let readiness = self.readiness().await;
        let status = if readiness.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        Answer::with(status, &Ready::from(&readiness))
    }
}

/// The body of the answer to live.
#[derive(Serialize)]
struct Live {
    status: &'static str,
}

/// The body of the answer to ready.
#[derive(Serialize)]
struct Ready {
    status: &'static str,
    dependencies: Vec<Dependency>,
}

#[derive(Serialize)]
struct Dependency {
    name: &'static str,
    status: &'static str,
    duration_milliseconds: u128,
}

impl From<&Readiness> for Ready {
    fn from(readiness: &Readiness) -> Self {
        Self {
            status: word(readiness.is_ready()),
            dependencies: readiness.checks().iter().map(Dependency::from).collect(),
        }
    }
}

impl From<&Check> for Dependency {
    fn from(check: &Check) -> Self {
        Self {
            name: check.dependency.name(),
            status: word(check.ready),
            duration_milliseconds: check.duration.as_millis(),
        }
    }
}

const fn word(ready: bool) -> &'static str {
    if ready { "ready" } else { "unavailable" }
}
