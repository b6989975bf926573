//! What to do about a limit.

use crate::{Limit, Table};

/// What raises a limit, or makes it matter less.
pub(crate) fn remedy(limit: Limit) -> &'static str {
    match limit {
        Limit::GatewayStage => "`ThrottlingRate` and `ThrottlingBurst` of the stage, up to the account's quota.",
        Limit::GatewayAccount => "A quota that AWS raises on request. Its burst comes with it.",
        Limit::Reserved(_) => "The function's part of `ReserveConcurrency` in template.yaml.",
        Limit::ReservedRate(_) => {
            "The function's part of `ReserveConcurrency` in template.yaml: of a function that answers within 100 ms it has to be a tenth of \
             its requests a second, which is more than it has busy."
        }
        Limit::Concurrency | Limit::Rate => {
            "A quota that AWS raises on request, to tens of thousands. Beyond that: another account or region, or Lambda Managed Instances, \
             whose environments take several requests at once."
        }
        Limit::Growth(_) => {
            "AWS does not raise it. Provisioned concurrency is there before the load, and a load that rises more slowly does not need it."
        }
        Limit::Service => "`Limits` of the stage (LIMITS.md), with more shards of `global`.",
        Limit::Warm(Table::Audit) => {
            "Warm throughput of the table. Nothing is lost without it: the queue holds the events."
        }
        Limit::Warm(_) => {
            "Warm throughput of the table, set before the load; or a load that at most doubles within half an hour. A table keeps what it has \
             become used to."
        }
        Limit::TableQuota(_) => "A quota that AWS raises on request.",
        Limit::Counter => {
            "A larger lease, more shards, or no limit (`null`) for that tenant: each draw is a conditional write, and one comes after the \
             other. A cache decides in one place and has no such limit."
        }
        Limit::CacheUnits => "The cache's minimum of ECPU a second, set an hour before the load.",
        Limit::CacheStorage => {
            "`CacheMaximumGigabytes`. What is evicted are verifications, which then have to be opened again."
        }
        Limit::Keys => "A quota that AWS raises on request; environments that stay do not ask again for 5 minutes.",
        Limit::InFlight => "A quota that AWS raises on request, or fewer writers at once.",
        Limit::Hour => {
            "More parts of an hour in the index (`keys.rs`). Nothing is lost without: the queue holds the events."
        }
        Limit::AuditDelay => {
            "More shards and writers (`AuditShards`, `MaximumConcurrency`). Nothing is lost without: the queue holds the events."
        }
    }
}
