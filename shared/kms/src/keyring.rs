//! The key-wrapping ports on one KMS key.

use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::{Client, Config};
use crypto::{CheckKey, EncryptionContext, KeyError, KeyMaterial, UnwrapKey, WrapKey, WrappedKey};

use crate::error::{decrypt_error, unavailable};

/// Wraps and unwraps with one symmetric KMS key. Deadlines and retries are the client's.
#[derive(Debug, Clone)]
pub struct KmsKeyring {
    client: Client,
    key_id: String,
}

impl KmsKeyring {
    /// The keyring of the key with this ARN, out of the shared SDK configuration (`&SdkConfig` converts).
    pub fn new(config: impl Into<Config>, key_id: impl Into<String>) -> Self {
        Self { client: Client::from_conf(config.into()), key_id: key_id.into() }
    }
}

impl WrapKey for KmsKeyring {
    async fn wrap_key(&self, material: &KeyMaterial, context: &EncryptionContext) -> Result<WrappedKey, KeyError> {
        let output = self
            .client
            .encrypt()
            .key_id(&self.key_id)
            .set_encryption_context(Some(owned(context)))
            .plaintext(Blob::new(material.expose()))
            .send()
            .await
            .map_err(|error| unavailable(&error))?;
        let blob = output.ciphertext_blob.ok_or_else(|| KeyError::unavailable("KMS answered without a ciphertext"))?;
        Ok(WrappedKey::new(blob.into_inner()))
    }
}

impl UnwrapKey for KmsKeyring {
    /// Names the key, so that a ciphertext made with any other key is refused.
    async fn unwrap_key(&self, wrapped: &WrappedKey, context: &EncryptionContext) -> Result<KeyMaterial, KeyError> {
        let output = self
            .client
            .decrypt()
            .key_id(&self.key_id)
            .set_encryption_context(Some(owned(context)))
            .ciphertext_blob(Blob::new(wrapped.as_bytes()))
            .send()
            .await
            .map_err(|error| decrypt_error(&error))?;
        let blob = output.plaintext.ok_or_else(|| KeyError::unavailable("KMS answered without a plaintext"))?;
        KeyMaterial::new(blob.into_inner())
    }
}

impl CheckKey for KmsKeyring {
    async fn check_key(&self) -> Result<(), KeyError> {
        let output =
            self.client.describe_key().key_id(&self.key_id).send().await.map_err(|error| unavailable(&error))?;
        match output.key_metadata {
            Some(key) if key.enabled => Ok(()),
            _ => Err(KeyError::unavailable("the KMS key is not enabled")),
        }
    }
}

fn owned(context: &EncryptionContext) -> std::collections::HashMap<String, String> {
    context.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
