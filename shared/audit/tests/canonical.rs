//! An event has one spelling, and only that is read.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use audit::{
    About, Denial, Event, KeyThumbprint, ListingEntry, MAX_EVENT_BYTES, Outcome, ParseError, RefusalReason,
    SealedPersonalData, Subject,
};
use domain::{
    Acr, ApiKeyId, EventId, FactorSet, FactorType, ListedAccess, RequestId, Route, Scope, Scopes, Sealed, SecretHash,
    SessionId, TenantId, TransactionHash, VerificationId,
};
use jiff::Timestamp;

fn event(outcome: Outcome) -> Event {
    Event {
        id: EventId::at(Timestamp::from_millisecond(1_793_491_200_123).unwrap(), &[7; 10]),
        about: About::Person { tenant: TenantId::from_keyed_bytes([1; 16]), subject: Subject::new([0xab; 16]) },
        at: Timestamp::from_millisecond(1_793_491_200_123).unwrap(),
        request_id: RequestId::from_transport("JKJaXmPLvHcESHA="),
        outcome,
        personal: None,
    }
}

fn sealed(bytes: impl Into<Vec<u8>>) -> SealedPersonalData {
    SealedPersonalData::new(Sealed::new(bytes.into()))
}

#[test]
fn an_event_is_spelt_in_sorted_members_without_spaces() {
    let outcome =
        Outcome::AttemptWrong { verification: VerificationId::from_keyed_bytes([2; 16]), attempts_remaining: 2 };

    assert_eq!(
        event(outcome).canonical_json(),
        concat!(
            r#"{"at":"2026-11-01T00:00:00.123Z","id":"01a19467-e87b-7707-8707-070707070707","#,
            r#""outcome":{"attempt_wrong":{"attempts_remaining":2,"verification":"02020202-0202-8202-8202-020202020202"}},"#,
            r#""personal":null,"request_id":"JKJaXmPLvHcESHA=","schema":1,"subject":"abababababababababababababababab","#,
            r#""tenant":"01010101-0101-8101-8101-010101010101"}"#,
        )
    );
}

#[test]
fn every_outcome_has_its_spelling() {
    let factors = FactorSet::of([FactorType::Nfc, FactorType::Pin]).unwrap();
    let verification = VerificationId::from_keyed_bytes([2; 16]);
    let session = SessionId::from_keyed_bytes([3; 16]);
    let spelling = |outcome| {
        let json = event(outcome).canonical_json();
        let (_, rest) = json.split_once(r#""outcome":"#).unwrap();
        rest.split_once(r#","personal""#).unwrap().0.to_owned()
    };

    assert_eq!(
        spelling(Outcome::EnrollmentCreated { factors, key_version: 1 }),
        r#"{"enrollment_created":{"factors":["pin","nfc"],"key_version":1}}"#
    );
    assert_eq!(
        spelling(Outcome::EnrollmentRefused { reason: RefusalReason::AlreadyEnrolled }),
        r#"{"enrollment_refused":{"reason":"already_enrolled"}}"#
    );
    assert_eq!(
        spelling(Outcome::VerificationOpened { verification, asked: factors, transaction: None }),
        r#"{"verification_opened":{"asked":["pin","nfc"],"transaction":null,"verification":"02020202-0202-8202-8202-020202020202"}}"#
    );
    assert_eq!(
        spelling(Outcome::VerificationSucceeded { verification, session, acr: Acr::TwoCategories }),
        concat!(
            r#"{"verification_succeeded":{"acr":"urn:countersign:acr:2-categories","session":"03030303-0303-8303-8303-030303030303","#,
            r#""verification":"02020202-0202-8202-8202-020202020202"}}"#
        )
    );
    assert_eq!(
        spelling(Outcome::CompletionRefused { verification }),
        r#"{"completion_refused":{"verification":"02020202-0202-8202-8202-020202020202"}}"#
    );
    assert_eq!(
        spelling(Outcome::SessionRefreshed { session }),
        r#"{"session_refreshed":{"session":"03030303-0303-8303-8303-030303030303"}}"#
    );
    assert_eq!(
        spelling(Outcome::RefreshTokenReused { session }),
        r#"{"refresh_token_reused":{"session":"03030303-0303-8303-8303-030303030303"}}"#
    );
    assert_eq!(
        spelling(Outcome::SessionRevoked { session }),
        r#"{"session_revoked":{"session":"03030303-0303-8303-8303-030303030303"}}"#
    );
}

#[test]
fn what_locks_and_what_an_operator_does_has_its_spelling() {
    let verification = VerificationId::from_keyed_bytes([2; 16]);
    let until = Timestamp::from_millisecond(1_793_491_200_123).unwrap();
    let entry = Some(ListingEntry { access: ListedAccess::Denied, expires_at: until });
    let spellings = [
        (Outcome::TenantSessionsRevoked { epoch: 7 }, r#"{"tenant_sessions_revoked":{"epoch":7}}"#),
        (
            Outcome::AttemptWhileLocked { verification, attempts_remaining: 1 },
            r#"{"attempt_while_locked":{"attempts_remaining":1,"verification":"02020202-0202-8202-8202-020202020202"}}"#,
        ),
        (
            Outcome::AccountLocked { failures: 5, until },
            r#"{"account_locked":{"failures":5,"until":"2026-11-01T00:00:00.123Z"}}"#,
        ),
        (Outcome::AccountUnlocked { failures: 8 }, r#"{"account_unlocked":{"failures":8}}"#),
        (
            Outcome::ListingChanged { entry, network: Some("2001:db8::/32".parse().unwrap()) },
            concat!(
                r#"{"listing_changed":{"entry":{"access":"denied","expires_at":"2026-11-01T00:00:00.123Z"},"#,
                r#""network":"2001:db8::/32"}}"#
            ),
        ),
        (
            Outcome::ListingChanged { entry: None, network: None },
            r#"{"listing_changed":{"entry":null,"network":null}}"#,
        ),
        (Outcome::BranchKeyRotated { version: 2 }, r#"{"branch_key_rotated":{"version":2}}"#),
        (
            Outcome::SigningKeyRetired {
                key: KeyThumbprint::new([0; 32]),
                retires_at: until,
                successor: Some(KeyThumbprint::new([255; 32])),
            },
            concat!(
                r#"{"signing_key_retired":{"key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","#,
                r#""retires_at":"2026-11-01T00:00:00.123Z","successor":"__________________________________________8"}}"#
            ),
        ),
    ];

    for (outcome, spelling) in spellings {
        let json = event(outcome).canonical_json();
        assert!(json.contains(&format!(r#""outcome":{spelling},"personal":null,"#)), "{json}");
        assert_eq!(Event::parse(json.as_bytes()), Ok(event(outcome)));
    }
}

#[test]
fn what_becomes_of_api_keys_has_its_spelling() {
    let until = Timestamp::from_millisecond(1_793_491_200_123).unwrap();
    let [key, replaced_by] = [0xab, 0xcd].map(|byte| ApiKeyId::from(SecretHash::new([byte; 32])));
    let scopes = "verifications sessions:read".parse().unwrap();
    let spellings = [
        (
            Outcome::TenantCreated { expires_at: None, key, scopes: Scopes::only(Scope::Audit) },
            r#"{"tenant_created":{"expires_at":null,"key":"abababababababab","scopes":"audit"}}"#,
        ),
        (
            Outcome::ApiKeyCreated { expires_at: Some(until), key, scopes },
            concat!(
                r#"{"api_key_created":{"expires_at":"2026-11-01T00:00:00.123Z","key":"abababababababab","#,
                r#""scopes":"verifications sessions:read"}}"#
            ),
        ),
        (
            Outcome::ApiKeyRotated { key, replaced_by, until },
            concat!(
                r#"{"api_key_rotated":{"key":"abababababababab","replaced_by":"cdcdcdcdcdcdcdcd","#,
                r#""until":"2026-11-01T00:00:00.123Z"}}"#
            ),
        ),
        (Outcome::ApiKeyRevoked { key }, r#"{"api_key_revoked":{"key":"abababababababab"}}"#),
    ];

    for (outcome, spelling) in spellings {
        let json = event(outcome).canonical_json();
        assert!(json.contains(&format!(r#""outcome":{spelling},"personal":null,"#)), "{json}");
        assert_eq!(Event::parse(json.as_bytes()), Ok(event(outcome)));
    }
}

#[test]
fn what_ends_factors_and_users_has_its_spelling() {
    let factors = FactorSet::of([FactorType::Nfc, FactorType::Pin]).unwrap();
    let spellings = [
        (
            Outcome::FactorsRotated { factors, key_version: 2 },
            r#"{"factors_rotated":{"factors":["pin","nfc"],"key_version":2}}"#,
        ),
        (Outcome::UserErased { key_version: 2 }, r#"{"user_erased":{"key_version":2}}"#),
        (Outcome::UserDisabled {}, r#"{"user_disabled":{}}"#),
        (Outcome::UserEnabled { key_version: 2 }, r#"{"user_enabled":{"key_version":2}}"#),
        (Outcome::DataExported { events: 200 }, r#"{"data_exported":{"events":200}}"#),
        (
            Outcome::EnrollmentRefused { reason: RefusalReason::UserErased },
            r#"{"enrollment_refused":{"reason":"user_erased"}}"#,
        ),
    ];

    for (outcome, spelling) in spellings {
        let json = event(outcome).canonical_json();
        assert!(json.contains(&format!(r#""outcome":{spelling},"personal":null,"#)), "{json}");
        assert_eq!(Event::parse(json.as_bytes()), Ok(event(outcome)));
    }
}

#[test]
fn what_reconciling_and_reading_find_has_its_spelling() {
    let verification = VerificationId::from_keyed_bytes([2; 16]);
    let from = Timestamp::from_millisecond(1_793_491_200_123).unwrap();
    let until = Timestamp::from_second(1_793_491_201).unwrap();
    let spellings = [
        (
            Outcome::AttemptAbandoned { attempts_remaining: 0, verification },
            r#"{"attempt_abandoned":{"attempts_remaining":0,"verification":"02020202-0202-8202-8202-020202020202"}}"#,
        ),
        (
            Outcome::VerificationMissing { verification },
            r#"{"verification_missing":{"verification":"02020202-0202-8202-8202-020202020202"}}"#,
        ),
        (
            Outcome::OutcomeNotReached { event: EventId::at(from, &[7; 10]) },
            r#"{"outcome_not_reached":{"event":"01a19467-e87b-7707-8707-070707070707"}}"#,
        ),
        (
            Outcome::TrailRead { events: 50, from, until },
            r#"{"trail_read":{"events":50,"from":"2026-11-01T00:00:00.123Z","until":"2026-11-01T00:00:01Z"}}"#,
        ),
    ];

    for (outcome, spelling) in spellings {
        let json = event(outcome).canonical_json();
        assert!(json.contains(&format!(r#""outcome":{spelling},"personal":null,"#)), "{json}");
        assert_eq!(Event::parse(json.as_bytes()), Ok(event(outcome)));
    }
}

#[test]
fn every_denial_has_its_spelling_on_every_route() {
    let denials = [
        (Denial::Unauthenticated, "unauthenticated"),
        (Denial::StepUpRequired, "step_up_required"),
        (Denial::Forbidden, "forbidden"),
        (Denial::InsufficientScope, "insufficient_scope"),
        (Denial::RateLimited, "rate_limited"),
        (Denial::EnrollmentNotFound, "enrollment_not_found"),
        (Denial::VerificationNotFound, "verification_not_found"),
        (Denial::VerificationClosed, "verification_closed"),
        (Denial::FactorsMismatch, "factors_mismatch"),
        (Denial::IdempotencyKeyReused, "idempotency_key_reused"),
        (Denial::IdempotencyKeyStale, "idempotency_key_stale"),
    ];
    let routes = Route::ALL.map(|route| (Some(route), format!("\"{}\"", route.name())));

    for (denial, name) in denials {
        for (route, written) in routes.iter().cloned().chain([(None, "null".to_owned())]) {
            let refused = event(Outcome::RequestRefused { denial, route, suppressed: u32::MAX });
            let json = refused.canonical_json();
            let spelling =
                format!(r#"{{"request_refused":{{"denial":"{name}","route":{written},"suppressed":4294967295}}}}"#);
            assert!(json.contains(&spelling), "{json}");
            assert_eq!(Event::parse(json.as_bytes()), Ok(refused));
        }
    }
}

#[test]
fn personal_data_is_sealed_and_has_one_spelling() {
    let session = SessionId::from_keyed_bytes([3; 16]);
    let with = Event { personal: Some(sealed([251; 45])), ..event(Outcome::SessionRevoked { session }) };
    let json = with.canonical_json();
    let spelt = |personal: &str| {
        let (before, rest) = json.split_once(r#""personal":""#).unwrap();
        let (_, after) = rest.split_once('"').unwrap();
        Event::parse(format!(r#"{before}"personal":{personal}{after}"#).as_bytes())
    };

    assert!(json.contains(&format!(r#""personal":"{}","request_id""#, "-_v7".repeat(15))), "{json}");
    assert_eq!(Event::parse(json.as_bytes()), Ok(with.clone()));
    assert_eq!(format!("{:?}", with.personal), "Some(SealedPersonalData(Sealed(45 bytes)))");
    assert!(spelt("null").is_ok_and(|event| event.personal.is_none()));
    assert!(spelt(r#""AA""#).is_ok_and(|event| event.personal == Some(sealed([0]))));
    for other in [r#""AA==""#, r#""AB""#, r#""+/v7""#, r#""198.51.100.7""#, "7", r#"["AA"]"#] {
        assert_eq!(spelt(other), Err(ParseError::Malformed), "{other}");
    }
    assert!(spelt(&format!("\"{}\"", "AAAA".repeat(42))).is_ok());
    assert_eq!(spelt(&format!("\"{}\"", "AAAA".repeat(43))), Err(ParseError::Malformed));
}

#[test]
fn an_event_may_be_about_nobody_but_a_person_has_an_owner() {
    let changed = Outcome::ListingChanged { entry: None, network: None };
    let tenant = TenantId::from_keyed_bytes([1; 16]);
    let of_tenant = Event { about: About::Tenant(tenant), ..event(changed) }.canonical_json();
    let of_deployment = Event { about: About::Deployment, ..event(changed) }.canonical_json();
    let of_person = event(changed).canonical_json();
    let owned = r#""tenant":"01010101-0101-8101-8101-010101010101""#;

    assert!(of_tenant.ends_with(&format!(r#""subject":null,{owned}}}"#)), "{of_tenant}");
    assert!(of_deployment.ends_with(r#""subject":null,"tenant":null}"#), "{of_deployment}");
    assert_eq!(Event::parse(of_person.replace(owned, r#""tenant":null"#).as_bytes()), Err(ParseError::Malformed));
    assert_eq!(Event::parse(of_tenant.replace(r#""subject":null,"#, "").as_bytes()), Err(ParseError::Malformed));
}

#[test]
fn another_spelling_of_an_event_is_not_an_event() {
    let json = event(Outcome::SessionRevoked { session: SessionId::from_keyed_bytes([3; 16]) }).canonical_json();
    let spelt = |from: &str, to: &str| {
        assert!(json.contains(from), "{from}");
        Event::parse(json.replacen(from, to, 1).as_bytes())
    };

    assert_eq!(Event::parse(json.as_bytes()).unwrap().canonical_json(), json);
    assert_eq!(spelt(r#"{"at""#, r#"{ "at""#), Err(ParseError::NotCanonical));
    assert_eq!(spelt("ab", "AB"), Err(ParseError::NotCanonical));
    assert_eq!(spelt(".123Z", ".1230Z"), Err(ParseError::NotCanonical));
    assert_eq!(spelt("00.123Z", "00.123+00:00"), Err(ParseError::NotCanonical));
    assert_eq!(spelt("JKJ", "\\u004aKJ"), Err(ParseError::NotCanonical));
    assert_eq!(spelt("JKJ", "J J"), Err(ParseError::NotCanonical));
    assert_eq!(spelt(r#""schema":1"#, r#""schema":2"#), Err(ParseError::UnknownSchema));
    assert_eq!(spelt(r#""schema":1"#, r#""schema":1.0"#), Err(ParseError::Malformed));
    assert_eq!(spelt(r#""schema":1"#, r#""schema":1,"schema":1"#), Err(ParseError::Malformed));
    assert_eq!(spelt(r#""schema":1"#, r#""schema":1,"email":"a@b""#), Err(ParseError::Malformed));
    assert_eq!(spelt(r#""schema":1,"#, ""), Err(ParseError::Malformed));
    assert_eq!(spelt("session_revoked", "session_renamed"), Err(ParseError::Malformed));
    assert_eq!(spelt(r#"{"session":"#, r#"{"email":"a@b","session":"#), Err(ParseError::Malformed));
    assert_eq!(Event::parse(format!("{json}\n").as_bytes()), Err(ParseError::NotCanonical));
    assert_eq!(Event::parse(format!("{json}{json}").as_bytes()), Err(ParseError::Malformed));
}

#[test]
fn what_is_too_long_is_not_parsed() {
    assert_eq!(Event::parse(&[b' '; MAX_EVENT_BYTES + 1]), Err(ParseError::TooLong));
    assert_eq!(Event::parse(&[b'['; MAX_EVENT_BYTES]), Err(ParseError::Malformed));
}

#[test]
fn the_longest_event_is_far_below_the_limit() {
    let longest = Event {
        request_id: RequestId::from_transport(&"x".repeat(64)),
        at: Timestamp::MIN,
        ..event(Outcome::VerificationOpened {
            verification: VerificationId::from_keyed_bytes([2; 16]),
            asked: FactorSet::of(FactorType::ALL).unwrap(),
            transaction: Some(TransactionHash::new([255; 32])),
        })
    };
    let longest = Event { personal: Some(sealed([0; 128])), ..longest };

    assert!(longest.canonical_json().len() < MAX_EVENT_BYTES / 4, "{}", longest.canonical_json().len());
}
