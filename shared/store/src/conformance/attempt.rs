//! Claiming and failing attempts.

use std::time::Duration;

use domain::{ATTEMPTS_ALLOWED, Attempt, FactorType, IdempotencyKey, VERIFICATION_LIFETIME, Verification};

use super::race::{count, race};
use super::world::factors;
use super::{Failure, Report, VerificationPorts, World};
use crate::{Claim, ClaimRequest};

pub(super) async fn run<S: VerificationPorts>(store: &S, seed: u64, report: &mut Report) {
    run_cases!(
        "attempt",
        store,
        seed,
        report,
        [
            a_granted_claim_is_counted,
            of_sixty_four_at_once_three_are_granted,
            of_one_key_at_once_one_is_granted,
            a_repeated_claim_tells_what_became_of_it_and_counts_nothing,
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

    let claim = store.claim_attempt(&world.claim(1)?).await?;

    let claimed = Verification { attempts: [(world.key(1)?, Attempt::Claimed)].into(), ..opened };
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
    ensure_eq!(attempts(store, world).await?, 3);
    Ok(())
}

async fn of_one_key_at_once_one_is_granted<S: VerificationPorts>(store: &S, world: &World) -> Result<(), Failure> {
    store.open_verification(&world.verification()?).await?;
    let request = world.claim(1)?;

    let outcomes = race(store, 32, move |store: S, _| async move { store.claim_attempt(&request).await }).await?;

    ensure_eq!(count(&outcomes, |outcome| matches!(outcome, Claim::Granted(_))), 1);
    ensure_eq!(count(&outcomes, |outcome| *outcome == Claim::Repeated(Attempt::Claimed)), 31);
    ensure_eq!(attempts(store, world).await?, 1);
    Ok(())
}

async fn a_repeated_claim_tells_what_became_of_it_and_counts_nothing(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    let id = world.verification_id();
    store.open_verification(&world.verification()?).await?;
    for number in [1, 2, 3] {
        store.claim_attempt(&world.claim(number)?).await?;
    }
    store.fail_attempt(world.tenant, id, world.key(1)?, 2).await?;
    store.complete_verification(&world.completion(2, 0)?).await?;

    let wrong = Attempt::Wrong { attempts_remaining: 2 };
    ensure_eq!(store.claim_attempt(&world.claim(1)?).await?, Claim::Repeated(wrong));
    ensure_eq!(store.claim_attempt(&world.claim(2)?).await?, Claim::Repeated(Attempt::Right));
    ensure_eq!(store.claim_attempt(&world.claim(3)?).await?, Claim::Repeated(Attempt::Claimed));
    ensure_eq!(attempts(store, world).await?, 3);
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
    let expired = ClaimRequest { attempt: world.key(2)?, ..repeated };
    let open = ClaimRequest { now: world.now, ..expired };
    ensure_eq!(store.claim_attempt(&repeated).await?, Claim::Repeated(Attempt::Claimed));
    ensure_eq!(store.claim_attempt(&expired).await?, Claim::Closed);
    ensure_eq!(store.claim_attempt(&open).await?, Claim::Mismatched);
    for number in [2, 3] {
        store.claim_attempt(&world.claim(number)?).await?;
    }
    ensure_eq!(store.claim_attempt(&ClaimRequest { attempt: world.key(4)?, ..open }).await?, Claim::Closed);
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

    ensure_eq!(attempts(store, world).await?, 0);
    Ok(())
}

async fn another_tenant_cannot_claim(store: &impl VerificationPorts, world: &World) -> Result<(), Failure> {
    store.open_verification(&world.verification()?).await?;
    let theirs = ClaimRequest { tenant: world.other_tenant, ..world.claim(1)? };

    ensure_eq!(store.claim_attempt(&theirs).await?, Claim::Unknown);
    store.claim_attempt(&world.claim(1)?).await?;
    store.fail_attempt(world.other_tenant, world.verification_id(), world.key(1)?, 2).await?;

    ensure_eq!(attempt(store, world, world.key(1)?).await?, Some(Attempt::Claimed));
    ensure_eq!(store.find_verification(world.other_tenant, world.verification_id()).await?, None);
    Ok(())
}

async fn failing_turns_a_claimed_attempt_wrong_once(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    let id = world.verification_id();
    store.open_verification(&world.verification()?).await?;
    store.claim_attempt(&world.claim(1)?).await?;
    store.claim_attempt(&world.claim(2)?).await?;

    store.fail_attempt(world.tenant, id, world.key(1)?, 2).await?;
    store.fail_attempt(world.tenant, id, world.key(1)?, 0).await?;

    let wrong = Attempt::Wrong { attempts_remaining: 2 };
    ensure_eq!(attempt(store, world, world.key(1)?).await?, Some(wrong));
    ensure_eq!(attempt(store, world, world.key(2)?).await?, Some(Attempt::Claimed));
    Ok(())
}

async fn failing_what_was_not_claimed_changes_nothing(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    let id = world.verification_id();
    store.fail_attempt(world.tenant, id, world.key(1)?, 2).await?;
    ensure_eq!(store.find_verification(world.tenant, id).await?, None);
    store.open_verification(&world.verification()?).await?;
    store.claim_attempt(&world.claim(1)?).await?;
    store.complete_verification(&world.completion(1, 0)?).await?;

    store.fail_attempt(world.tenant, id, world.key(1)?, 2).await?;
    store.fail_attempt(world.tenant, id, world.key(2)?, 2).await?;

    ensure_eq!(attempt(store, world, world.key(1)?).await?, Some(Attempt::Right));
    ensure_eq!(attempts(store, world).await?, 1);
    Ok(())
}

async fn attempts(store: &impl VerificationPorts, world: &World) -> Result<usize, Failure> {
    let found = store.find_verification(world.tenant, world.verification_id()).await?;
    found.map(|found| found.attempts.len()).ok_or_else(|| Failure::new("the verification is gone".to_owned()))
}

async fn attempt(
    store: &impl VerificationPorts,
    world: &World,
    key: IdempotencyKey,
) -> Result<Option<Attempt>, Failure> {
    let found = store.find_verification(world.tenant, world.verification_id()).await?;
    Ok(found.and_then(|found| found.attempts.get(&key).copied()))
}
