//! What an event holds of a person besides the pseudonym: sealed under the person's own key.
//!
//! The log is never rewritten, and yet a person can be erased: the key goes, and what it sealed can't be read any more. The leaf
//! stays as it is, so that the log still verifies.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Sealed;

/// Sealed personal data of one event: today the address that the request came from. Its text form is base64url (RFC 4648 §5)
/// without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPersonalData(Sealed);

impl SealedPersonalData {
    /// Takes over what was sealed for the event.
    #[must_use]
    pub const fn new(sealed: Sealed) -> Self {
        Self(sealed)
    }

    /// What was sealed.
    #[must_use]
    pub const fn sealed(&self) -> &Sealed {
        &self.0
    }
}

impl fmt::Display for SealedPersonalData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0.as_bytes()))
    }
}

impl FromStr for SealedPersonalData {
    type Err = NotSealed;

    fn from_str(text: &str) -> Result<Self, NotSealed> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotSealed)?;
        if bytes.len() > MAX_SEALED_BYTES {
            return Err(NotSealed);
        }
        Ok(Self(Sealed::new(bytes)))
    }
}

/// Not the text form of sealed personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not sealed personal data")]
pub struct NotSealed;

/// An address in a sealed field takes less than half of it.
const MAX_SEALED_BYTES: usize = 128;
