//! Audit events.

use std::time::Duration;

use domain::EventId;

use super::{Failure, Report, Setting, World};
use crate::{EventRecord, FindEvents, StoreEvents};

pub(super) async fn run<S: StoreEvents + FindEvents>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "event",
        store,
        setting,
        report,
        [
            all_of_many_come_back_oldest_first,
            storing_them_again_changes_nothing,
            another_record_of_a_stored_id_changes_nothing,
            storing_none_stores_none,
            another_subject_and_another_tenant_do_not_see_them,
        ]
    );
}

async fn all_of_many_come_back_oldest_first<S: StoreEvents + FindEvents>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    let mut records: Vec<EventRecord> = (0..60).map(|number| record(world, number)).collect();
    records.reverse();

    ensure_eq!(store.store_events(&records).await?, Vec::new());

    records.reverse();
    ensure_eq!(store.find_events(world.tenant, world.bytes(8, 0), 100).await?, records);
    records.truncate(7);
    ensure_eq!(store.find_events(world.tenant, world.bytes(8, 0), 7).await?, records);
    ensure_eq!(store.find_events(world.tenant, world.bytes(8, 0), 0).await?, Vec::new());
    Ok(())
}

async fn storing_them_again_changes_nothing<S: StoreEvents + FindEvents>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    let [first, second] = [1, 2].map(|number| record(world, number));
    store.store_events(&[first.clone(), first.clone()]).await?;

    ensure_eq!(store.store_events(&[second.clone(), first.clone()]).await?, Vec::new());

    ensure_eq!(store.find_events(world.tenant, world.bytes(8, 0), 9).await?, vec![first, second]);
    Ok(())
}

async fn another_record_of_a_stored_id_changes_nothing<S: StoreEvents + FindEvents>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    let first = record(world, 1);
    let forged = EventRecord { payload: b"forged".to_vec(), kept_until: first.at, ..first.clone() };
    store.store_events(&[first.clone(), forged.clone()]).await?;

    ensure_eq!(store.store_events(&[forged]).await?, Vec::new());

    ensure_eq!(store.find_events(world.tenant, world.bytes(8, 0), 9).await?, vec![first]);
    Ok(())
}

async fn storing_none_stores_none<S: StoreEvents + FindEvents>(store: &S, world: &World) -> Result<(), Failure> {
    ensure_eq!(store.store_events(&[]).await?, Vec::new());

    ensure_eq!(store.find_events(world.tenant, world.bytes(8, 0), 9).await?, Vec::new());
    Ok(())
}

async fn another_subject_and_another_tenant_do_not_see_them<S: StoreEvents + FindEvents>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    store.store_events(&[record(world, 1)]).await?;

    ensure_eq!(store.find_events(world.other_tenant, world.bytes(8, 0), 9).await?, Vec::new());
    ensure_eq!(store.find_events(world.tenant, world.bytes(8, 1), 9).await?, Vec::new());
    Ok(())
}

fn record(world: &World, number: u8) -> EventRecord {
    let at = world.after(Duration::from_millis(number.into()));
    EventRecord {
        id: EventId::at(at, &[255 - number; 10]),
        tenant: world.tenant,
        subject: world.bytes(8, 0),
        at,
        kept_until: world.after(Duration::from_secs(86_400)),
        payload: vec![number; 1 + usize::from(number) * 100],
    }
}
