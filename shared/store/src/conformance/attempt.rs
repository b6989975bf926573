//! Claiming and failing attempts.

use std::time::Duration;

use domain::{
    ATTEMPTS_ALLOWED, Attempt, AttemptState, FactorType, RequestFingerprint, VERIFICATION_LIFETIME, Verification,
};

use super::race::{count, race};
use super::world::{factors, nonce};
use super::{Failure, Report, Setting, VerificationPorts, World};
use crate::{Claim, ClaimRequest, ClaimedAttempt};

pub(super) async fn run<S: VerificationPorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "attempt",
        store,
        setting,
        report,
        [
            a_granted_claim_is_counted,
            of_sixty_four_at_once_three_are_granted,
            a1_of_one_request_at_once_one_is_granted,
            a9_a_claim_repeated_by_the_same_execution_is_granted_and_counted_once,
            a_repeated_claim_tells_what_became_of_it_and_counts_nothing,
            a1_another_body_under_the_same_key_is_another_request,
            a_claim_is_granted_until_a_millisecond_before_the_expiry,
            the_first_refusal_in_order_is_given,
            other_types_than_asked_for_count_nothing,
            another_tenant_cannot_claim,
            failing_turns_a_claimed_attempt_wrong_once,
            failing_what_was_not_claimed_changes_nothing,
        ]
    );
}

async fn a_granted_claim_is_counted(store: &impl VerificationPorts, world: &World) -> Result<(), Failure> {
    let opened = world.verification()?;
    store.open_verification(&opened).await?;

    let finer = world.after(Duration::from_nanos(999_999));
    let claim = store.claim_attempt(&ClaimRequest { now: finer, ..world.claim(1)? }).await?;

    let attempt = Attempt { body: [1; 32], claimed_at: world.now, nonce: nonce(1), state: AttemptState::Claimed };
    let claimed = Verification { attempts: [(world.key(1)?, attempt)].into(), ..opened };
    ensure_eq!(claim, Claim::Granted(Box::new(claimed.clone())));
    ensure_eq!(claimed.attempts_remaining(), ATTEMPTS_ALLOWED - 1);
    ensure_eq!(store.find_verification(world.tenant, claimed.id).await?, Some(claimed));
    Ok(())
}

async fn of_sixty_four_at_once_three_are_granted<S: VerificationPorts>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    store.open_verification(&world.verification()?).await?;
    let requests: Vec<ClaimRequest> = (0..64).map(|number| world.claim(number)).collect::<Result<_, _>>()?;

    let outcomes = race(store, 64, move |store: S, contender| {
        let request = requests.get(usize::from(contender)).copied();
        async move {
            match request {
                Some(request) => store.claim_attempt(&request).await,
                None => Ok(Claim::Unknown),
            }
        }
    })
    .await?;

    ensure_eq!(count(&outcomes, |outcome| matches!(outcome, Claim::Granted(_))), 3);
    ensure_eq!(count(&outcomes, |outcome| *outcome == Claim::Closed), 61);
    ensure_eq!(found(store, world).await?.attempts.len(), 3);
    Ok(())
}

async fn a1_of_one_request_at_once_one_is_granted<S: VerificationPorts>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    store.open_verification(&world.verification()?).await?;
    let request = world.claim(1)?;

    let outcomes = race(store, 32, move |store: S, contender| async move {
        store.claim_attempt(&ClaimRequest { nonce: nonce(contender), ..request }).await
    })
    .await?;

    let claimed = found(store, world).await?;
    let in_flight = Claim::Repeated(Box::new(claimed.clone()));
    ensure_eq!(count(&outcomes, |outcome| *outcome == Claim::Granted(Box::new(claimed.clone()))), 1);
    ensure_eq!(count(&outcomes, |outcome| *outcome == in_flight), 31);
    ensure_eq!((claimed.attempts.len(), state(store, world, 1).await?), (1, Some(AttemptState::Claimed)));
    Ok(())
}

async fn a9_a_claim_repeated_by_the_same_execution_is_granted_and_counted_once<S: VerificationPorts>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    store.open_verification(&world.verification()?).await?;
    let request = world.claim(1)?;

    let outcomes = race(store, 16, move |store: S, _| async move { store.claim_attempt(&request).await }).await?;

    let claimed = found(store, world).await?;
    ensure_eq!(outcomes, vec![Claim::Granted(Box::new(claimed.clone())); 16]);
    ensure_eq!(claimed.attempts.len(), 1);
    Ok(())
}

async fn a_repeated_claim_tells_what_became_of_it_and_counts_nothing(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    store.open_verification(&world.verification()?).await?;
    for number in [1, 2, 3] {
        store.claim_attempt(&world.claim(number)?).await?;
    }
    store.fail_attempt(&world.claimed(1)?, 2).await?;
    store.complete_verification(&world.completion(2, 0)?).await?;

    for (number, became) in
        [(1, AttemptState::Wrong { attempts_remaining: 2 }), (2, AttemptState::Right), (3, AttemptState::Claimed)]
    {
        let by_then = found(store, world).await?;
        for nonce in [nonce(number), nonce(99)] {
            let repeated = store.claim_attempt(&ClaimRequest { nonce, ..world.claim(number)? }).await?;
            ensure_eq!(repeated, Claim::Repeated(Box::new(by_then.clone())));
        }
        ensure_eq!(state(store, world, number).await?, Some(became));
    }
    ensure_eq!(found(store, world).await?.attempts.len(), 3);
    Ok(())
}

async fn a1_another_body_under_the_same_key_is_another_request(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    store.open_verification(&world.verification()?).await?;
    let first = world.claim(1)?;
    store.claim_attempt(&first).await?;
    let claimed = found(store, world).await?;
    let other = ClaimRequest { attempt: RequestFingerprint { body: [99; 32], ..first.attempt }, ..first };

    for request in [other, ClaimRequest { nonce: nonce(99), now: world.after(Duration::from_secs(30)), ..other }] {
        ensure_eq!(store.claim_attempt(&request).await?, Claim::OtherRequest);
    }
    ensure_eq!(found(store, world).await?, claimed);
    store.fail_attempt(&world.claimed(1)?, 2).await?;

    ensure_eq!(store.claim_attempt(&other).await?, Claim::OtherRequest);
    Ok(())
}

async fn a_claim_is_granted_until_a_millisecond_before_the_expiry(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    store.open_verification(&world.verification()?).await?;
    let last = world.after(VERIFICATION_LIFETIME.saturating_sub(Duration::from_nanos(1)));
    let end = world.after(VERIFICATION_LIFETIME);

    let at_the_end = store.claim_attempt(&ClaimRequest { now: end, ..world.claim(1)? }).await?;
    let just_before = store.claim_attempt(&ClaimRequest { now: last, ..world.claim(2)? }).await?;

    ensure_eq!(at_the_end, Claim::Closed);
    ensure_eq!(matches!(just_before, Claim::Granted(_)), true);
    Ok(())
}

async fn the_first_refusal_in_order_is_given(store: &impl VerificationPorts, world: &World) -> Result<(), Failure> {
    let mismatched = factors(&[FactorType::Words, FactorType::Face])?;
    let end = world.after(VERIFICATION_LIFETIME);
    ensure_eq!(store.claim_attempt(&world.claim(1)?).await?, Claim::Unknown);
    store.open_verification(&world.verification()?).await?;
    store.claim_attempt(&world.claim(1)?).await?;

    let repeated = ClaimRequest { presented: mismatched, now: end, ..world.claim(1)? };
    let other = ClaimRequest { attempt: RequestFingerprint { body: [9; 32], ..repeated.attempt }, ..repeated };
    let expired = ClaimRequest { attempt: world.claim(2)?.attempt, ..repeated };
    let open = ClaimRequest { now: world.now, ..expired };
    ensure_eq!(store.claim_attempt(&other).await?, Claim::OtherRequest);
    let by_then = found(store, world).await?;
    ensure_eq!(store.claim_attempt(&repeated).await?, Claim::Repeated(Box::new(by_then)));
    ensure_eq!(store.claim_attempt(&expired).await?, Claim::Closed);
    ensure_eq!(store.claim_attempt(&open).await?, Claim::Mismatched);
    for number in [2, 3] {
        store.claim_attempt(&world.claim(number)?).await?;
    }
    let fourth = ClaimRequest { attempt: world.claim(4)?.attempt, ..open };
    ensure_eq!(store.claim_attempt(&fourth).await?, Claim::Closed);
    Ok(())
}

async fn other_types_than_asked_for_count_nothing(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    store.open_verification(&world.verification()?).await?;
    let presented = [
        factors(&[])?,
        factors(&[FactorType::Pin])?,
        factors(&[FactorType::Pin, FactorType::DeviceSecret])?,
        factors(&[FactorType::Pin, FactorType::Nfc, FactorType::Face])?,
    ];

    for (number, presented) in (1..).zip(presented) {
        let claim = store.claim_attempt(&ClaimRequest { presented, ..world.claim(number)? }).await?;
        ensure_eq!(claim, Claim::Mismatched);
    }

    ensure_eq!(found(store, world).await?.attempts.len(), 0);
    Ok(())
}

async fn another_tenant_cannot_claim(store: &impl VerificationPorts, world: &World) -> Result<(), Failure> {
    store.open_verification(&world.verification()?).await?;
    let theirs = ClaimRequest { tenant: world.other_tenant, ..world.claim(1)? };

    ensure_eq!(store.claim_attempt(&theirs).await?, Claim::Unknown);
    store.claim_attempt(&world.claim(1)?).await?;
    let claimed = found(store, world).await?;
    let named_by_them = ClaimedAttempt { tenant: world.other_tenant, ..world.claimed(1)? };
    store.fail_attempt(&named_by_them, 2).await?;
    store.release_attempt(&named_by_them).await?;

    ensure_eq!(found(store, world).await?, claimed);
    ensure_eq!(store.find_verification(world.other_tenant, world.verification_id()).await?, None);
    Ok(())
}

async fn failing_turns_a_claimed_attempt_wrong_once(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    store.open_verification(&world.verification()?).await?;
    store.claim_attempt(&world.claim(1)?).await?;
    store.claim_attempt(&world.claim(2)?).await?;

    store.fail_attempt(&world.claimed(1)?, 2).await?;
    store.fail_attempt(&world.claimed(1)?, 0).await?;

    let wrong = AttemptState::Wrong { attempts_remaining: 2 };
    ensure_eq!(state(store, world, 1).await?, Some(wrong));
    ensure_eq!(state(store, world, 2).await?, Some(AttemptState::Claimed));
    Ok(())
}

async fn failing_what_was_not_claimed_changes_nothing(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    store.fail_attempt(&world.claimed(1)?, 2).await?;
    ensure_eq!(store.find_verification(world.tenant, world.verification_id()).await?, None);
    store.open_verification(&world.verification()?).await?;
    store.claim_attempt(&world.claim(1)?).await?;
    let claimed = found(store, world).await?;
    store.fail_attempt(&ClaimedAttempt { nonce: nonce(99), ..world.claimed(1)? }, 2).await?;
    ensure_eq!(found(store, world).await?, claimed);
    store.complete_verification(&world.completion(1, 0)?).await?;

    store.fail_attempt(&world.claimed(1)?, 2).await?;
    store.fail_attempt(&world.claimed(2)?, 2).await?;

    ensure_eq!(state(store, world, 1).await?, Some(AttemptState::Right));
    ensure_eq!(found(store, world).await?.attempts.len(), 1);
    Ok(())
}

async fn found(store: &impl VerificationPorts, world: &World) -> Result<Verification, Failure> {
    let found = store.find_verification(world.tenant, world.verification_id()).await?;
    found.ok_or_else(|| Failure::new("the verification is gone".to_owned()))
}

/// What became of the `number`th attempt.
async fn state(store: &impl VerificationPorts, world: &World, number: u8) -> Result<Option<AttemptState>, Failure> {
    let key = world.key(number)?;
    Ok(found(store, world).await?.attempts.get(&key).map(|attempt| attempt.state))
}
