//! A log of 200 events in two shards of several batches each.

use audit::{About, Denial, Event, Outcome, Subject};
use audit_log::{
    KeepObjects, LogKeys, MemoryObjects, NewBatch, ObjectName, SignHeaders, SignedHeader, seal_batch, shard_of,
};
use crypto::SigningKey;
use domain::{EventId, FactorSet, FactorType, RequestId, Route, SessionId, TenantId, VerificationId};
use jiff::{SignedDuration, Timestamp};
use store::LogHead;

/// A log with what one needs to check it.
pub(crate) struct Sample {
    pub(crate) objects: MemoryObjects,
    pub(crate) key: SigningKey,
    pub(crate) keys: LogKeys,
    /// All headers, shard by shard.
    pub(crate) headers: Vec<SignedHeader>,
}

pub(crate) const EVENTS: u16 = 200;
pub(crate) const SHARDS: u16 = 2;
/// Every shard has some ten batches of this size, and perhaps a smaller one.
const BATCH: usize = 10;

impl Sample {
    pub(crate) async fn new() -> Self {
        let key = SigningKey::generate().unwrap();
        let keys = LogKeys::of([key.verifying_key().clone()]);
        let (objects, mut headers) = (MemoryObjects::default(), Vec::new());
        for shard in 0..SHARDS {
            headers.extend(append(&objects, &key, &batches_of(shard)).await);
        }
        Self { objects, key, keys, headers }
    }

    pub(crate) fn names(&self) -> Vec<ObjectName> {
        self.objects.objects().keys().copied().collect()
    }

    pub(crate) fn bytes(&self, name: &ObjectName) -> Vec<u8> {
        self.objects.objects()[name].clone()
    }

    /// Puts other bytes, or none, where an object is, and gives those that were there.
    pub(crate) fn replace(&self, name: ObjectName, bytes: Option<Vec<u8>>) -> Option<Vec<u8>> {
        match bytes {
            Some(bytes) => self.objects.objects().insert(name, bytes),
            None => self.objects.objects().remove(&name),
        }
    }
}

/// The batches of a shard as lines.
pub(crate) fn batches_of(shard: u16) -> Vec<Vec<Vec<u8>>> {
    let events = (0..EVENTS).map(event).filter(|event| shard_of(event.id, SHARDS) == shard);
    let lines: Vec<Vec<u8>> = events.map(|event| event.canonical_json().into_bytes()).collect();
    lines.chunks(BATCH).map(<[_]>::to_vec).collect()
}

/// Makes a shard of these batches.
pub(crate) async fn append(
    objects: &MemoryObjects,
    signer: &impl SignHeaders,
    batches: &[Vec<Vec<u8>>],
) -> Vec<SignedHeader> {
    let shard = shard_of(audit::Event::parse(&batches[0][0]).unwrap().id, SHARDS);
    let (mut head, mut headers) = (LogHead::default(), Vec::new());
    for payloads in batches {
        let at = instant(EVENTS) + SignedDuration::from_secs(i64::try_from(headers.len()).unwrap());
        let sealed = seal_batch(NewBatch { shard, shards: SHARDS, at, payloads }, &head, signer).await.unwrap();
        objects.put_object(&sealed.payload_name, &sealed.payload).await.unwrap();
        objects.put_object(&sealed.header_name, &sealed.header.to_bytes()).await.unwrap();
        head = sealed.head;
        headers.push(sealed.header);
    }
    headers
}

/// The events differ in kind and length.
pub(crate) fn event(number: u16) -> Event {
    let [high, low] = number.to_be_bytes();
    let tenant = TenantId::from_keyed_bytes([1; 16]);
    let verification = VerificationId::from_keyed_bytes([low; 16]);
    let session = SessionId::from_keyed_bytes([low; 16]);
    Event {
        id: EventId::at(instant(number), &[high, low, 7, 7, 7, 7, 7, 7, 7, 7]),
        about: match number % 3 {
            0 => About::Person { tenant, subject: Subject::new([low; 16]) },
            1 => About::Tenant(tenant),
            _ => About::Deployment,
        },
        at: instant(number),
        request_id: RequestId::from_transport("JKJaXmPLvHcESHA="),
        outcome: match number % 4 {
            0 => Outcome::VerificationOpened {
                asked: FactorSet::of([FactorType::Pin, FactorType::Nfc]).unwrap(),
                transaction: None,
                verification,
            },
            1 => Outcome::SessionRevoked { session },
            2 => Outcome::AttemptWrong { attempts_remaining: 2, verification },
            _ => Outcome::RequestRefused {
                denial: Denial::RateLimited,
                route: Some(Route::Initiate),
                suppressed: u32::from(number),
            },
        },
        personal: None,
    }
}

pub(crate) fn instant(number: u16) -> Timestamp {
    Timestamp::from_millisecond(1_793_491_200_123 + 10 * i64::from(number)).unwrap()
}
