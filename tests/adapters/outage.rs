//! What the store makes of an engine in trouble.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use domain::{Algorithm, Penalty};
use store::{CompleteVerification, Completion, DrawPermits, FindEnrollment, OpenSession, StoreError, StoreErrorKind};
use store_dynamodb::DynamoStore;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::records::{completion, counter, draw, limit, now, session, tenant, user};
use crate::scripted::{self, Answer, error};

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
    let outcome = withdraw(&once(&patient)).await;
    let (never, _) = scripted::serve((0..9).map(|_| conflict()).collect()).await;
    let error = withdraw(&once(&never)).await.unwrap_err();

    assert!(outcome.is_ok());
    assert_eq!([sent.recv().await.is_some(), sent.recv().await.is_some(), sent.recv().await.is_some()], [true; 3]);
    assert_eq!(error.kind, StoreErrorKind::Throttled);
}

#[tokio::test]
async fn a_draw_gives_up_when_others_are_faster_each_time() {
    let changed = |version: u32| {
        let recent = r#"{"L":[]}"#;
        let state = format!(
            r#"{{"M":{{"start":{{"N":"4102444800000"}},"current":{{"N":"1"}},"previous":{{"N":"0"}},"recent":{recent}}}}}"#
        );
        let item = format!(
            r#"{{"pk":{{"S":"x"}},"state":{state},"spent":{{"N":"4102444810000"}},"version":{{"N":"{version}"}}}}"#
        );
        error("ConditionalCheckFailedException", &format!(r#","Item":{item}"#))
    };
    let (config, mut sent) = scripted::serve((0..99).map(changed).collect()).await;
    let store = DynamoStore::new(&once(&config), local::table_names());

    let draw = draw(1, limit(Algorithm::FixedWindow, Penalty::None), now());
    let error = store.draw_permits(&counter(), &draw).await.unwrap_err();

    assert_eq!(error.kind, StoreErrorKind::Throttled);
    let mut requests = 0;
    while sent.try_recv().is_ok() {
        requests += 1;
    }
    assert_eq!(requests, 64);
}

#[tokio::test]
async fn a_cancelled_transaction_tells_refusal_from_conflict() {
    let cancelled =
        |reasons: &str| error("TransactionCanceledException", &format!(r#","CancellationReasons":[{reasons}]"#));
    let code = |code: &str| format!(r#"{{"Code":"{code}"}}"#);
    let (none, conflict, refused) = (code("None"), code("TransactionConflict"), code("ConditionalCheckFailed"));
    let success = || (200, "{}".to_owned());

    let retried = complete(vec![cancelled(&format!("{conflict},{none}")), success()]).await;
    let decided = complete(vec![cancelled(&format!("{refused},{conflict}"))]).await;
    // The one in conflict may be the one that decides.
    let undecided = vec![cancelled(&format!("{conflict},{refused}")), cancelled(&format!("{refused},{none}"))];
    let undecided = complete(undecided).await;
    let never_decided = complete((0..5).map(|_| cancelled(&format!("{conflict},{refused}"))).collect()).await;
    let throttled = complete(vec![cancelled(&format!("{none},{}", code("ThrottlingError")))]).await;
    let invalid = complete(vec![cancelled(&format!("{none},{}", code("ValidationError")))]).await;

    assert_eq!(retried.map_err(|error| error.kind), Ok(Completion::Completed));
    assert_eq!(decided.map_err(|error| error.kind), Ok(Completion::Closed));
    assert_eq!(undecided.map_err(|error| error.kind), Ok(Completion::Closed));
    assert_eq!(never_decided.map_err(|error| error.kind), Err(StoreErrorKind::Throttled));
    assert_eq!(throttled.map_err(|error| error.kind), Err(StoreErrorKind::Throttled));
    assert_eq!(invalid.map_err(|error| error.kind), Err(StoreErrorKind::Unavailable));
}

/// The same configuration without the SDK's own retries.
pub(crate) fn once(config: &SdkConfig) -> SdkConfig {
    config.clone().into_builder().retry_config(RetryConfig::disabled()).build()
}

async fn find(config: &SdkConfig) -> Result<(), StoreError> {
    let store = DynamoStore::new(config, local::table_names());
    store.find_enrollment(tenant(), user()).await.map(drop)
}

async fn withdraw(config: &SdkConfig) -> Result<(), StoreError> {
    DynamoStore::new(config, local::table_names()).withdraw_session(&session(1)).await
}

async fn complete(answers: Vec<Answer>) -> Result<Completion, StoreError> {
    let (config, _) = scripted::serve(answers).await;
    DynamoStore::new(&once(&config), local::table_names()).complete_verification(&completion(1)).await
}
