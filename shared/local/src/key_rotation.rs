//! Rotating keys, as a schedule does in AWS: when the host starts, and each hour. The first keys are made with the first tenant.

use std::sync::Arc;
use std::time::Duration;

use domain::RequestId;
use rotate_keys::{RotateKeys, Run, Task};
use telemetry::Chain;

use crate::audit_path::{FUNCTION_TIMEOUT, HostAudit, Ports};
use crate::chore::Chore;

/// Does what is due, now and each hour. Needs a tokio runtime.
pub(crate) fn start_rotating(ports: Ports, audit: HostAudit) -> Chore {
    let clock = Arc::clone(&ports.clock);
    let rotate = RotateKeys::new(rotate_keys::Ports {
        store: ports.tables,
        wrap: ports.key,
        audit,
        clock: ports.clock,
        entropy: ports.entropy,
    });
    Chore::start(ROTATE_EVERY, move || {
        let (rotate, deadline) = (rotate.clone(), clock.now() + FUNCTION_TIMEOUT);
        async move {
            let request_id = RequestId::from_transport("countersign-host");
            // In a box: the types of the clients below are deep enough.
            let rotated = Box::pin(rotate.rotate(Task::Due, Run { request_id: &request_id, deadline })).await;
            if let Err(error) = rotated {
                tracing::warn!(error.chain = %Chain::of(&error), "keys were not rotated and will be later");
            }
        }
    })
}

/// As the template's schedule: each hour.
const ROTATE_EVERY: Duration = Duration::from_secs(60 * 60);
