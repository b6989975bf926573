//! The store itself: a client, its deadlines, and the tables it knows.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_types::SdkConfig;

/// The ports on DynamoDB, as far as the tables in `T` carry them. Cloning is cheap; clones share their connections.
#[derive(Debug, Clone)]
pub struct DynamoStore<T> {
    pub(crate) client: Client,
    pub(crate) tables: T,
}

impl<T> DynamoStore<T> {
    /// A store over `tables`, with region, credentials and endpoint of `config` and this crate's own deadlines.
    #[must_use]
    pub fn new(config: &SdkConfig, tables: T) -> Self {
        let config = Builder::from(config)
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .operation_timeout(OPERATION_TIMEOUT)
                    .build(),
            )
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .build();
        Self { client: Client::from_conf(config), tables }
    }
}

// The deadlines of one call, shorter than any function's own: 30 times DynamoDB's usual answer for one attempt, and in
// all no more than a caller waits for before it asks again. The SDK waits 25 ms, then 50 ms, between attempts.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1_000);
const OPERATION_TIMEOUT: Duration = Duration::from_millis(2_500);
const ATTEMPTS: u32 = 3;
