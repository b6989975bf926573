//! What a command did, in JSON.

use admission::Policy;
use domain::{Failures, ListedSubject, Listing, TenantId, UserId};
use jiff::Timestamp;
use serde::{Serialize, Serializer};

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

fn text<S: Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
