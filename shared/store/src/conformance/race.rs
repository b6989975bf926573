//! Many calls at once.

use std::future::Future;

use tokio::task::JoinSet;

use super::Failure;
use crate::{StoreError, StoreErrorKind};

/// Runs `contenders` calls at once, each on a task of its own; gives their outcomes in no particular order. A call that
/// is throttled is made again.
pub(super) async fn race<S, C, F, V>(store: &S, contenders: u8, call: C) -> Result<Vec<V>, Failure>
where
    S: Clone + Send + Sync + 'static,
    C: Fn(S, u8) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<V, StoreError>> + Send,
    V: Send + 'static,
{
    let mut tasks = JoinSet::new();
    for contender in 0..contenders {
        let (store, call) = (store.clone(), call.clone());
        tasks.spawn(async move {
            loop {
                match call(store.clone(), contender).await {
                    Err(error) if error.kind == StoreErrorKind::Throttled => tokio::task::yield_now().await,
                    outcome => return outcome,
                }
            }
        });
    }
    let outcomes: Result<Vec<V>, StoreError> = tasks.join_all().await.into_iter().collect();
    Ok(outcomes?)
}

/// How many outcomes fit.
pub(super) fn count<V>(outcomes: &[V], fits: impl Fn(&V) -> bool) -> usize {
    outcomes.iter().filter(|outcome| fits(outcome)).count()
}
