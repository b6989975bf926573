//! Erasing users.

use std::time::Duration;

use domain::{Account, Enrollment};

use super::lifecycle::{claimed, enrolled, erased, erasure, no_sessions, rotation};
use super::outbox::{discard, kept};
use super::race::{count, race};
use super::{Failure, LifecyclePorts, Report, Setting, World};
use crate::CurrentEnrollment::{Enrolled, Erased, Unknown};
use crate::{
    Completion, EnrollmentCreation, Erasure, ErasureOutcome, FactorRotationOutcome, OutboxEvent, Reservation,
    SessionOpening,
};

pub(super) async fn run<S: LifecyclePorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "erasure",
        store,
        setting,
        report,
        [
            i6_an_erased_user_is_a_tombstone_and_nothing_else,
            t4_erasing_ends_every_session,
            a9_a_user_is_erased_once_and_the_first_instant_stays,
            of_many_erasures_at_once_one_is_made_and_keeps_its_event,
            nobody_is_enrolled_under_an_erased_id,
            i6_a_verification_of_an_erased_user_opens_no_session,
            i6_what_was_read_before_brings_nothing_back,
            who_was_never_enrolled_is_neither_rotated_nor_erased,
            e3_neither_another_tenant_nor_another_user_notices,
        ]
    );
}

async fn i6_an_erased_user_is_a_tombstone_and_nothing_else(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    enrolled(store, world).await?;
    store.find_enrollment(world.tenant, world.user).await?;
    let finer = Erasure { at: world.after(Duration::from_nanos(999_999)), ..erasure(world) };

    ensure_eq!(store.erase_user(&finer, &world.event(1)).await?, ErasureOutcome::Erased);
    store.forget_erased(world.tenant, world.user).await?;

    ensure_eq!(store.find_current_enrollment(world.tenant, world.user).await?, Erased { at: world.now });
    ensure_eq!(store.find_enrollment(world.tenant, world.user).await?, None);
    let account = store.find_account(world.tenant, world.user).await?;
    ensure_eq!(account, Some(Account { key_version: Some(0), ..Account::default() }));
    ensure_eq!(kept(store, [&world.event(1)]).await?, vec![world.event(1)]);
    discard(store, &[world.event(1)]).await
}

async fn t4_erasing_ends_every_session(store: &impl LifecyclePorts, world: &World) -> Result<(), Failure> {
    enrolled(store, world).await?;
    for number in 0..5 {
        store.open_session(&world.session(number), &[]).await?;
    }
    store.reserve_failure(world.tenant, world.user, world.mark(1), world.now).await?;

    erased(store, world).await?;

    no_sessions(store, world, 0).await
}

async fn a9_a_user_is_erased_once_and_the_first_instant_stays(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    enrolled(store, world).await?;
    erased(store, world).await?;

    let later = Erasure { at: world.after(Duration::from_secs(9)), ..erasure(world) };
    let again = store.erase_user(&later, &world.event(2)).await?;

    ensure_eq!(again, ErasureOutcome::AlreadyErased { at: world.now });
    ensure_eq!(store.find_current_enrollment(world.tenant, world.user).await?, Erased { at: world.now });
    ensure_eq!(kept(store, [&world.event(2)]).await?, Vec::new());
    Ok(())
}

async fn of_many_erasures_at_once_one_is_made_and_keeps_its_event<S: LifecyclePorts>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    enrolled(store, world).await?;
    let (erasure, at) = (erasure(world), world.now);
    let events: Vec<OutboxEvent> = (0..16).map(|number| world.event(number)).collect();

    let outcomes = race(store, 16, {
        let events = events.clone();
        move |store: S, contender| {
            let event = events.get(usize::from(contender)).cloned();
            async move {
                let Some(event) = event else { return Ok(ErasureOutcome::Unknown) };
                store.erase_user(&erasure, &event).await
            }
        }
    })
    .await?;

    ensure_eq!(count(&outcomes, |outcome| *outcome == ErasureOutcome::Erased), 1);
    ensure_eq!(count(&outcomes, |outcome| *outcome == ErasureOutcome::AlreadyErased { at }), 15);
    let of_one = kept(store, &events).await?;
    ensure_eq!(of_one.len(), 1);
    discard(store, &of_one).await
}

async fn nobody_is_enrolled_under_an_erased_id(store: &impl LifecyclePorts, world: &World) -> Result<(), Failure> {
    let first = enrolled(store, world).await?;
    erased(store, world).await?;

    // The request that enrolled the user, and another one.
    for enrollment in [first.clone(), Enrollment { request: rotation(world, 7)?.enrollment.request, ..first }] {
        let creation = store.create_enrollment(&enrollment, &world.event(2)).await?;
        ensure_eq!(creation, EnrollmentCreation::Erased);
    }

    ensure_eq!(store.find_enrollment(world.tenant, world.user).await?, None);
    ensure_eq!(kept(store, [&world.event(2)]).await?, Vec::new());
    Ok(())
}

async fn i6_a_verification_of_an_erased_user_opens_no_session(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    enrolled(store, world).await?;
    claimed(store, world).await?;

    erased(store, world).await?;

    ensure_eq!(store.complete_verification(&world.completion(1, 0)?).await?, Completion::Closed);
    ensure_eq!(store.open_session(&world.session(1), &[]).await?, SessionOpening::Superseded);
    let reservation = store.reserve_failure(world.tenant, world.user, world.mark(1), world.now).await?;
    let admits = |account: &Account| (0..5).map(|version| account.admits(version)).collect::<Vec<_>>();
    let admitted = match &reservation {
        Reservation::Reserved(account) => admits(account),
        Reservation::Locked { .. } => Vec::new(),
    };
    ensure_eq!(admitted, vec![true, false, false, false, false]);
    no_sessions(store, world, 0).await
}

async fn i6_what_was_read_before_brings_nothing_back(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    enrolled(store, world).await?;
    erased(store, world).await?;

    ensure_eq!(store.rotate_factors(&rotation(world, 1)?, &world.event(2)).await?, FactorRotationOutcome::Superseded);

    ensure_eq!(store.find_current_enrollment(world.tenant, world.user).await?, Erased { at: world.now });
    ensure_eq!(kept(store, [&world.event(2)]).await?, Vec::new());
    Ok(())
}

async fn who_was_never_enrolled_is_neither_rotated_nor_erased(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    store.open_session(&world.session(0), &[]).await?;

    ensure_eq!(store.rotate_factors(&rotation(world, 1)?, &world.event(1)).await?, FactorRotationOutcome::Superseded);
    ensure_eq!(store.erase_user(&erasure(world), &world.event(1)).await?, ErasureOutcome::Unknown);

    ensure_eq!(store.find_current_enrollment(world.tenant, world.user).await?, Unknown);
    ensure_eq!(store.find_session(world.tenant, world.user, world.session(0).id).await?, Some(world.session(0)));
    ensure_eq!(kept(store, [&world.event(1)]).await?, Vec::new());
    Ok(())
}

async fn e3_neither_another_tenant_nor_another_user_notices(
    store: &impl LifecyclePorts,
    world: &World,
) -> Result<(), Failure> {
    let enrollment = enrolled(store, world).await?;
    store.open_session(&world.session(0), &[]).await?;
    let mut theirs = rotation(world, 1)?;
    theirs.enrollment.tenant = world.other_tenant;
    let erasure = Erasure { tenant: world.other_tenant, ..erasure(world) };

    ensure_eq!(store.rotate_factors(&theirs, &world.event(1)).await?, FactorRotationOutcome::Superseded);
    ensure_eq!(store.erase_user(&erasure, &world.event(1)).await?, ErasureOutcome::Unknown);

    ensure_eq!(store.find_current_enrollment(world.tenant, world.user).await?, Enrolled(Box::new(enrollment)));
    ensure_eq!(store.find_session(world.tenant, world.user, world.session(0).id).await?, Some(world.session(0)));
    Ok(())
}
