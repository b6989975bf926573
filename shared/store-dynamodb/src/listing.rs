//! The operator's list: all entries in one partition of the core table. Each process reads it about once a minute.

use std::time::Duration;

use domain::{ListedSubject, Listing};
use store::{ChangeListings, FindListings, StoreError};

use crate::call::Update;
use crate::change::Change;
use crate::error::failure;
use crate::item::{Item, TTL, instant, text, time_to_live};
use crate::keys::{self, Key, LISTINGS, PK, SK};
use crate::reader::{Reader, corrupt};
use crate::{DynamoStore, KnowsCore};

impl<T: KnowsCore> FindListings for DynamoStore<T> {
    /// One `Query`; a second one only past 1 MB, which as many entries as may be do not reach.
    async fn find_listings(&self) -> Result<Vec<Listing>, StoreError> {
        let operation = "FindListings";
        let table = self.tables.core();
        let mut pages = self
            .client
            .query()
            .table_name(table)
            .consistent_read(true)
            .key_condition_expression("#pk = :listings")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":listings", text(LISTINGS))
            .into_paginator()
            .items()
            .send();

        let mut listings = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| failure(operation, &error))?;
            listings.push(parse(operation, table, &item)?);
        }
        Ok(listings)
    }
}

impl<T: KnowsCore> ChangeListings for DynamoStore<T> {
    /// One `UpdateItem`; repeating it changes nothing.
    async fn put_listing(&self, listing: &Listing) -> Result<(), StoreError> {
        let change =
            Change::new(keys::listing(&listing.subject), "SET #access = :access, #expires = :expires, #ttl = :ttl")
                .name("#access", ACCESS)
                .name("#expires", EXPIRES)
                .name("#ttl", TTL)
                .value(":access", text(listing.access.name()))
                .value(":expires", instant(listing.expires_at))
                .value(":ttl", time_to_live(listing.expires_at, KEPT_AFTER_EXPIRY));

        match self.update("ChangeListings", self.tables.core(), change).await? {
            Update::Done(_) | Update::Refused(_) => Ok(()),
        }
    }

    /// One `DeleteItem`; repeating it changes nothing.
    async fn remove_listing(&self, subject: &ListedSubject) -> Result<(), StoreError> {
        self.remove("ChangeListings", self.tables.core(), Change::removal(keys::listing(subject))).await
    }
}

/// Reads an entry, and refuses one whose key spells its subject otherwise than it would be written.
pub(crate) fn parse(operation: &'static str, table: &str, item: &Item) -> Result<Listing, StoreError> {
    let partition = Key { pk: LISTINGS.to_owned(), sk: None };
    let written = item.get(SK).and_then(|sk| sk.as_s().ok());
    let subject = written.and_then(|sk| sk.parse::<ListedSubject>().ok().filter(|subject| subject.to_string() == *sk));
    let subject = subject.ok_or_else(|| corrupt(operation, table, &partition, SK))?;
    let reader = Reader { operation, table, key: &keys::listing(&subject), item };
    Ok(Listing { subject, access: reader.text(ACCESS)?, expires_at: reader.instant(EXPIRES)? })
}

const ACCESS: &str = "access";
const EXPIRES: &str = "expires";

/// How long an entry that is over can still be shown to an operator.
const KEPT_AFTER_EXPIRY: Duration = Duration::from_secs(86_400);

#[cfg(test)]
pub(crate) fn item(listing: &Listing) -> Item {
    crate::item::ItemBuilder::new(&keys::listing(&listing.subject))
        .with(ACCESS, text(listing.access.name()))
        .with(EXPIRES, instant(listing.expires_at))
        .with(TTL, time_to_live(listing.expires_at, KEPT_AFTER_EXPIRY))
        .build()
}
