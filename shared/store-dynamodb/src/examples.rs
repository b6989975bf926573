//! An item of every kind, as it usually is and at its largest, for tests.

use std::collections::BTreeMap;

use domain::{
    Account, Acr, ApiKeyMode, Attempt, AttemptMark, AttemptState, BranchKeyVersion, Counter, CounterKey, DrawId,
    Enrollment, EventId, FactorSet, FactorType, Failures, IdempotencyKey, Level, LimitSubject, ListedAccess,
    ListedSubject, Listing, RequestFingerprint, RequestNonce, Sealed, SecretHash, Session, SessionEpoch, SessionId,
    SessionSeed, TenantId, TransactionHash, UserId, Verification, VerificationId, Verified, Violations,
};
use jiff::Timestamp;
use store::{
    ApiKeyRecord, BranchKeyRecord, EventKey, EventRecord, ListedApiKey, LogHead, LogPosition, OutboxEvent,
    SigningKeyRecord,
};

use crate::item::{Item, instant};
use crate::log_head::Turn;
use crate::{
    account, api_key, branch_key, counter, enrollment, event, key_register, keys, listing, log_head, outbox, request,
    session_epoch, signing_key, verification,
};

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
    let [usual, mut largest] = enrollments().map(|record| enrollment::item(&record));
    largest.insert(enrollment::DISABLED.to_owned(), instant(at(0)));
    let enrolled = kind("core", "enrollment", usual, largest);
    let [usual, largest] = [at(0), at(0)].map(|at| enrollment::tombstone(tenant(), user(), at));
    let tombstone = kind("core", "tombstone", usual, largest);
    let [usual, largest] = accounts().map(|record| account::item(tenant(), user(), &record, at(0)));
    let account = kind("core", "account", usual, largest);
    let [usual, largest] = [1, u64::MAX].map(|epoch| session_epoch::item(tenant(), 11, SessionEpoch::new(epoch)));
    let epoch = kind("core", "session epoch", usual, largest);
    let [usual, largest] = branch_keys.each_ref().map(version);
    let branch = kind("core", "branch key", usual, largest);
    let [usual, largest] = branch_keys.each_ref().map(newest);
    let newest = kind("core", "newest branch key", usual, largest);
    let [usual, largest] = branch_keys.each_ref().map(key_register::item);
    let registered = kind("core", "registered branch key", usual, largest);
    let [usual, largest] = api_keys.each_ref().map(|key| api_key::item(&key.record));
    let api_key = kind("core", "API key", usual, largest);
    let [usual, largest] = api_keys.map(|key| api_key::listed_item(&key));
    let listed_api_key = kind("core", "listed API key", usual, largest);
    let [usual, largest] = signing_keys.map(|record| signing_key::item(&record));
    let signing_key = kind("core", "signing key", usual, largest);
    let [usual, largest] = listings().map(|record| listing::item(&record));
    let listing = kind("core", "listing", usual, largest);
    let [usual, largest] = outbox_events().map(|event| outbox::item(&event));
    let outbox_event = kind("core", "outbox event", usual, largest);
    let [usual, largest] = verifications().map(|record| verification::item(&record));
    let verification = kind("ephemeral", "verification", usual, largest);
    let [usual, largest] = [None, Some(&sealed(ANSWER))]
        .map(|answer| request::item(tenant(), &fingerprint(), RequestNonce([4; 8]), at(0), answer));
    let request = kind("ephemeral", "request", usual, largest);
    let [usual, largest] = counters();
    let counter = kind("ephemeral", "counter", usual, largest);
    let [[usual, usual_by_time], [largest, largest_by_time]] = events().map(|record| event::items(&record));
    let by_subject = kind("audit", "event by subject", usual, largest);
    let by_time = kind("audit", "event by time", usual_by_time, largest_by_time);
    let log_head = kind("audit", "log head", log_heads().0, log_heads().1);
    vec![
        enrolled,
        tombstone,
        account,
        epoch,
        branch,
        newest,
        registered,
        api_key,
        listed_api_key,
        signing_key,
        listing,
        outbox_event,
        verification,
        request,
        counter,
        by_subject,
        by_time,
        log_head,
    ]
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
pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_793_491_234_567 + millis).unwrap()
}

fn key(number: u8) -> IdempotencyKey {
    EventId::at(at(0), &[number; 10]).to_string().parse().unwrap()
}

pub(crate) fn request_key() -> IdempotencyKey {
    "018f0000-0000-7000-8000-00000000000f".parse().unwrap()
}

pub(crate) fn counter_key() -> CounterKey {
    CounterKey::new("user", LimitSubject::User(tenant(), user()))
}

fn fingerprint() -> RequestFingerprint {
    RequestFingerprint { key: key(0), body: [6; 32] }
}

/// The largest answer to a right attempt: a token of up to 1,000 characters, a refresh token, and their names.
const ANSWER: usize = 1_400;

fn factors(types: &[FactorType]) -> FactorSet {
    FactorSet::of(types.iter().copied()).unwrap()
}

/// What sealing adds to a plaintext: a format byte, a nonce and a tag.
const SEALED: usize = 1 + 12 + 16;

/// One verifier: its set's text with a length byte, parameters, branch key version, salt, tag.
const fn verifier(set: usize) -> usize {
    1 + set + 7 + 4 + 16 + 32
}

/// How another system hashed a digest: what of it, parameters, the longest salt with a length byte.
const RECIPE: usize = 1 + 7 + 1 + 48;

fn sealed(plaintext: usize) -> Sealed {
    Sealed::new(vec![7; plaintext + SEALED])
}

/// Four factors have nine askable sets; eleven have sixteen, of which none has a longer text than
/// `image_tap+device_secret+fingerprint`. The largest was imported: each verifier is marked, and each factor has a recipe.
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
        request: fingerprint(),
    };
    let largest = Enrollment {
        key_version: u32::MAX,
        branch_key_version: BranchKeyVersion::new(u32::MAX).unwrap(),
        factors: factors(&FactorType::ALL),
        askable_sets: sealed(2 + 16 * (1 + verifier(35)) + 11 * RECIPE),
        device_id: Some(sealed(128)),
        ..usual.clone()
    };
    [usual, largest]
}

/// Usually one failure that was reserved just now, and one session from before.
fn accounts() -> [Account; 2] {
    let session = |number: u8, epoch, revoked_at| Session {
        tenant: tenant(),
        user: user(),
        id: SessionId::from_keyed_bytes([number; 16]),
        acr: Acr::ThreeCategories,
        key_version: u32::from(number),
        created_at: at(0),
        refreshed_at: at(1),
        expires_at: at(3_600_000),
        epoch: SessionEpoch::new(epoch),
        family: SecretHash::new([9; 32]),
        refresh_token: SecretHash::new([8; 32]),
        approved_transaction: true,
        revoked_at,
    };
    let of = |failures: u8, sessions: Vec<Session>| Account {
        failures: Failures::new((0..failures.into()).map(at).collect()).unwrap(),
        reserved: (0..failures).map(|number| AttemptMark([number; 8])).collect(),
        sessions: sessions.into_iter().map(|session| (session.id, session)).collect(),
        key_version: (failures == 10).then_some(u32::MAX),
    };
    let most = (1..=5).map(|number| session(number, u64::MAX, Some(at(1)))).collect();
    [of(1, vec![session(1, 0, None)]), of(10, most)]
}

fn listings() -> [Listing; 2] {
    let usual = Listing {
        subject: ListedSubject::Network("198.51.100.0/24".parse().unwrap()),
        access: ListedAccess::Denied,
        expires_at: at(0),
    };
    let subject = ListedSubject::User(tenant(), user());
    [usual.clone(), Listing { subject, access: ListedAccess::Allowed, ..usual }]
}

/// Usually a bucket that was drawn from once; at most a source's windows with violations and a time-out.
fn counters() -> [Item; 2] {
    let draw = |number: u8| (DrawId([number; 16]), u32::MAX);
    let bucket = Counter { level: Level::Bucket { full_at: at(0) }, violations: None, recent: vec![(draw(1).0, 1)] };
    let violations = Violations { count: 5, since: at(0), window: at(1), blocked_until: Some(at(2)) };
    let windows = Counter {
        level: Level::Windows { start: at(0), current: u32::MAX, previous: u32::MAX },
        violations: Some(violations),
        recent: vec![draw(1), draw(2), draw(3), draw(4)],
    };
    let source = "2001:db8:1111:2222::".parse().map(domain::SourceAddress::from_transport).unwrap();
    let largest = CounterKey::new("device", LimitSubject::Source(tenant(), source));
    [counter::item(&counter_key(), &bucket, 1, at(0)), counter::item(&largest, &windows, 999_999_999, at(0))]
}

/// A 32-byte key as AWS KMS wraps it.
fn branch_keys() -> [BranchKeyRecord; 2] {
    let usual = BranchKeyRecord {
        tenant: tenant(),
        version: BranchKeyVersion::new(7).unwrap(),
        wrapped: vec![9; 184],
        first: Some(vec![8; 184]),
        created_at: at(0),
    };
    [usual.clone(), BranchKeyRecord { wrapped: vec![9; 256], first: Some(vec![8; 256]), ..usual }]
}

/// Usually a key with a short name, for everything; at most one of the longest name that was used, replaced and revoked.
fn api_keys() -> [ListedApiKey; 2] {
    let name = |length| "n".repeat(length).parse().ok();
    let usual = ApiKeyRecord {
        mode: Some(ApiKeyMode::Live),
        name: name(12),
        ..ApiKeyRecord::new(SecretHash::new([0xab; 32]), tenant(), at(0))
    };
    let largest = ApiKeyRecord {
        name: name(64),
        expires_at: Some(at(1)),
        revoked_at: Some(at(2)),
        replaced_by: Some(SecretHash::new([0xba; 32]).into()),
        ..usual.clone()
    };
    [ListedApiKey { record: usual, used_at: None }, ListedApiKey { record: largest, used_at: Some(at(3)) }]
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
        seed: SessionSeed::new([3; 16]),
        further_turns: 0,
        transaction: Some(TransactionHash::new([5; 32])),
        created_at: at(0),
        expires_at: at(300_000),
        attempts: BTreeMap::new(),
        verified: None,
        request: fingerprint(),
    };
    let attempt = |state| Attempt { body: [2; 32], claimed_at: at(0), nonce: RequestNonce([4; 8]), state };
    let wrong = |attempts_remaining| attempt(AttemptState::Wrong { attempts_remaining });
    let largest = Verification {
        asked: factors(&[FactorType::ImageTap, FactorType::DeviceSecret, FactorType::Fingerprint]),
        key_version: u32::MAX,
        branch_key_version: BranchKeyVersion::new(u32::MAX).unwrap(),
        further_turns: u8::MAX,
        attempts: [(key(1), wrong(2)), (key(2), wrong(1)), (key(3), attempt(AttemptState::Right))].into(),
        verified: Some(Verified { at: at(1), session: session_id(), answer: sealed(ANSWER) }),
        ..usual.clone()
    };
    [usual, largest]
}

fn outbox_events() -> [OutboxEvent; 2] {
    events().map(|EventRecord { key, payload, .. }| OutboxEvent { id: key.id, payload })
}

/// Usually a verification's success; at most an opening that asks for all that there is, with sealed data of the person.
fn events() -> [EventRecord; 2] {
    let usual = EventRecord {
        key: EventKey { tenant: tenant(), subject: SUBJECT, id: event_id() },
        at: at(0),
        kept_until: at(1),
        payload: vec![b'x'; 400],
        position: LogPosition { shard: 3, batch: 42, index: 1_234 },
    };
    let position = LogPosition { shard: u16::MAX, batch: 999_999_999_999, index: 9_999 };
    [usual.clone(), EventRecord { payload: vec![b'x'; 740], position, ..usual }]
}

/// Usually one that nobody is writing to; at most one of 2^40 batches that somebody has leased.
fn log_heads() -> (Item, Item) {
    let usual = LogHead { batch: 42, header: vec![b'x'; 490], edge: vec![[5; 32]; 3], is_settled: true };
    let largest = LogHead { batch: (1 << 40) - 1, header: vec![b'x'; 560], edge: vec![[5; 32]; 40], is_settled: false };
    let turn = Turn { holder: [6; 16], until: at(10_000) };
    (log_head::item(SHARD, &usual, None), log_head::item(SHARD, &largest, Some(&turn)))
}

pub(crate) const SUBJECT: [u8; 16] = [0xcd; 16];

pub(crate) const SHARD: u16 = 3;
