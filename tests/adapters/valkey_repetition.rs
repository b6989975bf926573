//! Calls that the cache carried out and whose answers were lost, and what the store in front of the durable one makes of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign_tests::ValkeyEngine;
use domain::{
    Account, Acr, AttemptState, BranchKeyVersion, Drawn, EventId, FactorSet, FactorType, Home, IN_FLIGHT_FOR,
    IdempotencyKey, RequestFingerprint, RequestNonce, Sealed, SecretHash, Session, SessionEpoch, SessionId,
    SessionProfile, SessionSeed, TenantId, UserId, VERIFICATION_LIFETIME, Verification, VerificationId,
};
use jiff::Timestamp;
use store::{
    BeginRequest, Beginning, Claim, ClaimAttempt, ClaimRequest, ClaimedAttempt, CompleteVerification, Completion,
    CompletionRequest, CreateEnrollment, DrainOutbox, DrawPermits, FailAttempt, FindAccount, FindEnrollment,
    FindSession, FinishRequest, OUTBOX_PARTS, OpenSession, OpenVerification, Opening, Revocation, RevokeSession,
    SessionKey, UpgradeVerifiers,
};
use store_valkey::{Tiered, ValkeyStore};
use testkit::MemoryStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::records::event;
use crate::valkey::{any_draw, any_key, cache, cache_at, eventually};

/// Every command is carried out twice, since the first answer to each is lost with its connection.
#[tokio::test(flavor = "multi_thread")]
async fn a9_a_lost_answer_is_never_counted_twice() {
    let engine = ValkeyEngine::start().await;
    let reliable = cache(&engine).await;
    let lossy = lossy(&engine).await;

    let drawn = lossy.draw_permits(&any_key("a9"), &any_draw(1)).await.unwrap();
    let opened = lossy.open_verification(&verification()).await.unwrap();
    let claimed = lossy.claim_attempt(&claim(1)).await.unwrap();
    let begun = lossy.begin_request(tenant(), &fingerprint(1), RequestNonce([1; 8]), now()).await.unwrap();

    let Drawn::Granted { remaining, .. } = drawn else { panic!("{drawn:?}") };
    assert_eq!(remaining, u32::MAX - 1);
    assert!(matches!(opened, Opening::AlreadyOpened(existing) if existing.request == verification().request));
    let Claim::Granted(verification) = claimed else { panic!("{claimed:?}") };
    assert_eq!((verification.attempts.len(), begun), (1, Beginning::Begun));

    lossy.finish_request(tenant(), &fingerprint(1), RequestNonce([1; 8]), &Sealed::new(vec![9; 40])).await.unwrap();
    let completion = Tiered::new(MemoryStore::new(), lossy).complete_verification(&completion(1)).await.unwrap();
    let again = reliable.begin_request(tenant(), &fingerprint(1), RequestNonce([2; 8]), now()).await.unwrap();
    assert_eq!((completion, again), (Completion::Completed, Beginning::Answered(Sealed::new(vec![9; 40]))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_a_wrong_attempt_stays_wrong_however_late_it_is_repeated() {
    let engine = ValkeyEngine::start().await;
    let store = cache(&engine).await;
    store.open_verification(&verification()).await.unwrap();
    store.claim_attempt(&claim(1)).await.unwrap();
    let claimed = ClaimedAttempt {
        tenant: tenant(),
        verification: verification().id,
        attempt: fingerprint(1).key,
        nonce: RequestNonce([1; 8]),
    };
    store.fail_attempt(&claimed, 2).await.unwrap();

    let late = ClaimRequest { now: now() + 2 * IN_FLIGHT_FOR, nonce: RequestNonce([2; 8]), ..claim(1) };
    let repeated = store.claim_attempt(&late).await.unwrap();

    let Claim::Repeated(verification) = repeated else { panic!("{repeated:?}") };
    let states: Vec<_> = verification.attempts.values().map(|attempt| attempt.state).collect();
    assert_eq!(states, [AttemptState::Wrong { attempts_remaining: 2 }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a3_a_repeated_success_opens_the_session_that_a_crash_left_unopened() {
    let engine = ValkeyEngine::start().await;
    let (store, durable) = decided_by_a_process_that_died(&engine).await;

    let claim = store.claim_attempt(&claim(1)).await.unwrap();

    assert!(matches!(claim, Claim::Repeated(verification) if verification.verified.is_some()));
    assert_eq!(found(&durable).await, Some(completion(1).session));
}

#[tokio::test(flavor = "multi_thread")]
async fn i5_a_repeated_success_never_brings_a_removed_session_back() {
    let engine = ValkeyEngine::start().await;
    let (store, durable) = decided_by_a_process_that_died(&engine).await;
    let session = completion(1).session;
    // It was opened after all, revoked, and cleared away by a later one; that is revoked as well.
    durable.open_session(&session, &[]).await.unwrap();
    durable.revoke_session(&key_of(&session), now(), &event(1)).await.unwrap();
    let later = Session { id: SessionId::from_keyed_bytes([77; 16]), ..session.clone() };
    durable.open_session(&later, &[session.id]).await.unwrap();
    durable.revoke_session(&key_of(&later), now(), &event(2)).await.unwrap();

    store.claim_attempt(&claim(1)).await.unwrap();

    assert_eq!(found(&durable).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_success_looks_into_the_account_once() {
    let engine = ValkeyEngine::start().await;
    let (store, durable) = decided_by_a_process_that_died(&engine).await;
    store.claim_attempt(&claim(1)).await.unwrap();
    let confirmed = async || engine.dump().values().any(|value| value[63 + 31] == 1);
    eventually("the session is noted to be open", confirmed).await;

    // Were the account looked into again, the session would be missed and opened again.
    let account = durable.find_account(tenant(), user()).await.unwrap().unwrap_or_default();
    assert_eq!(account.sessions.len(), 1);
    let elsewhere = Tiered::new(MemoryStore::new(), cache(&engine).await);
    elsewhere.claim_attempt(&claim(1)).await.unwrap();

    assert_eq!(elsewhere.find_account(tenant(), user()).await.unwrap(), None::<Account>);
    drop(store);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_that_the_cache_refuses_leaves_no_live_session() {
    let engine = ValkeyEngine::start().await;
    let store = Tiered::new(MemoryStore::new(), cache(&engine).await);
    store.open_verification(&verification()).await.unwrap();
    store.claim_attempt(&claim(1)).await.unwrap();
    let mut late = completion(1);
    late.session.created_at = verification().expires_at;

    let completion = store.complete_verification(&late).await.unwrap();

    assert_eq!(completion, Completion::Closed);
    let session = store.find_session(tenant(), user(), late.session.id).await.unwrap().unwrap();
    assert!(session.revoked_at.is_some());
    let again = store.revoke_session(&key_of(&late.session), now(), &event(1)).await.unwrap();
    assert_eq!(again, Revocation::AlreadyRevoked);
    for part in 0..OUTBOX_PARTS {
        assert_eq!(store.outbox_events(part, 9).await.unwrap(), [], "nobody had a token of it");
    }
}

fn key_of(session: &Session) -> SessionKey {
    SessionKey { tenant: session.tenant, user: session.user, session: session.id }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_finished_where_it_was_begun() {
    let engine = ValkeyEngine::start().await;
    let durable = MemoryStore::new();
    let nonce = RequestNonce([1; 8]);
    Tiered::without_cache(durable.clone()).begin_request(tenant(), &fingerprint(1), nonce, now()).await.unwrap();

    let store = Tiered::new(durable.clone(), cache(&engine).await);
    store.finish_request(tenant(), &fingerprint(1), nonce, &Sealed::new(vec![9; 40])).await.unwrap();

    let other = RequestNonce([2; 8]);
    let again = durable.begin_request(tenant(), &fingerprint(1), other, now()).await.unwrap();
    assert_eq!(again, Beginning::Answered(Sealed::new(vec![9; 40])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_never_puts_back_what_was_changed() {
    let engine = ValkeyEngine::start().await;
    let durable = MemoryStore::new();
    let store = Tiered::new(durable.clone(), cache(&engine).await);
    let enrollment = enrollment();

    assert_eq!(store.find_enrollment(tenant(), user()).await.unwrap(), None);
    eventually("that there is none is copied", async || !engine.dump().is_empty()).await;
    store.create_enrollment(&enrollment, &event(1)).await.unwrap();
    assert_eq!(store.find_enrollment(tenant(), user()).await.unwrap(), Some(enrollment.clone()));

    let after = Sealed::new(vec![3; 200]);
    store.upgrade_verifiers(tenant(), user(), &enrollment.askable_sets, &after).await.unwrap();
    let gap = engine.dump();
    for _ in 0..20 {
        let read = store.find_enrollment(tenant(), user()).await.unwrap().unwrap();
        assert_eq!(read.askable_sets, after);
    }
    assert_eq!(engine.dump(), gap, "no reader has filled the gap");
}

/// A verification that the cache has as verified, and whose session nobody has opened.
async fn decided_by_a_process_that_died(engine: &ValkeyEngine) -> (Tiered<MemoryStore>, MemoryStore) {
    let (durable, other) = (MemoryStore::new(), MemoryStore::new());
    let cache = cache(engine).await;
    let died = Tiered::new(other, cache.clone());
    died.open_verification(&verification()).await.unwrap();
    died.claim_attempt(&claim(1)).await.unwrap();
    died.complete_verification(&completion(1)).await.unwrap();
    let confirmed = async || engine.dump().values().any(|value| value[63 + 31] == 1);
    eventually("the session is noted to be open", confirmed).await;
    let (key, mut value) = engine.dump().pop_first().unwrap();
    value[63 + 31] = 0;
    engine.servers()[0].call(&[b"SET", &key, &value, b"KEEPTTL"]);
    (Tiered::new(durable.clone(), cache), durable)
}

async fn found(durable: &MemoryStore) -> Option<Session> {
    durable.find_session(tenant(), user(), completion(1).session.id).await.unwrap()
}

/// A cache behind a relay that passes every command on and closes the connection in place of its answer; a command that comes
/// again gets its answer.
async fn lossy(engine: &ValkeyEngine) -> ValkeyStore {
    let server = engine.servers()[0].port();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    tokio::spawn(async move {
        loop {
            let (inner, _) = listener.accept().await.unwrap();
            tokio::spawn(pass_on(inner, server, Arc::clone(&seen)));
        }
    });
    cache_at(&url, Duration::from_secs(20)).await
}

async fn pass_on(mut inner: TcpStream, server: u16, seen: Arc<Mutex<BTreeSet<Vec<u8>>>>) {
    let mut outer = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
    let (mut command, mut answer) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        let length = inner.read(&mut command).await.unwrap_or(0);
        if length == 0 {
            return;
        }
        outer.write_all(&command[..length]).await.unwrap();
        let answered = outer.read(&mut answer).await.unwrap();
        let was_carried_out = !answer.starts_with(b"-NOSCRIPT");
        if was_carried_out && seen.lock().unwrap().insert(command[..length].to_vec()) {
            return;
        }
        inner.write_all(&answer[..answered]).await.unwrap();
    }
}

fn verification() -> Verification {
    Verification {
        tenant: tenant(),
        id: VerificationId::at_home([3; 16], Home::Cache),
        user: user(),
        asked: factors(),
        key_version: 1,
        branch_key_version: BranchKeyVersion::FIRST,
        seed: SessionSeed::new([4; 16]),
        further_turns: 0,
        transaction: None,
        created_at: now(),
        expires_at: now() + VERIFICATION_LIFETIME,
        attempts: BTreeMap::new(),
        verified: None,
        request: fingerprint(9),
    }
}

fn claim(number: u8) -> ClaimRequest {
    ClaimRequest {
        tenant: tenant(),
        verification: verification().id,
        attempt: fingerprint(number),
        nonce: RequestNonce([number; 8]),
        presented: factors(),
        now: now() + Duration::from_secs(1),
    }
}

fn completion(number: u8) -> CompletionRequest {
    CompletionRequest {
        verification: verification().id,
        attempt: fingerprint(number).key,
        nonce: RequestNonce([number; 8]),
        session: Session {
            tenant: tenant(),
            user: user(),
            id: SessionId::from_keyed_bytes([number; 16]),
            acr: Acr::TwoCategories,
            key_version: 1,
            created_at: now() + Duration::from_secs(2),
            refreshed_at: now() + Duration::from_secs(2),
            expires_at: now() + SessionProfile::PAYMENTS.lifetime,
            epoch: SessionEpoch::new(7),
            family: SecretHash::new([100 + number; 32]),
            refresh_token: SecretHash::new([number; 32]),
            approved_transaction: false,
            revoked_at: None,
        },
        evicted: Vec::new(),
        answer: Sealed::new(vec![8; 900]),
    }
}

fn enrollment() -> domain::Enrollment {
    domain::Enrollment {
        tenant: tenant(),
        user: user(),
        key_version: 1,
        branch_key_version: BranchKeyVersion::FIRST,
        factors: factors(),
        created_at: now(),
        user_key: Sealed::new(vec![1; 61]),
        askable_sets: Sealed::new(vec![2; 200]),
        device_id: Some(Sealed::new(vec![3; 60])),
        request: fingerprint(3),
    }
}

fn tenant() -> TenantId {
    TenantId::from_keyed_bytes([1; 16])
}

fn user() -> UserId {
    UserId::from_keyed_bytes([2; 16])
}

fn factors() -> FactorSet {
    FactorSet::of([FactorType::Pin, FactorType::Nfc]).unwrap()
}

fn fingerprint(number: u8) -> RequestFingerprint {
    let key: IdempotencyKey = EventId::at(now(), &[number; 10]).to_string().parse().unwrap();
    RequestFingerprint { key, body: [number; 32] }
}

fn now() -> Timestamp {
    Timestamp::from_millisecond(1_790_000_000_000).unwrap()
}
