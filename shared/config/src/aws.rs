//! The AWS SDK's settings, shared by every client of a process.

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::deadline::RETRY_PAUSE;
use crate::{ATTEMPT_DEADLINE, ATTEMPTS, CALL_DEADLINE, CONNECT_DEADLINE, ConfigError, Problem, process_environment};

/// The settings of a function. Touches neither network nor files, so it costs a cold start nothing.
///
/// Region and credentials are those that Lambda puts into the environment (or serves on its container endpoint, as Lambda
/// Managed Instances do); `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>` and `AWS_USE_FIPS_ENDPOINT` work as
/// documented. Profiles, SSO and instance metadata do not exist here: Lambda has none, and looking for them costs time
/// and size.
///
/// # Errors
/// [`ConfigError`] if `AWS_REGION` is missing.
pub fn aws() -> Result<SdkConfig, ConfigError> {
    read(process_environment)
}

/// The settings of an operator's command: the SDK's whole default chain, with the same deadlines.
pub async fn operator_aws() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest()).retry_config(retries()).timeout_config(deadlines()).load().await
}

fn read(environment: impl Fn(&str) -> Option<String> + Copy + Send + Sync + 'static) -> Result<SdkConfig, ConfigError> {
    let region = environment("AWS_REGION").filter(|region| !region.is_empty());
    let region = region.ok_or(ConfigError { variable: "AWS_REGION", problem: Problem::Missing })?;
    let credentials = CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
        .or_else("Container", EcsCredentialsProvider::builder().build());
    let mut settings = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .retry_config(retries())
        .timeout_config(deadlines())
        .service_config(ServiceEndpoints(environment))
        .use_fips(environment("AWS_USE_FIPS_ENDPOINT").as_deref() == Some("true"));
    settings.set_credentials_provider(Some(aws_types::sdk_config::SharedCredentialsProvider::new(credentials)));
    settings.set_endpoint_url(environment("AWS_ENDPOINT_URL"));
    Ok(settings.build())
}

/// How often a call is tried.
#[must_use]
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(RETRY_PAUSE).with_max_backoff(RETRY_PAUSE)
}

/// How long a call may take, and each try of it.
#[must_use]
pub fn deadlines() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_DEADLINE)
        .operation_attempt_timeout(ATTEMPT_DEADLINE)
        .operation_timeout(CALL_DEADLINE)
        .build()
}

/// `AWS_ENDPOINT_URL_<SERVICE>`, the one setting per service that is read.
struct ServiceEndpoints<E>(E);

impl<E: Fn(&str) -> Option<String> + Send + Sync> LoadServiceConfig for ServiceEndpoints<E> {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_ascii_uppercase().replace(' ', "_");
        (key.env() == "AWS_ENDPOINT_URL").then(|| (self.0)(&format!("AWS_ENDPOINT_URL_{service}"))).flatten()
    }
}

impl<E> std::fmt::Debug for ServiceEndpoints<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServiceEndpoints")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use aws_sdk_sqs::config::Credentials;
    use aws_types::sdk_config::SharedCredentialsProvider;
    use tokio::net::TcpListener;
    use tokio::time::Instant;

    use super::*;

    fn environment(name: &str) -> Option<String> {
        let value = match name {
            "AWS_REGION" => "eu-central-1",
            "AWS_ENDPOINT_URL" => "http://127.0.0.1:4566",
            "AWS_ENDPOINT_URL_DYNAMODB" => "http://127.0.0.1:8000",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn a_region_is_required() {
        let error = read(|_| None).unwrap_err();

        assert_eq!(error, ConfigError { variable: "AWS_REGION", problem: Problem::Missing });
    }

    #[test]
    fn e4_every_call_has_the_deadlines() {
        let settings = read(environment).unwrap();

        let deadlines = settings.timeout_config().unwrap();
        assert_eq!(deadlines.connect_timeout(), Some(CONNECT_DEADLINE));
        assert_eq!(deadlines.operation_attempt_timeout(), Some(ATTEMPT_DEADLINE));
        assert_eq!(deadlines.operation_timeout(), Some(CALL_DEADLINE));
        assert_eq!(settings.retry_config().unwrap().max_attempts(), ATTEMPTS);
    }

    #[test]
    fn a_service_can_have_its_own_endpoint() {
        let settings = read(environment).unwrap();
        let of = |service| {
            let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url");
            settings.service_config().unwrap().load_config(key.build().unwrap())
        };

        assert_eq!(of("DynamoDB").as_deref(), Some("http://127.0.0.1:8000"));
        assert_eq!(of("SQS"), None);
        assert_eq!(settings.endpoint_url(), Some("http://127.0.0.1:4566"));
    }

    /// On a paused clock, which moves on when everything waits.
    #[tokio::test(start_paused = true)]
    async fn e4_a_service_that_never_answers_costs_two_attempts_and_no_more_than_the_deadline() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let credentials = SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test"));
        let settings = read(|name| (name == "AWS_REGION").then(|| "eu-central-1".into())).unwrap().into_builder();
        let client =
            aws_sdk_sqs::Client::new(&settings.endpoint_url(&endpoint).credentials_provider(credentials).build());

        let begun = Instant::now();
        let accepted = AtomicU32::new(0);
        let silence = async {
            let mut connections = Vec::new();
            loop {
                connections.push(listener.accept().await.unwrap());
                accepted.fetch_add(1, Ordering::Relaxed);
            }
        };
        tokio::select! {
            () = silence => {}
            answer = client.send_message().queue_url(&endpoint).message_body("x").send() => assert!(answer.is_err()),
        }

        assert_eq!(accepted.load(Ordering::Relaxed), ATTEMPTS);
        assert!(begun.elapsed() > ATTEMPT_DEADLINE, "{:?}", begun.elapsed());
        assert!(begun.elapsed() <= CALL_DEADLINE + std::time::Duration::from_millis(1), "{:?}", begun.elapsed());
    }
}
