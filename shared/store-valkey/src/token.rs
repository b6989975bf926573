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
