//! The operator's list in memory.

use domain::{ListedSubject, Listing};
use store::{ChangeListings, FindListings, StoreError};

use super::{MemoryStore, stored};

impl FindListings for MemoryStore {
    async fn find_listings(&self) -> Result<Vec<Listing>, StoreError> {
        Ok(self.content().listings.values().cloned().collect())
    }
}

impl ChangeListings for MemoryStore {
    async fn put_listing(&self, listing: &Listing) -> Result<(), StoreError> {
        let listing = Listing { expires_at: stored(listing.expires_at), ..listing.clone() };
        self.content().listings.insert(listing.subject, listing);
        Ok(())
    }

    async fn remove_listing(&self, subject: &ListedSubject) -> Result<(), StoreError> {
        self.content().listings.remove(subject);
        Ok(())
    }
}
