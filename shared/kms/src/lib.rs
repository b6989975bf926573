//! AWS KMS as the key service. The only crate that names `aws_sdk_kms`.

mod error;
mod keyring;

pub use keyring::KmsKeyring;
