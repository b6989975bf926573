//! The steps.

use domain::UserId;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::merchant::{Merchant, count, expect, member, random, text};
use super::trail::Trail;
use crate::client::Answer;
use crate::commands::Failure;
use crate::commands::say::say;
use crate::host::Host;

/// A journey of one new user.
pub(super) struct Journey {
    merchant: Merchant,
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

/// What a right attempt or a refresh gives.
struct Tokens {
    access: String,
    refresh: String,
    session: String,
}

impl Journey {
    pub(super) fn new(url: &str, host: &Host) -> Result<Self, Failure> {
        let user = UserId::from_keyed_bytes(random()?);
        let merchant = Merchant { url: url.to_owned(), api_key: host.api_key.clone() };
        Ok(Self { merchant, user, trail: Trail::new(host, user) })
    }

    /// Every step, in order; the first that fails ends it.
    pub(super) async fn run(&self) -> Result<(), Failure> {
        step("enrol 4 factors", self.enrol().await)?;
        let (id, asked) = step("open a verification of EUR 49.90", self.initiate().await)?;
        step("present a wrong factor", self.wrong_attempt(&id, &asked).await)?;
        let first = step("present the right factors", self.right_attempt(&id, &asked).await)?;
        step("introspect the token", self.introspect(&first.access, true).await)?;
        let second = step("refresh the session", self.refresh(&first.refresh).await)?;
        step("list the sessions", self.list_sessions(&second.session).await)?;
        step("revoke the session", self.revoke(&second.refresh).await)?;
        step("introspect the token again", self.introspect(&first.access, false).await)?;
        let token = step("step up", self.step_up().await)?;
        step("export what is stored", self.export(&token).await)?;
        step("erase the user", self.erase(&token).await)?;
        step("read the audit trail", self.trail.read().await)?;
        Ok(())
    }

    async fn enrol(&self) -> Step<()> {
        let factors = ["pin", "pattern", "nfc", "fingerprint"].map(|kind| factor(kind, RIGHT));
        let body = json!({"user_id": self.user.to_string(), "factors": factors, "device_id": DEVICE});
        let answer = self.merchant.post("/v1/enrollments", &body).await?;
        expect(&answer, StatusCode::CREATED)?;
        Ok(((), format!("user {}", self.user)))
    }

    async fn initiate(&self) -> Step<(String, Vec<String>)> {
        let transaction = json!({"amount_minor": 4990, "currency": "EUR", "payee": "Bookshop", "reference": "order-1"});
        let body = json!({"user_id": self.user.to_string(), "transaction": transaction});
        let (id, asked) = self.open(&body).await?;
        let said = format!("asks for {}", asked.join(" + "));
        Ok(((id, asked), said))
    }

    async fn wrong_attempt(&self, id: &str, asked: &[String]) -> Step<()> {
        let answer = self.attempt(id, asked, WRONG).await?;
        expect(&answer, StatusCode::UNAUTHORIZED)?;
        let remaining = member(&answer.body, "attempts_remaining")?;
        Ok(((), format!("refused, {remaining} attempts remain")))
    }

    async fn right_attempt(&self, id: &str, asked: &[String]) -> Step<Tokens> {
        let tokens = Tokens::of(&self.attempt(id, asked, RIGHT).await?)?;
        let said = format!("verified, session {}", tokens.session);
        Ok((tokens, said))
    }

    async fn introspect(&self, token: &str, active: bool) -> Step<()> {
        let answer = self.merchant.post("/v1/sessions/introspect", &json!({"token": token})).await?;
        expect(&answer, StatusCode::OK)?;
        let said = member(&answer.body, "active")?;
        if *said == json!(active) { Ok(((), format!("active: {said}"))) } else { Err(format!("active: {said}").into()) }
    }

    async fn refresh(&self, refresh_token: &str) -> Step<Tokens> {
        let body = json!({"refresh_token": refresh_token});
        let tokens = Tokens::of(&self.merchant.post("/v1/sessions/refresh", &body).await?)?;
        let changed = tokens.refresh != refresh_token;
        if changed { Ok((tokens, "new tokens".to_owned())) } else { Err("the same refresh token".into()) }
    }

    async fn list_sessions(&self, session: &str) -> Step<()> {
        let answer = self.merchant.get(&format!("/v1/sessions?user_id={}", self.user)).await?;
        expect(&answer, StatusCode::OK)?;
        let listed = answer.body.pointer("/sessions/0/session_id").and_then(Value::as_str);
        if listed == Some(session) { Ok(((), "this one".to_owned())) } else { Err("another one".into()) }
    }

    async fn revoke(&self, token: &str) -> Step<()> {
        let answer = self.merchant.post("/v1/sessions/revoke", &json!({"token": token})).await?;
        expect(&answer, StatusCode::OK)?;
        Ok(((), "revoked".to_owned()))
    }

    /// A verification for no payment, whose token stands for the user.
    async fn step_up(&self) -> Step<String> {
        let (id, asked) = self.open(&json!({"user_id": self.user.to_string()})).await?;
        let tokens = Tokens::of(&self.attempt(&id, &asked, RIGHT).await?)?;
        Ok((tokens.access, "verified anew, for no payment".to_owned()))
    }

    async fn export(&self, token: &str) -> Step<()> {
        let path = format!("/v1/enrollments/{}/export", self.user);
        let answer = self.merchant.step_up(Method::GET, &path, token).await?;
        expect(&answer, StatusCode::OK)?;
        let device = text(member(&answer.body, "enrollment")?, "device_id")?;
        Ok(((), format!("{device}, {} sessions", count(member(&answer.body, "account")?, "sessions")?)))
    }

    async fn erase(&self, token: &str) -> Step<()> {
        let path = format!("/v1/enrollments/{}", self.user);
        let answer = self.merchant.step_up(Method::DELETE, &path, token).await?;
        expect(&answer, StatusCode::OK)?;
        expect(&self.merchant.get(&path).await?, StatusCode::NOT_FOUND)?;
        Ok(((), text(&answer.body, "status")?))
    }

    async fn open(&self, body: &Value) -> Result<(String, Vec<String>), Failure> {
        let answer = self.merchant.post("/v1/verifications", body).await?;
        expect(&answer, StatusCode::CREATED)?;
        let asked = serde_json::from_value(member(&answer.body, "factors")?.clone())?;
        Ok((text(&answer.body, "verification_id")?, asked))
    }

    async fn attempt(&self, id: &str, asked: &[String], digest: &str) -> Result<Answer, Failure> {
        let factors: Vec<_> = asked.iter().map(|kind| factor(kind, digest)).collect();
        self.merchant.post(&format!("/v1/verifications/{id}/attempts"), &json!({"factors": factors})).await
    }
}

impl Tokens {
    fn of(answer: &Answer) -> Result<Self, Failure> {
        expect(answer, StatusCode::OK)?;
        Ok(Self {
            access: text(&answer.body, "access_token")?,
            refresh: text(&answer.body, "refresh_token")?,
            session: text(&answer.body, "session_id")?,
        })
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

fn factor(kind: &str, digest: &str) -> Value {
    json!({"type": kind, "digest": digest.repeat(32)})
}

const DEVICE: &str = "demo-device";
const RIGHT: &str = "c5";
const WRONG: &str = "5c";
