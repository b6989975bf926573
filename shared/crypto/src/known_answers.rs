//! C7: every primitive gives its published answer, through the code that we use it by.

use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Entropy, EntropyUnavailable};

use crate::derive::{Mac, Parent, sha256};
use crate::seal::{open_with, seal_with};
use crate::{Jwk, KdfParameters, SecretKey, VerifyingKey};

#[test]
fn c7_sha256_gives_the_published_answer() {
    // FIPS 180-4, example "abc", in two parts.
    assert_eq!(hex::encode(sha256(&[b"a", b"bc"])), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn c7_hmac_sha256_gives_the_published_answer() {
    // RFC 4231 §4.3. HMAC pads a key with zeros to a whole block, so the padded key is the same key.
    let mut key = [0; 32];
    key[..4].copy_from_slice(b"Jefe");
    let mac = Mac::new(SecretKey::new(key));

    let tag = mac.tag(b"what do ya want for nothing?");

    assert_eq!(hex::encode(tag), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert!(mac.verify(b"what do ya want for nothing?", &tag));
    assert!(!mac.verify(b"what do ya want for nothing!", &tag));
}

#[test]
fn c7_hkdf_sha256_gives_the_published_answer() {
    // RFC 5869 §A.1, the first 32 of its 42 bytes.
    let salt: Vec<u8> = (0x00..=0x0c).collect();
    let info: Vec<u8> = (0xf0..=0xf9).collect();

    let output = Parent::extract(&salt, &[0x0b; 22]).expand(&info).unwrap();

    assert_eq!(hex::encode(output), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

#[test]
fn c7_pbkdf2_sha256_gives_the_published_answer() {
    // RFC 7914 §11, the first 32 of its 64 bytes.
    let once = KdfParameters::pbkdf2(1).derive(b"salt", b"passwd").unwrap();
    let often = KdfParameters::pbkdf2(80_000).derive(b"NaCl", b"Password").unwrap();

    assert_eq!(hex::encode(*once), "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
    assert_eq!(hex::encode(*often), "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56");
}

#[test]
fn c7_argon2id_gives_the_published_answer() {
    // RFC 9106 §5.3; its secret and associated data are not ours to use, so it goes to the crate directly.
    let parameters =
        ParamsBuilder::new().m_cost(32).t_cost(3).p_cost(4).data(AssociatedData::new(&[4; 12]).unwrap()).build();
    let argon2 = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, parameters.unwrap()).unwrap();
    let mut tag = [0; 32];

    argon2.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();

    assert_eq!(hex::encode(tag), "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
}

#[test]
fn c7_argon2id_at_our_cost_agrees_with_the_reference_implementation() {
    // Computed with the reference C implementation (argon2-cffi): type id, version 0x13, m = 19456, t = 2, p = 1.
    let salt: Vec<u8> = (0..16).collect();

    let output = KdfParameters::ARGON2ID.derive(&salt, b"password").unwrap();

    assert_eq!(hex::encode(*output), "39903a34cd393876436e671cd690dfe8ab9ce7b13459a7e04ec0e4f0694ddb0d");
}

#[test]
fn c7_aes_256_gcm_gives_the_published_answer() {
    // McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16.
    let mut key = [0; 32];
    hex::decode_to_slice("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", &mut key).unwrap();
    let key = SecretKey::new(key);
    let additional = hex::decode("feedfacedeadbeeffeedfacedeadbeefabaddad2").unwrap();
    let plaintext = hex::decode(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5\
         aa0de657ba637b39",
    )
    .unwrap();

    let sealed = seal_with(&key, &additional, &plaintext, &PublishedNonce).unwrap();

    assert_eq!(
        hex::encode(&sealed),
        "cafebabefacedbaddecaf888\
         522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e63\
         93ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"
    );
    assert_eq!(*open_with(&key, &additional, &sealed).unwrap(), plaintext);
}

#[test]
fn c7_es256_verifies_the_published_signature() {
    // RFC 7515 §A.3.
    let signed = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9p\
                  c19yb290Ijp0cnVlfQ";
    let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let key = key_of("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    let mut signature: [u8; 64] = URL_SAFE_NO_PAD.decode(signature).unwrap().try_into().unwrap();

    assert!(key.verify(signed.as_bytes(), &signature));
    signature[0] ^= 1;
    assert!(!key.verify(signed.as_bytes(), &signature));
}

#[test]
fn c7_a_jwk_thumbprint_gives_the_published_answer() {
    // RFC 9449 §6.1: the thumbprint (RFC 7638) of the key in its example.
    let key = key_of("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA");

    assert_eq!(key.id().as_str(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    assert!(VerifyingKey::from_jwk(&Jwk { kid: "other".to_owned(), ..key.to_jwk() }).is_err());
    assert!(VerifyingKey::from_jwk(&key.to_jwk()).is_ok());
}

fn key_of(x: &str, y: &str) -> VerifyingKey {
    let coordinates = [x, y].map(|text| URL_SAFE_NO_PAD.decode(text).unwrap()).concat();
    VerifyingKey::from_public_bytes(&[vec![4], coordinates].concat()).unwrap()
}

/// The nonce of the AES-GCM test case.
#[derive(Debug)]
struct PublishedNonce;

impl Entropy for PublishedNonce {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        bytes.copy_from_slice(&[0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88]);
        Ok(())
    }
}
