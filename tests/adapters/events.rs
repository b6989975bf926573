//! The index of the audit trail at the limits of a batch.

use std::time::Duration;

use store::{EventCursor, EventPage, EventQuery, EventRecord, FindEvents, IndexEvents};

use crate::engine::{self, Engine};
use crate::records::{later, now, query, record};

#[tokio::test(flavor = "multi_thread")]
async fn l2_embedded_dynamodb_indexes_all_but_the_event_that_is_too_large() {
    indexes_all_but_the_event_that_is_too_large(&engine::embedded().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn l2_dynamodb_local_indexes_all_but_the_event_that_is_too_large() {
    indexes_all_but_the_event_that_is_too_large(&engine::dynamodb_local().await).await;
}

/// More than a batch has room for, of the largest size.
async fn indexes_all_but_the_event_that_is_too_large(engine: &Engine) {
    let of_size = |number, bytes| EventRecord { payload: vec![number; bytes], ..record(number) };
    let mut records: Vec<EventRecord> = (0..26).map(|number| of_size(number, 390 * 1024)).collect();
    let poison = of_size(26, 400 * 1024);
    records.insert(3, poison.clone());

    let left = engine.store.index_events(&records).await.unwrap();

    records.remove(3);
    assert_eq!(left, [poison.key.id]);
    for subject in [None, Some(poison.key.subject)] {
        assert_eq!(pages(engine, query(subject)).await, records);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_event_twice_in_one_call_is_indexed_once() {
    let engine = engine::embedded().await;

    let left = engine.store.index_events(&[record(1), record(2), record(1)]).await.unwrap();

    assert_eq!(left, []);
    assert_eq!(pages(&engine, query(None)).await, [record(1), record(2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_an_hour_are_merged_by_time_whatever_the_ids() {
    let engine = engine::embedded().await;
    let mut records: Vec<EventRecord> =
        (0..30).map(|number| EventRecord { at: later(60 - u64::from(number)), ..record(number) }).collect();
    engine.store.index_events(&records).await.unwrap();

    records.reverse();
    for limit in [1, 7, 30] {
        assert_eq!(pages(&engine, EventQuery { limit, until: later(120), ..query(None) }).await, records);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_by_time_looks_into_a_day_and_says_how_far_it_got() {
    let engine = engine::embedded().await;
    let late = EventRecord { at: later(25 * 3_600), ..record(1) };
    engine.store.index_events(std::slice::from_ref(&late)).await.unwrap();
    let of_two_days = EventQuery { until: later(2 * 86_400 - 1), ..query(None) };

    let first = engine.store.find_events(&of_two_days).await.unwrap();
    let second = engine.store.find_events(&EventQuery { after: first.next, ..of_two_days }).await.unwrap();

    let midnight = now() + Duration::from_secs(86_400) - Duration::from_millis(123);
    assert_eq!(first.records, []);
    assert_eq!(first.next.map(|next| next.at), Some(midnight));
    assert_eq!(second, EventPage { records: vec![late], next: None });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_of_a_subject_goes_over_what_is_not_in_its_time_and_says_how_far_it_got() {
    let engine = engine::embedded().await;
    let numbered = |number: u16| {
        let at = now() + Duration::from_millis(number.into());
        let id = domain::EventId::at(at, &[1; 10]);
        EventRecord { key: store::EventKey { id, ..record(1).key }, at, payload: vec![1], ..record(1) }
    };
    let records: Vec<EventRecord> = (0..2_100).map(numbered).collect();
    engine.store.index_events(&records).await.unwrap();
    let last = &records[2_099];
    let of_the_last = EventQuery { from: last.at, limit: 1, ..query(Some(last.key.subject)) };

    let first = engine.store.find_events(&of_the_last).await.unwrap();
    let second = engine.store.find_events(&EventQuery { after: first.next, ..of_the_last }).await.unwrap();

    let searched = &records[8 * 256 - 1];
    let next = Some(EventCursor { at: searched.at, id: searched.key.id });
    assert_eq!(first, EventPage { records: Vec::new(), next });
    assert_eq!(second, EventPage { records: vec![last.clone()], next: None });
}

/// The records of all pages.
async fn pages(engine: &Engine, mut query: EventQuery) -> Vec<EventRecord> {
    let mut records = Vec::new();
    loop {
        let page = engine.store.find_events(&query).await.unwrap();
        records.extend(page.records);
        query.after = page.next;
        if query.after.is_none() {
            return records;
        }
    }
}
