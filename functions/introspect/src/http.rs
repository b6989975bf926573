//! From the request to the use case and back.

use countersign_http::{Answer, Endpoint, Inbound, Problem, TokenBody};
use crypto::Claims;
use serde::Serialize;
use store::{FindSession, ListSigningKeys};

use crate::Introspect;

impl<S: FindSession + ListSigningKeys + Clone + 'static> Endpoint for Introspect<S> {
    async fn answer(&self, inbound: &Inbound) -> Result<Answer, Problem> {
        let tenant = inbound.caller()?.tenant()?;
        let body: TokenBody = inbound.json()?;
        match self.introspect(tenant, &body.unverified_token).await? {
            None => Answer::ok(&InactiveToken { active: false }),
            Some(claims) => Answer::ok(&ActiveToken { active: true, token_type: "Bearer", claims: &claims }),
        }
    }
}

/// The body of the answer for a token that does not count.
#[derive(Serialize)]
struct InactiveToken {
    active: bool,
}

/// The body of the answer for one that does: the token's own members, whose names RFC 7662 §2.2 shares.
#[derive(Serialize)]
struct ActiveToken<'a> {
    active: bool,
    token_type: &'static str,
    #[serde(flatten)]
    claims: &'a Claims,
}
