//! The heads of the log's shards. Shards are few and everybody's: each case has its own of the sixteen that a run has.

use std::time::Duration;

use jiff::Timestamp;

use super::race::{count, race};
use super::{Failure, LogPorts, Report, Setting, World};
use crate::{Append, Leasing, LogHead, ShardLease};

pub(super) async fn run<S: LogPorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "log_head",
        store,
        setting,
        report,
        [
            a_shard_begins_without_a_head,
            an_appended_head_comes_back_unsettled,
            a_held_shard_is_not_leased_before_its_time,
            a_lease_can_be_renewed_by_its_holder,
            a_released_shard_is_leased_at_once,
            releasing_settles_the_last_batch_only,
            who_lost_the_lease_changes_nothing,
            a_late_holder_appends_while_nobody_else_came,
            a_batch_follows_the_one_before_it,
            repeating_an_append_is_harmless,
            of_sixteen_leases_at_once_one_is_given,
            of_sixteen_appends_at_once_one_is_the_holders,
            heads_are_found_by_shard,
        ]
    );
}

async fn a_shard_begins_without_a_head(store: &impl LogPorts, world: &World) -> Result<(), Failure> {
    let lease = lease(world, 0, 1);

    ensure_eq!(leased(store, world, &lease).await?, LogHead::default());

    ensure_eq!(found(store, world, 0).await?, None);
    store.release_shard(&lease, None).await?;
    ensure_eq!(found(store, world, 0).await?, None);
    Ok(())
}

async fn an_appended_head_comes_back_unsettled(store: &impl LogPorts, world: &World) -> Result<(), Failure> {
    let lease = lease(world, 1, 1);
    leased(store, world, &lease).await?;
    let largest = LogHead {
        batch: 1,
        header: (0..=255).cycle().take(1024).collect(),
        edge: (0..64).map(|number| [number; 32]).collect(),
        is_settled: true,
    };

    ensure_eq!(store.append_batch(&lease, &largest).await?, Append::Appended);

    let unsettled = LogHead { is_settled: false, ..largest };
    ensure_eq!(found(store, world, 1).await?, Some(unsettled.clone()));
    ensure_eq!(leased(store, world, &lease).await?, unsettled);
    Ok(())
}

/// ```text
/// now        +9.999  +10
/// |-- first's turn --)|-- second's turn --)
/// ```
async fn a_held_shard_is_not_leased_before_its_time(store: &impl LogPorts, world: &World) -> Result<(), Failure> {
    let [first, second] = [1, 2].map(|holder| lease(world, 2, holder));
    let (last, until) = (world.after(Duration::from_millis(9_999)), world.after(TURN));
    leased(store, world, &first).await?;

    for now in [world.now, last] {
        ensure_eq!(store.lease_shard(&second, now, later(now)).await?, Leasing::Held { until });
    }
    ensure_eq!(store.append_batch(&second, &head(1, 2)).await?, Append::Lost);
    store.release_shard(&second, Some(0)).await?;
    ensure_eq!(store.lease_shard(&second, last, later(last)).await?, Leasing::Held { until });

    let taken_over = store.lease_shard(&second, until, later(until)).await?;
    ensure_eq!(taken_over, Leasing::Leased(LogHead::default()));
    let held = store.lease_shard(&first, until, later(until)).await?;
    ensure_eq!(held, Leasing::Held { until: later(until) });
    Ok(())
}

async fn a_lease_can_be_renewed_by_its_holder(store: &impl LogPorts, world: &World) -> Result<(), Failure> {
    let [first, second] = [1, 2].map(|holder| lease(world, 3, holder));
    leased(store, world, &first).await?;
    let soon = world.after(Duration::from_secs(5));

    for _ in 0..2 {
        let renewed = store.lease_shard(&first, soon, later(soon)).await?;
        ensure_eq!(renewed, Leasing::Leased(LogHead::default()));
    }

    let held = store.lease_shard(&second, world.after(TURN), later(soon)).await?;
    ensure_eq!(held, Leasing::Held { until: later(soon) });
    Ok(())
}

async fn a_released_shard_is_leased_at_once(store: &impl LogPorts, world: &World) -> Result<(), Failure> {
    let [first, second] = [1, 2].map(|holder| lease(world, 4, holder));
    leased(store, world, &first).await?;

    store.release_shard(&first, None).await?;
    store.release_shard(&first, None).await?;

    ensure_eq!(store.append_batch(&first, &head(1, 1)).await?, Append::Lost);
    ensure_eq!(leased(store, world, &second).await?, LogHead::default());
    Ok(())
}

async fn releasing_settles_the_last_batch_only(store: &impl LogPorts, world: &World) -> Result<(), Failure> {
    let lease = lease(world, 5, 1);
    for (batch, settled, is_settled) in [(1, None, false), (2, Some(1), false), (3, Some(4), false), (4, Some(4), true)]
    {
        leased(store, world, &lease).await?;
        store.append_batch(&lease, &head(batch, 1)).await?;

        store.release_shard(&lease, settled).await?;

        ensure_eq!(found(store, world, 5).await?, Some(LogHead { is_settled, ..head(batch, 1) }));
    }

    // It stays settled until the next one.
    ensure_eq!(leased(store, world, &lease).await?, LogHead { is_settled: true, ..head(4, 1) });
    store.release_shard(&lease, None).await?;
    ensure_eq!(found(store, world, 5).await?, Some(LogHead { is_settled: true, ..head(4, 1) }));
    leased(store, world, &lease).await?;
    store.append_batch(&lease, &head(5, 1)).await?;
    ensure_eq!(found(store, world, 5).await?, Some(head(5, 1)));
    Ok(())
}

async fn who_lost_the_lease_changes_nothing(store: &impl LogPorts, world: &World) -> Result<(), Failure> {
    let [first, second] = [1, 2].map(|holder| lease(world, 6, holder));
    leased(store, world, &first).await?;
    store.append_batch(&first, &head(1, 1)).await?;
    let until = world.after(TURN);
    let taken_over = store.lease_shard(&second, until, later(until)).await?;
    ensure_eq!(taken_over, Leasing::Leased(head(1, 1)));

    ensure_eq!(store.append_batch(&first, &head(1, 1)).await?, Append::Lost);
    ensure_eq!(store.append_batch(&first, &head(2, 1)).await?, Append::Lost);
    store.release_shard(&first, Some(1)).await?;

    ensure_eq!(found(store, world, 6).await?, Some(head(1, 1)));
    ensure_eq!(store.append_batch(&second, &head(2, 2)).await?, Append::Appended);
    Ok(())
}

/// A turn that is over ends when somebody else takes one: who appends late has lost nothing.
async fn a_late_holder_appends_while_nobody_else_came(store: &impl LogPorts, world: &World) -> Result<(), Failure> {
    let lease = lease(world, 7, 1);
    let long_ago = world.now - Duration::from_secs(86_400 * 365);
    let outcome = store.lease_shard(&lease, long_ago, later(long_ago)).await?;
    ensure_eq!(outcome, Leasing::Leased(LogHead::default()));

    ensure_eq!(store.append_batch(&lease, &head(1, 1)).await?, Append::Appended);
    store.release_shard(&lease, Some(1)).await?;

    ensure_eq!(found(store, world, 7).await?, Some(LogHead { is_settled: true, ..head(1, 1) }));
    Ok(())
}

async fn a_batch_follows_the_one_before_it(store: &impl LogPorts, world: &World) -> Result<(), Failure> {
    let lease = lease(world, 8, 1);
    leased(store, world, &lease).await?;
    ensure_eq!(store.append_batch(&lease, &head(2, 1)).await?, Append::Lost);
    ensure_eq!(found(store, world, 8).await?, None);
    ensure_eq!(store.append_batch(&lease, &head(1, 1)).await?, Append::Appended);

    for other in [head(1, 2), head(3, 1)] {
        ensure_eq!(store.append_batch(&lease, &other).await?, Append::Lost);
    }

    ensure_eq!(found(store, world, 8).await?, Some(head(1, 1)));
    ensure_eq!(store.append_batch(&lease, &head(2, 1)).await?, Append::Appended);
    ensure_eq!(store.append_batch(&lease, &head(1, 1)).await?, Append::Lost);
    ensure_eq!(found(store, world, 8).await?, Some(head(2, 1)));
    Ok(())
}

async fn repeating_an_append_is_harmless(store: &impl LogPorts, world: &World) -> Result<(), Failure> {
    let lease = lease(world, 9, 1);
    leased(store, world, &lease).await?;

    for batch in 1..=3 {
        for _ in 0..3 {
            ensure_eq!(store.append_batch(&lease, &head(batch, 1)).await?, Append::Appended);
        }
    }

    ensure_eq!(found(store, world, 9).await?, Some(head(3, 1)));
    Ok(())
}

async fn of_sixteen_leases_at_once_one_is_given<S: LogPorts>(store: &S, world: &World) -> Result<(), Failure> {
    let (shard, now, until) = (world.shard(10), world.now, world.after(TURN));

    let outcomes = race(store, 16, move |store: S, contender| async move {
        store.lease_shard(&ShardLease { shard, holder: [contender; 16] }, now, until).await
    })
    .await?;

    ensure_eq!(count(&outcomes, |outcome| *outcome == Leasing::Leased(LogHead::default())), 1);
    ensure_eq!(count(&outcomes, |outcome| *outcome == Leasing::Held { until }), 15);
    Ok(())
}

/// Sixteen writers believe that it is their turn, and append another second batch each.
async fn of_sixteen_appends_at_once_one_is_the_holders<S: LogPorts>(store: &S, world: &World) -> Result<(), Failure> {
    let shard = world.shard(11);
    let holder = lease(world, 11, 7);
    leased(store, world, &holder).await?;
    store.append_batch(&holder, &head(1, 99)).await?;

    let outcomes = race(store, 16, move |store: S, contender| async move {
        let outcome = store.append_batch(&ShardLease { shard, holder: [contender; 16] }, &head(2, contender)).await?;
        Ok((contender, outcome))
    })
    .await?;

    let appended: Vec<u8> =
        outcomes.iter().filter(|(_, outcome)| *outcome == Append::Appended).map(|(contender, _)| *contender).collect();
    ensure_eq!(appended, vec![7]);
    ensure_eq!(found(store, world, 11).await?, Some(head(2, 7)));
    Ok(())
}

async fn heads_are_found_by_shard(store: &impl LogPorts, world: &World) -> Result<(), Failure> {
    for number in [14, 12] {
        let lease = lease(world, number, 1);
        leased(store, world, &lease).await?;
        store.append_batch(&lease, &head(1, 1)).await?;
    }
    leased(store, world, &lease(world, 13, 1)).await?;

    let mut heads = store.find_log_heads(world.shard(14)).await?;
    heads.retain(|(shard, _)| *shard >= world.shard(12));
    ensure_eq!(heads, vec![(world.shard(12), head(1, 1))]);
    let mut heads = store.find_log_heads(world.shard(15)).await?;
    heads.retain(|(shard, _)| *shard >= world.shard(12));
    ensure_eq!(heads, vec![(world.shard(12), head(1, 1)), (world.shard(14), head(1, 1))]);
    ensure_eq!(store.find_log_heads(0).await?, Vec::new());
    Ok(())
}

/// The lease of the case's shard by this holder.
fn lease(world: &World, shard: u16, holder: u8) -> ShardLease {
    ShardLease { shard: world.shard(shard), holder: [holder; 16] }
}

/// An unsettled head; `fill` makes it another one of the same batch.
fn head(batch: u64, fill: u8) -> LogHead {
    LogHead { batch, header: vec![fill; 300], edge: vec![[fill; 32]; 3], is_settled: false }
}

/// Leases from the present on.
async fn leased(store: &impl LogPorts, world: &World, lease: &ShardLease) -> Result<LogHead, Failure> {
    match store.lease_shard(lease, world.now, world.after(TURN)).await? {
        Leasing::Leased(head) => Ok(head),
        Leasing::Held { until } => Err(Failure::new(format!("held until {until}"))),
    }
}

async fn found(store: &impl LogPorts, world: &World, shard: u16) -> Result<Option<LogHead>, Failure> {
    let shard = world.shard(shard);
    let heads = store.find_log_heads(shard + 1).await?;
    Ok(heads.into_iter().find(|(number, _)| *number == shard).map(|(_, head)| head))
}

fn later(now: Timestamp) -> Timestamp {
    now.checked_add(TURN).unwrap_or(Timestamp::MAX)
}

/// How long a turn is.
const TURN: Duration = Duration::from_secs(10);
