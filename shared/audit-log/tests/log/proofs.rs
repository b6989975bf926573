//! Proofs as files.

use audit_log::tree::Tree;
use audit_log::{
    ConsistencyProof, EventProof, Flaw, Hash, Header, InvalidProof, LogKeys, ProveError, SignedHeader,
    prove_consistency, prove_event,
};
use crypto::SigningKey;
use domain::EventId;

use crate::sample::{EVENTS, Sample, event};

#[tokio::test]
async fn every_event_is_proved_by_a_file_that_the_public_key_suffices_for() {
    let log = Sample::new().await;

    for number in 0..EVENTS {
        let proof = prove_event(&log.objects, &log.keys, event(number).id, &[]).unwrap();
        let file = EventProof::parse(&proof.to_bytes()).unwrap();

        assert_eq!(file, proof);
        assert_eq!(file.check(&log.keys), Ok(event(number)));
        let later = file.later.map(|later| later.header);
        let last = log.headers.iter().rfind(|it| it.header().shard == file.header.header().shard);
        assert_eq!(later.as_ref().or(Some(&file.header)), last);
    }
}

#[tokio::test]
async fn a_newer_checkpoint_is_what_an_event_is_proved_up_to() {
    let log = Sample::new().await;
    let first = log.headers[0].header();
    let payload = log.bytes(&first.payload_name());
    let id = audit_log::open_batch(first, &payload).unwrap()[3].id;

    let proof = prove_event(&log.objects, &log.keys, id, &log.headers[..3]).unwrap();

    assert_eq!(proof.later.map(|later| later.header).as_ref(), Some(&log.headers[2]));
}

#[tokio::test]
async fn no_changed_byte_leaves_a_proof_as_it_is() {
    let log = Sample::new().await;
    let proof = prove_event(&log.objects, &log.keys, event(7).id, &[]).unwrap();
    let file = proof.to_bytes();

    for position in 0..file.len() {
        let mut changed = file.clone();
        changed[position] ^= 1 << (position % 8);
        let checked = EventProof::parse(&changed).and_then(|proof| proof.check(&log.keys).map(|event| (proof, event)));
        // Another spelling of the same JSON is the same proof.
        assert!(checked.is_err() || checked.is_ok_and(|(changed, _)| changed == proof), "byte {position}");
    }
}

#[tokio::test]
async fn a_proof_is_of_one_event_in_one_log() {
    let log = Sample::new().await;
    let proof = prove_event(&log.objects, &log.keys, event(7).id, &[]).unwrap();
    let stranger = LogKeys::of([SigningKey::generate().unwrap().verifying_key().clone()]);
    let other = EventProof { event: event(8).canonical_json(), ..proof.clone() };
    let elsewhere = EventProof { index: proof.index + 1, ..proof.clone() };
    let (earlier, later) = (proof.header.clone(), proof.later.clone().unwrap());
    let back = EventProof { later: Some(audit_log::Later { header: earlier, path: later.path }), ..proof.clone() };

    assert_eq!(proof.check(&stranger), Err(InvalidProof::Forged));
    assert_eq!(other.check(&log.keys), Err(InvalidProof::NotIncluded));
    assert_eq!(elsewhere.check(&log.keys), Err(InvalidProof::NotIncluded));
    assert_eq!(back.check(&log.keys), Err(InvalidProof::NotContinued));
}

#[tokio::test]
async fn what_is_not_in_the_log_is_not_proved() {
    let log = Sample::new().await;

    let proof = prove_event(&log.objects, &log.keys, EventId::from_keyed_bytes([9; 16]), &[]);

    assert!(matches!(proof, Err(ProveError::Unknown)));
}

#[tokio::test]
async fn a_damaged_log_proves_nothing() {
    let log = Sample::new().await;
    let name = log.headers[1].header().header_name();
    log.replace(name, None);
    let changed = log.headers[0].header().payload_name();
    let bytes = String::from_utf8(log.bytes(&changed)).unwrap().replacen("JKJaXmPLvHcESHA=", "XXXXXXXXXXXXXXXX", 1);
    let id = audit_log::open_batch(log.headers[0].header(), &log.bytes(&changed)).unwrap()[0].id;

    let missing = prove_event(&log.objects, &log.keys, id, &[]);
    log.replace(name, Some(log.headers[1].to_bytes()));
    log.replace(changed, Some(bytes.into_bytes()));
    let other = prove_event(&log.objects, &log.keys, id, &[]);

    assert!(matches!(missing, Err(ProveError::Damaged(fault)) if fault.object == name && fault.flaw == Flaw::Missing));
    assert!(matches!(other, Err(ProveError::Invalid(InvalidProof::NotIncluded))));
}

fn shard(log: &Sample) -> Vec<&SignedHeader> {
    log.headers.iter().filter(|it| it.header().shard == 1).collect()
}

#[tokio::test]
async fn growth_between_any_two_headers_is_proved_by_a_file() {
    let log = Sample::new().await;

    for (place, earlier) in shard(&log).into_iter().enumerate() {
        for later in &shard(&log)[place + 1..] {
            let proof = prove_consistency(&log.objects, &log.keys, earlier, later).unwrap();
            let file = ConsistencyProof::parse(&proof.to_bytes()).unwrap();

            assert_eq!((file.check(&log.keys), &file), (Ok(()), &proof));
            let backwards = prove_consistency(&log.objects, &log.keys, later, earlier);
            assert!(matches!(backwards, Err(ProveError::Invalid(InvalidProof::NotContinued))));
        }
    }
}

#[tokio::test]
async fn a_header_of_another_log_is_not_continued() {
    let (log, other) = (Sample::new().await, Sample::new().await);
    let keys = LogKeys::of([log.key.verifying_key().clone(), other.key.verifying_key().clone()]);

    let proof = prove_consistency(&log.objects, &keys, shard(&other)[1], shard(&log)[3]);
    let shards = prove_consistency(&log.objects, &keys, &log.headers[0], shard(&log)[3]);

    assert!(matches!(proof, Err(ProveError::Invalid(InvalidProof::NotContinued))));
    assert!(matches!(shards, Err(ProveError::Invalid(InvalidProof::NotContinued))));
}

/// Signed with the log's own key: the earlier header is in the later one's history, but what was before it is not.
#[tokio::test]
async fn a_log_whose_beginning_was_replaced_is_not_continued() {
    let log = Sample::new().await;
    let (earlier, third) = (shard(&log)[1].clone(), shard(&log)[2].header().clone());
    let history = Tree::of([Hash::of(&[b"another first header"]), earlier.hash()]);
    let later = SignedHeader::sign(Header { history: history.root(), ..third }, &log.key).await.unwrap();
    let (consistency, inclusion) = (history.consistency(1).unwrap(), history.inclusion(1).unwrap());

    let checked = ConsistencyProof { consistency, earlier, inclusion, later }.check(&log.keys);

    assert_eq!(checked, Err(InvalidProof::NotContinued));
}
