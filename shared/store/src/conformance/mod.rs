//! The suite that every implementation of the ports is held to.
//!
//! Every case has tenants of its own, so that cases can share a store. A case that fails does not stop the others: the
//! [`Report`] lists them all. Where a port may answer [`Throttled`](crate::StoreErrorKind::Throttled) under contention, the
//! cases do what a caller does: they ask again.

#[macro_use]
mod report;

mod api_key;
mod attempt;
mod branch_key;
mod completion;
mod enrollment;
mod event;
mod race;
mod session;
mod signing_key;
mod verification;
mod world;

pub use report::{Failure, Report};

use world::World;

use crate::{
    CheckReadiness, ClaimAttempt, CompleteVerification, CreateApiKey, CreateBranchKey, CreateEnrollment,
    CreateSigningKey, FailAttempt, FindApiKey, FindBranchKey, FindEnrollment, FindEvents, FindSession,
    FindVerification, ListSigningKeys, OpenVerification, RevokeSession, StoreEvents, UpgradeVerifiers,
};

/// What the whole suite needs: every port, from any task.
pub trait EveryPort: VerificationPorts + DurablePorts + StoreEvents + FindEvents + CheckReadiness {}

impl<S: VerificationPorts + DurablePorts + StoreEvents + FindEvents + CheckReadiness> EveryPort for S {}

/// The ports of verifications and of the sessions that they open.
pub trait VerificationPorts:
    OpenVerification
    + FindVerification
    + ClaimAttempt
    + FailAttempt
    + CompleteVerification
    + FindSession
    + RevokeSession
    + Clone
    + 'static
{
}

impl<S> VerificationPorts for S where
    S: OpenVerification
        + FindVerification
        + ClaimAttempt
        + FailAttempt
        + CompleteVerification
        + FindSession
        + RevokeSession
        + Clone
        + 'static
{
}

/// The ports of what is durable.
pub trait DurablePorts:
    CreateEnrollment
    + UpgradeVerifiers
    + FindEnrollment
    + CreateBranchKey
    + FindBranchKey
    + CreateApiKey
    + FindApiKey
    + CreateSigningKey
    + ListSigningKeys
    + Clone
    + 'static
{
}

impl<S> DurablePorts for S where
    S: CreateEnrollment
        + UpgradeVerifiers
        + FindEnrollment
        + CreateBranchKey
        + FindBranchKey
        + CreateApiKey
        + FindApiKey
        + CreateSigningKey
        + ListSigningKeys
        + Clone
        + 'static
{
}

/// Runs every case. Two runs on one store need two seeds: the ids of all records follow from it.
pub async fn run_all<S: EveryPort>(store: &S, seed: u64) -> Report {
    let mut report = Report::default();
    run_durable(store, seed, &mut report).await;
    run_verifications(store, seed, &mut report).await;
    event::run(store, seed, &mut report).await;
    report.add("readiness", "a_store_that_answers_is_ready", store.check_readiness().await.map_err(Failure::from));
    report
}

/// Runs the cases of what is durable.
pub async fn run_durable<S: DurablePorts>(store: &S, seed: u64, report: &mut Report) {
    enrollment::run(store, seed, report).await;
    branch_key::run(store, seed, report).await;
    api_key::run(store, seed, report).await;
    signing_key::run(store, seed, report).await;
}

/// Runs the cases of verifications and sessions.
pub async fn run_verifications<S: VerificationPorts>(store: &S, seed: u64, report: &mut Report) {
    verification::run(store, seed, report).await;
    attempt::run(store, seed, report).await;
    completion::run(store, seed, report).await;
    session::run(store, seed, report).await;
}
