//! The authorizer as the gateway asks it: once a minute per credential.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use audit::RecordEvents;
use authorizer::{Authorize, AuthorizerRequest, AuthorizerResponse};
use countersign_http::{Problem, ProblemType};
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use serde_json::Value;
use store::{FindApiKey, NoteApiKeyUse};

use super::event::{Arrival, headers, joined};

/// What the authorizer's answer adds to an event.
pub(crate) type Fields = HashMap<String, Value>;

/// The authorizer and its latest answers.
pub(crate) struct CachedAuthorizer<S, A> {
    authorize: Authorize<S, A>,
    kept: RwLock<HashMap<String, Kept>>,
}

/// An answer: `None` is a refusal.
#[derive(Clone)]
struct Kept {
    at: Timestamp,
    fields: Option<Arc<Fields>>,
}

impl<S: FindApiKey + NoteApiKeyUse, A: RecordEvents> CachedAuthorizer<S, A> {
    pub(crate) fn new(authorize: Authorize<S, A>) -> Self {
        Self { authorize, kept: RwLock::default() }
    }

    /// What the authorizer says of the request's credential.
    ///
    /// # Errors
    /// [`Problem`] 401 without a credential or with one that is refused, 503 if the authorizer can't tell.
    pub(crate) async fn admit(&self, arrival: &Arrival<'_>) -> Result<Fields, Problem> {
        let credential = joined(arrival.request.headers(), AUTHORIZATION);
        let credential = credential.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
        if credential.is_empty() {
            return Err(Problem::new(ProblemType::Unauthenticated));
        }
        let answer = match self.recall(credential, arrival.at) {
            Some(kept) => kept,
            None => self.ask(credential, arrival).await?,
        };
        answer.fields.as_deref().cloned().ok_or_else(|| Problem::new(ProblemType::Unauthenticated))
    }

    async fn ask(&self, credential: &str, arrival: &Arrival<'_>) -> Result<Kept, Problem> {
        let question = question(credential, arrival)?;
        let answer = self.authorize.answer(&question).await.map_err(|error| Problem::unavailable(&error))?;
        let fields = if answer.is_authorized { Some(Arc::new(fields(&answer)?)) } else { None };
        let answer = Kept { at: arrival.at, fields };
        self.keep(credential, answer.clone());
        Ok(answer)
    }

    fn recall(&self, credential: &str, now: Timestamp) -> Option<Kept> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.get(credential).filter(|kept| kept.is_fresh(now)).cloned()
    }

    fn keep(&self, credential: &str, answer: Kept) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.retain(|_, other| other.is_fresh(answer.at));
        }
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(credential.to_owned(), answer);
    }
}

impl Kept {
    fn is_fresh(&self, now: Timestamp) -> bool {
        now.duration_since(self.at).unsigned_abs() < REAUTHORIZE_EVERY
    }
}

/// The question, parsed as Lambda parses it.
fn question(credential: &str, arrival: &Arrival<'_>) -> Result<AuthorizerRequest, Problem> {
    let mut question = AuthorizerRequest::default();
    question.version = Some("2.0".to_owned());
    question.type_ = Some("REQUEST".to_owned());
    question.identity_source = Some(vec![credential.to_owned()]);
    question.route_key = Some(arrival.route_key());
    question.raw_path = Some(arrival.request.uri().path().to_owned());
    question.headers = headers(arrival.request.headers(), arrival.peer);
    question.request_context = arrival.context();
    let event = serde_json::to_string(&question).map_err(|error| Problem::internal(&error))?;
    serde_json::from_str(&event).map_err(|error| Problem::internal(&error))
}

/// The answer's context, as events carry it.
fn fields(answer: &AuthorizerResponse) -> Result<Fields, Problem> {
    let context = serde_json::to_value(&answer.context).and_then(serde_json::from_value);
    context.map_err(|error| Problem::internal(&error))
}

/// `ReauthorizeEvery` of the template's authorizer.
pub(crate) const REAUTHORIZE_EVERY: Duration = Duration::from_secs(60);

/// Credentials that are remembered at most: anybody can present a new one with every request.
const MAX_KEPT: usize = 1_000;
