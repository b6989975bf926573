//! The sink as SQS sees it: HTTP requests to a loopback server that answers what the test says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::error::Error;

use audit::{About, Event, Outcome, RecordEvent, SqsSink, Subject};
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::{BehaviorVersion, Config, Credentials, Region};
use domain::{EventId, RequestId, SessionId, TenantId};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{CheckReadiness, StoreErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Answers one request with `status` and `body`; gives the request's operation and its JSON.
async fn answer(listener: TcpListener, status: u16, body: Value) -> (String, Value) {
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

async fn listen() -> (TcpListener, SqsSink) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(&endpoint)
        .build();
    (listener, SqsSink::new(config, format!("{endpoint}/000000000000/audit")))
}

fn event() -> Event {
    Event {
        id: EventId::from_keyed_bytes([1; 16]),
        about: About::Person { tenant: TenantId::from_keyed_bytes([2; 16]), subject: Subject::new([3; 16]) },
        at: Timestamp::UNIX_EPOCH,
        request_id: RequestId::from_transport("r-1"),
        outcome: Outcome::SessionRevoked { session: SessionId::from_keyed_bytes([4; 16]) },
    }
}

#[tokio::test]
async fn an_event_is_one_message_with_the_canonical_json_as_its_body() {
    let (listener, sink) = listen().await;

    let event = event();
    let (recorded, (operation, request)) =
        tokio::join!(sink.record_event(&event), answer(listener, 200, json!({"MessageId": "m-1"})));

    recorded.unwrap();
    assert_eq!(operation, "SendMessage");
    assert_eq!(request["MessageBody"], event.canonical_json());
    assert!(request["QueueUrl"].as_str().unwrap().ends_with("/000000000000/audit"));
}

#[tokio::test]
async fn a_queue_that_refuses_is_an_error_with_its_cause() {
    let (listener, sink) = listen().await;

    let event = event();
    let refusal = json!({"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no such queue"});
    let (recorded, _) = tokio::join!(sink.record_event(&event), answer(listener, 400, refusal));

    let error = recorded.unwrap_err();
    assert_eq!(error.to_string(), "the audit event was not recorded");
    assert!(error.source().is_some());
}

#[tokio::test]
async fn readiness_reads_an_attribute_of_the_queue() {
    let (listener, sink) = listen().await;

    let (ready, (operation, _)) =
        tokio::join!(sink.check_readiness(), answer(listener, 200, json!({"Attributes": {"QueueArn": "arn"}})));

    ready.unwrap();
    assert_eq!(operation, "GetQueueAttributes");
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_not_ready() {
    let (listener, sink) = listen().await;
    drop(listener);

    let error = sink.check_readiness().await.unwrap_err();

    assert_eq!(error.kind, StoreErrorKind::Unavailable);
}
