//! The encryption context: what a wrapped key is for. It is authenticated, not secret.

use std::collections::BTreeMap;

use domain::{BranchKeyVersion, KeyId, TenantId};

use crate::canonical::Canonical;

/// An exact set of names and values; a key wrapped with one unwraps with an equal one only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptionContext(BTreeMap<&'static str, String>);

impl EncryptionContext {
    /// For one version of a tenant's branch key.
    #[must_use]
    pub fn branch_key(tenant: TenantId, version: BranchKeyVersion) -> Self {
        Self(BTreeMap::from([
            (PURPOSE, "branch-key".to_owned()),
            ("countersign:tenant", tenant.to_string()),
            ("countersign:version", version.number().to_string()),
        ]))
    }

    /// For the private half of a signing key.
    #[must_use]
    pub fn signing_key(key: &KeyId) -> Self {
        Self(BTreeMap::from([(PURPOSE, "signing-key".to_owned()), ("countersign:kid", key.to_string())]))
    }

    /// The names and values, sorted by name.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Additional authenticated data for a local cipher.
    pub(crate) fn encode(&self) -> Canonical {
        self.pairs().fold(Canonical::new("countersign/encryption-context/v1"), |encoding, (name, value)| {
            encoding.field(name).field(value)
        })
    }
}

/// Policies can allow a role the keys of one purpose alone (`kms:EncryptionContext:countersign:purpose`).
const PURPOSE: &str = "countersign:purpose";
