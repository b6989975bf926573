//! What no change of bytes leads to, since it takes the key: a log that was signed wrongly.

use audit_log::{
    Expectation, Fault, Flaw, Hash, Header, LogKeys, MemoryObjects, NewBatch, SignedHeader, Unverified, seal_batch,
    verify_log, verify_retained,
};
use crypto::SigningKey;
use jiff::SignedDuration;
use store::LogHead;

use crate::sample::{EVENTS, SHARDS, Sample, batches_of, instant};

/// A shard of two batches, the second sealed with a header that was changed before it was signed.
async fn fault_of(payloads: &[Vec<u8>], change: impl Fn(&mut Header)) -> Flaw {
    let (key, objects) = (SigningKey::generate().unwrap(), MemoryObjects::default());
    let (mut head, first) = (LogHead::default(), batches_of(0).remove(0));
    for (place, payloads) in [first.as_slice(), payloads].into_iter().enumerate() {
        let batch = NewBatch { shard: 0, shards: SHARDS, at: instant(EVENTS), payloads };
        let sealed = seal_batch(batch, &head, &key).await.unwrap();
        let mut header = sealed.header.header().clone();
        if place == 1 {
            change(&mut header);
        }
        let signed = SignedHeader::sign(header, &key).await.unwrap();
        objects.objects().insert(sealed.payload_name, sealed.payload);
        objects.objects().insert(sealed.header_name, if place == 1 { signed } else { sealed.header }.to_bytes());
        head = sealed.head;
    }
    let keys = LogKeys::of([key.verifying_key().clone()]);
    match verify_log(&objects, &keys, &[], &mut |_| {}) {
        Err(Unverified::Fault(Fault { object, flaw, .. })) if object.batch == 2 => flaw,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_header_must_follow_the_one_before_in_every_respect() {
    let payloads = batches_of(0).remove(1);
    let second = SignedDuration::from_secs(1);

    assert_eq!(fault_of(&payloads, |header| header.previous = Hash::ZERO).await, Flaw::Unchained);
    assert_eq!(fault_of(&payloads, |header| header.history = Hash::ZERO).await, Flaw::OtherHistory);
    assert_eq!(fault_of(&payloads, |header| header.first += 1).await, Flaw::OtherSequence);
    assert_eq!(fault_of(&payloads, |header| header.at -= second).await, Flaw::BackInTime);
    assert_eq!(fault_of(&payloads, |header| header.batch = 3).await, Flaw::Misplaced);
    assert_eq!(fault_of(&payloads, |header| (header.shard, header.shards) = (2, 3)).await, Flaw::Misplaced);
    assert_eq!(fault_of(&payloads, |header| header.count += 1).await, Flaw::OtherCount);
    assert_eq!(fault_of(&payloads, |header| header.root = Hash::ZERO).await, Flaw::Missing);
}

#[tokio::test]
async fn an_event_is_in_its_shard_and_only_once() {
    let again = batches_of(0).remove(0);
    let others = batches_of(1).remove(0);

    assert!(matches!(fault_of(&again, |_| {}).await, Flaw::Duplicate(_)));
    assert!(matches!(fault_of(&others, |_| {}).await, Flaw::OtherShard(_)));
}

#[tokio::test]
async fn what_is_not_a_canonical_event_is_not_in_the_log() {
    let line = String::from_utf8(batches_of(0)[1][0].clone()).unwrap();
    let spaced = line.replace(':', ": ").into_bytes();

    assert!(matches!(fault_of(&[spaced], |_| {}).await, Flaw::Event(_)));
}

#[tokio::test]
async fn a_clock_that_is_behind_does_not_seal_into_the_past() {
    let key = SigningKey::generate().unwrap();
    let batch = |at, payloads| NewBatch { shard: 0, shards: SHARDS, at, payloads };
    let batches = batches_of(0);
    let head = seal_batch(batch(instant(9), &batches[0]), &LogHead::default(), &key).await.unwrap().head;

    let sealed = seal_batch(batch(instant(5), &batches[1]), &head, &key).await.unwrap();

    assert_eq!(sealed.header.header().at, instant(9));
}

#[tokio::test]
async fn only_payloads_may_be_missing_and_only_before_the_retained_time() {
    let log = Sample::new().await;
    let header = log.headers[1].header();
    log.replace(log.headers[0].header().payload_name(), None);
    log.replace(header.payload_name(), None);
    let verify = |retained_since| {
        let expected = Expectation { keys: &log.keys, checkpoints: &log.headers, retained_since };
        verify_retained(&log.objects, &expected, &mut |_| {})
    };

    let shard = verify(header.at + SignedDuration::from_millis(1)).unwrap().shards.remove(0);
    let missing = verify(header.at);
    log.replace(log.headers[0].header().header_name(), None);
    let without_header = verify(header.at + SignedDuration::from_millis(1));

    let expired = u64::from(log.headers[0].header().count + header.count);
    assert_eq!(
        (shard.expired, shard.events + shard.expired),
        (expired, shard.head.header().first + u64::from(shard.head.header().count))
    );
    assert!(matches!(missing, Err(Unverified::Fault(fault)) if fault.object == header.payload_name()));
    assert!(matches!(without_header, Err(Unverified::Fault(fault)) if fault.flaw == Flaw::Missing));
}
