//! Merchants' journeys, one after another in each of many threads, and what was seen of them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::Duration;

use countersign_tests::Person;
use jiff::Timestamp;

use crate::client::{Answer, Ask};
use crate::host::{Fleet, Host};
use crate::verification::{Home, Opened, Right, enrolled, initiating};

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) step: Step,
    /// Where the verification is that it is about.
    pub(crate) home: Home,
    pub(crate) answer: Answer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Initiate,
    Status,
    Attempt,
}

/// Journeys that go on until they are told to stop.
pub(crate) struct Load<'scope> {
    log: &'scope Log,
    threads: Vec<ScopedJoinHandle<'scope, ()>>,
}

/// What is seen, while it is seen.
#[derive(Default)]
pub(crate) struct Log {
    seen: Mutex<Vec<Seen>>,
    is_over: AtomicBool,
}

impl Log {
    /// How many verifications were opened there since then.
    pub(crate) fn opened(&self, home: Home, since: Timestamp) -> usize {
        let seen = self.seen.lock().unwrap();
        let opened = seen.iter().filter(|seen| seen.step == Step::Initiate && seen.answer.status == 201);
        opened.filter(|seen| seen.home == home && seen.answer.sent > since).count()
    }

    fn add(&self, step: Step, home: Home, answer: &Answer) {
        self.seen.lock().unwrap().push(Seen { step, home, answer: answer.clone() });
    }
}

impl<'scope> Load<'scope> {
    /// One thread for each host, each with a user of its own.
    pub(crate) fn start<'env>(scope: &'scope Scope<'scope, 'env>, fleet: &'scope Fleet, log: &'scope Log) -> Self {
        let people: Vec<Person> =
            (100..).take(fleet.hosts().len()).map(|number| enrolled(fleet.any(), number)).collect();
        let threads = fleet.hosts().iter().zip(people).map(|(host, person)| {
            scope.spawn(move || {
                while !log.is_over.load(Ordering::Relaxed) {
                    journey(host, &person, log);
                }
            })
        });
        Self { log, threads: threads.collect() }
    }

    /// Ends it, and gives everything that was seen.
    pub(crate) fn stop(mut self) -> Vec<Seen> {
        self.log.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().unwrap();
        }
        std::mem::take(&mut *self.log.seen.lock().unwrap())
    }
}

impl Drop for Load<'_> {
    /// A test that fails does not wait for ever for its threads.
    fn drop(&mut self) {
        if thread::panicking() {
            self.log.is_over.store(true, Ordering::Relaxed);
        }
    }
}

fn journey(host: &Host, person: &Person, log: &Log) {
    let initiated = host.ask_once(&initiating(person));
    if initiated.status != 201 {
        return log.add(Step::Initiate, Home::Table, &initiated);
    }
    let opened = Opened::from(&initiated);
    log.add(Step::Initiate, opened.home(), &initiated);
    log.add(Step::Status, opened.home(), &host.ask_once(&Ask::get(&opened.path())));
    log.add(Step::Attempt, opened.home(), &host.ask_once(&opened.attempt(person, Right::Yes)));
}

/// How long requests of this step took that were sent from `from` on and before `to`: the median, the 99th percentile, the longest.
pub(crate) fn latencies(seen: &[Seen], step: Step, (from, to): (Timestamp, Timestamp)) -> [Duration; 3] {
    let sent = |seen: &&Seen| seen.step == step && seen.answer.sent >= from && seen.answer.sent < to;
    let mut took: Vec<Duration> = seen.iter().filter(sent).map(|seen| seen.answer.took()).collect();
    took.sort_unstable();
    let at = |part: usize| took.get((took.len() * part / 100).min(took.len().saturating_sub(1))).copied();
    [50, 99, 100].map(|part| at(part).unwrap_or_default())
}
