//! C2: ciphertexts open in their own place only.

use domain::{BranchKeyVersion, DeviceId, EventId, RequestFingerprint, Sealed, SourceAddress, VerificationId};
use testkit::SeededEntropy;

use super::{branch, branch_of, idempotency_key, tenant, user};
use crate::derive::Parent;
use crate::place::{Place, SealedField};
use crate::seal::{open, seal};
use crate::{Answered, KdfParameters, OpenRefused, SealFailed, SecretKey};

/// Every combination of two tenants, two users, two schemas and all fields, each with two versions or records.
fn places() -> Vec<Place> {
    let verification = VerificationId::from_keyed_bytes([1; 16]);
    let request = RequestFingerprint { key: idempotency_key(1), body: [1; 32] };
    let fields: Vec<SealedField> = [1, 2]
        .into_iter()
        .flat_map(|number| {
            let version = BranchKeyVersion::new(number).unwrap();
            [
                SealedField::UserKey(version),
                SealedField::AskableSets(number),
                SealedField::DeviceId(number),
                SealedField::SourceAddress(event(number)),
                SealedField::Answer(version, Answered::Attempt(verification), request),
                SealedField::Answer(version, Answered::Operation("revoke"), request),
            ]
        })
        .collect();
    let mut places = Vec::new();
    for (tenant_number, user_number, schema) in [(1, 1, 1), (1, 1, 2), (1, 2, 1), (2, 1, 1)] {
        for field in &fields {
            places.push(Place { tenant: tenant(tenant_number), user: Some(user(user_number)), field: *field, schema });
        }
    }
    places
}

#[test]
fn c2_a_ciphertext_opens_in_its_own_place_only() {
    let (key, entropy) = (Parent::new(&SecretKey::new([7; 32])), SeededEntropy::new(1));
    let places = places();

    let sealed: Vec<Sealed> =
        places.iter().map(|place| seal(&key, place, b"the plaintext", &entropy).unwrap()).collect();

    for (from, ciphertext) in sealed.iter().enumerate() {
        for (to, place) in places.iter().enumerate() {
            let opened = open(&key, place, ciphertext).map(|plaintext| plaintext.to_vec());
            let expected = if from == to { Ok(b"the plaintext".to_vec()) } else { Err(OpenRefused) };
            assert_eq!(opened, expected, "{:?} in {place:?}", places[from]);
        }
    }
}

#[test]
fn c2_the_place_is_both_in_the_key_and_in_the_additional_data() {
    let (secret, entropy) = (SecretKey::new([7; 32]), SeededEntropy::new(1));
    let key = Parent::new(&secret);
    let [here, there] = [1, 2].map(|number| Place::new(tenant(number), user(1), SealedField::DeviceId(1)));
    let sealed = seal(&key, &here, b"the plaintext", &entropy).unwrap();
    let own_key = key.subkey(&here.encode()).unwrap();
    let bytes = &sealed.as_bytes()[1..];

    assert!(crate::seal::open_with(&own_key, here.encode().as_bytes(), bytes).is_ok());
    assert!(crate::seal::open_with(&own_key, there.encode().as_bytes(), bytes).is_err());
    assert!(crate::seal::open_with(&secret, here.encode().as_bytes(), bytes).is_err());
}

#[test]
fn c2_a_user_key_opens_for_its_tenant_user_and_version_only() {
    let entropy = SeededEntropy::new(1);
    let user_key = branch().new_user_key(user(1), &entropy).unwrap();

    let sealed = branch().seal_user_key(&user_key, &entropy).unwrap();

    assert!(branch().open_user_key(user(1), &sealed).is_ok());
    assert!(branch().open_user_key(user(2), &sealed).is_err());
    assert!(branch_of(2, 1).open_user_key(user(1), &sealed).is_err());
    assert!(branch_of(1, 2).open_user_key(user(1), &sealed).is_err());
    assert_eq!(branch_of(2, 1).seal_user_key(&user_key, &entropy), Err(SealFailed::ForeignKey));
}

#[test]
fn c2_what_a_user_key_sealed_opens_for_that_user_field_and_version_only() {
    let entropy = SeededEntropy::new(1);
    let [mine, theirs] = [1, 2].map(|number| branch().new_user_key(user(number), &entropy).unwrap());
    let device = DeviceId::new("device-7".to_owned()).unwrap();
    let verifiers = branch().decoy(user(1), KdfParameters::CHEAP).unwrap().verifiers().unwrap();

    let sealed_device = mine.seal_device_id(&device, 1, &entropy).unwrap();
    let sealed_verifiers = mine.seal_verifiers(&verifiers, 1, &entropy).unwrap();

    assert_eq!(mine.open_device_id(&sealed_device, 1), Ok(device));
    assert_eq!(mine.open_verifiers(&sealed_verifiers, 1).unwrap().encode(), verifiers.encode());
    assert!(mine.open_device_id(&sealed_device, 2).is_err());
    assert!(mine.open_verifiers(&sealed_verifiers, 2).is_err());
    assert!(theirs.open_device_id(&sealed_device, 1).is_err());
    assert!(theirs.open_verifiers(&sealed_verifiers, 1).is_err());
    assert!(mine.open_device_id(&sealed_verifiers, 1).is_err());
    assert!(mine.open_verifiers(&sealed_device, 1).is_err());
}

#[test]
fn c2_an_events_personal_data_opens_for_its_user_and_event_only() {
    let entropy = SeededEntropy::new(1);
    let [mine, theirs] = [1, 2].map(|number| branch().new_user_key(user(number), &entropy).unwrap());
    let source = |text: &str| SourceAddress::from_transport(text.parse().unwrap());
    let addresses = ["198.51.100.7", "0.0.0.0", "2001:db8:1:2:3::4", "::"].map(source);

    let sealed = addresses.map(|address| mine.seal_personal_data(event(1), address, &entropy).unwrap());

    for (address, sealed) in addresses.into_iter().zip(&sealed) {
        assert_eq!(mine.open_personal_data(event(1), sealed), Ok(address));
        assert!(mine.open_personal_data(event(2), sealed).is_err());
        assert!(theirs.open_personal_data(event(1), sealed).is_err());
        assert!(mine.open_device_id(sealed, 1).is_err());
        assert_eq!(sealed.as_bytes().len(), 1 + 12 + 16 + 16, "the length tells nothing");
    }
}

#[test]
fn c2_an_altered_ciphertext_does_not_open() {
    let (key, entropy) = (Parent::new(&SecretKey::new([7; 32])), SeededEntropy::new(1));
    let place = Place::new(tenant(1), user(1), SealedField::DeviceId(1));
    let sealed = seal(&key, &place, b"the plaintext", &entropy).unwrap();

    for position in 0..sealed.as_bytes().len() {
        let mut altered = sealed.as_bytes().to_vec();
        altered[position] ^= 1;
        assert!(open(&key, &place, &Sealed::new(altered)).is_err(), "byte {position}");
    }
    for length in 0..sealed.as_bytes().len() {
        assert!(open(&key, &place, &Sealed::new(sealed.as_bytes()[..length].to_vec())).is_err(), "length {length}");
    }
}

#[test]
fn the_same_plaintext_is_never_sealed_alike() {
    let (key, entropy) = (Parent::new(&SecretKey::new([7; 32])), SeededEntropy::new(1));
    let place = Place::new(tenant(1), user(1), SealedField::DeviceId(1));

    let [first, second] = [(); 2].map(|()| seal(&key, &place, b"the plaintext", &entropy).unwrap());

    assert_ne!(first, second);
}

fn event(number: u32) -> EventId {
    EventId::from_keyed_bytes([u8::try_from(number).unwrap(); 16])
}
