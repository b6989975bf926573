//! Enrollments.

use std::time::Duration;

use domain::{BranchKeyVersion, Enrollment, FactorType, Sealed};

use super::outbox::{discard, kept};
use super::race::{count, race};
use super::world::factors;
use super::{DurablePorts, Failure, Report, Setting, World};
use crate::EnrollmentCreation::{AlreadyEnrolled, Created};
use crate::OutboxEvent;
use crate::Upgrade::{Superseded, Upgraded};

pub(super) async fn run<S: DurablePorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "enrollment",
        store,
        setting,
        report,
        [
            it_comes_back_as_it_was,
            the_largest_comes_back_as_it_was,
            what_is_finer_than_a_millisecond_is_cut_off,
            a_creation_keeps_its_event,
            a_second_one_changes_nothing,
            a_repeated_creation_finds_itself,
            of_fifty_at_once_one_is_created,
            another_tenant_does_not_see_it,
            newer_verifiers_replace_only_those_they_were_made_from,
        ]
    );
}

async fn it_comes_back_as_it_was(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let enrollment = world.enrollment()?;

    ensure_eq!(store.find_enrollment(world.tenant, world.user).await?, None);
    ensure_eq!(store.create_enrollment(&enrollment, &world.event(0)).await?, Created);

    ensure_eq!(store.find_enrollment(world.tenant, world.user).await?, Some(enrollment));
    Ok(())
}

async fn the_largest_comes_back_as_it_was(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let enrollment = Enrollment {
        key_version: u32::MAX,
        branch_key_version: BranchKeyVersion::new(u32::MAX).unwrap_or(BranchKeyVersion::FIRST),
        factors: factors(&FactorType::ALL)?,
        askable_sets: Sealed::new((0..=255).cycle().take(3 * 1024).collect()),
        device_id: Some(Sealed::new(vec![9; 160])),
        ..world.enrollment()?
    };

    ensure_eq!(store.create_enrollment(&enrollment, &world.event(0)).await?, Created);

    ensure_eq!(store.find_enrollment(world.tenant, world.user).await?, Some(enrollment));
    Ok(())
}

async fn what_is_finer_than_a_millisecond_is_cut_off(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let created_at = world.after(Duration::from_nanos(1_999_999));
    let enrollment = Enrollment { created_at, ..world.enrollment()? };

    store.create_enrollment(&enrollment, &world.event(0)).await?;

    let found = store.find_enrollment(world.tenant, world.user).await?;
    ensure_eq!(found.map(|found| found.created_at), Some(world.after(Duration::from_millis(1))));
    Ok(())
}

async fn a_second_one_changes_nothing(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let first = world.enrollment()?;
    let second = Enrollment { askable_sets: Sealed::new(vec![7; 9]), key_version: 2, ..first.clone() };
    store.create_enrollment(&first, &world.event(0)).await?;

    ensure_eq!(store.create_enrollment(&second, &world.event(1)).await?, AlreadyEnrolled(Box::new(first.clone())));

    ensure_eq!(store.find_enrollment(world.tenant, world.user).await?, Some(first));
    ensure_eq!(kept(store, [&world.event(1)]).await?, Vec::new());
    Ok(())
}

async fn newer_verifiers_replace_only_those_they_were_made_from(
    store: &impl DurablePorts,
    world: &World,
) -> Result<(), Failure> {
    let enrollment = world.enrollment()?;
    let (before, after) = (enrollment.askable_sets.clone(), Sealed::new(vec![7; 9]));
    let (tenant, user) = (world.tenant, world.user);
    ensure_eq!(store.upgrade_verifiers(tenant, user, &before, &after).await?, Superseded);
    store.create_enrollment(&enrollment, &world.event(0)).await?;

    ensure_eq!(store.upgrade_verifiers(tenant, user, &after, &Sealed::new(vec![8])).await?, Superseded);
    ensure_eq!(store.upgrade_verifiers(tenant, user, &before, &after).await?, Upgraded);
    ensure_eq!(store.upgrade_verifiers(tenant, user, &before, &after).await?, Upgraded);

    let upgraded = Enrollment { askable_sets: after, ..enrollment };
    ensure_eq!(store.find_enrollment(tenant, user).await?, Some(upgraded));
    Ok(())
}

async fn a_repeated_creation_finds_itself(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let enrollment = world.enrollment()?;
    store.create_enrollment(&enrollment, &world.event(0)).await?;

    ensure_eq!(store.create_enrollment(&enrollment, &world.event(0)).await?, AlreadyEnrolled(Box::new(enrollment)));
    Ok(())
}

async fn a_creation_keeps_its_event(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let event = OutboxEvent { payload: vec![7; 4096], ..world.event(1) };

    store.create_enrollment(&world.enrollment()?, &event).await?;

    ensure_eq!(kept(store, [&event]).await?, vec![event.clone()]);
    discard(store, &[event]).await
}

async fn of_fifty_at_once_one_is_created<S: DurablePorts>(store: &S, world: &World) -> Result<(), Failure> {
    let template = world.enrollment()?;
    let events: Vec<OutboxEvent> = (0..50).map(|number| world.event(number)).collect();

    let outcomes = race(store, 50, {
        let events = events.clone();
        move |store: S, contender| {
            let user_key = Sealed::new(vec![contender + 1; 60]);
            let (enrollment, event) =
                (Enrollment { user_key, ..template.clone() }, events.get(usize::from(contender)).cloned());
            async move {
                let Some(event) = event else { return Ok(AlreadyEnrolled(Box::new(enrollment))) };
                store.create_enrollment(&enrollment, &event).await
            }
        }
    })
    .await?;

    let found = store.find_enrollment(world.tenant, world.user).await?.map(Box::new);
    let winner = found.as_ref().and_then(|found| found.user_key.as_bytes().first()).map_or(0, |first| first - 1);
    ensure_eq!(count(&outcomes, |outcome| *outcome == Created), 1);
    ensure_eq!(
        count(&outcomes, |outcome| matches!(outcome, AlreadyEnrolled(existing) if Some(existing) == found.as_ref())),
        49
    );
    ensure_eq!(kept(store, &events).await?, vec![world.event(winner)]);
    discard(store, &[world.event(winner)]).await
}

async fn another_tenant_does_not_see_it(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let enrollment = world.enrollment()?;
    let theirs = Enrollment { tenant: world.other_tenant, ..enrollment.clone() };
    store.create_enrollment(&enrollment, &world.event(0)).await?;

    ensure_eq!(store.find_enrollment(world.other_tenant, world.user).await?, None);
    ensure_eq!(store.create_enrollment(&theirs, &world.event(1)).await?, Created);

    ensure_eq!(store.find_enrollment(world.tenant, world.user).await?, Some(enrollment));
    Ok(())
}
