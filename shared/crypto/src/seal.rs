//! Sealing: AES-256-GCM under a key of the record's own, with the record's place authenticated.
//!
//! ```text
//! Sealed = 1 (format) ‖ nonce (12, random) ‖ ciphertext ‖ tag (16)
//! key    = HKDF-SHA256(parent, place)      additional data = place
//! ```

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use domain::{Entropy, EntropyUnavailable, Sealed};
use zeroize::Zeroizing;

use crate::SecretKey;
use crate::derive::{DerivationFailed, Parent};
use crate::place::Place;

/// Something could not be sealed. Nothing was written in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealFailed {
    /// No random nonce.
    #[error("no randomness to seal with")]
    Entropy(#[from] EntropyUnavailable),
    /// The library failed.
    #[error("the cipher failed")]
    Cipher,
    /// The user key is another tenant's.
    #[error("the key belongs to another tenant")]
    ForeignKey,
}

impl From<DerivationFailed> for SealFailed {
    fn from(_: DerivationFailed) -> Self {
        Self::Cipher
    }
}

/// A ciphertext was altered, moved from where it belongs, or sealed under another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the ciphertext is not genuine in its place")]
pub struct OpenRefused;

/// Seals `plaintext` for its place.
pub(crate) fn seal(
    parent: &Parent,
    place: &Place,
    plaintext: &[u8],
    entropy: &dyn Entropy,
) -> Result<Sealed, SealFailed> {
    let place = place.encode();
    let key = parent.subkey(&place)?;
    let mut bytes = vec![FORMAT];
    bytes.extend(seal_with(&key, place.as_bytes(), plaintext, entropy)?);
    Ok(Sealed::new(bytes))
}

/// Opens what was sealed for this place.
pub(crate) fn open(parent: &Parent, place: &Place, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, OpenRefused> {
    let Some((&FORMAT, bytes)) = sealed.as_bytes().split_first() else {
        return Err(OpenRefused);
    };
    let place = place.encode();
    let key = parent.subkey(&place).map_err(|_| OpenRefused)?;
    open_with(&key, place.as_bytes(), bytes)
}

/// nonce ‖ ciphertext ‖ tag under exactly this key.
pub(crate) fn seal_with(
    key: &SecretKey,
    additional: &[u8],
    plaintext: &[u8],
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, SealFailed> {
    let nonce: [u8; NONCE_LEN] = entropy.array()?;
    let mut in_out = Zeroizing::new(plaintext.to_vec());
    let tag = cipher(key)
        .ok_or(SealFailed::Cipher)?
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(additional), &mut in_out)
        .map_err(|_| SealFailed::Cipher)?;
    Ok([nonce.as_slice(), &in_out, tag.as_ref()].concat())
}

/// Reverses [`seal_with`].
pub(crate) fn open_with(key: &SecretKey, additional: &[u8], bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenRefused> {
    let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE_LEN>().ok_or(OpenRefused)?;
    let mut in_out = Zeroizing::new(ciphertext.to_vec());
    let length = cipher(key)
        .ok_or(OpenRefused)?
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(additional), &mut in_out)
        .map_err(|_| OpenRefused)?
        .len();
    in_out.truncate(length);
    Ok(in_out)
}

fn cipher(key: &SecretKey) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key.as_bytes()).ok().map(LessSafeKey::new)
}

const FORMAT: u8 = 1;
