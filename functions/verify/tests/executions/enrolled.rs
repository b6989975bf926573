//! C6, T4, V6: an attempt needs the enrollment that its verification was opened with.

use audit::Outcome;
use domain::Enrollment;
use store::{FindAccount, StoreErrorKind};
use testkit::{Fault, Trace};
use verify::VerifyError;

use crate::scene::Scene;

/// Nothing but the enrollment has changed: the account would admit the attempt.
#[tokio::test]
async fn c6_without_the_enrollment_that_it_was_opened_with_a_right_attempt_is_a_wrong_one() {
    for change in CHANGES {
        let scene = Scene::new().await;
        let attempt = scene.attempt(true).await;
        change(&scene);

        let answer = scene.send(&attempt).await;

        assert!(matches!(answer, Err(VerifyError::Wrong { attempts_remaining: 2 })));
        assert_eq!((scene.kdf.runs(), scene.kdf.comparisons()), (1, 1));
        let account = scene.store.find_account(scene.tenant, scene.user).await.unwrap().unwrap();
        assert_eq!((account.failures.instants().len(), account.sessions.len()), (1, 0));
        let wrong = Outcome::AttemptWrong { verification: attempt.verification, attempts_remaining: 2 };
        assert_eq!(scene.trail(), [wrong]);
    }
}

#[tokio::test]
async fn v6_whoever_the_user_is_a_wrong_attempt_makes_the_same_calls() {
    let known = Scene::new().await;
    let of_known = calls_of_a_wrong_attempt(&known).await;

    for change in CHANGES {
        let scene = Scene::new().await;
        change(&scene);
        assert_eq!(calls_of_a_wrong_attempt(&scene).await, of_known);
    }
}

#[tokio::test]
async fn v3_an_attempt_whose_enrollment_cannot_be_read_is_given_up_and_counted_once() {
    for fault in [Fault::FailBefore(StoreErrorKind::Unavailable), Fault::FailAfter(StoreErrorKind::Throttled)] {
        let scene = Scene::new().await;
        let attempt = scene.attempt(false).await;
        scene.store.faults().plan("FindEnrollment", 1, fault);

        let failed = scene.send(&attempt).await;
        let runs = scene.kdf.runs();
        let retried = scene.send(&attempt).await;

        assert!(matches!(failed, Err(VerifyError::Store(_))));
        assert!(matches!(retried, Err(VerifyError::Wrong { attempts_remaining: 2 })));
        assert_eq!((runs, scene.kdf.runs()), (0, 1));
        let account = scene.store.find_account(scene.tenant, scene.user).await.unwrap().unwrap();
        assert_eq!(account.failures.instants().len(), 1);
    }
}

/// The key of an older enrollment opens no newer one, whatever it calls itself.
#[tokio::test]
async fn an_enrollment_that_is_not_genuine_decides_nothing() {
    let scene = Scene::new().await;
    let attempt = scene.attempt(true).await;
    scene.tables.overwrite_enrollment(Enrollment { key_version: 2, ..scene.enrollment.clone() });
    let later = scene.attempt_of_version(2, true).await;

    let failed = scene.send(&later).await;
    scene.tables.overwrite_enrollment(scene.enrollment.clone());

    assert!(matches!(failed, Err(VerifyError::Open(_))));
    assert!(scene.send(&attempt).await.is_ok());
}

/// The user is erased; the same factors are another version.
const CHANGES: [fn(&Scene); 2] = [
    |scene| drop(scene.tables.shred(scene.tenant, scene.user)),
    |scene| scene.tables.overwrite_enrollment(scene.rotated()),
];

async fn calls_of_a_wrong_attempt(scene: &Scene) -> Vec<(&'static str, usize)> {
    // Somebody else's makes the process draw its permits.
    let _first = scene.send(&scene.attempt(false).await).await;
    let attempt = scene.attempt(false).await;
    let (runs, comparisons) = (scene.kdf.runs(), scene.kdf.comparisons());
    let _before = scene.store.recorder().take();

    let _wrong = scene.send(&attempt).await;

    assert_eq!((scene.kdf.runs() - runs, scene.kdf.comparisons() - comparisons), (1, 1));
    let trace: Trace = scene.store.recorder().take();
    trace.calls().iter().map(|call| (call.port, call.depth)).collect()
}
