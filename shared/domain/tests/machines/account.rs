//! Sessions: at most five of a user live at once, and the oldest go first.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{Account, MAX_SESSIONS, SecretHash, Session, SessionId, TenantId, UserId};
use proptest::prelude::*;

use crate::at;

/// A session that began `age` seconds ago and lives for a minute.
fn session(number: u8, age: u64, is_revoked: bool) -> Session {
    let created_at = at(0) - Duration::from_secs(age);
    Session {
        tenant: TenantId::from_keyed_bytes([1; 16]),
        user: UserId::from_keyed_bytes([2; 16]),
        id: SessionId::from_keyed_bytes([number; 16]),
        key_version: 1,
        created_at,
        expires_at: created_at + Duration::from_secs(60),
        refresh_token: SecretHash::new([number; 32]),
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
