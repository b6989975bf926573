//! Opening, reading and revoking sessions.

use std::time::Duration;

use domain::{Account, MAX_SESSIONS, SecretHash, Session, SessionId, UserId};

use super::outbox::{discard, kept};
use super::race::{count, race};
use super::{AccountPorts, Failure, Report, Setting, World};
use crate::{OutboxEvent, Revocation, SessionKey, SessionOpening, StoreError, StoreErrorKind};

pub(super) async fn run<S: AccountPorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "session",
        store,
        setting,
        report,
        [
            an_opened_one_comes_back_as_it_was,
            a9_opening_it_again_leaves_it_as_it_is_by_then,
            a_session_is_never_overwritten,
            t2_a_sixth_is_not_opened_until_another_goes,
            t2_of_sixteen_at_once_five_remain,
            one_to_evict_that_is_gone_already_is_no_hindrance,
            a_revoked_one_keeps_its_first_instant_and_one_event,
            of_many_revocations_at_once_one_revokes_and_keeps_its_event,
            an_unknown_one_is_not_created_by_revoking,
            neither_another_tenant_nor_another_user_sees_it,
        ]
    );
}

async fn an_opened_one_comes_back_as_it_was(store: &impl AccountPorts, world: &World) -> Result<(), Failure> {
    let finer = Session { created_at: world.after(Duration::from_nanos(999_999)), ..world.session(0) };

    ensure_eq!(store.open_session(&finer, &[]).await?, SessionOpening::Opened);

    let session = world.session(0);
    ensure_eq!(found(store, world, session.id).await?, Some(session.clone()));
    let account = Account { sessions: [(session.id, session)].into(), ..Account::default() };
    ensure_eq!(store.find_account(world.tenant, world.user).await?, Some(account));
    Ok(())
}

async fn a9_opening_it_again_leaves_it_as_it_is_by_then(
    store: &impl AccountPorts,
    world: &World,
) -> Result<(), Failure> {
    let session = opened(store, world, 0).await?;
    store.revoke_session(&world.session_key(0), world.now, &world.event(0)).await?;
    store.reserve_failure(world.tenant, world.user, world.mark(1), world.now).await?;

    ensure_eq!(store.open_session(&session, &[]).await?, SessionOpening::Opened);

    let revoked = Session { revoked_at: Some(world.now), ..session };
    ensure_eq!(found(store, world, revoked.id).await?, Some(revoked));
    Ok(())
}

async fn a_session_is_never_overwritten(store: &impl AccountPorts, world: &World) -> Result<(), Failure> {
    let session = opened(store, world, 0).await?;
    let other = Session { family: SecretHash::new([99; 32]), ..session.clone() };

    let outcome = store.open_session(&other, &[]).await;

    ensure_eq!(outcome.map_err(|error| error.kind), Err(StoreErrorKind::Corrupt));
    ensure_eq!(found(store, world, session.id).await?, Some(session));
    Ok(())
}

async fn t2_a_sixth_is_not_opened_until_another_goes(store: &impl AccountPorts, world: &World) -> Result<(), Failure> {
    for number in 0..5 {
        opened(store, world, number).await?;
    }
    store.reserve_failure(world.tenant, world.user, world.mark(1), world.now).await?;
    let before = store.find_account(world.tenant, world.user).await?.unwrap_or_default();
    let (first, sixth) = (world.session(0), world.session(5));

    let changed = store.open_session(&sixth, &[]).await?;
    let unrelated = store.open_session(&sixth, &[world.session(77).id]).await?;
    ensure_eq!(changed, SessionOpening::Changed(Box::new(before.clone())));
    ensure_eq!(unrelated, changed);
    ensure_eq!(store.find_account(world.tenant, world.user).await?, Some(before));

    ensure_eq!(store.open_session(&sixth, &[first.id]).await?, SessionOpening::Opened);
    ensure_eq!(found(store, world, first.id).await?, None);
    ensure_eq!(live_sessions(store, world).await?, 5);
    Ok(())
}

async fn t2_of_sixteen_at_once_five_remain<S: AccountPorts>(store: &S, world: &World) -> Result<(), Failure> {
    let sessions: Vec<Session> = (0..16).map(|number| world.session(number)).collect();
    let ids: Vec<SessionId> = sessions.iter().map(|session| session.id).collect();

    let outcomes = race(store, 16, move |store: S, contender| {
        let session = sessions.get(usize::from(contender)).cloned();
        async move {
            match session {
                Some(session) => open_evicting(&store, &session).await,
                None => Ok(0),
            }
        }
    })
    .await?;

    let mut remaining = 0;
    for id in ids {
        remaining += usize::from(found(store, world, id).await?.is_some());
    }
    ensure_eq!(outcomes.into_iter().filter(|most| *most > MAX_SESSIONS).count(), 0);
    ensure_eq!((remaining, live_sessions(store, world).await?), (MAX_SESSIONS, MAX_SESSIONS));
    Ok(())
}

/// Opens a session as a function does: evicting what must go, again when others came between. Gives the most sessions seen.
async fn open_evicting(store: &impl AccountPorts, session: &Session) -> Result<usize, StoreError> {
    let (mut account, mut most) = (Account::default(), 0);
    loop {
        let evicted = account.sessions_to_evict(session.created_at);
        match store.open_session(session, &evicted).await {
            Ok(SessionOpening::Opened | SessionOpening::Superseded) => return Ok(most),
            Ok(SessionOpening::Changed(now)) => {
                most = most.max(now.sessions.len());
                account = *now;
            }
            Err(error) if error.kind == StoreErrorKind::Throttled => tokio::task::yield_now().await,
            Err(error) => return Err(error),
        }
    }
}

async fn one_to_evict_that_is_gone_already_is_no_hindrance(
    store: &impl AccountPorts,
    world: &World,
) -> Result<(), Failure> {
    let first = opened(store, world, 0).await?;
    let [second, third] = [1, 2].map(|number| world.session(number));
    ensure_eq!(store.open_session(&second, &[first.id]).await?, SessionOpening::Opened);

    ensure_eq!(store.open_session(&third, &[first.id]).await?, SessionOpening::Opened);

    let account = store.find_account(world.tenant, world.user).await?.unwrap_or_default();
    ensure_eq!(account.sessions, [(second.id, second), (third.id, third)].into());
    Ok(())
}

async fn a_revoked_one_keeps_its_first_instant_and_one_event(
    store: &impl AccountPorts,
    world: &World,
) -> Result<(), Failure> {
    let session = opened(store, world, 0).await?;
    let (first, later) = (world.after(Duration::from_millis(5)), world.after(Duration::from_secs(5)));
    let (key, [event, second]) = (world.session_key(0), [0, 1].map(|number| world.event(number)));

    ensure_eq!(store.revoke_session(&key, first, &event).await?, Revocation::Revoked);
    ensure_eq!(store.revoke_session(&key, later, &second).await?, Revocation::AlreadyRevoked);

    ensure_eq!(found(store, world, session.id).await?, Some(Session { revoked_at: Some(first), ..session }));
    ensure_eq!(kept(store, [&event, &second]).await?, vec![event.clone()]);
    discard(store, &[event]).await
}

async fn of_many_revocations_at_once_one_revokes_and_keeps_its_event<S: AccountPorts>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    opened(store, world, 0).await?;
    let (key, now) = (world.session_key(0), world.now);
    let events: Vec<OutboxEvent> = (0..32).map(|number| world.event(number)).collect();

    let outcomes = race(store, 32, {
        let events = events.clone();
        move |store: S, contender| {
            let event = events.get(usize::from(contender)).cloned();
            async move {
                let Some(event) = event else { return Ok((Revocation::Unknown, None)) };
                Ok((store.revoke_session(&key, now, &event).await?, Some(event)))
            }
        }
    })
    .await?;

    let winner = outcomes.iter().find(|(outcome, _)| *outcome == Revocation::Revoked);
    let winner: Vec<OutboxEvent> = winner.and_then(|(_, event)| event.clone()).into_iter().collect();
    ensure_eq!(count(&outcomes, |(outcome, _)| *outcome == Revocation::Revoked), 1);
    ensure_eq!(count(&outcomes, |(outcome, _)| *outcome == Revocation::AlreadyRevoked), 31);
    ensure_eq!(kept(store, &events).await?, winner.clone());
    discard(store, &winner).await
}

async fn an_unknown_one_is_not_created_by_revoking(store: &impl AccountPorts, world: &World) -> Result<(), Failure> {
    let (unknown, event) = (world.session_key(1), world.event(1));
    let revoke = || store.revoke_session(&unknown, world.now, &event);

    ensure_eq!(revoke().await?, Revocation::Unknown);
    ensure_eq!(store.find_account(world.tenant, world.user).await?, None);

    // Nor in an account that has others.
    opened(store, world, 0).await?;
    ensure_eq!(revoke().await?, Revocation::Unknown);
    ensure_eq!(found(store, world, unknown.session).await?, None);
    ensure_eq!(kept(store, [&event]).await?, Vec::new());
    Ok(())
}

async fn neither_another_tenant_nor_another_user_sees_it(
    store: &impl AccountPorts,
    world: &World,
) -> Result<(), Failure> {
    let session = opened(store, world, 0).await?;
    let other_user = UserId::from_keyed_bytes(world.bytes(3, 1));

    for (tenant, user) in [(world.other_tenant, world.user), (world.tenant, other_user)] {
        ensure_eq!(store.find_session(tenant, user, session.id).await?, None);
        let key = SessionKey { tenant, user, session: session.id };
        ensure_eq!(store.revoke_session(&key, world.now, &world.event(1)).await?, Revocation::Unknown);
    }

    ensure_eq!(found(store, world, session.id).await?, Some(session));
    ensure_eq!(kept(store, [&world.event(1)]).await?, Vec::new());
    Ok(())
}

async fn opened(store: &impl AccountPorts, world: &World, number: u8) -> Result<Session, Failure> {
    let session = world.session(number);
    ensure_eq!(store.open_session(&session, &[]).await?, SessionOpening::Opened);
    Ok(session)
}

async fn live_sessions(store: &impl AccountPorts, world: &World) -> Result<usize, Failure> {
    let account = store.find_account(world.tenant, world.user).await?.unwrap_or_default();
    Ok(account.sessions.len())
}

async fn found(store: &impl AccountPorts, world: &World, id: SessionId) -> Result<Option<Session>, Failure> {
    Ok(store.find_session(world.tenant, world.user, id).await?)
}
