//! The log in a bucket.

use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::{Client, Config};

use crate::{KeepObjects, ObjectError, ObjectKind, ObjectName};

/// A bucket, which may have Object Lock with a default retention.
#[derive(Debug, Clone)]
pub struct S3Objects {
    client: Client,
    bucket: String,
}

impl S3Objects {
    /// The log in this bucket, out of the shared SDK configuration (`&SdkConfig` converts).
    pub fn new(config: impl Into<Config>, bucket: impl Into<String>) -> Self {
        let config = config.into().to_builder().force_path_style(true).build();
        Self { client: Client::from_conf(config), bucket: bucket.into() }
    }
}

impl KeepObjects for S3Objects {
    async fn put_object(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), ObjectError> {
        let put = self.client.put_object().bucket(&self.bucket).key(name.to_string()).if_none_match("*");
        let put = match name.kind {
            ObjectKind::Payload(_) => put.tagging(PAYLOAD),
            ObjectKind::Header => put,
        };
        match put.body(ByteStream::from(bytes.to_vec())).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.raw_response().is_some_and(|response| response.status().as_u16() == 412) => {
                match self.read_object(name).await? {
                    Some(kept) if kept == bytes => Ok(()),
                    Some(_) => Err(ObjectError::Different(*name)),
                    None => Err(ObjectError::unavailable("the object is and is not there")),
                }
            }
            Err(error) => Err(ObjectError::unavailable(error)),
        }
    }

    async fn read_object(&self, name: &ObjectName) -> Result<Option<Vec<u8>>, ObjectError> {
        let got = match self.client.get_object().bucket(&self.bucket).key(name.to_string()).send().await {
            Ok(got) => got,
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => return Ok(None),
            Err(error) => return Err(ObjectError::unavailable(error)),
        };
        let bytes = got.body.collect().await.map_err(ObjectError::unavailable)?;
        Ok(Some(bytes.to_vec()))
    }
}

/// The tag by which the bucket forgets payloads at the end of their retention. Headers have none: they are kept, so that the chain can be
/// checked from the first, and they hold nothing about anybody.
const PAYLOAD: &str = "kind=payload";
