//! Processes that die.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// How often a process is woken before it dies; `None` if it lives on.
pub(crate) type Life = Option<u32>;

/// Runs a process to its end, or until it dies where it waits. Gives how often it was woken, too.
pub(crate) async fn mortal<V>(life: Life, process: impl Future<Output = V>) -> (Option<V>, u32) {
    let (mut process, mut wakes) = (pin!(process), 0);
    let outcome = poll_fn(|context| {
        if life == Some(wakes) {
            return Poll::Ready(None);
        }
        wakes += 1;
        process.as_mut().poll(context).map(Some)
    })
    .await;
    (outcome, wakes)
}

/// Where processes died, by what they were doing.
#[derive(Debug, Default)]
pub(crate) struct Deaths {
    died_at: BTreeMap<&'static str, BTreeSet<u32>>,
    /// How often those were woken that lived, at most, when nothing disturbed them.
    longest: BTreeMap<&'static str, u32>,
}

impl Deaths {
    pub(crate) fn of(doing: &'static str, wakes: u32) -> Self {
        Self { died_at: [(doing, [wakes].into())].into(), longest: BTreeMap::new() }
    }

    pub(crate) fn undisturbed(doing: &'static str, wakes: u32) -> Self {
        Self { died_at: BTreeMap::new(), longest: [(doing, wakes)].into() }
    }

    pub(crate) fn and(mut self, other: Self) -> Self {
        for (doing, wakes) in other.died_at {
            self.died_at.entry(doing).or_default().extend(wakes);
        }
        for (doing, wakes) in other.longest {
            let longest = self.longest.entry(doing).or_default();
            *longest = wakes.max(*longest);
        }
        self
    }

    /// Each of them died wherever it waits. One place in twenty may be missed: it comes by only now and then, after a restart for
    /// one.
    pub(crate) fn are_everywhere(&self) {
        assert!(self.longest.len() >= DOING, "{self:?}");
        let missed = self.longest.iter().flat_map(|(doing, longest)| {
            let died_at = self.died_at.get(doing);
            let missed = (1..*longest).filter(move |wakes| died_at.is_none_or(|died_at| !died_at.contains(wakes)));
            missed.map(move |wakes| (*doing, wakes, *longest))
        });
        let missed: Vec<_> = missed.collect();
        let places: u32 = self.longest.values().sum();
        assert!(missed.len() * 20 <= places as usize, "nobody died here, after so many of so many wakes: {missed:?}");
    }
}

/// enroll, initiate, verify, revoke, admin, drain, writer, reconcile.
const DOING: usize = 8;
