//! The queue as SQS sees it: HTTP requests to a loopback server that answers what the test says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::error::Error;

use audit::{About, Event, Outcome, SendEvents, SqsQueue, Subject};
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::{BehaviorVersion, Config, Credentials, Region};
use domain::{EventId, RequestId, SessionId, TenantId};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{CheckReadiness, StoreErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Answers one request with `status` and `body`; gives the request's operation and its JSON.
async fn answer(listener: &TcpListener, status: u16, body: Value) -> (String, Value) {
    let (mut connection, _) = listener.accept().await.unwrap();
    let mut received = Vec::new();
    let (head, request) = loop {
        connection.read_buf(&mut received).await.unwrap();
        let text = String::from_utf8(received.clone()).unwrap();
        if let Some((head, request)) = text.split_once("\r\n\r\n")
            && let Ok(json) = serde_json::from_str::<Value>(request)
        {
            break (head.to_owned(), json);
        }
    };
    let answer = body.to_string();
    let answer = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
        answer.len()
    );
    connection.write_all(answer.as_bytes()).await.unwrap();
    let operation = head.lines().find_map(|line| line.strip_prefix("x-amz-target: AmazonSQS.")).unwrap();
    (operation.to_owned(), request)
}

async fn listen() -> (TcpListener, SqsQueue) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(&endpoint)
        .build();
    (listener, SqsQueue::new(config, format!("{endpoint}/000000000000/audit")))
}

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

fn events(numbers: impl IntoIterator<Item = u8>) -> Vec<Event> {
    numbers.into_iter().map(event).collect()
}

/// What a request of `SendMessageBatch` asks for: ids and bodies.
fn entries(request: &Value) -> Vec<(String, String)> {
    let text = |entry: &Value, name| entry[name].as_str().unwrap().to_owned();
    let entries = request["Entries"].as_array().unwrap();
    entries.iter().map(|entry| (text(entry, "Id"), text(entry, "MessageBody"))).collect()
}

/// What a batch of these events is made of.
fn entries_of(events: &[Event]) -> Vec<(String, String)> {
    events.iter().map(|event| (event.id.to_string(), event.canonical_json())).collect()
}

/// A batch of which some were taken and some were not.
fn taken(taken: &[Event], failed: &[Event]) -> Value {
    let taken =
        taken.iter().map(|event| json!({"Id": event.id.to_string(), "MessageId": "m", "MD5OfMessageBody": "d"}));
    let failed =
        failed.iter().map(|event| json!({"Id": event.id.to_string(), "Code": "InternalError", "SenderFault": false}));
    json!({"Successful": taken.collect::<Vec<_>>(), "Failed": failed.collect::<Vec<_>>()})
}

#[tokio::test]
async fn an_event_is_one_message_with_the_canonical_json_as_its_body() {
    let (listener, queue) = listen().await;

    let event = [event(1)];
    let (sent, (operation, request)) =
        tokio::join!(queue.send_events(&event), answer(&listener, 200, json!({"MessageId": "m-1"})));

    assert_eq!(sent.unwrap(), []);
    assert_eq!(operation, "SendMessage");
    assert_eq!(request["MessageBody"], event[0].canonical_json());
    assert!(request["QueueUrl"].as_str().unwrap().ends_with("/000000000000/audit"));
}

#[tokio::test]
async fn several_events_are_one_call_with_a_message_each() {
    let (listener, queue) = listen().await;

    let events = events(1..=3);
    let (sent, (operation, request)) =
        tokio::join!(queue.send_events(&events), answer(&listener, 200, taken(&events, &[])));

    assert_eq!(sent.unwrap(), []);
    assert_eq!(operation, "SendMessageBatch");
    assert_eq!(entries(&request), entries_of(&events));
    assert!(request["QueueUrl"].as_str().unwrap().ends_with("/000000000000/audit"));
}

#[tokio::test]
async fn what_the_queue_did_not_take_of_a_batch_is_told() {
    let (listener, queue) = listen().await;

    let events = events(1..=4);
    let partly = taken(&events[2..3], &[events[3].clone(), events[1].clone()]);
    let (sent, _) = tokio::join!(queue.send_events(&events), answer(&listener, 200, partly));

    let unknown = events[0].id;
    assert_eq!(sent.unwrap(), [unknown, events[1].id, events[3].id], "taken is what the queue says that it took");
}

#[tokio::test]
async fn more_events_than_a_call_takes_are_several_calls() {
    let (listener, queue) = listen().await;

    let events = events(1..=21);
    let answers = async {
        let first = answer(&listener, 200, taken(&events[..9], &events[9..10])).await.1;
        let second = answer(&listener, 200, taken(&events[10..20], &[])).await.1;
        let third = answer(&listener, 200, taken(&[], &events[20..])).await.1;
        [first, second, third].map(|request| entries(&request))
    };
    let (sent, requests) = tokio::join!(queue.send_events(&events), answers);

    assert_eq!(requests, [&events[..10], &events[10..20], &events[20..]].map(entries_of));
    assert_eq!(sent.unwrap(), [events[9].id, events[20].id]);
}

#[tokio::test]
async fn a_queue_that_refuses_is_an_error_with_its_cause() {
    let refusal = || json!({"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no such queue"});
    for number in [1, 2, 10] {
        let (listener, queue) = listen().await;

        let events = events(1..=number);
        let (sent, _) = tokio::join!(queue.send_events(&events), answer(&listener, 400, refusal()));

        let error = sent.unwrap_err();
        assert_eq!(error.to_string(), "the audit queue does not answer");
        assert!(error.source().is_some());
    }
}

#[tokio::test]
async fn no_events_are_no_call() {
    let (listener, queue) = listen().await;
    drop(listener);

    assert_eq!(queue.send_events(&[]).await.unwrap(), []);
}

#[tokio::test]
async fn readiness_reads_an_attribute_of_the_queue() {
    let (listener, queue) = listen().await;

    let (ready, (operation, _)) =
        tokio::join!(queue.check_readiness(), answer(&listener, 200, json!({"Attributes": {"QueueArn": "arn"}})));

    ready.unwrap();
    assert_eq!(operation, "GetQueueAttributes");
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_not_ready() {
    let (listener, queue) = listen().await;
    drop(listener);

    let error = queue.check_readiness().await.unwrap_err();

    assert_eq!(error.kind, StoreErrorKind::Unavailable);
}
