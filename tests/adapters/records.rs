//! Records that the tests here store.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{
    Algorithm, BranchKeyVersion, CounterKey, Draw, DrawId, EventId, IdempotencyKey, Limit, LimitSubject, ListedAccess,
    Listing, Penalty, RequestFingerprint, RequestNonce, Sealed, SecretHash, Session, SessionId, TenantId,
    TransactionHash, UserId, VERIFICATION_LIFETIME, Verification, VerificationId,
};
use jiff::Timestamp;
use store::{ClaimRequest, ClaimedAttempt, CompletionRequest};

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

pub(crate) fn verification() -> Verification {
    Verification {
        tenant: tenant(),
        id: VerificationId::from_keyed_bytes([8; 16]),
        user: user(),
        asked: "pin+nfc".parse().unwrap(),
        key_version: 1,
        branch_key_version: BranchKeyVersion::FIRST,
        verifier: Sealed::new(vec![9; 97]),
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
        created_at: now(),
        expires_at: later(3_600),
        refresh_token: SecretHash::new([number; 32]),
        revoked_at: None,
    }
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
