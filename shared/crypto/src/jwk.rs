//! The published form of verifying keys (RFC 7517).

use serde::{Deserialize, Serialize};

use crate::VerifyingKey;

/// A P-256 verifying key for ES256, with nothing optional and nothing private.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jwk {
    /// The key type: `EC`.
    pub kty: String,
    /// The use: `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// The algorithm: `ES256`.
    pub alg: String,
    /// The key's id: its thumbprint (RFC 7638).
    pub kid: String,
    /// The curve: `P-256`.
    pub crv: String,
    /// The point's x coordinate: 32 bytes, base64url.
    pub x: String,
    /// The point's y coordinate: 32 bytes, base64url.
    pub y: String,
}

/// A set of verifying keys: the body of `/.well-known/jwks.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jwks {
    /// The keys.
    pub keys: Vec<Jwk>,
}

impl Jwks {
    /// The set that publishes these keys.
    #[must_use]
    pub fn of<'a>(keys: impl IntoIterator<Item = &'a VerifyingKey>) -> Self {
        Self { keys: keys.into_iter().map(VerifyingKey::to_jwk).collect() }
    }
}
