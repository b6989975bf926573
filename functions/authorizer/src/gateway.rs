//! From API Gateway's question to the use case and back (payload format 2.0, simple responses).

use audit::RecordEvents;
use aws_lambda_events::apigw::{ApiGatewayV2CustomAuthorizerSimpleResponse, ApiGatewayV2CustomAuthorizerV2Request};
use domain::RequestId;
use lambda_runtime::Diagnostic;
use serde::{Deserialize, Serialize};
use store::{FindApiKey, NoteApiKeyUse, StoreError};

use crate::{Authorize, Decision};

/// API Gateway's question.
pub type AuthorizerRequest = ApiGatewayV2CustomAuthorizerV2Request;

/// The answer.
pub type AuthorizerResponse = ApiGatewayV2CustomAuthorizerSimpleResponse<AuthorizerContext>;

/// What functions find in `requestContext.authorizer.lambda`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizerContext {
    /// `api_key` or `capability`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<String>,
    /// The tenant of an API key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tenant_id: Option<String>,
    /// The id of an API key, for the access log.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key_id: Option<String>,
    /// What an API key may be used for, with a space between the scopes. The function checks it: the gateway keeps this answer for all
    /// routes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scopes: Option<String>,
}

impl<S: FindApiKey + NoteApiKeyUse, A: RecordEvents> Authorize<S, A> {
    /// Answers the gateway. A refusal stands in the deployment's trail, by sampling: nobody knows whom it concerns.
    ///
    /// # Errors
    /// [`Undecided`] if the store does not answer; the gateway then refuses the request.
    pub async fn answer(&self, request: &AuthorizerRequest) -> Result<AuthorizerResponse, Undecided> {
        let decision = match bearer_token(request) {
            Some(credential) => self.authorize(credential).await?,
            None => Decision::Refused,
        };
        if decision == Decision::Refused {
            self.0.ports.denials.record_unauthenticated(&request_id(request)).await;
        }
        let mut response = AuthorizerResponse::default();
        response.is_authorized = decision != Decision::Refused;
        response.context = match decision {
            Decision::Key(key) => AuthorizerContext {
                kind: Some("api_key".to_owned()),
                tenant_id: Some(key.tenant.to_string()),
                key_id: Some(key.id().to_string()),
                scopes: Some(key.scopes.to_string()),
            },
            Decision::Capability => {
                AuthorizerContext { kind: Some("capability".to_owned()), ..AuthorizerContext::default() }
            }
            Decision::Refused => AuthorizerContext::default(),
        };
        Ok(response)
    }
}

/// The store did not answer, so nobody is let through.
#[derive(Debug, thiserror::Error)]
#[error("who calls can't be found out")]
pub struct Undecided(#[from] StoreError);

impl From<Undecided> for Diagnostic {
    fn from(undecided: Undecided) -> Self {
        Self { error_type: "AuthorizerUndecided".to_owned(), error_message: undecided.to_string() }
    }
}

fn request_id(request: &AuthorizerRequest) -> RequestId {
    RequestId::from_transport(request.request_context.request_id.as_deref().unwrap_or_default())
}

/// The credential of the one identity source, `Authorization: Bearer …`.
fn bearer_token(request: &AuthorizerRequest) -> Option<&str> {
    let [source] = request.identity_source.as_deref()? else { return None };
    let (scheme, token) = source.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
