//! The pool's bound holds, whatever becomes of those who wait.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::kdf_pool::TURNS_PER_PLACE;
use crate::{KdfBusy, KdfFailed, KdfParameters, KdfPool};

#[tokio::test]
async fn no_more_work_runs_at_once_than_the_pool_has_places() {
    let pool = KdfPool::new(NonZeroUsize::new(2).unwrap());
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));

    let jobs: Vec<_> = (0..20)
        .map(|_| {
            let (pool, running, most) = (pool.clone(), Arc::clone(&running), Arc::clone(&most));
            tokio::spawn(async move {
                pool.run(move |kdf| {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let outcome = kdf.derive(KdfParameters::pbkdf2(1000), &[1; 16], b"secret");
                    running.fetch_sub(1, Ordering::SeqCst);
                    outcome.map(|_| ())
                })
                .await
            })
        })
        .collect();
    for job in jobs {
        job.await.unwrap().unwrap();
    }

    assert!(most.load(Ordering::SeqCst) <= 2);
    assert_eq!(pool.runs(), 20);
}

#[tokio::test]
async fn work_that_nobody_waits_for_any_more_keeps_its_place_until_it_ends() {
    let pool = KdfPool::new(NonZeroUsize::MIN);
    let (abandoned, end) = endless(&pool).await;

    abandoned.abort();
    assert!(abandoned.await.unwrap_err().is_cancelled());

    assert_eq!(pool.places.available_permits(), 0);
    drop(end);
    pool.run(|_| Ok::<_, KdfFailed>(())).await.unwrap();
    assert_eq!(pool.places.available_permits(), 1);
}

#[tokio::test]
async fn work_that_nobody_waits_for_any_more_is_not_begun() {
    let pool = KdfPool::new(NonZeroUsize::MIN);
    let (first, end) = endless(&pool).await;
    let begun = Arc::new(AtomicBool::new(false));
    let mut abandoned = Box::pin(pool.run({
        let begun = Arc::clone(&begun);
        move |_| {
            begun.store(true, Ordering::SeqCst);
            Ok::<_, KdfFailed>(())
        }
    }));
    let waits = tokio::time::timeout(Duration::ZERO, &mut abandoned).await.is_err();
    drop(abandoned);
    let last = tokio::spawn({
        let pool = pool.clone();
        async move { pool.run(|_| Ok::<_, KdfFailed>(())).await }
    });
    drop(end);

    assert_eq!((first.await.unwrap(), last.await.unwrap()), (Ok(()), Ok(())));
    assert!(waits && !begun.load(Ordering::SeqCst));
}

/// Work that has begun, and ends when the test lets go of what it gets for it, be it by failing.
async fn endless(pool: &KdfPool) -> (JoinHandle<Result<(), KdfFailed>>, mpsc::Sender<()>) {
    let (begun, has_begun) = oneshot::channel();
    let (end, may_end) = mpsc::channel::<()>();
    let pool = pool.clone();
    let work = tokio::spawn(async move {
        pool.run(move |_| {
            begun.send(()).unwrap();
            let _ = may_end.recv();
            Ok(())
        })
        .await
    });
    has_begun.await.unwrap();
    (work, end)
}

#[tokio::test]
async fn work_that_panics_is_an_error_and_gives_its_place_back() {
    let pool = KdfPool::new(NonZeroUsize::MIN);

    let panicked = pool.run(|_| -> Result<(), KdfFailed> { panic!("on purpose") }).await;

    assert_eq!(panicked, Err(KdfFailed));
    assert_eq!(pool.run(|_| Ok::<_, KdfFailed>(7)).await, Ok(7));
}

#[test]
fn whoever_would_wait_too_long_is_turned_away_until_somebody_leaves() {
    let pool = KdfPool::new(NonZeroUsize::MIN);
    let most = pool.turn(TURNS_PER_PLACE - 1).unwrap();
    let last = pool.turn(1).unwrap();

    assert_eq!((pool.turn(1).unwrap_err(), pool.clone().turn(1).unwrap_err()), (KdfBusy, KdfBusy));

    drop(last);
    assert!(pool.turn(2).is_err());
    assert!(pool.turn(1).is_ok());
    drop(most);
    assert!(pool.turn(TURNS_PER_PLACE).is_ok());
}
