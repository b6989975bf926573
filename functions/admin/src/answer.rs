//! What a command did, in JSON.

use admission::Policy;
use crypto::ApiKey;
use domain::{ApiKeyMode, Failures, ListedSubject, Listing, TenantId, UserId};
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use store::{ApiKeyRecord, ListedApiKey};

/// What a command did.
#[derive(Debug, Serialize)]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Answer {
    /// Forgot a user's failures.
    AccountUnlocked {
        /// The user's tenant.
        #[serde(serialize_with = "text")]
        tenant_id: TenantId,
        /// The user.
        #[serde(serialize_with = "text")]
        user_id: UserId,
        /// How many failures were forgotten: 0 if there were none, or somebody else was first.
        failures_forgotten: usize,
        /// Until when the account was locked, if it was.
        was_locked_until: Option<Timestamp>,
    },
    /// Disabled a user, now or before.
    UserDisabled {
        /// The user's tenant.
        #[serde(serialize_with = "text")]
        tenant_id: TenantId,
        /// The user.
        #[serde(serialize_with = "text")]
        user_id: UserId,
        /// Since when the user is disabled.
        disabled_at: Timestamp,
        /// Whether they were before this command, which then changed nothing.
        was_disabled: bool,
    },
    /// Enabled a user.
    UserEnabled {
        /// The user's tenant.
        #[serde(serialize_with = "text")]
        tenant_id: TenantId,
        /// The user.
        #[serde(serialize_with = "text")]
        user_id: UserId,
        /// Since when the user was disabled, if they were: without it, nothing was changed.
        was_disabled_since: Option<Timestamp>,
    },
    /// Erased a user, now or before.
    UserErased {
        /// The user's tenant.
        #[serde(serialize_with = "text")]
        tenant_id: TenantId,
        /// The user.
        #[serde(serialize_with = "text")]
        user_id: UserId,
        /// When the user was erased.
        erased_at: Timestamp,
        /// Whether they were before this command, which then changed nothing.
        was_erased: bool,
    },
    /// Put an entry into the list.
    ListingPut {
        /// The entry as it is now.
        listing: ListingBody,
        /// The one that it replaced.
        replaced: Option<ListingBody>,
    },
    /// Removed an entry.
    ListingRemoved {
        /// Whose.
        #[serde(serialize_with = "text")]
        subject: ListedSubject,
        /// The entry that was removed, if there was one.
        removed: Option<ListingBody>,
    },
    /// Ended all sessions of a tenant.
    SessionsRevoked {
        /// The tenant.
        #[serde(serialize_with = "text")]
        tenant_id: TenantId,
        /// The tenant's epoch from now on: how often this was done.
        session_epoch: u64,
    },
    /// Looked the limits up.
    LimitsShown {
        /// The table that is in force.
        limits: Policy,
        /// The list, with the entries that are over.
        listings: Vec<ListingBody>,
    },
    /// Made an API key.
    KeyCreated {
        /// The key.
        key: KeyBody,
        /// The key itself, this once.
        #[serde(serialize_with = "exposed")]
        api_key: ApiKey,
    },
    /// Made an API key that takes the place of another.
    KeyRotated {
        /// The old key, with its end.
        replaced: KeyBody,
        /// The new key.
        key: KeyBody,
        /// The new key itself, this once.
        #[serde(serialize_with = "exposed")]
        api_key: ApiKey,
    },
    /// Revoked an API key, now or before: `revoked_at` says when. It goes on working for as long as the gateway keeps the authorizer's
    /// answer.
    KeyRevoked {
        /// The key.
        key: KeyBody,
    },
    /// Looked a tenant's API keys up.
    KeysListed {
        /// The tenant.
        #[serde(serialize_with = "text")]
        tenant_id: TenantId,
        /// All keys, working or not, oldest first.
        keys: Vec<KeyBody>,
    },
}

impl Answer {
    pub(crate) fn unlocked((tenant_id, user_id): (TenantId, UserId), failures: &Failures, now: Timestamp) -> Self {
        Self::AccountUnlocked {
            tenant_id,
            user_id,
            failures_forgotten: failures.instants().len(),
            was_locked_until: failures.locked_until(now),
        }
    }
}

/// An entry of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListingBody {
    /// Whom it is about.
    pub subject: String,
    /// `allowed` or `denied`.
    pub access: &'static str,
    /// The first instant at which it no longer counts.
    pub expires_at: Timestamp,
}

impl From<&Listing> for ListingBody {
    fn from(listing: &Listing) -> Self {
        Self { subject: listing.subject.to_string(), access: listing.access.name(), expires_at: listing.expires_at }
    }
}

/// An API key, but for the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyBody {
    /// Names it.
    pub key_id: String,
    /// What the operator calls it.
    pub name: Option<String>,
    /// `test` or `live`.
    pub mode: Option<&'static str>,
    /// What it may be used for.
    pub scopes: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working, if ever.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// The key that takes its place.
    pub replaced_by: Option<String>,
    /// When it was used, to the hour.
    pub used_at: Option<Timestamp>,
}

impl From<&ApiKeyRecord> for KeyBody {
    fn from(record: &ApiKeyRecord) -> Self {
        Self {
            key_id: record.id().to_string(),
            name: record.name.as_ref().map(ToString::to_string),
            mode: record.mode.map(ApiKeyMode::name),
            scopes: record.scopes.to_string(),
            created_at: record.created_at,
            expires_at: record.expires_at,
            revoked_at: record.revoked_at,
            replaced_by: record.replaced_by.as_ref().map(ToString::to_string),
            used_at: None,
        }
    }
}

impl From<&ListedApiKey> for KeyBody {
    fn from(listed: &ListedApiKey) -> Self {
        Self { used_at: listed.used_at, ..Self::from(&listed.record) }
    }
}

fn exposed<S: Serializer>(api_key: &ApiKey, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(api_key.expose())
}

fn text<S: Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
