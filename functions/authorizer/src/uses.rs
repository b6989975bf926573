//! When keys were used, by sampling: what an operator wants to know before ending a key.
//!
//! - A process notes a key's use at most once in [`USE_NOTED_EVERY`], and the store takes at most one in that time from all of them.
//! - Noting can't change a decision, and holds a caller up for [`PATIENCE`] at most. What fails is not tried again until the next time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::ApiKeyId;
use jiff::Timestamp;
use store::{ApiKeyRecord, NoteApiKeyUse, USE_NOTED_EVERY};
use telemetry::Chain;
use tokio::time::timeout;

/// The uses that this process has noted.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<HashMap<ApiKeyId, Timestamp>>);

impl Uses {
    /// Notes that a key is used, if that is due.
    pub(crate) async fn note(&self, store: &impl NoteApiKeyUse, key: &ApiKeyRecord, now: Timestamp) {
        if !self.is_due(key.id(), now) {
            return;
        }
        match timeout(PATIENCE, store.note_api_key_use(key.tenant, key.id(), now)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(error.chain = %Chain::of(&error), "a key's use is not noted"),
            Err(elapsed) => tracing::debug!(error.chain = %Chain::of(&elapsed), "a key's use is not noted"),
        }
    }

    /// Whether a use now is to be noted; from then on none is for a while.
    fn is_due(&self, key: ApiKeyId, now: Timestamp) -> bool {
        let is_recent = |noted: &Timestamp| now.duration_since(*noted).unsigned_abs() < USE_NOTED_EVERY;
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.get(&key).is_some_and(is_recent) {
            return false;
        }
        if noted.len() >= MAX_KEYS {
            noted.retain(|_, at| is_recent(at));
        }
        if noted.len() >= MAX_KEYS {
            noted.clear();
        }
        noted.insert(key, now);
        true
    }
}

/// Many times what the write takes. A caller waits no longer for what is the operator's concern alone.
const PATIENCE: Duration = Duration::from_millis(100);

/// Keys that are remembered at most, of a few dozen bytes each. Only keys that exist get here.
const MAX_KEYS: usize = 10_000;
