//! How fast a log is sealed and checked on one core, by CPU time, and how fast events alone are read from their canonical bytes.
//! Prints one JSON object.
//!
//! `cargo run --release -p audit-log --features testing --example verify_speed [EVENTS]`: one shard, batches of 1,000, 200,000
//! events by default.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement, not a service")]

use std::fs;

use audit::{About, Event, Outcome, SealedPersonalData, Subject};
use audit_log::{KeepObjects, LogKeys, MemoryObjects, NewBatch, seal_batch, verify_log};
use crypto::SigningKey;
use domain::{EventId, FactorSet, FactorType, RequestId, Sealed, SessionId, TenantId, VerificationId};
use jiff::Timestamp;
use serde_json::json;
use store::LogHead;

const BATCH: usize = 1000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let events: u32 = std::env::args().nth(1).map_or(200_000, |text| text.parse().unwrap());
    let lines: Vec<Vec<u8>> = (0..events).map(|number| event(number).canonical_json().into_bytes()).collect();
    let (objects, key) = (MemoryObjects::default(), SigningKey::generate().unwrap());
    let keys = LogKeys::of([key.verifying_key().clone()]);
    let read = async {
        for line in &lines {
            drop(Event::parse(line).unwrap());
        }
    };
    let verify = async { drop(verify_log(&objects, &keys, &[], &mut |_| {}).unwrap()) };
    let figures = json!({
        "events": events,
        "bytes_per_event": lines.iter().map(Vec::len).sum::<usize>() / lines.len(),
        "seal_events_per_second": f64::from(events) / cpu_seconds(seal(&objects, &key, &lines)).await,
        "read_events_per_second": f64::from(events) / cpu_seconds(read).await,
        "verify_events_per_second": f64::from(events) / cpu_seconds(verify).await,
    });
    println!("{figures}");
}

async fn seal(objects: &MemoryObjects, key: &SigningKey, lines: &[Vec<u8>]) {
    let mut head = LogHead::default();
    for payloads in lines.chunks(BATCH) {
        let batch = NewBatch { shard: 0, shards: 1, at: Timestamp::UNIX_EPOCH, payloads };
        let sealed = seal_batch(batch, &head, key).await.unwrap();
        objects.put_object(&sealed.payload_name, &sealed.payload).await.unwrap();
        objects.put_object(&sealed.header_name, &sealed.header.to_bytes()).await.unwrap();
        head = sealed.head;
    }
}

async fn cpu_seconds(work: impl Future<Output = ()>) -> f64 {
    let before = cpu_nanoseconds();
    work.await;
    (cpu_nanoseconds() - before) / 1e9
}

/// The CPU time of this thread.
fn cpu_nanoseconds() -> f64 {
    let schedstat = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    schedstat.split(' ').next().unwrap().parse().unwrap()
}

/// The events of a day with few failures: opened with the source address, succeeded, a session ended.
fn event(number: u32) -> Event {
    let [.., high, middle, low] = number.to_be_bytes();
    let at = Timestamp::from_millisecond(1_793_491_200_123 + i64::from(number)).unwrap();
    let verification = VerificationId::from_keyed_bytes([low; 16]);
    let session = SessionId::from_keyed_bytes([middle; 16]);
    let outcome = match number % 3 {
        0 => Outcome::VerificationOpened {
            asked: FactorSet::of([FactorType::Pin, FactorType::Nfc]).unwrap(),
            transaction: Some(domain::TransactionHash::new([low; 32])),
            verification,
        },
        1 => Outcome::VerificationSucceeded { acr: domain::Acr::TwoCategories, session, verification },
        _ => Outcome::SessionRevoked { session },
    };
    let tenant = TenantId::from_keyed_bytes([1; 16]);
    Event {
        id: EventId::at(at, &[high, middle, low, 7, 7, 7, 7, 7, 7, 7]),
        about: About::Person { tenant, subject: Subject::new([low; 16]) },
        at,
        request_id: RequestId::from_transport("JKJaXmPLvHcESHA="),
        outcome,
        personal: number.is_multiple_of(3).then(|| SealedPersonalData::new(Sealed::new(vec![low; 45]))),
    }
}
