//! The events.

use domain::{
    Acr, ApiKeyId, EventId, FactorSet, ListedAccess, RequestId, Route, Scopes, SessionId, TransactionHash,
    VerificationId,
};
use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{About, KeyThumbprint, SealedPersonalData, fields};

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
    /// What is known of the person besides, readable for as long as the person's own key exists.
    pub personal: Option<SealedPersonalData>,
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
    /// A user's factors were replaced by others, and all sessions ended.
    FactorsRotated {
        /// The types that are enrolled now.
        #[serde(with = "fields::factors")]
        factors: FactorSet,
        /// The version of the user's factors now.
        key_version: u32,
    },
    /// A user was erased, and all sessions ended. Of the person, this event holds nothing.
    UserErased {
        /// The last version of the user's factors.
        key_version: u32,
    },
    /// An operator disabled a user, and all sessions ended.
    UserDisabled {},
    /// An operator enabled a user who had been disabled.
    UserEnabled {
        /// The version of the user's factors.
        key_version: u32,
    },
    /// A page of what is stored of a user was given to the user's tenant, on the user's own token.
    DataExported {
        /// How many events of the trail were on it.
        events: u16,
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
    /// A session's refresh token was exchanged.
    SessionRefreshed {
        /// The session.
        #[serde(with = "fields::text")]
        session: SessionId,
    },
    /// A refresh token was presented that had been exchanged before, so that two have it: its session was revoked.
    RefreshTokenReused {
        /// The session.
        #[serde(with = "fields::text")]
        session: SessionId,
    },
    /// An operator revoked all sessions of a tenant.
    TenantSessionsRevoked {
        /// The tenant's epoch from then on. Sessions that were opened in another one are over.
        epoch: u64,
    },
    /// An attempt was counted and never decided: its execution died, and nobody repeated it.
    AttemptAbandoned {
        /// Attempts that were left.
        attempts_remaining: u8,
        /// The verification.
        #[serde(with = "fields::text")]
        verification: VerificationId,
    },
    /// A verification that was recorded as opened was not there when its time was over: its opening had failed, or the cache lost it.
    VerificationMissing {
        /// The verification.
        #[serde(with = "fields::text")]
        verification: VerificationId,
    },
    /// Another event of this request announced what then did not come about: its write was refused or lost.
    OutcomeNotReached {
        /// The other event.
        #[serde(with = "fields::text")]
        event: EventId,
    },
    /// A request was refused before it changed anything. Refusals of one kind are sampled: at most one a minute is recorded by each
    /// process, with the number of those that were not.
    RequestRefused {
        /// Why.
        denial: Denial,
        /// What was asked for; null if nobody knows, since the credential was refused.
        #[serde(with = "fields::optional_route")]
        route: Option<Route>,
        /// Refusals of this kind that were not recorded since the one before.
        suppressed: u32,
    },
    /// A tenant's server read the trail of a person or, about the tenant, of everybody.
    TrailRead {
        /// How many events it got.
        events: u16,
        /// The first instant that was asked for.
        #[serde(with = "fields::text")]
        from: Timestamp,
        /// The first instant that was not.
        #[serde(with = "fields::text")]
        until: Timestamp,
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
    /// An operator made a tenant, with its first API key.
    TenantCreated {
        /// When the key stops working, if ever.
        #[serde(with = "fields::optional_text")]
        expires_at: Option<Timestamp>,
        /// The key.
        #[serde(with = "fields::text")]
        key: ApiKeyId,
        /// What the key may be used for.
        #[serde(with = "fields::text")]
        scopes: Scopes,
    },
    /// An operator made a further API key of a tenant.
    ApiKeyCreated {
        /// When the key stops working, if ever.
        #[serde(with = "fields::optional_text")]
        expires_at: Option<Timestamp>,
        /// The key.
        #[serde(with = "fields::text")]
        key: ApiKeyId,
        /// What the key may be used for.
        #[serde(with = "fields::text")]
        scopes: Scopes,
    },
    /// An operator made an API key that takes the place of another.
    ApiKeyRotated {
        /// The key that is replaced.
        #[serde(with = "fields::text")]
        key: ApiKeyId,
        /// The new key.
        #[serde(with = "fields::text")]
        replaced_by: ApiKeyId,
        /// The first instant at which the replaced key no longer works.
        #[serde(with = "fields::text")]
        until: Timestamp,
    },
    /// An operator revoked an API key.
    ApiKeyRevoked {
        /// The key.
        #[serde(with = "fields::text")]
        key: ApiKeyId,
    },
    /// A tenant's branch key got a new version, by the schedule or an operator.
    BranchKeyRotated {
        /// The new version.
        version: u32,
    },
    /// It was set when a key that signs tokens retires, by the schedule or an operator.
    SigningKeyRetired {
        /// The key.
        #[serde(with = "fields::text")]
        key: KeyThumbprint,
        /// From when on nobody accepts what it signed.
        #[serde(with = "fields::text")]
        retires_at: Timestamp,
        /// The key that was made in its place; null if there was one already.
        #[serde(with = "fields::optional_text")]
        successor: Option<KeyThumbprint>,
    },
}

impl Outcome {
    /// The verification that tells whether this came about: what the event is reconciled with.
    #[must_use]
    pub const fn verification(&self) -> Option<VerificationId> {
        match *self {
            Self::VerificationOpened { verification, .. }
            | Self::AttemptWrong { verification, .. }
            | Self::AttemptWhileLocked { verification, .. }
            | Self::VerificationSucceeded { verification, .. }
            | Self::CompletionRefused { verification }
            | Self::AttemptAbandoned { verification, .. } => Some(verification),
            _ => None,
        }
    }
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
    /// The user was erased.
    UserErased,
}

/// Why a request was refused: the problem that it was answered with, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denial {
    /// The refresh token is not the current one of a live session.
    InvalidGrant,
    /// No valid credential.
    Unauthenticated,
    /// The user's own, fresh token was missing.
    StepUpRequired,
    /// The credential does not reach the route or the object, or the operator's list refuses the request.
    Forbidden,
    /// The API key is not for the route.
    InsufficientScope,
    /// A limit is used up.
    RateLimited,
    /// The tenant has no such user enrolled.
    EnrollmentNotFound,
    /// The tenant has no such verification.
    VerificationNotFound,
    /// The verification is over or its attempts are used up.
    VerificationClosed,
    /// Other factors are asked for.
    FactorsMismatch,
    /// The idempotency key was used for another request.
    IdempotencyKeyReused,
    /// The idempotency key's time is too far from ours: perhaps a captured request.
    IdempotencyKeyStale,
}
