//! Branch keys.

use std::time::Duration;

use domain::BranchKeyVersion;

use super::outbox::{discard, kept};
use super::race::{count, race};
use super::{DurablePorts, Failure, Report, Setting, World};
use crate::{BranchKeyRecord, RegisteredBranchKey, register_part};

pub(super) async fn run<S: DurablePorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "branch_key",
        store,
        setting,
        report,
        [
            the_newest_is_found_and_older_ones_stay,
            a_version_follows_the_one_before_it,
            a_version_is_never_replaced,
            of_sixteen_at_once_one_is_stored,
            another_tenant_does_not_see_it,
            a_rotation_is_a_version_with_its_event,
            the_register_has_each_tenants_newest_version,
        ]
    );
}

async fn the_newest_is_found_and_older_ones_stay(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let (first, second) = (record(world, 1, 1), record(world, 2, 2));
    ensure_eq!(store.find_branch_key(world.tenant, None).await?, None);
    ensure_eq!(store.find_branch_key(world.tenant, Some(first.version)).await?, None);

    ensure_eq!(store.create_branch_key(&first).await?, true);
    ensure_eq!(store.find_branch_key(world.tenant, None).await?, Some(first.clone()));
    ensure_eq!(store.create_branch_key(&second).await?, true);

    ensure_eq!(store.find_branch_key(world.tenant, None).await?, Some(second.clone()));
    ensure_eq!(store.find_branch_key(world.tenant, Some(first.version)).await?, Some(first));
    ensure_eq!(store.find_branch_key(world.tenant, Some(second.version)).await?, Some(second));
    Ok(())
}

async fn a_version_follows_the_one_before_it(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let third = record(world, 3, 3);
    ensure_eq!(store.create_branch_key(&record(world, 2, 2)).await?, false);
    store.create_branch_key(&record(world, 1, 1)).await?;

    ensure_eq!(store.create_branch_key(&third).await?, false);

    ensure_eq!(store.find_branch_key(world.tenant, Some(third.version)).await?, None);
    ensure_eq!(store.find_branch_key(world.tenant, None).await?, Some(record(world, 1, 1)));
    Ok(())
}

async fn a_version_is_never_replaced(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let first = record(world, 1, 1);
    store.create_branch_key(&first).await?;

    ensure_eq!(store.create_branch_key(&record(world, 1, 9)).await?, false);
    ensure_eq!(store.create_branch_key(&first).await?, true);
    store.create_branch_key(&record(world, 2, 2)).await?;
    ensure_eq!(store.create_branch_key(&first).await?, true);

    ensure_eq!(store.find_branch_key(world.tenant, Some(first.version)).await?, Some(first));
    ensure_eq!(store.find_branch_key(world.tenant, None).await?, Some(record(world, 2, 2)));
    Ok(())
}

async fn of_sixteen_at_once_one_is_stored<S: DurablePorts>(store: &S, world: &World) -> Result<(), Failure> {
    let records: Vec<BranchKeyRecord> = (0..16).map(|number| record(world, 1, number + 1)).collect();

    let outcomes = race(store, 16, move |store: S, contender| {
        let record = records.get(usize::from(contender)).cloned();
        async move {
            match record {
                Some(record) => Ok(store.create_branch_key(&record).await?.then_some(record)),
                None => Ok(None),
            }
        }
    })
    .await?;

    let winners: Vec<_> = outcomes.iter().flatten().collect();
    ensure_eq!(count(&outcomes, Option::is_some), 1);
    let newest = store.find_branch_key(world.tenant, None).await?;
    ensure_eq!(newest.as_ref(), winners.first().copied());
    ensure_eq!(store.find_branch_key(world.tenant, Some(BranchKeyVersion::FIRST)).await?, newest);
    Ok(())
}

async fn another_tenant_does_not_see_it(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let first = record(world, 1, 1);
    store.create_branch_key(&first).await?;

    ensure_eq!(store.find_branch_key(world.other_tenant, None).await?, None);
    ensure_eq!(store.find_branch_key(world.other_tenant, Some(first.version)).await?, None);
    Ok(())
}

async fn a_rotation_is_a_version_with_its_event(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let (second, late) = (record(world, 2, 2), record(world, 2, 9));
    let (event, refused) = (world.event(1), world.event(2));
    store.create_branch_key(&record(world, 1, 1)).await?;

    ensure_eq!(store.rotate_branch_key(&second, &event).await?, true);
    ensure_eq!(store.rotate_branch_key(&late, &refused).await?, false);
    ensure_eq!(store.rotate_branch_key(&record(world, 4, 4), &refused).await?, false);
    ensure_eq!(store.rotate_branch_key(&second, &event).await?, true);

    ensure_eq!(store.find_branch_key(world.tenant, None).await?, Some(second));
    ensure_eq!(kept(store, &[event.clone(), refused]).await?, vec![event.clone()]);
    discard(store, &[event]).await?;
    Ok(())
}

async fn the_register_has_each_tenants_newest_version(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    ensure_eq!(registered(store, world).await?, Vec::new());
    store.create_branch_key(&record(world, 1, 1)).await?;
    let later = BranchKeyRecord { created_at: world.after(Duration::from_secs(60)), ..record(world, 2, 2) };

    let before = registered(store, world).await?;
    store.rotate_branch_key(&later, &world.event(1)).await?;
    let after = registered(store, world).await?;

    let line = |record: &BranchKeyRecord| RegisteredBranchKey {
        tenant: record.tenant,
        newest: record.version,
        created_at: record.created_at,
    };
    ensure_eq!(before, vec![line(&record(world, 1, 1))]);
    ensure_eq!(after, vec![line(&later)]);
    discard(store, &[world.event(1)]).await?;
    Ok(())
}

/// The case's own lines: the register is everybody's.
async fn registered(store: &impl DurablePorts, world: &World) -> Result<Vec<RegisteredBranchKey>, Failure> {
    let lines = store.list_branch_keys(register_part(world.tenant)).await?;
    Ok(lines.into_iter().filter(|line| line.tenant == world.tenant).collect())
}

fn record(world: &World, version: u32, fill: u8) -> BranchKeyRecord {
    BranchKeyRecord {
        tenant: world.tenant,
        version: BranchKeyVersion::new(version).unwrap_or(BranchKeyVersion::FIRST),
        wrapped: vec![fill; 184],
        first: (version > 1).then(|| vec![1; 184]),
        created_at: world.now,
    }
}
