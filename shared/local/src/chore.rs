//! Work that is done again and again, as a schedule invokes a function.

use std::future::{Future, pending};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A chore, until it is stopped.
#[derive(Debug)]
pub(crate) struct Chore(JoinHandle<()>);

impl Chore {
    /// Does it now, and again after each interval. Needs a tokio runtime.
    pub(crate) fn start<F, W>(interval: Duration, work: F) -> Self
    where
        F: Fn() -> W + Send + 'static,
        W: Future<Output = ()> + Send,
    {
        Self(tokio::spawn(async move {
            loop {
                work().await;
                let _elapsed = timeout(interval, pending::<()>()).await;
            }
        }))
    }

    /// Stops, wherever it is.
    pub(crate) async fn stop(self) {
        self.0.abort();
        let _stopped = self.0.await;
    }
}
