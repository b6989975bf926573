//! Tokens on the wire: the answer of a successful attempt, which a refresh shares, and the body that presents one.

use std::time::Duration;

use crypto::{AccessToken, RefreshToken};
use serde::{Deserialize, Serialize};

/// A session's tokens as they are answered (RFC 6749 §5.1 names).
#[derive(Serialize)]
pub struct SessionTokens<'a> {
    status: &'static str,
    access_token: &'a str,
    token_type: &'static str,
    expires_in_seconds: u64,
    refresh_token: &'a str,
    session_id: String,
}

impl<'a> SessionTokens<'a> {
    /// Answers with these tokens, of which the access token lives for this long.
    #[must_use]
    pub fn new(access_token: &'a AccessToken, refresh_token: &'a RefreshToken, lifetime: Duration) -> Self {
        Self {
            status: "verified",
            access_token: access_token.expose(),
            token_type: "Bearer",
            expires_in_seconds: lifetime.as_secs(),
            refresh_token: refresh_token.expose(),
            session_id: refresh_token.session().to_string(),
        }
    }
}

/// The body of a refresh. No `Debug`: the token is a secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefreshBody {
    /// A refresh token, perhaps.
    #[serde(rename = "refresh_token")]
    pub unverified_token: String,
}

/// The body of introspection and revocation. No `Debug`: the token is a secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenBody {
    /// An access or refresh token, perhaps.
    #[serde(rename = "token")]
    pub unverified_token: String,
}
