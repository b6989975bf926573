//! The variables that a function reads are those that the template sets, each to the thing that its name says.

use std::collections::BTreeSet;

use config::{CacheMode, CacheName, CachePlace, CacheSettings};

use crate::repository::files;
use crate::template::functions;

/// Every variable, with what the template sets it to.
const VALUES: [(&str, &str); 15] = [
    ("COUNTERSIGN_AUDIT_BUCKET", "AuditBucket"),
    ("COUNTERSIGN_AUDIT_KEY_ID", "AuditLogKey.Arn"),
    ("COUNTERSIGN_AUDIT_QUEUE_URL", "AuditQueue"),
    ("COUNTERSIGN_AUDIT_SHARDS", "AuditShards"),
    ("COUNTERSIGN_AUDIT_TABLE", "AuditTable"),
    ("COUNTERSIGN_CACHE", r#"["WithCache","serverless-cache/${Cache}?user=${CacheUser}","none"]"#),
    ("COUNTERSIGN_CHECKPOINT_TOPIC_ARN", "CheckpointTopic"),
    ("COUNTERSIGN_CORE_TABLE", "CoreTable"),
    ("COUNTERSIGN_EPHEMERAL_TABLE", "EphemeralTable"),
    ("COUNTERSIGN_ISSUER", "Issuer"),
    ("COUNTERSIGN_KDF", "Kdf"),
    ("COUNTERSIGN_KMS_KEY_ID", "Key.Arn"),
    ("COUNTERSIGN_LIMITS", "Limits"),
    ("COUNTERSIGN_LOG", "Log"),
    ("COUNTERSIGN_RECONCILE_QUEUE_URL", "ReconcileQueue"),
];

#[test]
fn a_function_gets_exactly_the_variables_that_it_reads() {
    for function in functions() {
        let (_, read) = config::FUNCTIONS.iter().find(|(name, _)| *name == function.binary).unwrap();
        let read: BTreeSet<&str> = read.iter().copied().chain(["COUNTERSIGN_LOG"]).collect();
        let set: BTreeSet<&str> = function.environment.keys().map(String::as_str).collect();
        assert_eq!(set, read, "{}", function.binary);
    }
}

#[test]
fn a_variable_is_set_to_what_its_name_says() {
    for function in functions() {
        for (variable, value) in &function.environment {
            assert!(VALUES.contains(&(variable, value)), "{}: {variable} is {value}", function.binary);
        }
    }
}

#[test]
fn the_cache_is_named_as_the_functions_read_it() {
    let (_, value) = VALUES.into_iter().find(|(variable, _)| *variable == "COUNTERSIGN_CACHE").unwrap();
    let [_, with, without]: [String; 3] = serde_json::from_str(value).unwrap();
    let with = with.replace("${Cache}", "countersign-dev").replace("${CacheUser}", "countersign-dev-functions");

    assert_eq!(without.parse(), Ok(CacheSettings::None));
    let Ok(CacheSettings::Cache(cache)) = with.parse() else { panic!("{with} names no cache") };
    let name = CacheName::Serverless("countersign-dev".to_owned());
    assert_eq!((cache.place, cache.mode), (CachePlace::Named(name), CacheMode::Cluster));
    assert_eq!(cache.login.unwrap().user, "countersign-dev-functions");
}

#[test]
fn every_configured_function_is_deployed() {
    let configured: BTreeSet<&str> = config::FUNCTIONS.iter().map(|(name, _)| *name).collect();
    let deployed = functions();
    let deployed: BTreeSet<&str> = deployed.iter().map(|function| function.binary.as_str()).collect();
    assert_eq!(configured, deployed);
}

#[test]
fn the_operators_page_names_every_variable() {
    let page = crate::repository::read("docs/RUNBOOK.md");
    for (variable, _) in VALUES {
        assert!(page.contains(&format!("`{variable}`")), "docs/RUNBOOK.md does not name {variable}");
    }
}

#[test]
fn only_config_names_the_variables() {
    let elsewhere = files().into_iter().filter(|path| {
        let is_source = path.starts_with("functions/") || path.starts_with("shared/");
        is_source && path.contains("/src/") && !path.starts_with("shared/config/")
    });
    for path in elsewhere {
        let source = crate::repository::read(&path);
        let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
        let named = code.filter(|line| line.contains("\"COUNTERSIGN_") && !line.contains("COUNTERSIGN_LOG")).count();
        assert_eq!(named, 0, "{path} names a variable that only shared/config should");
    }
}
