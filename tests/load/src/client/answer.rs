//! Answers, and the little that is read of them.

use bytes::Bytes;
use http::StatusCode;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The whole body.
    pub(crate) body: Bytes,
}

impl Answer {
    /// A string member's value, by the first place of its name: JSON is not parsed, since that would cost as much as sending.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let body = std::str::from_utf8(&self.body).ok()?;
        let mut rest = body;
        loop {
            let (_, after) = rest.split_once(name)?;
            if let Some(value) = after.strip_prefix("\":\"") {
                return value.split_once('"').map(|(value, _)| value);
            }
            rest = after;
        }
    }

    /// Whether the body has this in it.
    pub(crate) fn holds(&self, part: &str) -> bool {
        std::str::from_utf8(&self.body).is_ok_and(|body| body.contains(part))
    }

    /// What a table calls it.
    pub(crate) fn code(&self) -> Code {
        let problem = if self.status.is_success() { None } else { self.text("type") };
        Code { status: Some(self.status.as_u16()), detail: problem.unwrap_or_default().into() }
    }
}

/// What a table calls an answer, or that there was none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Code {
    /// The status, if there was an answer.
    pub(crate) status: Option<u16>,
    /// The problem's type, or why there was no answer.
    pub(crate) detail: Box<str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &'static str) -> Answer {
        Answer { status: StatusCode::from_u16(status).unwrap(), body: Bytes::from_static(body.as_bytes()) }
    }

    #[test]
    fn a_member_is_found_by_its_name() {
        let answer = answer(201, r#"{"verification_id":"6c1f","factors":["pin","nfc"],"challenge":"q0n0"}"#);

        assert_eq!(answer.text("verification_id"), Some("6c1f"));
        assert_eq!(answer.text("challenge"), Some("q0n0"));
        assert_eq!((answer.text("factors"), answer.text("nothing")), (None, None));
    }

    #[test]
    fn a_value_that_looks_like_a_name_is_passed_over() {
        assert_eq!(answer(200, r#"{"a":"token","token":"t"}"#).text("token"), Some("t"));
    }

    #[test]
    fn an_error_is_called_by_its_problem() {
        let refused = answer(429, r#"{"type":"/problems/rate-limited","status":429}"#);

        assert_eq!(refused.code(), Code { status: Some(429), detail: "/problems/rate-limited".into() });
        assert_eq!(answer(201, r#"{"type":"pin"}"#).code(), Code { status: Some(201), detail: "".into() });
        assert_eq!(answer(502, "").code(), Code { status: Some(502), detail: "".into() });
    }
}
