//! Reserving, forgetting and unlocking failures.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{Account, AttemptMark, FORGOTTEN_AFTER, Failures, UserId};
use jiff::Timestamp;

use super::outbox::{discard, kept};
use super::race::{count, race};
use super::{AccountPorts, Failure, Report, Setting, World};
use crate::{OutboxEvent, Reservation, SessionOpening, Unlocking};

pub(super) async fn run<S: AccountPorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "account",
        store,
        setting,
        report,
        [
            v3_the_ladder_holds,
            v3_of_sixty_four_failures_at_once_five_are_reserved,
            a9_an_attempt_is_reserved_once_however_often_it_is_repeated,
            a9_a_reserved_attempt_keeps_its_reservation_when_locked_since,
            v3_a_locked_account_counts_nothing,
            v3_failures_are_forgotten_a_day_after_the_latest,
            v3_a_session_forgets_them,
            v3_an_operator_unlocks_at_once,
            unlocking_what_never_failed_changes_nothing,
            what_has_changed_since_it_was_known_is_not_unlocked,
            of_many_unlockings_at_once_one_unlocks_and_keeps_its_event,
            what_is_finer_than_a_millisecond_is_cut_off,
            neither_another_tenant_nor_another_user_is_counted,
        ]
    );
}

/// The failures that are reserved in turn, each as soon as it can be, and when the account is locked from then on.
async fn v3_the_ladder_holds(store: &impl AccountPorts, world: &World) -> Result<(), Failure> {
    let minutes = |minutes: u64| world.after(Duration::from_secs(minutes * 60));
    let reserve = |number, now| store.reserve_failure(world.tenant, world.user, world.mark(number), now);
    let locks =
        [(5, minutes(0), minutes(15)), (8, minutes(15), minutes(255)), (10, minutes(255), minutes(255 + 1_440))];
    let mut reserved = 0;
    for (failures, at, until) in locks {
        while reserved < failures {
            reserved += 1;
            let account = reserved_account(reserve(reserved, at).await?)?;
            ensure_eq!(account.failures.instants().len(), usize::from(reserved));
            ensure_eq!(account.failures.locked_until(at), (reserved == failures).then_some(until));
        }
        let last = Timestamp::from_nanosecond(until.as_nanosecond() - 1).unwrap_or(until);
        for now in [at, last] {
            ensure_eq!(reserve(99, now).await?, Reservation::Locked { until });
        }
    }
    let anew = reserved_account(reserve(20, minutes(255 + 1_440)).await?)?;
    ensure_eq!(anew.failures.instants(), &[minutes(255 + 1_440)]);
    Ok(())
}

async fn v3_of_sixty_four_failures_at_once_five_are_reserved<S: AccountPorts>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    let (tenant, user, now) = (world.tenant, world.user, world.now);
    let marks: Vec<AttemptMark> = (0..64).map(|number| world.mark(number)).collect();

    let outcomes = race(store, 64, {
        let marks = marks.clone();
        move |store: S, contender| {
            let mark = marks.get(usize::from(contender)).copied().unwrap_or(AttemptMark([0; 8]));
            async move { store.reserve_failure(tenant, user, mark, now).await }
        }
    })
    .await?;

    let until = world.after(Duration::from_secs(15 * 60));
    ensure_eq!(count(&outcomes, |outcome| matches!(outcome, Reservation::Reserved(_))), 5);
    ensure_eq!(count(&outcomes, |outcome| *outcome == Reservation::Locked { until }), 59);
    let account = found(store, world).await?;
    ensure_eq!(account.failures.instants(), &[now; 5]);
    ensure_eq!((account.reserved.len(), account.reserved.is_subset(&marks.into_iter().collect())), (5, true));
    Ok(())
}

async fn a9_an_attempt_is_reserved_once_however_often_it_is_repeated<S: AccountPorts>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    let (tenant, user, mark, now) = (world.tenant, world.user, world.mark(1), world.now);

    let outcomes =
        race(store, 32, move |store: S, _| async move { store.reserve_failure(tenant, user, mark, now).await }).await?;
    let later = store.reserve_failure(tenant, user, mark, world.after(Duration::from_secs(20))).await?;

    let once = account_of(vec![now], [mark])?;
    ensure_eq!(outcomes, vec![Reservation::Reserved(Box::new(once.clone())); 32]);
    ensure_eq!(later, Reservation::Reserved(Box::new(once.clone())));
    ensure_eq!(found(store, world).await?, once);
    Ok(())
}

async fn a9_a_reserved_attempt_keeps_its_reservation_when_locked_since(
    store: &impl AccountPorts,
    world: &World,
) -> Result<(), Failure> {
    let locked = fail(store, world, 5).await?;

    for number in [1, 5] {
        let repeated = store.reserve_failure(world.tenant, world.user, world.mark(number), world.now).await?;
        ensure_eq!(repeated, Reservation::Reserved(Box::new(locked.clone())));
    }

    ensure_eq!(found(store, world).await?, locked);
    Ok(())
}

async fn v3_a_locked_account_counts_nothing(store: &impl AccountPorts, world: &World) -> Result<(), Failure> {
    let locked = fail(store, world, 5).await?;
    let until = world.after(Duration::from_secs(15 * 60));

    for number in 6..30 {
        let now = world.after(Duration::from_secs(30) * u32::from(number - 6));
        let refused = store.reserve_failure(world.tenant, world.user, world.mark(number), now).await?;
        ensure_eq!(refused, Reservation::Locked { until });
    }

    ensure_eq!(found(store, world).await?, locked);
    Ok(())
}

async fn v3_failures_are_forgotten_a_day_after_the_latest(
    store: &impl AccountPorts,
    world: &World,
) -> Result<(), Failure> {
    fail(store, world, 3).await?;
    let last = world.after(FORGOTTEN_AFTER.saturating_sub(Duration::from_millis(1)));
    let reserve = |number, now| store.reserve_failure(world.tenant, world.user, world.mark(number), now);

    let fourth = reserved_account(reserve(4, last).await?)?;
    let day_after = Timestamp::from_nanosecond(last.as_nanosecond()).unwrap_or(last) + FORGOTTEN_AFTER;
    let anew = reserved_account(reserve(5, day_after).await?)?;

    ensure_eq!(fourth.failures.instants(), &[world.now, world.now, world.now, last]);
    ensure_eq!(anew, account_of(vec![day_after], [world.mark(5)])?);
    ensure_eq!(found(store, world).await?, anew);
    Ok(())
}

async fn v3_a_session_forgets_them(store: &impl AccountPorts, world: &World) -> Result<(), Failure> {
    fail(store, world, 4).await?;

    ensure_eq!(store.open_session(&world.session(0), &[]).await?, SessionOpening::Opened);

    let session = world.session(0);
    let forgotten = Account { sessions: [(session.id, session)].into(), ..Account::default() };
    ensure_eq!(found(store, world).await?, forgotten.clone());
    let anew = store.reserve_failure(world.tenant, world.user, world.mark(1), world.now).await?;
    let counted = account_of(vec![world.now], [world.mark(1)])?;
    let counted = Account { sessions: forgotten.sessions, ..counted };
    ensure_eq!(anew, Reservation::Reserved(Box::new(counted)));
    Ok(())
}

async fn v3_an_operator_unlocks_at_once(store: &impl AccountPorts, world: &World) -> Result<(), Failure> {
    let session = world.session(0);
    store.open_session(&session, &[]).await?;
    let locked = fail(store, world, 5).await?;

    let [first, second] = [1, 2].map(|number| world.event(number));
    let unlock = |event| store.unlock_account(world.tenant, world.user, &locked.failures, event);

    ensure_eq!(unlock(&first).await?, Unlocking::Unlocked);
    ensure_eq!(unlock(&second).await?, Unlocking::Changed);
    ensure_eq!(kept(store, [&first, &second]).await?, vec![first.clone()]);
    discard(store, &[first]).await?;

    let unlocked = Account { sessions: [(session.id, session)].into(), ..Account::default() };
    ensure_eq!(found(store, world).await?, unlocked);
    let anew = reserved_account(store.reserve_failure(world.tenant, world.user, world.mark(1), world.now).await?)?;
    ensure_eq!(anew.failures.instants().len(), 1);
    Ok(())
}

async fn unlocking_what_never_failed_changes_nothing(store: &impl AccountPorts, world: &World) -> Result<(), Failure> {
    let known = [Failures::default(), failures_of(vec![world.now])?];
    let event = world.event(1);
    for known in &known {
        ensure_eq!(store.unlock_account(world.tenant, world.user, known, &event).await?, Unlocking::Changed);
    }
    ensure_eq!(store.find_account(world.tenant, world.user).await?, None);

    // Nor in an account that has sessions.
    store.open_session(&world.session(0), &[]).await?;
    let before = found(store, world).await?;
    for known in &known {
        ensure_eq!(store.unlock_account(world.tenant, world.user, known, &event).await?, Unlocking::Changed);
    }

    ensure_eq!(found(store, world).await?, before);
    ensure_eq!(kept(store, [&event]).await?, Vec::new());
    Ok(())
}

async fn what_has_changed_since_it_was_known_is_not_unlocked(
    store: &impl AccountPorts,
    world: &World,
) -> Result<(), Failure> {
    let known = fail(store, world, 2).await?.failures;
    let third = store.reserve_failure(world.tenant, world.user, world.mark(3), world.now).await?;
    let event = world.event(1);

    ensure_eq!(store.unlock_account(world.tenant, world.user, &known, &event).await?, Unlocking::Changed);

    ensure_eq!(found(store, world).await?, reserved_account(third)?);
    ensure_eq!(kept(store, [&event]).await?, Vec::new());
    Ok(())
}

async fn of_many_unlockings_at_once_one_unlocks_and_keeps_its_event<S: AccountPorts>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    let known = fail(store, world, 5).await?.failures;
    let events: Vec<OutboxEvent> = (0..16).map(|number| world.event(number)).collect();
    let (tenant, user) = (world.tenant, world.user);

    let outcomes = race(store, 16, {
        let (known, events) = (known.clone(), events.clone());
        move |store: S, contender| {
            let (known, event) = (known.clone(), events.get(usize::from(contender)).cloned());
            async move {
                let Some(event) = event else { return Ok(None) };
                let unlocked = store.unlock_account(tenant, user, &known, &event).await? == Unlocking::Unlocked;
                Ok(unlocked.then_some(event))
            }
        }
    })
    .await?;

    let unlocked: Vec<OutboxEvent> = outcomes.into_iter().flatten().collect();
    ensure_eq!(unlocked.len(), 1);
    ensure_eq!(kept(store, &events).await?, unlocked.clone());
    discard(store, &unlocked).await
}

async fn what_is_finer_than_a_millisecond_is_cut_off(store: &impl AccountPorts, world: &World) -> Result<(), Failure> {
    let now = world.after(Duration::from_nanos(5_999_999));

    let reserved = store.reserve_failure(world.tenant, world.user, world.mark(1), now).await?;

    let cut = account_of(vec![world.after(Duration::from_millis(5))], [world.mark(1)])?;
    ensure_eq!(reserved, Reservation::Reserved(Box::new(cut.clone())));
    ensure_eq!(found(store, world).await?, cut);
    Ok(())
}

async fn neither_another_tenant_nor_another_user_is_counted(
    store: &impl AccountPorts,
    world: &World,
) -> Result<(), Failure> {
    let locked = fail(store, world, 5).await?;
    let other_user = UserId::from_keyed_bytes(world.bytes(3, 1));

    for (tenant, user) in [(world.other_tenant, world.user), (world.tenant, other_user)] {
        ensure_eq!(store.find_account(tenant, user).await?, None);
        let unlocking = store.unlock_account(tenant, user, &locked.failures, &world.event(1)).await?;
        ensure_eq!(unlocking, Unlocking::Changed);
        let reserved = store.reserve_failure(tenant, user, world.mark(1), world.now).await?;
        ensure_eq!(reserved, Reservation::Reserved(Box::new(account_of(vec![world.now], [world.mark(1)])?)));
    }

    ensure_eq!(found(store, world).await?, locked);
    ensure_eq!(kept(store, [&world.event(1)]).await?, Vec::new());
    Ok(())
}

/// Reserves the first failures of the user; gives the account.
async fn fail(store: &impl AccountPorts, world: &World, failures: u8) -> Result<Account, Failure> {
    for number in 1..=failures {
        reserved_account(store.reserve_failure(world.tenant, world.user, world.mark(number), world.now).await?)?;
    }
    found(store, world).await
}

fn reserved_account(reservation: Reservation) -> Result<Account, Failure> {
    match reservation {
        Reservation::Reserved(account) => Ok(*account),
        Reservation::Locked { until } => Err(Failure::new(format!("locked until {until}"))),
    }
}

fn account_of(failures: Vec<Timestamp>, marks: impl Into<BTreeSet<AttemptMark>>) -> Result<Account, Failure> {
    Ok(Account { failures: failures_of(failures)?, reserved: marks.into(), ..Account::default() })
}

fn failures_of(instants: Vec<Timestamp>) -> Result<Failures, Failure> {
    Failures::new(instants).ok_or_else(|| Failure::new("too many failures".to_owned()))
}

async fn found(store: &impl AccountPorts, world: &World) -> Result<Account, Failure> {
    Ok(store.find_account(world.tenant, world.user).await?.unwrap_or_default())
}
