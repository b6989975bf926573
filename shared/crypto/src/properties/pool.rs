//! The pool's bound holds, whatever becomes of those who wait.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use crate::{KdfFailed, KdfParameters, KdfPool, Salt};

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
                    let outcome = kdf.derive(KdfParameters::pbkdf2(1000), &Salt::new([1; 16]), b"secret");
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
    let (begun, ended) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let abandoned = tokio::spawn({
        let (pool, begun, ended) = (pool.clone(), Arc::clone(&begun), Arc::clone(&ended));
        async move {
            pool.run(move |_| {
                begun.wait();
                ended.wait();
                Ok::<_, KdfFailed>(())
            })
            .await
        }
    });
    tokio::task::spawn_blocking(move || begun.wait()).await.unwrap();

    abandoned.abort();
    assert!(abandoned.await.unwrap_err().is_cancelled());

    let mut next = Box::pin(pool.run(|_| Ok::<_, KdfFailed>(())));
    let waiting = tokio::select! { biased; _ = &mut next => false, () = tokio::task::yield_now() => true };
    assert!(waiting);
    tokio::task::spawn_blocking(move || ended.wait()).await.unwrap();
    next.await.unwrap();
}

#[tokio::test]
async fn work_that_panics_is_an_error_and_gives_its_place_back() {
    let pool = KdfPool::new(NonZeroUsize::MIN);

    let panicked = pool.run(|_| -> Result<(), KdfFailed> { panic!("on purpose") }).await;

    assert_eq!(panicked, Err(KdfFailed));
    assert_eq!(pool.run(|_| Ok::<_, KdfFailed>(7)).await, Ok(7));
}
