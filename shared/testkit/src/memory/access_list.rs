//! The operator's list in memory.

use domain::{ListedSubject, Listing};
use store::{ChangeListings, FindListings, OutboxEvent, StoreError};

use super::outbox::keep;
use super::{MemoryStore, stored};

impl FindListings for MemoryStore {
    async fn find_listings(&self) -> Result<Vec<Listing>, StoreError> {
        Ok(self.content().listings.values().cloned().collect())
    }
}

impl ChangeListings for MemoryStore {
    async fn put_listing(&self, listing: &Listing, event: &OutboxEvent) -> Result<(), StoreError> {
        let listing = Listing { expires_at: stored(listing.expires_at), ..listing.clone() };
        let mut content = self.content();
        content.listings.insert(listing.subject, listing);
        keep(&mut content, event);
        Ok(())
    }

    async fn remove_listing(&self, subject: &ListedSubject, event: &OutboxEvent) -> Result<(), StoreError> {
        let mut content = self.content();
        content.listings.remove(subject);
        keep(&mut content, event);
        Ok(())
    }
}
