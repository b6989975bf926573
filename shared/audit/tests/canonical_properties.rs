//! What holds of every event's spelling.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use audit::{About, Denial, Event, KeyThumbprint, ListingEntry, Outcome, RefusalReason, SealedPersonalData, Subject};
use domain::{
    Acr, ApiKeyId, EventId, FactorSet, FactorType, ListedAccess, RequestId, Route, Scope, Scopes, Sealed, SecretHash,
    SessionId, TenantId, TransactionHash, VerificationId,
};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

fn sealed(bytes: impl Into<Vec<u8>>) -> SealedPersonalData {
    SealedPersonalData::new(Sealed::new(bytes.into()))
}

fn factors() -> impl Strategy<Value = FactorSet> {
    proptest::sample::subsequence(FactorType::ALL.to_vec(), 0..=11).prop_map(|types| FactorSet::of(types).unwrap())
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    let verification = || any::<[u8; 16]>().prop_map(|bytes| VerificationId::new(Uuid::from_bytes(bytes)));
    let session = || any::<[u8; 16]>().prop_map(|bytes| SessionId::new(Uuid::from_bytes(bytes)));
    let acr = prop_oneof![Just(Acr::TwoCategories), Just(Acr::ThreeCategories)];
    let transaction = proptest::option::of(any::<[u8; 32]>().prop_map(TransactionHash::new));
    prop_oneof![
        locks(),
        listings(),
        api_keys(),
        found(),
        denials(),
        rotations(),
        (factors(), any::<u32>())
            .prop_map(|(factors, key_version)| Outcome::EnrollmentCreated { factors, key_version }),
        Just(Outcome::EnrollmentRefused { reason: RefusalReason::AlreadyEnrolled }),
        (factors(), transaction, verification()).prop_map(|(asked, transaction, verification)| {
            Outcome::VerificationOpened { verification, asked, transaction }
        }),
        (any::<u8>(), verification())
            .prop_map(|(attempts_remaining, verification)| Outcome::AttemptWrong { verification, attempts_remaining }),
        (acr, session(), verification()).prop_map(|(acr, session, verification)| Outcome::VerificationSucceeded {
            verification,
            session,
            acr
        }),
        verification().prop_map(|verification| Outcome::CompletionRefused { verification }),
        session().prop_map(|session| Outcome::SessionRevoked { session }),
        session().prop_map(|session| Outcome::SessionRefreshed { session }),
        session().prop_map(|session| Outcome::RefreshTokenReused { session }),
        any::<u64>().prop_map(|epoch| Outcome::TenantSessionsRevoked { epoch }),
    ]
}

fn locks() -> impl Strategy<Value = Outcome> {
    let verification = any::<[u8; 16]>().prop_map(|bytes| VerificationId::new(Uuid::from_bytes(bytes)));
    prop_oneof![
        (any::<u8>(), verification).prop_map(|(attempts_remaining, verification)| Outcome::AttemptWhileLocked {
            verification,
            attempts_remaining
        }),
        (any::<u8>(), instants()).prop_map(|(failures, until)| Outcome::AccountLocked { failures, until }),
        any::<u8>().prop_map(|failures| Outcome::AccountUnlocked { failures }),
        any::<u32>().prop_map(|key_version| Outcome::UserErased { key_version }),
        any::<u32>().prop_map(|key_version| Outcome::UserEnabled { key_version }),
        Just(Outcome::UserDisabled {}),
        any::<u16>().prop_map(|events| Outcome::DataExported { events }),
    ]
}

fn found() -> impl Strategy<Value = Outcome> {
    let verification = || any::<[u8; 16]>().prop_map(|bytes| VerificationId::new(Uuid::from_bytes(bytes)));
    let event = any::<[u8; 16]>().prop_map(|bytes| EventId::new(Uuid::from_bytes(bytes)));
    prop_oneof![
        (any::<u8>(), verification()).prop_map(|(attempts_remaining, verification)| Outcome::AttemptAbandoned {
            attempts_remaining,
            verification
        }),
        verification().prop_map(|verification| Outcome::VerificationMissing { verification }),
        event.prop_map(|event| Outcome::OutcomeNotReached { event }),
        (any::<u16>(), instants(), instants()).prop_map(|(events, from, until)| Outcome::TrailRead {
            events,
            from,
            until
        }),
    ]
}

fn denials() -> impl Strategy<Value = Outcome> {
    let denial = proptest::sample::select(vec![
        Denial::Unauthenticated,
        Denial::StepUpRequired,
        Denial::Forbidden,
        Denial::InsufficientScope,
        Denial::RateLimited,
        Denial::EnrollmentNotFound,
        Denial::VerificationNotFound,
        Denial::VerificationClosed,
        Denial::FactorsMismatch,
        Denial::IdempotencyKeyReused,
        Denial::IdempotencyKeyStale,
    ]);
    let route = proptest::option::of(proptest::sample::select(Route::ALL.to_vec()));
    (denial, route, any::<u32>()).prop_map(|(denial, route, suppressed)| Outcome::RequestRefused {
        denial,
        route,
        suppressed,
    })
}

fn listings() -> impl Strategy<Value = Outcome> {
    let access = prop_oneof![Just(ListedAccess::Allowed), Just(ListedAccess::Denied)];
    let entry = (access, instants()).prop_map(|(access, expires_at)| ListingEntry { access, expires_at });
    let network = prop_oneof![
        (any::<[u8; 4]>(), 0..=32_u8).prop_map(|(at, bits)| IpNet::V4(Ipv4Net::new(at.into(), bits).unwrap())),
        (any::<[u8; 16]>(), 0..=128_u8).prop_map(|(at, bits)| IpNet::V6(Ipv6Net::new(at.into(), bits).unwrap())),
    ];
    (proptest::option::of(entry), proptest::option::of(network))
        .prop_map(|(entry, network)| Outcome::ListingChanged { entry, network })
}

fn api_keys() -> impl Strategy<Value = Outcome> {
    let key = || any::<[u8; 32]>().prop_map(|hash| ApiKeyId::from(SecretHash::new(hash)));
    let expiry = || proptest::option::of(instants());
    let scopes = || {
        proptest::sample::subsequence(Scope::ALL.to_vec(), 1..=Scope::ALL.len()).prop_map(|scopes| -> Scopes {
            let names: Vec<_> = scopes.into_iter().map(Scope::name).collect();
            names.join(" ").parse().unwrap()
        })
    };
    prop_oneof![
        (expiry(), key(), scopes()).prop_map(|(expires_at, key, scopes)| Outcome::TenantCreated {
            expires_at,
            key,
            scopes
        }),
        (expiry(), key(), scopes()).prop_map(|(expires_at, key, scopes)| Outcome::ApiKeyCreated {
            expires_at,
            key,
            scopes
        }),
        (key(), key(), instants()).prop_map(|(key, replaced_by, until)| Outcome::ApiKeyRotated {
            key,
            replaced_by,
            until
        }),
        key().prop_map(|key| Outcome::ApiKeyRevoked { key }),
    ]
}

fn rotations() -> impl Strategy<Value = Outcome> {
    let thumbprint = || any::<[u8; 32]>().prop_map(KeyThumbprint::new);
    prop_oneof![
        any::<u32>().prop_map(|version| Outcome::BranchKeyRotated { version }),
        (thumbprint(), instants(), proptest::option::of(thumbprint()))
            .prop_map(|(key, retires_at, successor)| Outcome::SigningKeyRetired { key, retires_at, successor }),
    ]
}

fn instants() -> impl Strategy<Value = Timestamp> {
    (Timestamp::MIN.as_nanosecond()..=Timestamp::MAX.as_nanosecond())
        .prop_map(|nanoseconds| Timestamp::from_nanosecond(nanoseconds).unwrap())
}

fn abouts() -> impl Strategy<Value = About> {
    let tenant = any::<[u8; 16]>().prop_map(|bytes| TenantId::new(Uuid::from_bytes(bytes)));
    (tenant, any::<[u8; 16]>(), 0..3).prop_map(|(tenant, subject, kind)| match kind {
        0 => About::Deployment,
        1 => About::Tenant(tenant),
        _ => About::Person { tenant, subject: Subject::new(subject) },
    })
}

prop_compose! {
    fn events()(
        id in any::<[u8; 16]>(),
        about in abouts(),
        at in instants(),
        request_id in any::<String>(),
        outcome in outcomes(),
        personal in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..=128)),
    ) -> Event {
        Event {
            id: EventId::new(Uuid::from_bytes(id)),
            about,
            at,
            request_id: RequestId::from_transport(&request_id),
            outcome,
            personal: personal.map(sealed),
        }
    }
}

proptest! {
    #[test]
    fn every_event_is_read_back_as_it_was(event in events()) {
        prop_assert_eq!(Event::parse(event.canonical_json().as_bytes()), Ok(event));
    }

    #[test]
    fn members_are_sorted_at_every_depth(event in events()) {
        let json = event.canonical_json();

        // A map of serde_json is sorted by name, so writing the parsed value gives RFC 8785's order.
        prop_assert_eq!(serde_json::json!({"b": 1, "a": 2}).to_string(), r#"{"a":2,"b":1}"#);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();

        prop_assert_eq!(value.to_string(), json);
    }

    #[test]
    fn whatever_is_parsed_has_these_very_bytes(event in events(), position in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = event.canonical_json().into_bytes();
        let position = position.index(bytes.len());
        *bytes.get_mut(position).unwrap() = byte;

        if let Ok(parsed) = Event::parse(&bytes) {
            prop_assert_eq!(parsed.canonical_json().into_bytes(), bytes);
        }
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Event::parse(&bytes).is_err());
    }
}
