//! The requests of scenarios, and which answer each of them gets from a service that works.

use http::StatusCode;
use serde::Serialize;

use crate::client::Answer;

/// What a request is in tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    /// A user is enrolled, perhaps once more.
    Enroll,
    /// A verification is opened.
    Initiate,
    /// The right factors are presented.
    Verify,
    /// It is asked where a verification stands.
    Status,
    /// It is asked whether a token counts.
    Introspect,
    /// A wrong digest is presented.
    Wrong,
    /// A request is sent again, with its key.
    Replay,
    /// A body ends too early.
    Malformed,
    /// A verification is to be opened for a user whose limit is used up.
    Limited,
}

impl Step {
    /// Whether a service that works can answer so.
    pub(crate) fn expects(self, answer: &Answer) -> bool {
        let problem = || answer.text("type").unwrap_or_default().trim_start_matches("/problems/").to_owned();
        match (self, answer.status) {
            (Self::Enroll | Self::Replay, StatusCode::CREATED) | (Self::Verify | Self::Status, StatusCode::OK) => true,
            // Who is enrolled with two factors is asked for both; anything else is what somebody unknown is asked for.
            (Self::Initiate, StatusCode::CREATED) => answer.holds(r#""factors":["pin","nfc"]"#),
            (Self::Introspect, StatusCode::OK) => answer.body.starts_with(br#"{"active":true"#),
            (Self::Enroll, StatusCode::CONFLICT) => problem() == "already-enrolled",
            (Self::Replay, StatusCode::CONFLICT) => problem() == "request-in-progress",
            (Self::Wrong, StatusCode::UNAUTHORIZED) => problem() == "authentication-failed",
            (Self::Malformed, StatusCode::BAD_REQUEST) => problem() == "invalid-request",
            (Self::Limited, StatusCode::TOO_MANY_REQUESTS) => problem() == "rate-limited",
            _ => false,
        }
    }

    /// Its name in tables.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Enroll => "enroll",
            Self::Initiate => "initiate",
            Self::Verify => "verify",
            Self::Status => "status",
            Self::Introspect => "introspect",
            Self::Wrong => "wrong",
            Self::Replay => "replay",
            Self::Malformed => "malformed",
            Self::Limited => "limited",
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const STEPS: [Step; 9] = [
        Step::Enroll,
        Step::Initiate,
        Step::Verify,
        Step::Status,
        Step::Introspect,
        Step::Wrong,
        Step::Replay,
        Step::Malformed,
        Step::Limited,
    ];

    fn answer(status: u16, body: String) -> Answer {
        Answer { status: StatusCode::from_u16(status).unwrap(), body: Bytes::from(body) }
    }

    fn problem(status: u16, name: &str) -> Answer {
        answer(status, format!(r#"{{"type":"/problems/{name}","status":{status}}}"#))
    }

    fn opened(factors: &str) -> Answer {
        answer(201, format!(r#"{{"verification_id":"6c1f","factors":[{factors}],"attempts_allowed":3}}"#))
    }

    #[test]
    fn each_step_expects_its_own_answers_and_no_others() {
        let answers = [
            (answer(201, String::new()), vec![Step::Enroll, Step::Replay]),
            (opened(r#""pin","nfc""#), vec![Step::Enroll, Step::Initiate, Step::Replay]),
            (opened(r#""voice","nfc""#), vec![Step::Enroll, Step::Replay]),
            (answer(200, String::new()), vec![Step::Verify, Step::Status]),
            (
                answer(200, r#"{"active":true,"sub":"x"}"#.to_owned()),
                vec![Step::Verify, Step::Status, Step::Introspect],
            ),
            (answer(200, r#"{"active":false}"#.to_owned()), vec![Step::Verify, Step::Status]),
            (problem(409, "already-enrolled"), vec![Step::Enroll]),
            (problem(409, "request-in-progress"), vec![Step::Replay]),
            (problem(401, "authentication-failed"), vec![Step::Wrong]),
            (problem(401, "unauthenticated"), vec![]),
            (problem(400, "invalid-request"), vec![Step::Malformed]),
            (problem(400, "idempotency-key-required"), vec![]),
            (problem(429, "rate-limited"), vec![Step::Limited]),
            (problem(404, "verification-not-found"), vec![]),
            (problem(500, "internal-error"), vec![]),
            (problem(503, "unavailable"), vec![]),
        ];

        for (answer, by) in answers {
            let expecting: Vec<Step> = STEPS.into_iter().filter(|step| step.expects(&answer)).collect();
            assert_eq!(expecting, by, "{answer:?}");
        }
    }
}
