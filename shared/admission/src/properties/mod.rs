//! The properties that this crate shows, and what their tests share.

mod bounded;
mod cost;
mod exact;
mod fair;
mod listed;
mod outage;
mod overrides;
mod shards;
mod steady;
mod subjects;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::{Clock, EventId, IdempotencyKey, SourceAddress, TenantId, UserId};
use futures_util::future::join_all;
use store::OutboxEvent;
use testkit::{FaultStore, FixedClock, SeededEntropy};

use crate::{Admission, Arrival, CallerKind, Limited, Policy, Ports, Refusal, Route};

/// Processes that share a store and a clock.
struct World {
    store: FaultStore,
    clock: Arc<FixedClock>,
    policy: Policy,
    processes: AtomicU64,
}

impl World {
    /// A world with this policy, an object of changes to the defaults.
    fn with(policy: &str) -> Self {
        let policy = policy.parse().unwrap();
        Self { store: FaultStore::default(), clock: Arc::default(), policy, processes: AtomicU64::new(0) }
    }

    /// A world whose only limit is this row.
    fn with_only(row: &str, fields: &str) -> Self {
        let others = Policy::default();
        let others = others.rows().iter().filter(|other| other.name != row);
        let mut members: Vec<String> = others.map(|other| format!(r#""{}": null"#, other.name)).collect();
        members.push(format!(r#""{row}": {fields}"#));
        Self::with(&format!("{{{}}}", members.join(", ")))
    }

    /// Another process, which remembers nothing yet.
    fn process(&self) -> Admission<FaultStore> {
        Admission::new(Ports {
            store: self.store.clone(),
            policy: self.policy.clone(),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            entropy: Arc::new(SeededEntropy::new(self.processes.fetch_add(1, Ordering::SeqCst))),
        })
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// The draws since the last time.
    fn draws(&self) -> usize {
        self.store.recorder().take().ports().into_iter().filter(|port| *port == "DrawPermits").count()
    }
}

/// A request of tenant 1's server at 192.0.2.1, about no user and without a key.
fn server(route: Route) -> Arrival {
    Arrival { route, tenant: tenant(1), caller: CallerKind::Server, source: address(1), user: None, key: None }
}

fn device(route: Route) -> Arrival {
    Arrival { caller: CallerKind::Device, ..server(route) }
}

fn opening(number: u64) -> Arrival {
    Arrival { user: Some(user(number)), ..server(Route::Initiate) }
}

fn tenant(number: u8) -> TenantId {
    TenantId::from_keyed_bytes([number; 16])
}

fn user(number: u64) -> UserId {
    UserId::from_keyed_bytes(u128::from(number).to_be_bytes())
}

fn address(number: u32) -> SourceAddress {
    SourceAddress::from_transport(IpAddr::V4(Ipv4Addr::from_bits(0xc000_0200 + number)))
}

/// What a change of the list is recorded with, which nothing here reads.
fn no_event() -> OutboxEvent {
    OutboxEvent { id: EventId::NIL, payload: Vec::new() }
}

fn key(number: u8) -> IdempotencyKey {
    format!("0192f0c1-2345-7abc-8def-0123456789{number:02x}").parse().unwrap()
}

async fn passes(process: &Admission<FaultStore>, arrival: &Arrival) -> bool {
    match process.admit(arrival).await {
        Ok(()) => true,
        Err(Refusal::Limited(_)) => false,
        Err(refusal) => panic!("{refusal:?}"),
    }
}

/// How many of so many requests at once pass.
async fn passing(process: &Admission<FaultStore>, arrival: &Arrival, requests: usize) -> usize {
    let passed = join_all((0..requests).map(|_| passes(process, arrival))).await;
    passed.into_iter().filter(|passed| *passed).count()
}

async fn limited(process: &Admission<FaultStore>, arrival: &Arrival) -> Limited {
    match process.admit(arrival).await {
        Err(Refusal::Limited(limited)) => limited,
        other => panic!("{other:?}"),
    }
}

const SECOND: Duration = Duration::from_secs(1);

/// Waits without a test's runtime.
fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}
