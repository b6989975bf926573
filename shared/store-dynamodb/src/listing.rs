//! The operator's list: all entries in one partition of the core table. Each process reads it about once a minute.

use std::time::Duration;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::{ListedSubject, Listing};
use store::{ChangeListings, FindListings, OutboxEvent, StoreError};

use crate::call::{not_understood, putting};
use crate::change::Change;
use crate::error::failure;
use crate::item::{Item, ItemBuilder, TTL, instant, text, time_to_live};
use crate::keys::{self, Key, LISTINGS, PK, SK};
use crate::outbox::WriteAndKeep;
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
    /// One `TransactWriteItems` of two writes; repeating it changes nothing.
    async fn put_listing(&self, listing: &Listing, event: &OutboxEvent) -> Result<(), StoreError> {
        let table = self.tables.core();
        self.change_listing(putting(table, item(listing)), event).await
    }

    /// One `TransactWriteItems` of two writes; repeating it changes nothing.
    async fn remove_listing(&self, subject: &ListedSubject, event: &OutboxEvent) -> Result<(), StoreError> {
        let table = self.tables.core();
        self.change_listing(Change::removal(keys::listing(subject)).in_transaction(table), event).await
    }
}

impl<T: KnowsCore> DynamoStore<T> {
    async fn change_listing(
        &self,
        write: Result<TransactWriteItem, BuildError>,
        event: &OutboxEvent,
    ) -> Result<(), StoreError> {
        let operation = "ChangeListings";
        match self.write_and_keep(operation, write, event).await? {
            WriteAndKeep::Done => Ok(()),
            // Neither write has a condition.
            WriteAndKeep::Refused(_) => Err(not_understood(operation)),
        }
    }
}

/// An entry as an item.
pub(crate) fn item(listing: &Listing) -> Item {
    ItemBuilder::new(&keys::listing(&listing.subject))
        .with(ACCESS, text(listing.access.name()))
        .with(EXPIRES, instant(listing.expires_at))
        .with(TTL, time_to_live(listing.expires_at, KEPT_AFTER_EXPIRY))
        .build()
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
