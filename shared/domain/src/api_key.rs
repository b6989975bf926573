//! API keys: what may be known about them.

use std::fmt;
use std::str::FromStr;

use crate::{InvalidId, SecretHash};

/// Names an API key to people: 16 hexadecimal digits, the first eight bytes of the key's hash. So every key has one, and it tells
/// nothing of 256 random bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiKeyId([u8; 8]);

impl From<SecretHash> for ApiKeyId {
    fn from(hash: SecretHash) -> Self {
        let mut id = [0; 8];
        id.iter_mut().zip(hash.as_bytes()).for_each(|(byte, hashed)| *byte = *hashed);
        Self(id)
    }
}

impl fmt::Display for ApiKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for ApiKeyId {
    type Err = InvalidId;

    /// Lower-case digits only: an id has one spelling.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut id = [0; 8];
        hex::decode_to_slice(text, &mut id).map_err(|_| InvalidId)?;
        let id = Self(id);
        if id.to_string() == text { Ok(id) } else { Err(InvalidId) }
    }
}

/// What an operator calls an API key: 1 to 64 visible ASCII characters, with spaces inside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiKeyName(String);

impl fmt::Display for ApiKeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ApiKeyName {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let fits = (1..=64).contains(&text.len())
            && text.trim() == text
            && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidId) }
    }
}

/// Whether an API key is for tests or for real.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKeyMode {
    /// `csk_test_…`
    Test,
    /// `csk_live_…`
    Live,
}

impl ApiKeyMode {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Test, Self::Live];

    /// The name in the store and in commands.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

impl FromStr for ApiKeyMode {
    type Err = InvalidId;

    fn from_str(name: &str) -> Result<Self, InvalidId> {
        Self::ALL.into_iter().find(|mode| mode.name() == name).ok_or(InvalidId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_beginning_of_the_hash_in_one_spelling() {
        let id = ApiKeyId::from(SecretHash::new([0xab; 32]));

        assert_eq!(id.to_string(), "abababababababab");
        assert_eq!("abababababababab".parse(), Ok(id));
        for other in ["ABABABABABABABAB", "ababababababab", "ababababababababab", "abababababababag", ""] {
            assert_eq!(other.parse::<ApiKeyId>(), Err(InvalidId), "{other}");
        }
    }

    #[test]
    fn a_name_is_short_and_visible() {
        for name in ["x", "shop backend, Frankfurt", &"n".repeat(64)] {
            assert_eq!(name.parse::<ApiKeyName>().unwrap().to_string(), name);
        }
        for other in ["", " ", " x", "x ", "a\nb", "caf\u{e9}", &"n".repeat(65)] {
            assert!(other.parse::<ApiKeyName>().is_err(), "{other}");
        }
    }
}
