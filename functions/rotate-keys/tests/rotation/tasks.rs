//! Runs on a store: what they change, record, and leave to the next one.

use std::time::Duration;

use audit::{About, KeyThumbprint, Outcome};
use domain::BranchKeyVersion;
use futures_util::future::join_all;
use rotate_keys::{BRANCH_KEY_AGE, PUBLISHED_AFTER, PUBLISHED_BEFORE, RotateError, Rotated, SIGNING_KEY_AGE, Task};
use store::{DrainOutbox, FindBranchKey, OUTBOX_PARTS, RetireSigningKey, StoreErrorKind};
use testkit::Fault;

use crate::scene::{Scene, tenant};

#[tokio::test]
async fn a_run_makes_what_is_due_and_the_next_one_nothing() {
    let scene = Scene::new().await;
    assert_eq!(scene.due().await, Rotated::default());

    scene.clock.advance(SIGNING_KEY_AGE.saturating_sub(PUBLISHED_BEFORE));
    let first = scene.due().await;
    let second = scene.due().await;

    let [old, new] = scene.signing_keys().await.try_into().unwrap();
    assert_eq!(
        (&first.signing_keys_made, &first.signing_keys_retired),
        (&vec![new.id.to_string()], &vec![old.id.to_string()])
    );
    assert_eq!(second, Rotated::default());
    assert_eq!(old.retires_at, Some(new.signs_from + PUBLISHED_AFTER));
    let retired = Outcome::SigningKeyRetired {
        key: KeyThumbprint::try_from(&old.id).unwrap(),
        retires_at: new.signs_from + PUBLISHED_AFTER,
        successor: Some(KeyThumbprint::try_from(&new.id).unwrap()),
    };
    let [event] = scene.told().try_into().unwrap();
    assert_eq!((event.about, event.outcome), (About::Deployment, retired));
}

#[tokio::test]
async fn a_years_old_branch_key_gets_a_version_that_carries_the_first() {
    let scene = Scene::new().await;
    let first = scene.store.find_branch_key(tenant(1), None).await.unwrap().unwrap();

    for number in 2..=3 {
        scene.clock.advance(BRANCH_KEY_AGE);
        assert_eq!(scene.due().await.branch_keys_rotated, 2, "two tenants");
        let newest = scene.store.find_branch_key(tenant(1), None).await.unwrap().unwrap();
        assert_eq!(newest.version, BranchKeyVersion::new(number).unwrap());
        assert_eq!(newest.first.as_ref(), Some(&first.wrapped));
        assert_ne!(newest.wrapped, first.wrapped);
    }

    let rotated = |about| scene.told().iter().filter(|event| event.about == About::Tenant(about)).count();
    assert_eq!((rotated(tenant(1)), rotated(tenant(2))), (2, 2));
}

#[tokio::test]
async fn of_eight_runs_at_once_each_change_is_made_once() {
    let scene = Scene::new().await;
    scene.clock.advance(BRANCH_KEY_AGE);

    let runs = join_all((0..8).map(|_| scene.run(Task::Due))).await;

    let sum = |of: fn(&Rotated) -> usize| runs.iter().map(|run| of(run.as_ref().unwrap())).sum::<usize>();
    assert_eq!(sum(|run| run.signing_keys_made.len()), 1);
    assert_eq!(sum(|run| run.branch_keys_rotated), 2);
    assert_eq!(scene.signing_keys().await.len(), 2);
    assert_eq!(scene.told().len(), 3);
}

/// The change and its event are one write, so that either both are there or neither is.
#[tokio::test]
async fn a_run_that_loses_an_answer_is_finished_by_the_next_and_every_change_has_one_event() {
    for port in ["RetireSigningKey", "RotateBranchKey", "ListSigningKeys", "ListBranchKeys", "FindBranchKey"] {
        for fault in [Fault::FailBefore(StoreErrorKind::Unavailable), Fault::FailAfter(StoreErrorKind::Unavailable)] {
            let scene = Scene::new().await;
            scene.clock.advance(BRANCH_KEY_AGE);
            scene.store.faults().plan(port, 1, fault);

            let _lost = scene.run(Task::Due).await;
            scene.due().await;

            assert_eq!(scene.signing_keys().await.len(), 2, "{port} {fault:?}");
            for number in 1..=2 {
                let newest = scene.store.find_branch_key(tenant(number), None).await.unwrap().unwrap();
                assert_eq!(newest.version.number(), 2, "{port} {fault:?}");
            }
            let mut kept = 0;
            for part in 0..OUTBOX_PARTS {
                kept += scene.store.outbox_events(part, u16::MAX).await.unwrap().len();
            }
            assert_eq!(kept, 3, "{port} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_run_ends_with_its_time_and_the_next_one_goes_on() {
    let scene = Scene::new().await;
    scene.clock.advance(BRANCH_KEY_AGE);
    let now = scene.clock().now();

    let late = scene.run_until(Task::Due, now + Duration::from_secs(5)).await.unwrap();
    let next = scene.run_until(Task::Due, now + Duration::from_secs(6)).await.unwrap();

    assert_eq!((late.branch_keys_rotated, next.branch_keys_rotated), (0, 2));
}

#[tokio::test]
async fn a_run_with_a_stuck_tenant_does_the_rest_and_ends_with_an_error() {
    for kind in [StoreErrorKind::Corrupt, StoreErrorKind::Unavailable] {
        let scene = Scene::new().await;
        scene.clock.advance(BRANCH_KEY_AGE);
        scene.store.faults().plan("FindBranchKey", 1, Fault::FailBefore(kind));

        let stuck = scene.run(Task::Due).await.unwrap_err();

        let versions = [tenant(1), tenant(2)].map(|tenant| scene.store.find_branch_key(tenant, None));
        let versions = join_all(versions).await.into_iter().map(|found| found.unwrap().unwrap().version.number());
        let rotated = usize::from(kind == StoreErrorKind::Corrupt);
        assert_eq!(versions.filter(|version| *version == 2).count(), rotated, "{kind:?}");
        assert_eq!(scene.signing_keys().await.len(), 2, "{kind:?}");
        let code = if kind == StoreErrorKind::Corrupt { "branch-keys-stuck" } else { "unavailable" };
        assert_eq!(stuck.code(), code, "{stuck}");
        assert_eq!(scene.due().await.branch_keys_rotated, 2 - rotated, "the next run, once it is mended");
    }
}

#[tokio::test]
async fn t5_if_no_key_stays_one_signs_at_once_and_only_one() {
    let scene = Scene::new().await;
    scene.retire_all().await;
    scene.clock.advance(Duration::from_secs(3_600));

    let runs = join_all((0..8).map(|_| scene.run(Task::Due))).await;

    let now = scene.clock().now();
    let made: Vec<String> = runs.into_iter().flat_map(|run| run.unwrap().signing_keys_made).collect();
    let [old, new] = scene.signing_keys().await.try_into().unwrap();
    assert_eq!((made, new.signs_from, new.retires_at), (vec![new.id.to_string()], now, None));
    let retired = Outcome::SigningKeyRetired {
        key: KeyThumbprint::try_from(&old.id).unwrap(),
        retires_at: old.retires_at.unwrap(),
        successor: Some(KeyThumbprint::try_from(&new.id).unwrap()),
    };
    assert_eq!(scene.outcomes(), [retired]);
    assert_eq!(scene.due().await, Rotated::default());
}

#[tokio::test]
async fn tenants_without_any_signing_key_are_an_error_and_a_new_stack_is_not() {
    let (new, lost) = (Scene::without_tenants(), Scene::new().await);
    lost.retire_all().await;
    let [over] = lost.signing_keys().await.try_into().unwrap();
    lost.store.remove_signing_key(&over.id, lost.clock().now()).await.unwrap();
    lost.clock.advance(BRANCH_KEY_AGE);

    let error = lost.run(Task::Due).await.unwrap_err();

    assert_eq!(error.code(), "no-signing-key");
    assert_eq!(lost.told().len(), 2, "branch keys are rotated");
    assert_eq!(new.due().await, Rotated::default());
}

#[tokio::test]
async fn a_leaked_signing_key_retires_at_once_and_another_signs() {
    let scene = Scene::new().await;
    let [leaked] = scene.signing_keys().await.try_into().unwrap();
    let now = scene.clock().now();

    let first = scene.run(Task::RetireLeaked(leaked.id.clone())).await.unwrap();
    let again = scene.run(Task::RetireLeaked(leaked.id.clone())).await.unwrap();

    let keys = scene.signing_keys().await;
    let new = keys.iter().find(|key| key.id != leaked.id).unwrap();
    assert_eq!((new.signs_from, new.retires_at), (now, None));
    assert_eq!(keys.iter().find(|key| key.id == leaked.id).unwrap().retires_at, Some(now));
    assert_eq!((first.signing_keys_made, again), (vec![new.id.to_string()], Rotated::default()));
    assert_eq!(scene.outcomes().len(), 1);
}

#[tokio::test]
async fn a_leaked_key_that_no_longer_signs_retires_without_a_successor() {
    let scene = Scene::new().await;
    scene.clock.advance(SIGNING_KEY_AGE.saturating_sub(PUBLISHED_BEFORE));
    scene.due().await;
    scene.clock.advance(PUBLISHED_BEFORE);
    let [leaked, signs] = scene.signing_keys().await.try_into().unwrap();

    let done = scene.run(Task::RetireLeaked(leaked.id.clone())).await.unwrap();

    let [old, new] = scene.signing_keys().await.try_into().unwrap();
    assert_eq!((old.retires_at, new), (Some(scene.clock().now()), signs));
    assert_eq!(done.signing_keys_made, Vec::<String>::new());
}

#[tokio::test]
async fn a_leaked_branch_key_is_followed_at_once() {
    let scene = Scene::new().await;

    let done = scene.run(Task::Rotate(tenant(1))).await.unwrap();

    let versions = [scene.store.find_branch_key(tenant(1), None), scene.store.find_branch_key(tenant(2), None)];
    let versions: Vec<u32> =
        join_all(versions).await.into_iter().map(|found| found.unwrap().unwrap().version.number()).collect();
    assert_eq!((done.branch_keys_rotated, versions), (1, vec![2, 1]));
    assert_eq!(scene.outcomes(), [Outcome::BranchKeyRotated { version: 2 }]);
}

#[tokio::test]
async fn what_is_unknown_is_said_so_and_nothing_changes() {
    let scene = Scene::new().await;

    let key = scene.run(Task::RetireLeaked("no-key".parse().unwrap())).await;
    let tenant = scene.run(Task::Rotate(tenant(9))).await;

    assert!(matches!(key, Err(RotateError::UnknownKey(id)) if id.as_str() == "no-key"));
    assert!(matches!(tenant, Err(RotateError::UnknownTenant)));
    assert_eq!((scene.signing_keys().await.len(), scene.told().len()), (1, 0));
}

#[tokio::test]
async fn every_event_file_is_a_task() {
    let scene = Scene::new().await;
    let due = scene.answer(include_str!("../../../../events/rotate-keys/every-hour.json")).await;
    let signing = scene.answer(include_str!("../../../../events/rotate-keys/signing-key-leaked.json")).await;
    let branch = scene.answer(include_str!("../../../../events/rotate-keys/branch-key-leaked.json")).await;

    assert_eq!(due.unwrap(), Rotated::default());
    assert_eq!(signing.unwrap_err().code(), "unknown-key");
    assert_eq!(branch.unwrap_err().code(), "unknown-tenant");
    assert_eq!(scene.answer("{}").await.unwrap_err().code(), "malformed-task");
}
