//! What one admission decision costs on each backend: all limits of an initiation and the record of its idempotency key, beside a
//! bare round trip of `redis-benchmark` to the same server. Prints one JSON object; `just admission` makes a table of it.
//!
//! Decisions run on this thread, and its CPU time is the client's; the embedded DynamoDB has threads of its own, and so has Redis.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark fails by panicking and prints its figures"
)]

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use admission::{Admission, Arrival, CallerKind, Policy, Route};
use aws_types::SdkConfig;
use config::CacheSettings;
use countersign_tests::{Embedded, Reply, ValkeyEngine};
use crypto::OsEntropy;
use domain::{Clock, Entropy, EventId, RequestFingerprint, RequestNonce, SourceAddress, SystemClock, TenantId, UserId};
use futures_util::future::join_all;
use serde_json::{Value, json};
use store::{BeginRequest, Beginning, DrawPermits, FindListings};
use store_dynamodb::{AllTables, DynamoStore};
use store_valkey::{Tiered, ValkeyStore};
use tokio::runtime::{Builder, Runtime};

fn main() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    // Its threads are the engine's, and are counted as such.
    let engine = Builder::new_multi_thread().worker_threads(1).thread_name(ENGINE).enable_all().build().unwrap();
    let tables = engine.block_on(engine.spawn(Embedded::start())).unwrap();
    let valkey = runtime.block_on(ValkeyEngine::start());
    let cached = runtime.block_on(cached(&valkey, &tables));

    let on_engine = || cpu_of_threads(ENGINE);
    let on_redis = || cpu_of_redis(&valkey);
    let mut rows = Vec::new();
    for (policy, name, requests) in [(Policy::default(), "leased", [1_000, 300]), (exact(), "drawn", [0, 300])] {
        rows.push(measure(&runtime, &tables.store, (&policy, name), ("DynamoDB, embedded", &on_engine), requests));
    }
    for (policy, name, requests) in
        [(Policy::default(), "leased", [20_000, 4_000]), (exact(), "drawn", [20_000, 4_000])]
    {
        rows.push(measure(&runtime, &cached, (&policy, name), ("Redis", &on_redis), requests));
    }
    let figures = json!({
        "decisions": rows.concat(),
        "round_trips": [bare_round_trips(&valkey, 50), bare_round_trips(&valkey, 1)],
        "memory_per_key_bytes": {
            "Redis": memory_of_keys(&valkey),
            "DynamoDB, embedded": engine.block_on(item_bytes(&tables)),
        },
    });
    println!("{figures}");
}

/// Decisions at 50 at a time and one at a time.
fn measure<S>(
    runtime: &Runtime,
    store: &S,
    (policy, permits): (&Policy, &str),
    (backend, server_cpu): (&str, &dyn Fn() -> f64),
    [many, few]: [u32; 2],
) -> Vec<Value>
where
    S: DrawPermits + FindListings + BeginRequest + Clone,
{
    let mut rows = Vec::new();
    for (at_once, count) in [(50, many), (1, few)] {
        if count == 0 {
            continue;
        }
        let deciding = Deciding::new(store, policy);
        // Fetches the operator's list, opens the connections.
        runtime.block_on(deciding.decide(at_once, at_once));
        let (client, server) = (cpu_of_this_thread(), server_cpu());
        let took = timed(|| runtime.block_on(deciding.decide(at_once, count)));
        let per_decision = |nanoseconds: f64| nanoseconds / 1e3 / f64::from(count);
        rows.push(json!({
            "backend": backend,
            "permits": permits,
            "at_once": at_once,
            "decisions_per_second": f64::from(count) / took.as_secs_f64(),
            "client_cpu_microseconds": per_decision(cpu_of_this_thread() - client),
            "server_cpu_microseconds": per_decision(server_cpu() - server),
        }));
    }
    rows
}

/// Requests of a thousand users of one tenant, from one address.
struct Deciding<S> {
    store: S,
    admission: Admission<S>,
    tenant: TenantId,
}

impl<S: DrawPermits + FindListings + BeginRequest + Clone> Deciding<S> {
    fn new(store: &S, policy: &Policy) -> Self {
        let tenant = TenantId::from_keyed_bytes(random());
        let admission = Admission::new(admission::Ports {
            store: store.clone(),
            policy: policy.clone(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
        });
        Self { store: store.clone(), admission, tenant }
    }

    async fn decide(&self, at_once: u32, count: u32) {
        let lanes = (0..at_once).map(|lane| async move {
            for number in (lane..count).step_by(usize::try_from(at_once).unwrap()) {
                self.decide_one(number).await;
            }
        });
        join_all(lanes).await;
    }

    async fn decide_one(&self, number: u32) {
        let now = SystemClock.now();
        let key = EventId::at(now, &random()).to_string().parse().unwrap();
        let mut user = [0; 16];
        user.iter_mut().zip((number % 1000).to_be_bytes()).for_each(|(target, byte)| *target = byte);
        let arrival = Arrival {
            route: Route::Initiate,
            tenant: self.tenant,
            caller: CallerKind::Server,
            source: SourceAddress::from_transport([192, 0, 2, 7].into()),
            user: Some(UserId::from_keyed_bytes(user)),
            key: Some(key),
        };
        let request = RequestFingerprint { key, body: random() };
        let recording = self.store.begin_request(self.tenant, &request, RequestNonce(random()), now);
        let (admitted, begun) = tokio::join!(self.admission.admit(&arrival), recording);
        admitted.unwrap();
        assert_eq!(begun.unwrap(), Beginning::Begun);
    }
}

async fn cached(valkey: &ValkeyEngine, tables: &Embedded) -> Tiered<DynamoStore<AllTables>> {
    let settings = format!("{}?deadline_milliseconds=1000", valkey.url());
    let Ok(CacheSettings::Cache(cache)) = settings.parse() else { panic!("no cache: {settings}") };
    let cache = ValkeyStore::start(&cache, &SdkConfig::builder().build()).await.unwrap();
    Tiered::new(tables.store.clone(), cache)
}

/// The default limits with every permit drawn from the store.
fn exact() -> Policy {
    let rows = Policy::default();
    let rows = rows.rows().iter().map(|row| (row.name.to_owned(), json!({ "lease": 1 })));
    rows.collect::<Value>().to_string().parse().unwrap()
}

/// `SET` of a value as long as a request's record, as `redis-benchmark` does it.
fn bare_round_trips(valkey: &ValkeyEngine, at_once: u32) -> Value {
    let before = cpu_of_redis(valkey);
    let (count, port) = (50_000_u32, valkey.servers().first().unwrap().port().to_string());
    let output = Command::new("redis-benchmark")
        .args(["-p", &port, "-c", &at_once.to_string(), "-n", &count.to_string(), "-d", "48", "-t", "set", "--csv"])
        .output()
        .expect("redis-benchmark is installed: tests/tools/install does it");
    let said = String::from_utf8(output.stdout).unwrap();
    let row = said.lines().find(|line| line.starts_with("\"SET\"")).unwrap_or_else(|| panic!("{said}"));
    let per_second: f64 = row.split(',').nth(1).unwrap().trim_matches('"').parse().unwrap();
    json!({
        "at_once": at_once,
        "round_trips_per_second": per_second,
        "server_cpu_microseconds": (cpu_of_redis(valkey) - before) / 1e3 / f64::from(count),
    })
}

/// What Redis needs for a key of each kind, on average, with everything that belongs to it.
fn memory_of_keys(valkey: &ValkeyEngine) -> Value {
    let server = valkey.servers().first().unwrap();
    let mut kinds = BTreeMap::<&str, Vec<i64>>::new();
    for key in server.command("KEYS *").array().into_iter().map(Reply::bytes) {
        let kind = match key.first() {
            Some(b'r') => "idempotency record",
            Some(b'c') => "counter",
            _ => continue,
        };
        // It may have expired meanwhile.
        if let Reply::Number(bytes) = server.call(&[b"MEMORY", b"USAGE", &key]) {
            kinds.entry(kind).or_default().push(bytes);
        }
    }
    let average = |bytes: Vec<i64>| bytes.iter().sum::<i64>() / i64::try_from(bytes.len()).unwrap();
    kinds.into_iter().map(|(kind, bytes)| (kind.to_owned(), json!(average(bytes)))).collect()
}

/// What items of the ephemeral table and the core table have in bytes, names and values, on average.
async fn item_bytes(tables: &Embedded) -> Value {
    let dump = tables.dump().await;
    let bytes: usize = dump.values().iter().map(Vec::len).sum();
    let items = dump.values().iter().filter(|value| value.as_slice() == b"pk").count();
    json!({ "counter or idempotency record": bytes / items })
}

/// What this thread has computed so far, in nanoseconds (the first field of the kernel's schedstat, proc(5)).
fn cpu_of_this_thread() -> f64 {
    schedstat("/proc/thread-self/schedstat").unwrap()
}

/// The same of all threads of this process that have this name.
fn cpu_of_threads(name: &str) -> f64 {
    let threads = fs::read_dir("/proc/self/task").unwrap().map(|thread| thread.unwrap().path());
    let named = threads.filter(|thread| fs::read_to_string(thread.join("comm")).is_ok_and(|comm| comm.trim() == name));
    // A thread may end meanwhile.
    named.filter_map(|thread| schedstat(thread.join("schedstat").to_str()?)).sum()
}

fn schedstat(path: &str) -> Option<f64> {
    fs::read_to_string(path).ok()?.split(' ').next()?.parse().ok()
}

/// The same of the server's process, as it says itself.
fn cpu_of_redis(valkey: &ValkeyEngine) -> f64 {
    let said = valkey.servers().first().unwrap().command("INFO cpu").text();
    let seconds =
        |name: &str| -> f64 { said.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().parse().unwrap() };
    (seconds("used_cpu_user:") + seconds("used_cpu_sys:")) * 1e9
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the time that passes")]
fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

fn random<const N: usize>() -> [u8; N] {
    let entropy: &dyn Entropy = &OsEntropy;
    entropy.array().unwrap()
}

const ENGINE: &str = "engine";
