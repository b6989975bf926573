//! Finding a cache by its name with the ElastiCache API.

use aws_sdk_elasticache::Client;
use aws_sdk_elasticache::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_elasticache::types::{Endpoint, ReplicationGroup};
use aws_types::SdkConfig;
use config::CacheName;

use crate::connector::Address;

/// Why a cache could not be found.
#[derive(Debug, thiserror::Error)]
pub enum NotFound {
    /// There is no cache of this name in the region.
    #[error("there is no cache {0}")]
    Unknown(CacheName),
    /// It has no endpoint (yet).
    #[error("the cache {0} has no endpoint; is it still being made?")]
    NoEndpoint(CacheName),
    /// The API gave no answer.
    #[error("the cache {name} could not be looked for: {code}")]
    NotAsked {
        /// The name.
        name: CacheName,
        /// The API's error code, or what went wrong on the way.
        code: String,
    },
}

/// Where the cache of this name is.
pub(crate) async fn find(name: &CacheName, aws: &SdkConfig) -> Result<Address, NotFound> {
    let client = Client::new(aws);
    let endpoint = match name {
        CacheName::Serverless(id) => {
            let request = client.describe_serverless_caches().serverless_cache_name(id);
            let answer = Box::pin(request.send()).await.map_err(|error| failure(name, &error))?;
            let cache = answer.serverless_caches().first().ok_or_else(|| NotFound::Unknown(name.clone()))?;
            cache.endpoint().cloned()
        }
        CacheName::ReplicationGroup(id) => {
            let request = client.describe_replication_groups().replication_group_id(id);
            let answer = Box::pin(request.send()).await.map_err(|error| failure(name, &error))?;
            let group = answer.replication_groups().first().ok_or_else(|| NotFound::Unknown(name.clone()))?;
            endpoint(group)
        }
    };
    let address = endpoint.and_then(|endpoint| {
        let port = u16::try_from(endpoint.port()?).ok()?;
        Some(Address { host: endpoint.address()?.to_owned(), port })
    });
    address.ok_or_else(|| NotFound::NoEndpoint(name.clone()))
}

/// A group in cluster mode has one for its configuration; another one has its primary's.
fn endpoint(group: &ReplicationGroup) -> Option<Endpoint> {
    let primary = || group.node_groups().first()?.primary_endpoint();
    group.configuration_endpoint().or_else(primary).cloned()
}

fn failure<E: ProvideErrorMetadata, R>(name: &CacheName, error: &SdkError<E, R>) -> NotFound {
    let code = match error {
        SdkError::ServiceError(answer) => answer.err().code().unwrap_or("no code"),
        SdkError::TimeoutError(_) => "no answer in time",
        _ => "request not sent",
    };
    match code {
        "ServerlessCacheNotFoundFault" | "ReplicationGroupNotFoundFault" => NotFound::Unknown(name.clone()),
        code => NotFound::NotAsked { name: name.clone(), code: code.to_owned() },
    }
}
