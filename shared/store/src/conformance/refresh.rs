//! Exchanging refresh tokens.

use std::time::Duration;

use domain::{SecretHash, Session, SessionProfile};

use super::outbox::{discard, kept};
use super::race::{count, race};
use super::{AccountPorts, Failure, Report, Setting, World};
use crate::{OutboxEvent, Rotation, SessionKey, SessionOpening, TokenRotation};

pub(super) async fn run<S: AccountPorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "refresh",
        store,
        setting,
        report,
        [
            t2_the_next_token_takes_the_place_of_the_presented_one,
            t2_of_many_who_present_a_token_one_exchanges_it,
            t2_a_token_that_was_exchanged_changes_nothing_more,
            t2_a_session_that_is_over_exchanges_nothing,
            t2_a_revoked_session_exchanges_nothing,
            a9_opening_a_refreshed_session_again_leaves_it_as_it_is,
            an_unknown_session_exchanges_nothing,
        ]
    );
}

async fn t2_the_next_token_takes_the_place_of_the_presented_one(
    store: &impl AccountPorts,
    world: &World,
) -> Result<(), Failure> {
    let session = opened(store, world).await?;
    let later = world.after(Duration::from_micros(7_000_999));
    let rotation = TokenRotation { at: later, ..rotation(world, 1) };

    ensure_eq!(store.rotate_refresh_token(&rotation, &world.event(0)).await?, Rotation::Rotated);

    let at = world.after(Duration::from_secs(7));
    let expected = Session { refreshed_at: at, refresh_token: rotation.next, ..session };
    ensure_eq!(store.find_session(world.tenant, world.user, expected.id).await?, Some(expected.clone()));
    ensure_eq!(store.list_sessions(world.tenant, world.user).await?, vec![expected]);
    ensure_eq!(kept(store, [&world.event(0)]).await?, vec![world.event(0)]);
    discard(store, &[world.event(0)]).await
}

async fn t2_of_many_who_present_a_token_one_exchanges_it<S: AccountPorts>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    opened(store, world).await?;
    let rotations: Vec<TokenRotation> = (0..16).map(|number| rotation(world, 10 + number)).collect();
    let events: Vec<OutboxEvent> = (0..16).map(|number| world.event(number)).collect();

    let outcomes = race(store, 16, {
        let (rotations, events) = (rotations.clone(), events.clone());
        move |store: S, contender| {
            let mine = (rotations.get(usize::from(contender)).copied(), events.get(usize::from(contender)).cloned());
            async move {
                let (Some(rotation), Some(event)) = mine else { return Ok((Rotation::Refused(None), None)) };
                Ok((store.rotate_refresh_token(&rotation, &event).await?, Some((rotation.next, event))))
            }
        }
    })
    .await?;

    ensure_eq!(count(&outcomes, |(outcome, _)| *outcome == Rotation::Rotated), 1);
    let winner = outcomes.iter().find(|(outcome, _)| *outcome == Rotation::Rotated);
    let winner = winner.and_then(|(_, mine)| mine.clone());
    let found = store.find_session(world.tenant, world.user, world.session(0).id).await?;
    ensure_eq!(found.map(|found| found.refresh_token), winner.as_ref().map(|(next, _)| *next));
    let winners: Vec<OutboxEvent> = winner.into_iter().map(|(_, event)| event).collect();
    ensure_eq!(kept(store, &events).await?, winners.clone());
    discard(store, &winners).await
}

async fn t2_a_token_that_was_exchanged_changes_nothing_more(
    store: &impl AccountPorts,
    world: &World,
) -> Result<(), Failure> {
    let session = opened(store, world).await?;
    let first = rotation(world, 1);
    store.rotate_refresh_token(&first, &world.event(0)).await?;

    let again = TokenRotation { at: world.after(Duration::from_secs(1)), ..rotation(world, 2) };
    let outcome = store.rotate_refresh_token(&again, &world.event(1)).await?;

    let unchanged = Session { refresh_token: first.next, ..session };
    ensure_eq!(outcome, Rotation::Refused(Some(Box::new(unchanged))));
    ensure_eq!(kept(store, [&world.event(1)]).await?, Vec::new());
    discard(store, &[world.event(0)]).await
}

/// ```text
/// refreshed          refreshed + idle            expires
///     ┼── exchanged ────────┼ refused
///     ┼── exchanged ──┼── refreshed again ── exchanged ──┼ refused
/// ```
async fn t2_a_session_that_is_over_exchanges_nothing(store: &impl AccountPorts, world: &World) -> Result<(), Failure> {
    let session = opened(store, world).await?;
    let idle = SessionProfile::PAYMENTS.idle;
    let at = |after: Duration| TokenRotation { at: world.after(after), ..rotation(world, 1) };
    let refused = |session: &Session| Rotation::Refused(Some(Box::new(session.clone())));

    ensure_eq!(store.rotate_refresh_token(&at(idle), &world.event(0)).await?, refused(&session));
    let just_before = idle.saturating_sub(Duration::from_millis(1));
    ensure_eq!(store.rotate_refresh_token(&at(just_before), &world.event(1)).await?, Rotation::Rotated);

    let refreshed_at = world.after(just_before);
    let last = Session { id: world.session(1).id, refreshed_at, expires_at: world.after(idle), ..world.session(1) };
    ensure_eq!(store.open_session(&last, &[]).await?, SessionOpening::Opened);
    let of_last = |after| TokenRotation {
        session: SessionKey { session: last.id, ..at(after).session },
        presented: last.refresh_token,
        ..at(after)
    };
    ensure_eq!(store.rotate_refresh_token(&of_last(idle), &world.event(2)).await?, refused(&last));
    ensure_eq!(store.rotate_refresh_token(&of_last(just_before), &world.event(3)).await?, Rotation::Rotated);

    let [done, other] = [1, 3].map(|number| world.event(number));
    let refused = [0, 2].map(|number| world.event(number));
    ensure_eq!(kept(store, &refused).await?, Vec::new());
    discard(store, &[done, other]).await
}

async fn t2_a_revoked_session_exchanges_nothing(store: &impl AccountPorts, world: &World) -> Result<(), Failure> {
    let session = opened(store, world).await?;
    store.revoke_session(&world.session_key(0), world.now, &world.event(0)).await?;

    let outcome = store.rotate_refresh_token(&rotation(world, 1), &world.event(1)).await?;

    let revoked = Session { revoked_at: Some(world.now), ..session };
    ensure_eq!(outcome, Rotation::Refused(Some(Box::new(revoked))));
    ensure_eq!(kept(store, [&world.event(1)]).await?, Vec::new());
    discard(store, &[world.event(0)]).await
}

async fn a9_opening_a_refreshed_session_again_leaves_it_as_it_is(
    store: &impl AccountPorts,
    world: &World,
) -> Result<(), Failure> {
    let session = opened(store, world).await?;
    store.rotate_refresh_token(&rotation(world, 1), &world.event(0)).await?;

    ensure_eq!(store.open_session(&session, &[]).await?, SessionOpening::Opened);

    let found = store.find_session(world.tenant, world.user, session.id).await?;
    ensure_eq!(found.map(|found| found.refresh_token), Some(rotation(world, 1).next));
    discard(store, &[world.event(0)]).await
}

async fn an_unknown_session_exchanges_nothing(store: &impl AccountPorts, world: &World) -> Result<(), Failure> {
    let unknown = rotation(world, 1);
    ensure_eq!(store.rotate_refresh_token(&unknown, &world.event(0)).await?, Rotation::Refused(None));

    // Nor in an account that has others, nor in another tenant's.
    store.open_session(&world.session(1), &[]).await?;
    ensure_eq!(store.rotate_refresh_token(&unknown, &world.event(0)).await?, Rotation::Refused(None));
    let theirs = SessionKey { tenant: world.other_tenant, ..world.session_key(1) };
    let theirs = TokenRotation { session: theirs, presented: world.session(1).refresh_token, ..unknown };
    ensure_eq!(store.rotate_refresh_token(&theirs, &world.event(0)).await?, Rotation::Refused(None));
    ensure_eq!(kept(store, [&world.event(0)]).await?, Vec::new());
    ensure_eq!(store.list_sessions(world.tenant, world.user).await?, vec![world.session(1)]);
    ensure_eq!(store.list_sessions(world.other_tenant, world.user).await?, Vec::new());
    Ok(())
}

async fn opened(store: &impl AccountPorts, world: &World) -> Result<Session, Failure> {
    let session = world.session(0);
    ensure_eq!(store.open_session(&session, &[]).await?, SessionOpening::Opened);
    Ok(session)
}

/// The exchange of the first token of the first session, now, for the `number`th.
fn rotation(world: &World, number: u8) -> TokenRotation {
    TokenRotation {
        session: world.session_key(0),
        presented: world.session(0).refresh_token,
        next: SecretHash::new([200_u8.wrapping_add(number); 32]),
        at: world.now,
    }
}
