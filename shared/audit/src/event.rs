//! The events.

use crypto::Acr;
use domain::{EventId, FactorSet, ListedAccess, RequestId, SessionId, TransactionHash, VerificationId};
use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{About, fields};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The event's id: a second event of the same id is the same event.
    pub id: EventId,
    /// Whom it is about.
    pub about: About,
    /// When it happened.
    pub at: Timestamp,
    /// The request, or the operator's command, in which it happened.
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
    /// An attempt came while its account was locked. It was compared like any other, its result was thrown away, and it ended as
    /// wrong.
    AttemptWhileLocked {
        /// Attempts that were left.
        attempts_remaining: u8,
        /// The verification.
        #[serde(with = "fields::text")]
        verification: VerificationId,
    },
    /// A wrong attempt locked its account.
    AccountLocked {
        /// Wrong attempts since the last right one.
        failures: u8,
        /// The first instant at which it is no longer locked.
        #[serde(with = "fields::text")]
        until: Timestamp,
    },
    /// An operator had an account's failures forgotten, whether or not it was locked.
    AccountUnlocked {
        /// How many there were.
        failures: u8,
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
    /// An operator changed the list of those whom limits do not apply to, or who are refused. Which person or tenant it is about
    /// the event itself says.
    ListingChanged {
        /// What counts from now on; null if the entry was removed.
        entry: Option<ListingEntry>,
        /// The network that it is about, if it is about one.
        #[serde(with = "fields::optional_text")]
        network: Option<IpNet>,
    },
}

/// An entry of the operator's list, but for whom it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListingEntry {
    /// What becomes of their requests.
    #[serde(with = "fields::access")]
    pub access: ListedAccess,
    /// The first instant at which it no longer counts.
    #[serde(with = "fields::text")]
    pub expires_at: Timestamp,
}

/// Why an enrollment was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// The user has an enrollment.
    AlreadyEnrolled,
}
