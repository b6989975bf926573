//! The functions that the queues are delivered to.

use std::sync::Arc;

use audit::{RecordEvents, SendEvents};
use audit_log::{KeepObjects, SignHeaders};
use audit_writer::{LogStore, WriteAudit};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use crypto::UnwrapKey;
use domain::Clock;
use reconcile::{Reconcile, ReconcileStore};
use store::RecogniseEvents;

use super::FUNCTION_TIMEOUT;
use crate::queue::ProcessBatch;

/// audit-writer, with a deadline as Lambda gives it one.
pub(super) struct TimedWriter<S, O, K, Q> {
    pub(super) write_audit: WriteAudit<S, O, K, Q>,
    pub(super) clock: Arc<dyn Clock>,
}

impl<S, O, K, Q> ProcessBatch for TimedWriter<S, O, K, Q>
where
    S: LogStore + 'static,
    O: KeepObjects + 'static,
    K: SignHeaders + Send + Sync + 'static,
    Q: SendEvents + 'static,
{
    async fn process_batch(&self, batch: SqsEvent) -> SqsBatchResponse {
        self.write_audit.write(batch, self.clock.now() + FUNCTION_TIMEOUT).await
    }
}

impl<S, I, U, A> ProcessBatch for Reconcile<S, I, U, A>
where
    S: ReconcileStore + 'static,
    I: RecogniseEvents + 'static,
    U: UnwrapKey + 'static,
    A: RecordEvents + 'static,
{
    async fn process_batch(&self, batch: SqsEvent) -> SqsBatchResponse {
        self.reconcile(batch).await
    }
}
