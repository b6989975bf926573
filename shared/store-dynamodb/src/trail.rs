//! Reading the audit trail: by subject one partition, by time the eight parts of one hour after the other. A call does a bounded
//! amount of work, and then says how far it got.
//!
//! ```text
//! from or cursor                                             until
//!      ┼── hour ──┼── hour ──┼ … 24 at most … ┼─── next ───▶ ┼
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use domain::EventId;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use store::{EventCursor, EventPage, EventQuery, EventRecord, FindEvents, StoreError};

use crate::error::failure;
use crate::event::{parse_by_subject, parse_by_time};
use crate::item::{Item, before, text, whole};
use crate::keys::{self, HOUR_PARTS, PK, SK};
use crate::{DynamoStore, KnowsAudit};

impl<T: KnowsAudit> FindEvents for DynamoStore<T> {
    /// Of one person one `Query`, and up to seven more while others of their events are outside of the time; of everybody eight
    /// `Query`s at once for each hour, up to 24 hours.
    async fn find_events(&self, query: &EventQuery) -> Result<EventPage, StoreError> {
        let query = EventQuery { from: whole(query.from), until: whole(query.until), ..query.clone() };
        if query.limit == 0 || query.from >= query.until {
            return Ok(EventPage { records: Vec::new(), next: None });
        }
        match query.subject {
            Some(subject) => self.of_subject(&query, subject).await,
            None => self.of_everybody(&query).await,
        }
    }
}

impl<T: KnowsAudit> DynamoStore<T> {
    async fn of_subject(&self, query: &EventQuery, subject: [u8; 16]) -> Result<EventPage, StoreError> {
        let mut records = Vec::new();
        let mut after = query.after;
        for _ in 0..MOST_QUERIES {
            let (events, more) = self.some_of_subject(query, subject, after).await?;
            after = events.last().map(cursor).or(after);
            records.extend(events.into_iter().filter(|event| (query.from..query.until).contains(&event.at)));
            if records.len() > query.limit.into() {
                return Ok(first(query, records));
            }
            if !more {
                return Ok(EventPage { records, next: None });
            }
        }
        Ok(EventPage { records, next: after })
    }

    /// The next events of a subject, whenever they happened, and whether there are more.
    async fn some_of_subject(
        &self,
        query: &EventQuery,
        subject: [u8; 16],
        after: Option<EventCursor>,
    ) -> Result<(Vec<EventRecord>, bool), StoreError> {
        let table = self.tables.audit();
        let after = after.map_or(EventId::NIL, |after| after.id);
        let answer = self
            .client
            .query()
            .table_name(table)
            .consistent_read(true)
            .key_condition_expression("#pk = :subject AND #sk > :after")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":subject", text(&keys::events_of_subject(query.tenant, subject)))
            .expression_attribute_values(":after", text(&after))
            .limit(i32::from(query.limit).saturating_add(1).max(AT_LEAST))
            .send();
        let answer = Box::pin(answer).await.map_err(|error| failure(OPERATION, &error))?;
        let parse = |item: &Item| parse_by_subject(OPERATION, table, (query.tenant, subject), item);
        let events = answer.items().iter().map(parse).collect::<Result<_, _>>()?;
        Ok((events, answer.last_evaluated_key.is_some()))
    }

    async fn of_everybody(&self, query: &EventQuery) -> Result<EventPage, StoreError> {
        let mut records = Vec::new();
        let mut hour = hour_of(query.after.map_or(query.from, |after| after.at.max(query.from)));
        let last = hour_of(before(query.until, Duration::from_millis(1)));
        for _ in 0..MOST_HOURS {
            let wanted = usize::from(query.limit) + 1 - records.len();
            records.extend(self.of_hour(query, hour, wanted).await?);
            if records.len() > query.limit.into() {
                return Ok(first(query, records));
            }
            if hour >= last {
                return Ok(EventPage { records, next: None });
            }
            hour = hour.saturating_add(HOUR).unwrap_or(Timestamp::MAX);
        }
        Ok(EventPage { records, next: Some(EventCursor { at: hour, id: EventId::NIL }) })
    }

    /// The first `wanted` events of an hour, those of its parts merged.
    async fn of_hour(
        &self,
        query: &EventQuery,
        hour: Timestamp,
        wanted: usize,
    ) -> Result<Vec<EventRecord>, StoreError> {
        let parts = (0..HOUR_PARTS).map(|part| {
            let partition = keys::events_of_hour(query.tenant, hour, part);
            self.of_part(query, partition, wanted)
        });
        let events = try_join_all(parts).await?.into_iter().flatten();
        let sorted: BTreeMap<(Timestamp, EventId), EventRecord> =
            events.map(|event| ((event.at, event.key.id), event)).collect();
        Ok(sorted.into_values().take(wanted).collect())
    }

    async fn of_part(
        &self,
        query: &EventQuery,
        partition: String,
        wanted: usize,
    ) -> Result<Vec<EventRecord>, StoreError> {
        let table = self.tables.audit();
        let (first, end) = sort_keys(query);
        let mut pages = self
            .client
            .query()
            .table_name(table)
            .consistent_read(true)
            .key_condition_expression("#pk = :part AND #sk BETWEEN :first AND :end")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":part", text(&partition))
            .expression_attribute_values(":first", text(&first))
            .expression_attribute_values(":end", text(&end))
            .limit(i32::try_from(wanted).unwrap_or(i32::MAX))
            .into_paginator()
            .items()
            .send();

        let mut events = Vec::new();
        while events.len() < wanted {
            let Some(item) = pages.next().await else { break };
            let item = item.map_err(|error| failure(OPERATION, &error))?;
            events.push(parse_by_time(OPERATION, table, (query.tenant, &partition), &item)?);
        }
        Ok(events)
    }
}

/// The page of as many as are wanted, when there are more.
fn first(query: &EventQuery, mut records: Vec<EventRecord>) -> EventPage {
    records.truncate(query.limit.into());
    EventPage { next: records.last().map(cursor), records }
}

fn cursor(event: &EventRecord) -> EventCursor {
    EventCursor { at: event.at, id: event.key.id }
}

/// Between these two are the sort keys of the events that are asked for. An instant alone is before all events of it; an event's key with
/// something behind it is just after that event.
fn sort_keys(query: &EventQuery) -> (String, String) {
    let from = keys::millis(query.from);
    let after = query.after.map(|after| format!("{}/{}~", keys::millis(after.at), after.id));
    (after.map_or(from.clone(), |after| after.max(from)), keys::millis(query.until))
}

fn hour_of(at: Timestamp) -> Timestamp {
    let seconds = keys::in_key(at).as_second();
    Timestamp::from_second(seconds - seconds % HOUR_SECONDS).unwrap_or(at)
}

const OPERATION: &str = "FindEvents";
const HOUR_SECONDS: i64 = 3_600;
const HOUR: Duration = Duration::from_secs(3_600);

/// Of how many hours a call looks for events: enough for a day, which is what is asked for unless something else is.
const MOST_HOURS: u32 = 24;

/// How many times a call looks for events of a subject.
const MOST_QUERIES: u32 = 8;

/// How many events of a subject are read at least, since some of them may be outside of the time: about 200 KB.
const AT_LEAST: i32 = 256;
