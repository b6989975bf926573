//! The ports in which no bug is planted.

use std::collections::BTreeSet;

use domain::{
    Account, ApiKeyId, BranchKeyVersion, CounterKey, Draw, Drawn, Enrollment, EventId, Failures, KeyId, ListedSubject,
    Listing, RequestFingerprint, RequestNonce, Sealed, SecretHash, Session, SessionEpoch, SessionId, TenantId, UserId,
    Verification, VerificationId,
};
use jiff::Timestamp;
use store::{
    AdvanceSessionEpoch, ApiKeyChange, ApiKeyRecord, ApiKeyRotation, Append, AppendBatch, BeginRequest, Beginning,
    BranchKeyRecord, ChangeListings, CheckReadiness, CreateApiKey, CreateBranchKey, CreateEnrollment, CreateSigningKey,
    CurrentEnrollment, DisableUser, Disabling, DisablingOutcome, DrainOutbox, DrawPermits, Enabling, EnablingOutcome,
    EnrollmentCreation, EpochAdvance, EraseUser, Erasure, ErasureOutcome, EventKey, EventPage, EventQuery, EventRecord,
    FactorRotation, FactorRotationOutcome, FindAccount, FindApiKey, FindBranchKey, FindCurrentEnrollment,
    FindEnrollment, FindEvents, FindListings, FindLogHeads, FindSession, FindSessionEpoch, FindVerification,
    FinishRequest, IndexEvents, KeepEvents, KeyRetirement, LeaseShard, Leasing, ListApiKeys, ListBranchKeys,
    ListSessions, ListSigningKeys, ListedApiKey, LogHead, NoteApiKeyUse, OutboxEvent, RecogniseEvents,
    RegisteredBranchKey, RetireSigningKey, RevokeApiKey, RevokeSessions, RotateApiKey, RotateBranchKey, RotateFactors,
    RotateRefreshToken, Rotation, ShardLease, SigningKeyRecord, StoreError, TokenRotation, UnlockAccount, Unlocking,
    Upgrade, UpgradeVerifiers, UserRevocation, UserRevoked,
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
    AdvanceSessionEpoch {
        advance_session_epoch(tenant: TenantId, from: SessionEpoch, event: &OutboxEvent) -> EpochAdvance;
    }
    AppendBatch { append_batch(lease: &ShardLease, head: &LogHead) -> Append; }
    BeginRequest {
        begin_request(tenant: TenantId, request: &RequestFingerprint, nonce: RequestNonce, now: Timestamp) -> Beginning;
    }
    ChangeListings {
        put_listing(listing: &Listing, event: &OutboxEvent) -> ();
        remove_listing(subject: &ListedSubject, event: &OutboxEvent) -> ();
    }
    CheckReadiness { check_readiness() -> (); }
    CreateApiKey { create_api_key(record: &ApiKeyRecord, event: &OutboxEvent) -> (); }
    CreateBranchKey { create_branch_key(record: &BranchKeyRecord) -> bool; }
    CreateEnrollment { create_enrollment(enrollment: &Enrollment, event: &OutboxEvent) -> EnrollmentCreation; }
    CreateSigningKey { create_signing_key(record: &SigningKeyRecord) -> (); }
    DisableUser {
        disable_user(disabling: &Disabling, event: &OutboxEvent) -> DisablingOutcome;
        enable_user(enabling: &Enabling, event: &OutboxEvent) -> EnablingOutcome;
    }
    DrainOutbox {
        outbox_events(part: u8, limit: u16) -> Vec<OutboxEvent>;
        remove_outbox_events(sent: &[EventId]) -> ();
    }
    DrawPermits { draw_permits(key: &CounterKey, draw: &Draw) -> Drawn; }
    EraseUser { erase_user(erasure: &Erasure, event: &OutboxEvent) -> ErasureOutcome; }
    FindAccount { find_account(tenant: TenantId, user: UserId) -> Option<Account>; }
    FindApiKey { find_api_key(hash: SecretHash) -> Option<ApiKeyRecord>; }
    FindBranchKey { find_branch_key(tenant: TenantId, version: Option<BranchKeyVersion>) -> Option<BranchKeyRecord>; }
    FindCurrentEnrollment { find_current_enrollment(tenant: TenantId, user: UserId) -> CurrentEnrollment; }
    FindEnrollment { find_enrollment(tenant: TenantId, user: UserId) -> Option<Enrollment>; }
    FindEvents { find_events(query: &EventQuery) -> EventPage; }
    FindListings { find_listings() -> Vec<Listing>; }
    FindLogHeads { find_log_heads(shards: u16) -> Vec<(u16, LogHead)>; }
    FindSession { find_session(tenant: TenantId, user: UserId, session: SessionId) -> Option<Session>; }
    FindSessionEpoch { find_session_epoch(tenant: TenantId, user: UserId) -> SessionEpoch; }
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
    ListApiKeys { list_api_keys(tenant: TenantId) -> Vec<ListedApiKey>; }
    ListBranchKeys { list_branch_keys(part: u8) -> Vec<RegisteredBranchKey>; }
    ListSessions { list_sessions(tenant: TenantId, user: UserId) -> Vec<Session>; }
    ListSigningKeys { list_signing_keys() -> Vec<SigningKeyRecord>; }
    NoteApiKeyUse { note_api_key_use(tenant: TenantId, key: ApiKeyId, at: Timestamp) -> (); }
    RecogniseEvents { recognise_events(keys: &BTreeSet<EventKey>) -> BTreeSet<EventKey>; }
    RetireSigningKey {
        retire_signing_key(retirement: &KeyRetirement, event: &OutboxEvent) -> bool;
        remove_signing_key(key: &KeyId, by: Timestamp) -> ();
    }
    RevokeApiKey {
        revoke_api_key(key: (TenantId, SecretHash), at: Timestamp, event: &OutboxEvent) -> ApiKeyChange;
    }
    RevokeSessions { revoke_sessions(revocation: &UserRevocation) -> UserRevoked; }
    RotateApiKey { rotate_api_key(rotation: &ApiKeyRotation, event: &OutboxEvent) -> ApiKeyChange; }
    RotateBranchKey { rotate_branch_key(record: &BranchKeyRecord, event: &OutboxEvent) -> bool; }
    RotateFactors { rotate_factors(rotation: &FactorRotation, event: &OutboxEvent) -> FactorRotationOutcome; }
    RotateRefreshToken { rotate_refresh_token(rotation: &TokenRotation, event: &OutboxEvent) -> Rotation; }
    UnlockAccount {
        unlock_account(tenant: TenantId, user: UserId, known: &Failures, event: &OutboxEvent) -> Unlocking;
    }
    UpgradeVerifiers {
        upgrade_verifiers(tenant: TenantId, user: UserId, before: &Sealed, after: &Sealed) -> Upgrade;
    }
}
