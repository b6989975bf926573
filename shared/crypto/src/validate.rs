//! Validating access tokens that we minted.
//!
//! Before the signature is checked, nothing that the caller wrote is interpreted: a token has one header per key, and the
//! header must be it, byte for byte. So there is no algorithm, type, key reference or critical header to be confused about
//! (RFC 8725 §3.1, §3.8, §3.10, §3.11). After the signature, the claims must be what [`mint`](crate::mint) writes, byte for
//! byte. So a token has one text only.
//!
//! ```text
//!           iat − 5 s            exp
//! not yet ──────┼──── valid ──────┼ expired
//! ```

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{KeyId, TenantId};
use jiff::Timestamp;

use crate::low_s::has_low_s;
use crate::{Claims, VerifyingKey};

/// The longest token that is looked at, in bytes. Ours have about 900.
pub const MAX_TOKEN_LENGTH: usize = 2048;

/// How far another instance's clock may be ahead of ours, before a token it has just issued is not yet valid. `exp` has no
/// such allowance.
pub const IAT_SKEW: Duration = Duration::from_secs(5);

/// What a token is held against.
#[derive(Debug, Clone, Copy)]
pub struct TokenCheck<'a> {
    /// The keys that count.
    pub keys: &'a [VerifyingKey],
    /// Who must have issued it.
    pub issuer: &'a str,
    /// Whom it must be for.
    pub audience: TenantId,
}

impl TokenCheck<'_> {
    /// The claims of a genuine token for this audience that is valid at `now`.
    ///
    /// # Errors
    /// [`TokenRefused`] is for our logs; tell the caller no more than that the token is not active.
    pub fn validate(&self, unverified_token: &str, now: Timestamp) -> Result<Claims, TokenRefused> {
        let claims = self.authenticate(unverified_token)?;
        if claims.issuer != self.issuer {
            return Err(TokenRefused::Issuer);
        }
        if claims.tenant != self.audience {
            return Err(TokenRefused::Audience);
        }
        if now >= claims.expires_at {
            return Err(TokenRefused::Expired);
        }
        if now.saturating_add(IAT_SKEW).is_ok_and(|latest| claims.issued_at > latest) {
            return Err(TokenRefused::NotYetValid);
        }
        Ok(claims)
    }

    /// The claims of a token that one of the keys signed.
    fn authenticate(&self, unverified_token: &str) -> Result<Claims, TokenRefused> {
        if unverified_token.len() > MAX_TOKEN_LENGTH {
            return Err(TokenRefused::TooLong);
        }
        let (unverified_signed, signature) = unverified_token.rsplit_once('.').ok_or(TokenRefused::Malformed)?;
        let (header, unverified_payload) = unverified_signed.split_once('.').ok_or(TokenRefused::Malformed)?;
        let key = self.keys.iter().find(|key| key.token_header() == header).ok_or(TokenRefused::Header)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenRefused::Malformed)?;
        let signature = <[u8; 64]>::try_from(signature).map_err(|_| TokenRefused::Malformed)?;
        if !has_low_s(&signature) || !key.recognise(unverified_signed.as_bytes(), &signature) {
            return Err(TokenRefused::Signature);
        }
        let payload = URL_SAFE_NO_PAD.decode(unverified_payload).map_err(|_| TokenRefused::Claims)?;
        let payload = String::from_utf8(payload).map_err(|_| TokenRefused::Claims)?;
        Claims::from_json(&payload).ok_or(TokenRefused::Claims)
    }
}

/// Whether the token has the header that we write, with the id of a key that is not among these: a key may be newer than they are.
/// Any other token was signed by no key of ours, and is no reason to ask for newer ones.
#[must_use]
pub fn names_unknown_key(unverified_token: &str, keys: &[VerifyingKey]) -> bool {
    let header = unverified_token.split_once('.').map(|(header, _)| header).filter(|header| header.len() < MAX_HEADER);
    let Some(named) = header.and_then(|header| URL_SAFE_NO_PAD.decode(header).ok()).as_deref().and_then(named_key)
    else {
        return false;
    };
    keys.iter().all(|key| *key.id() != named)
}

/// The key that a header of our form names.
fn named_key(unverified_header: &[u8]) -> Option<KeyId> {
    let [before, after] = TOKEN_HEADER;
    let unverified_id = str::from_utf8(unverified_header).ok()?.strip_prefix(before)?.strip_suffix(after)?;
    unverified_id.parse().ok()
}

/// What stands before and after the key's id in every header that we write.
pub(crate) const TOKEN_HEADER: [&str; 2] = [r#"{"alg":"ES256","kid":""#, r#"","typ":"at+jwt"}"#];

/// Longer than any header that we write, in base64url.
const MAX_HEADER: usize = 160;

/// Why a token does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefused {
    /// Longer than [`MAX_TOKEN_LENGTH`].
    #[error("the token is too long")]
    TooLong,
    /// Not three parts, or a signature that is not 64 bytes in base64url.
    #[error("the token is malformed")]
    Malformed,
    /// The header is not the one that tokens under a known key have.
    #[error("the token's header is not that of a known key")]
    Header,
    /// The signature is not the key's.
    #[error("the token's signature is wrong")]
    Signature,
    /// The claims are not what we write.
    #[error("the token's claims are not in our form")]
    Claims,
    /// Another issuer's.
    #[error("the token is another issuer's")]
    Issuer,
    /// For somebody else.
    #[error("the token is for another audience")]
    Audience,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not yet valid")]
    NotYetValid,
}
