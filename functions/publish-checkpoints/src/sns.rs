//! Checkpoints in Amazon SNS.

use audit_log::{NotPublished, PublishCheckpoint, SignedHeader};
use aws_sdk_sns::{Client, Config};

/// Publishes to a topic, one message each: the bytes of the signed header, as they stand in the log. Who subscribes is outside:
/// another account, a partner, an archive.
///
/// Deadlines and retries are the client's. A checkpoint may come twice.
#[derive(Debug, Clone)]
pub struct SnsCheckpoints {
    client: Client,
    topic_arn: String,
}

impl SnsCheckpoints {
    /// This topic, out of the shared SDK configuration (`&SdkConfig` converts).
    pub fn new(config: impl Into<Config>, topic_arn: impl Into<String>) -> Self {
        Self { client: Client::from_conf(config.into()), topic_arn: topic_arn.into() }
    }
}

impl PublishCheckpoint for SnsCheckpoints {
    async fn publish_checkpoint(&self, header: &SignedHeader) -> Result<(), NotPublished> {
        let message = String::from_utf8(header.to_bytes()).map_err(NotPublished::new)?;
        let publishing = self.client.publish().topic_arn(&self.topic_arn).message(message);
        publishing.send().await.map_err(NotPublished::new)?;
        Ok(())
    }
}
