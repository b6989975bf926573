//! C7: secrets are wiped when dropped, and none prints.

use domain::{BranchKeyVersion, SessionId, VerificationId};
use testkit::SeededEntropy;
use zeroize::ZeroizeOnDrop;

use super::{branch, tenant, user};
use crate::{
    AccessToken, ApiKey, Capability, DevelopmentKey, KdfParameters, KeyMaterial, OutsideLambda, PresentedCapability,
    RefreshToken, SecretKey, SigningKey,
};

#[test]
fn c7_secrets_are_wiped_when_dropped() {
    // What the compiler checks here is all that can be seen without unsafe code. Inside aws-lc, HMAC and EC keys are wiped
    // by the library; a user key and a branch key consist of `SecretKey`s and HMAC keys.
    fn wiped_when_dropped<T: ZeroizeOnDrop>() {}

    wiped_when_dropped::<SecretKey>();
    wiped_when_dropped::<KeyMaterial>();
    wiped_when_dropped::<ApiKey>();
    wiped_when_dropped::<RefreshToken>();
    wiped_when_dropped::<Capability>();
    wiped_when_dropped::<PresentedCapability>();
    wiped_when_dropped::<AccessToken>();
}

#[test]
fn e5_no_secret_prints() {
    let entropy = SeededEntropy::new(1);
    let verification = VerificationId::from_keyed_bytes([1; 16]);
    let capability = branch().capability(verification);
    let presented = PresentedCapability::parse(capability.expose()).unwrap();
    let outside = OutsideLambda::from_function_name(None).unwrap();
    let signing_key = SigningKey::generate().unwrap();

    let printed = [
        format!("{:?}", SecretKey::new([0xab; 32])),
        format!("{:?}", KeyMaterial::new(vec![0xab; 32]).unwrap()),
        format!("{capability:?}"),
        format!("{presented:?}"),
        format!("{:?}", branch()),
        format!("{:?}", branch().new_user_key(user(1), &entropy).unwrap()),
        format!("{:?}", branch().decoy(user(1), KdfParameters::CHEAP).unwrap().asked([0; 16]).unwrap()),
        format!("{:?}", DevelopmentKey::ephemeral(&entropy, outside).unwrap()),
        format!("{:?}", RefreshToken::generate(user(1), SessionId::from_keyed_bytes([1; 16]), &entropy).unwrap()),
        format!("{signing_key:?}"),
    ];

    let set = branch().decoy(user(1), KdfParameters::CHEAP).unwrap().asked([0; 16]).unwrap().set();
    assert_eq!(
        printed,
        [
            "SecretKey(…)".to_owned(),
            "KeyMaterial(…)".to_owned(),
            "Capability(…)".to_owned(),
            format!("PresentedCapability(verification {verification}, …)"),
            format!("BranchKey({}, version {})", tenant(1), BranchKeyVersion::FIRST.number()),
            format!("UserKey({})", user(1)),
            format!("StoredVerifier({set}, …)"),
            "DevelopmentKey(SecretKey(…))".to_owned(),
            format!("RefreshToken(session {}, …)", SessionId::from_keyed_bytes([1; 16])),
            format!("SigningKey({})", signing_key.verifying_key().id()),
        ]
    );
}
