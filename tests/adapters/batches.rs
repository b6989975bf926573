//! What the store makes of an engine that does a part of a batch. The clock stands still but for the store's own pauses.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::config::StalledStreamProtectionConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use store::{
    DrainOutbox, EventKey, EventRecord, FindLogHeads, IndexEvents, RecogniseEvents, StoreError, StoreErrorKind,
};
use store_dynamodb::{AllTables, DynamoStore};
use tokio::sync::mpsc;

use crate::outage::once;
use crate::records::{event, event_id, record, tenant};
use crate::scripted::{self, Answer, error};
use crate::tables::{AUDIT, CORE};

#[tokio::test(start_paused = true)]
async fn l2_what_is_left_unprocessed_is_sent_again_alone() {
    let (store, mut sent) = scripted(vec![left(&[item_of(2)]), left(&[item_of(2)]), done()]).await;

    let not_indexed = store.index_events(&[record(1), record(2)]).await.unwrap();

    assert_eq!(not_indexed, []);
    let items: Vec<usize> = bodies(&mut sent).iter().map(|body| body.matches("PutRequest").count()).collect();
    assert_eq!(items, [4, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn l2_what_stays_unprocessed_is_reported_and_no_other() {
    let (store, mut sent) = scripted((0..9).map(|_| left(&[item_of(2)])).collect()).await;
    let started = tokio::time::Instant::now();

    let not_indexed = store.index_events(&[record(1), record(2), record(3)]).await.unwrap();

    assert_eq!(not_indexed, [event_id(2)]);
    assert_eq!(bodies(&mut sent).len(), 7);
    assert_eq!(started.elapsed().as_millis() / 100, 11, "25 + 50 + 100 + 200 + 400 + 400 ms");
}

#[tokio::test(start_paused = true)]
async fn l2_a_batch_that_is_throttled_is_sent_again() {
    let throttled = || error("ProvisionedThroughputExceededException", "");
    let (store, mut sent) = scripted(vec![throttled(), throttled(), done()]).await;

    let not_indexed = store.index_events(&[record(1)]).await.unwrap();

    assert_eq!((not_indexed, bodies(&mut sent).len()), (Vec::new(), 3));
}

#[tokio::test(start_paused = true)]
async fn l2_events_of_a_batch_without_answer_are_reported_and_no_others() {
    let records: Vec<EventRecord> = (0..30).map(record).collect();
    let failed = || error("ValidationException", "");

    let (some, _) = scripted(vec![done(), failed(), done()]).await;
    let some = some.index_events(&records).await.unwrap();
    let (none, _) = scripted(vec![failed(), failed(), failed()]).await;
    let none = none.index_events(&records).await.unwrap_err();
    let (throttled, _) = scripted((0..7).map(|_| error("ThrottlingException", "")).collect()).await;
    let throttled = throttled.index_events(&records[..1]).await.unwrap_err();

    assert!((5..30).contains(&some.len()), "{some:?}");
    assert_eq!([none.kind, throttled.kind], [StoreErrorKind::Unavailable, StoreErrorKind::Throttled]);
    assert_eq!(none.operation, "IndexEvents");
}

#[tokio::test(start_paused = true)]
async fn l2_keys_that_are_left_unprocessed_are_asked_for_again() {
    let keys: BTreeSet<EventKey> = [1, 2].map(|number| record(number).key).into();

    let (store, mut sent) = scripted(vec![found(&[1], &[2]), found(&[2], &[])]).await;
    let known = store.recognise_events(&keys).await.unwrap();
    let (never, _) = scripted((0..9).map(|_| found(&[1], &[2])).collect()).await;
    let error = never.recognise_events(&keys).await.unwrap_err();

    assert_eq!(known, keys);
    let bodies = bodies(&mut sent);
    assert!(!bodies[1].contains(&event_id(1).to_string()), "{}", bodies[1]);
    let read_consistently = |body: &String| body.contains(r#""ConsistentRead":true"#);
    let keys_only = |body: &String| body.contains(r##""ProjectionExpression":"#pk, #sk""##);
    assert!(bodies.iter().all(|body| read_consistently(body) && keys_only(body)), "{bodies:?}");
    assert_throttled(&error, "RecogniseEvents");
}

#[tokio::test(start_paused = true)]
async fn heads_that_are_left_unprocessed_are_an_error_and_never_missing() {
    let unprocessed = format!(
        r#"{{"Responses":{{}},"UnprocessedKeys":{{"{AUDIT}":{{"Keys":[{{"pk":{{"S":"log/0"}},"sk":{{"S":"head"}}}}]}}}}}}"#
    );
    let (store, _) = scripted((0..9).map(|_| (200, unprocessed.clone())).collect()).await;

    let error = store.find_log_heads(1).await.unwrap_err();

    assert_throttled(&error, "FindLogHeads");
}

#[tokio::test(start_paused = true)]
async fn l1_events_that_stay_in_the_outbox_are_an_error() {
    let key = format!(r#"{{"pk":{{"S":"outbox/{}"}},"sk":{{"S":"{}"}}}}"#, event(1).part(), event_id(1));
    let unprocessed = format!(r#"{{"UnprocessedItems":{{"{CORE}":[{{"DeleteRequest":{{"Key":{key}}}}}]}}}}"#);

    let (patient, mut sent) = scripted(vec![(200, unprocessed.clone()), done()]).await;
    patient.remove_outbox_events(&[event_id(1), event_id(2)]).await.unwrap();
    let (never, _) = scripted((0..9).map(|_| (200, unprocessed.clone())).collect()).await;
    let error = never.remove_outbox_events(&[event_id(1)]).await.unwrap_err();

    assert_eq!(bodies(&mut sent).len(), 2);
    assert_throttled(&error, "DrainOutbox");
}

fn assert_throttled(error: &StoreError, operation: &str) {
    assert_eq!((error.kind, error.operation), (StoreErrorKind::Throttled, operation));
    assert_eq!(error.source.to_string(), "dynamodb left items unprocessed each time");
}

/// A store whose engine gives these answers. It has no timer but the store's own, so that the clock goes on by them alone.
async fn scripted(answers: Vec<Answer>) -> (DynamoStore<AllTables>, mpsc::UnboundedReceiver<String>) {
    let (config, sent) = scripted::serve(answers).await;
    let config = once(&config)
        .into_builder()
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    (DynamoStore::new(&config, local::table_names()), sent)
}

/// What has been sent so far.
fn bodies(sent: &mut mpsc::UnboundedReceiver<String>) -> Vec<String> {
    std::iter::from_fn(|| sent.try_recv().ok()).collect()
}

fn done() -> Answer {
    (200, r#"{"UnprocessedItems":{}}"#.to_owned())
}

/// The item under its subject of the `number`th record.
fn item_of(number: u8) -> String {
    format!(r#"{{"pk":{{"S":"t/{}/s/{}"}},"sk":{{"S":"{}"}}}}"#, tenant(), "09".repeat(16), event_id(number))
}

/// All but these items were written.
fn left(items: &[String]) -> Answer {
    let puts: Vec<String> = items.iter().map(|item| format!(r#"{{"PutRequest":{{"Item":{item}}}}}"#)).collect();
    (200, format!(r#"{{"UnprocessedItems":{{"{AUDIT}":[{}]}}}}"#, puts.join(",")))
}

/// These records were found, and these not looked for.
fn found(records: &[u8], unprocessed: &[u8]) -> Answer {
    let [found, left] = [records, unprocessed].map(|numbers| numbers.iter().copied().map(item_of).collect::<Vec<_>>());
    let left = match left.as_slice() {
        [] => String::new(),
        left => format!(r#""{AUDIT}":{{"ConsistentRead":true,"Keys":[{}]}}"#, left.join(",")),
    };
    (200, format!(r#"{{"Responses":{{"{AUDIT}":[{}]}},"UnprocessedKeys":{{{left}}}}}"#, found.join(",")))
}
