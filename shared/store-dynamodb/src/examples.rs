//! An item of every kind, as it usually is and at its largest, for tests.

use std::collections::BTreeMap;

use domain::{
    Attempt, BranchKeyVersion, Enrollment, EventId, FactorSet, FactorType, IdempotencyKey, RequestFingerprint, Sealed,
    SecretHash, Session, SessionId, TenantId, TransactionHash, UserId, Verification, VerificationId,
};
use jiff::Timestamp;
use store::{ApiKeyRecord, BranchKeyRecord, EventRecord, SigningKeyRecord};

use crate::item::Item;
use crate::{api_key, branch_key, enrollment, event, keys, session, signing_key, verification};

/// One kind of item.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) table: &'static str,
    pub(crate) usual: Item,
    /// With every attribute that the kind can have.
    pub(crate) largest: Item,
}

/// Every kind of item, in the order of the table of keys.
pub(crate) fn kinds() -> Vec<Kind> {
    let kind = |table, name, usual, largest| Kind { name, table, usual, largest };
    let newest = |record: &BranchKeyRecord| branch_key::item_at(&keys::newest_branch_key(record.tenant), record);
    let version =
        |record: &BranchKeyRecord| branch_key::item_at(&keys::branch_key(record.tenant, record.version), record);
    let (branch_keys, api_keys, signing_keys) = (branch_keys(), api_keys(), signing_keys());
    let [usual, largest] = enrollments().map(|record| enrollment::item(&record));
    let enrollment = kind("core", "enrollment", usual, largest);
    let [usual, largest] = sessions().map(|record| session::item(&record));
    let session = kind("core", "session", usual, largest);
    let [usual, largest] = branch_keys.each_ref().map(version);
    let branch = kind("core", "branch key", usual, largest);
    let [usual, largest] = branch_keys.each_ref().map(newest);
    let newest = kind("core", "newest branch key", usual, largest);
    let [usual, largest] = api_keys.map(|record| api_key::item(&record));
    let api_key = kind("core", "API key", usual, largest);
    let [usual, largest] = signing_keys.map(|record| signing_key::item(&record));
    let signing_key = kind("core", "signing key", usual, largest);
    let [usual, largest] = verifications().map(|record| verification::item(&record));
    let verification = kind("ephemeral", "verification", usual, largest);
    let [usual, largest] = events().map(|record| event::item(&record));
    let event = kind("audit", "event", usual, largest);
    vec![enrollment, session, branch, newest, api_key, signing_key, verification, event]
}

pub(crate) fn tenant() -> TenantId {
    "018f0000-0000-7000-8000-00000000000a".parse().unwrap()
}

pub(crate) fn user() -> UserId {
    "018f0000-0000-7000-8000-00000000000b".parse().unwrap()
}

pub(crate) fn session_id() -> SessionId {
    "018f0000-0000-7000-8000-00000000000c".parse().unwrap()
}

pub(crate) fn verification_id() -> VerificationId {
    "018f0000-0000-7000-8000-00000000000d".parse().unwrap()
}

pub(crate) fn event_id() -> EventId {
    "018f0000-0000-7000-8000-00000000000e".parse().unwrap()
}

/// 13 digits, none of them a trailing zero: instants at their largest.
fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_793_491_234_567 + millis).unwrap()
}

fn key(number: u8) -> IdempotencyKey {
    EventId::at(at(0), &[number; 10]).to_string().parse().unwrap()
}

fn request() -> RequestFingerprint {
    RequestFingerprint { key: key(0), body: [6; 32] }
}

fn factors(types: &[FactorType]) -> FactorSet {
    FactorSet::of(types.iter().copied()).unwrap()
}

/// What sealing adds to a plaintext: a format byte, a nonce and a tag.
const SEALED: usize = 1 + 12 + 16;

/// One verifier: its set's text with a length byte, parameters, branch key version, salt, tag.
const fn verifier(set: usize) -> usize {
    1 + set + 7 + 4 + 16 + 32
}

fn sealed(plaintext: usize) -> Sealed {
    Sealed::new(vec![7; plaintext + SEALED])
}

/// Four factors have nine askable sets; eleven have sixteen, of which none has a longer text than
/// `image_tap+device_secret+fingerprint`.
fn enrollments() -> [Enrollment; 2] {
    let four = [FactorType::Pin, FactorType::Words, FactorType::Nfc, FactorType::Fingerprint];
    let usual = Enrollment {
        tenant: tenant(),
        user: user(),
        key_version: 1,
        branch_key_version: BranchKeyVersion::FIRST,
        factors: factors(&four),
        created_at: at(0),
        user_key: sealed(32),
        askable_sets: sealed(2 + 9 * verifier(15)),
        device_id: Some(sealed(36)),
        request: request(),
    };
    let largest = Enrollment {
        key_version: u32::MAX,
        branch_key_version: BranchKeyVersion::new(u32::MAX).unwrap(),
        factors: factors(&FactorType::ALL),
        askable_sets: sealed(2 + 16 * verifier(35)),
        device_id: Some(sealed(128)),
        ..usual.clone()
    };
    [usual, largest]
}

fn sessions() -> [Session; 2] {
    let usual = Session {
        tenant: tenant(),
        user: user(),
        id: session_id(),
        created_at: at(0),
        expires_at: at(3_600_000),
        refresh_token: SecretHash::new([8; 32]),
        revoked_at: None,
    };
    let largest = Session { revoked_at: Some(at(1)), ..usual.clone() };
    [usual, largest]
}

/// A 32-byte key as AWS KMS wraps it.
fn branch_keys() -> [BranchKeyRecord; 2] {
    let usual = BranchKeyRecord {
        tenant: tenant(),
        version: BranchKeyVersion::new(7).unwrap(),
        wrapped: vec![9; 184],
        created_at: at(0),
    };
    [usual.clone(), BranchKeyRecord { wrapped: vec![9; 256], ..usual }]
}

fn api_keys() -> [ApiKeyRecord; 2] {
    let usual =
        ApiKeyRecord { hash: SecretHash::new([0xab; 32]), tenant: tenant(), created_at: at(0), expires_at: None };
    [usual, ApiKeyRecord { expires_at: Some(at(1)), ..usual }]
}

/// A PKCS#8 key of 138 bytes as AWS KMS wraps it.
fn signing_keys() -> [SigningKeyRecord; 2] {
    let usual = SigningKeyRecord {
        id: "kid-1".parse().unwrap(),
        public: vec![4; 65],
        wrapped_private: vec![9; 290],
        created_at: at(0),
        signs_from: at(600_000),
        retires_at: None,
    };
    [usual.clone(), SigningKeyRecord { wrapped_private: vec![9; 400], retires_at: Some(at(1)), ..usual }]
}

fn verifications() -> [Verification; 2] {
    let usual = Verification {
        tenant: tenant(),
        id: verification_id(),
        user: user(),
        asked: factors(&[FactorType::Pin, FactorType::Nfc]),
        key_version: 1,
        branch_key_version: BranchKeyVersion::FIRST,
        verifier: sealed(1 + verifier(7)),
        transaction: Some(TransactionHash::new([5; 32])),
        created_at: at(0),
        expires_at: at(300_000),
        attempts: BTreeMap::new(),
        verified: None,
        request: request(),
    };
    let wrong = |attempts_remaining| Attempt::Wrong { attempts_remaining };
    let largest = Verification {
        asked: factors(&[FactorType::ImageTap, FactorType::DeviceSecret, FactorType::Fingerprint]),
        key_version: u32::MAX,
        branch_key_version: BranchKeyVersion::new(u32::MAX).unwrap(),
        verifier: sealed(1 + verifier(35)),
        attempts: [(key(1), wrong(2)), (key(2), wrong(1)), (key(3), Attempt::Right)].into(),
        verified: Some((at(1), session_id())),
        ..usual.clone()
    };
    [usual, largest]
}

fn events() -> [EventRecord; 2] {
    let usual = EventRecord {
        id: event_id(),
        tenant: tenant(),
        subject: [0xcd; 16],
        at: at(0),
        kept_until: at(1),
        payload: vec![b'x'; 380],
    };
    [usual.clone(), EventRecord { payload: vec![b'x'; 640], ..usual }]
}
