//! The audit trail, read back from the audit table.

use std::sync::Arc;

use audit::Event;
use crypto::DevelopmentKey;
use domain::{SystemClock, TenantId, UserId};
use keyring::BranchKeys;
use store::FindEvents;
use store_dynamodb::{AllTables, DynamoStore};

use super::journey::Step;
use crate::host::Host;

/// Where one user's events are.
pub(super) struct Trail {
    store: DynamoStore<AllTables>,
    keys: BranchKeys<DynamoStore<AllTables>, DevelopmentKey>,
    tenant: TenantId,
    user: UserId,
}

impl Trail {
    pub(super) fn new(host: &Host, user: UserId) -> Self {
        let keys = BranchKeys::new(host.tables.clone(), host.key.clone(), Arc::new(SystemClock));
        Self { store: host.tables.clone(), keys, tenant: host.tenant, user }
    }

    /// Every step that was to leave an event has left one, and nothing else has.
    pub(super) async fn read(&self) -> Step<()> {
        let subject = self.keys.current(self.tenant).await?.subject_pseudonym(self.user);
        let records = self.store.find_events(self.tenant, subject, 100).await?;
        let mut names = Vec::new();
        for record in &records {
            names.push(name(&Event::parse(&record.payload)?)?);
        }
        if names == EXPECTED { Ok(((), names.join(", "))) } else { Err(format!("found {}", names.join(", ")).into()) }
    }
}

/// `session_revoked`
fn name(event: &Event) -> Result<String, serde_json::Error> {
    let outcome = serde_json::to_value(event.outcome)?;
    Ok(outcome.as_object().and_then(|outcome| outcome.keys().next()).cloned().unwrap_or_default())
}

const EXPECTED: [&str; 5] =
    ["enrollment_created", "verification_opened", "attempt_wrong", "verification_succeeded", "session_revoked"];
