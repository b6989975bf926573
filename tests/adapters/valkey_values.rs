//! What the cache holds: how much memory it takes, what it tells a thief, and what becomes of impossible values.

use std::collections::BTreeMap;

use countersign_tests::{Reply, ValkeyEngine};
use domain::{
    Acr, BranchKeyVersion, EventId, FactorSet, FactorType, Home, IdempotencyKey, RequestFingerprint, RequestNonce,
    Sealed, SecretHash, Session, SessionEpoch, SessionId, SessionProfile, SessionSeed, TenantId, TransactionHash,
    UserId, VERIFICATION_LIFETIME, Verification, VerificationId,
};
use jiff::Timestamp;
use store::{
    BeginRequest, ClaimAttempt, ClaimRequest, ClaimedAttempt, CompleteVerification, Completion, CompletionRequest,
    DrawPermits, FailAttempt, FindEnrollment, FindVerification, FinishRequest, OpenVerification, StoreErrorKind,
};
use store_valkey::{Tiered, ValkeyStore};
use testkit::MemoryStore;

use crate::valkey::{any_draw, any_key, cache};

#[tokio::test(flavor = "multi_thread")]
async fn an_open_verification_takes_at_most_300_bytes() {
    let engine = ValkeyEngine::start().await;
    let store = cache(&engine).await;

    store.open_verification(&verification(1)).await.unwrap();

    assert_eq!(memory(&engine), 248);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_expires() {
    let engine = ValkeyEngine::start().await;
    let store = cache(&engine).await;

    filled(&store).await;
    changed(&store).await;

    let server = &engine.servers()[0];
    for key in engine.dump().into_keys() {
        let lifetime = server.call(&[b"PTTL", &key]).number();
        let at_most = match key[0] {
            b'v' | b'r' => 1_200_000,
            b'c' => 3_720_000,
            _ => 60_000,
        };
        assert!((at_most - 30_000..=at_most).contains(&lifetime), "{}: {lifetime}", char::from(key[0]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_value_that_is_cut_short_is_corrupt_and_names_its_key() {
    let engine = ValkeyEngine::start().await;
    let store = cache(&engine).await;
    let tiered = Tiered::new(MemoryStore::new(), store.clone());
    filled(&store).await;
    let server = &engine.servers()[0];

    for (key, value) in engine.dump() {
        // A shorter ciphertext at the end is for opening to refuse.
        let sealed = match key[0] {
            b'e' => 98,
            _ => 0,
        };
        for length in
            (0..value.len() - sealed).filter(|length| key[0] != b'c' || !is_shorter_history(*length, value.len()))
        {
            server.call(&[b"SET", &key, &value[..length], b"KEEPTTL"]);

            let error = match key[0] {
                b'v' => tiered.find_verification(tenant(), id(1)).await.map(|_| ()).unwrap_err(),
                b'c' => tiered.draw_permits(&any_key("corrupt"), &any_draw(9)).await.map(|_| ()).unwrap_err(),
                b'r' => begin(&store).await.map(|_| ()).unwrap_err(),
                _ => tiered.find_enrollment(tenant(), user()).await.map(|_| ()).unwrap_err(),
            };

            assert_eq!(error.kind, StoreErrorKind::Corrupt, "{length} of {}: {error:?}", value.len());
            let text = error.source.to_string();
            assert!(text.starts_with(&format!("entry {}/", char::from(key[0]))), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_impossible_verification_is_neither_claimed_nor_read() {
    let engine = ValkeyEngine::start().await;
    let store = cache(&engine).await;
    store.open_verification(&verification(1)).await.unwrap();
    store.claim_attempt(&claim(1)).await.unwrap();
    let server = &engine.servers()[0];
    let (key, value) = engine.dump().pop_first().unwrap();

    // Format; number of attempts; whether verified; expiry before the beginning; the attempt's key, and its state.
    for (position, byte) in
        [(0, 255), (1, 0), (1, 2), (1, 4), (8, 1), (8, 2), (2, 0), (15, 0), (71, 4), (71, 255), (72, 255)]
    {
        let mut impossible = value.clone();
        impossible[position] = byte;
        server.call(&[b"SET", &key, &impossible]);

        let read = store.find_verification(tenant(), id(1)).await.map(|_| ()).unwrap_err();

        assert_eq!(read.kind, StoreErrorKind::Corrupt, "{position} = {byte}");
    }
    server.call(&[b"SET", &key, b"x"]);
    assert_eq!(store.claim_attempt(&claim(2)).await.unwrap_err().kind, StoreErrorKind::Corrupt);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_that_remembers_more_draws_than_it_may_is_corrupt() {
    let engine = ValkeyEngine::start().await;
    let store = cache(&engine).await;
    store.draw_permits(&any_key("full"), &any_draw(1)).await.unwrap();
    let (key, value) = engine.dump().pop_first().unwrap();

    let full = [value, vec![7; 4 * 20]].concat();
    engine.servers()[0].call(&[b"SET", &key, &full]);

    let error = store.draw_permits(&any_key("full"), &any_draw(2)).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Corrupt);
}

/// A counter whose newest draws, or whose violations, are missing is a possible one.
fn is_shorter_history(length: usize, whole: usize) -> bool {
    (whole - length).is_multiple_of(20)
}

/// One entry of each kind.
async fn filled(store: &ValkeyStore) {
    store.open_verification(&verification(1)).await.unwrap();
    store.draw_permits(&any_key("corrupt"), &any_draw(1)).await.unwrap();
    begin(store).await.unwrap();
    let durable = MemoryStore::new();
    let enrollment = domain::Enrollment {
        tenant: tenant(),
        user: user(),
        key_version: 1,
        branch_key_version: BranchKeyVersion::FIRST,
        factors: factors(&[FactorType::Pin, FactorType::Nfc]),
        created_at: now(),
        user_key: Sealed::new(vec![1; 61]),
        askable_sets: Sealed::new(vec![2; 98]),
        device_id: None,
        request: fingerprint(3),
    };
    let tiered = Tiered::new(durable, store.clone());
    store::CreateEnrollment::create_enrollment(&tiered, &enrollment, &crate::records::event(1)).await.unwrap();
}

/// Changes the verification and the request in every way.
async fn changed(store: &ValkeyStore) {
    for number in [2, 3, 4] {
        store.claim_attempt(&claim(number)).await.unwrap();
    }
    store.fail_attempt(&claimed(2), 2).await.unwrap();
    store.release_attempt(&claimed(3)).await.unwrap();
    store.claim_attempt(&ClaimRequest { nonce: RequestNonce([9; 8]), ..claim(3) }).await.unwrap();
    let session = Session {
        tenant: tenant(),
        user: user(),
        id: SessionId::from_keyed_bytes([8; 16]),
        acr: Acr::TwoCategories,
        key_version: 1,
        created_at: now(),
        refreshed_at: now(),
        expires_at: now() + SessionProfile::PAYMENTS.lifetime,
        epoch: SessionEpoch::new(7),
        family: SecretHash::new([9; 32]),
        refresh_token: SecretHash::new([7; 32]),
        approved_transaction: false,
        revoked_at: None,
    };
    let ClaimedAttempt { verification, attempt, nonce, .. } = claimed(4);
    let answer = Sealed::new(vec![6; 900]);
    let completion = CompletionRequest { verification, attempt, nonce, session, evicted: Vec::new(), answer };
    let tiered = Tiered::new(MemoryStore::new(), store.clone());
    assert_eq!(tiered.complete_verification(&completion).await.unwrap(), Completion::Completed);
    let answer = Sealed::new(vec![6; 90]);
    store.finish_request(tenant(), &fingerprint(4), RequestNonce([5; 8]), &answer).await.unwrap();
}

async fn begin(store: &ValkeyStore) -> Result<store::Beginning, store::StoreError> {
    store.begin_request(tenant(), &fingerprint(4), RequestNonce([5; 8]), now()).await
}

fn verification(number: u8) -> Verification {
    Verification {
        tenant: tenant(),
        id: id(number),
        user: user(),
        asked: factors(&[FactorType::Pin, FactorType::Nfc]),
        key_version: 1,
        branch_key_version: BranchKeyVersion::FIRST,
        seed: SessionSeed::new([4; 16]),
        further_turns: 0,
        transaction: Some(TransactionHash::new([5; 32])),
        created_at: now(),
        expires_at: now() + VERIFICATION_LIFETIME,
        attempts: BTreeMap::new(),
        verified: None,
        request: fingerprint(1),
    }
}

fn claim(number: u8) -> ClaimRequest {
    ClaimRequest {
        tenant: tenant(),
        verification: id(1),
        attempt: fingerprint(number),
        nonce: RequestNonce([number; 8]),
        presented: factors(&[FactorType::Pin, FactorType::Nfc]),
        now: now(),
    }
}

fn claimed(number: u8) -> ClaimedAttempt {
    let ClaimRequest { tenant, verification, attempt, nonce, .. } = claim(number);
    ClaimedAttempt { tenant, verification, attempt: attempt.key, nonce }
}

fn memory(engine: &ValkeyEngine) -> i64 {
    let usage = |key: &Vec<u8>| engine.servers()[0].call(&[b"MEMORY", b"USAGE", key]);
    engine.dump().keys().map(usage).map(Reply::number).sum()
}

fn tenant() -> TenantId {
    TenantId::from_keyed_bytes([1; 16])
}

fn user() -> UserId {
    UserId::from_keyed_bytes([2; 16])
}

fn id(number: u8) -> VerificationId {
    VerificationId::at_home([number; 16], Home::Cache)
}

fn factors(types: &[FactorType]) -> FactorSet {
    FactorSet::of(types.iter().copied()).unwrap()
}

fn fingerprint(number: u8) -> RequestFingerprint {
    let key: IdempotencyKey = EventId::at(now(), &[number; 10]).to_string().parse().unwrap();
    RequestFingerprint { key, body: [number; 32] }
}

fn now() -> Timestamp {
    Timestamp::from_millisecond(1_790_000_000_000).unwrap()
}
