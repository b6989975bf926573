//! An event's canonical bytes: JSON as RFC 8785 writes it (members sorted by name, no spaces, integers).
//!
//! ```json
//! {"at":"2026-11-01T00:00:00Z","id":"…","outcome":{"session_revoked":{"session":"…"}},"personal":null,"request_id":"…",
//!  "schema":1,"subject":"…","tenant":"…"}
//! ```
//! An event about a tenant as a whole has a `subject` of null, one about the deployment also a `tenant` of null.
//!
//! Parsing accepts these bytes and no others, so that what is stored and later hashed has one spelling.

use domain::{EventId, RequestId, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{About, Event, Outcome, SealedPersonalData, Subject, fields};

/// The version of the schema that is written, and the only one that is read.
pub const SCHEMA_VERSION: u8 = 1;

/// The longest canonical bytes that are parsed. The longest event of this schema has less than a quarter of it.
pub const MAX_EVENT_BYTES: usize = 4096;

impl Event {
    /// The canonical JSON; its bytes are what is sent and stored.
    #[must_use]
    pub fn canonical_json(&self) -> String {
        let envelope = Envelope {
            at: self.at,
            id: self.id,
            outcome: self.outcome,
            personal: self.personal.clone(),
            request_id: self.request_id.to_string(),
            schema: SCHEMA_VERSION,
            subject: self.about.subject(),
            tenant: self.about.tenant(),
        };
        // Structs of integers and strings always serialise.
        serde_json::to_string(&envelope).unwrap_or_default()
    }

    /// Reads canonical bytes back.
    ///
    /// # Errors
    /// [`ParseError`] if the bytes are not exactly what [`Event::canonical_json`] gives for some event.
    pub fn parse(unverified_bytes: &[u8]) -> Result<Self, ParseError> {
        if unverified_bytes.len() > MAX_EVENT_BYTES {
            return Err(ParseError::TooLong);
        }
        let envelope: Envelope = serde_json::from_slice(unverified_bytes).map_err(|_| ParseError::Malformed)?;
        if envelope.schema != SCHEMA_VERSION {
            return Err(ParseError::UnknownSchema);
        }
        let event = Self {
            id: envelope.id,
            about: About::of(envelope.tenant, envelope.subject).ok_or(ParseError::Malformed)?,
            at: envelope.at,
            request_id: RequestId::from_transport(&envelope.request_id),
            outcome: envelope.outcome,
            personal: envelope.personal,
        };
        if event.canonical_json().as_bytes() == unverified_bytes { Ok(event) } else { Err(ParseError::NotCanonical) }
    }
}

/// Why bytes are not an event. It holds nothing of the bytes, so it can be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// More than [`MAX_EVENT_BYTES`].
    #[error("longer than any event")]
    TooLong,
    /// Not JSON, or not the members of an event with values of their types.
    #[error("not the JSON of an event")]
    Malformed,
    /// An event of another schema version.
    #[error("an event of an unknown schema version")]
    UnknownSchema,
    /// An event, spelt in another way.
    #[error("an event in a spelling that is not canonical")]
    NotCanonical,
}

/// The members in the order of RFC 8785.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    #[serde(with = "fields::text")]
    at: Timestamp,
    #[serde(with = "fields::text")]
    id: EventId,
    outcome: Outcome,
    #[serde(with = "fields::optional_text")]
    personal: Option<SealedPersonalData>,
    request_id: String,
    schema: u8,
    #[serde(with = "fields::optional_text")]
    subject: Option<Subject>,
    #[serde(with = "fields::optional_text")]
    tenant: Option<TenantId>,
}
