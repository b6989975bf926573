//! Disabling users, and enabling them again.

use std::time::Duration;

use domain::{Enrollment, Home, Sealed};

use super::lifecycle::{claimed, enrolled, erased, erasure, no_sessions, rotated, rotation};
use super::outbox::{discard, kept};
use super::race::{count, race};
use super::{Failure, LifecyclePorts, Report, Setting, World};
use crate::CurrentEnrollment::{Disabled, Enrolled, Erased, Unknown};
use crate::{
    Completion, Disabling, DisablingOutcome, Enabling, EnablingOutcome, EnrollmentCreation, ErasureOutcome,
    FactorRotationOutcome, OutboxEvent, SessionOpening, Upgrade,
};

pub(super) async fn run<S: LifecyclePorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "disabling",
        store,
        setting,
        report,
        [
            a_disabled_user_keeps_the_enrollment_and_none_but_the_operator_sees_it,
            t4_disabling_ends_every_session_and_forgets_no_failure,
            a9_a_user_is_disabled_once_and_the_first_instant_stays,
            of_many_disablings_at_once_one_is_made_and_keeps_its_event,
            t4_a_verification_of_a_disabled_user_opens_no_session,
            t4_completing_beside_disabling_leaves_no_session,
            t4_rotating_beside_disabling_enables_nobody,
            a_disabled_user_is_neither_enrolled_again_nor_rotated,
            an_enabled_user_is_as_before_but_for_the_sessions,
            a9_who_is_not_disabled_is_not_enabled,
            of_many_enablings_at_once_one_is_made_and_keeps_its_event,
            a_disabled_user_can_be_erased_and_stays_so,
            e3_neither_another_tenant_nor_another_user_is_disabled,
        ]
    );
}

fn disabling(world: &World) -> Disabling {
    Disabling { tenant: world.tenant, user: world.user, at: world.now }
}

fn enabling(world: &World, key_version: u32) -> Enabling {
    Enabling { tenant: world.tenant, user: world.user, key_version, at: world.now }
}

/// Disables the user.
async fn disabled(store: &impl LifecyclePorts, world: &World) -> Result<(), Failure> {
    ensure_eq!(store.disable_user(&disabling(world), &world.event(1)).await?, DisablingOutcome::Disabled);
    discard(store, &[world.event(1)]).await
}

async fn a_disabled_user_keeps_the_enrollment_and_none_but_the_operator_sees_it(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    let enrollment = Box::new(enrolled(store, world).await?);
    let finer = Disabling { at: world.after(Duration::from_nanos(999_999)), ..disabling(world) };

    ensure_eq!(store.disable_user(&finer, &world.event(1)).await?, DisablingOutcome::Disabled);

    let current = store.find_current_enrollment(world.tenant, world.user).await?;
    ensure_eq!(current, Disabled { at: world.now, enrollment });
    // Where there is a cache, it goes on giving the copy that it was made with.
    if store.home() == Home::Table {
        ensure_eq!(store.find_enrollment(world.tenant, world.user).await?, None);
    }
    ensure_eq!(kept(store, [&world.event(1)]).await?, vec![world.event(1)]);
    discard(store, &[world.event(1)]).await
}

async fn t4_disabling_ends_every_session_and_forgets_no_failure(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    enrolled(store, world).await?;
    for number in 0..5 {
        store.open_session(&world.session(number), &[]).await?;
    }
    store.reserve_failure(world.tenant, world.user, world.mark(1), world.now).await?;

    disabled(store, world).await?;

    let account = store.find_account(world.tenant, world.user).await?.unwrap_or_default();
    ensure_eq!((account.failures.instants().len(), account.reserved.len()), (1, 1));
    no_sessions(store, world, 0).await
}

async fn a9_a_user_is_disabled_once_and_the_first_instant_stays(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    let enrollment = Box::new(enrolled(store, world).await?);
    disabled(store, world).await?;

    let later = Disabling { at: world.after(Duration::from_secs(9)), ..disabling(world) };
    let again = store.disable_user(&later, &world.event(2)).await?;

    ensure_eq!(again, DisablingOutcome::AlreadyDisabled { at: world.now });
    let current = store.find_current_enrollment(world.tenant, world.user).await?;
    ensure_eq!(current, Disabled { at: world.now, enrollment });
    ensure_eq!(kept(store, [&world.event(2)]).await?, Vec::new());
    Ok(())
}

async fn of_many_disablings_at_once_one_is_made_and_keeps_its_event<S: LifecyclePorts>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    enrolled(store, world).await?;
    let (disabling, at) = (disabling(world), world.now);
    let events: Vec<OutboxEvent> = (0..16).map(|number| world.event(number)).collect();

    let outcomes = race(store, 16, {
        let events = events.clone();
        move |store: S, contender| {
            let event = events.get(usize::from(contender)).cloned();
            async move {
                let Some(event) = event else { return Ok(DisablingOutcome::Unknown) };
                store.disable_user(&disabling, &event).await
            }
        }
    })
    .await?;

    ensure_eq!(count(&outcomes, |outcome| *outcome == DisablingOutcome::Disabled), 1);
    ensure_eq!(count(&outcomes, |outcome| *outcome == DisablingOutcome::AlreadyDisabled { at }), 15);
    let of_one = kept(store, &events).await?;
    ensure_eq!(of_one.len(), 1);
    discard(store, &of_one).await
}

async fn t4_a_verification_of_a_disabled_user_opens_no_session(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    enrolled(store, world).await?;
    claimed(store, world).await?;

    disabled(store, world).await?;

    ensure_eq!(store.complete_verification(&world.completion(1, 0)?).await?, Completion::Closed);
    ensure_eq!(store.open_session(&world.session(1), &[]).await?, SessionOpening::Superseded);
    no_sessions(store, world, 0).await
}

/// Whichever is first: what it opened is over, or it opens nothing.
async fn t4_completing_beside_disabling_leaves_no_session<S: LifecyclePorts>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    enrolled(store, world).await?;
    claimed(store, world).await?;
    let (disabling, event, completion) = (disabling(world), world.event(1), world.completion(1, 0)?);

    let outcomes = race(store, 8, {
        let event = event.clone();
        move |store: S, contender| {
            let (event, completion) = (event.clone(), completion.clone());
            async move {
                if contender == 4 {
                    return Ok(store.disable_user(&disabling, &event).await? == DisablingOutcome::Disabled);
                }
                let completion = store.complete_verification(&completion).await?;
                Ok(matches!(completion, Completion::SessionsChanged(_)))
            }
        }
    })
    .await?;

    ensure_eq!(count(&outcomes, |is_disabled| *is_disabled), 1);
    discard(store, &[event]).await?;
    no_sessions(store, world, 0).await
}

/// A rotation puts a whole enrollment in the place of the one before.
async fn t4_rotating_beside_disabling_enables_nobody<S: LifecyclePorts>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    enrolled(store, world).await?;
    let (disabling, rotation) = (disabling(world), rotation(world, 1)?);
    let events: Vec<OutboxEvent> = (1..=2).map(|number| world.event(number)).collect();

    let outcomes = race(store, 8, {
        let (events, rotation) = (events.clone(), rotation.clone());
        move |store: S, contender| {
            let (events, rotation) = (events.clone(), rotation.clone());
            async move {
                let [of_disabling, of_rotation] = events.as_slice() else { return Ok(false) };
                if contender == 4 {
                    return Ok(store.disable_user(&disabling, of_disabling).await? == DisablingOutcome::Disabled);
                }
                store.rotate_factors(&rotation, of_rotation).await?;
                Ok(false)
            }
        }
    })
    .await?;

    ensure_eq!(count(&outcomes, |is_disabled| *is_disabled), 1);
    discard(store, &events).await?;
    let current = store.find_current_enrollment(world.tenant, world.user).await?;
    ensure_eq!(matches!(current, Disabled { at, .. } if at == world.now), true);
    no_sessions(store, world, 0).await
}

async fn a_disabled_user_is_neither_enrolled_again_nor_rotated(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    let before = Box::new(enrolled(store, world).await?);
    disabled(store, world).await?;

    let another = Enrollment { request: rotation(world, 7)?.enrollment.request, ..world.enrollment()? };
    let creation = store.create_enrollment(&another, &world.event(2)).await?;
    ensure_eq!(creation, EnrollmentCreation::AlreadyEnrolled(before.clone()));
    let rotating = store.rotate_factors(&rotation(world, 1)?, &world.event(2)).await?;
    ensure_eq!(rotating, FactorRotationOutcome::Superseded);

    let current = store.find_current_enrollment(world.tenant, world.user).await?;
    ensure_eq!(current, Disabled { at: world.now, enrollment: before });
    ensure_eq!(kept(store, [&world.event(2)]).await?, Vec::new());
    Ok(())
}

async fn an_enabled_user_is_as_before_but_for_the_sessions(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    enrolled(store, world).await?;
    let before = rotated(store, world).await?;
    let session = |number| domain::Session { key_version: 2, ..world.session(number) };
    store.open_session(&session(0), &[]).await?;
    disabled(store, world).await?;
    // A success that was under way makes its set's verifier anew: that is no use of the enrollment.
    let newer = Sealed::new(vec![9; 9]);
    let upgrade = store.upgrade_verifiers(world.tenant, world.user, &before.askable_sets, &newer).await?;
    ensure_eq!(upgrade, Upgrade::Upgraded);

    let outcome = store.enable_user(&enabling(world, 2), &world.event(2)).await?;

    ensure_eq!(outcome, EnablingOutcome::Enabled);
    let current = store.find_current_enrollment(world.tenant, world.user).await?;
    ensure_eq!(current, Enrolled(Box::new(Enrollment { askable_sets: newer, ..before })));
    ensure_eq!(kept(store, [&world.event(2)]).await?, vec![world.event(2)]);
    discard(store, &[world.event(2)]).await?;
    no_sessions(store, world, 2).await?;
    ensure_eq!(store.open_session(&world.session(1), &[]).await?, SessionOpening::Superseded);
    ensure_eq!(store.open_session(&session(2), &[]).await?, SessionOpening::Opened);
    ensure_eq!(store.find_session(world.tenant, world.user, session(2).id).await?, Some(session(2)));
    Ok(())
}

async fn a9_who_is_not_disabled_is_not_enabled(store: &impl LifecyclePorts, world: &World) -> Result<(), Failure> {
    let changes_nothing = EnablingOutcome::Changed;
    ensure_eq!(store.enable_user(&enabling(world, 1), &world.event(2)).await?, changes_nothing);
    enrolled(store, world).await?;
    store.open_session(&world.session(0), &[]).await?;
    ensure_eq!(store.enable_user(&enabling(world, 1), &world.event(2)).await?, changes_nothing);
    ensure_eq!(store.find_session(world.tenant, world.user, world.session(0).id).await?, Some(world.session(0)));

    disabled(store, world).await?;
    for other_version in [0, 2, u32::MAX] {
        let outcome = store.enable_user(&enabling(world, other_version), &world.event(2)).await?;
        ensure_eq!(outcome, changes_nothing);
    }

    let current = store.find_current_enrollment(world.tenant, world.user).await?;
    ensure_eq!(matches!(current, Disabled { .. }), true);
    ensure_eq!(kept(store, [&world.event(2)]).await?, Vec::new());
    no_sessions(store, world, 0).await
}

async fn of_many_enablings_at_once_one_is_made_and_keeps_its_event<S: LifecyclePorts>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    enrolled(store, world).await?;
    disabled(store, world).await?;
    let enabling = enabling(world, 1);
    let events: Vec<OutboxEvent> = (0..16).map(|number| world.event(number)).collect();

    let outcomes = race(store, 16, {
        let events = events.clone();
        move |store: S, contender| {
            let event = events.get(usize::from(contender)).cloned();
            async move {
                let Some(event) = event else { return Ok(EnablingOutcome::Changed) };
                store.enable_user(&enabling, &event).await
            }
        }
    })
    .await?;

    ensure_eq!(count(&outcomes, |outcome| *outcome == EnablingOutcome::Enabled), 1);
    let of_one = kept(store, &events).await?;
    ensure_eq!(of_one.len(), 1);
    discard(store, &of_one).await
}

async fn a_disabled_user_can_be_erased_and_stays_so(store: &impl LifecyclePorts, world: &World) -> Result<(), Failure> {
    enrolled(store, world).await?;
    disabled(store, world).await?;

    erased(store, world).await?;

    ensure_eq!(store.disable_user(&disabling(world), &world.event(2)).await?, DisablingOutcome::Erased);
    ensure_eq!(store.enable_user(&enabling(world, 1), &world.event(2)).await?, EnablingOutcome::Changed);
    let again = store.erase_user(&erasure(world), &world.event(2)).await?;
    ensure_eq!(again, ErasureOutcome::AlreadyErased { at: world.now });
    ensure_eq!(store.find_current_enrollment(world.tenant, world.user).await?, Erased { at: world.now });
    ensure_eq!(kept(store, [&world.event(2)]).await?, Vec::new());
    no_sessions(store, world, 0).await
}

async fn e3_neither_another_tenant_nor_another_user_is_disabled(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    let enrollment = enrolled(store, world).await?;
    store.open_session(&world.session(0), &[]).await?;
    let theirs = Disabling { tenant: world.other_tenant, ..disabling(world) };

    ensure_eq!(store.disable_user(&theirs, &world.event(1)).await?, DisablingOutcome::Unknown);

    let unknown = store.find_current_enrollment(world.other_tenant, world.user).await?;
    ensure_eq!(unknown, Unknown);
    ensure_eq!(store.find_account(world.other_tenant, world.user).await?, None);
    let current = store.find_current_enrollment(world.tenant, world.user).await?;
    ensure_eq!(current, Enrolled(Box::new(enrollment)));
    ensure_eq!(store.find_session(world.tenant, world.user, world.session(0).id).await?, Some(world.session(0)));
    Ok(())
}
