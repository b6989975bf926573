//! The ports on real servers: one alone, and three masters as a cluster.

use std::num::NonZeroU32;
use std::time::Duration;

use aws_types::SdkConfig;
use config::CacheSettings;
use countersign_tests::ValkeyEngine;
use domain::{Algorithm, CounterKey, Draw, DrawId, Limit, LimitSubject, Penalty};
use jiff::Timestamp;
use store::conformance::run_all;
use store::{
    AppendBatch, ChangeListings, FindEvents, FindLogHeads, IndexEvents, KeepEvents, LeaseShard, RecogniseEvents,
};
use store_valkey::{ScriptTime, Tiered, ValkeyStore};
use testkit::MemoryStore;
use tokio::time::{interval, timeout};

use crate::records::{event, head, later, lease, listing, now, query, record};

/// The cache of this engine, going by the tests' time. It waits long, since tests run side by side.
pub(crate) async fn cache(engine: &ValkeyEngine) -> ValkeyStore {
    cache_at(&engine.url(), Duration::from_secs(20)).await
}

/// The cache at this address with this deadline.
pub(crate) async fn cache_at(url: &str, deadline: Duration) -> ValkeyStore {
    let Ok(CacheSettings::Cache(cache)) = url.parse() else { panic!("{url} is a cache") };
    let store = ValkeyStore::start(&config::Cache { deadline, ..cache }, &SdkConfig::builder().build()).await.unwrap();
    store.with_time(ScriptTime::Request)
}

/// The counter of a limit of this name.
pub(crate) fn any_key(name: &str) -> CounterKey {
    CounterKey::new(name, LimitSubject::Everybody { shard: 0 })
}

/// A draw that is granted.
pub(crate) fn any_draw(number: u8) -> Draw {
    let (quota, period) = (NonZeroU32::MAX, Duration::from_secs(60));
    let limit = Limit { algorithm: Algorithm::SlidingWindow, quota, period, penalty: Penalty::Escalating };
    let now = Timestamp::from_millisecond(1_790_000_000_000).unwrap();
    Draw { limit, permits: 1, id: DrawId([number; 16]), now }
}

/// Looks again every so often until it is so.
#[expect(clippy::future_not_send, reason = "a test waits for it in place")]
pub(crate) async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let mut ticks = interval(Duration::from_millis(50));
    let waiting = async {
        while !is_so().await {
            ticks.tick().await;
        }
    };
    timeout(Duration::from_secs(30), waiting).await.unwrap_or_else(|_| panic!("{what} within 30 seconds"));
}

#[tokio::test(flavor = "multi_thread")]
async fn b1_redis_passes_the_conformance_suite() {
    let engine = ValkeyEngine::start().await;
    let store = Tiered::new(MemoryStore::new(), cache(&engine).await);

    let report = run_all(&store, 1).await;

    assert!(report.is_clean(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn b1_a_cluster_of_three_masters_passes_the_conformance_suite() {
    let engine = ValkeyEngine::start_cluster().await;
    let store = Tiered::new(MemoryStore::new(), cache(&engine).await);

    let report = run_all(&store, 1).await;

    assert!(report.is_clean(), "{report}");
    let keys = engine.servers().iter().map(|server| server.command("DBSIZE").number());
    assert!(keys.min().unwrap() > 0, "each master has keys");
}

#[tokio::test(flavor = "multi_thread")]
async fn b1_a_store_without_a_cache_passes_the_conformance_suite() {
    let report = run_all(&Tiered::without_cache(MemoryStore::new()), 1).await;

    assert!(report.is_clean(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_audit_trail_is_in_the_cache() {
    let engine = ValkeyEngine::start().await;
    let store = Tiered::new(MemoryStore::new(), cache(&engine).await);

    store.keep_events(&[event(1)]).await.unwrap();
    store.put_listing(&listing(), &event(2)).await.unwrap();
    store.lease_shard(&lease(1), now(), later(10)).await.unwrap();
    store.append_batch(&lease(1), &head(1)).await.unwrap();
    store.index_events(&[record(1)]).await.unwrap();
    store.release_shard(&lease(1), Some(1)).await.unwrap();
    let known = store.recognise_events(&[record(1).key].into()).await.unwrap();
    let found = store.find_events(&query(None)).await.unwrap();
    store.find_log_heads(4).await.unwrap();

    assert_eq!((known, found.records), ([record(1).key].into(), vec![record(1)]));
    assert_eq!(engine.dump().len(), 0);
}
