//! What the functions compute: the cost of each key derivation, and verify's own CPU time beyond it. Prints one JSON object;
//! `just performance` puts it into `docs/PERFORMANCE.md`.
//!
//! CPU time is that of the measuring thread, as the kernel accounts it; derivations run on another. It does not depend on
//! what else the machine is doing, as wall-clock time would.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark fails by panicking and prints its figures")]

use std::fs;

use countersign_tests::{Embedded, Function, Ports, World};
use crypto::{BranchKey, KdfParameters, KdfPool, SecretKey, VerifierError};
use domain::{Digest, FactorType, PresentedFactors, TenantId, UserId};
use lambda_http::request::from_str;
use serde_json::{Map, json};
use tokio::runtime::{Builder, Runtime};

fn main() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let kdf = ["argon2id", "pbkdf2-sha256-600000", "pbkdf2-sha256-100000"]
        .map(|name| (name.to_owned(), json!(derivation(&runtime, name))));
    let memory = verify_cpu(&runtime, &runtime.block_on(World::new()));
    // The engine computes on a thread of its own, which is not measured.
    let engine = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let embedded = engine.block_on(engine.spawn(Embedded::start())).unwrap();
    let dynamodb = verify_cpu(&runtime, &runtime.block_on(World::on(embedded.store.clone())));
    let figures = json!({
        "kdf_cpu_milliseconds": Map::from_iter(kdf),
        "verify_cpu_microseconds": { "ports in memory": memory, "DynamoDB through the AWS SDK": dynamodb },
    });
    println!("{figures}");
}

/// Median CPU milliseconds of one derivation with one comparison.
fn derivation(runtime: &Runtime, name: &str) -> f64 {
    let parameters = KdfParameters::from_name(name).unwrap();
    let (tenant, user) = (TenantId::from_keyed_bytes([1; 16]), UserId::from_keyed_bytes([2; 16]));
    let branch = BranchKey::first(tenant, &SecretKey::new([3; 32])).unwrap();
    let stored = branch.decoy(user, parameters).unwrap().asked([4; 16]).unwrap();
    let presented = vec![(FactorType::Pin, Digest::from_hex(&"5a".repeat(32)).unwrap())];
    let presented = PresentedFactors::new(presented).unwrap();
    let pool = KdfPool::default();
    let costs = pool.run(move |kdf| -> Result<Vec<f64>, VerifierError> {
        let one = || {
            let before = cpu_nanoseconds();
            branch.check(kdf, user, &presented, &stored)?;
            Ok(cpu_nanoseconds() - before)
        };
        (0..DERIVATIONS).map(|_| one()).collect()
    });
    median(runtime.block_on(costs).unwrap()) / 1e6
}

/// Median CPU microseconds of one right attempt: the gateway event parsed, the attempt claimed, compared, completed,
/// recorded, the token signed, the answer written.
fn verify_cpu<S: Ports>(runtime: &Runtime, world: &World<S>) -> f64 {
    runtime.block_on(async {
        let person = world.enrolled(1, &["pin", "words", "nfc", "face"]).await;
        let mut events = Vec::new();
        for _ in 0..ATTEMPTS {
            let opened = world.opened(&person).await;
            events.push(world.attempting(&opened, &person.right(&opened.asked)));
        }
        let mut costs = Vec::new();
        for call in events {
            let event = world.permitted(call).await.unwrap();
            let before = cpu_nanoseconds();
            let answer = world.functions().serve(Function::Verify, from_str(&event).unwrap()).await;
            costs.push(cpu_nanoseconds() - before);
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        median(costs) / 1e3
    })
}

fn median(mut costs: Vec<f64>) -> f64 {
    costs.sort_by(f64::total_cmp);
    *costs.get(costs.len() / 2).unwrap()
}

/// What this thread has computed so far (the first field of the kernel's schedstat, proc(5)).
fn cpu_nanoseconds() -> f64 {
    let schedstat = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    schedstat.split(' ').next().unwrap().parse().unwrap()
}

const DERIVATIONS: usize = 15;

const ATTEMPTS: usize = 1000;
