//! What a newcomer reads first, and can paste.

use std::net::SocketAddr;

use crypto::OsEntropy;
use domain::{Entropy, UserId};

use super::Failure;
use super::say::say;
use crate::host::Host;

/// Prints the address, the key and the first three calls.
pub(super) fn print(host: &Host, address: SocketAddr) -> Result<(), Failure> {
    let entropy: &dyn Entropy = &OsEntropy;
    let user = UserId::from_keyed_bytes(entropy.array()?);
    let kept = if host.data_dir().is_kept() {
        format!("kept in {}", host.data_dir().file("").display())
    } else {
        "nothing is kept".to_owned()
    };
    let api_key = host.api_key.expose();
    let journey = journey(&format!("http://{address}"), api_key, &user.to_string());
    let _nobody_listens = say(&format!(
        "Countersign serves http://{address} ({kept}); Ctrl-C stops it.\nDevelopment API key: {api_key}\n\n{journey}"
    ));
    Ok(())
}

/// Lines for bash or zsh: a preparation, then three calls that build on each other. Nothing in them ages: an
/// Idempotency-Key is made when its line runs.
fn journey(url: &str, api_key: &str, user: &str) -> String {
    LINES.replace("{url}", url).replace("{api_key}", api_key).replace("{user}", user)
}

/// `uuid7` makes a fresh Idempotency-Key; every factor has the digest `D`, to keep the lines short.
const LINES: &str = r#"Paste into bash or zsh. Once per shell:

AUTH='Authorization: Bearer {api_key}'; JSON='Content-Type: application/json'; D=$(printf 'c5%.0s' {1..32})
uuid7() { printf '%012x7%s' "$(date +%s)000" "$(od -An -N10 -tx1 /dev/urandom | tr -d ' ')" | sed -E 's/(.{8})(.{4})(.{4}).(.{3})(.{12}).*/\1-\2-\3-8\4-\5/'; }

Enrol a user:

curl -sS -w '\n' {url}/v1/enrollments -H "$AUTH" -H "$JSON" -H "Idempotency-Key: $(uuid7)" -d '{"user_id":"{user}","factors":[{"type":"pin","digest":"'$D'"},{"type":"pattern","digest":"'$D'"},{"type":"nfc","digest":"'$D'"},{"type":"fingerprint","digest":"'$D'"}]}'

Open a verification of a payment:

V=$(curl -sS {url}/v1/verifications -H "$AUTH" -H "$JSON" -H "Idempotency-Key: $(uuid7)" -d '{"user_id":"{user}","transaction":{"amount_minor":4990,"currency":"EUR","payee":"Bookshop","reference":"order-1"}}'); echo "$V"

Present the factors that it asks for, and get a token:

curl -sS -w '\n' {url}/v1/verifications/$(sed 's/.*"verification_id":"\([^"]*\)".*/\1/' <<<"$V")/attempts -H "$AUTH" -H "$JSON" -H "Idempotency-Key: $(uuid7)" -d '{"factors":'"$(sed 's/.*"factors":\(\[[^]]*\]\).*/\1/;s/"\([a-z_]*\)"/{"type":"\1","digest":"'$D'"}/g' <<<"$V")"'}'
"#;
