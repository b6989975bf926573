//! Completing verifications.

use std::time::Duration;

use domain::{Attempt, Session, SessionId, VERIFICATION_LIFETIME, Verification};

use super::race::{count, race};
use super::{Failure, Report, VerificationPorts, World};
use crate::{Claim, ClaimRequest, Completion, CompletionRequest, StoreErrorKind};

pub(super) async fn run<S: VerificationPorts>(store: &S, seed: u64, report: &mut Report) {
    run_cases!(
        "completion",
        store,
        seed,
        report,
        [
            it_verifies_and_stores_the_session,
            of_sixty_four_at_once_one_completes,
            repeating_it_completes_again_and_changes_nothing,
            a_second_attempt_is_refused_and_stores_nothing,
            it_completes_until_a_millisecond_before_the_expiry,
            an_attempt_that_is_not_claimed_completes_nothing,
            another_tenant_cannot_complete,
            a_verified_one_takes_no_more_attempts,
            a_session_is_never_overwritten,
        ]
    );
}

async fn it_verifies_and_stores_the_session(store: &impl VerificationPorts, world: &World) -> Result<(), Failure> {
    let opened = opened_and_claimed(store, world, &[1]).await?;
    let request = world.completion(1, 0)?;

    ensure_eq!(store.complete_verification(&request).await?, Completion::Completed);

    let verified = Verification {
        attempts: [(world.key(1)?, Attempt::Right)].into(),
        verified: Some((world.now, request.session.id)),
        ..opened
    };
    ensure_eq!(store.find_verification(world.tenant, verified.id).await?, Some(verified));
    ensure_eq!(session(store, world, request.session.id).await?, Some(request.session));
    Ok(())
}

async fn of_sixty_four_at_once_one_completes<S: VerificationPorts>(store: &S, world: &World) -> Result<(), Failure> {
    opened_and_claimed(store, world, &[1, 2, 3]).await?;
    let requests: Vec<CompletionRequest> =
        (0..64).map(|number| world.completion(1 + number % 3, number)).collect::<Result<_, _>>()?;
    let sessions: Vec<SessionId> = requests.iter().map(|request| request.session.id).collect();

    let outcomes = race(store, 64, move |store: S, contender| {
        let request = requests.get(usize::from(contender)).cloned();
        async move {
            match request {
                Some(request) => store.complete_verification(&request).await,
                None => Ok(Completion::Closed),
            }
        }
    })
    .await?;

    let mut stored = 0;
    for id in sessions {
        stored += usize::from(session(store, world, id).await?.is_some());
    }
    ensure_eq!(count(&outcomes, |outcome| *outcome == Completion::Completed), 1);
    ensure_eq!(count(&outcomes, |outcome| *outcome == Completion::Closed), 63);
    ensure_eq!(stored, 1);
    Ok(())
}

async fn repeating_it_completes_again_and_changes_nothing(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    opened_and_claimed(store, world, &[1]).await?;
    let request = world.completion(1, 0)?;
    store.complete_verification(&request).await?;
    store.revoke_session(world.tenant, world.user, request.session.id, world.now).await?;

    ensure_eq!(store.complete_verification(&request).await?, Completion::Completed);

    let revoked = Session { revoked_at: Some(world.now), ..request.session };
    ensure_eq!(session(store, world, revoked.id).await?, Some(revoked));
    Ok(())
}

async fn a_second_attempt_is_refused_and_stores_nothing(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    opened_and_claimed(store, world, &[1, 2]).await?;
    store.complete_verification(&world.completion(1, 0)?).await?;
    let same_attempt = world.completion(1, 1)?;
    let other_attempt = world.completion(2, 2)?;

    ensure_eq!(store.complete_verification(&same_attempt).await?, Completion::Closed);
    ensure_eq!(store.complete_verification(&other_attempt).await?, Completion::Closed);

    ensure_eq!(session(store, world, same_attempt.session.id).await?, None);
    ensure_eq!(session(store, world, other_attempt.session.id).await?, None);
    Ok(())
}

async fn it_completes_until_a_millisecond_before_the_expiry(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    opened_and_claimed(store, world, &[1]).await?;
    let mut request = world.completion(1, 0)?;
    request.session.created_at = world.after(VERIFICATION_LIFETIME);
    ensure_eq!(store.complete_verification(&request).await?, Completion::Closed);
    ensure_eq!(session(store, world, request.session.id).await?, None);

    request.session.created_at = world.after(VERIFICATION_LIFETIME.saturating_sub(Duration::from_millis(1)));

    ensure_eq!(store.complete_verification(&request).await?, Completion::Completed);
    Ok(())
}

async fn an_attempt_that_is_not_claimed_completes_nothing(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    let id = world.verification_id();
    ensure_eq!(store.complete_verification(&world.completion(1, 0)?).await?, Completion::Closed);
    let opened = opened_and_claimed(store, world, &[1]).await?;
    store.fail_attempt(world.tenant, id, world.key(1)?, 2).await?;

    ensure_eq!(store.complete_verification(&world.completion(1, 1)?).await?, Completion::Closed);
    ensure_eq!(store.complete_verification(&world.completion(2, 2)?).await?, Completion::Closed);

    let wrong = Attempt::Wrong { attempts_remaining: 2 };
    let failed = Verification { attempts: [(world.key(1)?, wrong)].into(), ..opened };
    ensure_eq!(store.find_verification(world.tenant, id).await?, Some(failed));
    for number in [0, 1, 2] {
        ensure_eq!(session(store, world, world.session(number).id).await?, None);
    }
    Ok(())
}

async fn another_tenant_cannot_complete(store: &impl VerificationPorts, world: &World) -> Result<(), Failure> {
    opened_and_claimed(store, world, &[1]).await?;
    let mut theirs = world.completion(1, 0)?;
    theirs.session.tenant = world.other_tenant;

    ensure_eq!(store.complete_verification(&theirs).await?, Completion::Closed);

    ensure_eq!(store.find_session(world.other_tenant, world.user, theirs.session.id).await?, None);
    Ok(())
}

async fn a_verified_one_takes_no_more_attempts(store: &impl VerificationPorts, world: &World) -> Result<(), Failure> {
    opened_and_claimed(store, world, &[1]).await?;
    store.complete_verification(&world.completion(1, 0)?).await?;

    ensure_eq!(store.claim_attempt(&world.claim(2)?).await?, Claim::Closed);

    let found = store.find_verification(world.tenant, world.verification_id()).await?;
    ensure_eq!(found.map(|found| found.attempts.len()), Some(1));
    Ok(())
}

async fn a_session_is_never_overwritten(store: &impl VerificationPorts, world: &World) -> Result<(), Failure> {
    opened_and_claimed(store, world, &[1]).await?;
    let first = world.completion(1, 0)?;
    store.complete_verification(&first).await?;
    let other =
        Verification { id: domain::VerificationId::from_keyed_bytes(world.bytes(4, 1)), ..world.verification()? };
    store.open_verification(&other).await?;
    store.claim_attempt(&ClaimRequest { verification: other.id, ..world.claim(1)? }).await?;
    let mut second = CompletionRequest { verification: other.id, ..first.clone() };
    second.session.refresh_token = domain::SecretHash::new([99; 32]);

    let outcome = store.complete_verification(&second).await;

    ensure_eq!(outcome.map_err(|error| error.kind), Err(StoreErrorKind::Corrupt));
    ensure_eq!(session(store, world, first.session.id).await?, Some(first.session));
    let unharmed = store.find_verification(world.tenant, other.id).await?;
    ensure_eq!(unharmed.map(|found| found.verified), Some(None));
    Ok(())
}

/// Opens the verification and claims these attempts of it.
async fn opened_and_claimed(
    store: &impl VerificationPorts,
    world: &World,
    attempts: &[u8],
) -> Result<Verification, Failure> {
    let verification = world.verification()?;
    store.open_verification(&verification).await?;
    for number in attempts {
        store.claim_attempt(&world.claim(*number)?).await?;
    }
    Ok(verification)
}

async fn session(store: &impl VerificationPorts, world: &World, id: SessionId) -> Result<Option<Session>, Failure> {
    Ok(store.find_session(world.tenant, world.user, id).await?)
}
