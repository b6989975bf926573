//! The sink for tests does as it is told.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use audit::{About, Behaviour, Event, MemorySink, Outcome, RecordEvents, SendEvents, Subject};
use domain::{EventId, RequestId, SessionId, TenantId};
use jiff::Timestamp;
use tokio::time::timeout;

fn event(number: u8) -> Event {
    Event {
        id: EventId::from_keyed_bytes([number; 16]),
        about: About::Person { tenant: TenantId::from_keyed_bytes([2; 16]), subject: Subject::new([3; 16]) },
        at: Timestamp::UNIX_EPOCH,
        request_id: RequestId::from_transport("r-1"),
        outcome: Outcome::SessionRevoked { session: SessionId::from_keyed_bytes([4; 16]) },
        personal: None,
    }
}

#[tokio::test]
async fn events_are_kept_once_in_their_order() {
    let sink = MemorySink::default();

    sink.record_events(&[event(2), event(1), event(2)]).await.unwrap();
    sink.record_events(&[]).await.unwrap();
    sink.announce(&event(1)).await;
    sink.announce(&event(3)).await;

    assert_eq!(sink.send_events(&[event(2)]).await.unwrap(), []);
    assert_eq!(sink.events(), [event(2), event(1), event(3)]);
}

#[tokio::test]
async fn a_failing_sink_keeps_nothing_and_a_lost_answer_keeps_the_event() {
    let sink = MemorySink::default();

    sink.behave(Behaviour::Fail);
    sink.record_events(&[event(1)]).await.unwrap_err();
    assert_eq!(sink.events(), []);

    sink.behave(Behaviour::LoseAnswer);
    sink.record_events(&[event(1)]).await.unwrap_err();
    assert_eq!(sink.events(), [event(1)]);
}

#[test]
fn a_hanging_sink_never_answers() {
    let sink = MemorySink::default();
    sink.behave(Behaviour::Hang);

    let events = [event(1)];
    let answer = pin!(sink.record_events(&events)).poll(&mut Context::from_waker(Waker::noop()));

    assert!(matches!(answer, Poll::Pending));
    assert_eq!(sink.events(), []);
}

#[tokio::test(start_paused = true)]
async fn a_slow_sink_keeps_what_is_waited_for() {
    let sink = MemorySink::default();
    sink.behave(Behaviour::Slow(Duration::from_secs(2)));

    let given_up = timeout(Duration::from_secs(1), sink.record_events(&[event(1)])).await;
    sink.record_events(&[event(2)]).await.unwrap();

    assert!(given_up.is_err());
    assert_eq!(sink.events(), [event(2)]);
}
