//! Attempts whose execution has died or given up: claimed again, and not counted again.

use std::time::Duration;

use domain::{AttemptState, Home, IN_FLIGHT_FOR, VERIFICATION_LIFETIME, Verification};
use jiff::Timestamp;

use super::race::{count, race};
use super::world::nonce;
use super::{Failure, Report, Setting, VerificationPorts, World};
use crate::{Claim, ClaimRequest, ClaimedAttempt, Completion, CompletionRequest};

pub(super) async fn run<S: VerificationPorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "takeover",
        store,
        setting,
        report,
        [
            a3_a_claim_is_granted_again_once_its_execution_has_died,
            a3_of_thirty_two_that_take_over_one_does,
            a3_what_was_taken_over_decides_nothing_any_more,
            what_takes_over_decides,
            a_released_claim_is_granted_again_at_once,
            releasing_what_is_not_ones_own_or_decided_changes_nothing,
            nothing_is_taken_over_once_the_verification_is_over,
        ]
    );
}

async fn a3_a_claim_is_granted_again_once_its_execution_has_died(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    claimed(store, world, &[1, 2, 3]).await?;
    let (last, end) = (world.after(IN_FLIGHT_FOR.saturating_sub(Duration::from_nanos(1))), world.after(IN_FLIGHT_FOR));
    let before = found(store, world).await?;

    let in_flight = again(store, world, 1, 91, last).await?;
    let granted = again(store, world, 1, 92, end).await?;

    // All three attempts are used up, and it still is one of them.
    let mut after = before.clone();
    if let Some(attempt) = after.attempts.get_mut(&world.key(1)?) {
        (attempt.nonce, attempt.claimed_at) = (nonce(92), end);
    }
    ensure_eq!(in_flight, Claim::Repeated(Box::new(before)));
    ensure_eq!(granted, Claim::Granted(Box::new(after.clone())));
    ensure_eq!(found(store, world).await?, after.clone());
    // Its time begins anew, and the first execution is not the one that it is granted to.
    ensure_eq!(again(store, world, 1, 1, end).await?, Claim::Repeated(Box::new(after.clone())));
    let late = world.after(IN_FLIGHT_FOR + IN_FLIGHT_FOR / 2);
    ensure_eq!(again(store, world, 1, 93, late).await?, Claim::Repeated(Box::new(after.clone())));
    ensure_eq!(again(store, world, 1, 92, end).await?, Claim::Granted(Box::new(after)));
    Ok(())
}

async fn a3_of_thirty_two_that_take_over_one_does<S: VerificationPorts>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    claimed(store, world, &[1]).await?;
    let request = ClaimRequest { now: world.after(IN_FLIGHT_FOR), ..world.claim(1)? };

    let outcomes = race(store, 32, move |store: S, contender| async move {
        store.claim_attempt(&ClaimRequest { nonce: nonce(100 + contender), ..request }).await
    })
    .await?;

    ensure_eq!(count(&outcomes, |outcome| matches!(outcome, Claim::Granted(_))), 1);
    ensure_eq!(count(&outcomes, |outcome| matches!(outcome, Claim::Repeated(_))), 31);
    ensure_eq!(found(store, world).await?.attempts.len(), 1);
    Ok(())
}

async fn a3_what_was_taken_over_decides_nothing_any_more(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    claimed(store, world, &[1]).await?;
    again(store, world, 1, 91, world.after(IN_FLIGHT_FOR)).await?;
    let before = found(store, world).await?;

    store.fail_attempt(&world.claimed(1)?, 2).await?;
    store.release_attempt(&world.claimed(1)?).await?;
    let completion = store.complete_verification(&world.completion(1, 0)?).await?;

    ensure_eq!(completion, Completion::Closed);
    ensure_eq!(found(store, world).await?, before);
    // Where the cache decides, the session may be open for the execution that took over: it opens the same one.
    if world.home == Home::Table {
        ensure_eq!(store.find_session(world.tenant, world.user, world.session(0).id).await?, None);
    }
    Ok(())
}

async fn what_takes_over_decides(store: &impl VerificationPorts, world: &World) -> Result<(), Failure> {
    claimed(store, world, &[1, 2]).await?;
    let later = world.after(IN_FLIGHT_FOR);
    for number in [1, 2] {
        again(store, world, number, 90 + number, later).await?;
    }

    store.fail_attempt(&ClaimedAttempt { nonce: nonce(91), ..world.claimed(1)? }, 1).await?;
    let completion = CompletionRequest { nonce: nonce(92), ..world.completion(2, 0)? };

    ensure_eq!(store.complete_verification(&completion).await?, Completion::Completed);
    let states: Vec<_> = found(store, world).await?.attempts.values().map(|attempt| attempt.state).collect();
    ensure_eq!(states, vec![AttemptState::Wrong { attempts_remaining: 1 }, AttemptState::Right]);
    Ok(())
}

async fn a_released_claim_is_granted_again_at_once(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    claimed(store, world, &[1, 2, 3]).await?;

    store.release_attempt(&world.claimed(1)?).await?;
    store.release_attempt(&world.claimed(1)?).await?;

    let released = found(store, world).await?;
    let attempt = released.attempts.get(&world.key(1)?).copied();
    let seen = attempt.map(|attempt| (attempt.state, attempt.claimed_at));
    ensure_eq!(seen, Some((AttemptState::Claimed, Timestamp::UNIX_EPOCH)));
    ensure_eq!(released.attempts_remaining(), 0);
    ensure_eq!(matches!(again(store, world, 1, 91, world.now).await?, Claim::Granted(_)), true);
    ensure_eq!(matches!(again(store, world, 1, 92, world.now).await?, Claim::Repeated(_)), true);
    ensure_eq!(found(store, world).await?.attempts.len(), 3);
    Ok(())
}

async fn releasing_what_is_not_ones_own_or_decided_changes_nothing(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    store.release_attempt(&world.claimed(1)?).await?;
    ensure_eq!(store.find_verification(world.tenant, world.verification_id()).await?, None);
    claimed(store, world, &[1, 2, 3]).await?;
    store.fail_attempt(&world.claimed(1)?, 2).await?;
    store.complete_verification(&world.completion(2, 0)?).await?;
    let before = found(store, world).await?;

    store.release_attempt(&world.claimed(1)?).await?;
    store.release_attempt(&world.claimed(2)?).await?;
    store.release_attempt(&ClaimedAttempt { nonce: nonce(99), ..world.claimed(3)? }).await?;
    store.release_attempt(&world.claimed(4)?).await?;

    ensure_eq!(found(store, world).await?, before);
    Ok(())
}

async fn nothing_is_taken_over_once_the_verification_is_over(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    claimed(store, world, &[1, 2]).await?;
    let before = found(store, world).await?;
    let end = world.after(VERIFICATION_LIFETIME);
    ensure_eq!(again(store, world, 1, 91, end).await?, Claim::Repeated(Box::new(before)));

    store.complete_verification(&world.completion(2, 0)?).await?;

    let before = found(store, world).await?;
    let later = world.after(IN_FLIGHT_FOR);
    ensure_eq!(again(store, world, 1, 91, later).await?, Claim::Repeated(Box::new(before.clone())));
    ensure_eq!(again(store, world, 1, 1, world.now).await?, Claim::Repeated(Box::new(before)));
    Ok(())
}

/// Opens the verification and claims these attempts of it.
async fn claimed(store: &impl VerificationPorts, world: &World, attempts: &[u8]) -> Result<(), Failure> {
    store.open_verification(&world.verification()?).await?;
    for number in attempts {
        store.claim_attempt(&world.claim(*number)?).await?;
    }
    Ok(())
}

/// The same attempt claimed by another execution.
async fn again(
    store: &impl VerificationPorts,
    world: &World,
    attempt: u8,
    execution: u8,
    now: Timestamp,
) -> Result<Claim, Failure> {
    let request = ClaimRequest { nonce: nonce(execution), now, ..world.claim(attempt)? };
    Ok(store.claim_attempt(&request).await?)
}

async fn found(store: &impl VerificationPorts, world: &World) -> Result<Verification, Failure> {
    let found = store.find_verification(world.tenant, world.verification_id()).await?;
    found.ok_or_else(|| Failure::new("the verification is gone".to_owned()))
}
