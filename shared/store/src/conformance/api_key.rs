//! API keys.

use std::time::Duration;

use domain::{ApiKeyMode, Scope, Scopes, SecretHash};

use super::{ApiKeyPorts, DurablePorts, Failure, Report, Setting, World};
use crate::{ApiKeyRecord, ListedApiKey, USE_NOTED_EVERY};

pub(super) async fn run<S: DurablePorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "api_key",
        store,
        setting,
        report,
        [
            it_comes_back_as_it_was,
            one_that_expired_is_still_found,
            it_is_never_replaced_by_one_of_the_same_hash,
            a_tenant_lists_its_own_oldest_first,
            its_use_is_noted_once_an_hour_in_the_list_alone,
            a_use_of_what_is_not_listed_is_noted_nowhere,
        ]
    );
}

async fn it_comes_back_as_it_was(store: &impl ApiKeyPorts, world: &World) -> Result<(), Failure> {
    let record = ApiKeyRecord {
        mode: Some(ApiKeyMode::Live),
        name: "shop backend".parse().ok(),
        scopes: Scopes::only(Scope::Audit),
        ..record(world, 0)
    };
    ensure_eq!(store.find_api_key(record.hash).await?, None);

    store.create_api_key(&record, &world.event(0)).await?;

    ensure_eq!(store.find_api_key(record.hash).await?, Some(record.clone()));
    ensure_eq!(store.list_api_keys(world.tenant).await?, vec![unused(record)]);
    Ok(())
}

async fn one_that_expired_is_still_found(store: &impl ApiKeyPorts, world: &World) -> Result<(), Failure> {
    let record = ApiKeyRecord { expires_at: Some(world.after(Duration::from_millis(1))), ..record(world, 0) };

    store.create_api_key(&record, &world.event(0)).await?;

    ensure_eq!(store.find_api_key(record.hash).await?, Some(record));
    Ok(())
}

async fn it_is_never_replaced_by_one_of_the_same_hash(store: &impl ApiKeyPorts, world: &World) -> Result<(), Failure> {
    let record = record(world, 0);
    store.create_api_key(&record, &world.event(0)).await?;

    let other = ApiKeyRecord { tenant: world.other_tenant, ..record.clone() };
    store.create_api_key(&other, &world.event(1)).await?;

    ensure_eq!(store.find_api_key(record.hash).await?, Some(record));
    ensure_eq!(store.list_api_keys(world.other_tenant).await?, Vec::new());
    Ok(())
}

async fn a_tenant_lists_its_own_oldest_first(store: &impl ApiKeyPorts, world: &World) -> Result<(), Failure> {
    let older = ApiKeyRecord { created_at: world.now, ..record(world, 9) };
    let newer = ApiKeyRecord { created_at: world.after(Duration::from_secs(1)), ..record(world, 1) };
    let other = ApiKeyRecord { tenant: world.other_tenant, ..record(world, 2) };
    for key in [&newer, &older, &other] {
        store.create_api_key(key, &world.event(0)).await?;
    }

    let listed = store.list_api_keys(world.tenant).await?;

    ensure_eq!(listed, vec![unused(older), unused(newer)]);
    Ok(())
}

/// ```text
/// first use      < 1 h: not noted      1 h: noted
/// ┼──────────────────────────────────┼────────────
/// ```
async fn its_use_is_noted_once_an_hour_in_the_list_alone(
    store: &impl ApiKeyPorts,
    world: &World,
) -> Result<(), Failure> {
    let record = record(world, 0);
    store.create_api_key(&record, &world.event(0)).await?;
    let hour = world.after(USE_NOTED_EVERY);
    let within = world.after(USE_NOTED_EVERY.saturating_sub(Duration::from_millis(1)));

    for (used_at, noted_at) in [(world.now, world.now), (within, world.now), (hour, hour), (world.now, hour)] {
        store.note_api_key_use(world.tenant, record.id(), used_at).await?;

        let listed = ListedApiKey { record: record.clone(), used_at: Some(noted_at) };
        ensure_eq!(store.list_api_keys(world.tenant).await?, vec![listed]);
    }
    ensure_eq!(store.find_api_key(record.hash).await?, Some(record));
    Ok(())
}

async fn a_use_of_what_is_not_listed_is_noted_nowhere(store: &impl ApiKeyPorts, world: &World) -> Result<(), Failure> {
    let record = record(world, 0);
    store.create_api_key(&record, &world.event(0)).await?;

    store.note_api_key_use(world.other_tenant, record.id(), world.now).await?;

    ensure_eq!(store.list_api_keys(world.other_tenant).await?, Vec::new());
    ensure_eq!(store.list_api_keys(world.tenant).await?, vec![unused(record)]);
    Ok(())
}

/// The `number`th key of the tenant.
pub(super) fn record(world: &World, number: u8) -> ApiKeyRecord {
    let mut hash = [0xee; 32];
    let distinct = [number].into_iter().chain(world.bytes(6, number));
    hash.iter_mut().zip(distinct).for_each(|(byte, value)| *byte = value);
    ApiKeyRecord::new(SecretHash::new(hash), world.tenant, world.now)
}

/// The key in its tenant's list, before anybody used it.
pub(super) const fn unused(record: ApiKeyRecord) -> ListedApiKey {
    ListedApiKey { record, used_at: None }
}
