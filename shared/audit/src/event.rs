//! The events.

use std::fmt;
use std::str::FromStr;

use crypto::Acr;
use domain::{EventId, FactorSet, RequestId, SessionId, TenantId, TransactionHash, VerificationId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::fields;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The event's id: a second event of the same id is the same event.
    pub id: EventId,
    /// The owner of the person.
    pub tenant: TenantId,
    /// The person that it is about.
    pub subject: Subject,
    /// When it happened.
    pub at: Timestamp,
    /// The request in which it happened.
    pub request_id: RequestId,
    /// What happened.
    pub outcome: Outcome,
}

/// What happened. The fields stand in the order of RFC 8785 (sorted by name), so that serialising gives the canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// A user was enrolled.
    EnrollmentCreated {
        /// The enrolled types.
        #[serde(with = "fields::factors")]
        factors: FactorSet,
        /// The version of the user's factors.
        key_version: u32,
    },
    /// A user was not enrolled.
    EnrollmentRefused {
        /// Why.
        reason: RefusalReason,
    },
    /// A verification was opened, for a user who may not exist.
    VerificationOpened {
        /// The types that it asks for.
        #[serde(with = "fields::factors")]
        asked: FactorSet,
        /// What it is bound to.
        #[serde(with = "fields::transaction")]
        transaction: Option<TransactionHash>,
        /// The verification.
        #[serde(with = "fields::text")]
        verification: VerificationId,
    },
    /// An attempt was compared and wrong.
    AttemptWrong {
        /// Attempts that were left.
        attempts_remaining: u8,
        /// The verification.
        #[serde(with = "fields::text")]
        verification: VerificationId,
    },
    /// An attempt was right and opened a session.
    VerificationSucceeded {
        /// What the session's tokens say of how the user was verified.
        #[serde(with = "fields::acr")]
        acr: Acr,
        /// The session.
        #[serde(with = "fields::text")]
        session: SessionId,
        /// The verification.
        #[serde(with = "fields::text")]
        verification: VerificationId,
    },
    /// An attempt was right, but another one was first or the verification had expired.
    CompletionRefused {
        /// The verification.
        #[serde(with = "fields::text")]
        verification: VerificationId,
    },
    /// A session was revoked.
    SessionRevoked {
        /// The session.
        #[serde(with = "fields::text")]
        session: SessionId,
    },
}

/// Why an enrollment was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// The user has an enrollment.
    AlreadyEnrolled,
}

/// A person as the audit trail names them: a pseudonym keyed by their tenant, without which it leads to nobody.
///
/// Its text form is 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subject([u8; 16]);

impl Subject {
    /// Wraps the output of a keyed function over tenant and user.
    #[must_use]
    pub const fn new(pseudonym: [u8; 16]) -> Self {
        Self(pseudonym)
    }

    /// The pseudonym.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for Subject {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, hex::FromHexError> {
        let mut pseudonym = [0; 16];
        hex::decode_to_slice(text, &mut pseudonym)?;
        Ok(Self(pseudonym))
    }
}
