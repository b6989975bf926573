//! The operator's list of sources and users that limits do not apply to, or that are refused: durable, in the core table.

use std::future::Future;

use domain::{ListedSubject, Listing};

use crate::{OutboxEvent, StoreError};

/// Reads the list.
pub trait FindListings: Send + Sync {
    /// All entries, expired or not. They are few: at most [`domain::MAX_LISTINGS`].
    fn find_listings(&self) -> impl Future<Output = Result<Vec<Listing>, StoreError>> + Send;
}

/// Changes the list. An operator's port; no function on the request path has it.
pub trait ChangeListings: Send + Sync {
    /// Adds an entry, or replaces the one of the same subject, and keeps the event of it, in one write.
    fn put_listing(
        &self,
        listing: &Listing,
        event: &OutboxEvent,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes the entry of this subject, if there is one, and keeps the event of it, in one write.
    fn remove_listing(
        &self,
        subject: &ListedSubject,
        event: &OutboxEvent,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}
