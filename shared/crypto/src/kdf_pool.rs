//! The bounded pool that key derivations run on.
//!
//! A derivation needs a [`Kdf`], and only the pool hands one out: so no derivation ever runs on an async worker, and never
//! more of them than there are processors.
//!
//! What is about to derive takes a turn first, before it claims or begins anything: when too much waits already, it is turned away then,
//! and not when its answer is late and what it claimed is stuck.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use crate::KdfParameters;

/// A bounded pool of blocking threads, with counters. Clones share both.
#[derive(Debug, Clone)]
pub struct KdfPool {
    pub(crate) places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    counters: Arc<Counters>,
    #[cfg(any(test, feature = "cheap-kdf"))]
    is_inline: bool,
}

impl KdfPool {
    /// A pool that works on this many things at once.
    #[must_use]
    pub fn new(size: NonZeroUsize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(size.get())),
            turns: Arc::new(Semaphore::new(size.get() * TURNS_PER_PLACE)),
            counters: Arc::default(),
            #[cfg(any(test, feature = "cheap-kdf"))]
            is_inline: false,
        }
    }

    /// A pool without threads, for simulations that repeat themselves to the letter: `work` gives way once and is then done by
    /// whoever waits for it.
    #[cfg(any(test, feature = "cheap-kdf"))]
    #[doc(hidden)]
    #[must_use]
    pub fn inline() -> Self {
        Self { is_inline: true, ..Self::new(NonZeroUsize::MIN) }
    }

    /// A turn for this many derivations, at once or not at all. It lasts until it is dropped.
    ///
    /// # Errors
    /// [`KdfBusy`] if as many derivations are under way or waiting as can be done in time.
    pub fn turn(&self, derivations: usize) -> Result<KdfTurn, KdfBusy> {
        let derivations = u32::try_from(derivations).map_err(|_| KdfBusy)?;
        Arc::clone(&self.turns).try_acquire_many_owned(derivations).map(KdfTurn).map_err(|_| KdfBusy)
    }

    /// Waits for a place and runs `work` on a blocking thread. Dropping the future before then cancels it; once started,
    /// the work runs to its end and keeps its place until then.
    ///
    /// # Errors
    /// Those of `work`; [`KdfFailed`] if it panicked or the runtime is shutting down.
    pub async fn run<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&Kdf) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<KdfFailed> + Send + 'static,
    {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| KdfFailed)?;
        let kdf = Kdf { counters: Arc::clone(&self.counters) };
        #[cfg(any(test, feature = "cheap-kdf"))]
        if self.is_inline {
            drop(place);
            give_way().await;
            return work(&kdf);
        }
        tokio::task::spawn_blocking(move || {
            let outcome = work(&kdf);
            drop(place);
            outcome
        })
        .await
        .map_err(|_| KdfFailed)?
    }

    /// How many derivations were begun.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.counters.runs.load(Ordering::SeqCst)
    }

    /// How many presented sets were compared with a verifier.
    #[must_use]
    pub fn comparisons(&self) -> u64 {
        self.counters.comparisons.load(Ordering::SeqCst)
    }
}

impl Default for KdfPool {
    /// One place for each processor.
    fn default() -> Self {
        Self::new(std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }
}

/// The permission to derive: exists on the pool's threads only.
#[derive(Debug)]
pub struct Kdf {
    counters: Arc<Counters>,
}

impl Kdf {
    /// Stretches a secret and counts it.
    pub(crate) fn derive(
        &self,
        parameters: KdfParameters,
        salt: &[u8],
        secret: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, KdfFailed> {
        self.counters.runs.fetch_add(1, Ordering::SeqCst);
        parameters.derive(salt, secret).ok_or(KdfFailed)
    }

    /// Counts a comparison.
    pub(crate) fn count_comparison(&self) {
        self.counters.comparisons.fetch_add(1, Ordering::SeqCst);
    }
}

/// The right to wait for the pool.
#[derive(Debug)]
pub struct KdfTurn(#[expect(dead_code, reason = "gives the turn back when it is dropped")] OwnedSemaphorePermit);

/// Too many derivations wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many key derivations wait already")]
pub struct KdfBusy;

/// A key derivation could not be finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key derivation could not be finished")]
pub struct KdfFailed;

/// Lets everything else that is ready go first, once.
#[cfg(any(test, feature = "cheap-kdf"))]
async fn give_way() {
    let mut gave_way = false;
    std::future::poll_fn(|context| {
        if gave_way {
            return std::task::Poll::Ready(());
        }
        gave_way = true;
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

#[derive(Debug, Default)]
struct Counters {
    runs: AtomicU64,
    comparisons: AtomicU64,
}

/// 128 derivations of the default parameters take a processor three seconds; those of the costliest ones eight, about half of the time
/// that a function has for an answer.
pub(crate) const TURNS_PER_PLACE: usize = 128;
