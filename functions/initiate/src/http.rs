//! From the request to the use case and back.

use admission::{Arrival, CallerKind, Route};
use audit::RecordEvents;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_http::{Answer, Endpoint, Inbound, Object, Problem};
use crypto::UnwrapKey;
use domain::{ATTEMPTS_ALLOWED, InvalidTransaction, Transaction, UserId, VERIFICATION_LIFETIME};
use serde::{Deserialize, Serialize};

use crate::{Initiate, InitiateRequest, InitiateStore, Opened};

impl<S, U, A> Endpoint for Initiate<S, U, A>
where
    S: InitiateStore + 'static,
    U: UnwrapKey + 'static,
    A: RecordEvents + 'static,
{
    async fn answer(&self, inbound: &Inbound) -> Result<Answer, Problem> {
        let tenant = inbound.caller(Route::Initiate)?.tenant()?;
        let key = inbound.idempotency_key(self.now())?;
        let body: Body = inbound.json()?;
        let user = body.user()?;
        let (caller, source) = (CallerKind::Server, inbound.source());
        let request = InitiateRequest {
            arrival: Arrival { route: Route::Initiate, tenant, caller, source, user: Some(user), key: Some(key) },
            user,
            transaction: body.transaction.map(|Object(transaction)| transaction.check()).transpose()?,
            key,
            body: inbound.body(),
            request_id: &inbound.request_id,
        };
        let opened = self.initiate(request).await?;
        Answer::created(&OpenedBody::from(&opened))
    }

    async fn refused(&self, inbound: &Inbound, problem: &Problem) {
        self.0.denials.record(Route::Initiate, inbound, problem).await;
    }
}

/// The body of the request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(rename = "user_id")]
    unverified_user_id: String,
    #[serde(default)]
    transaction: Option<Object<TransactionBody>>,
}

impl Body {
    fn user(&self) -> Result<UserId, Problem> {
        let user = self.unverified_user_id.parse();
        user.map_err(|_| Problem::invalid("/user_id", "a user id is a UUID in hyphenated form"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TransactionBody {
    amount_minor: u64,
    currency: String,
    payee: String,
    reference: String,
}

impl TransactionBody {
    fn check(self) -> Result<Transaction, Problem> {
        Transaction::new(self.amount_minor, self.currency, self.payee, self.reference).map_err(
            |invalid| match invalid {
                InvalidTransaction::Amount => {
                    Problem::invalid("/transaction/amount_minor", "an amount is at most 9007199254740991 minor units")
                }
                InvalidTransaction::Currency => {
                    Problem::invalid("/transaction/currency", "a currency is three capital letters (ISO 4217)")
                }
                InvalidTransaction::Payee => Problem::invalid(
                    "/transaction/payee",
                    "a payee is 1 to 140 characters without control or direction characters",
                ),
                InvalidTransaction::Reference => Problem::invalid(
                    "/transaction/reference",
                    "a reference is 1 to 140 characters without control or direction characters",
                ),
            },
        )
    }
}

/// The body of the answer.
#[derive(Serialize)]
struct OpenedBody<'a> {
    verification_id: String,
    factors: Vec<&'static str>,
    challenge: String,
    capability: &'a str,
    attempts_allowed: u8,
    expires_at: String,
    expires_in_seconds: u64,
}

impl<'a> From<&'a Opened> for OpenedBody<'a> {
    fn from(opened: &'a Opened) -> Self {
        Self {
            verification_id: opened.verification.id.to_string(),
            factors: opened.verification.asked.iter().map(domain::FactorType::name).collect(),
            challenge: URL_SAFE_NO_PAD.encode(opened.challenge),
            capability: opened.capability.expose(),
            attempts_allowed: ATTEMPTS_ALLOWED,
            expires_at: opened.verification.expires_at.to_string(),
            expires_in_seconds: VERIFICATION_LIFETIME.as_secs(),
        }
    }
}
