//! The suite that every implementation of the ports is held to.
//!
//! Every case has tenants of its own, so that cases can share a store. A case that fails does not stop the others: the
//! [`Report`] lists them all. Where a port may answer [`Throttled`](crate::StoreErrorKind::Throttled) under contention, the
//! cases do what a caller does: they ask again. A store that counts draws by a clock of its own is to take the draws' time
//! instead while the suite runs.

#[macro_use]
mod report;

mod account;
mod api_key;
mod api_key_change;
mod attempt;
mod branch_key;
mod completion;
mod disabling;
mod draw;
mod draw_script;
mod enrollment;
mod erasure;
mod event;
mod event_page;
mod lifecycle;
mod listing;
mod log_head;
mod mass_revocation;
mod outbox;
mod ports;
mod race;
mod refresh;
mod request;
mod rotation;
mod session;
mod session_limit;
mod signing_key;
mod step_up;
mod takeover;
mod verification;
mod world;

pub use ports::{
    AccountPorts, ApiKeyPorts, DurablePorts, EventPorts, EveryPort, LifecyclePorts, ListingPorts, LogPorts,
    OutboxPorts, RequestPorts, VerificationPorts,
};
pub use report::{Failure, Report};

use domain::Home;

use world::{Setting, World};

use crate::DrawPermits;

/// Runs every case. Two runs on one store need two seeds: the ids of all records follow from it.
pub async fn run_all<S: EveryPort>(store: &S, seed: u64) -> Report {
    let mut report = Report::default();
    run_durable(store, seed, &mut report).await;
    run_accounts(store, seed, &mut report).await;
    run_verifications(store, seed, &mut report).await;
    run_lifecycle(store, seed, &mut report).await;
    run_requests(store, seed, &mut report).await;
    run_draws(store, seed, &mut report).await;
    let setting = Setting { seed, home: Home::Table };
    listing::run(store, setting, &mut report).await;
    run_audit(store, seed, &mut report).await;
    report.add("readiness", "a_store_that_answers_is_ready", store.check_readiness().await.map_err(Failure::from));
    report
}

/// Runs the cases of what is durable.
pub async fn run_durable<S: DurablePorts>(store: &S, seed: u64, report: &mut Report) {
    let setting = Setting { seed, home: Home::Table };
    enrollment::run(store, setting, report).await;
    branch_key::run(store, setting, report).await;
    api_key::run(store, setting, report).await;
    api_key_change::run(store, setting, report).await;
    signing_key::run(store, setting, report).await;
}

/// Runs the cases of the outbox, the log's heads and the audit trail's index.
pub async fn run_audit<S: OutboxPorts + LogPorts + EventPorts>(store: &S, seed: u64, report: &mut Report) {
    let setting = Setting { seed, home: Home::Table };
    outbox::run(store, setting, report).await;
    log_head::run(store, setting, report).await;
    event::run(store, setting, report).await;
    event_page::run(store, setting, report).await;
}

/// Runs the cases of accounts.
pub async fn run_accounts<S: AccountPorts>(store: &S, seed: u64, report: &mut Report) {
    let setting = Setting { seed, home: Home::Table };
    account::run(store, setting, report).await;
    session::run(store, setting, report).await;
    refresh::run(store, setting, report).await;
    mass_revocation::run(store, setting, report).await;
}

/// Runs the cases of verifications: in the table, and in the cache if the store opens them there.
pub async fn run_verifications<S: VerificationPorts>(store: &S, seed: u64, report: &mut Report) {
    let in_the_cache = (store.home() == Home::Cache).then_some(Home::Cache);
    for home in [Home::Table].into_iter().chain(in_the_cache) {
        let setting = Setting { seed, home };
        verification::run(store, setting, report).await;
        attempt::run(store, setting, report).await;
        takeover::run(store, setting, report).await;
        completion::run(store, setting, report).await;
        session_limit::run(store, setting, report).await;
    }
}

/// Runs the cases of rotating factors, erasing and disabling users, with verifications wherever they are opened.
pub async fn run_lifecycle<S: LifecyclePorts>(store: &S, seed: u64, report: &mut Report) {
    let in_the_cache = (store.home() == Home::Cache).then_some(Home::Cache);
    for home in [Home::Table].into_iter().chain(in_the_cache) {
        let setting = Setting { seed, home };
        rotation::run(store, setting, report).await;
        erasure::run(store, setting, report).await;
        disabling::run(store, setting, report).await;
        step_up::run(store, setting, report).await;
    }
}

/// Runs the cases of requests.
pub async fn run_requests<S: RequestPorts>(store: &S, seed: u64, report: &mut Report) {
    request::run(store, Setting { seed, home: Home::Table }, report).await;
}

/// Runs the cases of counters.
pub async fn run_draws<S: DrawPermits + Clone + 'static>(store: &S, seed: u64, report: &mut Report) {
    let setting = Setting { seed, home: Home::Table };
    draw::run(store, setting, report).await;
    draw_script::run(store, setting, report).await;
}
