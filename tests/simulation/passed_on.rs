//! The ports in which no bug is planted.

use std::collections::BTreeSet;

use domain::{
    Account, BranchKeyVersion, CounterKey, Draw, Drawn, Enrollment, EventId, Failures, KeyId, ListedSubject, Listing,
    RequestFingerprint, RequestNonce, Sealed, SecretHash, Session, SessionId, TenantId, UserId, Verification,
    VerificationId,
};
use jiff::Timestamp;
use store::{
    ApiKeyRecord, Append, AppendBatch, BeginRequest, Beginning, BranchKeyRecord, ChangeListings, CheckReadiness,
    CreateApiKey, CreateBranchKey, CreateEnrollment, CreateSigningKey, DrainOutbox, DrawPermits, EnrollmentCreation,
    EventKey, EventPage, EventQuery, EventRecord, FindAccount, FindApiKey, FindBranchKey, FindEnrollment, FindEvents,
    FindListings, FindLogHeads, FindSession, FindVerification, FinishRequest, IndexEvents, KeepEvents, KeyRetirement,
    LeaseShard, Leasing, ListBranchKeys, ListSigningKeys, LogHead, OutboxEvent, RecogniseEvents, RegisteredBranchKey,
    RetireSigningKey, RotateBranchKey, ShardLease, SigningKeyRecord, StoreError, UnlockAccount, Unlocking, Upgrade,
    UpgradeVerifiers,
};

use crate::planted::Planted;

/// Each port's calls go to the store inside.
macro_rules! passed_on {
    ($($port:ident { $($call:ident($($argument:ident: $kind:ty),*) -> $value:ty;)+ })+) => {$(
        impl $port for Planted {
            $(async fn $call(&self, $($argument: $kind),*) -> Result<$value, StoreError> {
                self.inner.$call($($argument),*).await
            })+
        }
    )+};
}

passed_on! {
    AppendBatch { append_batch(lease: &ShardLease, head: &LogHead) -> Append; }
    BeginRequest {
        begin_request(tenant: TenantId, request: &RequestFingerprint, nonce: RequestNonce, now: Timestamp) -> Beginning;
    }
    ChangeListings {
        put_listing(listing: &Listing, event: &OutboxEvent) -> ();
        remove_listing(subject: &ListedSubject, event: &OutboxEvent) -> ();
    }
    CheckReadiness { check_readiness() -> (); }
    CreateApiKey { create_api_key(record: &ApiKeyRecord) -> (); }
    CreateBranchKey { create_branch_key(record: &BranchKeyRecord) -> bool; }
    CreateEnrollment { create_enrollment(enrollment: &Enrollment, event: &OutboxEvent) -> EnrollmentCreation; }
    CreateSigningKey { create_signing_key(record: &SigningKeyRecord) -> (); }
    DrainOutbox {
        outbox_events(part: u8, limit: u16) -> Vec<OutboxEvent>;
        remove_outbox_events(sent: &[EventId]) -> ();
    }
    DrawPermits { draw_permits(key: &CounterKey, draw: &Draw) -> Drawn; }
    FindAccount { find_account(tenant: TenantId, user: UserId) -> Option<Account>; }
    FindApiKey { find_api_key(hash: SecretHash) -> Option<ApiKeyRecord>; }
    FindBranchKey { find_branch_key(tenant: TenantId, version: Option<BranchKeyVersion>) -> Option<BranchKeyRecord>; }
    FindEnrollment { find_enrollment(tenant: TenantId, user: UserId) -> Option<Enrollment>; }
    FindEvents { find_events(query: &EventQuery) -> EventPage; }
    FindListings { find_listings() -> Vec<Listing>; }
    FindLogHeads { find_log_heads(shards: u16) -> Vec<(u16, LogHead)>; }
    FindSession { find_session(tenant: TenantId, user: UserId, session: SessionId) -> Option<Session>; }
    FindVerification { find_verification(tenant: TenantId, id: VerificationId) -> Option<Verification>; }
    FinishRequest {
        finish_request(tenant: TenantId, request: &RequestFingerprint, nonce: RequestNonce, answer: &Sealed) -> ();
        abandon_request(tenant: TenantId, request: &RequestFingerprint, nonce: RequestNonce) -> ();
    }
    IndexEvents { index_events(records: &[EventRecord]) -> Vec<EventId>; }
    KeepEvents { keep_events(events: &[OutboxEvent]) -> (); }
    LeaseShard {
        lease_shard(lease: &ShardLease, now: Timestamp, until: Timestamp) -> Leasing;
        release_shard(lease: &ShardLease, settled: Option<u64>) -> ();
    }
    ListBranchKeys { list_branch_keys(part: u8) -> Vec<RegisteredBranchKey>; }
    ListSigningKeys { list_signing_keys() -> Vec<SigningKeyRecord>; }
    RetireSigningKey {
        retire_signing_key(retirement: &KeyRetirement, event: &OutboxEvent) -> bool;
        remove_signing_key(key: &KeyId, by: Timestamp) -> ();
    }
    RotateBranchKey { rotate_branch_key(record: &BranchKeyRecord, event: &OutboxEvent) -> bool; }
    RecogniseEvents { recognise_events(keys: &BTreeSet<EventKey>) -> BTreeSet<EventKey>; }
    UnlockAccount {
        unlock_account(tenant: TenantId, user: UserId, known: &Failures, event: &OutboxEvent) -> Unlocking;
    }
    UpgradeVerifiers {
        upgrade_verifiers(tenant: TenantId, user: UserId, before: &Sealed, after: &Sealed) -> Upgrade;
    }
}
