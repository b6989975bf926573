//! Giving a request up that can't be finished.

use std::time::Duration;

use audit::RecordEvents;
use crypto::UnwrapKey;
use tokio::time::timeout;

use crate::request::Execution;
use crate::{Refresh, RefreshStore};

impl<S: RefreshStore, U: UnwrapKey, A: RecordEvents> Refresh<S, U, A> {
    /// The same request can be executed again at once. If this fails, it can be after [`domain::IN_FLIGHT_FOR`].
    pub(crate) async fn abandon(&self, execution: Execution<'_>) {
        let Execution { fingerprint, nonce, .. } = execution;
        let abandoned = self.0.store.abandon_request(execution.tenant(), &fingerprint, nonce);
        match timeout(ALLOWANCE, abandoned).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(error.chain = %telemetry::Chain::of(&error), "left an undone request begun");
            }
            Err(late) => {
                tracing::warn!(error.chain = %telemetry::Chain::of(&late), "left an undone request begun");
            }
        }
    }
}

/// The caller is waiting for a 503.
const ALLOWANCE: Duration = Duration::from_secs(1);
