//! The ports that the cases of one kind need, together.

use crate::{
    AdvanceSessionEpoch, AppendBatch, BeginRequest, ChangeListings, CheckReadiness, ClaimAttempt, CompleteVerification,
    CreateApiKey, CreateBranchKey, CreateEnrollment, CreateSigningKey, DisableUser, DrainOutbox, DrawPermits,
    EraseUser, FailAttempt, FindAccount, FindApiKey, FindBranchKey, FindCurrentEnrollment, FindEnrollment, FindEvents,
    FindListings, FindLogHeads, FindSession, FindSessionEpoch, FindVerification, FinishRequest, IndexEvents,
    KeepEvents, LeaseShard, ListApiKeys, ListBranchKeys, ListSessions, ListSigningKeys, NoteApiKeyUse, OpenSession,
    OpenVerification, RecogniseEvents, ReserveFailure, RetireSigningKey, RevokeApiKey, RevokeSession, RevokeSessions,
    RotateApiKey, RotateBranchKey, RotateFactors, RotateRefreshToken, UnlockAccount, UpgradeVerifiers,
};

macro_rules! together {
    ($(#[$doc:meta])* $name:ident: $first:ident $(+ $port:ident)*) => {
        $(#[$doc])*
        pub trait $name: $first $(+ $port)* + Clone + 'static {}

        impl<S: $first $(+ $port)* + Clone + 'static> $name for S {}
    };
}

together! {
    /// What the whole suite needs: every port, from any task.
    EveryPort: LifecyclePorts + RequestPorts + DrawPermits + ListingPorts + LogPorts + EventPorts
        + CheckReadiness
}
together! {
    /// The ports of verifications and of the accounts that they change.
    VerificationPorts: OpenVerification + FindVerification + ClaimAttempt + FailAttempt + CompleteVerification
        + AccountPorts
}
together! {
    /// The ports that end factors and users, and of all that this ends.
    LifecyclePorts: RotateFactors + EraseUser + DisableUser + FindCurrentEnrollment + DurablePorts + VerificationPorts
}
together! {
    /// The ports of accounts and their sessions.
    AccountPorts: ReserveFailure + OpenSession + FindAccount + UnlockAccount + FindSession + ListSessions
        + RotateRefreshToken + RevokeSession + RevokeSessions + FindSessionEpoch + AdvanceSessionEpoch + OutboxPorts
}
together! {
    /// The ports of requests in flight and answered.
    RequestPorts: BeginRequest + FinishRequest
}
together! {
    /// The ports of the operator's list.
    ListingPorts: FindListings + ChangeListings + OutboxPorts
}
together! {
    /// The ports of what is durable and no account's.
    DurablePorts: CreateEnrollment + UpgradeVerifiers + FindEnrollment + CreateBranchKey + FindBranchKey + ApiKeyPorts
        + RotateBranchKey + ListBranchKeys + CreateSigningKey + ListSigningKeys + RetireSigningKey + OutboxPorts
}
together! {
    /// The ports of API keys.
    ApiKeyPorts: CreateApiKey + FindApiKey + ListApiKeys + NoteApiKeyUse + RevokeApiKey + RotateApiKey
}
together! {
    /// The ports of the outbox.
    OutboxPorts: KeepEvents + DrainOutbox
}
together! {
    /// The ports of the log's heads.
    LogPorts: LeaseShard + AppendBatch + FindLogHeads
}
together! {
    /// The ports of the audit trail's index.
    EventPorts: IndexEvents + RecogniseEvents + FindEvents
}
