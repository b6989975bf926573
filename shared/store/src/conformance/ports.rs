//! The ports that the cases of one kind need, together.

use crate::{
    BeginRequest, ChangeListings, CheckReadiness, ClaimAttempt, CompleteVerification, CreateApiKey, CreateBranchKey,
    CreateEnrollment, CreateSigningKey, DrawPermits, FailAttempt, FindAccount, FindApiKey, FindBranchKey,
    FindEnrollment, FindEvents, FindListings, FindSession, FindVerification, FinishRequest, ListSigningKeys,
    OpenSession, OpenVerification, ReserveFailure, RevokeSession, StoreEvents, UnlockAccount, UpgradeVerifiers,
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
    EveryPort: VerificationPorts + DurablePorts + RequestPorts + DrawPermits + ListingPorts + StoreEvents + FindEvents
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
}
together! {
    /// The ports of requests in flight and answered.
    RequestPorts: BeginRequest + FinishRequest
}
together! {
    /// The ports of the operator's list.
    ListingPorts: FindListings + ChangeListings
}
together! {
    /// The ports of what is durable and no account's.
    DurablePorts: CreateEnrollment + UpgradeVerifiers + FindEnrollment + CreateBranchKey + FindBranchKey + CreateApiKey
        + FindApiKey + CreateSigningKey + ListSigningKeys
}
