//! How many sessions successes leave behind.

use domain::{Account, Home, MAX_SESSIONS, Verification};

use super::race::race;
use super::{Failure, Report, Setting, VerificationPorts, World};
use crate::{ClaimRequest, Completion, CompletionRequest, StoreError, StoreErrorKind};

pub(super) async fn run<S: VerificationPorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "session_limit",
        store,
        setting,
        report,
        [
            t2_a_sixth_success_evicts_the_oldest,
            t2_a_success_that_would_leave_too_many_decides_nothing,
            t2_of_sixteen_successes_at_once_five_sessions_remain,
        ]
    );
}

async fn t2_a_sixth_success_evicts_the_oldest(store: &impl VerificationPorts, world: &World) -> Result<(), Failure> {
    for number in 0..7 {
        let mut request = claimed(store, world, number).await?;
        request.session.created_at = world.after(std::time::Duration::from_secs(u64::from(number)));

        complete_evicting(store, &request).await?;

        let account = store.find_account(world.tenant, world.user).await?.unwrap_or_default();
        let remaining: Vec<_> =
            (0..=number).filter(|number| account.sessions.contains_key(&world.session(*number).id)).collect();
        ensure_eq!(remaining, (number.saturating_sub(4)..=number).collect::<Vec<_>>());
        ensure_eq!(account.sessions.len(), remaining.len());
    }
    Ok(())
}

async fn t2_a_success_that_would_leave_too_many_decides_nothing(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    for number in 1..=5 {
        store.open_session(&world.session(number), &[]).await?;
    }
    let account = store.find_account(world.tenant, world.user).await?.unwrap_or_default();
    let request = claimed(store, world, 0).await?;
    let before = store.find_verification(world.tenant, request.verification).await?;

    let outcome = store.complete_verification(&request).await?;

    // Where the cache decides, it has decided, and the store evicts by itself.
    if world.home == Home::Table {
        ensure_eq!(outcome, Completion::SessionsChanged(Box::new(account)));
        ensure_eq!(store.find_verification(world.tenant, request.verification).await?, before);
        ensure_eq!(store.find_session(world.tenant, world.user, request.session.id).await?, None);
        let request = CompletionRequest { evicted: vec![world.session(1).id], ..request };
        ensure_eq!(store.complete_verification(&request).await?, Completion::Completed);
    }
    let account = store.find_account(world.tenant, world.user).await?.unwrap_or_default();
    ensure_eq!((account.sessions.len(), account.sessions.contains_key(&world.session(0).id)), (MAX_SESSIONS, true));
    Ok(())
}

async fn t2_of_sixteen_successes_at_once_five_sessions_remain<S: VerificationPorts>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    let mut requests = Vec::new();
    for number in 0..16 {
        requests.push(claimed(store, world, number).await?);
    }
    let template = requests.clone();

    race(store, 16, move |store: S, contender| {
        let request = requests.get(usize::from(contender)).cloned();
        async move {
            match request {
                Some(request) => complete_evicting(&store, &request).await,
                None => Ok(()),
            }
        }
    })
    .await?;

    let account = store.find_account(world.tenant, world.user).await?.unwrap_or_default();
    ensure_eq!(account.sessions.len(), MAX_SESSIONS);
    for request in template {
        let found = store.find_verification(world.tenant, request.verification).await?;
        let session = found.and_then(|found| found.verified).map(|verified| verified.session);
        ensure_eq!(session, Some(request.session.id));
    }
    Ok(())
}

/// Opens the `number`th verification and claims an attempt of it; gives the completion that opens the `number`th session.
async fn claimed(store: &impl VerificationPorts, world: &World, number: u8) -> Result<CompletionRequest, Failure> {
    let id = world.numbered_verification_id(number);
    store.open_verification(&Verification { id, ..world.verification()? }).await?;
    store.claim_attempt(&ClaimRequest { verification: id, ..world.claim(1)? }).await?;
    Ok(CompletionRequest { verification: id, ..world.completion(1, number)? })
}

/// Completes as a function does: evicting what must go, again when others came between.
async fn complete_evicting(store: &impl VerificationPorts, request: &CompletionRequest) -> Result<(), StoreError> {
    let mut account = Account::default();
    loop {
        let evicted = account.sessions_to_evict(request.session.created_at);
        match store.complete_verification(&CompletionRequest { evicted, ..request.clone() }).await {
            Ok(Completion::Completed) => return Ok(()),
            Ok(Completion::SessionsChanged(now)) => account = *now,
            Ok(Completion::Closed) => {
                return Err(StoreError::new(StoreErrorKind::Corrupt, "CompleteVerification", "closed"));
            }
            Err(error) if error.kind == StoreErrorKind::Throttled => tokio::task::yield_now().await,
            Err(error) => return Err(error),
        }
    }
}
