//! The store itself: a client and the tables it knows.

use aws_sdk_dynamodb::Client;
use aws_types::SdkConfig;

/// The ports on DynamoDB, as far as the tables in `T` carry them. Cloning is cheap; clones share their connections.
#[derive(Debug, Clone)]
pub struct DynamoStore<T> {
    pub(crate) client: Client,
    pub(crate) tables: T,
}

impl<T> DynamoStore<T> {
    /// A store over `tables`, with the region, credentials, endpoint, deadlines and retries of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig, tables: T) -> Self {
        Self { client: Client::new(config), tables }
    }
}
