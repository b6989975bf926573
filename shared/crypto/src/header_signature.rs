//! Signatures over the headers of the audit log: ES256 (ECDSA on P-256 over SHA-256), r ‖ s with s in the lower half of the group's
//! order, so that a header and its signature have one form only.

use std::future::{Future, ready};

use domain::KeyId;

use crate::derive::sha256;
use crate::low_s::{has_low_s, with_low_s};
use crate::{KeyError, SigningKey, VerifyingKey};

/// Signs the headers of the audit log.
pub trait SignHeaders: Send + Sync {
    /// The key's id: the thumbprint of its public half (RFC 7638).
    fn key_id(&self) -> &KeyId;

    /// Signs a header's bytes, domain separation included: r ‖ s with a low s.
    fn sign_header(&self, message: &[u8]) -> impl Future<Output = Result<[u8; 64], KeyError>> + Send;
}

impl SignHeaders for SigningKey {
    fn key_id(&self) -> &KeyId {
        self.verifying_key().id()
    }

    fn sign_header(&self, message: &[u8]) -> impl Future<Output = Result<[u8; 64], KeyError>> + Send {
        ready(self.sign(message).ok_or_else(|| KeyError::unavailable("the library could not sign")))
    }
}

impl VerifyingKey {
    /// Whether this is the key's signature (r ‖ s, low s) of a header's bytes.
    #[must_use]
    pub fn verifies_header(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        has_low_s(signature) && self.verify(message, signature)
    }

    /// Takes the DER form of a public key (RFC 5480): what KMS `GetPublicKey` and `openssl pkey -pubout -outform DER` give.
    ///
    /// # Errors
    /// [`InvalidKey`](crate::InvalidKey) if it is not a P-256 key with an uncompressed point.
    pub fn from_public_der(der: &[u8]) -> Result<Self, crate::InvalidKey> {
        let point = der.strip_prefix(P256_PUBLIC_KEY).ok_or(crate::InvalidKey)?;
        Self::from_public_bytes(point)
    }
}

/// The SHA-256 of a header's bytes: what a key service signs.
#[must_use]
pub fn message_digest(message: &[u8]) -> [u8; 32] {
    sha256(&[message])
}

/// Reads an ECDSA signature as KMS writes it (DER, RFC 3279 §2.2.3) and gives its one r ‖ s with a low s.
///
/// `None` if it is anything but two minimally encoded positive integers of at most 32 bytes, the second below the group's order.
#[must_use]
pub fn low_s_from_der(der: &[u8]) -> Option<[u8; 64]> {
    let (0x30, content) = der_element(der)?.whole()? else { return None };
    let (r, rest) = der_integer(content)?;
    let (s, []) = der_integer(rest)? else { return None };
    let mut signature = [0; 64];
    let (left, right) = signature.split_at_mut(32);
    left.copy_from_slice(&r);
    right.copy_from_slice(&s);
    with_low_s(signature)
}

/// One tag, its content and what follows.
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Element<'a> {
    fn whole(self) -> Option<(u8, &'a [u8])> {
        self.rest.is_empty().then_some((self.tag, self.content))
    }
}

/// Lengths below 128 only: a signature of this curve has at most 72 bytes.
fn der_element(bytes: &[u8]) -> Option<Element<'_>> {
    let [tag, length @ 0..=127, rest @ ..] = bytes else { return None };
    let (content, rest) = rest.split_at_checked(usize::from(*length))?;
    Some(Element { tag: *tag, content, rest })
}

/// A positive integer in its shortest form, as 32 big-endian bytes.
fn der_integer(bytes: &[u8]) -> Option<([u8; 32], &[u8])> {
    let Element { tag: 0x02, content, rest } = der_element(bytes)? else { return None };
    let digits = match content {
        [0, digits @ ..] if digits.first().is_some_and(|first| *first >= 0x80) => digits,
        [1..=0x7f, ..] => content,
        _ => return None,
    };
    let mut value = [0; 32];
    value.get_mut(32_usize.checked_sub(digits.len())?..)?.copy_from_slice(digits);
    Some((value, rest))
}

/// SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING of 65 bytes }, without the 65 bytes (RFC 5480 §2).
const P256_PUBLIC_KEY: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
