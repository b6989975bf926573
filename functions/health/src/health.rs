//! The use case.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crypto::CheckKey;
use domain::Clock;
use jiff::Timestamp;
use store::CheckReadiness;
use tokio::sync::Mutex;

use crate::{Check, DependencyName};

/// What ready asks.
#[derive(Debug)]
pub struct Dependencies<S, Q, K> {
    /// The tables.
    pub store: S,
    /// The audit queue.
    pub queue: Q,
    /// The key service.
    pub keys: K,
}

/// Tells whether the service is alive and ready.
pub struct Health<S, Q, K> {
    dependencies: Arc<Dependencies<S, Q, K>>,
    clock: Arc<dyn Clock>,
    kept: Arc<Mutex<Option<(Timestamp, Readiness)>>>,
}

/// Every dependency's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness(Vec<Check>);

impl Readiness {
    /// Whether all of them answered.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.iter().all(|check| check.ready)
    }

    /// The answers one by one.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.0
    }
}

impl<S, Q, K> Health<S, Q, K>
where
    S: CheckReadiness,
    Q: CheckReadiness,
    K: CheckKey,
{
    /// Asks these dependencies.
    pub fn new(dependencies: Dependencies<S, Q, K>, clock: Arc<dyn Clock>) -> Self {
        Self { dependencies: Arc::new(dependencies), clock, kept: Arc::default() }
    }

    /// The dependencies' answers, at most five seconds old. Callers that come meanwhile wait for the same ones.
    pub async fn readiness(&self) -> Readiness {
        let mut kept = self.kept.lock().await;
        let now = self.clock.now();
        if let Some((asked_at, readiness)) = &*kept
            && now.duration_since(*asked_at).unsigned_abs() < KEPT_FOR
        {
            return readiness.clone();
        }
        let readiness = self.ask().await;
        *kept = Some((now, readiness.clone()));
        readiness
    }

    /// All at once: ready takes as long as the slowest of them.
    async fn ask(&self) -> Readiness {
        let (clock, asked) = (&*self.clock, &*self.dependencies);
        let (store, queue, keys) = tokio::join!(
            Check::of(clock, DependencyName::Store, asked.store.check_readiness()),
            Check::of(clock, DependencyName::AuditQueue, asked.queue.check_readiness()),
            Check::of(clock, DependencyName::KeyService, asked.keys.check_key()),
        );
        Readiness(vec![store, queue, keys])
    }
}

impl<S, Q, K> Clone for Health<S, Q, K> {
    fn clone(&self) -> Self {
        Self {
            dependencies: Arc::clone(&self.dependencies),
            clock: Arc::clone(&self.clock),
            kept: Arc::clone(&self.kept),
        }
    }
}

impl<S, Q, K> fmt::Debug for Health<S, Q, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").finish_non_exhaustive()
    }
}

const KEPT_FOR: Duration = Duration::from_secs(5);
