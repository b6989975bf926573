//! Which tables a store knows. A function names the tables that it uses, and the compiler keeps it to their ports.

use std::sync::Arc;

/// Something that knows the core table: enrollments, accounts, wrapped keys, API keys, the operator's list, the outbox.
pub trait KnowsCore: Send + Sync {
    /// The table's name.
    fn core(&self) -> &str;
}

/// Something that knows the ephemeral table: verifications, requests, counters.
pub trait KnowsEphemeral: Send + Sync {
    /// The table's name.
    fn ephemeral(&self) -> &str;
}

/// Something that knows the audit table: the heads of the audit log and the index of its events.
pub trait KnowsAudit: Send + Sync {
    /// The table's name.
    fn audit(&self) -> &str;
}

/// The core table alone.
#[derive(Debug, Clone)]
pub struct CoreTable(Arc<str>);

impl CoreTable {
    /// The table of this name.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }
}

impl KnowsCore for CoreTable {
    fn core(&self) -> &str {
        &self.0
    }
}

/// The ephemeral table alone.
#[derive(Debug, Clone)]
pub struct EphemeralTable(Arc<str>);

impl EphemeralTable {
    /// The table of this name.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }
}

impl KnowsEphemeral for EphemeralTable {
    fn ephemeral(&self) -> &str {
        &self.0
    }
}

/// The audit table alone.
#[derive(Debug, Clone)]
pub struct AuditTable(Arc<str>);

impl AuditTable {
    /// The table of this name.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }
}

impl KnowsAudit for AuditTable {
    fn audit(&self) -> &str {
        &self.0
    }
}

/// The core and the ephemeral table: what the steps of a verification know.
#[derive(Debug, Clone)]
pub struct CoreAndEphemeral {
    /// Enrollments, accounts, wrapped keys, API keys, the operator's list, the outbox.
    pub core: CoreTable,
    /// Verifications, requests, counters.
    pub ephemeral: EphemeralTable,
}

impl CoreAndEphemeral {
    /// The tables of these names.
    pub fn new(core: impl Into<Arc<str>>, ephemeral: impl Into<Arc<str>>) -> Self {
        Self { core: CoreTable::new(core), ephemeral: EphemeralTable::new(ephemeral) }
    }
}

impl KnowsCore for CoreAndEphemeral {
    fn core(&self) -> &str {
        self.core.core()
    }
}

impl KnowsEphemeral for CoreAndEphemeral {
    fn ephemeral(&self) -> &str {
        self.ephemeral.ephemeral()
    }
}

/// All three tables: what reconciles verifications with their trail and what reads the trail know, the local host, and tests.
#[derive(Debug, Clone)]
pub struct AllTables {
    /// Enrollments, accounts, wrapped keys, API keys, the operator's list, the outbox.
    pub core: CoreTable,
    /// Verifications, requests, counters.
    pub ephemeral: EphemeralTable,
    /// The heads of the audit log and the index of its events.
    pub audit: AuditTable,
}

impl AllTables {
    /// The tables of these names.
    pub fn new(core: impl Into<Arc<str>>, ephemeral: impl Into<Arc<str>>, audit: impl Into<Arc<str>>) -> Self {
        Self { core: CoreTable::new(core), ephemeral: EphemeralTable::new(ephemeral), audit: AuditTable::new(audit) }
    }
}

impl KnowsCore for AllTables {
    fn core(&self) -> &str {
        self.core.core()
    }
}

impl KnowsEphemeral for AllTables {
    fn ephemeral(&self) -> &str {
        self.ephemeral.ephemeral()
    }
}

impl KnowsAudit for AllTables {
    fn audit(&self) -> &str {
        self.audit.audit()
    }
}
