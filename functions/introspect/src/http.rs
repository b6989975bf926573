//! From the request to the use case and back.

use admission::{CallerKind, Route};
use audit::RecordEvents;
use countersign_http::{Answer, Endpoint, Inbound, Problem, TokenBody};
use crypto::Claims;
use serde::Serialize;
use store::{DrawPermits, FindListings, FindSession, FindSessionEpoch, ListSigningKeys};

use crate::Introspect;

impl<S, A> Endpoint for Introspect<S, A>
where
    S: FindSession + FindSessionEpoch + ListSigningKeys + DrawPermits + FindListings + 'static,
    A: RecordEvents + 'static,
{
    async fn answer(&self, inbound: &Inbound) -> Result<Answer, Problem> {
        let tenant = inbound.caller(Route::Introspect)?.tenant()?;
        let body: TokenBody = inbound.json()?;
        let arrival = inbound.arrival(Route::Introspect, tenant, CallerKind::Server);
        match self.introspect(&arrival, &body.unverified_token).await? {
            None => Answer::ok(&InactiveToken { active: false }),
            Some(claims) => Answer::ok(&ActiveToken { active: true, token_type: "Bearer", claims: &claims }),
        }
    }

    async fn refused(&self, inbound: &Inbound, problem: &Problem) {
        self.0.denials.record(Route::Introspect, inbound, problem).await;
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
