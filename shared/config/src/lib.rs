//! What a function takes from its environment. No other crate reads it.
//!
//! - Each function has one struct, which lists exactly the variables that it uses: [`FUNCTIONS`] names them for the
//!   contract with `template.yaml`.
//! - A missing or malformed variable fails start-up with a [`ConfigError`], which names the variable and never its value.
//! - Every reader takes the environment as a parameter; only [`process_environment`] is the real one.
//! - The AWS SDK's settings, with the deadlines of every call, come from [`aws`].

mod aws;
mod bucket_name;
mod cache;
mod deadline;
mod environment;
mod error;
mod functions;
mod issuer;
mod kms_key_id;
mod lambda;
mod limits;
mod log_filter;
mod queue_url;
mod setting;
mod shard_count;
mod table_name;
mod topic_arn;

pub use aws::{aws, deadlines, operator_aws, retries};
pub use aws_config::SdkConfig;
pub use bucket_name::BucketName;
pub use cache::{Cache, CacheLogin, CacheMode, CacheName, CachePlace, CacheSettings, InvalidCache};
pub use deadline::{ATTEMPT_DEADLINE, ATTEMPTS, CALL_DEADLINE, CONNECT_DEADLINE, KDF_ALLOWANCE, worst_case};
pub use environment::process_environment;
pub use error::{ConfigError, Problem};
pub use functions::{
    Admin, AuditQuery, AuditWriter, Authorizer, DescribeEnrollment, DrainOutbox, Enroll, Erase, Export, FUNCTIONS,
    Health, Initiate, Introspect, Jwks, ListSessions, PublishCheckpoints, Reconcile, Refresh, Revoke, RotateFactors,
    RotateKeys, Status, Verify,
};
pub use issuer::Issuer;
pub use kms_key_id::KmsKeyId;
pub use lambda::{Lambda, outside_lambda};
pub use log_filter::log_filter;
pub use queue_url::QueueUrl;
pub use shard_count::ShardCount;
pub use table_name::TableName;
pub use topic_arn::TopicArn;
