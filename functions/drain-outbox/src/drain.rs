//! The use case.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use audit::{Event, SendEvents};
use domain::{Clock, EventId};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;
use store::{DrainOutbox, OUTBOX_PARTS, OutboxEvent};

use crate::DrainError;

/// Sends what the outbox holds.
#[derive(Debug, Clone)]
pub struct DrainAudit<S, Q> {
    store: S,
    queue: Q,
    clock: Arc<dyn Clock>,
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Drained {
    /// Events that were sent and removed.
    pub sent: usize,
    /// What stays in the outbox although it was tried: it is not an event, or the queue refused it alone.
    pub stuck: usize,
}

impl<S: DrainOutbox, Q: SendEvents> DrainAudit<S, Q> {
    /// Drains this outbox into this queue.
    pub const fn new(store: S, queue: Q, clock: Arc<dyn Clock>) -> Self {
        Self { store, queue, clock }
    }

    /// Sends everything that is in the outbox, or as much as fits into the time.
    ///
    /// # Errors
    /// [`DrainError`] at once if the queue is down, since nothing else would go better; at the end if a part of the outbox could not
    /// be read or emptied, since that holds no other part up.
    pub async fn drain(&self, deadline: Timestamp) -> Result<Drained, DrainError> {
        let parts = (0..OUTBOX_PARTS).map(|part| async move {
            match self.drain_part(part, deadline).await {
                Err(DrainError::Queue(down)) => Err(DrainError::Queue(down)),
                drained => Ok(drained),
            }
        });
        let parts: Vec<Result<Drained, DrainError>> =
            stream::iter(parts).buffer_unordered(PARTS_AT_ONCE).try_collect().await?;
        let drained = parts.into_iter().try_fold(Drained::default(), |sum, part| part.map(|part| sum.and(part)))?;
        if drained != Drained::default() {
            tracing::info!(outbox.sent = drained.sent, outbox.stuck = drained.stuck, "the outbox was drained");
        }
        Ok(drained)
    }

    /// Goes on until nothing new comes. What is stuck comes again with every page, so each page is longer by it.
    async fn drain_part(&self, part: u8, deadline: Timestamp) -> Result<Drained, DrainError> {
        let (mut sent, mut stuck) = (0, BTreeSet::new());
        loop {
            let limit = PAGE.saturating_add(u16::try_from(stuck.len()).unwrap_or(u16::MAX));
            let mut page = self.store.outbox_events(part, limit).await?;
            let is_last = page.len() < usize::from(limit);
            page.retain(|kept| !stuck.contains(&kept.id));
            if page.is_empty() {
                return Ok(Drained { sent, stuck: stuck.len() });
            }
            sent += self.drain_page(&page, &mut stuck).await?;
            if is_last || self.clock.now() + PAGE_ALLOWANCE > deadline {
                return Ok(Drained { sent, stuck: stuck.len() });
            }
        }
    }

    /// Sends a page and removes what was sent; counts it. Adds what was not to `stuck`.
    async fn drain_page(&self, page: &[OutboxEvent], stuck: &mut BTreeSet<EventId>) -> Result<usize, DrainError> {
        let events: Vec<Event> = page.iter().filter_map(read).collect();
        if events.is_empty() {
            stuck.extend(page.iter().map(|kept| kept.id));
            return Ok(0);
        }
        let not_sent = self.queue.send_events(&events).await?;
        if !not_sent.is_empty() {
            tracing::warn!(
                outbox.refused = not_sent.len(),
                "the audit queue refused some events, which stay in the outbox"
            );
        }
        let sent: Vec<EventId> = events.iter().map(|event| event.id).filter(|id| !not_sent.contains(id)).collect();
        stuck.extend(page.iter().map(|kept| kept.id).filter(|id| !sent.contains(id)));
        self.store.remove_outbox_events(&sent).await?;
        Ok(sent.len())
    }
}

impl Drained {
    const fn and(self, other: Self) -> Self {
        Self { sent: self.sent + other.sent, stuck: self.stuck + other.stuck }
    }
}

/// The event that is kept. `None` if it is none, or another one than it is kept as; the log says so, without its content.
fn read(kept: &OutboxEvent) -> Option<Event> {
    let event = Event::parse(&kept.payload).ok().filter(|event| event.id == kept.id);
    if event.is_none() {
        tracing::error!(event.id = %kept.id, "the outbox holds what is not an event");
    }
    event
}

/// Events that are read and sent before any of them is removed.
const PAGE: u16 = 100;

/// What a page takes at worst: ten calls of the queue and two of the store, each at its deadline.
const PAGE_ALLOWANCE: Duration = Duration::from_secs(18);

/// Parts that are drained at the same time.
const PARTS_AT_ONCE: usize = 4;
