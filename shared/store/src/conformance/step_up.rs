//! Rotating and erasing for a session's token: the session has to be there, in the same write.

use domain::{Enrollment, Session};

use super::lifecycle::{enrolled, erasure, rotation};
use super::outbox::{discard, kept};
use super::{Failure, LifecyclePorts, Report, Setting, World};
use crate::CurrentEnrollment::{Disabled, Enrolled};
use crate::{Disabling, DisablingOutcome, Erasure, ErasureOutcome, FactorRotation, FactorRotationOutcome};

pub(super) async fn run<S: LifecyclePorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "step-up",
        store,
        setting,
        report,
        [
            a_session_that_lives_rotates,
            a_session_that_lives_erases,
            t3_a_revoked_session_neither_rotates_nor_erases,
            t3_a_session_that_is_not_there_neither_rotates_nor_erases,
            t4_no_session_of_a_disabled_user_erases,
        ]
    );
}

async fn a_session_that_lives_rotates(store: &impl LifecyclePorts, world: &World) -> Result<(), Failure> {
    let (_, session) = signed_in(store, world).await?;

    let rotated = store.rotate_factors(&rotation_by(world, &session)?, &world.event(1)).await?;

    ensure_eq!(rotated, FactorRotationOutcome::Rotated);
    // The session is gone with it, and the repetition is known all the same.
    let again = store.rotate_factors(&rotation_by(world, &session)?, &world.event(2)).await?;
    ensure_eq!(again, FactorRotationOutcome::Rotated);
    ensure_eq!(kept(store, [&world.event(1), &world.event(2)]).await?, vec![world.event(1)]);
    discard(store, &[world.event(1)]).await
}

async fn a_session_that_lives_erases(store: &impl LifecyclePorts, world: &World) -> Result<(), Failure> {
    let (_, session) = signed_in(store, world).await?;

    ensure_eq!(store.erase_user(&erasure_by(world, &session), &world.event(1)).await?, ErasureOutcome::Erased);

    let again = store.erase_user(&erasure_by(world, &session), &world.event(2)).await?;
    ensure_eq!(again, ErasureOutcome::AlreadyErased { at: world.now });
    ensure_eq!(kept(store, [&world.event(1), &world.event(2)]).await?, vec![world.event(1)]);
    discard(store, &[world.event(1)]).await
}

async fn t3_a_revoked_session_neither_rotates_nor_erases(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    let (enrollment, session) = signed_in(store, world).await?;
    let other = world.session(1);
    store.open_session(&other, &[]).await?;
    store.revoke_session(&world.session_key(0), world.now, &world.event(0)).await?;
    discard(store, &[world.event(0)]).await?;

    refused(store, world, &session).await?;

    ensure_eq!(store.find_current_enrollment(world.tenant, world.user).await?, Enrolled(Box::new(enrollment)));
    ensure_eq!(store.find_session(world.tenant, world.user, other.id).await?, Some(other));
    Ok(())
}

async fn t3_a_session_that_is_not_there_neither_rotates_nor_erases(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    let enrollment = enrolled(store, world).await?;
    refused(store, world, &world.session(0)).await?;
    store.open_session(&world.session(1), &[]).await?;
    refused(store, world, &world.session(0)).await?;

    ensure_eq!(store.find_current_enrollment(world.tenant, world.user).await?, Enrolled(Box::new(enrollment)));
    Ok(())
}

/// An operator disables the user after the request was found to be the user's.
async fn t4_no_session_of_a_disabled_user_erases(store: &impl LifecyclePorts, world: &World) -> Result<(), Failure> {
    let (enrollment, session) = signed_in(store, world).await?;
    let disabling = Disabling { tenant: world.tenant, user: world.user, at: world.now };
    ensure_eq!(store.disable_user(&disabling, &world.event(0)).await?, DisablingOutcome::Disabled);
    discard(store, &[world.event(0)]).await?;

    refused(store, world, &session).await?;

    let disabled = Disabled { enrollment: Box::new(enrollment), at: world.now };
    ensure_eq!(store.find_current_enrollment(world.tenant, world.user).await?, disabled);
    Ok(())
}

async fn signed_in(store: &impl LifecyclePorts, world: &World) -> Result<(Enrollment, Session), Failure> {
    let (enrollment, session) = (enrolled(store, world).await?, world.session(0));
    store.open_session(&session, &[]).await?;
    Ok((enrollment, session))
}

async fn refused(store: &impl LifecyclePorts, world: &World, session: &Session) -> Result<(), Failure> {
    let rotated = store.rotate_factors(&rotation_by(world, session)?, &world.event(1)).await?;
    ensure_eq!(rotated, FactorRotationOutcome::Superseded);
    let erased = store.erase_user(&erasure_by(world, session), &world.event(2)).await?;
    ensure_eq!(erased, ErasureOutcome::SessionEnded);
    ensure_eq!(kept(store, [&world.event(1), &world.event(2)]).await?, Vec::new());
    Ok(())
}

fn rotation_by(world: &World, session: &Session) -> Result<FactorRotation, Failure> {
    Ok(FactorRotation { asked_by: Some(session.id), ..rotation(world, 1)? })
}

fn erasure_by(world: &World, session: &Session) -> Erasure {
    Erasure { asked_by: Some(session.id), ..erasure(world) }
}
