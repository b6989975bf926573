//! Rotating keys, and processes that have not heard of it.

use domain::RequestId;
use jiff::Timestamp;
use rotate_keys::{RotateError, Rotated, Run};
use serde_json::json;

use crate::{Functions, Ports, World};

impl<S: Ports> World<S> {
    /// What rotate-keys did of a task, in the JSON of `events/rotate-keys/`.
    ///
    /// # Errors
    /// What rotate-keys says against it.
    pub async fn rotate(&self, task: &str) -> Result<Rotated, RotateError> {
        let run = Run { request_id: &RequestId::from_transport("operator"), deadline: Timestamp::MAX };
        self.functions().rotate.answer(task, run).await
    }

    /// Gives the tenant's branch key a new version. Processes that have the one before go on with it.
    pub async fn rotate_branch_key(&self) {
        let task = json!({ "task": "rotate_leaked_branch_key", "tenant_id": self.tenant.id.to_string() });
        let rotated = self.rotate(&task.to_string()).await.unwrap();
        assert_eq!(rotated.branch_keys_rotated, 1);
    }

    /// The running processes, to run them again later: they keep what they have at hand.
    #[must_use]
    pub fn processes(&self) -> Functions<S> {
        self.functions().clone()
    }

    /// Lets these processes run instead of the others.
    pub fn run(&mut self, processes: Functions<S>) {
        self.functions = Some(processes);
    }
}
