//! Rotating factors.

use domain::Sealed;

use super::lifecycle::{claimed, enrolled, erased, no_sessions, rotated, rotation};
use super::outbox::{discard, kept};
use super::race::race;
use super::{Failure, LifecyclePorts, Report, Setting, World};
use crate::CurrentEnrollment::{Enrolled, Unknown};
use crate::{
    Claim, Completion, FactorRotation, FactorRotationOutcome, OutboxEvent, Reservation, SessionOpening, Upgrade,
};

pub(super) async fn run<S: LifecyclePorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "rotation",
        store,
        setting,
        report,
        [
            what_is_stored_of_a_user_is_what_was_stored_last,
            rotated_factors_take_the_place_of_those_before_and_keep_their_event,
            t4_a_rotation_ends_every_session,
            a9_a_repeated_rotation_changes_nothing,
            a_rotation_of_another_version_changes_nothing,
            of_many_rotations_at_once_one_is_made_and_keeps_its_event,
            t4_a_verification_of_the_factors_before_opens_no_session,
            t4_a_rotation_between_reserving_and_completing_leaves_no_session,
            factors_of_the_new_version_open_sessions,
            verifiers_of_the_factors_before_upgrade_nothing,
        ]
    );
}

async fn what_is_stored_of_a_user_is_what_was_stored_last(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    ensure_eq!(store.find_current_enrollment(world.tenant, world.user).await?, Unknown);

    let enrollment = enrolled(store, world).await?;
    ensure_eq!(store.find_current_enrollment(world.tenant, world.user).await?, Enrolled(Box::new(enrollment)));

    let rotated = rotated(store, world).await?;
    ensure_eq!(store.find_current_enrollment(world.tenant, world.user).await?, Enrolled(Box::new(rotated)));
    Ok(())
}

async fn rotated_factors_take_the_place_of_those_before_and_keep_their_event(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    enrolled(store, world).await?;
    // Whoever reads has a copy by now, if there are copies.
    store.find_enrollment(world.tenant, world.user).await?;
    let (rotation, event) = (rotation(world, 1)?, world.event(1));

    ensure_eq!(store.rotate_factors(&rotation, &event).await?, FactorRotationOutcome::Rotated);
    store.forget_rotated(world.tenant, world.user).await?;

    ensure_eq!(store.find_enrollment(world.tenant, world.user).await?, Some(rotation.enrollment));
    ensure_eq!(kept(store, [&event]).await?, vec![event.clone()]);
    discard(store, &[event]).await
}

async fn t4_a_rotation_ends_every_session(store: &impl LifecyclePorts, world: &World) -> Result<(), Failure> {
    enrolled(store, world).await?;
    for number in 0..5 {
        store.open_session(&world.session(number), &[]).await?;
    }

    rotated(store, world).await?;

    no_sessions(store, world, 2).await
}

async fn a9_a_repeated_rotation_changes_nothing(store: &impl LifecyclePorts, world: &World) -> Result<(), Failure> {
    enrolled(store, world).await?;
    let rotated = rotated(store, world).await?;
    let mut session = world.session(1);
    session.key_version = 2;
    store.open_session(&session, &[]).await?;

    let again = store.rotate_factors(&rotation(world, 1)?, &world.event(2)).await?;

    ensure_eq!(again, FactorRotationOutcome::Rotated);
    ensure_eq!(store.find_current_enrollment(world.tenant, world.user).await?, Enrolled(Box::new(rotated)));
    ensure_eq!(store.find_session(world.tenant, world.user, session.id).await?, Some(session));
    ensure_eq!(kept(store, [&world.event(2)]).await?, Vec::new());
    Ok(())
}

async fn a_rotation_of_another_version_changes_nothing(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    let enrollment = enrolled(store, world).await?;
    store.open_session(&world.session(0), &[]).await?;

    for key_version in [0, 1, 3, u32::MAX] {
        let mut late = rotation(world, 1)?;
        late.enrollment.key_version = key_version;
        ensure_eq!(store.rotate_factors(&late, &world.event(1)).await?, FactorRotationOutcome::Superseded);
    }

    ensure_eq!(store.find_current_enrollment(world.tenant, world.user).await?, Enrolled(Box::new(enrollment)));
    ensure_eq!(store.find_session(world.tenant, world.user, world.session(0).id).await?, Some(world.session(0)));
    ensure_eq!(kept(store, [&world.event(1)]).await?, Vec::new());
    Ok(())
}

async fn of_many_rotations_at_once_one_is_made_and_keeps_its_event<S: LifecyclePorts>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    enrolled(store, world).await?;
    let rotations = (1..=16).map(|number| rotation(world, number)).collect::<Result<Vec<_>, _>>()?;
    let events: Vec<OutboxEvent> = (1..=16).map(|number| world.event(number)).collect();

    let outcomes = race(store, 16, {
        let (rotations, events) = (rotations.clone(), events.clone());
        move |store: S, contender| {
            let number = usize::from(contender);
            let (rotation, event) = (rotations.get(number).cloned(), events.get(number).cloned());
            async move {
                let (Some(rotation), Some(event)) = (rotation, event) else { return Ok(None) };
                let outcome = store.rotate_factors(&rotation, &event).await?;
                Ok((outcome == FactorRotationOutcome::Rotated).then_some((rotation, event)))
            }
        }
    })
    .await?;

    let made: Vec<(FactorRotation, OutboxEvent)> = outcomes.into_iter().flatten().collect();
    ensure_eq!(made.len(), 1);
    let found = store.find_current_enrollment(world.tenant, world.user).await?;
    ensure_eq!(Some(found), made.first().map(|(rotation, _)| Enrolled(Box::new(rotation.enrollment.clone()))));
    let events_of_made: Vec<OutboxEvent> = made.into_iter().map(|(_, event)| event).collect();
    ensure_eq!(kept(store, &events).await?, events_of_made.clone());
    discard(store, &events_of_made).await
}

async fn t4_a_verification_of_the_factors_before_opens_no_session(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    enrolled(store, world).await?;
    claimed(store, world).await?;

    rotated(store, world).await?;

    ensure_eq!(store.complete_verification(&world.completion(1, 0)?).await?, Completion::Closed);
    ensure_eq!(store.open_session(&world.session(1), &[]).await?, SessionOpening::Superseded);
    // Nor does a repetition of the attempt.
    let repeated = store.claim_attempt(&world.claim(1)?).await?;
    let has_an_answer = matches!(&repeated, Claim::Repeated(verification) if verification.verified.is_some());
    ensure_eq!(has_an_answer, false);
    no_sessions(store, world, 2).await
}

/// The account is as it was seen by a reservation, but for the rotation since.
async fn t4_a_rotation_between_reserving_and_completing_leaves_no_session(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    enrolled(store, world).await?;
    claimed(store, world).await?;
    let reservation = store.reserve_failure(world.tenant, world.user, world.mark(1), world.now).await?;
    ensure_eq!(matches!(&reservation, Reservation::Reserved(account) if account.admits(1)), true);

    rotated(store, world).await?;

    ensure_eq!(store.complete_verification(&world.completion(1, 0)?).await?, Completion::Closed);
    let account = store.find_account(world.tenant, world.user).await?.unwrap_or_default();
    ensure_eq!((account.sessions.len(), account.failures.instants().len()), (0, 1));
    ensure_eq!((account.admits(1), account.admits(2)), (false, true));
    Ok(())
}

async fn factors_of_the_new_version_open_sessions(store: &impl LifecyclePorts, world: &World) -> Result<(), Failure> {
    enrolled(store, world).await?;
    rotated(store, world).await?;
    claimed(store, world).await?;
    let mut completion = world.completion(1, 0)?;
    completion.session.key_version = 2;

    ensure_eq!(store.complete_verification(&completion).await?, Completion::Completed);

    let session = completion.session;
    ensure_eq!(store.find_session(world.tenant, world.user, session.id).await?, Some(session));
    Ok(())
}

async fn verifiers_of_the_factors_before_upgrade_nothing(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    let before = enrolled(store, world).await?;
    let rotated = rotated(store, world).await?;
    let newer = Sealed::new(vec![9; 9]);

    let upgrade = store.upgrade_verifiers(world.tenant, world.user, &before.askable_sets, &newer).await?;
    ensure_eq!(upgrade, Upgrade::Superseded);
    ensure_eq!(store.find_current_enrollment(world.tenant, world.user).await?, Enrolled(Box::new(rotated.clone())));

    erased(store, world).await?;
    let upgrade = store.upgrade_verifiers(world.tenant, world.user, &rotated.askable_sets, &newer).await?;
    ensure_eq!(upgrade, Upgrade::Superseded);
    Ok(())
}
