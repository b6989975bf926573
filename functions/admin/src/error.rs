//! Why a command was not carried out.

use audit::RecordError;
use domain::{ApiKeyId, EntropyUnavailable};
use keyring::KeyringError;
use lambda_runtime::Diagnostic;
use store::{StoreError, StoreErrorKind};
use telemetry::Chain;

use crate::MalformedCommand;

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// What was sent is not a command.
    #[error(transparent)]
    Malformed(#[from] MalformedCommand),
    /// The entry would not count any more.
    #[error("the entry's end is in the past")]
    AlreadyOver,
    /// The list is read as a whole by every process, so it is bounded.
    #[error("the list has {} entries already", domain::MAX_LISTINGS)]
    ListFull,
    /// There is no such tenant: it has no branch key.
    #[error("there is no such tenant")]
    UnknownTenant,
    /// The tenant's key, which the audit event is made with, is not to be had.
    #[error("the tenant's key is not to be had")]
    Keys(#[source] KeyringError),
    /// The store does not answer.
    #[error("the store does not answer")]
    Store(#[from] StoreError),
    /// No randomness for the event's id.
    #[error("there is no randomness")]
    Entropy(#[from] EntropyUnavailable),
    /// The account's failures keep changing: repeat the command.
    #[error("the account's failures keep changing: repeat the command")]
    Contended,
    /// The tenant has enrolled nobody of this id.
    #[error("nobody of this id is enrolled")]
    UnknownUser,
    /// The user was erased.
    #[error("the user was erased")]
    UserErased,
    /// Somebody else disabled, enabled or erased the user at the same moment: repeat the command.
    #[error("the user was changed at the same moment: repeat the command")]
    UserChanged,
    /// The tenant has no such API key, or it was made before keys were listed.
    #[error("the tenant lists no such key")]
    UnknownKey,
    /// The key was revoked or has expired, or would have expired when it is made.
    #[error("the key has ended, or would have when it is made")]
    KeyOver,
    /// The key was rotated before: this one takes its place.
    #[error("the key was rotated before: rotate {0}, which takes its place")]
    KeyReplaced(ApiKeyId),
    /// Somebody else changed the key at the same moment: repeat the command.
    #[error("the key was changed at the same moment: repeat the command")]
    KeyChanged,
    /// Others keep revoking the tenant's sessions: repeat the command.
    #[error("others keep revoking the tenant's sessions: repeat the command")]
    SessionsContended,
    /// Nothing was to be changed, and the audit event that says so is perhaps not recorded: repeat the command.
    #[error("nothing was to be changed, and the audit event is perhaps not recorded: repeat the command")]
    Audit(#[from] RecordError),
}

impl AdminError {
    /// The stable name, for scripts: the `errorType` of the invocation's answer.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed-command",
            Self::AlreadyOver => "listing-over",
            Self::ListFull => "list-full",
            Self::UnknownTenant => "unknown-tenant",
            Self::Store(StoreError { kind: StoreErrorKind::Corrupt, .. }) => "corrupt-record",
            Self::Keys(_) | Self::Store(_) | Self::Entropy(_) => "unavailable",
            Self::Contended => "account-busy",
            Self::UnknownUser => "unknown-user",
            Self::UserErased => "user-erased",
            Self::UserChanged => "user-busy",
            Self::UnknownKey => "unknown-key",
            Self::KeyOver => "key-over",
            Self::KeyReplaced(_) => "key-replaced",
            Self::KeyChanged => "key-busy",
            Self::SessionsContended => "sessions-busy",
            Self::Audit(_) => "event-not-recorded",
        }
    }
}

impl From<KeyringError> for AdminError {
    fn from(error: KeyringError) -> Self {
        match error {
            KeyringError::Missing(_) => Self::UnknownTenant,
            KeyringError::Store(error) => Self::Store(error),
            error => Self::Keys(error),
        }
    }
}

impl From<AdminError> for Diagnostic {
    /// The operator may know the causes; they hold no secret.
    fn from(error: AdminError) -> Self {
        tracing::error!(error.code = error.code(), error.chain = %Chain::of(&error), "a command was not carried out");
        Self { error_type: error.code().to_owned(), error_message: Chain::of(&error).to_string() }
    }
}
