//! What the store makes of an engine in trouble.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use domain::{EventId, SecretHash, Session, SessionId, TenantId, UserId, VerificationId};
use jiff::Timestamp;
use store::{
    CompleteVerification, Completion, CompletionRequest, EventRecord, FindEnrollment, RevokeSession, StoreError,
    StoreErrorKind, StoreEvents,
};
use store_dynamodb::DynamoStore;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::scripted::{self, Answer, error};

const TENANT: [u8; 16] = [1; 16];

#[tokio::test]
async fn b3_an_engine_that_is_not_there_is_unavailable() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();

    let error = find(&once(&local::engine_config(&format!("http://{address}")))).await.unwrap_err();

    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert_eq!(error.operation, "FindEnrollment");
}

#[tokio::test]
async fn b3_an_engine_that_does_not_answer_is_unavailable_within_the_deadline() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = local::engine_config(&format!("http://{}", silent.local_addr().unwrap()))
        .into_builder()
        .timeout_config(TimeoutConfig::builder().operation_timeout(Duration::from_millis(200)).build())
        .build();

    let error = timeout(Duration::from_secs(5), find(&config)).await.unwrap().unwrap_err();

    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert_eq!(error.source.to_string(), "dynamodb did not answer in time");
}

#[tokio::test]
async fn an_answer_becomes_the_kind_that_callers_can_act_on() {
    let cases = [
        (error("ProvisionedThroughputExceededException", ""), StoreErrorKind::Throttled),
        (error("ThrottlingException", ""), StoreErrorKind::Throttled),
        (error("RequestLimitExceeded", ""), StoreErrorKind::Throttled),
        (error("ResourceNotFoundException", ""), StoreErrorKind::Unavailable),
        (error("AccessDeniedException", ""), StoreErrorKind::Unavailable),
        (error("ValidationException", ""), StoreErrorKind::Unavailable),
        ((500, r#"{"__type":"InternalServerError"}"#.to_owned()), StoreErrorKind::Unavailable),
        ((200, "canary-value".to_owned()), StoreErrorKind::Unavailable),
        ((503, "canary-value".to_owned()), StoreErrorKind::Unavailable),
    ];
    for (answer, kind) in cases {
        let shown = answer.1.clone();
        let (config, _) = scripted::serve(vec![answer]).await;

        let error = find(&once(&config)).await.unwrap_err();

        assert_eq!(error.kind, kind, "{shown}");
        assert!(!format!("{error} {error:?} {}", error.source).contains("canary-value"), "{error:?}");
    }
}

#[tokio::test]
async fn a_write_in_conflict_is_sent_again_and_then_throttled() {
    let conflict = || error("TransactionConflictException", "");
    let success = (200, r#"{"Attributes":{"pk":{"S":"x"}}}"#.to_owned());

    let (patient, mut sent) = scripted::serve(vec![conflict(), conflict(), success]).await;
    let outcome = revoke(&once(&patient)).await;
    let (never, _) = scripted::serve((0..9).map(|_| conflict()).collect()).await;
    let error = revoke(&once(&never)).await.unwrap_err();

    assert!(outcome.is_ok());
    assert_eq!([sent.recv().await.is_some(), sent.recv().await.is_some(), sent.recv().await.is_some()], [true; 3]);
    assert_eq!(error.kind, StoreErrorKind::Throttled);
}

#[tokio::test]
async fn a_cancelled_transaction_tells_refusal_from_conflict() {
    let cancelled =
        |reasons: &str| error("TransactionCanceledException", &format!(r#","CancellationReasons":[{reasons}]"#));
    let code = |code: &str| format!(r#"{{"Code":"{code}"}}"#);
    let (none, conflict, refused) = (code("None"), code("TransactionConflict"), code("ConditionalCheckFailed"));
    let success = || (200, "{}".to_owned());

    let retried = complete(vec![cancelled(&format!("{conflict},{none}")), success()]).await;
    let refused = complete(vec![cancelled(&format!("{refused},{conflict}"))]).await;
    let throttled = complete(vec![cancelled(&format!("{none},{}", code("ThrottlingError")))]).await;
    let invalid = complete(vec![cancelled(&format!("{none},{}", code("ValidationError")))]).await;

    assert_eq!(retried.map_err(|error| error.kind), Ok(Completion::Completed));
    assert_eq!(refused.map_err(|error| error.kind), Ok(Completion::Closed));
    assert_eq!(throttled.map_err(|error| error.kind), Err(StoreErrorKind::Throttled));
    assert_eq!(invalid.map_err(|error| error.kind), Err(StoreErrorKind::Unavailable));
}

#[tokio::test]
async fn l2_an_event_without_answer_is_answered_as_not_stored_and_no_other() {
    let records: Vec<EventRecord> = (0..30).map(event).collect();
    let trouble = || error("ThrottlingException", "");
    let mut answers = vec![(200, "{}".to_owned()); 29];
    answers.insert(7, trouble());

    let (some, _) = scripted::serve(answers).await;
    let left = DynamoStore::new(&once(&some), local::table_names()).store_events(&records).await.unwrap();
    let (none, _) = scripted::serve((0..30).map(|_| trouble()).collect()).await;
    let error = DynamoStore::new(&once(&none), local::table_names()).store_events(&records).await.unwrap_err();

    assert_eq!(left.len(), 1);
    assert_eq!(error.kind, StoreErrorKind::Throttled);
}

/// The same configuration without the SDK's own retries.
fn once(config: &SdkConfig) -> SdkConfig {
    config.clone().into_builder().retry_config(RetryConfig::disabled()).build()
}

async fn find(config: &SdkConfig) -> Result<(), StoreError> {
    let store = DynamoStore::new(config, local::table_names());
    store.find_enrollment(TenantId::from_keyed_bytes(TENANT), UserId::from_keyed_bytes(TENANT)).await.map(drop)
}

async fn revoke(config: &SdkConfig) -> Result<(), StoreError> {
    let store = DynamoStore::new(config, local::table_names());
    let Session { tenant, user, id, created_at, .. } = session();
    store.revoke_session(tenant, user, id, created_at).await.map(drop)
}

async fn complete(answers: Vec<Answer>) -> Result<Completion, StoreError> {
    let (config, _) = scripted::serve(answers).await;
    let request = CompletionRequest {
        verification: VerificationId::from_keyed_bytes(TENANT),
        attempt: EventId::at(session().created_at, &[1; 10]).to_string().parse().unwrap(),
        session: session(),
    };
    DynamoStore::new(&once(&config), local::table_names()).complete_verification(&request).await
}

fn session() -> Session {
    Session {
        tenant: TenantId::from_keyed_bytes(TENANT),
        user: UserId::from_keyed_bytes(TENANT),
        id: SessionId::from_keyed_bytes(TENANT),
        created_at: Timestamp::UNIX_EPOCH,
        expires_at: Timestamp::from_second(9).unwrap(),
        refresh_token: SecretHash::new([2; 32]),
        revoked_at: None,
    }
}

fn event(number: u8) -> EventRecord {
    let at = Timestamp::from_millisecond(i64::from(number)).unwrap();
    EventRecord {
        id: EventId::at(at, &[number; 10]),
        tenant: TenantId::from_keyed_bytes(TENANT),
        subject: TENANT,
        at,
        kept_until: at,
        payload: vec![number; 9],
    }
}
