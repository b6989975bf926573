//! The outbox. It is everybody's, so that the cases look for their own events only, and remove them in the end.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::EventId;
use jiff::Timestamp;

use super::{Failure, OutboxPorts, Report, Setting, World};
use crate::{OUTBOX_PARTS, OutboxEvent};

pub(super) async fn run<S: OutboxPorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "outbox",
        store,
        setting,
        report,
        [
            many_come_back_from_their_parts_oldest_first,
            the_largest_comes_back_as_it_was,
            keeping_it_again_changes_nothing,
            keeping_none_keeps_none,
            at_most_the_limit_come_back_the_oldest_first,
            a_removed_one_is_gone_and_the_others_stay,
            removing_it_again_changes_nothing,
        ]
    );
}

async fn many_come_back_from_their_parts_oldest_first(store: &impl OutboxPorts, world: &World) -> Result<(), Failure> {
    let mut events: Vec<OutboxEvent> = (0..60).map(|number| world.event(number)).collect();
    events.reverse();

    store.keep_events(&events).await?;

    let ids: BTreeSet<EventId> = events.iter().map(|event| event.id).collect();
    let mut found = Vec::new();
    for part in 0..OUTBOX_PARTS {
        let mut of_part = store.outbox_events(part, u16::MAX).await?;
        ensure_eq!(of_part.iter().find(|event| event.part() != part), None);
        ensure_eq!(of_part.is_sorted_by_key(|event| event.id), true);
        of_part.retain(|event| ids.contains(&event.id));
        found.extend(of_part);
    }
    found.sort_by_key(|event| event.id);
    events.reverse();
    ensure_eq!(found, events.clone());
    discard(store, &events).await
}

async fn the_largest_comes_back_as_it_was(store: &impl OutboxPorts, world: &World) -> Result<(), Failure> {
    let event = OutboxEvent { payload: (0..=255).cycle().take(4096).collect(), ..world.event(1) };

    store.keep_events(std::slice::from_ref(&event)).await?;

    ensure_eq!(kept(store, [&event]).await?, vec![event.clone()]);
    discard(store, &[event]).await
}

async fn keeping_it_again_changes_nothing(store: &impl OutboxPorts, world: &World) -> Result<(), Failure> {
    let [first, second] = [1, 2].map(|number| world.event(number));
    store.keep_events(std::slice::from_ref(&first)).await?;

    store.keep_events(&[second.clone(), first.clone()]).await?;

    ensure_eq!(kept(store, [&first, &second]).await?, vec![first.clone(), second.clone()]);
    discard(store, &[first, second]).await
}

async fn keeping_none_keeps_none(store: &impl OutboxPorts, world: &World) -> Result<(), Failure> {
    store.keep_events(&[]).await?;
    store.remove_outbox_events(&[]).await?;

    ensure_eq!(kept(store, [&world.event(1)]).await?, Vec::new());
    Ok(())
}

/// Events that are older than any other, of one part.
async fn at_most_the_limit_come_back_the_oldest_first(store: &impl OutboxPorts, world: &World) -> Result<(), Failure> {
    let event = |number: u8| {
        let at = Timestamp::UNIX_EPOCH + Duration::from_millis(number.into());
        OutboxEvent { id: world.event_id_at(at, 7), payload: vec![number] }
    };
    let events: Vec<OutboxEvent> = (0..30).map(event).collect();
    let part = events.first().map_or(0, OutboxEvent::part);
    store.keep_events(&events).await?;

    for limit in [0, 1, 10, 30] {
        let found = store.outbox_events(part, limit).await?;
        ensure_eq!(found, events.iter().take(limit.into()).cloned().collect::<Vec<_>>());
    }

    discard(store, &events).await
}

async fn a_removed_one_is_gone_and_the_others_stay(store: &impl OutboxPorts, world: &World) -> Result<(), Failure> {
    let events: Vec<OutboxEvent> = (0..60).map(|number| world.event(number)).collect();
    let (sent, stays) = events.split_at(50);
    store.keep_events(&events).await?;

    store.remove_outbox_events(&sent.iter().map(|event| event.id).collect::<Vec<_>>()).await?;

    ensure_eq!(kept(store, &events).await?, stays.to_vec());
    discard(store, stays).await
}

async fn removing_it_again_changes_nothing(store: &impl OutboxPorts, world: &World) -> Result<(), Failure> {
    let [removed, unknown, stays] = [1, 2, 3].map(|number| world.event(number));
    store.keep_events(&[removed.clone(), stays.clone()]).await?;

    for _ in 0..2 {
        store.remove_outbox_events(&[unknown.id, removed.id]).await?;
    }

    ensure_eq!(kept(store, [&removed, &unknown, &stays]).await?, vec![stays.clone()]);
    discard(store, &[stays]).await
}

/// Those of the events that are kept, as they are kept, in the order of the events.
pub(super) async fn kept<'a>(
    store: &impl OutboxPorts,
    events: impl IntoIterator<Item = &'a OutboxEvent>,
) -> Result<Vec<OutboxEvent>, Failure> {
    let mut kept = Vec::new();
    for event in events {
        let of_part = store.outbox_events(event.part(), u16::MAX).await?;
        kept.extend(of_part.into_iter().filter(|found| found.id == event.id));
    }
    Ok(kept)
}

/// Removes what a case kept.
pub(super) async fn discard(store: &impl OutboxPorts, events: &[OutboxEvent]) -> Result<(), Failure> {
    let ids: Vec<EventId> = events.iter().map(|event| event.id).collect();
    store.remove_outbox_events(&ids).await?;
    ensure_eq!(kept(store, events).await?, Vec::new());
    Ok(())
}
