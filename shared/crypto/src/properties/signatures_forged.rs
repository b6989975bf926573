//! T1: a signature is our key's, and has one form.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};

use super::tokens::claims;
use super::tokens_forged::{check, forge, genuine_header, genuine_payload};
use crate::low_s::has_low_s;
use crate::{SigningKey, TokenRefused, VerifyingKey, mint};

#[test]
fn t1_the_public_key_is_no_hmac_secret() {
    let key = SigningKey::generate().unwrap();
    let jwk = serde_json::to_vec(&key.verifying_key().to_jwk()).unwrap();
    let secrets = [key.verifying_key().public_bytes().to_vec(), jwk, Vec::new()];
    let headers = [genuine_header(&key).replace("ES256", "HS256"), genuine_header(&key)];

    for secret in &secrets {
        for header in &headers {
            let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(genuine_payload()));
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
            for signature in [tag.as_ref().to_vec(), [tag.as_ref(), tag.as_ref()].concat()] {
                assert!(check(&key, &format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))).is_err());
            }
        }
    }
}

#[test]
fn t1_another_keys_signature_is_refused() {
    let (key, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());

    let token = forge(&other, &genuine_header(&key), &genuine_payload());

    assert_eq!(check(&key, &token), Err(TokenRefused::Signature));
}

#[test]
fn t1_a_signature_has_one_form() {
    let key = SigningKey::generate().unwrap();
    let token = mint(&key, &claims()).unwrap();
    let (signed, signature) = token.expose().rsplit_once('.').unwrap();
    let raw: [u8; 64] = URL_SAFE_NO_PAD.decode(signature).unwrap().try_into().unwrap();
    let (r, s) = raw.split_at(32);
    let zero = [0; 32];
    let with = |signature: &str| check(&key, &format!("{signed}.{signature}"));
    let with_bytes = |bytes: &[u8]| with(&URL_SAFE_NO_PAD.encode(bytes));

    assert!(with_bytes(&raw).is_ok());
    assert_eq!(with_bytes(&[zero, zero].concat()), Err(TokenRefused::Signature));
    assert_eq!(with_bytes(&[r, &zero].concat()), Err(TokenRefused::Signature));
    assert_eq!(with_bytes(&[&zero, s].concat()), Err(TokenRefused::Signature));
    assert_eq!(with_bytes(&[r, ORDER.as_slice()].concat()), Err(TokenRefused::Signature));
    assert_eq!(with_bytes(&[s, r].concat()), Err(TokenRefused::Signature));
    assert_eq!(with_bytes(&[r, &negated(s)].concat()), Err(TokenRefused::Signature));
    assert_eq!(with_bytes(r), Err(TokenRefused::Malformed));
    assert_eq!(with_bytes(&[raw.as_slice(), &[0]].concat()), Err(TokenRefused::Malformed));
    assert_eq!(with_bytes(&[&[0x30, 0x44, 2, 32], r, &[2, 32], s].concat()), Err(TokenRefused::Malformed));
    assert_eq!(with(""), Err(TokenRefused::Malformed));
    assert_eq!(with(&format!("{signature}=")), Err(TokenRefused::Malformed));
    assert_eq!(with(&URL_SAFE.encode(raw)), Err(TokenRefused::Malformed));
    assert_eq!(with(&format!("{signature} ")), Err(TokenRefused::Malformed));
}

#[test]
fn t1_the_negated_signature_is_refused_though_it_verifies() {
    let key = SigningKey::generate().unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.to_material().unwrap().expose()).unwrap();
    let token = mint(&key, &claims()).unwrap();
    let (signed, _) = token.expose().rsplit_once('.').unwrap();
    let high: [u8; 64] = loop {
        let signature = pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        let signature = signature.as_ref().try_into().unwrap();
        if !has_low_s(&signature) {
            break signature;
        }
    };

    let with_high_s = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(high));

    assert!(key.verifying_key().verify(signed.as_bytes(), &high));
    assert_eq!(check(&key, &with_high_s), Err(TokenRefused::Signature));
}

#[test]
fn a_key_that_is_not_on_the_curve_or_in_another_form_is_refused() {
    let key = SigningKey::generate().unwrap();
    let point = *key.verifying_key().public_bytes();
    let mut off_the_curve = point;
    off_the_curve[64] ^= 1;
    let compressed = [&[2 + (point[64] & 1)], &point[1..33]].concat();

    assert!(VerifyingKey::from_public_bytes(&point).is_ok());
    for bytes in [off_the_curve.as_slice(), &compressed, &point[..64], &[], &[0], &[point.as_slice(), &[0]].concat()] {
        assert!(VerifyingKey::from_public_bytes(bytes).is_err());
    }
}

/// n − s.
pub(super) fn negated(s: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let mut difference: Vec<u8> = ORDER
        .iter()
        .zip(s)
        .rev()
        .map(|(minuend, subtrahend)| {
            let digit = i16::from(*minuend) - i16::from(*subtrahend) - borrow;
            borrow = i16::from(digit < 0);
            u8::try_from(digit.rem_euclid(256)).unwrap()
        })
        .collect();
    difference.reverse();
    difference
}

/// The order n of P-256's group.
pub(super) const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
