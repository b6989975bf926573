//! The public half of a signing key.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::KeyId;

use crate::Jwk;
use crate::derive::sha256;
use crate::signatures_seen::SignaturesSeen;
use crate::validate::TOKEN_HEADER;

/// Checks ES256 signatures. Its id is its own thumbprint, so a key can't be published under another's id.
///
/// Clones share what the key remembers of genuine signatures; it is forgotten with the last of them.
#[derive(Clone)]
pub struct VerifyingKey {
    id: KeyId,
    point: [u8; POINT_LENGTH],
    key: ParsedPublicKey,
    seen: Arc<SignaturesSeen>,
}

impl VerifyingKey {
    /// Takes an uncompressed P-256 point (SEC 1 §2.3.3): 4 ‖ x ‖ y.
    ///
    /// # Errors
    /// [`InvalidKey`] if it is not on the curve or in another form.
    pub fn from_public_bytes(bytes: &[u8]) -> Result<Self, InvalidKey> {
        let point: [u8; POINT_LENGTH] = bytes.try_into().map_err(|_| InvalidKey)?;
        let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| InvalidKey)?;
        let id = thumbprint(&point).ok_or(InvalidKey)?;
        Ok(Self { id, point, key, seen: Arc::default() })
    }

    /// Takes a published key.
    ///
    /// # Errors
    /// [`InvalidKey`] if it is not a P-256 key for ES256 signatures under its own thumbprint.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, InvalidKey> {
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidKey);
        let key = Self::from_public_bytes(&[vec![UNCOMPRESSED], decode(&jwk.x)?, decode(&jwk.y)?].concat())?;
        if key.to_jwk() == *jwk { Ok(key) } else { Err(InvalidKey) }
    }

    /// The `kid`.
    #[must_use]
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// The uncompressed point, to store.
    #[must_use]
    pub const fn public_bytes(&self) -> &[u8; POINT_LENGTH] {
        &self.point
    }

    /// The published form.
    #[must_use]
    pub fn to_jwk(&self) -> Jwk {
        let (x, y) = coordinates(&self.point);
        Jwk {
            kty: "EC".to_owned(),
            usage: "sig".to_owned(),
            alg: "ES256".to_owned(),
            kid: self.id.to_string(),
            crv: "P-256".to_owned(),
            x,
            y,
        }
    }

    /// The one JOSE header that tokens under this key have, encoded.
    pub(crate) fn token_header(&self) -> String {
        let [before, after] = TOKEN_HEADER;
        URL_SAFE_NO_PAD.encode(format!("{before}{}{after}", self.id))
    }

    /// Whether this is the key's signature (r ‖ s) of the message. A genuine one is remembered, and recognised the next time.
    pub(crate) fn recognise(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.seen.recognise(message, signature, || self.verify(message, signature))
    }

    /// Whether this is the key's signature (r ‖ s) of the message.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", self.id)
    }
}

/// The bytes or members are not those of a P-256 verifying key for ES256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a P-256 verifying key")]
pub struct InvalidKey;

/// RFC 7638 §3: the SHA-256 of the required members, sorted, without spaces.
fn thumbprint(point: &[u8; POINT_LENGTH]) -> Option<KeyId> {
    let (x, y) = coordinates(point);
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    URL_SAFE_NO_PAD.encode(sha256(&[members.as_bytes()])).parse().ok()
}

/// x and y as base64url.
fn coordinates(point: &[u8; POINT_LENGTH]) -> (String, String) {
    let [_, coordinates @ ..] = point;
    let (x, y) = coordinates.split_at(32);
    (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y))
}

const POINT_LENGTH: usize = 65;
const UNCOMPRESSED: u8 = 4;
