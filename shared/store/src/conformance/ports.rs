//! The ports that the cases of one kind need, together.

use crate::{
    AppendBatch, BeginRequest, ChangeListings, CheckReadiness, ClaimAttempt, CompleteVerification, CreateApiKey,
    CreateBranchKey, CreateEnrollment, CreateSigningKey, DrainOutbox, DrawPermits, FailAttempt, FindAccount,
    FindApiKey, FindBranchKey, FindEnrollment, FindEvents, FindListings, FindLogHeads, FindSession, FindVerification,
    FinishRequest, IndexEvents, KeepEvents, LeaseShard, ListBranchKeys, ListSigningKeys, OpenSession, OpenVerification,
    RecogniseEvents, ReserveFailure, RetireSigningKey, RevokeSession, RotateBranchKey, UnlockAccount, UpgradeVerifiers,
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
    EveryPort: VerificationPorts + DurablePorts + RequestPorts + DrawPermits + ListingPorts + LogPorts + EventPorts
        + CheckReadiness
}
together! {
    /// The ports of verifications and of the accounts that they change.
    VerificationPorts: OpenVerification + FindVerification + ClaimAttempt + FailAttempt + CompleteVerification
        + AccountPorts
}
together! {
    /// The ports of accounts and their sessions.
    AccountPorts: ReserveFailure + OpenSession + FindAccount + UnlockAccount + FindSession + RevokeSession
        + OutboxPorts
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
    DurablePorts: CreateEnrollment + UpgradeVerifiers + FindEnrollment + CreateBranchKey + FindBranchKey + CreateApiKey
        + RotateBranchKey + ListBranchKeys + FindApiKey + CreateSigningKey + ListSigningKeys + RetireSigningKey
        + OutboxPorts
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
