//! The audit log's signatures: one form, whoever made them.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};

use super::signatures_forged::negated;
use crate::low_s::has_low_s;
use crate::{InvalidKey, SignHeaders, SigningKey, VerifyingKey, low_s_from_der};

#[tokio::test]
async fn a_header_is_verified_by_its_key_only_and_in_one_form() {
    let (key, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    let signature = key.sign_header(b"header").await.unwrap();
    let (r, s) = signature.split_at(32);
    let high: [u8; 64] = [r, &negated(s)].concat().try_into().unwrap();

    assert_eq!(key.key_id(), key.verifying_key().id());
    assert!(key.verifying_key().verifies_header(b"header", &signature));
    assert!(!key.verifying_key().verifies_header(b"Header", &signature));
    assert!(!other.verifying_key().verifies_header(b"header", &signature));
    assert!(!key.verifying_key().verifies_header(b"header", &high));
}

#[test]
fn a_signature_in_der_becomes_the_one_form_whatever_its_s() {
    let key = SigningKey::generate().unwrap();
    let material = key.to_material().unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, material.expose()).unwrap();

    for number in 0..500_u16 {
        let message = number.to_be_bytes();
        let der = pair.sign(&SystemRandom::new(), &message).unwrap();
        let signature = low_s_from_der(der.as_ref()).unwrap();

        assert!(has_low_s(&signature));
        assert!(key.verifying_key().verifies_header(&message, &signature));
    }
}

/// SEQUENCE { INTEGER r, INTEGER s } of these contents.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |content: &[u8]| [&[0x02, u8::try_from(content.len()).unwrap()], content].concat();
    let content = [integer(r), integer(s)].concat();
    [vec![0x30, u8::try_from(content.len()).unwrap()], content].concat()
}

#[test]
fn der_has_one_spelling() {
    let good = der(&[1], &[2]);
    let mut expected = [0; 64];
    (expected[31], expected[63]) = (1, 2);
    assert_eq!(low_s_from_der(&good), Some(expected));
    assert!(low_s_from_der(&der(&[0, 0x80], &[0x7f; 32])).is_some());

    let order = [&[0], super::signatures_forged::ORDER.as_slice()].concat();
    for (bad, why) in [
        (der(&[], &[2]), "no integer"),
        (der(&[0], &[2]), "zero"),
        (der(&[1], &[0]), "zero"),
        (der(&[0, 1], &[2]), "not the shortest"),
        (der(&[0x80], &[2]), "negative"),
        (der(&[1; 33], &[2]), "too long"),
        (der(&[1], &order), "s is the order"),
        (der(&[1], &[&[0], [0xff; 32].as_slice()].concat()), "s is above the order"),
        (good[..good.len() - 1].to_vec(), "cut off"),
        ([good.clone(), vec![0]].concat(), "more behind"),
        ([&[0x30, 9], &good[2..], &[2, 1, 3]].concat(), "three integers"),
        ([&[0x31], &good[1..]].concat(), "another tag"),
        ([&[0x30, 0x81, 6], &good[2..]].concat(), "a long length"),
        (Vec::new(), "nothing"),
    ] {
        assert_eq!(low_s_from_der(&bad), None, "{why}");
    }
}

#[test]
fn a_public_key_in_der_is_the_same_key() {
    let key = SigningKey::generate().unwrap();
    let prefix = hex::decode("3059301306072a8648ce3d020106082a8648ce3d030107034200").unwrap();
    let der = [prefix.as_slice(), key.verifying_key().public_bytes()].concat();

    let read = VerifyingKey::from_public_der(&der).unwrap();

    assert_eq!(read.id(), key.verifying_key().id());
    for length in 0..der.len() {
        assert_eq!(VerifyingKey::from_public_der(&der[..length]).map(drop), Err(InvalidKey));
    }
}
