//! DynamoDB without AWS: the embedded engine, how it is reached, and the tables in it.

mod call;
mod embedded;
mod tables;
mod template;

pub use embedded::{EmbeddedDynamo, EngineError};
pub use tables::{TablesError, create_tables, table_names};
pub use template::{TableDefinition, TemplateError, table_definitions};

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_types::SdkConfig;
use aws_types::sdk_config::SharedCredentialsProvider;

/// The SDK's settings for an engine at this endpoint: nothing is read from the environment, nothing is asked of a network. Retries and
/// deadlines are those of functions.
#[must_use]
pub fn engine_config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new(ACCESS_KEY, "local", None, None, "countersign-local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .retry_config(config::retries())
        .timeout_config(config::deadlines())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

/// Engines keep the tables of different regions and access keys apart.
const REGION: &str = "eu-central-1";
const ACCESS_KEY: &str = "local";
