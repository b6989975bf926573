//! Checkpoints of logs in memory, in a folder, and not published at all.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use audit_log::{
    FolderCheckpoints, NewBatch, NotPublished, PublishCheckpoint, SignedHeader, read_checkpoints, seal_batch,
};
use domain::Clock;
use publish_checkpoints::{PublishError, PublishHeads, Published};
use store::{AppendBatch, LeaseShard, Leasing, LogHead, ShardLease, StoreErrorKind};
use testkit::{Fault, FaultStore, FixedClock, MemoryStore};

/// Another place that refuses a shard.
#[derive(Debug, Clone, Default)]
struct Place {
    refused: Option<u16>,
    published: Arc<Mutex<Vec<SignedHeader>>>,
}

impl PublishCheckpoint for Place {
    async fn publish_checkpoint(&self, header: &SignedHeader) -> Result<(), NotPublished> {
        if self.refused == Some(header.header().shard) {
            return Err(NotPublished::new("told to refuse"));
        }
        self.published.lock().unwrap().push(header.clone());
        Ok(())
    }
}

/// Appends a batch to a shard, and says whether it is settled.
async fn append(store: &MemoryStore, shard: u16, settled: bool) -> SignedHeader {
    let key = audit_log::LogKey::ephemeral(config::outside_lambda().unwrap()).unwrap();
    let now = FixedClock::default().now();
    let lease = ShardLease { shard, holder: [1; 16] };
    let Leasing::Leased(head) = store.lease_shard(&lease, now, now).await.unwrap() else { panic!("held") };
    let payloads = [b"{}".to_vec()];
    let sealed = seal_batch(NewBatch { shard, shards: 4, at: now, payloads: &payloads }, &head, &key).await.unwrap();
    store.append_batch(&lease, &sealed.head).await.unwrap();
    store.release_shard(&lease, settled.then_some(sealed.head.batch)).await.unwrap();
    sealed.header
}

#[tokio::test]
async fn every_head_is_published_at_every_run() {
    let (store, place) = (MemoryStore::new(), Place::default());
    let heads = [append(&store, 0, true).await, append(&store, 2, true).await];
    let publish = PublishHeads::new(store.clone(), place.clone(), 4);

    let first = publish.publish().await.unwrap();
    let later = append(&store, 2, true).await;
    publish.publish().await.unwrap();

    assert_eq!(first, Published { checkpoints: 2, unsettled: 0 });
    let [zero, two] = heads;
    assert_eq!(*place.published.lock().unwrap(), [zero.clone(), two, zero, later]);
}

#[tokio::test(start_paused = true)]
async fn a_head_whose_header_may_not_be_in_the_log_yet_is_not_published() {
    let (store, place) = (MemoryStore::new(), Place::default());
    append(&store, 0, false).await;
    let settled = append(&store, 1, true).await;

    let published = PublishHeads::new(store, place.clone(), 4).publish().await.unwrap();

    assert_eq!(published, Published { checkpoints: 1, unsettled: 1 });
    assert_eq!(*place.published.lock().unwrap(), [settled]);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_is_settled_while_the_run_looks_is_published() {
    let (store, place) = (MemoryStore::new(), Place::default());
    let header = append(&store, 0, false).await;
    let publish = PublishHeads::new(store.clone(), place.clone(), 4);

    let (published, ()) = tokio::join!(publish.publish(), async {
        let _elapsed = tokio::time::timeout(std::time::Duration::from_secs(1), std::future::pending::<()>()).await;
        let (lease, now) = (ShardLease { shard: 0, holder: [2; 16] }, FixedClock::default().now());
        store.lease_shard(&lease, now, now).await.unwrap();
        store.release_shard(&lease, Some(1)).await.unwrap();
    });

    assert_eq!(published.unwrap(), Published { checkpoints: 1, unsettled: 0 });
    assert_eq!(*place.published.lock().unwrap(), [header]);
}

#[tokio::test]
async fn one_that_is_refused_holds_no_other_up() {
    let store = MemoryStore::new();
    append(&store, 0, true).await;
    let other = append(&store, 1, true).await;
    let place = Place { refused: Some(0), ..Place::default() };

    let error = PublishHeads::new(store, place.clone(), 4).publish().await.unwrap_err();

    assert!(matches!(error, PublishError::NotPublished { shard: 0, .. }), "{error:?}");
    assert_eq!(*place.published.lock().unwrap(), [other]);
}

#[tokio::test]
async fn a_head_that_is_no_header_is_named() {
    let store = MemoryStore::new();
    let (lease, now) = (ShardLease { shard: 3, holder: [1; 16] }, FixedClock::default().now());
    store.lease_shard(&lease, now, now).await.unwrap();
    let damaged = LogHead { batch: 1, header: b"{}".to_vec(), ..LogHead::default() };
    store.append_batch(&lease, &damaged).await.unwrap();
    store.release_shard(&lease, Some(1)).await.unwrap();

    let error = PublishHeads::new(store, Place::default(), 4).publish().await.unwrap_err();

    assert_eq!(error.code(), "corrupt-record");
    assert!(error.to_string().contains("shard 3"), "{error}");
}

#[tokio::test]
async fn a_store_without_an_answer_is_an_error() {
    let store = FaultStore::default();
    store.faults().plan("FindLogHeads", 1, Fault::FailBefore(StoreErrorKind::Unavailable));

    let error = PublishHeads::new(store, Place::default(), 4).publish().await.unwrap_err();

    assert_eq!(lambda_runtime::Diagnostic::from(error).error_type, "store-unavailable");
}

#[tokio::test]
async fn a_folder_keeps_every_checkpoint_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = MemoryStore::new();
    let publish = PublishHeads::new(store.clone(), FolderCheckpoints::new(folder.path()), 4);

    let mut headers = vec![append(&store, 1, true).await];
    publish.publish().await.unwrap();
    publish.publish().await.unwrap();
    headers.push(append(&store, 1, true).await);
    publish.publish().await.unwrap();

    let mut kept = read_checkpoints(folder.path()).unwrap();
    kept.sort_by_key(|header| header.header().batch);
    assert_eq!(kept, headers);
}

#[tokio::test]
async fn a_folder_refuses_another_header_of_the_same_batch() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (MemoryStore::new(), MemoryStore::new());
    append(&one, 1, true).await;
    append(&other, 1, true).await;

    PublishHeads::new(one, FolderCheckpoints::new(folder.path()), 4).publish().await.unwrap();
    let forked = PublishHeads::new(other, FolderCheckpoints::new(folder.path()), 4).publish().await;

    assert_eq!(forked.unwrap_err().code(), "not-published");
}
