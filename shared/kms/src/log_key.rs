//! The audit log's signing key in KMS.

use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};
use aws_sdk_kms::{Client, Config};
use crypto::{KeyError, SignHeaders, VerifyingKey, low_s_from_der, message_digest};
use domain::KeyId;

use crate::error::unavailable;

/// Signs headers with an asymmetric KMS key (`ECC_NIST_P256`, `SIGN_VERIFY`). Deadlines and retries are the client's.
#[derive(Debug, Clone)]
pub struct KmsLogKey {
    client: Client,
    key_id: String,
    public: VerifyingKey,
}

impl KmsLogKey {
    /// The key with this ARN, out of the shared SDK configuration (`&SdkConfig` converts): asks once for its public half.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`] if KMS does not give it; [`KeyError::Refused`] if it is not a P-256 key.
    pub async fn load(config: impl Into<Config>, key_id: impl Into<String>) -> Result<Self, KeyError> {
        let (client, key_id) = (Client::from_conf(config.into()), key_id.into());
        let output = client.get_public_key().key_id(&key_id).send().await.map_err(|error| unavailable(&error))?;
        let der = output.public_key.ok_or_else(|| KeyError::unavailable("KMS answered without a public key"))?;
        let public = VerifyingKey::from_public_der(der.as_ref()).map_err(|_| KeyError::Refused)?;
        Ok(Self { client, key_id, public })
    }

    /// The public half, for those who check the log.
    #[must_use]
    pub const fn verifying_key(&self) -> &VerifyingKey {
        &self.public
    }
}

impl SignHeaders for KmsLogKey {
    fn key_id(&self) -> &KeyId {
        self.public.id()
    }

    /// A signature that would not verify is never given out: the log could not be mended after it.
    async fn sign_header(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        let output = self
            .client
            .sign()
            .key_id(&self.key_id)
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .message_type(MessageType::Digest)
            .message(Blob::new(message_digest(message)))
            .send()
            .await
            .map_err(|error| unavailable(&error))?;
        let der = output.signature.ok_or_else(|| KeyError::unavailable("KMS answered without a signature"))?;
        let signature = low_s_from_der(der.as_ref()).filter(|it| self.public.verifies_header(message, it));
        signature.ok_or_else(|| KeyError::unavailable("KMS answered with another key's signature"))
    }
}
