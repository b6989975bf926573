//! Sessions: at most five of a user live at once, and the oldest go first.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{
    Account, Acr, MAX_SESSIONS, SecretHash, Session, SessionEpoch, SessionId, SessionProfile, TenantId, UserId,
};
use proptest::prelude::*;

use crate::at;

/// A session that began `age` seconds ago and lives for a minute.
fn session(number: u8, age: u64, is_revoked: bool) -> Session {
    let created_at = at(0) - Duration::from_secs(age);
    Session {
        tenant: TenantId::from_keyed_bytes([1; 16]),
        user: UserId::from_keyed_bytes([2; 16]),
        id: SessionId::from_keyed_bytes([number; 16]),
        acr: Acr::TwoCategories,
        key_version: 1,
        created_at,
        refreshed_at: created_at,
        expires_at: created_at + Duration::from_secs(60),
        epoch: SessionEpoch::FIRST,
        family: SecretHash::new([number; 32]),
        refresh_token: SecretHash::new([number; 32]),
        approved_transaction: false,
        revoked_at: is_revoked.then_some(at(0)),
    }
}

fn account(sessions: impl IntoIterator<Item = Session>) -> Account {
    Account { sessions: sessions.into_iter().map(|session| (session.id, session)).collect(), ..Account::default() }
}

#[test]
fn t2_a_fifth_session_needs_no_room_and_a_sixth_the_oldest_ones() {
    let four = account((0..4).map(|number| session(number, u64::from(number), false)));
    let five = account((0..5).map(|number| session(number, u64::from(number), false)));

    assert_eq!(MAX_SESSIONS, 5);
    assert_eq!(four.sessions_to_evict(at(0)), []);
    assert_eq!(five.sessions_to_evict(at(0)), [session(4, 4, false).id]);
}

#[test]
fn t2_a_session_is_over_at_its_expiry_and_when_revoked() {
    let account = account([session(1, 60, false), session(2, 59, false), session(3, 0, true)]);

    let evicted: BTreeSet<_> = account.sessions_to_evict(at(0)).into_iter().collect();

    assert_eq!(evicted, [session(1, 60, false).id, session(3, 0, true).id].into());
}

#[test]
fn t2_a_session_that_is_not_refreshed_is_over_after_its_idle_time() {
    let hour = Duration::from_secs(3_600);
    let SessionProfile { idle, .. } = SessionProfile::PAYMENTS;
    let left = Session { expires_at: at(0) + hour, ..session(1, idle.as_secs(), false) };
    let kept = Session { refreshed_at: at(-1), ..left.clone() };

    assert!(left.is_live(at(-1)) && !left.is_live(at(0)));
    assert!(kept.is_live(at(0)) && !kept.is_live(kept.refreshed_at + idle));
    assert_eq!((left.idle_at(), kept.idle_at()), (at(0), at(-1) + idle));
}

#[test]
fn t2_no_refresh_makes_a_session_live_longer_than_it_may() {
    let profile = SessionProfile::PAYMENTS;
    let created_at = at(0);
    let end = profile.end_of(created_at);
    let refreshed =
        Session { created_at, refreshed_at: end - Duration::from_secs(1), expires_at: end, ..session(1, 0, false) };

    assert_eq!(end, created_at + profile.lifetime);
    assert_eq!(refreshed.idle_at(), end);
    assert!(refreshed.is_live(end - Duration::from_secs(1)) && !refreshed.is_live(end));
}

#[test]
fn t3_a_session_counts_in_the_epoch_that_it_was_opened_in() {
    let session = session(1, 0, false);

    assert!(session.is_live_in(SessionEpoch::FIRST, at(0)));
    assert!(!session.is_live_in(SessionEpoch::FIRST.next(), at(0)));
    assert!(!Session { epoch: SessionEpoch::new(2), ..session }.is_live_in(SessionEpoch::FIRST.next(), at(0)));
}

proptest! {
    #[test]
    fn t2_what_goes_makes_room_and_no_more(
        sessions in prop::collection::vec((0..90u64, prop::bool::weighted(0.2)), 0..12),
    ) {
        let account = account((0..).zip(sessions).map(|(number, (age, revoked))| session(number, age, revoked)));

        let evicted: BTreeSet<_> = account.sessions_to_evict(at(0)).into_iter().collect();

        let (gone, kept): (Vec<_>, Vec<_>) =
            account.sessions.values().partition(|session| evicted.contains(&session.id));
        let live = account.sessions.values().filter(|session| session.is_live(at(0))).count();
        prop_assert_eq!(evicted.len(), account.sessions_to_evict(at(0)).len());
        prop_assert_eq!(gone.len(), evicted.len());
        prop_assert!(kept.iter().all(|session| session.is_live(at(0))));
        prop_assert_eq!(kept.len(), live.min(MAX_SESSIONS - 1));
        let newest_gone = gone.iter().filter(|session| session.is_live(at(0))).map(|session| session.created_at).max();
        let oldest_kept = kept.iter().map(|session| session.created_at).min();
        prop_assert!(newest_gone.zip(oldest_kept).is_none_or(|(gone, kept)| gone <= kept));
    }
}
