//! What an access token says (RFC 9068), and its one JSON form.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Acr, Entropy, EntropyUnavailable, SessionId, TenantId, TransactionHash, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use uuid::{Builder, Uuid};

/// How long an access token lives.
pub const ACCESS_TOKEN_LIFETIME: Duration = Duration::from_secs(900);

/// An access token's claims. Times have whole seconds in the token; fractions are cut off.
///
/// There is no `amr`: a token goes to third parties, and which factors a user has is none of their business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// `iss`: an https URL.
    pub issuer: String,
    /// `sub`.
    pub user: UserId,
    /// `aud` (`urn:countersign:tenant:<uuid>`) and `client_id`.
    pub tenant: TenantId,
    /// `jti`.
    pub id: TokenId,
    /// `sid`.
    pub session: SessionId,
    /// `acr`.
    pub acr: Acr,
    /// `auth_time`: when the user was verified.
    pub verified_at: Timestamp,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`: the first instant at which the token is no longer valid.
    pub expires_at: Timestamp,
    /// `txn`: the transaction that the user approved.
    pub transaction: Option<TransactionHash>,
}

impl Claims {
    /// The one JSON form.
    pub(crate) fn to_json(&self) -> Option<String> {
        serde_json::to_string(&Wire::from(self)).ok()
    }

    /// Reads the one JSON form back; `None` for any other spelling of the same claims, too.
    pub(crate) fn from_json(text: &str) -> Option<Self> {
        let wire: Wire = serde_json::from_str(text).ok()?;
        let claims = Self::try_from_wire(wire)?;
        (claims.to_json()? == text).then_some(claims)
    }

    fn try_from_wire(wire: Wire) -> Option<Self> {
        let transaction = match wire.txn {
            None => None,
            Some(text) => {
                let hash = URL_SAFE_NO_PAD.decode(text).ok()?;
                Some(TransactionHash::new(<[u8; 32]>::try_from(hash).ok()?))
            }
        };
        Some(Self {
            issuer: wire.iss,
            user: wire.sub.parse().ok()?,
            tenant: wire.client_id.parse().ok()?,
            id: TokenId(Uuid::try_parse(&wire.jti).ok()?),
            session: wire.sid.parse().ok()?,
            acr: wire.acr.parse().ok()?,
            verified_at: Timestamp::from_second(wire.auth_time).ok()?,
            issued_at: Timestamp::from_second(wire.iat).ok()?,
            expires_at: Timestamp::from_second(wire.exp).ok()?,
            transaction,
        })
    }
}

/// The members as the token has them, for answers about the token (RFC 7662 §2.2 shares their names).
impl Serialize for Claims {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire::from(self).serialize(serializer)
    }
}

/// A token's own id: 122 random bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenId(Uuid);

impl TokenId {
    /// A fresh id.
    ///
    /// # Errors
    /// [`EntropyUnavailable`] if the source fails.
    pub fn draw(entropy: &dyn Entropy) -> Result<Self, EntropyUnavailable> {
        entropy.array().map(|bytes| Self(Builder::from_random_bytes(bytes).into_uuid()))
    }
}

impl std::fmt::Display for TokenId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.0.as_hyphenated(), f)
    }
}

/// The members in the order in which we write them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    iss: String,
    sub: String,
    aud: String,
    client_id: String,
    exp: i64,
    iat: i64,
    auth_time: i64,
    jti: String,
    sid: String,
    acr: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    txn: Option<String>,
}

impl From<&Claims> for Wire {
    fn from(claims: &Claims) -> Self {
        Self {
            iss: claims.issuer.clone(),
            sub: claims.user.to_string(),
            aud: format!("urn:countersign:tenant:{}", claims.tenant),
            client_id: claims.tenant.to_string(),
            exp: claims.expires_at.as_second(),
            iat: claims.issued_at.as_second(),
            auth_time: claims.verified_at.as_second(),
            jti: claims.id.to_string(),
            sid: claims.session.to_string(),
            acr: claims.acr.name().to_owned(),
            txn: claims.transaction.map(|hash| URL_SAFE_NO_PAD.encode(hash.as_bytes())),
        }
    }
}
