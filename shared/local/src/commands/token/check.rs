//! Checking a token: no clock, no network, no files.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crypto::{Claims, InvalidKey, Jwks, TokenCheck, TokenRefused, VerifyingKey, transaction_hash};
use domain::{InvalidTransaction, TenantId, Transaction};
use jiff::Timestamp;
use serde::Deserialize;

/// What a token has to say.
#[derive(Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) tenant: TenantId,
    /// Without one, it is not compared.
    pub(super) transaction: Option<Transaction>,
}

/// What a good token says, a line each.
pub(super) fn check(
    unverified_token: &str,
    keys: &[VerifyingKey],
    expected: &Expected<'_>,
    now: Timestamp,
) -> Result<Vec<String>, CheckFailed> {
    let token = TokenCheck { keys, issuer: expected.issuer, audience: expected.tenant };
    let claims = token.validate(unverified_token, now)?;
    let approves = match (&expected.transaction, claims.transaction) {
        (Some(transaction), Some(hash)) if transaction_hash(transaction) == hash => "this transaction".to_owned(),
        (Some(_), Some(_)) => return Err(CheckFailed::OtherTransaction),
        (Some(_), None) => return Err(CheckFailed::NoTransaction),
        (None, Some(hash)) => {
            format!("a transaction that was not compared, txn {}", URL_SAFE_NO_PAD.encode(hash.as_bytes()))
        }
        (None, None) => "no transaction".to_owned(),
    };
    Ok(told(&claims, &approves))
}

fn told(claims: &Claims, approves: &str) -> Vec<String> {
    [
        ("valid until", claims.expires_at.to_string()),
        ("user", claims.user.to_string()),
        ("verified at", claims.verified_at.to_string()),
        ("verified by", claims.acr.name().to_owned()),
        ("session", claims.session.to_string()),
        ("approves", approves.to_owned()),
    ]
    .map(|(name, value)| format!("{name}: {value}"))
    .to_vec()
}

/// The published keys.
pub(super) fn read_keys(text: &str) -> Result<Vec<VerifyingKey>, CheckFailed> {
    let published: Jwks = serde_json::from_str(text).map_err(CheckFailed::Jwks)?;
    published.keys.iter().map(|key| Ok(VerifyingKey::from_jwk(key)?)).collect()
}

/// A transaction as the request that opened the verification has it.
pub(super) fn read_transaction(text: &str) -> Result<Transaction, CheckFailed> {
    let Body { amount_minor, currency, payee, reference } = serde_json::from_str(text).map_err(CheckFailed::Json)?;
    Ok(Transaction::new(amount_minor, currency, payee, reference)?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    amount_minor: u64,
    currency: String,
    payee: String,
    reference: String,
}

/// Why a token does not count, or can't be checked.
#[derive(Debug, thiserror::Error)]
pub(super) enum CheckFailed {
    /// The token itself.
    #[error("the token does not count")]
    Token(#[from] TokenRefused),
    /// It approves another one.
    #[error("the token approves another transaction")]
    OtherTransaction,
    /// It approves none.
    #[error("the token approves no transaction")]
    NoTransaction,
    /// What was given as published keys.
    #[error("these are not published keys")]
    Jwks(#[source] serde_json::Error),
    /// One of the published keys.
    #[error("a published key is not one that signs tokens")]
    Key(#[from] InvalidKey),
    /// What was given as a transaction.
    #[error("this is not a transaction")]
    Json(#[source] serde_json::Error),
    /// A part of it.
    #[error("no such transaction can be approved")]
    Transaction(#[from] InvalidTransaction),
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crypto::{ACCESS_TOKEN_LIFETIME, OsEntropy, SigningKey, TokenId, mint};
    use domain::{Acr, FactorSet, FactorType, SessionId, UserId};

    use super::*;

    /// A token of one transaction, and the keys that check it.
    fn minted(transaction: Option<&str>) -> (String, Vec<VerifyingKey>) {
        let signing = SigningKey::generate().unwrap();
        let claims = Claims {
            issuer: ISSUER.to_owned(),
            user: UserId::from_keyed_bytes([1; 16]),
            tenant: tenant(),
            id: TokenId::draw(&OsEntropy).unwrap(),
            session: SessionId::from_keyed_bytes([2; 16]),
            acr: Acr::earned_by(FactorSet::of([FactorType::Pin, FactorType::Nfc]).unwrap()).unwrap(),
            verified_at: now(),
            issued_at: now(),
            expires_at: now() + ACCESS_TOKEN_LIFETIME,
            transaction: transaction.map(|text| transaction_hash(&read_transaction(text).unwrap())),
        };
        let published = serde_json::to_string(&Jwks::of([signing.verifying_key()])).unwrap();
        (mint(&signing, &claims).unwrap().expose().to_owned(), read_keys(&published).unwrap())
    }

    fn expecting(transaction: Option<&str>) -> Expected<'static> {
        let transaction = transaction.map(|text| read_transaction(text).unwrap());
        Expected { issuer: ISSUER, tenant: tenant(), transaction }
    }

    #[test]
    fn v9_a_token_is_good_for_its_transaction_and_for_no_other() {
        let (token, keys) = minted(Some(TRANSACTION));

        let own = check(&token, &keys, &expecting(Some(TRANSACTION)), now()).unwrap();
        assert_eq!(own.last().map(String::as_str), Some("approves: this transaction"));
        for (part, other) in [("4990", "4991"), ("EUR", "EUS"), ("Shop", "Shoq"), ("1001", "1002"), ("Shop", "shop")] {
            let other = TRANSACTION.replacen(part, other, 1);
            let refused = check(&token, &keys, &expecting(Some(&other)), now());
            assert!(matches!(refused, Err(CheckFailed::OtherTransaction)), "{other}");
        }
    }

    #[test]
    fn v9_a_token_without_a_transaction_approves_none() {
        let (token, keys) = minted(None);

        let refused = check(&token, &keys, &expecting(Some(TRANSACTION)), now());
        let told = check(&token, &keys, &expecting(None), now()).unwrap();

        assert!(matches!(refused, Err(CheckFailed::NoTransaction)));
        assert_eq!(told.last().map(String::as_str), Some("approves: no transaction"));
    }

    #[test]
    fn a_transaction_that_is_not_compared_is_said_not_to_be() {
        let (token, keys) = minted(Some(TRANSACTION));

        let told = check(&token, &keys, &expecting(None), now()).unwrap();

        assert!(told.last().unwrap().starts_with("approves: a transaction that was not compared, txn "), "{told:?}");
    }

    #[test]
    fn t1_what_does_not_count_is_refused() {
        let (token, keys) = minted(None);
        let (_, others) = minted(None);
        let expected = expecting(None);
        let elsewhere = Expected { issuer: "https://other.example.com", ..expecting(None) };
        let for_another = Expected { tenant: TenantId::from_keyed_bytes([9; 16]), ..expecting(None) };
        let changed = format!("{}A", &token[..token.len() - 1]);

        assert!(check(&token, &keys, &expected, now()).is_ok());
        assert!(check(&token, &others, &expected, now()).is_err(), "another key's");
        assert!(check(&token, &keys, &elsewhere, now()).is_err(), "another issuer's");
        assert!(check(&token, &keys, &for_another, now()).is_err(), "another tenant's");
        assert!(check(&token, &keys, &expected, now() + ACCESS_TOKEN_LIFETIME).is_err(), "expired");
        assert!(check(&token, &keys, &expected, now() - Duration::from_secs(60)).is_err(), "not yet valid");
        assert!(changed == token || check(&changed, &keys, &expected, now()).is_err(), "changed");
    }

    #[test]
    fn what_is_no_transaction_or_no_key_is_said_to_be_none() {
        for text in ["", "[]", "{}", r#"{"amount_minor":1,"currency":"eur","payee":"a","reference":"b"}"#] {
            assert!(read_transaction(text).is_err(), "{text}");
        }
        assert!(read_keys("{}").is_err());
        assert!(
            read_keys(r#"{"keys":[{"kty":"oct","use":"sig","alg":"HS256","kid":"a","crv":"","x":"","y":""}]}"#)
                .is_err()
        );
    }

    fn tenant() -> TenantId {
        TenantId::from_keyed_bytes([7; 16])
    }

    fn now() -> Timestamp {
        "2026-11-01T00:00:00Z".parse().unwrap()
    }

    const ISSUER: &str = "https://auth.example.com";
    const TRANSACTION: &str =
        r#"{"amount_minor":4990,"currency":"EUR","payee":"Example Shop","reference":"order 1001"}"#;
}
