//! The use case.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use audit::{About, Event, Outcome, RecordEvents};
use crypto::WrapKey;
use domain::{BranchKeyVersion, Clock, Entropy, EventId, KeyId, RequestId, TenantId};
use jiff::Timestamp;
use store::REGISTER_PARTS;

use crate::apply::Rotated;
use crate::plan::{Leak, SigningStep, plan_branch, plan_leak, plan_signing};
use crate::{RotateError, RotateStore, Task};

/// What rotating works with.
#[derive(Debug)]
pub struct Ports<S, W, A> {
    /// The stored keys.
    pub store: S,
    /// Wraps new keys.
    pub wrap: W,
    /// Takes the audit events.
    pub audit: A,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// Rotates keys.
pub struct RotateKeys<S, W, A>(pub(crate) Arc<Ports<S, W, A>>);

/// One run: who asks, and until when.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// Names the run in the audit trail.
    pub request_id: &'a RequestId,
    /// When it has to be over.
    pub deadline: Timestamp,
}

impl<S, W, A> RotateKeys<S, W, A>
where
    S: RotateStore,
    W: WrapKey,
    A: RecordEvents,
{
    /// Rotates with these ports.
    pub fn new(ports: Ports<S, W, A>) -> Self {
        Self(Arc::new(ports))
    }

    /// Does a task in its JSON form.
    ///
    /// # Errors
    /// [`RotateError`] if it is no task, or could not be done.
    pub async fn answer(&self, unverified_json: &str, run: Run<'_>) -> Result<Rotated, RotateError> {
        self.rotate(Task::parse(unverified_json)?, run).await
    }

    /// Does the task. Every task may be repeated.
    ///
    /// # Errors
    /// [`RotateError`] if it could not be done, or not all of it; what was done until then stays.
    pub async fn rotate(&self, task: Task, run: Run<'_>) -> Result<Rotated, RotateError> {
        let rotated = match task {
            Task::Due => self.rotate_due(run).await,
            Task::RetireLeaked(key) => self.retire_leaked(&key, run).await,
            Task::Rotate(tenant) => self.rotate_branch_key((tenant, None), run).await,
        }?;
        if rotated != Rotated::default() {
            tracing::info!(
                signing_keys.made = rotated.signing_keys_made.len(),
                signing_keys.retired = rotated.signing_keys_retired.len(),
                signing_keys.removed = rotated.signing_keys_removed,
                branch_keys.rotated = rotated.branch_keys_rotated,
                branch_keys.stuck = rotated.branch_keys_stuck,
                "keys were rotated"
            );
        }
        // Whatever goes on must not hide what does not: a run that ends well is all that anybody looks at.
        match rotated.branch_keys_stuck {
            0 => Ok(rotated),
            tenants => Err(RotateError::Stuck { tenants }),
        }
    }

    /// Signing keys and branch keys do not hold each other up.
    async fn rotate_due(&self, run: Run<'_>) -> Result<Rotated, RotateError> {
        let signing = self.rotate_signing_keys(run).await;
        let branch = self.rotate_branch_keys(run).await;
        Ok(signing?.and(branch?))
    }

    async fn rotate_signing_keys(&self, run: Run<'_>) -> Result<Rotated, RotateError> {
        let keys = self.0.store.list_signing_keys().await?;
        if keys.is_empty() {
            return self.without_signing_keys().await;
        }
        if keys.iter().all(|key| key.retires_at.is_some()) {
            tracing::error!("there is no signing key that stays: one is made");
        }
        let mut rotated = Rotated::default();
        for step in plan_signing(&keys, self.0.clock.now()) {
            rotated = rotated.and(match step {
                SigningStep::Succeed { key, known, signs_from, retires_at } => {
                    self.retire((&key, known), retires_at, Some(signs_from), run).await?
                }
                SigningStep::Retire { key, retires_at } => self.retire((&key, None), retires_at, None, run).await?,
                SigningStep::Remove { key } => self.remove(&key).await?,
            });
        }
        Ok(rotated)
    }

    /// The first key comes with the first tenant; after that, there is always one.
    async fn without_signing_keys(&self) -> Result<Rotated, RotateError> {
        for part in 0..REGISTER_PARTS {
            if !self.0.store.list_branch_keys(part).await?.is_empty() {
                return Err(RotateError::NoSigningKey);
            }
        }
        Ok(Rotated::default())
    }

    /// A tenant whose key is at fault holds no other up; a dependency that does not answer ends the run, and the next one goes on.
    async fn rotate_branch_keys(&self, run: Run<'_>) -> Result<Rotated, RotateError> {
        let mut rotated = Rotated::default();
        for part in 0..REGISTER_PARTS {
            for line in self.0.store.list_branch_keys(part).await? {
                let now = self.0.clock.now();
                if now + TENANT_ALLOWANCE > run.deadline {
                    return Ok(rotated);
                }
                if let Some(version) = plan_branch(&line, now) {
                    rotated = rotated.and(self.rotate_unless_stuck((line.tenant, version), run).await?);
                }
            }
        }
        Ok(rotated)
    }

    async fn rotate_unless_stuck(
        &self,
        (tenant, version): (TenantId, BranchKeyVersion),
        run: Run<'_>,
    ) -> Result<Rotated, RotateError> {
        match self.rotate_branch_key((tenant, Some(version)), run).await {
            Err(error) if error.is_of_one_tenant() => {
                let chain = telemetry::Chain::of(&error);
                tracing::error!(tenant.id = %tenant, error.chain = %chain, "a tenant's branch key can't be rotated");
                Ok(Rotated { branch_keys_stuck: 1, ..Rotated::default() })
            }
            rotated => rotated,
        }
    }

    /// Decides anew if others change the keys meanwhile.
    async fn retire_leaked(&self, leaked: &KeyId, run: Run<'_>) -> Result<Rotated, RotateError> {
        for _ in 0..ROUNDS {
            let (keys, now) = (self.0.store.list_signing_keys().await?, self.0.clock.now());
            let rotated = match plan_leak(&keys, leaked, now) {
                Leak::Unknown => return Err(RotateError::UnknownKey(leaked.clone())),
                Leak::Retired => return Ok(Rotated::default()),
                Leak::Retire { known } => self.retire((leaked, known), now, None, run).await?,
                Leak::Replace { known } => self.retire((leaked, known), now, Some(now), run).await?,
            };
            if rotated != Rotated::default() {
                return Ok(rotated);
            }
        }
        Err(RotateError::Contended)
    }

    /// The event of a change: kept by the very write that makes the change, and sent once that is done.
    pub(crate) fn event(&self, about: About, outcome: Outcome, run: Run<'_>) -> Result<Event, RotateError> {
        let at = self.0.clock.now();
        let id = EventId::at(at, &self.0.entropy.array()?);
        Ok(Event { id, about, at, request_id: run.request_id.clone(), outcome, personal: None })
    }
}

impl<S, W, A> Clone for RotateKeys<S, W, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S, W, A> fmt::Debug for RotateKeys<S, W, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotateKeys").finish_non_exhaustive()
    }
}

/// What one tenant takes at worst: find, wrap, store, send, each at its deadline.
const TENANT_ALLOWANCE: Duration = Duration::from_secs(6);

/// More than once only if another run changes the same key at the same moment.
const ROUNDS: usize = 4;
