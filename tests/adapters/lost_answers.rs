//! Calls that take effect while their answers are lost, and what repeating them does.

use std::collections::BTreeMap;

use domain::{
    Attempt, BranchKeyVersion, EventId, IdempotencyKey, RequestFingerprint, Sealed, SecretHash, Session, SessionId,
    TenantId, UserId, Verification, VerificationId,
};
use jiff::Timestamp;
use store::conformance::VerificationPorts;
use store::{
    Claim, ClaimAttempt, ClaimRequest, CompleteVerification, Completion, CompletionRequest, FindVerification,
    OpenVerification, Opening, Revocation, RevokeSession, StoreErrorKind,
};
use testkit::{Fault, MemoryStore, RecordingStore};

use crate::engine;

const LOST: Fault = Fault::FailAfter(StoreErrorKind::Unavailable);

#[tokio::test]
async fn a9_a_lost_answer_is_never_counted_twice_in_memory() {
    a_lost_answer_is_never_counted_twice(RecordingStore::new(MemoryStore::new())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a9_a_lost_answer_is_never_counted_twice_on_embedded_dynamodb() {
    a_lost_answer_is_never_counted_twice(RecordingStore::new(engine::embedded().await.store)).await;
}

async fn a_lost_answer_is_never_counted_twice<S: Clone + 'static>(store: RecordingStore<S>)
where
    RecordingStore<S>: VerificationPorts,
{
    for port in ["OpenVerification", "ClaimAttempt", "CompleteVerification", "RevokeSession"] {
        store.faults().plan(port, 1, LOST);
    }
    let (verification, session) = (verification(), session());
    let claim = ClaimRequest {
        tenant: verification.tenant,
        verification: verification.id,
        attempt: key(1),
        presented: verification.asked,
        now: verification.created_at,
    };
    let completion = CompletionRequest { verification: verification.id, attempt: key(1), session: session.clone() };
    let revoke = || store.revoke_session(session.tenant, session.user, session.id, session.created_at);

    store.open_verification(&verification).await.unwrap_err();
    let opening = store.open_verification(&verification).await.unwrap();
    store.claim_attempt(&claim).await.unwrap_err();
    let repeated = store.claim_attempt(&claim).await.unwrap();
    store.complete_verification(&completion).await.unwrap_err();
    let completed = store.complete_verification(&completion).await.unwrap();
    revoke().await.unwrap_err();
    let revoked = revoke().await.unwrap();

    assert_eq!(opening, Opening::AlreadyOpened(Box::new(verification.clone())));
    assert_eq!(repeated, Claim::Repeated(Attempt::Claimed));
    assert_eq!(completed, Completion::Completed);
    assert_eq!(revoked, Revocation::AlreadyRevoked);
    let found = store.find_verification(verification.tenant, verification.id).await.unwrap().unwrap();
    assert_eq!(found.attempts, BTreeMap::from([(key(1), Attempt::Right)]));
    assert_eq!(store.faults().still_planned(), 0);
}

fn key(number: u8) -> IdempotencyKey {
    EventId::at(Timestamp::UNIX_EPOCH, &[number; 10]).to_string().parse().unwrap()
}

fn verification() -> Verification {
    Verification {
        tenant: TenantId::from_keyed_bytes([1; 16]),
        id: VerificationId::from_keyed_bytes([2; 16]),
        user: UserId::from_keyed_bytes([3; 16]),
        asked: "pin+nfc".parse().unwrap(),
        key_version: 1,
        branch_key_version: BranchKeyVersion::FIRST,
        verifier: Sealed::new(vec![4; 90]),
        transaction: None,
        created_at: session().created_at,
        expires_at: session().expires_at,
        attempts: BTreeMap::new(),
        verified: None,
        request: RequestFingerprint { key: key(0), body: [5; 32] },
    }
}

fn session() -> Session {
    Session {
        tenant: TenantId::from_keyed_bytes([1; 16]),
        user: UserId::from_keyed_bytes([3; 16]),
        id: SessionId::from_keyed_bytes([6; 16]),
        created_at: Timestamp::from_second(4_102_444_800).unwrap(),
        expires_at: Timestamp::from_second(4_102_445_100).unwrap(),
        refresh_token: SecretHash::new([7; 32]),
        revoked_at: None,
    }
}
