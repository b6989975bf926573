//! What can refuse a request, or hold the audit trail up.

use std::fmt;

use crate::Function;

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// What must survive.
    Core,
    /// Verifications and counters.
    Ephemeral,
    /// The index of the audit log.
    Audit,
}

/// A limit, by whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// `ThrottlingRate` of the stage.
    GatewayStage,
    /// The account's quota of the gateway.
    GatewayAccount,
    /// The environments that are reserved for a function.
    Reserved(Function),
    /// The requests a second that come with the environments that are reserved for a function.
    ReservedRate(Function),
    /// The account's environments.
    Concurrency,
    /// The requests a second that come with the account's environments.
    Rate,
    /// How fast a function gets environments, and the rate that comes with them.
    Growth(Function),
    /// The service's own limit on everybody.
    Service,
    /// What a table has become used to.
    Warm(Table),
    /// The quota of a table.
    TableQuota(Table),
    /// One counter, which is decided by one conditional write after the other.
    Counter,
    /// What the cache has become used to.
    CacheUnits,
    /// What the cache may store.
    CacheStorage,
    /// KMS's rate.
    Keys,
    /// Messages that writers hold.
    InFlight,
    /// The parts of an hour of a tenant's events.
    Hour,
    /// The writers of the log are not fast enough: the alarm on the age of the oldest event.
    AuditDelay,
}

impl Limit {
    /// Whether it refuses requests; the others hold the audit trail up.
    #[must_use]
    pub fn refuses(self) -> bool {
        let of_the_trail =
            [Self::InFlight, Self::Hour, Self::AuditDelay, Self::Warm(Table::Audit), Self::TableQuota(Table::Audit)];
        !of_the_trail.contains(&self)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Core => "core",
            Self::Ephemeral => "ephemeral",
            Self::Audit => "audit",
        })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GatewayStage => formatter.write_str("the stage's ThrottlingRate"),
            Self::GatewayAccount => formatter.write_str("the gateway's account quota"),
            Self::Reserved(function) => write!(formatter, "environments reserved for {}", function.name()),
            Self::ReservedRate(function) => {
                write!(formatter, "rate reserved for {} (10 a second per environment)", function.name())
            }
            Self::Concurrency => formatter.write_str("Lambda's account concurrency"),
            Self::Rate => formatter.write_str("Lambda's account rate (10 a second per environment)"),
            Self::Growth(function) => write!(formatter, "how fast {} grows", function.name()),
            Self::Service => formatter.write_str("the service's limit `global`"),
            Self::Warm(table) => write!(formatter, "the {table} table's warm throughput"),
            Self::TableQuota(table) => write!(formatter, "the {table} table's quota"),
            Self::Counter => formatter.write_str("the largest tenant's counter"),
            Self::CacheUnits => formatter.write_str("the cache's ECPU a second"),
            Self::CacheStorage => formatter.write_str("CacheMaximumGigabytes"),
            Self::Keys => formatter.write_str("KMS's rate"),
            Self::InFlight => formatter.write_str("the queue's messages in flight"),
            Self::Hour => formatter.write_str("the largest tenant's hour of the audit index"),
            Self::AuditDelay => formatter.write_str("the audit writers (5 minutes behind)"),
        }
    }
}
