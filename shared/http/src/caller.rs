//! Who calls. The authorizer has checked an API key and says what it may be used for; whether that is enough for a route is checked
//! here, since the gateway keeps one answer of the authorizer for all routes. A capability is checked by the function that it is for.

use crypto::PresentedCapability;
use domain::{Route, Scopes, TenantId};
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

/// What the authorizer said of the caller.
pub(crate) enum Authorized {
    /// A valid API key of this tenant, for these uses.
    Key(TenantId, Scopes),
    /// What has the form of a capability.
    Capability(PresentedCapability),
}

impl Authorized {
    /// Reads it. What is missing is nobody: the authorizer says all of it, always.
    pub(crate) fn read(authorizer: Option<&ApiGatewayRequestAuthorizer>, headers: &HeaderMap) -> Result<Self, Problem> {
        let unauthenticated = || Problem::new(ProblemType::Unauthenticated);
        let field = |name| authorizer.and_then(|context| context.fields.get(name)?.as_str());
        match field("kind") {
            Some("api_key") => {
                let tenant = field("tenant_id").and_then(|text| text.parse().ok()).ok_or_else(unauthenticated)?;
                let scopes = field("scopes").and_then(|text| text.parse().ok()).ok_or_else(unauthenticated)?;
                Ok(Self::Key(tenant, scopes))
            }
            Some("capability") => {
                let presented = bearer_token(headers).and_then(|token| PresentedCapability::parse(token).ok());
                presented.map(Self::Capability).ok_or_else(unauthenticated)
            }
            _ => Err(unauthenticated()),
        }
    }

    /// The caller of a route.
    ///
    /// # Errors
    /// [`Problem`] 403 for an API key that is not for this.
    pub(crate) fn of(self, route: Route) -> Result<Caller, Problem> {
        match self {
            Self::Key(tenant, scopes) if scopes.allow(route.scope()) => Ok(Caller::Tenant(tenant)),
            Self::Key(..) => Err(Problem::insufficient_scope(route.scope())),
            Self::Capability(holder) => Ok(Caller::CapabilityHolder(holder)),
        }
    }
}

impl Caller {
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
