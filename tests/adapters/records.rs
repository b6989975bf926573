//! Records that the tests here store.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{
    Acr, Algorithm, BranchKeyVersion, CounterKey, Draw, DrawId, Enrollment, EventId, FactorSet, FactorType,
    IdempotencyKey, Limit, LimitSubject, ListedAccess, Listing, Penalty, RequestFingerprint, RequestNonce, Sealed,
    SecretHash, Session, SessionEpoch, SessionId, SessionSeed, TenantId, TransactionHash, UserId,
    VERIFICATION_LIFETIME, Verification, VerificationId,
};
use jiff::Timestamp;
use store::{
    ApiKeyRecord, ApiKeyRotation, ClaimRequest, ClaimedAttempt, CompletionRequest, Disabling, Enabling, Erasure,
    EventKey, EventQuery, EventRecord, FactorRotation, LogHead, LogPosition, OutboxEvent, SessionKey, ShardLease,
    TokenRotation, UserRevocation,
};

pub(crate) fn tenant() -> TenantId {
    TenantId::from_keyed_bytes([1; 16])
}

pub(crate) fn user() -> UserId {
    UserId::from_keyed_bytes([2; 16])
}

/// Far in the future, so that no engine's housekeeping deletes what the tests look for.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millisecond(4_102_444_800_123).unwrap()
}

pub(crate) fn later(seconds: u64) -> Timestamp {
    now() + Duration::from_secs(seconds)
}

pub(crate) fn key(number: u8) -> IdempotencyKey {
    EventId::at(now(), &[number; 10]).to_string().parse().unwrap()
}

pub(crate) fn request() -> RequestFingerprint {
    RequestFingerprint { key: key(3), body: [4; 32] }
}

/// The `number`th API key of the tenant.
pub(crate) fn api_key(number: u8) -> ApiKeyRecord {
    ApiKeyRecord::new(SecretHash::new([number; 32]), tenant(), now())
}

/// The first key is replaced by the `number`th within a minute.
pub(crate) fn key_rotation(number: u8) -> ApiKeyRotation {
    ApiKeyRotation { replaced: api_key(1).hash, replaced_expires_at: later(60), replacement: api_key(number) }
}

pub(crate) fn verification() -> Verification {
    Verification {
        tenant: tenant(),
        id: VerificationId::from_keyed_bytes([8; 16]),
        user: user(),
        asked: "pin+nfc".parse().unwrap(),
        key_version: 1,
        branch_key_version: BranchKeyVersion::FIRST,
        seed: SessionSeed::new([9; 16]),
        further_turns: 0,
        transaction: Some(TransactionHash::new([1; 32])),
        created_at: now(),
        expires_at: now() + VERIFICATION_LIFETIME,
        attempts: BTreeMap::new(),
        verified: None,
        request: request(),
    }
}

/// The claim of the `number`th attempt, by an execution of the same number.
pub(crate) fn claim(number: u8) -> ClaimRequest {
    let verification = verification();
    ClaimRequest {
        tenant: verification.tenant,
        verification: verification.id,
        attempt: RequestFingerprint { key: key(number), body: [number; 32] },
        nonce: nonce(number),
        presented: verification.asked,
        now: now(),
    }
}

pub(crate) fn nonce(number: u8) -> RequestNonce {
    RequestNonce([number; 8])
}

/// The `number`th attempt as it was claimed.
pub(crate) fn claimed(number: u8) -> ClaimedAttempt {
    let ClaimRequest { tenant, verification, attempt, nonce, .. } = claim(number);
    ClaimedAttempt { tenant, verification, attempt: attempt.key, nonce }
}

/// The completion by the `number`th attempt, opening the session of the same number.
pub(crate) fn completion(number: u8) -> CompletionRequest {
    CompletionRequest {
        verification: verification().id,
        attempt: key(number),
        nonce: nonce(number),
        session: session(number),
        evicted: Vec::new(),
        answer: Sealed::new(vec![6; 200]),
    }
}

pub(crate) fn session(number: u8) -> Session {
    Session {
        tenant: tenant(),
        user: user(),
        id: SessionId::from_keyed_bytes([number; 16]),
        acr: Acr::TwoCategories,
        key_version: 1,
        created_at: now(),
        refreshed_at: now(),
        expires_at: later(3_600),
        epoch: SessionEpoch::FIRST,
        family: SecretHash::new([100 + number; 32]),
        refresh_token: SecretHash::new([number; 32]),
        approved_transaction: false,
        revoked_at: None,
    }
}

/// What finds the `number`th session.
pub(crate) fn session_key(number: u8) -> SessionKey {
    SessionKey { tenant: tenant(), user: user(), session: session(number).id }
}

/// The exchange of the `number`th session's refresh token.
pub(crate) fn rotation(number: u8) -> TokenRotation {
    TokenRotation {
        session: session_key(number),
        presented: session(number).refresh_token,
        next: SecretHash::new([200 + number; 32]),
        at: now(),
    }
}

/// The revocation of all of these sessions, of which there are no others.
pub(crate) fn revocation(numbers: &[u8]) -> UserRevocation {
    UserRevocation {
        tenant: tenant(),
        user: user(),
        known: numbers.iter().map(|number| session(*number).id).collect(),
        ends: numbers.iter().map(|number| (session(*number).id, event(100 + number))).collect(),
        at: now(),
    }
}

/// Four factors with nine askable sets, and a device.
pub(crate) fn enrollment() -> Enrollment {
    let factors = [FactorType::Pin, FactorType::Words, FactorType::Nfc, FactorType::Fingerprint];
    Enrollment {
        tenant: tenant(),
        user: user(),
        key_version: 1,
        branch_key_version: BranchKeyVersion::FIRST,
        factors: FactorSet::of(factors).unwrap(),
        created_at: now(),
        user_key: Sealed::new(vec![5; 61]),
        askable_sets: Sealed::new(vec![6; 706]),
        device_id: Some(Sealed::new(vec![7; 65])),
        request: request(),
    }
}

/// The rotation of [`enrollment`] by a request of its own.
pub(crate) fn factor_rotation() -> FactorRotation {
    let request = RequestFingerprint { key: key(200), body: [200; 32] };
    FactorRotation { enrollment: Enrollment { key_version: 2, request, ..enrollment() }, asked_by: None, at: now() }
}

/// The erasure of the user.
pub(crate) fn erasure() -> Erasure {
    Erasure { tenant: tenant(), user: user(), asked_by: None, at: now() }
}

/// The disabling of the user.
pub(crate) fn disabling() -> Disabling {
    Disabling { tenant: tenant(), user: user(), at: now() }
}

/// The enabling of the user with the factors of [`enrollment`].
pub(crate) fn enabling() -> Enabling {
    Enabling { tenant: tenant(), user: user(), key_version: enrollment().key_version, at: later(1) }
}

/// The `number`th event in the outbox.
pub(crate) fn event(number: u8) -> OutboxEvent {
    OutboxEvent { id: event_id(number), payload: vec![b'x'; 400] }
}

/// The id of the `number`th event; they sort as the numbers do.
pub(crate) fn event_id(number: u8) -> EventId {
    EventId::at(now(), &[0, number, number, number, number, number, number, number, number, number])
}

/// The `number`th event of the log, all of one subject and one millisecond.
pub(crate) fn record(number: u8) -> EventRecord {
    EventRecord {
        key: EventKey { tenant: tenant(), subject: [9; 16], id: event_id(number) },
        at: now(),
        kept_until: later(400 * 86_400),
        payload: vec![b'x'; 400],
        position: LogPosition { shard: 3, batch: 7, index: number.into() },
    }
}

/// A day of everybody, or of the subject of all records.
pub(crate) fn query(subject: Option<[u8; 16]>) -> EventQuery {
    EventQuery { tenant: tenant(), subject, from: now(), until: later(86_400), after: None, limit: 1_000 }
}

/// The lease of a shard by the `number`th writer.
pub(crate) fn lease(number: u8) -> ShardLease {
    ShardLease { shard: 3, holder: [number; 16] }
}

/// The head after this batch, before it is settled.
pub(crate) fn head(batch: u64) -> LogHead {
    LogHead { batch, header: vec![b'x'; 490], edge: vec![[5; 32]; 3], is_settled: false }
}

/// Three requests in ten seconds.
pub(crate) fn limit(algorithm: Algorithm, penalty: Penalty) -> Limit {
    Limit { algorithm, quota: 3.try_into().unwrap(), period: Duration::from_secs(10), penalty }
}

pub(crate) fn counter() -> CounterKey {
    CounterKey::new("user", LimitSubject::User(tenant(), user()))
}

/// A counter of its own for each algorithm.
pub(crate) fn counter_of(algorithm: Algorithm) -> CounterKey {
    CounterKey::new(&format!("{algorithm:?}"), LimitSubject::Tenant(tenant()))
}

/// The `number`th draw of one permit.
pub(crate) fn draw(number: u8, limit: Limit, now: Timestamp) -> Draw {
    Draw { limit, permits: 1, id: DrawId([number; 16]), now }
}

/// An entry of the operator's list.
pub(crate) fn listing() -> Listing {
    Listing {
        subject: "network/198.51.100.0/24".parse().unwrap(),
        access: ListedAccess::Denied,
        expires_at: later(86_400),
    }
}
