//! T1: what is not exactly a token that we minted is refused.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::tokens::{claims, now, validate};
use crate::{Claims, SigningKey, TokenRefused, mint};

/// A token with any header and payload, signed with our own key.
pub(super) fn forge(key: &SigningKey, header: &str, payload: &str) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = key.sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub(super) fn genuine_header(key: &SigningKey) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(key.verifying_key().token_header()).unwrap()).unwrap()
}

pub(super) fn genuine_payload() -> String {
    claims().to_json().unwrap()
}

pub(super) fn check(key: &SigningKey, token: &str) -> Result<Claims, TokenRefused> {
    validate(token, &[key.verifying_key().clone()], now())
}

#[test]
fn t1_every_other_header_is_refused_even_if_signed_by_our_key() {
    let key = SigningKey::generate().unwrap();
    let other = SigningKey::generate().unwrap();
    let kid = key.verifying_key().id().as_str();
    let jwk = serde_json::to_value(other.verifying_key().to_jwk()).unwrap();
    let with = |name: &str, value: Value| {
        let mut header: Value = serde_json::from_str(&genuine_header(&key)).unwrap();
        header[name] = value;
        header.to_string()
    };

    let headers = [
        with("alg", json!("none")),
        with("alg", json!("None")),
        with("alg", json!("HS256")),
        with("alg", json!("RS256")),
        with("alg", json!("ES384")),
        with("alg", json!("es256")),
        with("alg", json!(["ES256"])),
        with("alg", json!(null)),
        with("typ", json!("JWT")),
        with("typ", json!("jwt")),
        with("typ", json!("AT+JWT")),
        with("typ", json!("application/at+jwt")),
        with("typ", json!("id+jwt")),
        with("typ", json!("dpop+jwt")),
        with("kid", json!("unknown")),
        with("kid", json!("")),
        with("kid", json!(null)),
        with("kid", json!([kid])),
        with("kid", json!("../../../../dev/null")),
        with("kid", json!("' OR '1'='1")),
        with("kid", json!(format!("{kid}\u{0}"))),
        with("kid", json!(other.verifying_key().id().as_str())),
        with("jku", json!("https://attacker.example/jwks.json")),
        with("jwk", jwk),
        with("x5u", json!("https://attacker.example/chain.pem")),
        with("x5c", json!(["MIIB"])),
        with("x5t", json!("AAAA")),
        with("crit", json!(["exp"])),
        with("crit", json!([])),
        with("b64", json!(false)),
        with("zip", json!("DEF")),
        with("cty", json!("JWT")),
        with("enc", json!("A256GCM")),
        format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#),
        r#"{"alg":"ES256","typ":"at+jwt"}"#.to_owned(),
        format!(r#"{{"kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"none","alg":"ES256","kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"ES256","alg":"none","kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"typ":"at+jwt","alg":"ES256","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt"}} "#),
        format!(r#"{{"\u0061lg":"ES256","kid":"{kid}","typ":"at+jwt"}}"#),
        "{}".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        String::new(),
        "\u{feff}{}".to_owned(),
    ];

    for header in headers {
        assert_ne!(header, genuine_header(&key));
        assert_eq!(check(&key, &forge(&key, &header, &genuine_payload())), Err(TokenRefused::Header), "{header}");
    }
    assert_eq!(check(&key, &forge(&key, &genuine_header(&key), &genuine_payload())), Ok(claims()));
}

#[test]
fn t1_every_other_form_of_the_claims_is_refused_even_if_signed_by_our_key() {
    let key = SigningKey::generate().unwrap();
    let genuine = genuine_payload();
    let with = |name: &str, value: Value| {
        let member = serde_json::from_str::<Value>(&genuine).unwrap()[name].clone();
        genuine.replacen(&format!("\"{name}\":{member}"), &format!("\"{name}\":{value}"), 1)
    };
    let and = |members: &str| format!("{},{members}}}", genuine.strip_suffix('}').unwrap());

    let payloads = [
        with("exp", json!("1793492100")),
        with("exp", json!(1_793_492_100.5)),
        with("exp", json!(1e300)),
        with("exp", json!(null)),
        with("exp", json!(i64::MAX)),
        with("iat", json!(-1.5)),
        with("iat", json!(true)),
        with("aud", json!(["urn:countersign:tenant:x"])),
        with("aud", json!("urn:countersign:tenant:x")),
        with("client_id", json!("00000000-0000-0000-0000-000000000000")),
        with("sub", json!("somebody")),
        with("sub", json!(null)),
        with("acr", json!("urn:countersign:acr:9-categories")),
        with("txn", json!(null)),
        with("txn", json!("")),
        with("txn", json!("AAAA")),
        with("jti", json!("{00000000-0000-0000-0000-000000000000}")),
        and(r#""nbf":1793491200"#),
        and(r#""nbf":99999999999"#),
        and(r#""exp":99999999999"#),
        and(r#""scope":"admin""#),
        and(r#""__proto__":{}"#),
        genuine.replacen("\"exp\"", "\"\\u0065xp\"", 1),
        genuine.replacen(',', ", ", 1),
        format!(" {genuine}"),
        format!("{genuine}\n"),
        format!("{genuine}{genuine}"),
        "{}".to_owned(),
        "[]".to_owned(),
        String::new(),
    ];

    for payload in payloads {
        assert_ne!(payload, genuine);
        let token = forge(&key, &genuine_header(&key), &payload);
        assert_eq!(check(&key, &token), Err(TokenRefused::Claims), "{payload}");
    }
}

#[test]
fn t1_a_token_has_exactly_three_parts_in_one_spelling() {
    let key = SigningKey::generate().unwrap();
    let token = mint(&key, &claims()).unwrap();
    let token = token.expose();
    let [header, payload, signature] = <[&str; 3]>::try_from(token.split('.').collect::<Vec<_>>()).unwrap();
    let respelt = STANDARD_NO_PAD.encode(genuine_header(&key));

    let others = [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        header.to_owned(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{header}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{signature}"),
        format!("{header}.{payload}.{payload}.{signature}"),
        format!("{header}.{payload}.{signature}.{payload}.{signature}"),
        format!(" {token}"),
        format!("{token} "),
        format!("{token}\n"),
        format!("Bearer {token}"),
        format!("{token}="),
        format!("{header}=.{payload}.{signature}"),
        format!("{header}.{payload}=.{signature}"),
        token.replace('.', "\u{ff0e}"),
        token.to_uppercase(),
        format!("{}{token}", "A".repeat(3000)),
        format!("{respelt} .{payload}.{signature}"),
    ];

    for other in others {
        assert!(check(&key, &other).is_err(), "{other}");
    }
    let padded = format!("{token}{}", "A".repeat(2049 - token.len()));
    assert_eq!(check(&key, &padded), Err(TokenRefused::TooLong));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn t1_no_token_survives_a_changed_byte(position in any::<prop::sample::Index>(), replacement in 0_u8..128) {
        let key = SigningKey::generate().unwrap();
        let token = mint(&key, &claims()).unwrap();
        let mut bytes = token.expose().as_bytes().to_vec();
        let position = position.index(bytes.len());
        bytes[position] = replacement;
        let changed = String::from_utf8(bytes).unwrap();

        prop_assert_eq!(check(&key, &changed).is_ok(), changed == token.expose());
    }

    #[test]
    fn t1_any_text_is_refused_without_a_panic(text in "(.{0,40}|[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,90})") {
        let key = SigningKey::generate().unwrap();

        prop_assert!(check(&key, &text).is_err());
    }
}
