//! Signing keys. They have no tenant: a case looks at its own only.

use std::time::Duration;

use domain::{EventId, KeyId};

use super::outbox::{discard, kept};
use super::race::race;
use super::{DurablePorts, Failure, Report, Setting, World};
use crate::{KeyRetirement, SigningKeyRecord};

pub(super) async fn run<S: DurablePorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "signing_key",
        store,
        setting,
        report,
        [
            all_come_back_as_they_were_oldest_first,
            one_is_never_replaced,
            one_retires_with_its_successor_and_event,
            one_retires_only_as_it_is_known,
            of_sixteen_successors_at_once_one_is_stored,
            only_one_that_has_retired_is_removed,
        ]
    );
}

async fn all_come_back_as_they_were_oldest_first(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let old = record(world, 9, Duration::ZERO)?;
    let new = record(world, 1, Duration::from_millis(1))?;
    let retiring = SigningKeyRecord {
        retires_at: Some(world.after(Duration::from_secs(60))),
        ..record(world, 5, Duration::from_millis(2))?
    };
    ensure_eq!(own(store, &[&old, &new, &retiring]).await?, Vec::new());

    for record in [&retiring, &old, &new] {
        store.create_signing_key(record).await?;
    }

    ensure_eq!(own(store, &[&old, &new, &retiring]).await?, vec![old, new, retiring]);
    Ok(())
}

async fn one_is_never_replaced(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let first = record(world, 1, Duration::ZERO)?;
    store.create_signing_key(&first).await?;

    store.create_signing_key(&SigningKeyRecord { public: vec![7; 65], ..first.clone() }).await?;

    ensure_eq!(own(store, &[&first]).await?, vec![first]);
    Ok(())
}

async fn one_retires_with_its_successor_and_event(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let (old, new) = (record(world, 1, Duration::ZERO)?, record(world, 2, Duration::from_millis(1))?);
    let (event, refused) = (world.event(1), world.event(2));
    store.create_signing_key(&old).await?;
    let retirement = retirement(world, &old, Some(new.clone()));

    ensure_eq!(store.retire_signing_key(&retirement, &event).await?, true);
    ensure_eq!(store.retire_signing_key(&retirement, &refused).await?, false);

    let retiring = SigningKeyRecord { retires_at: Some(retirement.retires_at), ..old.clone() };
    ensure_eq!(own(store, &[&old, &new]).await?, vec![retiring, new]);
    ensure_eq!(kept(store, &[event.clone(), refused]).await?, vec![event.clone()]);
    discard(store, &[event]).await?;
    Ok(())
}

async fn one_retires_only_as_it_is_known(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let (old, unknown) = (record(world, 1, Duration::ZERO)?, record(world, 2, Duration::ZERO)?);
    let event = world.event(1);
    store.create_signing_key(&old).await?;
    let first = retirement(world, &old, None);
    let earlier = KeyRetirement { known: Some(first.retires_at), retires_at: world.now, ..first.clone() };

    ensure_eq!(store.retire_signing_key(&earlier, &event).await?, false);
    ensure_eq!(store.retire_signing_key(&retirement(world, &unknown, None), &event).await?, false);
    ensure_eq!(store.retire_signing_key(&first, &event).await?, true);
    ensure_eq!(store.retire_signing_key(&earlier, &event).await?, true);

    ensure_eq!(own(store, &[&old, &unknown]).await?, vec![SigningKeyRecord { retires_at: Some(world.now), ..old }]);
    discard(store, &[event]).await?;
    Ok(())
}

async fn of_sixteen_successors_at_once_one_is_stored<S: DurablePorts>(store: &S, world: &World) -> Result<(), Failure> {
    let old = record(world, 100, Duration::ZERO)?;
    store.create_signing_key(&old).await?;
    let successors =
        (0..16).map(|number| record(world, number, Duration::from_millis(1))).collect::<Result<Vec<_>, _>>()?;
    let (given, event) = (successors.clone(), world.event(1));
    let retiring = retirement(world, &old, None);

    let outcomes = race(store, 16, move |store: S, contender| {
        let successor = given.get(usize::from(contender)).cloned();
        let (retirement, event) = (KeyRetirement { successor, ..retiring.clone() }, event.clone());
        async move { store.retire_signing_key(&retirement, &event).await }
    })
    .await?;

    let stored = own(store, &successors.iter().collect::<Vec<_>>()).await?;
    ensure_eq!((outcomes.iter().filter(|won| **won).count(), stored.len()), (1, 1));
    discard(store, &[world.event(1)]).await?;
    Ok(())
}

async fn only_one_that_has_retired_is_removed(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let (old, signing) = (record(world, 1, Duration::ZERO)?, record(world, 2, Duration::ZERO)?);
    let event = world.event(1);
    for record in [&old, &signing] {
        store.create_signing_key(record).await?;
    }
    let retirement = retirement(world, &old, None);
    store.retire_signing_key(&retirement, &event).await?;
    let retiring = SigningKeyRecord { retires_at: Some(retirement.retires_at), ..old.clone() };

    store.remove_signing_key(&old.id, world.now).await?;
    store.remove_signing_key(&signing.id, retirement.retires_at).await?;
    ensure_eq!(own(store, &[&old, &signing]).await?, vec![retiring, signing.clone()]);

    for _ in 0..2 {
        store.remove_signing_key(&old.id, retirement.retires_at).await?;
        ensure_eq!(own(store, &[&old, &signing]).await?, vec![signing.clone()]);
    }
    discard(store, &[event]).await?;
    Ok(())
}

fn retirement(world: &World, key: &SigningKeyRecord, successor: Option<SigningKeyRecord>) -> KeyRetirement {
    KeyRetirement { key: key.id.clone(), known: None, retires_at: world.after(Duration::from_secs(3_600)), successor }
}

async fn own(store: &impl DurablePorts, records: &[&SigningKeyRecord]) -> Result<Vec<SigningKeyRecord>, Failure> {
    let all = store.list_signing_keys().await?;
    Ok(all.into_iter().filter(|found| records.iter().any(|record| record.id == found.id)).collect())
}

fn record(world: &World, number: u8, age: Duration) -> Result<SigningKeyRecord, Failure> {
    let id = EventId::from_keyed_bytes(world.bytes(7, number)).to_string();
    let id: KeyId = id.parse().map_err(|_| Failure::new("not a key id".to_owned()))?;
    Ok(SigningKeyRecord {
        id,
        public: vec![4; 65],
        wrapped_private: vec![number; 330],
        created_at: world.after(age),
        signs_from: world.after(age + Duration::from_secs(600)),
        retires_at: None,
    })
}
