//! The properties that this crate shows, and what their tests share.

mod answers;
mod attempts;
mod decoys;
mod headers;
mod imported;
mod pool;
mod refreshing;
mod rotation;
mod sealing;
mod secrets;
mod selection;
mod signatures_forged;
mod tokens;
mod tokens_forged;
mod verifiers;
mod wrapping;

use domain::{BranchKeyVersion, Digest, FactorSet, FactorType, IdempotencyKey, PresentedFactors, TenantId, UserId};

use crate::{BranchKey, SecretKey, StoredVerifier};

/// A tenant by number.
fn tenant(number: u8) -> TenantId {
    TenantId::from_keyed_bytes([number; 16])
}

/// A user by number.
fn user(number: u8) -> UserId {
    UserId::from_keyed_bytes([number; 16])
}

/// An idempotency key by number.
fn idempotency_key(number: u8) -> IdempotencyKey {
    format!("0192f0c1-2345-7abc-8def-0123456789{number:02x}").parse().unwrap()
}

/// The key of a tenant and version. All have the same root bytes, so that only what they are for tells them apart.
fn branch_of(tenant_number: u8, version: u32) -> BranchKey {
    let (key, version) = (SecretKey::new([42; 32]), BranchKeyVersion::new(version).unwrap());
    let first = BranchKey::first(tenant(tenant_number), &key).unwrap();
    if version == BranchKeyVersion::FIRST { first } else { first.following(version, &key).unwrap() }
}

/// The first tenant's first key.
fn branch() -> BranchKey {
    branch_of(1, 1)
}

/// Digests by type.
fn presented(pairs: &[(FactorType, u8)]) -> PresentedFactors {
    let digest = |byte: u8| Digest::from_hex(&format!("{byte:02x}").repeat(32)).unwrap();
    PresentedFactors::new(pairs.iter().map(|(factor, byte)| (*factor, digest(*byte))).collect()).unwrap()
}

/// A set of types.
fn set(types: &[FactorType]) -> FactorSet {
    FactorSet::of(types.iter().copied()).unwrap()
}

/// A verifier as it is stored among others.
fn bytes_of(verifier: &StoredVerifier) -> Vec<u8> {
    let mut bytes = Vec::new();
    verifier.append_to(&mut bytes);
    bytes
}
