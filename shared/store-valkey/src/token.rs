//! The login of IAM: a token that is signed for one connection (ElastiCache User Guide, "Authenticating with IAM").
//!
//! The token is a presigned URL without its scheme, `NAME/?Action=connect&User=ID&…`. It is good for 15 minutes, in which
//! the connection must be made; the connection itself lives for 12 hours.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use config::{CacheLogin, CacheName};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::CacheFailure;

/// Signs tokens for one user of one cache.
#[derive(Debug)]
pub(crate) struct TokenSigner {
    pub(crate) login: CacheLogin,
    pub(crate) region: String,
    pub(crate) credentials: SharedCredentialsProvider,
}

impl TokenSigner {
    /// The user who logs in.
    pub(crate) fn user(&self) -> &str {
        &self.login.user
    }

    /// A token for a connection that is made now.
    pub(crate) async fn token(&self, now: Timestamp) -> Result<String, CacheFailure> {
        let no_token = || CacheFailure::NotConnected("login could not be signed");
        let credentials = self.credentials.provide_credentials().await.map_err(|_| no_token())?;
        let identity = credentials.into();
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(LIFETIME);
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("elasticache")
            .time(SystemTime::from(now))
            .settings(settings)
            .build()
            .map_err(|_| no_token())?;
        let url = self.url();
        let request = SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(&[]));
        let signed = request.and_then(|request| sign(request, &parameters.into())).map_err(|_| no_token())?;
        let (instructions, _) = signed.into_parts();
        let mut token = url.trim_start_matches(SCHEME).to_owned();
        for (name, value) in instructions.params() {
            let value = utf8_percent_encode(value, ENCODED);
            token.extend(["&", name, "="].into_iter().chain(value));
        }
        Ok(token)
    }

    /// The names are letters, digits and hyphens, so nothing in them is to be encoded.
    fn url(&self) -> String {
        let (name, kind) = match &self.login.cache {
            CacheName::Serverless(name) => (name, "&ResourceType=ServerlessCache"),
            CacheName::ReplicationGroup(name) => (name, ""),
        };
        format!("{SCHEME}{}/?Action=connect&User={}{kind}", name.to_ascii_lowercase(), self.login.user)
    }
}

/// What signatures of version 4 leave as it is: unreserved characters (RFC 3986 §2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

const SCHEME: &str = "http://";

/// The longest that ElastiCache accepts.
const LIFETIME: Duration = Duration::from_secs(900);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aws_credential_types::Credentials;

    use super::*;

    /// The expected signature is botocore's, made with the same inputs.
    #[tokio::test]
    async fn a_token_is_signed_as_botocore_does() {
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            Some("session/token+=".to_owned()),
            None,
            "test",
        );
        let cache = CacheName::Serverless("Countersign".to_owned());
        let signer = TokenSigner {
            login: CacheLogin { user: "app".to_owned(), cache },
            region: "eu-central-1".to_owned(),
            credentials: SharedCredentialsProvider::new(credentials),
        };

        let token = signer.token(Timestamp::from_second(1_790_000_000).unwrap()).await.unwrap();

        let (place, parameters) = token.split_once('?').unwrap();
        assert_eq!(place, "countersign/");
        assert_eq!(
            parameters.split('&').collect::<BTreeSet<_>>(),
            BTreeSet::from([
                "Action=connect",
                "User=app",
                "ResourceType=ServerlessCache",
                "X-Amz-Algorithm=AWS4-HMAC-SHA256",
                "X-Amz-Credential=AKIDEXAMPLE%2F20260921%2Feu-central-1%2Felasticache%2Faws4_request",
                "X-Amz-Date=20260921T141320Z",
                "X-Amz-Expires=900",
                "X-Amz-SignedHeaders=host",
                "X-Amz-Security-Token=session%2Ftoken%2B%3D",
                "X-Amz-Signature=9e2d04aab3a21f85c98b4e9f722bdb4a1f018e0e8482c4477908923e39ffc9b4",
            ])
        );
    }
}
