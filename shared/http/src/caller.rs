//! Who calls. The authorizer has checked an API key; a capability is checked by the function that it is for.

use crypto::PresentedCapability;
use domain::TenantId;
use lambda_http::aws_lambda_events::apigw::ApiGatewayRequestAuthorizer;
use lambda_http::http::HeaderMap;
use lambda_http::http::header::AUTHORIZATION;

use crate::{Problem, ProblemType};

/// The authenticated caller.
#[derive(Debug)]
pub enum Caller {
    /// A merchant's server with a valid API key of this tenant.
    Tenant(TenantId),
    /// The holder of something that has the form of a verification's capability. Unverified: the function compares it
    /// with the verification's own.
    CapabilityHolder(PresentedCapability),
}

impl Caller {
    pub(crate) fn from_authorizer(
        authorizer: Option<&ApiGatewayRequestAuthorizer>,
        headers: &HeaderMap,
    ) -> Result<Self, Problem> {
        let unauthenticated = || Problem::new(ProblemType::Unauthenticated);
        let field = |name| authorizer.and_then(|context| context.fields.get(name)?.as_str());
        match field("kind") {
            Some("api_key") => {
                let tenant = field("tenant_id").and_then(|text| text.parse().ok()).ok_or_else(unauthenticated)?;
                Ok(Self::Tenant(tenant))
            }
            Some("capability") => {
                let presented = bearer_token(headers).and_then(|token| PresentedCapability::parse(token).ok());
                presented.map(Self::CapabilityHolder).ok_or_else(unauthenticated)
            }
            _ => Err(unauthenticated()),
        }
    }

    /// The tenant, on routes that need an API key.
    ///
    /// # Errors
    /// [`Problem`] 403 for a capability.
    pub fn tenant(self) -> Result<TenantId, Problem> {
        match self {
            Self::Tenant(tenant) => Ok(tenant),
            Self::CapabilityHolder(_) => {
                Err(Problem::new(ProblemType::Forbidden).detail("this route needs an API key, not a capability"))
            }
        }
    }
}

/// The credential of `Authorization: Bearer …` (RFC 6750 §2.1), the scheme in any case (RFC 9110 §11.1).
fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
