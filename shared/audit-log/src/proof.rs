//! That an event is in the log, as a file that is checked without the log.

use audit::Event;
use serde::{Deserialize, Serialize};

use crate::tree::Root;
use crate::{Hash, LogKeys, SignedHeader, shard_of};

/// An event with its way to a signed header and, if there was a later one, from there to that.
///
/// ```json
/// {"event":"{…}","header":"{…}","index":7,"later":{"header":"{…}","path":["…"]},"path":["…"],"schema":1}
/// ```
/// Events and headers stand in it as strings, so that their bytes are kept. `later` may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventProof {
    /// The event's canonical JSON.
    pub event: String,
    /// The header of its batch.
    pub header: SignedHeader,
    /// Its place in its batch, from 0.
    pub index: u32,
    /// A later header of the shard, whose history has this one. If it was published as a checkpoint, then so was, in effect, the event.
    pub later: Option<Later>,
    /// The hashes beside its way to the header's root, from the leaf up (RFC 9162 §2.1.3).
    pub path: Vec<Hash>,
}

/// A later header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    /// The header.
    pub header: SignedHeader,
    /// The hashes beside the way from the earlier header to this one's history.
    pub path: Vec<Hash>,
}

impl EventProof {
    /// The proof as a file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let later = self.later.as_ref();
        let later = later.map(|later| LaterMembers { header: text_of(&later.header), path: later.path.clone() });
        let members = Members {
            event: self.event.clone(),
            header: text_of(&self.header),
            index: self.index,
            later,
            path: self.path.clone(),
            schema: SCHEMA_VERSION,
        };
        // Structs of integers and strings always serialise.
        serde_json::to_vec(&members).unwrap_or_default()
    }

    /// Reads a file; [`EventProof::check`] decides whether it proves anything.
    ///
    /// # Errors
    /// [`InvalidProof::Malformed`].
    pub fn parse(unverified_bytes: &[u8]) -> Result<Self, InvalidProof> {
        let members: Members = serde_json::from_slice(unverified_bytes).map_err(|_| InvalidProof::Malformed)?;
        if members.schema != SCHEMA_VERSION {
            return Err(InvalidProof::Malformed);
        }
        let later = match members.later {
            Some(later) => Some(Later { header: header_of(&later.header)?, path: later.path }),
            None => None,
        };
        let header = header_of(&members.header)?;
        Ok(Self { event: members.event, header, index: members.index, later, path: members.path })
    }

    /// Checks it with nothing but trusted keys, and gives the event that it proves.
    ///
    /// # Errors
    /// [`InvalidProof`].
    pub fn check(&self, keys: &LogKeys) -> Result<Event, InvalidProof> {
        check_signature(&self.header, keys)?;
        let header = self.header.header();
        let event = Event::parse(self.event.as_bytes()).map_err(|_| InvalidProof::Malformed)?;
        let batch = Root { hash: header.root, size: header.count.into() };
        let is_included = batch.includes(self.event.as_bytes(), self.index.into(), &self.path);
        if !is_included || shard_of(event.id, header.shards) != header.shard {
            return Err(InvalidProof::NotIncluded);
        }
        if let Some(later) = &self.later {
            check_signature(&later.header, keys)?;
            if !is_in_history(&self.header, &later.header, &later.path) {
                return Err(InvalidProof::NotContinued);
            }
        }
        Ok(event)
    }
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProof {
    /// Not the JSON of a proof, or of an event or header in it.
    #[error("not the file of a proof")]
    Malformed,
    /// A header that none of the trusted keys signed.
    #[error("a header is not signed by a trusted key")]
    Forged,
    /// The hashes do not lead from the event to the header.
    #[error("the event is not in the batch")]
    NotIncluded,
    /// The hashes do not lead from the earlier to the later header.
    #[error("the later header does not continue the earlier one")]
    NotContinued,
}

pub(crate) fn check_signature(header: &SignedHeader, keys: &LogKeys) -> Result<(), InvalidProof> {
    let is_signed = keys.key_of(header).is_some_and(|key| header.is_signed_by(key));
    if is_signed { Ok(()) } else { Err(InvalidProof::Forged) }
}

/// Whether these hashes prove that the later header was sealed after, and upon, the earlier one.
pub(crate) fn is_in_history(earlier: &SignedHeader, later: &SignedHeader, path: &[Hash]) -> bool {
    let history = history_of(later);
    let (place, is_same_shard) = (earlier.header().batch - 1, earlier.header().shard == later.header().shard);
    is_same_shard && history.includes(earlier.hash().as_bytes(), place, path)
}

/// The tree over all headers before this one.
pub(crate) fn history_of(header: &SignedHeader) -> Root {
    Root { hash: header.header().history, size: header.header().batch - 1 }
}

pub(crate) fn text_of(header: &SignedHeader) -> String {
    String::from_utf8(header.to_bytes()).unwrap_or_default() // it is JSON
}

pub(crate) fn header_of(text: &str) -> Result<SignedHeader, InvalidProof> {
    SignedHeader::parse(text.as_bytes()).map_err(|_| InvalidProof::Malformed)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    event: String,
    header: String,
    index: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    later: Option<LaterMembers>,
    path: Vec<Hash>,
    schema: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LaterMembers {
    header: String,
    path: Vec<Hash>,
}

pub(crate) const SCHEMA_VERSION: u8 = 1;
