//! One dependency's answer.

use std::future::Future;
use std::time::Duration;

use domain::Clock;

/// The dependencies that ready asks, by the names that it answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DependencyName {
    /// The tables.
    Store,
    /// The audit queue.
    AuditQueue,
    /// The key service.
    KeyService,
}

impl DependencyName {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::AuditQueue => "audit-queue",
            Self::KeyService => "key-service",
        }
    }
}

/// Whether one dependency answered, and how long that took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// Which one.
    pub dependency: DependencyName,
    /// Whether it answered.
    pub ready: bool,
    /// How long that took.
    pub duration: Duration,
}

impl Check {
    /// Times one question. Logs a failure, since its cause goes no further.
    pub(crate) async fn of<E: std::error::Error + 'static>(
        clock: &dyn Clock,
        dependency: DependencyName,
        question: impl Future<Output = Result<(), E>>,
    ) -> Self {
        let asked_at = clock.now();
        let answer = question.await;
        if let Err(error) = &answer {
            tracing::warn!(dependency.name = dependency.name(), error.chain = %telemetry::Chain::of(error), "a dependency does not answer");
        }
        let duration = clock.now().duration_since(asked_at).unsigned_abs();
        Self { dependency, ready: answer.is_ok(), duration }
    }
}
