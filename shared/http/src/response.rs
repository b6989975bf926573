//! Answers: the same headers on every one of them.

use std::time::Duration;

use admission::Limited;
use domain::RequestId;
use lambda_http::Body;
use lambda_http::http::HeaderMap;
use lambda_http::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use lambda_http::http::{Response, StatusCode};
use serde::Serialize;

use crate::{Problem, ProblemType, STEP_UP_CHALLENGE};

/// A success: a status and a JSON body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    status: StatusCode,
    body: String,
    cache_control: &'static str,
}

impl Answer {
    /// 200 with this body.
    ///
    /// # Errors
    /// [`Problem`] 500 if the body can't be serialised, which our own types never show.
    pub fn ok(body: &impl Serialize) -> Result<Self, Problem> {
        Self::with(StatusCode::OK, body)
    }

    /// 201 with this body.
    ///
    /// # Errors
    /// [`Problem`] 500 if the body can't be serialised, which our own types never show.
    pub fn created(body: &impl Serialize) -> Result<Self, Problem> {
        Self::with(StatusCode::CREATED, body)
    }

    /// This status with this body.
    ///
    /// # Errors
    /// [`Problem`] 500 if the body can't be serialised, which our own types never show.
    pub fn with(status: StatusCode, body: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_string(body).map_err(|error| Problem::internal(&error))?;
        Ok(Self { status, body, cache_control: "no-store" })
    }

    /// 200 with this body, which was an answer before: byte for byte the same.
    #[must_use]
    pub fn stored(body: &str) -> Self {
        Self { status: StatusCode::OK, body: body.to_owned(), cache_control: "no-store" }
    }

    /// Lets clients keep a public answer for this directive instead of never.
    #[must_use]
    pub const fn cacheable(mut self, cache_control: &'static str) -> Self {
        self.cache_control = cache_control;
        self
    }
}

/// Turns an outcome into the response.
#[must_use]
pub fn respond(request_id: &RequestId, outcome: Result<Answer, Problem>) -> Response<Body> {
    match outcome {
        Ok(answer) => {
            let mut response = response(request_id, answer.status, "application/json", answer.body);
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(answer.cache_control));
            response
        }
        Err(problem) => problem_response(request_id, &problem),
    }
}

fn problem_response(request_id: &RequestId, problem: &Problem) -> Response<Body> {
    let document = Document {
        kind: problem.kind.uri(),
        title: problem.kind.title(),
        status: problem.kind.status().as_u16(),
        detail: problem.detail,
        instance: request_id.as_str(),
        pointer: problem.pointer.as_deref(),
        attempts_remaining: problem.attempts_remaining,
    };
    // A struct of strings and integers always serialises.
    let body = serde_json::to_string(&document).unwrap_or_default();
    let mut response = response(request_id, problem.kind.status(), "application/problem+json", body);
    if let Some(challenge) = challenge(problem) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    if let Some(retry_after) = problem.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(whole_seconds(retry_after)));
    }
    if let Some(limited) = &problem.limited {
        insert_limit(response.headers_mut(), limited);
    }
    response
}

/// `WWW-Authenticate`: for a credential that is missing or not valid, for one that is not for this (RFC 6750 §3), and for a user who was
/// not verified lately (RFC 9470 §3).
fn challenge(problem: &Problem) -> Option<HeaderValue> {
    if let Some(scope) = problem.needed_scope {
        // A scope's name is one of ours, without a quote or a backslash.
        let challenge =
            format!("Bearer realm=\"countersign\", error=\"insufficient_scope\", scope=\"{}\"", scope.name());
        return HeaderValue::from_str(&challenge).ok();
    }
    if problem.kind == ProblemType::StepUpRequired {
        return Some(HeaderValue::from_static(STEP_UP_CHALLENGE));
    }
    let unauthenticated = problem.kind.status() == StatusCode::UNAUTHORIZED;
    unauthenticated.then(|| HeaderValue::from_static("Bearer realm=\"countersign\""))
}

/// `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers: the limit that fired, of which nothing remains.
fn insert_limit(headers: &mut HeaderMap, limited: &Limited) {
    let Limited { limit, quota, period, retry_after } = limited;
    let policy = format!("\"{limit}\";q={quota};w={}", whole_seconds(*period));
    let state = format!("\"{limit}\";r=0;t={}", whole_seconds(*retry_after));
    for (name, text) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, state)] {
        // A limit's name is one of ours, without a quote or a backslash.
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    }
}

/// Rounded up, so that waiting that long is enough; at least one.
fn whole_seconds(duration: Duration) -> u64 {
    let begun = u64::from(duration.subsec_nanos() > 0);
    (duration.as_secs() + begun).max(1)
}

/// The problem document.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
    instance: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts_remaining: Option<u8>,
}

fn response(request_id: &RequestId, status: StatusCode, content_type: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::Text(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(value) = HeaderValue::from_str(request_id.as_str()) {
        headers.insert(REQUEST_ID, value);
    }
    response
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use admission::Refusal;
    use domain::Scope;
    use store::{StoreError, StoreErrorKind};

    use super::*;

    fn limited(retry_after: Duration) -> Refusal {
        let quota = NonZeroU32::new(100).unwrap();
        Refusal::Limited(Limited { limit: "user", quota, period: Duration::from_secs(100), retry_after })
    }

    fn refused(refusal: Refusal) -> Response<Body> {
        respond(&RequestId::from_transport("request-1"), Err(refusal.into()))
    }

    fn header<'a>(response: &'a Response<Body>, name: &str) -> Option<&'a str> {
        response.headers().get(name).map(|value| value.to_str().unwrap())
    }

    #[test]
    fn a7_a_limited_request_learns_the_limit_and_the_time_rounded_up() {
        for (millis, seconds) in
            [(1, "1"), (999, "1"), (1_000, "1"), (1_001, "2"), (11_500, "12"), (86_400_000, "86400")]
        {
            let response = refused(limited(Duration::from_millis(millis)));

            assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(header(&response, "retry-after"), Some(seconds));
            assert_eq!(header(&response, "ratelimit"), Some(format!("\"user\";r=0;t={seconds}").as_str()));
            assert_eq!(header(&response, "ratelimit-policy"), Some("\"user\";q=100;w=100"));
        }
    }

    #[test]
    fn a_key_that_lacks_a_scope_learns_which() {
        let problem = Problem::insufficient_scope(Scope::SessionsRead);

        let response = respond(&RequestId::from_transport("request-1"), Err(problem));

        let challenge = r#"Bearer realm="countersign", error="insufficient_scope", scope="sessions:read""#;
        assert_eq!(
            (response.status(), header(&response, "www-authenticate")),
            (StatusCode::FORBIDDEN, Some(challenge))
        );
    }

    #[test]
    fn what_is_not_limited_has_no_limits_headers() {
        let outage = StoreError::new(StoreErrorKind::Unavailable, "DrawPermits", "down");
        for (refusal, status, retry_after) in [
            (Refusal::Denied, StatusCode::FORBIDDEN, None),
            (outage.into(), StatusCode::SERVICE_UNAVAILABLE, Some("1")),
        ] {
            let response = refused(refusal);

            assert_eq!((response.status(), header(&response, "retry-after")), (status, retry_after));
            assert_eq!((header(&response, "ratelimit"), header(&response, "ratelimit-policy")), (None, None));
        }
    }
}
