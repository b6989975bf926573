//! Minting access tokens.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{Claims, KeyError, SigningKey};

/// A signed access token, to hand out.
#[derive(Clone, ZeroizeOnDrop)]
pub struct AccessToken(Zeroizing<String>);

impl AccessToken {
    /// The token's text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// Signs the claims: a JWS in compact form (RFC 7515 §3.1) of type `at+jwt` (RFC 9068 §2.1).
///
/// # Errors
/// [`KeyError::Unavailable`] if the library fails.
pub fn mint(key: &SigningKey, claims: &Claims) -> Result<AccessToken, KeyError> {
    let payload = claims.to_json().ok_or_else(|| KeyError::unavailable("the claims could not be written"))?;
    let mut text = String::with_capacity(1024);
    text.push_str(&key.verifying_key().token_header());
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut text);
    let signature = key.sign(text.as_bytes()).ok_or_else(|| KeyError::unavailable("the token could not be signed"))?;
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut text);
    Ok(AccessToken(Zeroizing::new(text)))
}
