//! Genuine tokens: what they say, for how long, and that others can check them.

use domain::{Acr, FactorType, SessionId, Transaction};
use jiff::{SignedDuration, Timestamp};
use testkit::SeededEntropy;

use super::{set, tenant, user};
use crate::{
    ACCESS_TOKEN_LIFETIME, Claims, IAT_SKEW, Jwks, MAX_TOKEN_LENGTH, SigningKey, TokenCheck, TokenId, TokenRefused,
    VerifyingKey, mint, transaction_hash,
};

pub(super) const ISSUER: &str = "https://issuer.example";

/// 2026-11-01T00:00:00Z.
pub(super) fn now() -> Timestamp {
    Timestamp::from_second(1_793_491_200).unwrap()
}

pub(super) fn claims() -> Claims {
    Claims {
        issuer: ISSUER.to_owned(),
        user: user(1),
        tenant: tenant(1),
        id: TokenId::draw(&SeededEntropy::new(1)).unwrap(),
        session: SessionId::from_keyed_bytes([2; 16]),
        acr: Acr::TwoCategories,
        verified_at: now(),
        issued_at: now(),
        expires_at: now() + ACCESS_TOKEN_LIFETIME,
        transaction: Some(transaction_hash(&transaction(4990))),
    }
}

pub(super) fn transaction(amount_minor: u64) -> Transaction {
    Transaction::new(amount_minor, "EUR".to_owned(), "Café Zoë".to_owned(), "order-7".to_owned()).unwrap()
}

pub(super) fn validate(token: &str, keys: &[VerifyingKey], at: Timestamp) -> Result<Claims, TokenRefused> {
    TokenCheck { keys, issuer: ISSUER, audience: tenant(1) }.validate(token, at)
}

#[test]
fn a_minted_token_is_valid_and_says_what_was_claimed() {
    let keys = [SigningKey::generate().unwrap(), SigningKey::generate().unwrap()];
    let public = keys.each_ref().map(|key| key.verifying_key().clone());

    for key in &keys {
        let token = mint(key, &claims()).unwrap();
        assert_eq!(validate(token.expose(), &public, now()), Ok(claims()));
        assert!(token.expose().len() < MAX_TOKEN_LENGTH / 2);
    }
}

#[test]
fn t1_a_token_that_was_seen_before_still_expires_and_goes_with_its_key() {
    let (key, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    let public = [key.verifying_key().clone(), other.verifying_key().clone()];
    let token = mint(&key, &claims()).unwrap();
    let longer = mint(&key, &Claims { expires_at: now() + 2 * ACCESS_TOKEN_LIFETIME, ..claims() }).unwrap();
    let (signed, _) = longer.expose().rsplit_once('.').unwrap();
    let (_, signature) = token.expose().rsplit_once('.').unwrap();
    validate(token.expose(), &public, now()).unwrap();

    let late = validate(token.expose(), &public, now() + ACCESS_TOKEN_LIFETIME);
    let withdrawn = validate(token.expose(), &public[1..], now());
    let forged = validate(&format!("{signed}.{signature}"), &public, now());

    assert_eq!((late, withdrawn), (Err(TokenRefused::Expired), Err(TokenRefused::Header)));
    assert_eq!(forged, Err(TokenRefused::Signature));
}

#[test]
fn t1_a_token_is_valid_from_its_issue_until_its_expiry_exclusive() {
    let key = SigningKey::generate().unwrap();
    let public = [key.verifying_key().clone()];
    let token = mint(&key, &claims()).unwrap();
    let at = |offset: SignedDuration| validate(token.expose(), &public, now() + offset).map(|_| ());
    let lifetime = SignedDuration::try_from(ACCESS_TOKEN_LIFETIME).unwrap();
    let skew = SignedDuration::try_from(IAT_SKEW).unwrap();
    let millisecond = SignedDuration::from_millis(1);

    assert_eq!(at(-skew - millisecond), Err(TokenRefused::NotYetValid));
    assert_eq!(at(-skew), Ok(()));
    assert_eq!(at(lifetime - millisecond), Ok(()));
    assert_eq!(at(lifetime), Err(TokenRefused::Expired));
}

#[test]
fn t1_a_token_counts_for_its_issuer_and_audience_only() {
    let key = SigningKey::generate().unwrap();
    let public = [key.verifying_key().clone()];
    let token = mint(&key, &claims()).unwrap();
    let with = |issuer, audience| TokenCheck { keys: &public, issuer, audience }.validate(token.expose(), now());

    assert!(with(ISSUER, tenant(1)).is_ok());
    assert_eq!(with(ISSUER, tenant(2)), Err(TokenRefused::Audience));
    assert_eq!(with("https://issuer.example/", tenant(1)), Err(TokenRefused::Issuer));
    assert_eq!(with("http://issuer.example", tenant(1)), Err(TokenRefused::Issuer));
    assert_eq!(with("https://issuer.exampl", tenant(1)), Err(TokenRefused::Issuer));
    assert_eq!(with("", tenant(1)), Err(TokenRefused::Issuer));
}

#[test]
fn t1_a_token_of_an_unknown_or_retired_key_is_refused() {
    let (old, new) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    let token = mint(&old, &claims()).unwrap();

    assert_eq!(validate(token.expose(), &[new.verifying_key().clone()], now()), Err(TokenRefused::Header));
    assert_eq!(validate(token.expose(), &[], now()), Err(TokenRefused::Header));
}

#[test]
fn a_foreign_library_accepts_our_tokens_with_our_jwks() {
    let key = SigningKey::generate().unwrap();
    let token = mint(&key, &claims()).unwrap();
    let published = serde_json::to_string(&Jwks::of([key.verifying_key()])).unwrap();
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&published).unwrap();
    let header = jsonwebtoken::decode_header(token.expose()).unwrap();
    let jwk = set.find(&header.kid.clone().unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    validation.set_audience(&[format!("urn:countersign:tenant:{}", tenant(1))]);
    validation.set_issuer(&[ISSUER]);
    // Against the machine's clock it would expire one day.
    validation.validate_exp = false;

    let decoded = jsonwebtoken::decode::<serde_json::Value>(
        token.expose(),
        &jsonwebtoken::DecodingKey::from_jwk(jwk).unwrap(),
        &validation,
    )
    .unwrap();

    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    assert_eq!(
        decoded.claims,
        serde_json::json!({
            "iss": ISSUER,
            "sub": user(1).to_string(),
            "aud": format!("urn:countersign:tenant:{}", tenant(1)),
            "client_id": tenant(1).to_string(),
            "exp": 1_793_492_100,
            "iat": 1_793_491_200,
            "auth_time": 1_793_491_200,
            "jti": claims().id.to_string(),
            "sid": claims().session.to_string(),
            "acr": "urn:countersign:acr:2-categories",
            // SHA-256 of {"amount_minor":4990,"currency":"EUR","payee":"Café Zoë","reference":"order-7"}.
            "txn": "xwC8Tk2WRfq0ARIBzEbjkBr9C1mSEO4A7ggIDvEvAAk",
        })
    );
}

#[test]
fn v9_one_character_of_the_transaction_changes_the_token() {
    let hash = |amount, currency: &str, payee: &str, reference: &str| {
        let transaction =
            Transaction::new(amount, currency.to_owned(), payee.to_owned(), reference.to_owned()).unwrap();
        transaction_hash(&transaction)
    };

    let approved = hash(4990, "EUR", "Café Zoë", "order-7");

    assert_eq!(approved, hash(4990, "EUR", "Café Zoë", "order-7"));
    for other in [
        hash(4991, "EUR", "Café Zoë", "order-7"),
        hash(4990, "EUS", "Café Zoë", "order-7"),
        hash(4990, "EUR", "Café Zoé", "order-7"),
        hash(4990, "EUR", "Café Zoë", "order-8"),
        hash(4990, "EUR", "Café Zoëo", "rder-7"),
    ] {
        assert_ne!(approved, other);
    }
}

#[test]
fn i1_categories_earn_the_acr() {
    assert_eq!(Acr::earned_by(set(&[FactorType::Pin, FactorType::Words])), None);
    assert_eq!(Acr::earned_by(set(&[])), None);
    assert_eq!(Acr::earned_by(set(&[FactorType::Pin, FactorType::Words, FactorType::Nfc])), Some(Acr::TwoCategories));
    assert_eq!(Acr::earned_by(set(&[FactorType::Pin, FactorType::Face, FactorType::Nfc])), Some(Acr::ThreeCategories));
}
