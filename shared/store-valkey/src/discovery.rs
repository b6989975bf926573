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

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_sdk_elasticache::config::{BehaviorVersion, Region};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// An ElastiCache API that always gives this answer.
    async fn api(status: &'static str, answer: &'static str) -> SdkConfig {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 8_192];
                let mut length = 0;
                while !String::from_utf8_lossy(&request[..length]).contains("Action=") {
                    length += stream.read(&mut request[length..]).await.unwrap();
                }
                let head = format!("HTTP/1.1 {status}\r\ncontent-type: text/xml\r\nconnection: close\r\n");
                let answer = format!("{head}content-length: {}\r\n\r\n{answer}", answer.len());
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .endpoint_url(endpoint)
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("a", "b", None, None, "test")))
            .build()
    }

    fn serverless() -> CacheName {
        CacheName::Serverless("countersign".to_owned())
    }

    fn group() -> CacheName {
        CacheName::ReplicationGroup("countersign".to_owned())
    }

    #[tokio::test]
    async fn a_serverless_cache_has_an_endpoint() {
        let aws = api(
            "200 OK",
            "<DescribeServerlessCachesResponse><DescribeServerlessCachesResult><ServerlessCaches><member><Endpoint><Address>cs.example.com</Address>\
             <Port>6379</Port></Endpoint></member></ServerlessCaches></DescribeServerlessCachesResult>\
             </DescribeServerlessCachesResponse>",
        );

        let address = find(&serverless(), &aws.await).await.unwrap();

        assert_eq!(address, Address { host: "cs.example.com".to_owned(), port: 6379 });
    }

    #[tokio::test]
    async fn a_replication_group_has_one_for_its_configuration_or_its_primarys() {
        let configuration = api(
            "200 OK",
            "<DescribeReplicationGroupsResponse><DescribeReplicationGroupsResult><ReplicationGroups><ReplicationGroup><ConfigurationEndpoint>\
             <Address>all.example.com</Address><Port>6379</Port></ConfigurationEndpoint></ReplicationGroup>\
             </ReplicationGroups></DescribeReplicationGroupsResult>\
             </DescribeReplicationGroupsResponse>",
        );
        let primary = api(
            "200 OK",
            "<DescribeReplicationGroupsResponse><DescribeReplicationGroupsResult><ReplicationGroups><ReplicationGroup><NodeGroups><NodeGroup>\
             <PrimaryEndpoint><Address>one.example.com</Address><Port>6380</Port></PrimaryEndpoint></NodeGroup>\
             </NodeGroups></ReplicationGroup></ReplicationGroups></DescribeReplicationGroupsResult>\
             </DescribeReplicationGroupsResponse>",
        );

        let (configuration, primary) = (configuration.await, primary.await);

        assert_eq!(find(&group(), &configuration).await.unwrap().host, "all.example.com");
        let expected = Address { host: "one.example.com".to_owned(), port: 6380 };
        assert_eq!(find(&group(), &primary).await.unwrap(), expected);
    }

    #[tokio::test]
    async fn an_unknown_name_names_itself() {
        let aws = api(
            "404 Not Found",
            "<ErrorResponse><Error><Type>Sender</Type><Code>ServerlessCacheNotFoundFault</Code>\
             <Message>no</Message></Error></ErrorResponse>",
        );

        let error = find(&serverless(), &aws.await).await.unwrap_err();

        assert_eq!(error.to_string(), "there is no cache serverless-cache/countersign");
    }

    #[tokio::test]
    async fn a_refused_look_up_tells_the_code() {
        let aws = api(
            "403 Forbidden",
            "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error>\
             </ErrorResponse>",
        );

        let error = find(&group(), &aws.await).await.unwrap_err();

        let expected = "the cache replication-group/countersign could not be looked for: AccessDenied";
        assert_eq!(error.to_string(), expected);
    }
}
