//! Revoking all sessions: of a user, and of a tenant.

use domain::{Account, MAX_SESSIONS, Session, SessionEpoch, SessionId, UserId};

use super::outbox::{discard, kept};
use super::race::{count, race};
use super::{AccountPorts, Failure, Report, Setting, World};
use crate::{
    EPOCH_COPIES, EpochAdvance, OutboxEvent, SessionOpening, StoreError, StoreErrorKind, UserRevocation, UserRevoked,
};

pub(super) async fn run<S: AccountPorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "mass_revocation",
        store,
        setting,
        report,
        [
            t3_all_sessions_of_a_user_end_by_one_write,
            t3_a_session_opened_meanwhile_is_not_left_out,
            t3_one_revoked_meanwhile_has_one_event,
            t3_of_sessions_opened_beside_a_revocation_none_is_overlooked,
            t3_every_user_reads_the_new_epoch_of_their_tenant_only,
            t3_of_many_who_advance_an_epoch_one_does,
        ]
    );
}

async fn t3_all_sessions_of_a_user_end_by_one_write(store: &impl AccountPorts, world: &World) -> Result<(), Failure> {
    let sessions = opened(store, world, 5).await?;
    store.revoke_session(&world.session_key(4), world.now, &world.event(4)).await?;
    let revocation = revocation(world, &sessions, 0..4);

    ensure_eq!(store.revoke_sessions(&revocation).await?, UserRevoked::Revoked);

    let found = store.list_sessions(world.tenant, world.user).await?;
    let all_revoked: Vec<Session> =
        sessions.into_iter().map(|session| Session { revoked_at: Some(world.now), ..session }).collect();
    ensure_eq!(sorted(found), sorted(all_revoked));
    let events: Vec<OutboxEvent> = (0..5).map(|number| world.event(number)).collect();
    ensure_eq!(kept(store, &events).await?.len(), 5);
    discard(store, &events).await
}

async fn t3_a_session_opened_meanwhile_is_not_left_out(
    store: &impl AccountPorts,
    world: &World,
) -> Result<(), Failure> {
    let known = opened(store, world, 2).await?;
    let revocation = revocation(world, &known, 0..2);
    store.open_session(&world.session(7), &[]).await?;

    let outcome = store.revoke_sessions(&revocation).await?;

    let now = store.list_sessions(world.tenant, world.user).await?;
    ensure_eq!(now.iter().filter(|session| session.revoked_at.is_none()).count(), 3);
    ensure_eq!(changed(outcome), Some(sorted(now)));

    // One in the place of another is noticed, too.
    store.open_session(&world.session(8), &[world.session(7).id]).await?;
    let three = [known, vec![world.session(7)]].concat();
    let outcome = store.revoke_sessions(&self::revocation(world, &three, 0..2)).await?;
    ensure_eq!(matches!(outcome, UserRevoked::Changed(_)), true);
    let events: Vec<OutboxEvent> = (0..2).map(|number| world.event(number)).collect();
    ensure_eq!(kept(store, &events).await?, Vec::new());
    Ok(())
}

async fn t3_one_revoked_meanwhile_has_one_event(store: &impl AccountPorts, world: &World) -> Result<(), Failure> {
    let sessions = opened(store, world, 2).await?;
    store.revoke_session(&world.session_key(1), world.now, &world.event(9)).await?;

    let outcome = store.revoke_sessions(&revocation(world, &sessions, 0..2)).await?;
    let nobodys = UserRevocation { tenant: world.other_tenant, ..revocation(world, &sessions, 0..2) };
    let of_nobody = store.revoke_sessions(&nobodys).await?;

    ensure_eq!(matches!(outcome, UserRevoked::Changed(_)), true);
    ensure_eq!(of_nobody, UserRevoked::Changed(Vec::new()));
    let events: Vec<OutboxEvent> = (0..2).map(|number| world.event(number)).collect();
    ensure_eq!(kept(store, &events).await?, Vec::new());
    discard(store, &[world.event(9)]).await
}

/// Whoever revokes all sees a session that was opened before, and one that is opened after lives.
async fn t3_of_sessions_opened_beside_a_revocation_none_is_overlooked<S: AccountPorts>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    let first = opened(store, world, 1).await?;
    let openings: Vec<Session> = (1..8).map(|number| world.session(number)).collect();
    let events: Vec<OutboxEvent> = (0..8).map(|number| world.event(number)).collect();
    let revoking = revocation(world, &first, 0..1);

    let outcomes = race(store, 8, {
        let events = events.clone();
        move |store: S, contender| {
            let session = contender.checked_sub(1).and_then(|number| openings.get(usize::from(number)).cloned());
            let (revoking, events) = (revoking.clone(), events.clone());
            async move {
                match session {
                    Some(session) => open_evicting(&store, &session).await.map(|()| None),
                    None => revoke_all(&store, revoking, &events).await.map(Some),
                }
            }
        }
    })
    .await?;

    let ended: Vec<SessionId> = outcomes.into_iter().flatten().flatten().collect();
    let remaining = store.list_sessions(world.tenant, world.user).await?;
    ensure_eq!(remaining.len() <= MAX_SESSIONS, true);
    for session in remaining {
        ensure_eq!(session.revoked_at.is_some(), ended.contains(&session.id));
    }
    let kept = kept(store, &events).await?;
    ensure_eq!(kept.len(), ended.len());
    discard(store, &kept).await
}

async fn t3_every_user_reads_the_new_epoch_of_their_tenant_only(
    store: &impl AccountPorts,
    world: &World,
) -> Result<(), Failure> {
    let users: Vec<UserId> = (0..EPOCH_COPIES).map(|copy| UserId::from_keyed_bytes([copy; 16])).collect();
    let [first, second, third] = [0, 1, 2].map(SessionEpoch::new);
    for user in &users {
        ensure_eq!(store.find_session_epoch(world.tenant, *user).await?, first);
    }

    for (from, to, number) in [(first, second, 0), (second, third, 1)] {
        let advance = store.advance_session_epoch(world.tenant, from, &world.event(number)).await?;
        ensure_eq!(advance, EpochAdvance::Advanced);
        for user in &users {
            ensure_eq!(store.find_session_epoch(world.tenant, *user).await?, to);
            ensure_eq!(store.find_session_epoch(world.other_tenant, *user).await?, first);
        }
    }

    let late = store.advance_session_epoch(world.tenant, first, &world.event(2)).await?;
    let early = store.advance_session_epoch(world.other_tenant, second, &world.event(2)).await?;
    ensure_eq!((late, early), (EpochAdvance::Changed(third), EpochAdvance::Changed(first)));
    let events = [0, 1].map(|number| world.event(number));
    ensure_eq!(kept(store, [&world.event(2)]).await?, Vec::new());
    ensure_eq!(kept(store, &events).await?.len(), 2);
    discard(store, &events).await
}

async fn t3_of_many_who_advance_an_epoch_one_does<S: AccountPorts>(store: &S, world: &World) -> Result<(), Failure> {
    let (tenant, events) = (world.tenant, (0..8).map(|number| world.event(number)).collect::<Vec<_>>());

    let outcomes = race(store, 8, {
        let events = events.clone();
        move |store: S, contender| {
            let event = events.get(usize::from(contender)).cloned();
            async move {
                let Some(event) = event else { return Ok(EpochAdvance::Changed(SessionEpoch::FIRST)) };
                loop {
                    match store.advance_session_epoch(tenant, SessionEpoch::FIRST, &event).await {
                        Err(error) if error.kind == StoreErrorKind::Throttled => tokio::task::yield_now().await,
                        outcome => return outcome,
                    }
                }
            }
        }
    })
    .await?;

    ensure_eq!(count(&outcomes, |outcome| *outcome == EpochAdvance::Advanced), 1);
    ensure_eq!(count(&outcomes, |outcome| *outcome == EpochAdvance::Changed(SessionEpoch::new(1))), 7);
    let kept = kept(store, &events).await?;
    ensure_eq!(kept.len(), 1);
    discard(store, &kept).await
}

async fn opened(store: &impl AccountPorts, world: &World, number: u8) -> Result<Vec<Session>, Failure> {
    for number in 0..number {
        ensure_eq!(store.open_session(&world.session(number), &[]).await?, SessionOpening::Opened);
    }
    Ok((0..number).map(|number| world.session(number)).collect())
}

/// The revocation of some of these sessions, which are all that are known.
fn revocation(world: &World, known: &[Session], ends: std::ops::Range<u8>) -> UserRevocation {
    UserRevocation {
        tenant: world.tenant,
        user: world.user,
        known: known.iter().map(|session| session.id).collect(),
        ends: ends.map(|number| (world.session(number).id, world.event(number))).collect(),
        at: world.now,
    }
}

/// Opens a session as a function does.
async fn open_evicting(store: &impl AccountPorts, session: &Session) -> Result<(), StoreError> {
    let mut account = Account::default();
    loop {
        let evicted = account.sessions_to_evict(session.created_at);
        match store.open_session(session, &evicted).await {
            // Nobody rotates factors here; a session that was not opened is missed where they are counted.
            Ok(SessionOpening::Opened | SessionOpening::Superseded) => return Ok(()),
            Ok(SessionOpening::Changed(now)) => account = *now,
            Err(error) if error.kind == StoreErrorKind::Throttled => tokio::task::yield_now().await,
            Err(error) => return Err(error),
        }
    }
}

/// Revokes all as a function does, and gives which.
async fn revoke_all(
    store: &impl AccountPorts,
    mut revocation: UserRevocation,
    events: &[OutboxEvent],
) -> Result<Vec<SessionId>, StoreError> {
    loop {
        match store.revoke_sessions(&revocation).await {
            Ok(UserRevoked::Revoked) => return Ok(revocation.ends.into_iter().map(|(id, _)| id).collect()),
            Ok(UserRevoked::Changed(now)) => {
                revocation.known = now.iter().map(|session| session.id).collect();
                let to_end = now.iter().filter(|session| session.revoked_at.is_none()).map(|session| session.id);
                revocation.ends = to_end.zip(events.iter().cloned()).collect();
            }
            Err(error) if error.kind == StoreErrorKind::Throttled => tokio::task::yield_now().await,
            Err(error) => return Err(error),
        }
    }
}

fn changed(outcome: UserRevoked) -> Option<Vec<Session>> {
    match outcome {
        UserRevoked::Revoked => None,
        UserRevoked::Changed(found) => Some(sorted(found)),
    }
}

fn sorted(mut sessions: Vec<Session>) -> Vec<Session> {
    sessions.sort_by_key(|session| session.id);
    sessions
}
