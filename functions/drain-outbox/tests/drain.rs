//! The drain on an outbox in memory and a queue that can be asked, refused and lost.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::io::Write;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use audit::{About, Behaviour, Event, MemorySink, Outcome, SendError, SendEvents};
use domain::{Clock, EventId, RequestId, SessionId, TenantId};
use drain_outbox::{DrainAudit, DrainError, Drained};
use jiff::Timestamp;
use store::{DrainOutbox, KeepEvents, OUTBOX_PARTS, OutboxEvent, StoreErrorKind};
use testkit::{Fault, FaultStore, FixedClock, Observation};

fn event(number: u32) -> Event {
    let mut id = [7; 16];
    id.iter_mut().rev().zip(number.to_le_bytes()).for_each(|(target, byte)| *target = byte);
    Event {
        id: EventId::from_keyed_bytes(id),
        about: About::Tenant(TenantId::from_keyed_bytes([2; 16])),
        at: Timestamp::UNIX_EPOCH,
        request_id: RequestId::from_transport("r-1"),
        outcome: Outcome::SessionRevoked { session: SessionId::from_keyed_bytes([4; 16]) },
        personal: None,
    }
}

fn poison(number: u32) -> OutboxEvent {
    OutboxEvent { id: event(number).id, payload: b"{\"outcome\":\"canary-4711\"".to_vec() }
}

/// A queue under the observation of the store, so that a call of it is a point at which a run can die.
#[derive(Debug, Clone)]
struct Queue {
    sink: Arc<MemorySink>,
    observation: Observation,
    refused: BTreeSet<EventId>,
}

impl SendEvents for Queue {
    async fn send_events(&self, events: &[Event]) -> Result<Vec<EventId>, SendError> {
        let (refused, taken): (Vec<_>, Vec<_>) =
            events.iter().cloned().partition(|event| self.refused.contains(&event.id));
        let sending = self.sink.send_events(&taken);
        self.observation.run("SendEvents", 0, sending, |_| SendError::new("planned by the test")).await?;
        Ok(refused.iter().map(|event| event.id).collect())
    }
}

#[derive(Default)]
struct World {
    store: FaultStore,
    sink: Arc<MemorySink>,
    clock: Arc<FixedClock>,
    refused: BTreeSet<EventId>,
}

impl World {
    /// An outbox with these events.
    async fn with(numbers: std::ops::Range<u32>) -> Self {
        let world = Self::default();
        let events: Vec<_> = numbers.map(|number| OutboxEvent::from(&event(number))).collect();
        world.store.keep_events(&events).await.unwrap();
        world
    }

    fn drain(&self) -> DrainAudit<FaultStore, Queue> {
        let queue = Queue {
            sink: Arc::clone(&self.sink),
            observation: self.store.observation().clone(),
            refused: self.refused.clone(),
        };
        DrainAudit::new(self.store.clone(), queue, self.clock.clone())
    }

    async fn run(&self) -> Result<Drained, DrainError> {
        self.drain().drain(self.clock.now() + std::time::Duration::from_secs(60)).await
    }

    fn sent(&self) -> BTreeSet<EventId> {
        self.sink.events().iter().map(|event| event.id).collect()
    }

    async fn kept(&self) -> BTreeSet<EventId> {
        let mut kept = BTreeSet::new();
        for part in 0..OUTBOX_PARTS {
            kept.extend(self.store.outbox_events(part, u16::MAX).await.unwrap().into_iter().map(|event| event.id));
        }
        kept
    }
}

fn ids(numbers: std::ops::Range<u32>) -> BTreeSet<EventId> {
    numbers.map(|number| event(number).id).collect()
}

#[tokio::test]
async fn everything_is_sent_and_removed_also_beyond_a_page() {
    let world = World::with(0..5_000).await;

    let drained = world.run().await.unwrap();

    assert_eq!(drained, Drained { sent: 5_000, stuck: 0 });
    assert_eq!((world.sent(), world.kept().await), (ids(0..5_000), ids(0..0)));
}

#[tokio::test]
async fn an_empty_outbox_costs_a_read_of_each_part_and_nothing_else() {
    let world = World::default();

    let drained = world.run().await.unwrap();

    assert_eq!(drained, Drained::default());
    assert_eq!(world.store.recorder().take().calls().len(), usize::from(OUTBOX_PARTS));
}

#[tokio::test]
async fn what_is_not_an_event_stays_and_holds_nothing_up() {
    let world = World::with(0..4_000).await;
    // More than a page of each part, in front of all others.
    let poisoned: Vec<_> = (0..3_000).map(poison).collect();
    world.store.remove_outbox_events(&poisoned.iter().map(|event| event.id).collect::<Vec<_>>()).await.unwrap();
    world.store.keep_events(&poisoned).await.unwrap();

    let drained = world.run().await.unwrap();

    assert_eq!(drained, Drained { sent: 1_000, stuck: 3_000 });
    assert_eq!((world.sent(), world.kept().await), (ids(3_000..4_000), ids(0..3_000)));
}

#[tokio::test]
async fn an_event_under_another_ones_id_stays() {
    let world = World::default();
    let misplaced = OutboxEvent { id: event(1).id, ..OutboxEvent::from(&event(2)) };
    world.store.keep_events(&[misplaced]).await.unwrap();

    let drained = world.run().await.unwrap();

    assert_eq!(drained, Drained { sent: 0, stuck: 1 });
    assert_eq!(world.kept().await, ids(1..2));
}

#[tokio::test]
async fn what_the_queue_refuses_alone_stays_alone() {
    let world = World { refused: ids(3..5), ..World::with(0..10).await };

    let drained = world.run().await.unwrap();

    assert_eq!(drained, Drained { sent: 8, stuck: 2 });
    assert_eq!(world.kept().await, ids(3..5));
}

#[tokio::test]
async fn l5_a_queue_that_is_down_ends_the_run_and_nothing_is_removed() {
    for behaviour in [Behaviour::Fail, Behaviour::LoseAnswer] {
        let world = World::with(0..100).await;
        world.sink.behave(behaviour);

        let error = world.run().await.unwrap_err();
        let kept = world.kept().await;
        world.sink.behave(Behaviour::Record);
        world.run().await.unwrap();

        assert_eq!(error.code(), "queue-unavailable");
        assert_eq!(kept, ids(0..100));
        assert_eq!((world.sent(), world.kept().await), (ids(0..100), ids(0..0)));
    }
}

#[tokio::test]
async fn a_part_that_can_not_be_read_holds_no_other_up_and_is_an_error() {
    let world = World::with(0..160).await;
    world.store.faults().plan("DrainOutbox", 1, Fault::FailBefore(StoreErrorKind::Corrupt));

    let error = world.run().await.unwrap_err();

    assert_eq!(lambda_runtime::Diagnostic::from(error).error_type, "corrupt-record");
    let parts: BTreeSet<u8> = world.kept().await.into_iter().map(store::outbox_part).collect();
    assert_eq!(parts.len(), 1, "{parts:?}");
}

#[tokio::test]
async fn a_run_ends_after_the_page_in_which_its_time_is_over() {
    let world = World::with(0..5_000).await;

    let drained = world.drain().drain(world.clock.now()).await.unwrap();

    assert_eq!(drained.sent, usize::from(OUTBOX_PARTS) * 100);
    assert_eq!(world.sent().len() + world.kept().await.len(), 5_000);
}

#[tokio::test]
async fn l5_a_run_may_die_anywhere_and_the_next_one_loses_nothing() {
    let whole = ids(0..40);
    for polls in 0.. {
        let world = World::with(0..40).await;

        let died = {
            let drain = world.drain();
            let mut run = pin!(drain.drain(Timestamp::MAX));
            let mut died = true;
            for _ in 0..polls {
                died &= poll_fn(|context| Poll::Ready(run.as_mut().poll(context).is_pending())).await;
                if !died {
                    break;
                }
            }
            died
        };
        // Whatever was removed was sent before.
        assert_eq!(&world.sent() | &world.kept().await, whole);
        world.run().await.unwrap();

        assert_eq!((world.sent(), world.kept().await), (whole.clone(), ids(0..0)), "died after {polls} polls");
        if !died {
            assert!(polls > 10, "{polls}");
            break;
        }
    }
}

#[tokio::test]
async fn l5_a_lost_answer_at_any_call_loses_nothing() {
    for port in ["DrainOutbox", "SendEvents"] {
        for nth in 1..=32 {
            for kind in [Fault::FailBefore, Fault::FailAfter] {
                let world = World::with(0..40).await;
                world.store.faults().plan(port, nth, kind(StoreErrorKind::Unavailable));

                let _failed = world.run().await;
                world.store.faults().clear();
                assert_eq!(&world.sent() | &world.kept().await, ids(0..40));
                world.run().await.unwrap();

                assert_eq!((world.sent(), world.kept().await), (ids(0..40), ids(0..0)), "{port} {nth}");
            }
        }
    }
}

#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "current_thread")]
async fn e5_what_is_not_an_event_is_logged_as_an_error_without_its_content() {
    let log = Log::default();
    let writer = log.clone();
    let lines =
        tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    let _logging = tracing::subscriber::set_default(lines.finish());
    let world = World::default();
    world.store.keep_events(&[poison(1)]).await.unwrap();

    world.run().await.unwrap();

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("ERROR") && text.contains(&event(1).id.to_string()), "{text}");
    assert!(!text.contains("canary-4711"), "{text}");
}
