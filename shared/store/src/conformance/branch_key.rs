//! Branch keys.

use domain::BranchKeyVersion;

use super::race::{count, race};
use super::{DurablePorts, Failure, Report, Setting, World};
use crate::BranchKeyRecord;

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

fn record(world: &World, version: u32, fill: u8) -> BranchKeyRecord {
    BranchKeyRecord {
        tenant: world.tenant,
        version: BranchKeyVersion::new(version).unwrap_or(BranchKeyVersion::FIRST),
        wrapped: vec![fill; 184],
        created_at: world.now,
    }
}
