//! The ports that the cases of one kind need, together.

use crate::{
    AdvanceSessionEpoch, AppendBatch, BeginRequest, ChangeListings, CheckReadiness, ClaimAttempt, CompleteVerification,
    CreateApiKey, CreateBranchKey, CreateEnrollment, CreateSigningKey, DrainOutbox, DrawPermits, FailAttempt,
    FindAccount, FindApiKey, FindBranchKey, FindEnrollment, FindEvents, FindListings, FindLogHeads, FindSession,
    FindSessionEpoch, FindVerification, FinishRequest, IndexEvents, KeepEvents, LeaseShard, ListSessions,
    ListSigningKeys, OpenSession, OpenVerification, RecogniseEvents, ReserveFailure, RevokeSession, RevokeSessions,
    RotateRefreshToken, UnlockAccount, UpgradeVerifiers,
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
    DurablePorts: CreateEnrollment + UpgradeVerifiers + FindEnrollment + CreateBranchKey + FindBranchKey + CreateApiKey
        + FindApiKey + CreateSigningKey + ListSigningKeys + OutboxPorts
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
