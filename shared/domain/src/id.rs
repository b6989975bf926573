//! Identifiers. Each is its own type, so that a user can't be passed where a tenant belongs.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use uuid::{Builder, Uuid, Variant, Version};

/// The text is not a UUID in its usual 36-character lower- or upper-case form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID")]
pub struct InvalidId;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that was made for this purpose.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Makes the id from 16 bytes of a keyed function or a random source, marked as `UUIDv8` (RFC 9562 §5.8).
            #[must_use]
            pub fn from_keyed_bytes(bytes: [u8; 16]) -> Self {
                Self(Builder::from_custom_bytes(bytes).into_uuid())
            }

            /// The id's 16 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0.as_hyphenated(), f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse_hyphenated(text).map(Self)
            }
        }
    };
}

uuid_id! {
    /// A merchant: the owner of API keys, users and everything below them.
    TenantId
}
uuid_id! {
    /// A person, as one tenant knows them. Chosen by the tenant or derived from its idempotency key.
    UserId
}
uuid_id! {
    /// One verification. Derived (keyed) from the tenant and the idempotency key that opened it.
    VerificationId
}
uuid_id! {
    /// One session: the access and refresh tokens that descend from one successful verification.
    SessionId
}
uuid_id! {
    /// One audit event: a `UUIDv7`, so that ids sort by time.
    EventId
}

impl EventId {
    /// No event's id: before all of them.
    pub const NIL: Self = Self(Uuid::nil());

    /// An event id for `at`, with 10 random bytes behind the milliseconds (RFC 9562 §5.7).
    #[must_use]
    pub fn at(at: Timestamp, random: &[u8; 10]) -> Self {
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        Self(Builder::from_unix_timestamp_millis(millis, random).into_uuid())
    }

    /// The instant inside the id, in milliseconds since 1970; `None` if the id is not a `UUIDv7`.
    #[must_use]
    pub fn timestamp(&self) -> Option<Timestamp> {
        uuid_v7_timestamp(&self.0)
    }
}

/// The instant inside a `UUIDv7` of the RFC's variant.
pub(crate) fn uuid_v7_timestamp(uuid: &Uuid) -> Option<Timestamp> {
    if uuid.get_version() != Some(Version::SortRand) || uuid.get_variant() != Variant::RFC4122 {
        return None;
    }
    let (seconds, nanos) = uuid.get_timestamp()?.to_unix();
    Timestamp::new(i64::try_from(seconds).ok()?, i32::try_from(nanos).ok()?).ok()
}

/// Only the hyphenated form: a second spelling of an id would be a second idempotency key or lock for the same thing.
pub(crate) fn parse_hyphenated(text: &str) -> Result<Uuid, InvalidId> {
    if text.len() != 36 {
        return Err(InvalidId);
    }
    Uuid::try_parse(text).map_err(|_| InvalidId)
}

/// Names one request in answers and logs: API Gateway's request id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// Takes over an id of 1 to 64 characters out of letters, digits, `-`, `_` and `=`; anything else becomes `unknown`.
    #[must_use]
    pub fn from_transport(text: &str) -> Self {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='));
        Self(if fits { text } else { "unknown" }.to_owned())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The version of a tenant's branch key, counted from 1. Records keep the version they were sealed under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BranchKeyVersion(u32);

impl BranchKeyVersion {
    /// The first version.
    pub const FIRST: Self = Self(1);

    /// A version from its number; zero is none.
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }

    /// The number, from 1.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// A signing key's id (`kid`): 1 to 64 characters of the base64url alphabet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidId) }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling_only() {
        let braced = "{0192f0c1-2345-7abc-8def-0123456789ab}".parse::<UserId>();
        let simple = "0192f0c123457abc8def0123456789ab".parse::<UserId>();
        let urn = "urn:uuid:0192f0c1-2345-7abc-8def-0123456789ab".parse::<UserId>();

        assert_eq!([braced, simple, urn], [Err(InvalidId); 3]);
    }

    #[test]
    fn an_event_id_carries_its_time() {
        let at = Timestamp::from_millisecond(1_700_000_000_123).unwrap();

        let id = EventId::at(at, &[7; 10]);

        assert_eq!(id.timestamp(), Some(at));
    }

    #[test]
    fn a_request_id_cannot_smuggle_text_into_an_answer() {
        assert_eq!(RequestId::from_transport("a\"b").as_str(), "unknown");
        assert_eq!(RequestId::from_transport("JKJaXmPLvHcESHA=").as_str(), "JKJaXmPLvHcESHA=");
    }
}
