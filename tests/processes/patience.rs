//! Waiting in real time, always with a bound.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use domain::{Clock, SystemClock};

/// What `attempt` gives in the end.
pub(crate) fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let bound = SystemClock.now() + BOUND;
    loop {
        if let Some(outcome) = attempt() {
            return outcome;
        }
        assert!(SystemClock.now() < bound, "not within {BOUND:?}: {what}");
        thread::park_timeout(PACE);
    }
}

/// Waits, where how long somebody waits is what a test is about.
pub(crate) fn wait(duration: Duration) {
    let end = SystemClock.now() + duration;
    while SystemClock.now() < end {
        thread::park_timeout(PACE.min(duration));
    }
}

/// Does something in this many threads, which begin at the same time, and collects what they give.
pub(crate) fn at_once<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (start, work) = (&Barrier::new(threads), &work);
    thread::scope(|scope| {
        let each = |number| {
            scope.spawn(move || {
                start.wait();
                work(number)
            })
        };
        let working: Vec<_> = (0..threads).map(each).collect();
        working.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

const BOUND: Duration = Duration::from_secs(60);
const PACE: Duration = Duration::from_millis(20);
