//! Several processes at once on one thread. Which of them goes on, up to its next wait, is drawn from a seed; and any of them
//! can die where it waits.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;
use testkit::SeededEntropy;

use crate::operation::below;

/// A process, and how often it is woken before it dies; `None` if it lives on.
pub(crate) struct Process<'a> {
    pub(crate) work: Pin<Box<dyn Future<Output = ()> + Send + 'a>>,
    pub(crate) life: Option<u32>,
}

/// Runs processes until each has ended or died, and tells after each of their steps whose it was. Gives how many died.
pub(crate) async fn interleave(
    schedule: &SeededEntropy,
    processes: Vec<Process<'_>>,
    mut stepped: impl FnMut(usize) + Send,
) -> usize {
    let scheduler = Arc::new(AtomicWaker::new());
    let mut running: Vec<Running> =
        processes.into_iter().enumerate().map(|(index, process)| Running::new(index, process, &scheduler)).collect();
    let mut deaths = 0;
    while !running.is_empty() {
        let ready: Vec<usize> = (0..running.len()).filter(|place| running[*place].woken.is_set()).collect();
        if ready.is_empty() {
            let all = running.iter().map(|running| Arc::clone(&running.woken)).collect();
            time_passes(all, &scheduler).await;
            continue;
        }
        let place = ready[below(schedule, u32::try_from(ready.len()).unwrap())];
        if running[place].process.life == Some(0) {
            running.remove(place);
            deaths += 1;
            continue;
        }
        let (index, stepped_to) = (running[place].index, running[place].step());
        if stepped_to.is_ready() {
            running.remove(place);
        }
        stepped(index);
    }
    deaths
}

/// Lets the others go first this often.
pub(crate) async fn give_way(times: u32) {
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// All wait for it.
async fn time_passes(all: Vec<Arc<Woken>>, scheduler: &AtomicWaker) {
    poll_fn(|context| {
        scheduler.register(context.waker());
        if all.iter().any(|woken| woken.is_set()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// A process that has not ended.
struct Running<'a> {
    index: usize,
    process: Process<'a>,
    woken: Arc<Woken>,
}

impl<'a> Running<'a> {
    fn new(index: usize, process: Process<'a>, scheduler: &Arc<AtomicWaker>) -> Self {
        let woken = Woken { is_woken: AtomicBool::new(true), scheduler: Arc::clone(scheduler) };
        Self { index, process, woken: Arc::new(woken) }
    }

    fn step(&mut self) -> Poll<()> {
        self.process.life = self.process.life.map(|life| life - 1);
        self.woken.is_woken.store(false, Ordering::Release);
        self.process.work.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(&self.woken))))
    }
}

/// Whether a process can go on.
struct Woken {
    is_woken: AtomicBool,
    scheduler: Arc<AtomicWaker>,
}

impl Woken {
    fn is_set(&self) -> bool {
        self.is_woken.load(Ordering::Acquire)
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.is_woken.store(true, Ordering::Release);
        self.scheduler.wake();
    }
}
