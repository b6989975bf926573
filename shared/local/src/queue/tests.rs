//! The queue as a whole, with a function that does as it is told.

use std::collections::BTreeMap;
use std::fs;
use std::future::pending;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use audit::{About, Event, Outcome, SendEvents};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::{Clock, EventId, RequestId, SessionId, SystemClock, TenantId};
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::*;

/// Takes every message but those that hold `refused`; knows how often it saw each.
#[derive(Debug, Default)]
struct Function {
    refused: Option<String>,
    seen: Mutex<BTreeMap<String, u32>>,
    called: Notify,
}

#[derive(Debug, Clone, Default)]
struct Mounted(Arc<Function>);

impl ProcessBatch for Mounted {
    async fn process_batch(&self, batch: SqsEvent) -> SqsBatchResponse {
        let mut response = SqsBatchResponse::default();
        for message in batch.records {
            let body = message.body.unwrap();
            if self.0.refused.as_ref().is_some_and(|refused| body.contains(refused.as_str())) {
                response.add_failure(message.message_id.unwrap());
            }
            *self.0.seen.lock().unwrap().entry(body).or_default() += 1;
        }
        self.0.called.notify_waiters();
        response
    }
}

impl Mounted {
    fn refusing(event: &Event) -> Self {
        let refused = Some(event.id.to_string());
        Self(Arc::new(Function { refused, ..Function::default() }))
    }

    fn seen(&self, event: &Event) -> u32 {
        self.0.seen.lock().unwrap().get(&event.canonical_json()).copied().unwrap_or_default()
    }

    async fn has_seen(&self, event: &Event) {
        loop {
            let called = self.0.called.notified();
            if self.seen(event) > 0 {
                return;
            }
            called.await;
        }
    }
}

fn event(byte: u8) -> Event {
    Event {
        id: EventId::at(Timestamp::UNIX_EPOCH, &[byte; 10]),
        about: About::Tenant(TenantId::from_keyed_bytes([2; 16])),
        at: Timestamp::UNIX_EPOCH,
        request_id: RequestId::from_transport("r-1"),
        outcome: Outcome::SessionRevoked { session: SessionId::from_keyed_bytes([4; 16]) },
        personal: None,
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

fn deliver(function: &Mounted, folder: &TempDir) -> Delivery {
    Delivery::start(function.clone(), 100, DeadLetters::of(folder.path()))
}

fn files(folder: &TempDir) -> usize {
    fs::read_dir(folder.path()).unwrap().count()
}

/// What a process leaves that is killed: its segments, and no locks.
async fn left_behind(folder: &Path, events: &[Event]) {
    let journal = Journal::left_for_later(folder, clock());
    assert_eq!(journal.send_events(events).await.unwrap(), []);
    let path = segment::segments(folder).unwrap().remove(0);
    drop(journal);
    // Its task lets go of the segment when it notices that nobody sends any more.
    while Segment::adopt(&path).unwrap().is_none() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_sent_is_written_down_first_and_gone_once_it_is_settled() {
    let folder = tempfile::tempdir().unwrap();
    let function = Mounted::default();
    let delivery = deliver(&function, &folder);
    let journal = Journal::delivered_by(&delivery, folder.path(), clock());

    assert_eq!(journal.send_events(&[event(1), event(2)]).await.unwrap(), []);
    let written = files(&folder);
    drop(journal);
    delivery.finish(PATIENCE).await;

    assert_eq!((written, files(&folder)), (1, 0));
    assert_eq!([1, 2].map(|byte| function.seen(&event(byte))), [1, 1]);
}

#[tokio::test]
async fn events_that_are_sent_at_once_share_a_segment() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::left_for_later(folder.path(), clock());

    let all = (0..250).map(|byte| {
        let journal = journal.clone();
        tokio::spawn(async move { journal.send_events(&[event(byte)]).await })
    });
    for sent in all.collect::<Vec<_>>() {
        assert_eq!(sent.await.unwrap().unwrap(), []);
    }

    assert_eq!(files(&folder), 1);
}

#[tokio::test]
async fn l1_what_a_killed_process_left_is_delivered_by_another() {
    let folder = tempfile::tempdir().unwrap();
    left_behind(folder.path(), &[event(1), event(2)]).await;
    let function = Mounted::default();
    let delivery = deliver(&function, &folder);

    let leftovers = Leftovers { folder: folder.path().to_owned(), delay: Duration::ZERO, clock: clock() };
    let adoption = leftovers.adopt_for(&delivery);
    function.has_seen(&event(2)).await;
    adoption.stop().await;
    delivery.finish(PATIENCE).await;

    assert_eq!([1, 2].map(|byte| function.seen(&event(byte))), [1, 1]);
    assert_eq!(files(&folder), 0);
}

#[tokio::test(start_paused = true)]
async fn a_delay_queue_holds_back_what_is_younger() {
    let folder = tempfile::tempdir().unwrap();
    left_behind(folder.path(), &[event(1)]).await;
    let function = Mounted::default();
    let delivery = deliver(&function, &folder);

    let leftovers = Leftovers { folder: folder.path().to_owned(), delay: Duration::from_secs(600), clock: clock() };
    let adoption = leftovers.adopt_for(&delivery);
    let _elapsed = timeout(Duration::from_secs(60), pending::<()>()).await;
    adoption.stop().await;

    assert_eq!((function.seen(&event(1)), files(&folder)), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn l2_what_is_refused_five_times_is_a_dead_letter_alone() {
    let folder = tempfile::tempdir().unwrap();
    let function = Mounted::refusing(&event(1));
    let delivery = deliver(&function, &folder);
    let journal = Journal::delivered_by(&delivery, folder.path(), clock());

    journal.send_events(&[event(1), event(2)]).await.unwrap();
    drop(journal);
    delivery.finish(PATIENCE).await;

    assert_eq!([1, 2].map(|byte| function.seen(&event(byte))), [5, 1]);
    let dead = fs::read_to_string(folder.path().join("dead-letters")).unwrap();
    assert_eq!((dead, files(&folder)), (event(1).canonical_json() + "\n", 1));
}

#[tokio::test]
async fn a_folder_that_is_gone_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::left_for_later(&folder.path().join("nowhere"), clock());

    assert!(journal.send_events(&[event(1)]).await.is_err());
}

/// More than all redeliveries take, on a clock that does not wait.
const PATIENCE: Duration = Duration::from_secs(600);
