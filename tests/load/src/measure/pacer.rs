//! Waiting for intended starts.

use std::sync::mpsc;
use std::thread;

use tokio::sync::oneshot;
use tokio::time::Instant;

/// Wakes who waits for a time, within some 60 microseconds of it: tokio's own timers are a millisecond coarse, which would be most of
/// what an answer takes. Waits are for times that do not go back.
#[derive(Debug)]
pub(crate) struct Pacer(mpsc::Sender<(Instant, oneshot::Sender<()>)>);

impl Pacer {
    /// Starts its thread, which ends with this.
    ///
    /// # Errors
    /// That there is no thread to be had.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let (sender, waiting) = mpsc::channel::<(Instant, oneshot::Sender<()>)>();
        thread::Builder::new().name("pacer".to_owned()).spawn(move || {
            for (at, waker) in waiting {
                while let Some(left) = at.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
                    thread::park_timeout(left);
                }
                let _gone = waker.send(());
            }
        })?;
        Ok(Self(sender))
    }

    /// Waits until then; not at all if that has passed.
    pub(crate) async fn until(&self, at: Instant) {
        if Instant::now() >= at {
            return;
        }
        let (waker, woken) = oneshot::channel();
        if self.0.send((at, waker)).is_ok() {
            let _woken = woken.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn nobody_is_woken_before_its_time() {
        let pacer = Pacer::start().unwrap();
        let began = Instant::now();

        for milliseconds in [0, 1, 3] {
            let at = began + Duration::from_millis(milliseconds);
            pacer.until(at).await;
            assert!(Instant::now() >= at);
        }
    }
}
