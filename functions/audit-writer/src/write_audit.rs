//! The use case.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use audit::{Event, Outcome, SendEvents};
use audit_log::{KeepObjects, SignHeaders};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain::{Clock, Entropy};
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use store::{Leasing, LogHead, ShardLease};
use telemetry::Chain;
use tokio::time::timeout;

use crate::LogStore;
use crate::delivery::{Delivery, Entry, Shards};
use crate::error::TurnError;
use crate::progress::{Novelty, Progress};
use crate::turn::Turn;

/// What writing works with.
#[derive(Debug)]
pub struct Ports<S, O, K, Q> {
    /// The heads of the log and its index.
    pub store: S,
    /// Where the log's payloads and headers are.
    pub objects: O,
    /// Signs headers.
    pub key: K,
    /// Takes the opened verifications that are to be reconciled with their trail.
    pub reconcile: Q,
    /// How many shards the log has.
    pub shards: u16,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Names turns and spreads them.
    pub entropy: Arc<dyn Entropy>,
}

/// Appends batches of audit events to the log.
#[derive(Debug)]
pub struct WriteAudit<S, O, K, Q>(Arc<Ports<S, O, K, Q>>);

impl<S, O, K, Q> Clone for WriteAudit<S, O, K, Q> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: LogStore, O: KeepObjects, K: SignHeaders, Q: SendEvents> WriteAudit<S, O, K, Q> {
    /// Writes with these ports.
    pub fn new(ports: Ports<S, O, K, Q>) -> Self {
        Self(Arc::new(ports))
    }

    /// Writes a batch before the deadline, and gives the messages that have to be delivered again.
    pub async fn write(&self, batch: SqsEvent, deadline: Timestamp) -> SqsBatchResponse {
        let (delivery, shards) = Delivery::of(batch, self.0.shards);
        let progress = Progress::default();
        let last_instant = deadline - ANSWER_ALLOWANCE;
        let time = self.time_until(last_instant);
        if timeout(time, self.write_shards(shards, last_instant, &progress)).await.is_err() {
            tracing::warn!("the invocation's time was over before its batch of audit events was written");
        }
        delivery.response(&progress)
    }

    /// Takes a turn at every shard; asks again for those that somebody else has, for as long as a turn fits into the time.
    async fn write_shards(&self, shards: Shards, last_instant: Timestamp, progress: &Progress) {
        let mut waiting = self.in_own_order(shards);
        let mut pause = FIRST_PAUSE;
        loop {
            let turns = waiting.into_iter().map(|(shard, entries)| self.visit(shard, entries, progress));
            waiting =
                stream::iter(turns).buffer_unordered(TURNS_AT_ONCE).filter_map(std::future::ready).collect().await;
            if waiting.is_empty() || self.time_until(last_instant) < pause + TURN_ALLOWANCE {
                break;
            }
            let _elapsed = timeout(self.spread(pause), pending::<()>()).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
        if !waiting.is_empty() {
            tracing::warn!(log.shards = waiting.len(), "shards of the log were not free in time");
        }
    }

    /// Takes a turn at the shard. Gives the events back if somebody else has it.
    async fn visit(&self, shard: u16, entries: Vec<Entry>, progress: &Progress) -> Option<(u16, Vec<Entry>)> {
        match self.lease(shard).await {
            Ok(Some((lease, head))) => {
                let mut turn = Turn::new(&self.0, lease);
                let written = turn.write(&head, entries).await;
                turn.release().await;
                match written {
                    Ok(written) => self.acknowledge(written, progress).await,
                    Err(error) => report(shard, &error),
                }
                None
            }
            Ok(None) => Some((shard, entries)),
            Err(error) => {
                report(shard, &error);
                None
            }
        }
    }

    /// Asks for the shard; `None` if somebody else has it.
    async fn lease(&self, shard: u16) -> Result<Option<(ShardLease, LogHead)>, TurnError> {
        let Ports { store, clock, entropy, .. } = &*self.0;
        let lease = ShardLease { shard, holder: entropy.array()? };
        let now = clock.now();
        match store.lease_shard(&lease, now, now + LEASE).await? {
            Leasing::Leased(head) => Ok(Some((lease, head))),
            Leasing::Held { .. } => Ok(None),
        }
    }

    /// Has verifications reconciled: the opened ones, and those of which an event comes late. After that, all of the events may be
    /// acknowledged; otherwise only the others.
    async fn acknowledge(&self, written: Vec<(Event, Novelty)>, progress: &Progress) {
        let now = self.0.clock.now();
        let (opened, others): (Vec<_>, Vec<_>) =
            written.into_iter().partition(|(event, _)| is_to_be_reconciled(event, now));
        progress.add(others.into_iter().map(|(event, novelty)| (event.id, novelty)));
        let (opened, novelty): (Vec<Event>, Vec<Novelty>) = opened.into_iter().unzip();
        let sends: Vec<_> = opened
            .chunks(SEND)
            .zip(novelty.chunks(SEND))
            .map(|(events, novelty)| async move {
                match self.0.reconcile.send_events(events).await {
                    Ok(not_sent) => {
                        let sent = events.iter().map(|event| event.id).zip(novelty.iter().copied());
                        progress.add(sent.filter(|(id, _)| !not_sent.contains(id)));
                    }
                    Err(error) => tracing::error!(
                        error.chain = %Chain::of(&error),
                        "opened verifications were not handed over to be reconciled and go back to the queue"
                    ),
                }
            })
            .collect();
        stream::iter(sends).buffer_unordered(SENDS_AT_ONCE).collect::<()>().await;
    }

    /// The shards, beginning with any one of them: so writers that begin together rarely begin at the same one.
    fn in_own_order(&self, shards: Shards) -> Vec<(u16, Vec<Entry>)> {
        let mut shards: Vec<_> = shards.into_iter().collect();
        let count = u32::try_from(shards.len()).unwrap_or(u32::MAX);
        let first = self.0.entropy.below(count).unwrap_or(0);
        shards.rotate_left(usize::try_from(first).unwrap_or(0));
        shards
    }

    /// Between half of the pause and all of it, so that writers that wait for each other don't meet again.
    fn spread(&self, pause: Duration) -> Duration {
        let parts = self.0.entropy.below(PAUSE_PARTS).unwrap_or(0) + PAUSE_PARTS;
        pause * parts / (2 * PAUSE_PARTS)
    }

    fn time_until(&self, instant: Timestamp) -> Duration {
        Duration::try_from(instant.duration_since(self.0.clock.now())).unwrap_or_default()
    }
}

/// Whether the event's verification is reconciled for it: once for its opening, and again for what its reconciliation may have
/// come too early to see.
fn is_to_be_reconciled(event: &Event, now: Timestamp) -> bool {
    let is_late = now.duration_since(event.at) > LATE;
    matches!(event.outcome, Outcome::VerificationOpened { .. }) || is_late && event.outcome.verification().is_some()
}

fn report(shard: u16, error: &TurnError) {
    tracing::error!(
        log.shard = shard,
        error.chain = %Chain::of(error),
        "audit events were not written and go back to the queue"
    );
}

/// How long nobody else may append to a shard. A turn is three writes, two objects, a signature, and the reads and writes of the
/// index, all of them together about a second for a full batch; with every one of them at its deadline, some 15 s.
const LEASE: Duration = Duration::from_secs(30);

/// The time that is left for the answer.
const ANSWER_ALLOWANCE: Duration = Duration::from_secs(1);

/// A turn that is not the first begins only with so much time left: one that is cut off leaves its shard leased.
const TURN_ALLOWANCE: Duration = Duration::from_secs(10);

/// Shards that are written at the same time.
const TURNS_AT_ONCE: usize = 4;

/// An event that is logged this long after it happened is late. The last events of a verification happen five and a half minutes after its
/// opening; what is not late is in the log when it is reconciled, ten minutes after its opening was logged.
const LATE: SignedDuration = SignedDuration::from_mins(4);

/// The pauses between two rounds over the shards that others have.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
const PAUSE_PARTS: u32 = 64;

/// Events that are handed to the queue in one piece: ten calls of `SendMessageBatch`.
const SEND: usize = 100;

/// Pieces that are handed over at the same time.
const SENDS_AT_ONCE: usize = 8;
