//! Verifications: opened and read by one command each, attempted by one script each.

use std::time::Duration;

use domain::{ATTEMPTS_ALLOWED, Home, IN_FLIGHT_FOR, TenantId, Verification, VerificationId};
use redis::Value;
use store::{
    Claim, ClaimAttempt, ClaimRequest, ClaimedAttempt, CompletionRequest, FailAttempt, FindVerification,
    OpenVerification, Opening, StoreError,
};

use crate::ValkeyStore;
use crate::bytes::instant;
use crate::client::decimal;
use crate::keys::{self, Key};
use crate::layout::{self, Kept, KeptSession};
use crate::script::{Script, corrupt, not_understood};

impl OpenVerification for ValkeyStore {
    fn home(&self) -> Home {
        Home::Cache
    }

    /// `SET … NX GET PX`: stores it, or gives the one that has its id. Repeated after a lost answer, it finds its own: the caller
    /// recognises it by the request's fingerprint.
    async fn open_verification(&self, verification: &Verification) -> Result<Opening, StoreError> {
        let operation = "OpenVerification";
        let key = keys::verification(verification.tenant, verification.id);
        let open_for = verification.expires_at.duration_since(verification.created_at).unsigned_abs();
        let kept_for = (open_for + KEPT_AFTER_EXPIRY).as_millis();
        let mut command = redis::cmd("SET");
        command
            .arg(&key.bytes)
            .arg(layout::opened(verification))
            .arg("NX")
            .arg("GET")
            .arg("PX")
            .arg(decimal(&kept_for));

        match self.command(operation, &key, &command).await? {
            Value::Nil => Ok(Opening::Opened),
            Value::BulkString(value) => {
                let kept = parse(operation, &key, verification.tenant, verification.id, &value)?;
                Ok(Opening::AlreadyOpened(Box::new(kept.verification)))
            }
            _ => Err(not_understood(operation)),
        }
    }
}

impl FindVerification for ValkeyStore {
    async fn find_verification(
        &self,
        tenant: TenantId,
        id: VerificationId,
    ) -> Result<Option<Verification>, StoreError> {
        let operation = "FindVerification";
        let key = keys::verification(tenant, id);
        let mut command = redis::cmd("GET");
        command.arg(&key.bytes);

        match self.command(operation, &key, &command).await? {
            Value::Nil => Ok(None),
            Value::BulkString(value) => Ok(Some(parse(operation, &key, tenant, id, &value)?.verification)),
            _ => Err(not_understood(operation)),
        }
    }
}

impl ClaimAttempt for ValkeyStore {
    async fn claim_attempt(&self, request: &ClaimRequest) -> Result<Claim, StoreError> {
        Ok(self.claim(request).await?.0)
    }
}

/// What came of completing the verification alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HalfCompletion {
    /// It is verified, with this session.
    Completed,
    /// It never will be with this session.
    Closed,
    /// Another execution has claimed the attempt, and may complete it with this session.
    Superseded,
}

impl ValkeyStore {
    /// Claims an attempt; if it was right before, what is kept of the session that it opened.
    pub(crate) async fn claim(&self, request: &ClaimRequest) -> Result<(Claim, Option<KeptSession>), StoreError> {
        let operation = "ClaimAttempt";
        let key = keys::verification(request.tenant, request.verification);
        let arguments: [&[u8]; 7] = [
            request.attempt.key.as_bytes(),
            &request.attempt.body,
            &request.nonce.0,
            &layout::factors(request.presented),
            &self.time(request.now),
            &decimal(&ATTEMPTS_ALLOWED),
            &decimal(&IN_FLIGHT_FOR.as_millis()),
        ];

        let values = self.run(operation, &CLAIM, &key, &arguments).await?;
        let parse = |value: &[u8]| parse(operation, &key, request.tenant, request.verification, value);
        match values.as_slice() {
            [Value::Int(0)] => Ok((Claim::Unknown, None)),
            [Value::Int(1), Value::BulkString(value)] => {
                Ok((Claim::Granted(Box::new(parse(value)?.verification)), None))
            }
            [Value::Int(2)] => Ok((Claim::OtherRequest, None)),
            [Value::Int(3), Value::BulkString(value)] => {
                let Kept { verification, session } = parse(value)?;
                Ok((Claim::Repeated(Box::new(verification)), session))
            }
            [Value::Int(4)] => Ok((Claim::Closed, None)),
            [Value::Int(5)] => Ok((Claim::Mismatched, None)),
            _ => Err(not_understood(operation)),
        }
    }

    /// The verification's half of completing: it decides.
    pub(crate) async fn complete(&self, request: &CompletionRequest) -> Result<HalfCompletion, StoreError> {
        let operation = "CompleteVerification";
        let session = &request.session;
        let key = keys::verification(session.tenant, request.verification);
        let arguments: [&[u8]; 7] = [
            request.attempt.as_bytes(),
            &request.nonce.0,
            session.id.as_bytes(),
            &decimal(&session.created_at.as_millisecond()),
            &instant(session.expires_at),
            &layout::recognition(session),
            request.answer.as_bytes(),
        ];

        match self.run(operation, &COMPLETE, &key, &arguments).await?.as_slice() {
            [Value::Int(0)] => Ok(HalfCompletion::Closed),
            [Value::Int(1)] => Ok(HalfCompletion::Completed),
            [Value::Int(2)] => Ok(HalfCompletion::Superseded),
            _ => Err(not_understood(operation)),
        }
    }

    /// Notes that the session of a verified verification is open, so that repeated attempts need not see to it.
    pub(crate) async fn confirm(&self, tenant: TenantId, id: VerificationId) -> Result<(), StoreError> {
        self.run("CompleteVerification", &CONFIRM, &keys::verification(tenant, id), &[]).await.map(|_| ())
    }

    async fn end_attempt(&self, attempt: &ClaimedAttempt, remaining: &[u8]) -> Result<(), StoreError> {
        let key = keys::verification(attempt.tenant, attempt.verification);
        let arguments: [&[u8]; 3] = [attempt.attempt.as_bytes(), &attempt.nonce.0, remaining];
        self.run("FailAttempt", &FAIL, &key, &arguments).await.map(|_| ())
    }
}

impl FailAttempt for ValkeyStore {
    async fn fail_attempt(&self, attempt: &ClaimedAttempt, attempts_remaining: u8) -> Result<(), StoreError> {
        self.end_attempt(attempt, &decimal(&attempts_remaining)).await
    }

    async fn release_attempt(&self, attempt: &ClaimedAttempt) -> Result<(), StoreError> {
        self.end_attempt(attempt, &[]).await
    }
}

fn parse(
    operation: &'static str,
    key: &Key,
    tenant: TenantId,
    id: VerificationId,
    value: &[u8],
) -> Result<Kept, StoreError> {
    layout::parse(tenant, id, value).map_err(|part| corrupt(operation, key, part))
}

static CLAIM: Script = Script::new(concat!(
    include_str!("scripts/time.lua"),
    include_str!("scripts/verification.lua"),
    include_str!("scripts/claim.lua")
));
static FAIL: Script = Script::new(concat!(include_str!("scripts/verification.lua"), include_str!("scripts/fail.lua")));
static COMPLETE: Script =
    Script::new(concat!(include_str!("scripts/verification.lua"), include_str!("scripts/complete.lua")));
static CONFIRM: Script =
    Script::new(concat!(include_str!("scripts/verification.lua"), include_str!("scripts/confirm.lua")));

/// How long an expired verification can still be read: longer than any idempotency key that could open or attempt it is accepted.
const KEPT_AFTER_EXPIRY: Duration = Duration::from_secs(900);
