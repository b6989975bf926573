//! Audit events at the limits of a batch.

use domain::{EventId, TenantId};
use jiff::Timestamp;
use store::{EventRecord, FindEvents, StoreEvents};

use crate::engine::{self, Engine};

#[tokio::test(flavor = "multi_thread")]
async fn l2_embedded_dynamodb_stores_all_but_the_event_that_is_too_large() {
    stores_all_but_the_event_that_is_too_large(&engine::embedded().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn l2_dynamodb_local_stores_all_but_the_event_that_is_too_large() {
    stores_all_but_the_event_that_is_too_large(&engine::dynamodb_local().await).await;
}

async fn stores_all_but_the_event_that_is_too_large(engine: &Engine) {
    let mut records: Vec<EventRecord> = (0..26).map(|number| record(number, 390 * 1024)).collect();
    let poison = record(26, 400 * 1024);
    records.insert(3, poison.clone());

    let left = engine.store.store_events(&records).await.unwrap();

    records.remove(3);
    assert_eq!(left, [poison.id]);
    assert_eq!(engine.store.find_events(poison.tenant, poison.subject, 100).await.unwrap(), records);
}

fn record(number: u8, bytes: usize) -> EventRecord {
    let at = Timestamp::from_millisecond(4_102_444_800_000 + i64::from(number)).unwrap();
    EventRecord {
        id: EventId::at(at, &[number; 10]),
        tenant: TenantId::from_keyed_bytes([1; 16]),
        subject: [2; 16],
        at,
        kept_until: at,
        payload: vec![number; bytes],
    }
}
