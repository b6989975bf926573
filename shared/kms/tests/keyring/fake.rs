//! A KMS on loopback: its ciphertexts hold key, context and plaintext, and open with exactly these.

use std::future::pending;
use std::sync::LazyLock;

use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::OTHER_KEY;

/// What the KMS does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Behaviour {
    /// As AWS documents it.
    Works,
    /// The same, but its key is disabled.
    KeyDisabled,
    /// Every call ends with this status and error.
    Fails(u16, &'static str),
    /// Every call ends well, with this answer.
    Answers(&'static str),
    /// No call ends.
    Stalls,
}

/// A running KMS; it ends with this value.
pub(crate) struct FakeKms {
    /// Where it listens.
    pub(crate) endpoint: String,
    server: JoinHandle<()>,
}

impl FakeKms {
    /// Listens on a free loopback port.
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().route("/", post(answer)).with_state(behaviour);
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { endpoint, server }
    }
}

impl Drop for FakeKms {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(behaviour): State<Behaviour>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let operation = headers["x-amz-target"].to_str().unwrap().to_owned();
    let request: Value = serde_json::from_slice(&body).unwrap();
    let outcome = match behaviour {
        Behaviour::Works | Behaviour::KeyDisabled => work(behaviour, &operation, &request),
        Behaviour::Fails(status, code) => Err((StatusCode::from_u16(status).unwrap(), code)),
        Behaviour::Answers(text) => return (StatusCode::OK, text.to_owned()),
        Behaviour::Stalls => pending().await,
    };
    match outcome {
        Ok(answer) => (StatusCode::OK, answer.to_string()),
        Err((status, code)) => (status, json!({ "__type": code, "message": "as told" }).to_string()),
    }
}

fn work(behaviour: Behaviour, operation: &str, request: &Value) -> Result<Value, (StatusCode, &'static str)> {
    let sealed_for = |request: &Value| json!([request["KeyId"], request["EncryptionContext"]]);
    match operation {
        "TrentService.Encrypt" => {
            let content = json!([sealed_for(request), request["Plaintext"]]).to_string();
            Ok(json!({ "KeyId": request["KeyId"], "CiphertextBlob": STANDARD.encode(content) }))
        }
        "TrentService.Decrypt" => {
            let refused = (StatusCode::BAD_REQUEST, "InvalidCiphertextException");
            let content = STANDARD.decode(request["CiphertextBlob"].as_str().unwrap()).unwrap();
            let content: Value = serde_json::from_slice(&content).map_err(|_| refused)?;
            if content[0][0] != request["KeyId"] {
                return Err((StatusCode::BAD_REQUEST, "IncorrectKeyException"));
            }
            if content[0] != sealed_for(request) {
                return Err(refused);
            }
            Ok(json!({ "KeyId": request["KeyId"], "Plaintext": content[1] }))
        }
        "TrentService.DescribeKey" => Ok(json!({ "KeyMetadata": {
            "KeyId": request["KeyId"],
            "Enabled": matches!(behaviour, Behaviour::Works),
        } })),
        "TrentService.GetPublicKey" => {
            Ok(json!({ "KeyId": request["KeyId"], "PublicKey": STANDARD.encode(public_der()) }))
        }
        "TrentService.Sign" => {
            assert_eq!(
                (&request["MessageType"], &request["SigningAlgorithm"]),
                (&json!("DIGEST"), &json!("ECDSA_SHA_256"))
            );
            let digest = STANDARD.decode(request["Message"].as_str().unwrap()).unwrap();
            let digest = Digest::import_less_safe(&digest, &SHA256).unwrap();
            let signature =
                if request["KeyId"] == OTHER_KEY { other_pair() } else { pair() }.sign_digest(&digest).unwrap();
            Ok(json!({ "KeyId": request["KeyId"], "Signature": STANDARD.encode(signature.as_ref()) }))
        }
        _ => Err((StatusCode::BAD_REQUEST, "UnknownOperationException")),
    }
}

/// The pair behind every key id; its public half is what all of them publish.
fn pair() -> &'static EcdsaKeyPair {
    static PAIR: LazyLock<EcdsaKeyPair> =
        LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap());
    &PAIR
}

/// What the other key signs with, unlike what it publishes.
fn other_pair() -> &'static EcdsaKeyPair {
    static PAIR: LazyLock<EcdsaKeyPair> =
        LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap());
    &PAIR
}

fn public_der() -> Vec<u8> {
    let der: PublicKeyX509Der<'_> = pair().public_key().as_der().unwrap();
    der.as_ref().to_vec()
}
