//! Ids and records of one case. Everything follows from the seed and the case's name.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{
    Acr, AttemptMark, BranchKeyVersion, Enrollment, EventId, FactorSet, FactorType, Home, IdempotencyKey,
    RequestFingerprint, RequestNonce, Sealed, SecretHash, Session, SessionEpoch, SessionId, SessionSeed, TenantId,
    TransactionHash, UserId, VERIFICATION_LIFETIME, Verification, VerificationId,
};
use jiff::Timestamp;

use super::Failure;
use crate::{ClaimRequest, ClaimedAttempt, CompletionRequest, OutboxEvent, SessionKey};

/// What all cases of a run have in common.
#[derive(Clone, Copy)]
pub(super) struct Setting {
    /// What the ids of all records follow from.
    pub(super) seed: u64,
    /// Where verifications are opened.
    pub(super) home: Home,
}

/// Two tenants and their records.
pub(super) struct World {
    /// The case's tenant.
    pub(super) tenant: TenantId,
    /// Another one, who must not notice.
    pub(super) other_tenant: TenantId,
    /// A user of either.
    pub(super) user: UserId,
    /// The present. Far in the future, so that no engine's housekeeping deletes what the cases look for.
    pub(super) now: Timestamp,
    /// Where the verification is.
    pub(super) home: Home,
    seed: u64,
    root: [u8; 8],
}

impl World {
    pub(super) fn new(setting: Setting, case: &str) -> Self {
        let Setting { seed, home } = setting;
        // FNV-1a: ids of different cases must differ, no more.
        let root = case
            .bytes()
            .chain([u8::from(home == Home::Cache)])
            .fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        let root = root.to_be_bytes();
        Self {
            tenant: TenantId::from_keyed_bytes(sixteen(root, 1, 0)),
            other_tenant: TenantId::from_keyed_bytes(sixteen(root, 2, 0)),
            user: UserId::from_keyed_bytes(sixteen(root, 3, 0)),
            now: Timestamp::from_second(4_102_444_800).unwrap_or(Timestamp::MAX),
            home,
            seed,
            root,
        }
    }

    /// 16 bytes for the `number`th thing of some kind.
    pub(super) fn bytes(&self, kind: u8, number: u8) -> [u8; 16] {
        sixteen(self.root, kind, number)
    }

    /// The `number`th idempotency key.
    pub(super) fn key(&self, number: u8) -> Result<IdempotencyKey, Failure> {
        key_at(self.now, number)
    }

    /// An enrollment of the user with two factors and no device.
    pub(super) fn enrollment(&self) -> Result<Enrollment, Failure> {
        Ok(Enrollment {
            tenant: self.tenant,
            user: self.user,
            key_version: 1,
            branch_key_version: BranchKeyVersion::FIRST,
            factors: factors(&[FactorType::Pin, FactorType::Nfc])?,
            created_at: self.now,
            user_key: Sealed::new(vec![1; 60]),
            askable_sets: Sealed::new(vec![2; 200]),
            device_id: None,
            request: RequestFingerprint { key: self.key(0)?, body: [3; 32] },
        })
    }

    /// The id of the verification.
    pub(super) fn verification_id(&self) -> VerificationId {
        self.numbered_verification_id(0)
    }

    /// The id of the `number`th verification.
    pub(super) fn numbered_verification_id(&self, number: u8) -> VerificationId {
        VerificationId::at_home(self.bytes(4, number), self.home)
    }

    /// A verification just opened, asking for pin and nfc, bound to a transaction.
    pub(super) fn verification(&self) -> Result<Verification, Failure> {
        Ok(Verification {
            tenant: self.tenant,
            id: self.verification_id(),
            user: self.user,
            asked: factors(&[FactorType::Pin, FactorType::Nfc])?,
            key_version: 1,
            branch_key_version: BranchKeyVersion::FIRST,
            seed: SessionSeed::new([4; 16]),
            further_turns: 3,
            transaction: Some(TransactionHash::new([5; 32])),
            created_at: self.now,
            expires_at: self.after(VERIFICATION_LIFETIME),
            attempts: BTreeMap::new(),
            verified: None,
            request: RequestFingerprint { key: self.key(0)?, body: [6; 32] },
        })
    }

    /// The claim of the `number`th attempt by its first execution, presenting what is asked for.
    pub(super) fn claim(&self, number: u8) -> Result<ClaimRequest, Failure> {
        Ok(ClaimRequest {
            tenant: self.tenant,
            verification: self.verification_id(),
            attempt: RequestFingerprint { key: self.key(number)?, body: [number; 32] },
            nonce: nonce(number),
            presented: factors(&[FactorType::Pin, FactorType::Nfc])?,
            now: self.now,
        })
    }

    /// The `number`th attempt as its first execution names it.
    pub(super) fn claimed(&self, number: u8) -> Result<ClaimedAttempt, Failure> {
        Ok(ClaimedAttempt {
            tenant: self.tenant,
            verification: self.verification_id(),
            attempt: self.key(number)?,
            nonce: nonce(number),
        })
    }

    /// The completion by the first execution of the `attempt`th attempt, opening the `session`th session.
    pub(super) fn completion(&self, attempt: u8, session: u8) -> Result<CompletionRequest, Failure> {
        Ok(CompletionRequest {
            verification: self.verification_id(),
            attempt: self.key(attempt)?,
            nonce: nonce(attempt),
            session: self.session(session),
            evicted: Vec::new(),
            answer: Sealed::new(vec![attempt; 900]),
        })
    }

    /// The mark of the `number`th attempt.
    pub(super) fn mark(&self, number: u8) -> AttemptMark {
        AttemptMark((u64::from_be_bytes(self.root) ^ u64::from(number)).to_be_bytes())
    }

    /// The `number`th session.
    pub(super) fn session(&self, number: u8) -> Session {
        Session {
            tenant: self.tenant,
            user: self.user,
            id: SessionId::from_keyed_bytes(self.bytes(5, number)),
            acr: Acr::TwoCategories,
            key_version: 1,
            created_at: self.now,
            refreshed_at: self.now,
            expires_at: self.after(Duration::from_secs(3_600)),
            epoch: SessionEpoch::FIRST,
            family: SecretHash::new([number.wrapping_add(100); 32]),
            refresh_token: SecretHash::new([number; 32]),
            approved_transaction: true,
            revoked_at: None,
        }
    }

    /// What finds the `number`th session.
    pub(super) fn session_key(&self, number: u8) -> SessionKey {
        SessionKey { tenant: self.tenant, user: self.user, session: self.session(number).id }
    }

    /// The `number`th event. Sixteen in a row are in sixteen parts of the outbox.
    pub(super) fn event(&self, number: u8) -> OutboxEvent {
        OutboxEvent { id: self.event_id_at(self.now, number), payload: vec![number; 1 + usize::from(number)] }
    }

    /// The id of the `number`th event, with `at` inside.
    pub(super) fn event_id_at(&self, at: Timestamp, number: u8) -> EventId {
        let mut random = [number; 10];
        random.iter_mut().zip(self.root).for_each(|(byte, value)| *byte = value);
        EventId::at(at, &random)
    }

    /// The `number`th of the sixteen shards of the run. There are few shards, so that cases share them out by number.
    pub(super) fn shard(&self, number: u16) -> u16 {
        u16::try_from(self.seed % 64).unwrap_or_default() * 16 + number
    }

    /// The instant `later` than the present.
    pub(super) fn after(&self, later: Duration) -> Timestamp {
        self.now.checked_add(later).unwrap_or(Timestamp::MAX)
    }
}

/// The `number`th execution's name.
pub(super) fn nonce(number: u8) -> RequestNonce {
    RequestNonce([number; 8])
}

/// The set of these types.
pub(super) fn factors(types: &[FactorType]) -> Result<FactorSet, Failure> {
    FactorSet::of(types.iter().copied()).map_err(|error| Failure::new(error.to_string()))
}

fn key_at(at: Timestamp, number: u8) -> Result<IdempotencyKey, Failure> {
    EventId::at(at, &[number; 10]).to_string().parse().map_err(|_| Failure::new("not an idempotency key".to_owned()))
}

fn sixteen(root: [u8; 8], kind: u8, number: u8) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(root.into_iter().chain([kind, number])).for_each(|(byte, value)| *byte = value);
    bytes
}
