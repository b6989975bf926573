//! Reading and revoking sessions.

use std::time::Duration;

use domain::{Session, UserId};

use super::race::{count, race};
use super::{Failure, Report, VerificationPorts, World};
use crate::Revocation;

pub(super) async fn run<S: VerificationPorts>(store: &S, seed: u64, report: &mut Report) {
    run_cases!(
        "session",
        store,
        seed,
        report,
        [
            a_revoked_one_keeps_its_first_instant,
            of_many_revocations_at_once_one_revokes,
            an_unknown_one_is_not_created_by_revoking,
            neither_another_tenant_nor_another_user_sees_it,
        ]
    );
}

async fn a_revoked_one_keeps_its_first_instant(store: &impl VerificationPorts, world: &World) -> Result<(), Failure> {
    let session = opened(store, world).await?;
    let (first, later) = (world.after(Duration::from_millis(5)), world.after(Duration::from_secs(5)));
    let revoke = |at| store.revoke_session(world.tenant, world.user, session.id, at);

    ensure_eq!(revoke(first).await?, Revocation::Revoked);
    ensure_eq!(revoke(later).await?, Revocation::AlreadyRevoked);

    let found = store.find_session(world.tenant, world.user, session.id).await?;
    ensure_eq!(found, Some(Session { revoked_at: Some(first), ..session }));
    Ok(())
}

async fn of_many_revocations_at_once_one_revokes<S: VerificationPorts>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    let Session { tenant, user, id, created_at, .. } = opened(store, world).await?;

    let outcomes =
        race(store, 32, move |store: S, _| async move { store.revoke_session(tenant, user, id, created_at).await })
            .await?;

    ensure_eq!(count(&outcomes, |outcome| *outcome == Revocation::Revoked), 1);
    ensure_eq!(count(&outcomes, |outcome| *outcome == Revocation::AlreadyRevoked), 31);
    Ok(())
}

async fn an_unknown_one_is_not_created_by_revoking(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    let id = world.session(0).id;

    ensure_eq!(store.find_session(world.tenant, world.user, id).await?, None);
    ensure_eq!(store.revoke_session(world.tenant, world.user, id, world.now).await?, Revocation::Unknown);

    ensure_eq!(store.find_session(world.tenant, world.user, id).await?, None);
    Ok(())
}

async fn neither_another_tenant_nor_another_user_sees_it(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    let session = opened(store, world).await?;
    let other_user = UserId::from_keyed_bytes(world.bytes(3, 1));

    for (tenant, user) in [(world.other_tenant, world.user), (world.tenant, other_user)] {
        ensure_eq!(store.find_session(tenant, user, session.id).await?, None);
        ensure_eq!(store.revoke_session(tenant, user, session.id, world.now).await?, Revocation::Unknown);
    }

    ensure_eq!(store.find_session(world.tenant, world.user, session.id).await?, Some(session));
    Ok(())
}

/// Opens a session the only way there is: by completing a verification.
async fn opened(store: &impl VerificationPorts, world: &World) -> Result<Session, Failure> {
    store.open_verification(&world.verification()?).await?;
    store.claim_attempt(&world.claim(1)?).await?;
    store.complete_verification(&world.completion(1, 0)?).await?;
    Ok(world.session(0))
}
