//! The audit trail, read back from the audit table.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use audit::Event;
use crypto::DevelopmentKey;
use domain::{Clock, SystemClock, TenantId, UserId};
use keyring::BranchKeys;
use store::{EventQuery, FindEvents};
use store_dynamodb::{AllTables, DynamoStore};
use tokio::time::timeout;

use super::journey::Step;
use crate::commands::Failure;
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

    /// Every step that was to leave an event has left one, and nothing else has. Answers do not wait for the log, so this does.
    pub(super) async fn read(&self) -> Step<()> {
        let subject = self.keys.current(self.tenant).await?.subject_pseudonym(self.user);
        let mut names = Vec::new();
        for _ in 0..PATIENCE {
            names = self.names(subject).await?;
            if names == EXPECTED {
                return Ok(((), names.join(", ")));
            }
            let _elapsed = timeout(PAUSE, pending::<()>()).await;
        }
        Err(format!("found {}", names.join(", ")).into())
    }

    async fn names(&self, subject: [u8; 16]) -> Result<Vec<String>, Failure> {
        let now = SystemClock.now();
        let query = EventQuery {
            tenant: self.tenant,
            subject: Some(subject),
            from: now - DAY,
            until: now + DAY,
            after: None,
            limit: 100,
        };
        let page = self.store.find_events(&query).await?;
        page.records.iter().map(|record| Ok(name(&Event::parse(&record.payload)?)?)).collect()
    }
}

/// `session_revoked`
fn name(event: &Event) -> Result<String, serde_json::Error> {
    let outcome = serde_json::to_value(event.outcome)?;
    Ok(outcome.as_object().and_then(|outcome| outcome.keys().next()).cloned().unwrap_or_default())
}

const EXPECTED: [&str; 10] = [
    "enrollment_created",
    "verification_opened",
    "attempt_wrong",
    "verification_succeeded",
    "session_refreshed",
    "session_revoked",
    "verification_opened",
    "verification_succeeded",
    "data_exported",
    "user_erased",
];

const DAY: Duration = Duration::from_secs(86_400);

const PAUSE: Duration = Duration::from_millis(100);

/// Pauses until the log is given up: a minute, for a machine that is busy.
const PATIENCE: u32 = 600;
