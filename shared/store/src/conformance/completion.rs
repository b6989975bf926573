//! Completing verifications.

use std::time::Duration;

use domain::{
    Account, AttemptState, Home, Sealed, SecretHash, Session, SessionId, VERIFICATION_LIFETIME, Verification, Verified,
};

use super::race::{count, race};
use super::world::nonce;
use super::{Failure, Report, Setting, VerificationPorts, World};
use crate::{Claim, ClaimRequest, Completion, CompletionRequest, StoreErrorKind};

pub(super) async fn run<S: VerificationPorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "completion",
        store,
        setting,
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
            the_largest_answer_comes_back_as_it_was,
            v3_success_forgets_the_failures,
        ]
    );
}

async fn it_verifies_and_stores_the_session(store: &impl VerificationPorts, world: &World) -> Result<(), Failure> {
    let opened = opened_and_claimed(store, world, &[1]).await?;
    let request = world.completion(1, 0)?;

    ensure_eq!(store.complete_verification(&request).await?, Completion::Completed);

    let (session_id, answer) = (request.session.id, request.answer.clone());
    let verified = Verification {
        verified: Some(Verified { at: world.now, session: session_id, answer }),
        ..ended(opened, AttemptState::Right)
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

    let mut live = 0;
    for id in sessions {
        let opened = session(store, world, id).await?;
        live += usize::from(opened.is_some_and(|session| session.revoked_at.is_none()));
    }
    ensure_eq!(count(&outcomes, |outcome| *outcome == Completion::Completed), 1);
    ensure_eq!(count(&outcomes, |outcome| *outcome == Completion::Closed), 63);
    ensure_eq!(live, 1);
    Ok(())
}

async fn repeating_it_completes_again_and_changes_nothing(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    opened_and_claimed(store, world, &[1]).await?;
    let request = world.completion(1, 0)?;
    store.complete_verification(&request).await?;
    store.revoke_session(&world.session_key(0), world.now, &world.event(0)).await?;

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

    no_session(store, world, same_attempt.session.id).await?;
    no_session(store, world, other_attempt.session.id).await?;
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
    no_session(store, world, request.session.id).await?;

    request.session = world.session(1);
    request.session.created_at = world.after(VERIFICATION_LIFETIME.saturating_sub(Duration::from_millis(1)));

    ensure_eq!(store.complete_verification(&request).await?, Completion::Completed);
    Ok(())
}

async fn an_attempt_that_is_not_claimed_completes_nothing(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    ensure_eq!(store.complete_verification(&world.completion(1, 0)?).await?, Completion::Closed);
    let opened = opened_and_claimed(store, world, &[1]).await?;
    let of_another_execution = CompletionRequest { nonce: nonce(99), ..world.completion(1, 3)? };
    ensure_eq!(store.complete_verification(&of_another_execution).await?, Completion::Closed);
    store.fail_attempt(&world.claimed(1)?, 2).await?;

    ensure_eq!(store.complete_verification(&world.completion(1, 1)?).await?, Completion::Closed);
    ensure_eq!(store.complete_verification(&world.completion(2, 2)?).await?, Completion::Closed);

    let failed = ended(opened, AttemptState::Wrong { attempts_remaining: 2 });
    ensure_eq!(store.find_verification(world.tenant, failed.id).await?, Some(failed));
    for number in [0, 1, 2] {
        no_session(store, world, world.session(number).id).await?;
    }
    // Two executions of an attempt open the same session. Where the cache decides, it stays for the other one.
    if world.home == Home::Table {
        no_session(store, world, world.session(3).id).await?;
    }
    Ok(())
}

async fn another_tenant_cannot_complete(store: &impl VerificationPorts, world: &World) -> Result<(), Failure> {
    opened_and_claimed(store, world, &[1]).await?;
    let mut theirs = world.completion(1, 0)?;
    theirs.session.tenant = world.other_tenant;

    ensure_eq!(store.complete_verification(&theirs).await?, Completion::Closed);

    let session = store.find_session(world.other_tenant, world.user, theirs.session.id).await?;
    ensure_eq!(is_none_for(world, session.as_ref()), true);
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
    let other = Verification { id: world.numbered_verification_id(1), ..world.verification()? };
    store.open_verification(&other).await?;
    store.claim_attempt(&ClaimRequest { verification: other.id, ..world.claim(1)? }).await?;
    let mut second = CompletionRequest { verification: other.id, ..first.clone() };
    second.session.family = SecretHash::new([99; 32]);

    let outcome = store.complete_verification(&second).await;

    ensure_eq!(outcome.map_err(|error| error.kind), Err(StoreErrorKind::Corrupt));
    ensure_eq!(session(store, world, first.session.id).await?, Some(first.session));
    if world.home == Home::Table {
        let unharmed = store.find_verification(world.tenant, other.id).await?;
        ensure_eq!(unharmed.map(|found| found.verified), Some(None));
    }
    Ok(())
}

async fn the_largest_answer_comes_back_as_it_was(store: &impl VerificationPorts, world: &World) -> Result<(), Failure> {
    opened_and_claimed(store, world, &[1]).await?;
    let answer = Sealed::new((0..=255).cycle().take(4 * 1024).collect());
    let request = CompletionRequest { answer: answer.clone(), ..world.completion(1, 0)? };

    ensure_eq!(store.complete_verification(&request).await?, Completion::Completed);

    let found = store.find_verification(world.tenant, world.verification_id()).await?;
    ensure_eq!(found.and_then(|found| found.verified).map(|verified| verified.answer), Some(answer));
    Ok(())
}

async fn v3_success_forgets_the_failures(store: &impl VerificationPorts, world: &World) -> Result<(), Failure> {
    opened_and_claimed(store, world, &[1]).await?;
    for number in 1..=4 {
        store.reserve_failure(world.tenant, world.user, world.mark(number), world.now).await?;
    }

    ensure_eq!(store.complete_verification(&world.completion(1, 0)?).await?, Completion::Completed);

    let session = world.session(0);
    let account = Account { sessions: [(session.id, session)].into(), ..Account::default() };
    ensure_eq!(store.find_account(world.tenant, world.user).await?, Some(account));
    Ok(())
}

/// Opens the verification and claims these attempts of it; gives it as it is by then.
async fn opened_and_claimed(
    store: &impl VerificationPorts,
    world: &World,
    attempts: &[u8],
) -> Result<Verification, Failure> {
    let mut verification = world.verification()?;
    store.open_verification(&verification).await?;
    for number in attempts {
        if let Claim::Granted(claimed) = store.claim_attempt(&world.claim(*number)?).await? {
            verification = *claimed;
        }
    }
    Ok(verification)
}

/// The verification after all of its attempts have ended like this.
fn ended(mut verification: Verification, state: AttemptState) -> Verification {
    verification.attempts.values_mut().for_each(|attempt| attempt.state = state);
    verification
}

async fn session(store: &impl VerificationPorts, world: &World, id: SessionId) -> Result<Option<Session>, Failure> {
    Ok(store.find_session(world.tenant, world.user, id).await?)
}

async fn no_session(store: &impl VerificationPorts, world: &World, id: SessionId) -> Result<(), Failure> {
    let session = session(store, world, id).await?;
    ensure_eq!(is_none_for(world, session.as_ref()), true);
    Ok(())
}

/// Whether there is no session. While the cache decides, the session may have been opened beside it: then it is revoked.
fn is_none_for(world: &World, session: Option<&Session>) -> bool {
    session.is_none_or(|session| world.home == Home::Cache && session.revoked_at.is_some())
}
