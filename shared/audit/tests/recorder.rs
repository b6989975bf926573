//! L5: what the queue does not take in time is kept in the outbox, and nobody waits longer than that. On virtual time.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use audit::{
    About, Behaviour, Event, KEEP_DEADLINE, MemorySink, Outcome, PAUSE, RecordEvents, Recorder, SEND_DEADLINE,
    SendError, SendEvents, Subject,
};
use domain::{Clock, EventId, RequestId, SessionId, TenantId};
use jiff::Timestamp;
use store::{KeepEvents, OutboxEvent, StoreError, StoreErrorKind};
use tokio::time::Instant;

/// A clock that runs with the virtual time.
#[derive(Debug)]
struct VirtualClock(Instant);

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.0.elapsed()
    }
}

/// A clock that shows what it is set to.
#[derive(Debug)]
struct SetClock(Mutex<Timestamp>);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A queue that counts what it is asked, and may take only a part.
#[derive(Debug, Default, Clone)]
struct Queue {
    taken: Arc<MemorySink>,
    calls: Arc<AtomicUsize>,
    refused: Arc<Mutex<Vec<EventId>>>,
}

impl SendEvents for Queue {
    async fn send_events(&self, events: &[Event]) -> Result<Vec<EventId>, SendError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let refused = self.refused.lock().unwrap().clone();
        let (refused, taken): (Vec<Event>, Vec<Event>) =
            events.iter().cloned().partition(|event| refused.contains(&event.id));
        self.taken.send_events(&taken).await?;
        Ok(refused.iter().map(|event| event.id).collect())
    }
}

#[derive(Debug, Default, Clone)]
struct Outbox {
    kept: Arc<Mutex<Vec<OutboxEvent>>>,
    calls: Arc<AtomicUsize>,
    is_down: Arc<AtomicBool>,
    hangs: Arc<AtomicBool>,
}

impl KeepEvents for Outbox {
    async fn keep_events(&self, events: &[OutboxEvent]) -> Result<(), StoreError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.is_down.load(Ordering::SeqCst) {
            return Err(StoreError::new(StoreErrorKind::Unavailable, "KeepEvents", "told to"));
        }
        self.kept.lock().unwrap().extend_from_slice(events);
        Ok(())
    }
}

struct Scene {
    queue: Queue,
    outbox: Outbox,
    recorder: Recorder<Queue, Outbox>,
}

impl Scene {
    fn new(behaviour: Behaviour) -> Self {
        Self::at(Arc::new(VirtualClock(Instant::now())), behaviour)
    }

    fn at(clock: Arc<dyn Clock>, behaviour: Behaviour) -> Self {
        let (queue, outbox) = (Queue::default(), Outbox::default());
        queue.taken.behave(behaviour);
        Self { recorder: Recorder::new(queue.clone(), outbox.clone(), clock), queue, outbox }
    }

    fn sent(&self) -> Vec<EventId> {
        self.queue.taken.events().iter().map(|event| event.id).collect()
    }

    fn kept(&self) -> Vec<EventId> {
        self.outbox.kept.lock().unwrap().iter().map(|event| event.id).collect()
    }

    fn calls(&self) -> (usize, usize) {
        (self.queue.calls.load(Ordering::SeqCst), self.outbox.calls.load(Ordering::SeqCst))
    }
}

fn event(number: u8) -> Event {
    Event {
        id: id(number),
        about: About::Person { tenant: TenantId::from_keyed_bytes([2; 16]), subject: Subject::new([3; 16]) },
        at: Timestamp::UNIX_EPOCH,
        request_id: RequestId::from_transport("r-1"),
        outcome: Outcome::SessionRevoked { session: SessionId::from_keyed_bytes([4; 16]) },
        personal: None,
    }
}

fn id(number: u8) -> EventId {
    EventId::from_keyed_bytes([number; 16])
}

/// How long something takes in virtual time.
async fn took<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let begun = Instant::now();
    (work.await, begun.elapsed())
}

#[tokio::test(start_paused = true)]
async fn what_the_queue_takes_is_not_kept() {
    let scene = Scene::new(Behaviour::Record);

    scene.recorder.record_events(&[event(1), event(2)]).await.unwrap();
    scene.recorder.record_events(&[]).await.unwrap();

    assert_eq!((scene.sent(), scene.kept()), (vec![id(1), id(2)], Vec::new()));
    assert_eq!(scene.calls(), (1, 0), "recording nothing costs nothing");
}

#[tokio::test(start_paused = true)]
async fn l5_what_a_queue_refuses_is_kept_at_once() {
    let scene = Scene::new(Behaviour::Fail);

    let (recorded, took) = took(scene.recorder.record_events(&[event(1), event(2)])).await;

    recorded.unwrap();
    assert_eq!((scene.kept(), took), (vec![id(1), id(2)], Duration::ZERO));
    let kept = scene.outbox.kept.lock().unwrap().clone();
    assert_eq!(Event::parse(&kept[0].payload), Ok(event(1)));
}

#[tokio::test(start_paused = true)]
async fn l5_a_queue_that_hangs_holds_one_answer_up_for_the_deadline_and_the_next_not_at_all() {
    let scene = Scene::new(Behaviour::Hang);

    let (first, first_took) = took(scene.recorder.record_events(&[event(1)])).await;
    let (second, second_took) = took(scene.recorder.clone().record_events(&[event(2)])).await;

    first.and(second).unwrap();
    assert_eq!((first_took, second_took), (SEND_DEADLINE, Duration::ZERO));
    assert_eq!((scene.kept(), scene.calls()), (vec![id(1), id(2)], (1, 2)), "clones share the pause");
}

#[tokio::test(start_paused = true)]
async fn l5_a_queue_is_asked_again_once_the_pause_is_over() {
    let scene = Scene::new(Behaviour::Fail);
    scene.recorder.record_events(&[event(1)]).await.unwrap();
    scene.queue.taken.behave(Behaviour::Record);

    tokio::time::advance(PAUSE.saturating_sub(Duration::from_millis(1))).await;
    scene.recorder.record_events(&[event(2)]).await.unwrap();
    tokio::time::advance(Duration::from_millis(1)).await;
    scene.recorder.record_events(&[event(3)]).await.unwrap();

    assert_eq!((scene.sent(), scene.kept()), (vec![id(3)], vec![id(1), id(2)]));
}

#[tokio::test(start_paused = true)]
async fn l5_of_a_batch_only_what_was_not_taken_is_kept_and_the_queue_goes_on() {
    let scene = Scene::new(Behaviour::Record);
    *scene.queue.refused.lock().unwrap() = vec![id(2)];

    scene.recorder.record_events(&[event(1), event(2), event(3)]).await.unwrap();
    scene.recorder.record_events(&[event(4)]).await.unwrap();

    assert_eq!((scene.sent(), scene.kept()), (vec![id(1), id(3), id(4)], vec![id(2)]));
}

#[tokio::test(start_paused = true)]
async fn l5_a_lost_answer_leaves_the_event_in_both() {
    let scene = Scene::new(Behaviour::LoseAnswer);

    scene.recorder.record_events(&[event(1)]).await.unwrap();

    assert_eq!((scene.sent(), scene.kept()), (vec![id(1)], vec![id(1)]));
}

#[tokio::test(start_paused = true)]
async fn l5_without_queue_and_outbox_it_is_an_error_in_bounded_time() {
    for hangs in [false, true] {
        let scene = Scene::new(Behaviour::Hang);
        scene.outbox.is_down.store(true, Ordering::SeqCst);
        scene.outbox.hangs.store(hangs, Ordering::SeqCst);

        let (first, first_took) = took(scene.recorder.record_events(&[event(1)])).await;
        let (second, second_took) = took(scene.recorder.record_events(&[event(2)])).await;

        let error = first.unwrap_err();
        assert_eq!(error.to_string(), "the audit events were not recorded");
        assert!(error.source().is_some() && second.is_err());
        let keeping = if hangs { KEEP_DEADLINE } else { Duration::ZERO };
        assert_eq!((first_took, second_took), (SEND_DEADLINE + keeping, keeping));
    }
}

#[tokio::test(start_paused = true)]
async fn l5_what_is_kept_already_is_announced_at_most_once_and_never_kept_again() {
    let scene = Scene::new(Behaviour::Record);

    scene.recorder.announce(&event(1)).await;
    scene.queue.taken.behave(Behaviour::Hang);
    let ((), first_took) = took(scene.recorder.announce(&event(2))).await;
    let ((), second_took) = took(scene.recorder.announce(&event(3))).await;

    assert_eq!((scene.sent(), scene.kept()), (vec![id(1)], Vec::new()));
    assert_eq!((first_took, second_took), (SEND_DEADLINE, Duration::ZERO));
    assert_eq!(scene.calls(), (2, 0), "a queue that is left alone is not told either");
}

#[tokio::test]
async fn l5_a_clock_that_is_set_back_makes_no_longer_pause() {
    let clock = Arc::new(SetClock(Mutex::new(Timestamp::UNIX_EPOCH)));
    let scene = Scene::at(clock.clone(), Behaviour::Fail);
    scene.recorder.record_events(&[event(1)]).await.unwrap();
    scene.queue.taken.behave(Behaviour::Record);

    *clock.0.lock().unwrap() = Timestamp::UNIX_EPOCH - Duration::from_secs(3_600);
    scene.recorder.record_events(&[event(2)]).await.unwrap();

    assert_eq!((scene.sent(), scene.kept()), (vec![id(2)], vec![id(1)]));
}
