//! A verification as one value: what scripts look at first, in the order that `verification.lua` says, then the rest.

use std::collections::BTreeMap;

use domain::{
    ATTEMPTS_ALLOWED, Acr, Attempt, AttemptState, BranchKeyVersion, FactorSet, FactorType, IdempotencyKey,
    RequestFingerprint, RequestNonce, Sealed, SecretHash, Session, SessionEpoch, SessionId, SessionSeed, TenantId,
    TransactionHash, UserId, Verification, VerificationId, Verified,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::bytes::{Reader, Writer};

/// A verification as it is kept, with the session that it opened.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) verification: Verification,
    pub(crate) session: Option<KeptSession>,
}

/// What opens a verified verification's session again, if the process died in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptSession {
    pub(crate) session: Session,
    /// Whether it is known to have been opened.
    pub(crate) opening: Opening,
}

/// Whether a session is known to have been opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    Unconfirmed,
    Confirmed,
}

/// The value of a verification that was just opened.
pub(crate) fn opened(verification: &Verification) -> Vec<u8> {
    Writer::default()
        .byte(FORMAT)
        .byte(0)
        .instant(verification.expires_at)
        .byte(0)
        .bytes(&factors(verification.asked))
        .bytes(verification.user.as_bytes())
        .number(verification.key_version)
        .number(verification.branch_key_version.number())
        .instant(verification.created_at)
        .bytes(verification.request.key.as_bytes())
        .bytes(&verification.request.body)
        .optional(verification.transaction.as_ref().map(|hash| hash.as_bytes().as_slice()))
        .bytes(verification.seed.as_bytes())
        .byte(verification.further_turns)
        .finish()
}

/// Reads a value, and refuses one that no transition leads to: gives what is impossible about it.
pub(crate) fn parse(tenant: TenantId, id: VerificationId, value: &[u8]) -> Result<Kept, &'static str> {
    let mut reader = Reader(value);
    if reader.byte() != Some(FORMAT) {
        return Err("format");
    }
    let count = reader.byte().filter(|count| *count <= ATTEMPTS_ALLOWED).ok_or("number of attempts")?;
    let expires_at = reader.instant().ok_or("expiry")?;
    let is_verified = reader.flag().ok_or("end")?;
    let attempts: Option<BTreeMap<_, _>> = (0..count).map(|_| attempt(&mut reader)).collect();
    let attempts = attempts.filter(|attempts| attempts.len() == usize::from(count)).ok_or("attempts")?;
    let right = attempts.values().filter(|attempt| attempt.state == AttemptState::Right).count();
    if right != usize::from(is_verified) {
        return Err("attempts");
    }
    let success = if is_verified { Some(success(&mut reader).ok_or("end")?) } else { None };
    let opened = record(tenant, id, expires_at, reader).ok_or("record")?;
    if expires_at <= opened.created_at {
        return Err("expiry");
    }
    let session = success.as_ref().map(|success| success.session(&opened).ok_or("end")).transpose()?;
    let verified = success.map(|success| success.verified);
    Ok(Kept { verification: Verification { attempts, verified, ..opened }, session })
}

fn attempt(reader: &mut Reader<'_>) -> Option<(IdempotencyKey, Attempt)> {
    let key = idempotency_key(reader.array()?)?;
    let body = reader.array()?;
    let nonce = RequestNonce(reader.array()?);
    let claimed_at = reader.instant()?;
    let state = match reader.byte()? {
        0 => AttemptState::Claimed,
        RIGHT => AttemptState::Right,
        wrong if wrong <= ATTEMPTS_ALLOWED => AttemptState::Wrong { attempts_remaining: wrong - 1 },
        _ => return None,
    };
    Some((key, Attempt { body, claimed_at, nonce, state }))
}

/// How it ended, with what is kept of the session.
struct Success {
    verified: Verified,
    opening: Opening,
    expires_at: Timestamp,
    refresh_token: SecretHash,
    family: SecretHash,
    epoch: SessionEpoch,
}

fn success(reader: &mut Reader<'_>) -> Option<Success> {
    let at = reader.instant()?;
    let session = SessionId::new(Uuid::from_bytes(reader.array()?));
    let opening = if reader.flag()? { Opening::Confirmed } else { Opening::Unconfirmed };
    let expires_at = reader.instant()?;
    let (refresh_token, family) = (SecretHash::new(reader.array()?), SecretHash::new(reader.array()?));
    let epoch = SessionEpoch::new(u64::from_be_bytes(reader.array()?));
    let answer = reader.measured().filter(|answer| !answer.is_empty())?;
    let verified = Verified { at, session, answer: Sealed::new(answer.to_vec()) };
    Some(Success { verified, opening, expires_at, refresh_token, family, epoch })
}

impl Success {
    /// As it was opened; `None` if the verification could not have opened it.
    fn session(&self, opened: &Verification) -> Option<KeptSession> {
        let session = Session {
            tenant: opened.tenant,
            user: opened.user,
            id: self.verified.session,
            key_version: opened.key_version,
            acr: Acr::earned_by(opened.asked)?,
            created_at: self.verified.at,
            refreshed_at: self.verified.at,
            expires_at: self.expires_at,
            epoch: self.epoch,
            family: self.family,
            refresh_token: self.refresh_token,
            approved_transaction: opened.transaction.is_some(),
            revoked_at: None,
        };
        Some(KeptSession { session, opening: self.opening })
    }
}

/// What a session's tokens are recognised by, as it is kept: the hashes of its refresh token and of its family, and its epoch.
pub(crate) fn recognition(session: &Session) -> Vec<u8> {
    Writer::default()
        .bytes(session.refresh_token.as_bytes())
        .bytes(session.family.as_bytes())
        .bytes(&session.epoch.number().to_be_bytes())
        .finish()
}

/// What scripts do not look at, but for the asked factors.
fn record(tenant: TenantId, id: VerificationId, expires_at: Timestamp, mut reader: Reader<'_>) -> Option<Verification> {
    let asked = parse_factors(reader.array()?)?;
    let opened = Verification {
        tenant,
        id,
        user: UserId::new(Uuid::from_bytes(reader.array()?)),
        asked,
        key_version: reader.number()?,
        branch_key_version: BranchKeyVersion::new(reader.number()?)?,
        created_at: reader.instant()?,
        expires_at,
        request: RequestFingerprint { key: idempotency_key(reader.array()?)?, body: reader.array()? },
        transaction: if reader.flag()? { Some(TransactionHash::new(reader.array()?)) } else { None },
        seed: SessionSeed::new(reader.array()?),
        further_turns: reader.byte()?,
        attempts: BTreeMap::new(),
        verified: None,
    };
    reader.is_empty().then_some(opened)
}

/// A set of factors, one bit for each.
pub(crate) fn factors(factors: FactorSet) -> [u8; 2] {
    factors.iter().map(bit).fold(0, |bits, bit| bits | bit).to_be_bytes()
}

/// `None` for no factors and for bits that stand for none.
fn parse_factors(bytes: [u8; 2]) -> Option<FactorSet> {
    let bits = u16::from_be_bytes(bytes);
    let set = FactorSet::of(FactorType::ALL.into_iter().filter(|factor| bits & bit(*factor) != 0)).ok()?;
    (bits != 0 && factors(set) == bytes).then_some(set)
}

/// Two versions of this code may share a cache, so a factor keeps its bit for ever.
const fn bit(factor: FactorType) -> u16 {
    1 << match factor {
        FactorType::Pin => 0,
        FactorType::Pattern => 1,
        FactorType::Colour => 2,
        FactorType::Emoji => 3,
        FactorType::Words => 4,
        FactorType::ImageTap => 5,
        FactorType::Nfc => 6,
        FactorType::DeviceSecret => 7,
        FactorType::Fingerprint => 8,
        FactorType::Face => 9,
        FactorType::Voice => 10,
    }
}

/// Reads a key back, which is checked like one that a caller sent.
pub(crate) fn idempotency_key(bytes: [u8; 16]) -> Option<IdempotencyKey> {
    Uuid::from_bytes(bytes).to_string().parse().ok()
}

const FORMAT: u8 = 3;

/// The state of the attempt that was right.
const RIGHT: u8 = 255;
