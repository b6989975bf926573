//! AWS KMS as the key service. The only crate that names `aws_sdk_kms`.

mod error;
mod keyring;
mod log_key;

pub use keyring::KmsKeyring;
pub use log_key::KmsLogKey;
