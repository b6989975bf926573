//! V8: which set is asked, and that derived ids are the same for a retry and different for everything else.

use domain::{Home, VerificationId, Window};
use jiff::Timestamp;

use super::{branch, branch_of, idempotency_key, user};
use crate::{KdfParameters, PresentedCapability};

fn window(number: i64) -> Window {
    Window::containing(Timestamp::from_second(number * 600).unwrap())
}

#[test]
fn v8_the_asked_set_is_uniform_over_users_and_windows() {
    let (branch, sets) = (branch(), 16);
    let mut asked = vec![0_u32; sets];

    for number in 0..=255 {
        for window_number in 0..64 {
            let selector = branch.selector(user(number), window(window_number));
            asked[domain::AskableSets::position(selector, sets)] += 1;
        }
    }

    let expected = 256.0 * 64.0 / 16.0;
    let chi_square: f64 = asked.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
    // 15 degrees of freedom: 37.7 is exceeded once in a thousand. The sample is fixed, so it never flickers.
    assert!(chi_square < 37.7, "{chi_square}");
}

#[test]
fn v8_the_asked_set_is_constant_within_a_window() {
    let at = |second| Window::containing(Timestamp::from_second(second).unwrap());

    let decoy = branch().decoy(user(1), KdfParameters::CHEAP).unwrap().verifiers().unwrap();
    let asked = |second| decoy.asked(branch().selector(user(1), at(second))).unwrap().set();

    assert_eq!((asked(600), asked(601)), (asked(1199), asked(1199)));
    assert_ne!(branch().selector(user(1), at(600)), branch().selector(user(1), at(1200)));
    assert_ne!(branch().selector(user(1), at(600)), branch().selector(user(2), at(600)));
    assert_ne!(branch().selector(user(1), at(600)), branch_of(2, 1).selector(user(1), at(600)));
}

#[test]
fn a_retry_derives_the_same_ids_and_nobody_else_does() {
    let key = idempotency_key(1);

    let opened = |branch: crate::BranchKey, key| branch.verification_id(&key, Home::Table);

    assert_eq!(opened(branch(), key), opened(branch(), key));
    assert_ne!(opened(branch(), key), opened(branch(), idempotency_key(2)));
    assert_ne!(opened(branch(), key), opened(branch_of(2, 1), key));
    assert_ne!(branch().user_id(&key), branch_of(2, 1).user_id(&key));
    assert_ne!(branch().user_id(&key).as_bytes(), opened(branch(), key).as_bytes());
    let (one, other) = ([1; 16], [2; 16]);

    assert_eq!(branch().event_id(&key, "attempt", &one), branch().event_id(&key, "attempt", &one));
    assert_ne!(branch().event_id(&key, "attempt", &one), branch().event_id(&key, "attempt", &other));
    assert_ne!(branch().event_id(&key, "attempt", &one), branch().event_id(&key, "initiate", &one));
    assert_ne!(branch().event_id(&key, "attempt", &one), branch().event_id(&idempotency_key(2), "attempt", &one));
    assert_ne!(branch().event_id(&key, "attempt", &one), branch_of(2, 1).event_id(&key, "attempt", &one));
    assert_ne!(branch().subject_pseudonym(user(1)), branch_of(2, 1).subject_pseudonym(user(1)));
    assert_ne!(branch().subject_pseudonym(user(1)), branch().subject_pseudonym(user(2)));
}

#[test]
fn a_fingerprint_tells_operation_key_and_body_apart() {
    let of = |operation, key, body: &[u8]| branch().fingerprint(idempotency_key(key), operation, body).body;

    let fingerprint = of("enroll", 1, b"{}");

    assert_eq!(fingerprint, of("enroll", 1, b"{}"));
    assert_ne!(fingerprint, of("initiate", 1, b"{}"));
    assert_ne!(fingerprint, of("enroll", 2, b"{}"));
    assert_ne!(fingerprint, of("enroll", 1, b"{ }"));
    assert_ne!(fingerprint, branch_of(2, 1).fingerprint(idempotency_key(1), "enroll", b"{}").body);
}

#[test]
fn a_capability_opens_its_verification_with_its_own_key_only() {
    let verification = VerificationId::from_keyed_bytes([9; 16]);
    let capability = branch().capability(verification);

    let presented = PresentedCapability::parse(capability.expose()).unwrap();

    assert!(capability.expose().starts_with("csc_"));
    assert_eq!(capability.expose(), branch().capability(verification).expose());
    assert_eq!((presented.tenant(), presented.verification()), (branch().tenant(), verification));
    assert_eq!(presented.branch_key_version(), branch().version());
    assert!(branch().checks_capability(&presented));
    assert!(!branch_of(2, 1).checks_capability(&presented));
    assert!(!branch_of(1, 2).checks_capability(&presented));
}

#[test]
fn a_capability_cannot_be_moved_to_another_verification_or_forged() {
    let verifications = [1, 2].map(|number| VerificationId::from_keyed_bytes([number; 16]));
    let [mac_of_first, _] = verifications.map(|verification| branch().capabilities.tag(verification.as_bytes()));
    let body_with = |mac: &[u8]| {
        let [_, second] = verifications;
        let tenant = branch().tenant();
        crate::opaque_secret::write(
            "csc_",
            &[tenant.as_bytes().as_slice(), second.as_bytes(), &1_u32.to_be_bytes(), mac].concat(),
        )
    };

    for mac in [mac_of_first, [0; 32]] {
        let forged = PresentedCapability::parse(&body_with(&mac)).unwrap();
        assert!(!branch().checks_capability(&forged));
    }
}
