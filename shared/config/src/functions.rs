//! One struct per function: exactly the variables that it uses.

use admission::Policy;
use crypto::KdfParameters;

use crate::setting::read;
use crate::{
    BucketName, CacheSettings, ConfigError, Issuer, KmsKeyId, QueueUrl, ShardCount, TableName, TopicArn,
    process_environment,
};

macro_rules! functions {
    ($($(#[$doc:meta])* $function:literal $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty = $variable:literal,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone)]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $kind,)*
            }

            impl $name {
                /// The variables that are read, in the order of the fields.
                pub const VARIABLES: &'static [&'static str] = &[$($variable),*];

                /// Reads the process's environment.
                ///
                /// # Errors
                /// [`ConfigError`] names the first variable that is missing or malformed.
                pub fn from_env() -> Result<Self, ConfigError> {
                    Self::read(&process_environment)
                }

                /// Reads the given environment.
                ///
                /// # Errors
                /// [`ConfigError`] names the first variable that is missing or malformed.
                pub fn read(environment: &impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
                    Ok(Self { $($field: read($variable, environment)?,)* })
                }
            }
        )*

        /// Every function with the variables that its struct reads. `COUNTERSIGN_LOG` is common to all.
        pub const FUNCTIONS: &[(&str, &[&str])] = &[$(($function, $name::VARIABLES)),*];
    };
}

functions! {
    /// What enroll needs.
    "enroll" Enroll {
        /// Enrollments, branch keys, the operator's list and the outbox.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
        /// Requests in flight and counters of limits.
        ephemeral_table: TableName = "COUNTERSIGN_EPHEMERAL_TABLE",
        /// Where audit events go.
        audit_queue_url: QueueUrl = "COUNTERSIGN_AUDIT_QUEUE_URL",
        /// The key that wraps branch keys.
        kms_key_id: KmsKeyId = "COUNTERSIGN_KMS_KEY_ID",
        /// How new verifiers are derived.
        kdf: KdfParameters = "COUNTERSIGN_KDF",
        /// Which limits hold.
        limits: Policy = "COUNTERSIGN_LIMITS",
        /// Where what is ephemeral is kept, if not in the tables.
        cache: CacheSettings = "COUNTERSIGN_CACHE",
    }
    /// What describe-enrollment needs.
    "describe-enrollment" DescribeEnrollment {
        /// Enrollments, the operator's list and the outbox.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
        /// Counters of limits.
        ephemeral_table: TableName = "COUNTERSIGN_EPHEMERAL_TABLE",
        /// Where audit events go.
        audit_queue_url: QueueUrl = "COUNTERSIGN_AUDIT_QUEUE_URL",
        /// Which limits hold.
        limits: Policy = "COUNTERSIGN_LIMITS",
        /// Where what is ephemeral is kept, if not in the tables.
        cache: CacheSettings = "COUNTERSIGN_CACHE",
    }
    /// What rotate-factors needs.
    "rotate-factors" RotateFactors {
        /// Enrollments, accounts, branch keys, signing keys, the operator's list and the outbox.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
        /// Requests in flight and counters of limits.
        ephemeral_table: TableName = "COUNTERSIGN_EPHEMERAL_TABLE",
        /// Where audit events go.
        audit_queue_url: QueueUrl = "COUNTERSIGN_AUDIT_QUEUE_URL",
        /// The key that wraps branch keys.
        kms_key_id: KmsKeyId = "COUNTERSIGN_KMS_KEY_ID",
        /// The tokens' `iss`.
        issuer: Issuer = "COUNTERSIGN_ISSUER",
        /// Which limits hold.
        limits: Policy = "COUNTERSIGN_LIMITS",
        /// Where what is ephemeral is kept, if not in the tables.
        cache: CacheSettings = "COUNTERSIGN_CACHE",
        /// How new verifiers are derived.
        kdf: KdfParameters = "COUNTERSIGN_KDF",
    }
    /// What erase needs.
    "erase" Erase {
        /// Enrollments, accounts, branch keys, signing keys, the operator's list and the outbox.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
        /// Requests in flight and counters of limits.
        ephemeral_table: TableName = "COUNTERSIGN_EPHEMERAL_TABLE",
        /// Where audit events go.
        audit_queue_url: QueueUrl = "COUNTERSIGN_AUDIT_QUEUE_URL",
        /// The key that wraps branch keys.
        kms_key_id: KmsKeyId = "COUNTERSIGN_KMS_KEY_ID",
        /// The tokens' `iss`.
        issuer: Issuer = "COUNTERSIGN_ISSUER",
        /// Which limits hold.
        limits: Policy = "COUNTERSIGN_LIMITS",
        /// Where what is ephemeral is kept, if not in the tables.
        cache: CacheSettings = "COUNTERSIGN_CACHE",
    }
    /// What export needs.
    "export" Export {
        /// Enrollments, accounts, branch keys, signing keys, the operator's list and the outbox.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
        /// Counters of limits.
        ephemeral_table: TableName = "COUNTERSIGN_EPHEMERAL_TABLE",
        /// The log's index.
        audit_table: TableName = "COUNTERSIGN_AUDIT_TABLE",
        /// Where audit events go.
        audit_queue_url: QueueUrl = "COUNTERSIGN_AUDIT_QUEUE_URL",
        /// The key that wraps branch keys.
        kms_key_id: KmsKeyId = "COUNTERSIGN_KMS_KEY_ID",
        /// The tokens' `iss`.
        issuer: Issuer = "COUNTERSIGN_ISSUER",
        /// Which limits hold.
        limits: Policy = "COUNTERSIGN_LIMITS",
        /// Where what is ephemeral is kept, if not in the tables.
        cache: CacheSettings = "COUNTERSIGN_CACHE",
    }
    /// What initiate needs.
    "initiate" Initiate {
        /// Enrollments, branch keys, the operator's list and the outbox.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
        /// Verifications and counters of limits.
        ephemeral_table: TableName = "COUNTERSIGN_EPHEMERAL_TABLE",
        /// Where audit events go.
        audit_queue_url: QueueUrl = "COUNTERSIGN_AUDIT_QUEUE_URL",
        /// The key that wraps branch keys.
        kms_key_id: KmsKeyId = "COUNTERSIGN_KMS_KEY_ID",
        /// How new verifiers are derived, and so what decoys look like.
        kdf: KdfParameters = "COUNTERSIGN_KDF",
        /// Which limits hold.
        limits: Policy = "COUNTERSIGN_LIMITS",
        /// Where what is ephemeral is kept, if not in the tables.
        cache: CacheSettings = "COUNTERSIGN_CACHE",
    }
    /// What verify needs.
    "verify" Verify {
        /// What verifiers are upgraded to.
        kdf: KdfParameters = "COUNTERSIGN_KDF",
        /// Branch keys, signing keys, accounts, the operator's list and the outbox.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
        /// Verifications and counters of limits.
        ephemeral_table: TableName = "COUNTERSIGN_EPHEMERAL_TABLE",
        /// Where audit events go.
        audit_queue_url: QueueUrl = "COUNTERSIGN_AUDIT_QUEUE_URL",
        /// The key that wraps branch keys and signing keys.
        kms_key_id: KmsKeyId = "COUNTERSIGN_KMS_KEY_ID",
        /// The tokens' `iss`.
        issuer: Issuer = "COUNTERSIGN_ISSUER",
        /// Which limits hold.
        limits: Policy = "COUNTERSIGN_LIMITS",
        /// Where what is ephemeral is kept, if not in the tables.
        cache: CacheSettings = "COUNTERSIGN_CACHE",
    }
    /// What status needs.
    "status" Status {
        /// Branch keys, to check capabilities with, the operator's list and the outbox.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
        /// Verifications and counters of limits.
        ephemeral_table: TableName = "COUNTERSIGN_EPHEMERAL_TABLE",
        /// Where audit events go.
        audit_queue_url: QueueUrl = "COUNTERSIGN_AUDIT_QUEUE_URL",
        /// The key that wraps branch keys.
        kms_key_id: KmsKeyId = "COUNTERSIGN_KMS_KEY_ID",
        /// Which limits hold.
        limits: Policy = "COUNTERSIGN_LIMITS",
        /// Where what is ephemeral is kept, if not in the tables.
        cache: CacheSettings = "COUNTERSIGN_CACHE",
    }
    /// What introspect needs.
    "introspect" Introspect {
        /// Signing keys, accounts, the operator's list and the outbox.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
        /// Counters of limits.
        ephemeral_table: TableName = "COUNTERSIGN_EPHEMERAL_TABLE",
        /// Where audit events go.
        audit_queue_url: QueueUrl = "COUNTERSIGN_AUDIT_QUEUE_URL",
        /// The tokens' `iss`.
        issuer: Issuer = "COUNTERSIGN_ISSUER",
        /// Which limits hold.
        limits: Policy = "COUNTERSIGN_LIMITS",
        /// Where what is ephemeral is kept, if not in the tables.
        cache: CacheSettings = "COUNTERSIGN_CACHE",
    }
    /// What revoke needs.
    "revoke" Revoke {
        /// Branch keys, signing keys, accounts, the operator's list and the outbox.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
        /// Requests in flight and counters of limits.
        ephemeral_table: TableName = "COUNTERSIGN_EPHEMERAL_TABLE",
        /// Where audit events go.
        audit_queue_url: QueueUrl = "COUNTERSIGN_AUDIT_QUEUE_URL",
        /// The key that wraps branch keys.
        kms_key_id: KmsKeyId = "COUNTERSIGN_KMS_KEY_ID",
        /// The tokens' `iss`.
        issuer: Issuer = "COUNTERSIGN_ISSUER",
        /// Which limits hold.
        limits: Policy = "COUNTERSIGN_LIMITS",
        /// Where what is ephemeral is kept, if not in the tables.
        cache: CacheSettings = "COUNTERSIGN_CACHE",
    }
    /// What refresh needs.
    "refresh" Refresh {
        /// Branch keys, signing keys, accounts, the operator's list and the outbox.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
        /// Requests in flight and counters of limits.
        ephemeral_table: TableName = "COUNTERSIGN_EPHEMERAL_TABLE",
        /// Where audit events go.
        audit_queue_url: QueueUrl = "COUNTERSIGN_AUDIT_QUEUE_URL",
        /// The key that wraps branch keys and signing keys.
        kms_key_id: KmsKeyId = "COUNTERSIGN_KMS_KEY_ID",
        /// The tokens' `iss`.
        issuer: Issuer = "COUNTERSIGN_ISSUER",
        /// Which limits hold.
        limits: Policy = "COUNTERSIGN_LIMITS",
        /// Where what is ephemeral is kept, if not in the tables.
        cache: CacheSettings = "COUNTERSIGN_CACHE",
    }
    /// What list-sessions needs.
    "list-sessions" ListSessions {
        /// Accounts, the operator's list and the outbox.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
        /// Counters of limits.
        ephemeral_table: TableName = "COUNTERSIGN_EPHEMERAL_TABLE",
        /// Where audit events go.
        audit_queue_url: QueueUrl = "COUNTERSIGN_AUDIT_QUEUE_URL",
        /// Which limits hold.
        limits: Policy = "COUNTERSIGN_LIMITS",
        /// Where what is ephemeral is kept, if not in the tables.
        cache: CacheSettings = "COUNTERSIGN_CACHE",
    }
    /// What admin needs.
    "admin" Admin {
        /// Accounts, the operator's list and the outbox.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
        /// Where audit events go.
        audit_queue_url: QueueUrl = "COUNTERSIGN_AUDIT_QUEUE_URL",
        /// The key that wraps branch keys.
        kms_key_id: KmsKeyId = "COUNTERSIGN_KMS_KEY_ID",
        /// Which limits hold.
        limits: Policy = "COUNTERSIGN_LIMITS",
    }
    /// What jwks needs.
    "jwks" Jwks {
        /// Signing keys.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
    }
    /// What authorizer needs.
    "authorizer" Authorizer {
        /// API keys and the outbox.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
        /// Where audit events go.
        audit_queue_url: QueueUrl = "COUNTERSIGN_AUDIT_QUEUE_URL",
    }
    /// What health needs.
    "health" Health {
        /// Asked for an item.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
        /// Asked for an item.
        ephemeral_table: TableName = "COUNTERSIGN_EPHEMERAL_TABLE",
        /// Asked for an attribute.
        audit_queue_url: QueueUrl = "COUNTERSIGN_AUDIT_QUEUE_URL",
        /// Asked for its description.
        kms_key_id: KmsKeyId = "COUNTERSIGN_KMS_KEY_ID",
    }
    /// What audit-writer needs.
    "audit-writer" AuditWriter {
        /// The log's heads and its index.
        audit_table: TableName = "COUNTERSIGN_AUDIT_TABLE",
        /// The log.
        audit_bucket: BucketName = "COUNTERSIGN_AUDIT_BUCKET",
        /// How many shards the log has.
        audit_shards: ShardCount = "COUNTERSIGN_AUDIT_SHARDS",
        /// The key that signs the log.
        audit_key_id: KmsKeyId = "COUNTERSIGN_AUDIT_KEY_ID",
        /// Where opened verifications go, to be reconciled with their trail.
        reconcile_queue_url: QueueUrl = "COUNTERSIGN_RECONCILE_QUEUE_URL",
    }
    /// What drain-outbox needs.
    "drain-outbox" DrainOutbox {
        /// The outbox.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
        /// Where audit events go.
        audit_queue_url: QueueUrl = "COUNTERSIGN_AUDIT_QUEUE_URL",
    }
    /// What rotate-keys needs.
    "rotate-keys" RotateKeys {
        /// Branch keys, signing keys and the outbox.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
        /// Where audit events go.
        audit_queue_url: QueueUrl = "COUNTERSIGN_AUDIT_QUEUE_URL",
        /// The key that wraps new keys.
        kms_key_id: KmsKeyId = "COUNTERSIGN_KMS_KEY_ID",
    }
    /// What publish-checkpoints needs.
    "publish-checkpoints" PublishCheckpoints {
        /// The log's heads.
        audit_table: TableName = "COUNTERSIGN_AUDIT_TABLE",
        /// How many shards the log has.
        audit_shards: ShardCount = "COUNTERSIGN_AUDIT_SHARDS",
        /// Where checkpoints go.
        checkpoint_topic_arn: TopicArn = "COUNTERSIGN_CHECKPOINT_TOPIC_ARN",
    }
    /// What reconcile needs.
    "reconcile" Reconcile {
        /// Branch keys, accounts and the outbox.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
        /// Verifications.
        ephemeral_table: TableName = "COUNTERSIGN_EPHEMERAL_TABLE",
        /// The log's index.
        audit_table: TableName = "COUNTERSIGN_AUDIT_TABLE",
        /// Where audit events go.
        audit_queue_url: QueueUrl = "COUNTERSIGN_AUDIT_QUEUE_URL",
        /// The key that wraps branch keys.
        kms_key_id: KmsKeyId = "COUNTERSIGN_KMS_KEY_ID",
        /// Where what is ephemeral is kept, if not in the tables.
        cache: CacheSettings = "COUNTERSIGN_CACHE",
    }
    /// What audit-query needs.
    "audit-query" AuditQuery {
        /// Enrollments, branch keys, the operator's list and the outbox.
        core_table: TableName = "COUNTERSIGN_CORE_TABLE",
        /// Counters of limits.
        ephemeral_table: TableName = "COUNTERSIGN_EPHEMERAL_TABLE",
        /// The log's index.
        audit_table: TableName = "COUNTERSIGN_AUDIT_TABLE",
        /// Where audit events go.
        audit_queue_url: QueueUrl = "COUNTERSIGN_AUDIT_QUEUE_URL",
        /// The key that wraps branch keys.
        kms_key_id: KmsKeyId = "COUNTERSIGN_KMS_KEY_ID",
        /// Which limits hold.
        limits: Policy = "COUNTERSIGN_LIMITS",
        /// Where what is ephemeral is kept, if not in the tables.
        cache: CacheSettings = "COUNTERSIGN_CACHE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Problem;

    fn complete(variable: &str) -> Option<String> {
        let value = match variable {
            "COUNTERSIGN_CORE_TABLE" => "countersign-core",
            "COUNTERSIGN_EPHEMERAL_TABLE" => "countersign-ephemeral",
            "COUNTERSIGN_AUDIT_TABLE" => "countersign-audit",
            "COUNTERSIGN_AUDIT_QUEUE_URL" => "https://sqs.eu-central-1.amazonaws.com/123456789012/audit",
            "COUNTERSIGN_RECONCILE_QUEUE_URL" => "https://sqs.eu-central-1.amazonaws.com/123456789012/reconcile",
            "COUNTERSIGN_AUDIT_BUCKET" => "countersign-audit-123456789012",
            "COUNTERSIGN_CHECKPOINT_TOPIC_ARN" => "arn:aws:sns:eu-central-1:123456789012:checkpoints",
            "COUNTERSIGN_KMS_KEY_ID" | "COUNTERSIGN_AUDIT_KEY_ID" => {
                "arn:aws:kms:eu-central-1:123456789012:key/0192f0c1-2345-7abc-8def-0123456789ab"
            }
            "COUNTERSIGN_ISSUER" => "https://auth.example.com",
            _ => return None,
        };
        Some(value.to_owned())
    }

    type Reader = fn(&dyn Fn(&str) -> Option<String>) -> Option<ConfigError>;

    const READERS: [(&[&str], Reader); 22] = [
        (Enroll::VARIABLES, |environment| Enroll::read(&environment).err()),
        (DescribeEnrollment::VARIABLES, |environment| DescribeEnrollment::read(&environment).err()),
        (RotateFactors::VARIABLES, |environment| RotateFactors::read(&environment).err()),
        (Erase::VARIABLES, |environment| Erase::read(&environment).err()),
        (Export::VARIABLES, |environment| Export::read(&environment).err()),
        (Initiate::VARIABLES, |environment| Initiate::read(&environment).err()),
        (Verify::VARIABLES, |environment| Verify::read(&environment).err()),
        (Status::VARIABLES, |environment| Status::read(&environment).err()),
        (Introspect::VARIABLES, |environment| Introspect::read(&environment).err()),
        (Revoke::VARIABLES, |environment| Revoke::read(&environment).err()),
        (Refresh::VARIABLES, |environment| Refresh::read(&environment).err()),
        (ListSessions::VARIABLES, |environment| ListSessions::read(&environment).err()),
        (Admin::VARIABLES, |environment| Admin::read(&environment).err()),
        (Jwks::VARIABLES, |environment| Jwks::read(&environment).err()),
        (Authorizer::VARIABLES, |environment| Authorizer::read(&environment).err()),
        (Health::VARIABLES, |environment| Health::read(&environment).err()),
        (AuditWriter::VARIABLES, |environment| AuditWriter::read(&environment).err()),
        (DrainOutbox::VARIABLES, |environment| DrainOutbox::read(&environment).err()),
        (RotateKeys::VARIABLES, |environment| RotateKeys::read(&environment).err()),
        (PublishCheckpoints::VARIABLES, |environment| PublishCheckpoints::read(&environment).err()),
        (Reconcile::VARIABLES, |environment| Reconcile::read(&environment).err()),
        (AuditQuery::VARIABLES, |environment| AuditQuery::read(&environment).err()),
    ];

    /// What is unset means a default.
    const OPTIONAL: [&str; 4] =
        ["COUNTERSIGN_KDF", "COUNTERSIGN_LIMITS", "COUNTERSIGN_CACHE", "COUNTERSIGN_AUDIT_SHARDS"];

    #[test]
    fn every_function_is_read_by_these_tests() {
        let mut variables: Vec<_> = FUNCTIONS.iter().map(|(_, variables)| *variables).collect();
        let mut read: Vec<_> = READERS.iter().map(|(variables, _)| *variables).collect();
        variables.sort_unstable();
        read.sort_unstable();

        assert_eq!(variables, read);
    }

    #[test]
    fn every_function_starts_with_a_complete_environment() {
        for (_, read) in READERS {
            assert_eq!(read(&complete), None);
        }
    }

    #[test]
    fn a_missing_variable_is_named() {
        for (variables, read) in READERS {
            for missing in variables.iter().filter(|variable| !OPTIONAL.contains(variable)) {
                let environment = |variable: &str| if variable == *missing { None } else { complete(variable) };

                assert_eq!(read(&environment), Some(ConfigError { variable: missing, problem: Problem::Missing }));
            }
        }
    }

    #[test]
    fn a_malformed_variable_is_named_without_its_value() {
        for (variables, read) in READERS {
            for malformed in variables {
                let environment = |variable: &str| {
                    if variable == *malformed { Some("cänary 4711".into()) } else { complete(variable) }
                };

                let error = read(&environment).unwrap();

                assert_eq!(error.variable, *malformed);
                assert!(error.to_string().starts_with(&format!("{malformed} is not ")), "{error}");
                assert!(!format!("{error} {error:?}").contains("4711"), "{error:?}");
            }
        }
    }

    #[test]
    fn an_empty_variable_is_malformed_but_for_the_limits() {
        for (variables, read) in READERS {
            for empty in variables.iter().filter(|variable| **variable != "COUNTERSIGN_LIMITS") {
                let environment =
                    |variable: &str| if variable == *empty { Some(String::new()) } else { complete(variable) };

                assert!(
                    matches!(read(&environment), Some(ConfigError { problem: Problem::Malformed(_), .. })),
                    "{empty}"
                );
            }
        }
    }

    #[test]
    fn the_default_key_derivation_is_argon2id() {
        assert_eq!(Enroll::read(&complete).unwrap().kdf, KdfParameters::ARGON2ID);
    }
}
