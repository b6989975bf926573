//! What `template.yaml`, `samconfig.toml` and the code say.

use super::{Group, figures};
use crate::Figure;
use crate::figure::Source::Repository;

figures! {
    "Settings",
    "Those of the stage `production`. A unit test compares them with template.yaml and samconfig.toml.";

    STAGE_RATE "stage-rate" = 6_000.0 "requests/s", Repository("samconfig.toml, production, ThrottlingRate");
    STAGE_BURST "stage-burst" = 5_000.0 "requests", Repository("samconfig.toml, production, ThrottlingBurst");
    MEMORY "memory" = 512.0 "MB", Repository("template.yaml, Globals, MemorySize");
    VERIFY_MEMORY "verify-memory" = 1_769.0 "MB", Repository("template.yaml, Verify, MemorySize");
    WRITER_MEMORY "writer-memory" = 1_024.0 "MB", Repository("template.yaml, AuditWriter, MemorySize");
    RESERVED_AUTHORIZER "reserved-authorizer" = 100.0 "environments", Repository("template.yaml, Authorizer, ReservedConcurrentExecutions");
    RESERVED_INITIATE "reserved-initiate" = 200.0 "environments", Repository("template.yaml, Initiate, ReservedConcurrentExecutions");
    RESERVED_VERIFY "reserved-verify" = 190.0 "environments", Repository("template.yaml, Verify, ReservedConcurrentExecutions");
    RESERVED_STATUS "reserved-status" = 185.0 "environments", Repository("template.yaml, Status, ReservedConcurrentExecutions");
    RESERVED_INTROSPECT "reserved-introspect" = 85.0 "environments", Repository("template.yaml, Introspect, ReservedConcurrentExecutions");
    SHARDS "shards" = 4.0 "shards", Repository("template.yaml, AuditShards");
    MOST_SHARDS "most-shards" = 64.0 "shards", Repository("template.yaml, AuditShards, MaxValue");
    WRITERS "writers" = 4.0 "batches at once", Repository("template.yaml, AuditWriter, MaximumConcurrency");
    TURNS_AT_ONCE "turns-at-once" = 4.0 "shards of a writer", Repository("functions/audit-writer/src/write_audit.rs, TURNS_AT_ONCE");
    CALLS_AT_ONCE "calls-at-once" = 8.0 "batch calls", Repository("shared/store-dynamodb/src/batch.rs, AT_ONCE; SENDS_AT_ONCE of audit-writer and AT_ONCE of reconcile, too");
    READS_PER_CALL "reads-per-call" = 100.0 "keys", Repository("shared/store-dynamodb/src/batch.rs, MOST_READS");
    WRITES_PER_CALL "writes-per-call" = 25.0 "items", Repository("shared/store-dynamodb/src/batch.rs, MOST_WRITES");
    HANDED_OVER "handed-over" = 100.0 "verifications in ten calls", Repository("functions/audit-writer/src/write_audit.rs, SEND");
    BATCH_WINDOW "batch-window" = 5.0 "s", Repository("template.yaml, AuditWriter, MaximumBatchingWindowInSeconds");
    AUDIT_DELAY "audit-delay" = 300.0 "s", Repository("template.yaml, AuditDelayAlarm, Threshold");
    RECONCILERS "reconcilers" = 10.0 "batches at once", Repository("template.yaml, Reconcile, MaximumConcurrency");
    RECONCILE_DELAY "reconcile-delay" = 600.0 "s", Repository("template.yaml, ReconcileQueue, DelaySeconds");
    RECONCILE_BATCH "reconcile-batch" = 10.0 "messages", Repository("template.yaml, Reconcile, BatchSize");
    CACHE_GIGABYTES "cache-gigabytes" = 5.0 "GB", Repository("template.yaml, CacheMaximumGigabytes");
    ALARMS "alarms" = 11.0 "alarms", Repository("template.yaml, AWS::CloudWatch::Alarm");
    ENDPOINTS "endpoints" = 3.0 "interface endpoints", Repository("template.yaml, VpcEndpointType: Interface");
    ZONES "zones" = 3.0 "availability zones", Repository("template.yaml, SubnetIds, the most");
    LIFETIME "lifetime" = 300.0 "s", Repository("DATA_MODEL.md, verification: a verification is open for 300 s");
    ATTEMPTS "attempts" = 3.0 "per verification", Repository("DATA_MODEL.md, verification: fewer than 3 attempts");
    SERVICE_QUOTA "service-quota" = 200_000.0 "requests", Repository("LIMITS.md, limit `global`, quota");
    SERVICE_WINDOW "service-window" = 10.0 "s", Repository("LIMITS.md, limit `global`, seconds");
    LEASE "lease" = 50.0 "permits", Repository("LIMITS.md, limits `global`, `tenant_initiate`, `source`, lease");
    LEASED_LIMITS "leased-limits" = 3.0 "limits", Repository("LIMITS.md, What they cost: up to three counters at once");
    RETRY_PAUSE "retry-pause" = 50.0 "ms at most", Repository("shared/config/src/deadline.rs: 2 attempts, pause before the second");
    COMPLETION_WRITES "completion-writes" = 6.0 "units", Repository("DATA_MODEL.md, Sizes and units: CompleteVerification, a transaction counts twice");
    ACCOUNT_SHARE "completion-account" = 2.0 "units of those", Repository("DATA_MODEL.md, Sizes and units: 1 for the account, twice; it is in the core table");
    INDEX_WRITES "index-writes" = 2.0 "units/event", Repository("DATA_MODEL.md, Sizes and units: IndexEvents");
    RECOGNISE_READS "recognise-reads" = 1.0 "unit/event", Repository("DATA_MODEL.md, Sizes and units: RecogniseEvents");
    HOUR_PARTS "hour-parts" = 8.0 "parts", Repository("DATA_MODEL.md, Keys: a tenant's events of one hour are in 8 parts");
    INDEX_BYTES "index-bytes" = 1_166.0 "bytes/event", Repository("DATA_MODEL.md, Sizes and units: event by subject 573, event by time 593");
    RETENTION_DAYS "retention-days" = 400.0 "days", Repository("template.yaml, AuditLockDays");
    CACHED_VERIFICATION "cached-verification" = 248.0 "bytes", Repository("DATA_MODEL.md, The cache: when it is opened");
    CACHED_COUNTER "cached-counter" = 168.0 "bytes", Repository("DATA_MODEL.md, The cache: the most at first");
    CACHED_ENROLLMENT "cached-enrollment" = 1_292.0 "bytes", Repository("DATA_MODEL.md, The cache: an enrollment's 1092 bytes and about 200");
    COPY_KEPT "copy-kept" = 60.0 "s", Repository("DATA_MODEL.md, The cache: an enrollment is kept for 60 seconds");
    CACHE_KEPT "cache-kept" = 1_200.0 "s", Repository("DATA_MODEL.md, The cache: 15 minutes after its 5");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_are_those_of_the_template_and_of_production() {
        let template = include_str!("../../../../template.yaml");
        let samconfig = include_str!("../../../../samconfig.toml");
        let production = samconfig.split("[production.deploy.parameters]").nth(1).unwrap();

        for figure in GROUP.figures {
            let Repository(place) = figure.source else { panic!("{} is not a setting", figure.name) };
            let parts: Vec<&str> = place.split(", ").collect();
            let found = match *parts.as_slice() {
                ["samconfig.toml", _, key] => after(production, &format!("{key}=")),
                ["template.yaml", "Globals", key] => after(template, &format!("{key}: ")),
                ["template.yaml", resource, "ReservedConcurrentExecutions"] => {
                    after(block(template, resource), "ReservedConcurrentExecutions: !If [Reserve, ")
                }
                ["template.yaml", resource, key] if !key.contains(' ') => {
                    after(block(template, resource), &format!("{key}: "))
                }
                ["template.yaml", parameter] if !parameter.contains(':') => {
                    after(block(template, parameter), "Default: ")
                }
                ["template.yaml", counted] => Some(real_matches(template, counted)),
                _ => continue,
            };
            assert_eq!(found, Some(figure.value), "{}", figure.name);
        }
    }

    fn block<'a>(template: &'a str, name: &str) -> &'a str {
        template.split(&format!("\n  {name}:\n")).nth(1).unwrap_or_else(|| panic!("no {name}"))
    }

    fn after(text: &str, key: &str) -> Option<f64> {
        let rest = text.split(key).nth(1)?;
        rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
    }

    fn real_matches(text: &str, counted: &str) -> f64 {
        crate::number::real(text.matches(counted).count())
    }
}
