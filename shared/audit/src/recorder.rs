//! Recording through the queue, or through the outbox when the queue does not take an event in time.
//!
//! - An event is sent to the queue, within [`SEND_DEADLINE`].
//! - What the queue refuses, or does not answer for in time, is kept in the outbox by one more write, within [`KEEP_DEADLINE`]; the
//!   scheduled drain sends it. Both together take no longer than any other call may.
//! - After that, events go straight to the outbox for [`PAUSE`], so that a queue that is down holds one answer up, not all.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{Clock, EventId};
use jiff::Timestamp;
use store::{KeepEvents, OutboxEvent};
use tokio::time::timeout;

use crate::{Event, RecordError, RecordEvents, SendError, SendEvents};

/// A queue with an outbox behind it. Clones share what they know of the queue.
#[derive(Debug, Clone)]
pub struct Recorder<Q, O> {
    queue: Q,
    outbox: O,
    clock: Arc<dyn Clock>,
    /// When the queue failed last.
    failed_at: Arc<Mutex<Option<Timestamp>>>,
}

impl<Q: SendEvents, O: KeepEvents> Recorder<Q, O> {
    /// Records through this queue, or else into this outbox.
    pub fn new(queue: Q, outbox: O, clock: Arc<dyn Clock>) -> Self {
        Self { queue, outbox, clock, failed_at: Arc::default() }
    }

    /// Those that the queue did not take, as far as anybody knows.
    async fn send(&self, events: &[Event]) -> Vec<EventId> {
        let all = || events.iter().map(|event| event.id).collect();
        if self.is_paused() {
            return all();
        }
        // Boxed: what a client of AWS holds while it waits is large, and rarely needed in full.
        let sent = timeout(SEND_DEADLINE, Box::pin(self.queue.send_events(events))).await;
        match sent.unwrap_or_else(|late| Err(SendError::new(late))) {
            Ok(not_sent) => {
                if !not_sent.is_empty() {
                    tracing::warn!(
                        events.count = not_sent.len(),
                        "the audit queue refused events: they go to the outbox"
                    );
                }
                not_sent
            }
            Err(error) => {
                tracing::warn!(error.chain = %telemetry::Chain::of(&error), "the audit queue is down: events go to the outbox");
                self.pause();
                all()
            }
        }
    }

    fn is_paused(&self) -> bool {
        let failed_at = *self.failed_at.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back since makes no long pause.
        failed_at.is_some_and(|at| self.clock.now().duration_since(at).unsigned_abs() < PAUSE)
    }

    fn pause(&self) {
        *self.failed_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.clock.now());
    }
}

impl<Q: SendEvents, O: KeepEvents> RecordEvents for Recorder<Q, O> {
    async fn record_events(&self, events: &[Event]) -> Result<(), RecordError> {
        if events.is_empty() {
            return Ok(());
        }
        let not_sent = self.send(events).await;
        let kept: Vec<OutboxEvent> =
            events.iter().filter(|event| not_sent.contains(&event.id)).map(OutboxEvent::from).collect();
        if kept.is_empty() {
            return Ok(());
        }
        let keeping = timeout(KEEP_DEADLINE, Box::pin(self.outbox.keep_events(&kept))).await;
        keeping.map_err(RecordError::new)?.map_err(RecordError::new)
    }

    async fn announce(&self, event: &Event) {
        self.send(std::slice::from_ref(event)).await;
    }
}

/// The longest that an answer waits for the queue. SQS answers within tens of milliseconds.
pub const SEND_DEADLINE: Duration = Duration::from_millis(500);

/// The longest that it then waits for the outbox.
pub const KEEP_DEADLINE: Duration = Duration::from_secs(1);

/// How long the queue is left alone after it failed.
pub const PAUSE: Duration = Duration::from_secs(5);
