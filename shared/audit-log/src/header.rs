//! The signed header of a batch: JSON as RFC 8785 writes it.
//!
//! ```json
//! {"at":"2026-11-01T00:00:00Z","batch":42,"count":3,"first":1107,"history":"…","key":"…","previous":"…","root":"…","schema":1,
//!  "shard":3,"shards":4,"signature":"…"}
//! ```
//! The signature is over [`DOMAIN`] and the same JSON without `signature`. Parsing accepts these bytes and no others.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crypto::{KeyError, SignHeaders, VerifyingKey};
use domain::KeyId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Hash, ObjectKind, ObjectName};

/// What a batch is, and what it is chained to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// When it was sealed; never before the batch before it.
    pub at: Timestamp,
    /// Its number within its shard, from 1.
    pub batch: u64,
    /// How many events it has; at least one.
    pub count: u32,
    /// How many events the shard has before it: the sequence number of its first event, counted from 0.
    pub first: u64,
    /// The root of the tree over the hashes of all headers of the shard before it. So a header is a checkpoint of its shard.
    pub history: Hash,
    /// The key that it is signed with.
    pub key: KeyId,
    /// The hash of the signed header before it; [`Hash::ZERO`] in the first.
    pub previous: Hash,
    /// The root of the tree over its events' canonical bytes.
    pub root: Hash,
    /// The shard.
    pub shard: u16,
    /// How many shards there were when it was sealed: see [`shard_of`](crate::shard_of).
    pub shards: u16,
}

impl Header {
    /// The name of the object with the events.
    #[must_use]
    pub fn payload_name(&self) -> ObjectName {
        let mut start = [0; 8];
        start.iter_mut().zip(self.root.as_bytes()).for_each(|(target, byte)| *target = *byte);
        ObjectName { shard: self.shard, batch: self.batch, kind: ObjectKind::Payload(start) }
    }

    /// The name of the object with the header.
    #[must_use]
    pub const fn header_name(&self) -> ObjectName {
        ObjectName { shard: self.shard, batch: self.batch, kind: ObjectKind::Header }
    }

    /// What is signed.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        [DOMAIN, &Members::of(self, None).to_bytes()].concat()
    }
}

/// A header with its signature, which may not have been checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHeader {
    header: Header,
    signature: [u8; 64],
}

impl SignedHeader {
    /// Signs a header that names this signer's key.
    ///
    /// # Errors
    /// [`KeyError`] of the signer.
    pub async fn sign(header: Header, signer: &impl SignHeaders) -> Result<Self, KeyError> {
        let signature = signer.sign_header(&header.message()).await?;
        Ok(Self { header, signature })
    }

    /// Reads a header's bytes back; [`SignedHeader::is_signed_by`] decides whether they are genuine.
    ///
    /// # Errors
    /// [`InvalidHeader`] if the bytes are not exactly what [`SignedHeader::to_bytes`] gives for some header.
    pub fn parse(unverified_bytes: &[u8]) -> Result<Self, InvalidHeader> {
        if unverified_bytes.len() as u64 > MAX_HEADER_BYTES {
            return Err(InvalidHeader::Malformed);
        }
        let members: Members = serde_json::from_slice(unverified_bytes).map_err(|_| InvalidHeader::Malformed)?;
        let signed = members.signed()?;
        if signed.to_bytes() == unverified_bytes { Ok(signed) } else { Err(InvalidHeader::NotCanonical) }
    }

    /// The canonical JSON; its bytes are what is stored and hashed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        Members::of(&self.header, Some(&self.signature)).to_bytes()
    }

    /// The hash by which the next header names this one.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(&[&self.to_bytes()])
    }

    /// The header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Whether this key signed it.
    #[must_use]
    pub fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        *key.id() == self.header.key && key.verifies_header(&self.header.message(), &self.signature)
    }
}

/// Why bytes are not a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHeader {
    /// Not JSON, or not the members of a header with values of their types.
    #[error("not the JSON of a header")]
    Malformed,
    /// A header of another schema version.
    #[error("a header of an unknown schema version")]
    UnknownSchema,
    /// A header, spelt in another way.
    #[error("a header in a spelling that is not canonical")]
    NotCanonical,
}

/// The members in the order of RFC 8785.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    at: String,
    batch: u64,
    count: u32,
    first: u64,
    history: Hash,
    key: String,
    previous: Hash,
    root: Hash,
    schema: u8,
    shard: u16,
    shards: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
}

impl Members {
    fn of(header: &Header, signature: Option<&[u8; 64]>) -> Self {
        Self {
            at: header.at.to_string(),
            batch: header.batch,
            count: header.count,
            first: header.first,
            history: header.history,
            key: header.key.to_string(),
            previous: header.previous,
            root: header.root,
            schema: SCHEMA_VERSION,
            shard: header.shard,
            shards: header.shards,
            signature: signature.map(|signature| URL_SAFE_NO_PAD.encode(signature)),
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        // Structs of integers and strings always serialise.
        serde_json::to_vec(self).unwrap_or_default()
    }

    fn signed(self) -> Result<SignedHeader, InvalidHeader> {
        if self.schema != SCHEMA_VERSION {
            return Err(InvalidHeader::UnknownSchema);
        }
        let malformed = InvalidHeader::Malformed;
        let is_possible = self.batch > 0
            && self.count > 0
            && self.shard < self.shards
            && self.batch <= MAX_INTEGER
            && self.first <= MAX_INTEGER;
        let signature = URL_SAFE_NO_PAD.decode(self.signature.ok_or(malformed)?).map_err(|_| malformed)?;
        let signature = signature.try_into().map_err(|_| malformed)?;
        let header = Header {
            at: self.at.parse().map_err(|_| malformed)?,
            batch: self.batch,
            count: self.count,
            first: self.first,
            history: self.history,
            key: self.key.parse().map_err(|_| malformed)?,
            previous: self.previous,
            root: self.root,
            shard: self.shard,
            shards: self.shards,
        };
        if is_possible { Ok(SignedHeader { header, signature }) } else { Err(malformed) }
    }
}

/// Keeps a header's signature from being one of anything else, and of a header of another schema.
const DOMAIN: &[u8] = b"countersign audit log header 1\n";

const SCHEMA_VERSION: u8 = 1;

/// The longest header takes two thirds of it.
pub(crate) const MAX_HEADER_BYTES: u64 = 1024;

/// The largest integer that every JSON reader reads exactly (RFC 8785 §3.2.2.3, RFC 7493 §2.2).
const MAX_INTEGER: u64 = (1 << 53) - 1;
