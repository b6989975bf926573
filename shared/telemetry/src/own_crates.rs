//! The crates of this workspace, as log targets name them.

/// The only crates that may log below `info`. A new crate that is not listed just stays silent there.
pub(crate) const OWN_CRATES: [&str; 39] = [
    "admin",
    "admission",
    "audit",
    "audit_log",
    "audit_query",
    "audit_writer",
    "authorizer",
    "capacity",
    "config",
    "countersign",
    "countersign_http",
    "crypto",
    "denials",
    "describe_enrollment",
    "domain",
    "drain_outbox",
    "enroll",
    "erase",
    "export",
    "health",
    "initiate",
    "introspect",
    "jwks",
    "keyring",
    "kms",
    "list_sessions",
    "local",
    "publish_checkpoints",
    "reconcile",
    "refresh",
    "revoke",
    "rotate_factors",
    "rotate_keys",
    "status",
    "store",
    "store_dynamodb",
    "store_valkey",
    "telemetry",
    "verify",
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_crate_of_the_workspace_may_log() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");

        for group in ["functions", "shared"] {
            for folder in std::fs::read_dir(root.join(group)).unwrap() {
                let name = folder.unwrap().file_name().into_string().unwrap().replace('-', "_");
                let name = if name == "http" { "countersign_http".to_owned() } else { name };
                assert!(name == "testkit" || OWN_CRATES.contains(&name.as_str()), "{name} is missing from OWN_CRATES");
            }
        }
    }
}
