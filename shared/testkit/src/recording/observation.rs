//! One call under observation: recorded, overlapping with its neighbours, and struck by its planned fault.

use std::future::{Future, pending, poll_fn};
use std::task::Poll;

use store::StoreErrorKind;

use super::{Fault, Faults, Recorder};

/// A recorder and a plan of faults that several stores and fakes can share. Clones share both.
#[derive(Debug, Clone, Default)]
pub struct Observation {
    /// Counts the calls.
    pub recorder: Recorder,
    /// Strikes the calls.
    pub faults: Faults,
}

impl Observation {
    /// Runs `call` as a call of `port` that writes `writes` items; `fail` makes the port's error for a planned failure.
    ///
    /// The call gives way once before it takes effect, so that calls which are joined begin before any of them ends.
    ///
    /// # Errors
    /// Those of `call`, and what `fail` makes.
    pub async fn run<V, E>(
        &self,
        port: &'static str,
        writes: usize,
        call: impl Future<Output = Result<V, E>> + Send,
        fail: impl FnOnce(StoreErrorKind) -> E + Send,
    ) -> Result<V, E>
    where
        V: Send,
        E: Send,
    {
        let _ongoing = self.recorder.begin(port, writes);
        let fault = self.faults.strike(port);
        give_way().await;
        match fault {
            None => call.await,
            Some(Fault::FailBefore(kind)) => Err(fail(kind)),
            Some(Fault::FailAfter(kind)) => {
                drop(call.await);
                Err(fail(kind))
            }
            Some(Fault::Late) => {
                for _ in 0..TURNS_OF_OTHERS {
                    give_way().await;
                }
                call.await
            }
            Some(Fault::HangBefore) => pending().await,
            Some(Fault::HangAfter) => {
                drop(call.await);
                pending().await
            }
        }
    }
}

/// More than any request takes.
const TURNS_OF_OTHERS: u32 = 1_000;

/// Lets every other future that is ready go first; needs no runtime.
async fn give_way() {
    let mut gave_way = false;
    poll_fn(|context| {
        if gave_way {
            return Poll::Ready(());
        }
        gave_way = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
