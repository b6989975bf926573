//! The steps.

use crypto::{ApiKey, OsEntropy};
use domain::{Clock, Entropy, SystemClock, UserId};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use uuid::Builder;

use super::trail::Trail;
use crate::client::{self, Answer};
use crate::commands::Failure;
use crate::commands::say::say;
use crate::host::Host;

/// A journey of one new user.
pub(super) struct Journey {
    url: String,
    api_key: ApiKey,
    user: UserId,
    trail: Trail,
}

/// A step did not do what it should.
#[derive(Debug, thiserror::Error)]
#[error("the demonstration failed at: {step}")]
struct StepFailed {
    step: &'static str,
    source: Failure,
}

/// What came instead of the expected answer: its status and its problem's type, nothing of its content.
#[derive(Debug, thiserror::Error)]
#[error("expected {expected}, got {status} {kind}")]
struct Unexpected {
    expected: String,
    status: StatusCode,
    kind: String,
}

impl Journey {
    pub(super) fn new(url: &str, host: &Host) -> Result<Self, Failure> {
        let user = UserId::from_keyed_bytes(random()?);
        Ok(Self { url: url.to_owned(), api_key: host.api_key.clone(), user, trail: Trail::new(host, user) })
    }

    /// Every step, in order; the first that fails ends it.
    pub(super) async fn run(&self) -> Result<(), Failure> {
        step("enrol 4 factors", self.enrol().await)?;
        let (id, asked) = step("open a verification of EUR 49.90", self.initiate().await)?;
        step("present a wrong factor", self.wrong_attempt(&id, &asked).await)?;
        let (access_token, refresh_token) = step("present the right factors", self.right_attempt(&id, &asked).await)?;
        step("introspect the token", self.introspect(&access_token, true).await)?;
        step("revoke the session", self.revoke(&refresh_token).await)?;
        step("introspect the token again", self.introspect(&access_token, false).await)?;
        step("read the audit trail", self.trail.read().await)?;
        Ok(())
    }

    async fn enrol(&self) -> Step<()> {
        let factors = ["pin", "pattern", "nfc", "fingerprint"].map(|kind| factor(kind, RIGHT));
        let body = json!({"user_id": self.user.to_string(), "factors": factors, "device_id": "demo-device"});
        let answer = self.post("/v1/enrollments", &body).await?;
        expect(&answer, StatusCode::CREATED)?;
        Ok(((), format!("user {}", self.user)))
    }

    async fn initiate(&self) -> Step<(String, Vec<String>)> {
        let transaction = json!({"amount_minor": 4990, "currency": "EUR", "payee": "Bookshop", "reference": "order-1"});
        let body = json!({"user_id": self.user.to_string(), "transaction": transaction});
        let answer = self.post("/v1/verifications", &body).await?;
        expect(&answer, StatusCode::CREATED)?;
        let id = text(&answer.body, "verification_id")?;
        let asked: Vec<String> = serde_json::from_value(member(&answer.body, "factors")?.clone())?;
        let said = format!("asks for {}", asked.join(" + "));
        Ok(((id, asked), said))
    }

    async fn wrong_attempt(&self, id: &str, asked: &[String]) -> Step<()> {
        let answer = self.attempt(id, asked, WRONG).await?;
        expect(&answer, StatusCode::UNAUTHORIZED)?;
        let remaining = member(&answer.body, "attempts_remaining")?;
        Ok(((), format!("refused, {remaining} attempts remain")))
    }

    async fn right_attempt(&self, id: &str, asked: &[String]) -> Step<(String, String)> {
        let answer = self.attempt(id, asked, RIGHT).await?;
        expect(&answer, StatusCode::OK)?;
        let tokens = (text(&answer.body, "access_token")?, text(&answer.body, "refresh_token")?);
        let said = format!("verified, session {}", text(&answer.body, "session_id")?);
        Ok((tokens, said))
    }

    async fn introspect(&self, token: &str, active: bool) -> Step<()> {
        let answer = self.post("/v1/sessions/introspect", &json!({"token": token})).await?;
        expect(&answer, StatusCode::OK)?;
        let said = member(&answer.body, "active")?;
        if *said == json!(active) { Ok(((), format!("active: {said}"))) } else { Err(format!("active: {said}").into()) }
    }

    async fn revoke(&self, token: &str) -> Step<()> {
        let answer = self.post("/v1/sessions/revoke", &json!({"token": token})).await?;
        expect(&answer, StatusCode::OK)?;
        Ok(((), "revoked".to_owned()))
    }

    async fn attempt(&self, id: &str, asked: &[String], digest: &str) -> Result<Answer, Failure> {
        let factors: Vec<_> = asked.iter().map(|kind| factor(kind, digest)).collect();
        self.post(&format!("/v1/verifications/{id}/attempts"), &json!({"factors": factors})).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        Ok(client::post(&self.url, path, self.headers()?, body).await?)
    }

    fn headers(&self) -> Result<HeaderMap, Failure> {
        let now = u64::try_from(SystemClock.now().as_millisecond())?;
        let key = Builder::from_unix_timestamp_millis(now, &random()?).into_uuid().to_string();
        Ok(client::headers([
            ("authorization", &format!("Bearer {}", self.api_key.expose())),
            ("content-type", "application/json"),
            ("idempotency-key", &key),
        ])?)
    }
}

/// A step's result and what to say about it.
pub(super) type Step<T> = Result<(T, String), Failure>;

/// Prints a step's line.
fn step<T>(step: &'static str, outcome: Step<T>) -> Result<T, StepFailed> {
    match outcome {
        Ok((result, said)) => {
            let _nobody_listens = say(&format!("ok      {step}: {said}"));
            Ok(result)
        }
        Err(source) => {
            let _nobody_listens = say(&format!("FAILED  {step}"));
            Err(StepFailed { step, source })
        }
    }
}

fn expect(answer: &Answer, expected: StatusCode) -> Result<(), Unexpected> {
    if answer.status == expected {
        return Ok(());
    }
    let kind = answer.body.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    Err(Unexpected { expected: expected.to_string(), status: answer.status, kind })
}

fn member<'a>(body: &'a Value, name: &str) -> Result<&'a Value, Failure> {
    Ok(body.get(name).ok_or_else(|| format!("the answer has no {name}"))?)
}

fn text(body: &Value, name: &str) -> Result<String, Failure> {
    Ok(member(body, name)?.as_str().ok_or_else(|| format!("{name} is no text"))?.to_owned())
}

fn factor(kind: &str, digest: &str) -> Value {
    json!({"type": kind, "digest": digest.repeat(32)})
}

fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let entropy: &dyn Entropy = &OsEntropy;
    Ok(entropy.array()?)
}

const RIGHT: &str = "c5";
const WRONG: &str = "5c";
