//! `countersign admin rotate-keys`.

use std::sync::Arc;
use std::time::Duration;

use audit::{RecordEvents, Recorder, SqsQueue};
use crypto::{OsEntropy, WrapKey};
use domain::{Clock, RequestId, SystemClock};
use jiff::Timestamp;
use rotate_keys::{Ports, RotateError, RotateKeys, RotateStore, Rotated, Run, Task};

use super::arguments::RotateArgs;
use super::place::{Laptop, Names, Place, Stack, Unusable};
use crate::commands::Failure;
use crate::commands::say::say;

/// Does what the rotate-keys function does, and prints what that was.
pub(super) async fn rotate_keys(arguments: RotateArgs) -> Result<(), Failure> {
    let task = arguments.keys.into();
    let rotated = match Place::of(arguments.place).await? {
        Place::Aws(stack) => in_aws(*stack, task).await?,
        Place::Here(laptop) => here(*laptop, task).await?,
    };
    Ok(say(&serde_json::to_string_pretty(&rotated)?)?)
}

async fn in_aws(stack: Stack, task: Task) -> Result<Rotated, Failure> {
    let Some(queue) = stack.audit_queue_url else {
        return Err("--audit-queue-url says where the change is recorded".into());
    };
    let audit = Recorder::new(SqsQueue::new(&stack.aws, queue.as_str()), stack.store.clone(), Arc::new(SystemClock));
    rotate((stack.store, stack.key), audit, task).await.map_err(|error| at_fault(error, &stack.names))
}

async fn here(laptop: Laptop, task: Task) -> Result<Rotated, Failure> {
    let audit = laptop.audit_path().await?;
    let rotated = rotate((laptop.store.clone(), laptop.key.clone()), audit.recorder(), task).await;
    audit.finish(PATIENCE).await;
    let rotated = rotated.map_err(|error| at_fault(error, &laptop.names));
    laptop.close().await;
    rotated
}

async fn rotate<S: RotateStore, W: WrapKey, A: RecordEvents>(
    (store, wrap): (S, W),
    audit: A,
    task: Task,
) -> Result<Rotated, RotateError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let rotate = RotateKeys::new(Ports { store, wrap, audit, clock, entropy: Arc::new(OsEntropy) });
    // Nobody ends a command but whoever gave it.
    let run = Run { request_id: &RequestId::from_transport("countersign-admin"), deadline: Timestamp::MAX };
    // In a box: the types of the clients below are deep enough.
    Box::pin(rotate.rotate(task, run)).await
}

/// Names what did not answer by what the operator called it.
fn at_fault(error: RotateError, names: &Names) -> Failure {
    let (what, name) = match &error {
        RotateError::Store(_) => ("table", &names.table),
        RotateError::Key(_) => ("key", &names.key),
        _ => return error.into(),
    };
    Unusable { what, name: name.clone(), source: error }.into()
}

/// For the events to get into the log. If a host has the log meanwhile, it does the rest.
const PATIENCE: Duration = Duration::from_secs(5);
