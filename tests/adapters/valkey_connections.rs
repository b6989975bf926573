//! Connections to the cache: how many there are, and what a dead one costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use countersign_tests::ValkeyEngine;
use domain::{Home, TenantId, VerificationId};
use futures_util::future::{join, join_all};
use store::{DrawPermits, FindVerification, OpenVerification, StoreErrorKind};
use store_valkey::{Tiered, ValkeyStore};
use testkit::MemoryStore;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::valkey::{any_draw, any_key, cache, cache_at, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn b4_each_process_has_one_connection_to_each_server() {
    for engine in [ValkeyEngine::start().await, ValkeyEngine::start_cluster().await] {
        let mut stores: Vec<ValkeyStore> = Vec::new();
        for _ in 0..4 {
            stores.push(cache(&engine).await);
        }

        for _ in 0..3 {
            join_all(stores.iter().flat_map(|store| (0..50).map(move |number| draw(store, number)))).await;
        }

        let clients: Vec<usize> = engine.servers().iter().map(countersign_tests::ValkeyServer::clients).collect();
        assert_eq!(clients, vec![4; engine.servers().len()]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b4_a_frozen_socket_costs_one_reconnect() {
    let engine = ValkeyEngine::start().await;
    let relay = Relay::start(engine.servers()[0].port()).await;
    let store = cache_at(&format!("redis://127.0.0.1:{}", relay.port), IMPATIENT).await;
    join_all((0..20).map(|number| draw(&store, number))).await;
    assert_eq!(relay.connections(), 1);

    relay.freeze();
    let drawn = join_all((20..60).map(|number| draw(&store, number))).await;

    assert_eq!(drawn.len(), 40);
    assert_eq!(relay.connections(), 2);
    assert!(store.answers());
}

#[tokio::test(flavor = "multi_thread")]
async fn b4_calls_that_notice_a_frozen_socket_one_after_another_share_the_new_one() {
    let engine = ValkeyEngine::start().await;
    let relay = Relay::start(engine.servers()[0].port()).await;
    let store = cache_at(&format!("redis://127.0.0.1:{}", relay.port), IMPATIENT).await;
    draw(&store, 0).await;

    relay.freeze();
    let mut first = Box::pin(draw(&store, 1));
    timeout(IMPATIENT / 3, &mut first).await.unwrap_err();
    let mut second = Box::pin(draw(&store, 2));
    timeout(IMPATIENT / 3, join(&mut first, &mut second)).await.unwrap_err();
    join(first, second).await;

    assert_eq!(relay.connections(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn b4_a_connection_that_the_server_closed_costs_nobody_an_error() {
    let engine = ValkeyEngine::start().await;
    let store = cache(&engine).await;
    draw(&store, 0).await;

    engine.servers()[0].command("CLIENT KILL TYPE normal");
    join_all((1..40).map(|number| draw(&store, number))).await;

    assert_eq!(engine.servers()[0].clients(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn b2_a_stalled_cache_is_left_alone_until_it_answers() {
    let engine = ValkeyEngine::start().await;
    let store = Tiered::new(MemoryStore::new(), cache_at(&engine.url(), IMPATIENT).await);
    let id = VerificationId::at_home([7; 16], Home::Cache);
    let tenant = TenantId::from_keyed_bytes([1; 16]);
    assert_eq!(store.home(), Home::Cache);

    engine.servers()[0].stall();
    let during = draw(&store, 0).await;
    let unavailable = store.find_verification(tenant, id).await.unwrap_err();

    assert_eq!(during, 1, "the durable store takes over");
    assert_eq!(store.home(), Home::Table);
    assert_eq!(unavailable.kind, StoreErrorKind::Unavailable, "never unknown");
    let open = "the cache did not answer lately and is left alone";
    assert_eq!(unavailable.source.to_string(), open, "and not asked either");

    engine.servers()[0].go_on();
    eventually("the cache is used again", async || {
        draw(&store, 1).await;
        store.home() == Home::Cache
    })
    .await;
    assert_eq!(store.find_verification(tenant, id).await.unwrap(), None);
    assert_eq!(engine.servers()[0].clients(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn b2_a_cache_that_is_down_at_the_start_is_used_when_it_comes() {
    let engine = ValkeyEngine::start().await;
    engine.servers()[0].kill();

    let store = Tiered::new(MemoryStore::new(), cache(&engine).await);
    assert_eq!(store.home(), Home::Table);
    assert_eq!(draw(&store, 0).await, 1);

    engine.servers()[0].restart().await;
    eventually("the cache is used", async || {
        draw(&store, 1).await;
        store.home() == Home::Cache
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b2_a_lost_master_leaves_the_others_in_use() {
    let engine = ValkeyEngine::start_cluster().await;
    let store = Tiered::new(MemoryStore::new(), cache(&engine).await);
    let lost = &engine.servers()[0];
    let keys = "CONFIG SET cluster-require-full-coverage no";
    engine.servers()[1..].iter().for_each(|server| drop(server.command(keys)));

    lost.kill();
    let drawn = join_all((0..60).map(|number| draw(&store, number))).await;
    let drawn: u32 = drawn.into_iter().sum();

    assert_eq!(drawn, 60);
    assert_eq!(store.home(), Home::Table);
    let kept: i64 = engine.servers()[1..].iter().map(|server| server.command("DBSIZE").number()).sum();
    assert!((20..60).contains(&kept), "{kept} of 60 counters are in the cache");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_that_moves_is_followed() {
    let engine = ValkeyEngine::start_cluster().await;
    let store = cache(&engine).await;
    let slot = engine.servers()[0].call(&[b"CLUSTER", b"KEYSLOT", b"cl/moving/0"]).number();
    let holder = engine.servers().iter().position(|server| holds(server, slot)).unwrap();
    let (from, to) = (&engine.servers()[holder], &engine.servers()[(holder + 1) % 3]);
    let [from_id, to_id] = [from, to].map(|server| server.command("CLUSTER MYID").text());

    to.command(&format!("CLUSTER SETSLOT {slot} IMPORTING {from_id}"));
    from.command(&format!("CLUSTER SETSLOT {slot} MIGRATING {to_id}"));
    let on_its_way = store.draw_permits(&any_key("moving"), &any_draw(1)).await;
    for server in [to, from] {
        server.command(&format!("CLUSTER SETSLOT {slot} NODE {to_id}"));
    }
    let moved = store.draw_permits(&any_key("moving"), &any_draw(2)).await;

    assert!(on_its_way.is_ok() && moved.is_ok(), "{on_its_way:?} {moved:?}");
    assert_eq!(to.call(&[b"CLUSTER", b"COUNTKEYSINSLOT", slot.to_string().as_bytes()]).number(), 1);
    eventually("the new map is read", async || {
        let before = redirections(&engine);
        store.draw_permits(&any_key("moving"), &any_draw(3)).await.unwrap();
        redirections(&engine) == before
    })
    .await;
}

fn holds(server: &countersign_tests::ValkeyServer, slot: i64) -> bool {
    let own = server.command("CLUSTER NODES").text();
    let own = own.lines().find(|line| line.contains("myself")).unwrap().to_owned();
    own.split(' ')
        .skip(8)
        .filter_map(|range| range.split_once('-'))
        .any(|(first, last)| (first.parse::<i64>().unwrap()..=last.parse().unwrap()).contains(&slot))
}

fn redirections(engine: &ValkeyEngine) -> u64 {
    let errors = engine.servers().iter().map(|server| server.command("INFO errorstats").text());
    let counts = errors.flat_map(|text| {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.into_iter().filter(|line| line.starts_with("errorstat_MOVED") || line.starts_with("errorstat_ASK"))
    });
    counts.map(|line| line.rsplit('=').next().unwrap().parse::<u64>().unwrap()).sum()
}

/// Draws from a counter of its own; gives how many permits were granted.
async fn draw(store: &impl DrawPermits, number: u8) -> u32 {
    let key = any_key(&format!("l{number}"));
    match store.draw_permits(&key, &any_draw(number)).await.unwrap() {
        domain::Drawn::Granted { permits, .. } => permits,
        domain::Drawn::Refused { .. } => 0,
    }
}

/// Passes bytes on, until it is frozen: then the connections that it has are silent, without being closed.
struct Relay {
    port: u16,
    accepted: Arc<AtomicUsize>,
    freezing: Arc<Notify>,
}

impl Relay {
    async fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (accepted, freezing) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let relay = Self { port, accepted: Arc::clone(&accepted), freezing: Arc::clone(&freezing) };
        tokio::spawn(async move {
            loop {
                let (mut inner, _) = listener.accept().await.unwrap();
                accepted.fetch_add(1, Ordering::SeqCst);
                let freezing = Arc::clone(&freezing);
                tokio::spawn(async move {
                    let mut outer = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut inner, &mut outer) => {}
                        () = freezing.notified() => std::future::pending().await,
                    }
                });
            }
        });
        relay
    }

    fn freeze(&self) {
        self.freezing.notify_waiters();
    }

    fn connections(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

/// As long as a busy machine needs for what follows a freeze.
const IMPATIENT: Duration = Duration::from_secs(1);
