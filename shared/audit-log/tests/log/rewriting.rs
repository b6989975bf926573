//! L3: a log that was written anew is found, by its key or by a checkpoint.

use std::future::Future;

use audit_log::{Flaw, Header, MemoryObjects, SignHeaders, SignedHeader, Unverified, verify_log};
use crypto::{KeyError, SigningKey};
use domain::KeyId;

use crate::sample::{Sample, append, batches_of};
use crate::tampering::header_name;

/// Signs with its own key in the name of another.
struct Impostor {
    name: KeyId,
    key: SigningKey,
}

impl SignHeaders for Impostor {
    fn key_id(&self) -> &KeyId {
        &self.name
    }

    fn sign_header(&self, message: &[u8]) -> impl Future<Output = Result<[u8; 64], KeyError>> + Send {
        self.key.sign_header(message)
    }
}

/// Keeps a log's batches before the one at this place, and has the signer make all from there on anew, with the first event of
/// that batch changed.
async fn rewritten(log: &Sample, place: usize, signer: &impl SignHeaders) -> MemoryObjects {
    let objects = MemoryObjects::default();
    let mut batches = batches_of(0);
    let line = String::from_utf8(batches[place][0].clone()).unwrap();
    batches[place][0] = line.replace("JKJaXmPLvHcESHA=", "XXXXXXXXXXXXXXXX").into_bytes();
    append(&objects, signer, &batches).await;
    for header in log.headers.iter().filter(|it| it.header().shard == 0).take(place) {
        for name in [header.header().header_name(), header.header().payload_name()] {
            objects.objects().insert(name, log.bytes(&name));
        }
    }
    objects
}

#[tokio::test]
async fn l3_a_log_rewritten_without_its_key_is_found() {
    let log = Sample::new().await;
    let stranger = SigningKey::generate().unwrap();
    let impostor = Impostor { name: log.key.key_id().clone(), key: SigningKey::generate().unwrap() };

    for place in 0..batches_of(0).len() {
        for (objects, flaw) in [
            (rewritten(&log, place, &stranger).await, Flaw::UnknownKey),
            (rewritten(&log, place, &impostor).await, Flaw::Forged),
        ] {
            let Err(Unverified::Fault(fault)) = verify_log(&objects, &log.keys, &[], &mut |_| {}) else {
                panic!("not found")
            };
            assert_eq!((fault.object, fault.flaw), (header_name(0, place + 1), flaw));
        }
    }
}

#[tokio::test]
async fn l3_a_rewritten_batch_under_its_old_signature_is_found() {
    let log = Sample::new().await;

    for (place, batches) in (0..batches_of(0).len()).map(|place| (place, batches_of(0))) {
        let forged = rewritten(&log, place, &log.key).await;
        let name = header_name(0, place + 1);
        let bytes = String::from_utf8(forged.objects()[&name].clone()).unwrap();
        let old = String::from_utf8(log.bytes(&name)).unwrap();
        let (_, signature) = old.split_once(r#""signature":"#).unwrap();
        let (members, _) = bytes.split_once(r#""signature":"#).unwrap();
        forged.objects().insert(name, format!(r#"{members}"signature":{signature}"#).into_bytes());

        let Err(Unverified::Fault(fault)) = verify_log(&forged, &log.keys, &[], &mut |_| {}) else {
            panic!("not found in {} batches", batches.len())
        };

        assert_eq!((fault.object, fault.flaw), (name, Flaw::Forged));
    }
}

#[tokio::test]
async fn l3_a_log_rewritten_with_its_key_is_found_by_a_checkpoint() {
    let log = Sample::new().await;
    let newest = log.headers.iter().rfind(|it| it.header().shard == 0).unwrap();

    for place in 0..batches_of(0).len() {
        let objects = rewritten(&log, place, &log.key).await;
        // Where the kept batches end, what was signed anew does not follow them: only a log that is new as a whole is consistent.
        if place > 0 {
            let Err(Unverified::Fault(fault)) = verify_log(&objects, &log.keys, &[], &mut |_| {}) else {
                panic!("not found")
            };
            assert_eq!((fault.object, fault.flaw), (header_name(0, place + 1), Flaw::Unchained));
            continue;
        }
        verify_log(&objects, &log.keys, &[], &mut |_| {}).expect("nothing inside the log tells");
        let checkpoints = std::slice::from_ref(newest);
        let Err(Unverified::Fault(fault)) = verify_log(&objects, &log.keys, checkpoints, &mut |_| {}) else {
            panic!("not found")
        };
        assert_eq!((fault.object, fault.flaw), (newest.header().header_name(), Flaw::Forked));
    }
}

#[tokio::test]
async fn l3_a_forged_checkpoint_is_refused() {
    let log = Sample::new().await;
    let header = Header { batch: 100, ..log.headers[0].header().clone() };
    let impostor = Impostor { name: log.key.key_id().clone(), key: SigningKey::generate().unwrap() };
    let forged = SignedHeader::sign(header, &impostor).await.unwrap();

    let refused = verify_log(&log.objects, &log.keys, &[forged], &mut |_| {});

    assert!(matches!(refused, Err(Unverified::ForgedCheckpoint(_))));
}
