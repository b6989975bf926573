//! Countersign's cryptography: keys that offer verbs instead of bytes, joint verifiers, sealing, tokens, opaque secrets.
//!
//! ```text
//! key service ──unwraps──▶ BranchKey (one per tenant and version)
//!                            ├─ ids, challenges, capabilities, fingerprints, pseudonyms, selectors, decoys   (HMAC)
//!                            ├─ pepper of the verifiers                                                      (HMAC)
//!                            ├─ attempt marks, session ids, first refresh tokens                            (HMAC)
//!                            ├─ seals answers                                                            (AES-GCM)
//!                            └─ seals UserKey ── seals the askable sets, the device's id, events' addresses  (AES-GCM)
//! ```
//!
//! - Primitives come from aws-lc-rs; Argon2id from RustCrypto. Each has a published known answer among the tests.
//! - Nothing here does I/O, but [`DevelopmentKey`], which reads its own file.
//! - Every structured input of a keyed function is encoded injectively: a label, then fields with their lengths.

mod answer;
mod api_key;
mod attempt;
mod branch_key;
mod canonical;
mod capability;
mod claims;
mod decoy;
mod derive;
mod development_key;
mod encryption_context;
mod entropy;
mod hash_recipe;
mod header_signature;
mod imported;
mod imported_hash;
mod jwk;
mod kdf;
mod kdf_pool;
mod key_file;
mod key_material;
mod key_wrap;
mod low_s;
mod mint;
mod opaque_secret;
mod outside_lambda;
mod place;
mod refresh_token;
mod seal;
mod secret_key;
mod signatures_seen;
mod signing_key;
mod transaction;
mod user_key;
mod validate;
mod verifier;
mod verifiers;
mod verifying_key;

#[cfg(test)]
mod known_answers;
#[cfg(test)]
mod properties;

pub use answer::Answered;
pub use api_key::ApiKey;
pub use branch_key::BranchKey;
pub use capability::{Capability, PresentedCapability};
pub use claims::{ACCESS_TOKEN_LIFETIME, Claims, TokenId};
pub use decoy::Decoy;
pub use development_key::{DevelopmentKey, DevelopmentKeyRefused};
pub use encryption_context::EncryptionContext;
pub use entropy::OsEntropy;
pub use header_signature::{SignHeaders, low_s_from_der, message_digest};
pub use imported::ImportedFactors;
pub use imported_hash::{HashedText, ImportedHash, ImportedHashes, PhcRefused, UnknownHashedText};
pub use jwk::{Jwk, Jwks};
pub use kdf::{KdfParameters, Salt, UnknownKdf};
pub use kdf_pool::{Kdf, KdfBusy, KdfFailed, KdfPool, KdfTurn};
pub use key_file::{KeyFileRefused, load_or_create_key_file};
pub use key_material::{KeyMaterial, MAX_KEY_MATERIAL};
pub use key_wrap::{CheckKey, KeyError, UnwrapKey, WrapKey, WrappedKey};
pub use mint::{AccessToken, mint};
pub use opaque_secret::MalformedSecret;
pub use outside_lambda::{InsideLambda, OutsideLambda};
pub use refresh_token::RefreshToken;
pub use seal::{OpenRefused, SealFailed};
pub use secret_key::SecretKey;
pub use signing_key::SigningKey;
pub use transaction::transaction_hash;
pub use user_key::UserKey;
pub use validate::{IAT_SKEW, MAX_TOKEN_LENGTH, TokenCheck, TokenRefused, names_unknown_key};
pub use verifier::{Outcome, ProvenFactors, StoredVerifier, VerifierError};
pub use verifiers::{EnrolledFactors, Verifiers};
pub use verifying_key::{InvalidKey, VerifyingKey};
