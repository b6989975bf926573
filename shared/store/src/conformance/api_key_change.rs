//! Replacing and revoking API keys.

use std::time::Duration;

use super::api_key::{record, unused};
use super::outbox::{discard, kept};
use super::race::{count, race};
use super::{ApiKeyPorts, DurablePorts, Failure, Report, Setting, World};
use crate::{ApiKeyChange, ApiKeyRecord, ApiKeyRotation, OutboxEvent};

pub(super) async fn run<S: DurablePorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "api_key_change",
        store,
        setting,
        report,
        [
            a_replaced_key_has_an_end_and_a_successor,
            a_key_is_replaced_once,
            repeating_a_rotation_changes_nothing_more,
            a_revoked_key_says_since_when,
            a_key_is_revoked_once,
            a_revoked_key_is_not_replaced,
            another_tenants_key_is_neither_replaced_nor_revoked,
            every_change_keeps_its_event,
            of_many_rotations_at_once_one_is_done,
        ]
    );
}

async fn a_replaced_key_has_an_end_and_a_successor(store: &impl ApiKeyPorts, world: &World) -> Result<(), Failure> {
    let old = created(store, world).await?;
    let rotation = rotation(world, 1);

    let change = store.rotate_api_key(&rotation, &world.event(1)).await?;

    let new = rotation.replacement.clone();
    let old = replaced(&old, &rotation);
    ensure_eq!(change, ApiKeyChange::Changed);
    ensure_eq!(store.find_api_key(old.hash).await?, Some(old.clone()));
    ensure_eq!(store.find_api_key(new.hash).await?, Some(new.clone()));
    ensure_eq!(store.list_api_keys(world.tenant).await?, vec![unused(old), unused(new)]);
    Ok(())
}

async fn a_key_is_replaced_once(store: &impl ApiKeyPorts, world: &World) -> Result<(), Failure> {
    let old = created(store, world).await?;
    store.rotate_api_key(&rotation(world, 1), &world.event(1)).await?;

    let again = store.rotate_api_key(&rotation(world, 2), &world.event(2)).await?;

    ensure_eq!(again, ApiKeyChange::Refused);
    ensure_eq!(store.find_api_key(old.hash).await?, Some(replaced(&old, &rotation(world, 1))));
    ensure_eq!(store.find_api_key(rotation(world, 2).replacement.hash).await?, None);
    Ok(())
}

async fn repeating_a_rotation_changes_nothing_more(store: &impl ApiKeyPorts, world: &World) -> Result<(), Failure> {
    let old = created(store, world).await?;
    let rotation = rotation(world, 1);
    store.rotate_api_key(&rotation, &world.event(1)).await?;
    let revocation = (world.tenant, rotation.replacement.hash);
    store.revoke_api_key(revocation, world.now, &world.event(2)).await?;

    let again = store.rotate_api_key(&rotation, &world.event(1)).await?;

    let new = ApiKeyRecord { revoked_at: Some(world.now), ..rotation.replacement.clone() };
    ensure_eq!(again, ApiKeyChange::Changed);
    ensure_eq!(store.find_api_key(new.hash).await?, Some(new));
    ensure_eq!(store.find_api_key(old.hash).await?, Some(replaced(&old, &rotation)));
    Ok(())
}

async fn a_revoked_key_says_since_when(store: &impl ApiKeyPorts, world: &World) -> Result<(), Failure> {
    let record = created(store, world).await?;
    let finer = world.after(Duration::from_nanos(1_999_999));

    let change = store.revoke_api_key((world.tenant, record.hash), finer, &world.event(1)).await?;

    let revoked = ApiKeyRecord { revoked_at: Some(world.after(Duration::from_millis(1))), ..record };
    ensure_eq!(change, ApiKeyChange::Changed);
    ensure_eq!(store.find_api_key(revoked.hash).await?, Some(revoked.clone()));
    ensure_eq!(store.list_api_keys(world.tenant).await?, vec![unused(revoked)]);
    Ok(())
}

async fn a_key_is_revoked_once(store: &impl ApiKeyPorts, world: &World) -> Result<(), Failure> {
    let record = created(store, world).await?;
    let key = (world.tenant, record.hash);
    store.revoke_api_key(key, world.now, &world.event(1)).await?;

    let again = store.revoke_api_key(key, world.after(Duration::from_secs(1)), &world.event(2)).await?;
    let unknown = (world.tenant, rotation(world, 1).replacement.hash);
    let unknown = store.revoke_api_key(unknown, world.now, &world.event(3)).await?;

    ensure_eq!((again, unknown), (ApiKeyChange::Refused, ApiKeyChange::Refused));
    let revoked = ApiKeyRecord { revoked_at: Some(world.now), ..record };
    ensure_eq!(store.find_api_key(revoked.hash).await?, Some(revoked));
    Ok(())
}

async fn a_revoked_key_is_not_replaced(store: &impl ApiKeyPorts, world: &World) -> Result<(), Failure> {
    let record = created(store, world).await?;
    store.revoke_api_key((world.tenant, record.hash), world.now, &world.event(1)).await?;

    let change = store.rotate_api_key(&rotation(world, 1), &world.event(2)).await?;

    let revoked = ApiKeyRecord { revoked_at: Some(world.now), ..record };
    ensure_eq!(change, ApiKeyChange::Refused);
    ensure_eq!(store.list_api_keys(world.tenant).await?, vec![unused(revoked)]);
    Ok(())
}

async fn another_tenants_key_is_neither_replaced_nor_revoked(
    store: &impl ApiKeyPorts,
    world: &World,
) -> Result<(), Failure> {
    let record = created(store, world).await?;
    let mut theirs = rotation(world, 1);
    theirs.replacement.tenant = world.other_tenant;

    let rotated = store.rotate_api_key(&theirs, &world.event(1)).await?;
    let revoked = store.revoke_api_key((world.other_tenant, record.hash), world.now, &world.event(2)).await?;

    ensure_eq!((rotated, revoked), (ApiKeyChange::Refused, ApiKeyChange::Refused));
    ensure_eq!(store.find_api_key(record.hash).await?, Some(record.clone()));
    ensure_eq!(store.list_api_keys(world.other_tenant).await?, Vec::new());
    Ok(())
}

/// And what was refused keeps none.
async fn every_change_keeps_its_event(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let events = [1, 2, 3, 4, 5].map(|number| world.event(number));
    let [made, rotated, revoked, rotated_again, revoked_again] = &events;
    let record = record(world, 0);
    let key = (world.tenant, record.hash);

    store.create_api_key(&record, made).await?;
    store.rotate_api_key(&rotation(world, 1), rotated).await?;
    store.revoke_api_key(key, world.now, revoked).await?;
    store.rotate_api_key(&rotation(world, 2), rotated_again).await?;
    store.revoke_api_key(key, world.now, revoked_again).await?;

    let expected: Vec<OutboxEvent> = [made, rotated, revoked].into_iter().cloned().collect();
    ensure_eq!(kept(store, &events).await?, expected);
    discard(store, &events).await
}

async fn of_many_rotations_at_once_one_is_done<S: DurablePorts>(store: &S, world: &World) -> Result<(), Failure> {
    let old = created(store, world).await?;
    let rotations: Vec<_> = (1..=16).map(|number| (rotation(world, number), world.event(number))).collect();

    let changes = race(store, 16, move |store: S, contender| {
        let rotation = rotations.get(usize::from(contender)).cloned();
        async move {
            match rotation {
                Some((rotation, event)) => store.rotate_api_key(&rotation, &event).await,
                None => Ok(ApiKeyChange::Refused),
            }
        }
    })
    .await?;

    let listed = store.list_api_keys(world.tenant).await?;
    let successor = listed.iter().find(|key| key.record.hash != old.hash).map(|key| key.record.id());
    let replaced = store.find_api_key(old.hash).await?.and_then(|record| record.replaced_by);
    ensure_eq!(count(&changes, |change| *change == ApiKeyChange::Changed), 1);
    ensure_eq!((listed.len(), successor.is_some()), (2, true));
    ensure_eq!(replaced, successor);
    Ok(())
}

/// The key that is there first.
async fn created(store: &impl ApiKeyPorts, world: &World) -> Result<ApiKeyRecord, Failure> {
    let record = record(world, 0);
    store.create_api_key(&record, &world.event(0)).await?;
    Ok(record)
}

/// The first key is replaced by the `number`th within a day.
fn rotation(world: &World, number: u8) -> ApiKeyRotation {
    ApiKeyRotation {
        replaced: record(world, 0).hash,
        replaced_expires_at: world.after(Duration::from_secs(86_400)),
        replacement: ApiKeyRecord { created_at: world.after(Duration::from_secs(1)), ..record(world, number) },
    }
}

/// A key as a rotation leaves it.
fn replaced(old: &ApiKeyRecord, rotation: &ApiKeyRotation) -> ApiKeyRecord {
    ApiKeyRecord {
        expires_at: Some(rotation.replaced_expires_at),
        replaced_by: Some(rotation.replacement.id()),
        ..old.clone()
    }
}
