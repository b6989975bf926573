//! What KMS's errors mean.
//!
//! | KMS says | meaning |
//! |---|---|
//! | `InvalidCiphertext`, `IncorrectKey` to a `Decrypt` | refused: altered, another context or another key; it never will open |
//! | `AccessDenied`, `Disabled`, `KMSInvalidState`, `NotFound` | unavailable: an operator has to act, the key is not at fault |
//! | throttling, timeouts, anything else | unavailable: later, perhaps |

use std::error::Error;
use std::fmt::Debug;
use std::iter::successors;

use aws_sdk_kms::error::SdkError;
use aws_sdk_kms::operation::decrypt::DecryptError;
use crypto::KeyError;

/// The meaning of a failed `Decrypt`.
pub(crate) fn decrypt_error<R>(error: &SdkError<DecryptError, R>) -> KeyError
where
    R: Debug + 'static,
{
    match error.as_service_error() {
        Some(DecryptError::InvalidCiphertextException(_) | DecryptError::IncorrectKeyException(_)) => KeyError::Refused,
        _ => unavailable(error),
    }
}

/// The meaning of any other failure. Only its words are kept: the error itself holds the answer's bytes, which are a key's
/// if the answer was a good one that could not be read.
pub(crate) fn unavailable<E, R>(error: &SdkError<E, R>) -> KeyError
where
    E: Error + 'static,
    R: Debug + 'static,
{
    let words: Vec<String> =
        successors(Some(error as &dyn Error), |&error: &&dyn Error| error.source()).map(ToString::to_string).collect();
    KeyError::unavailable(words.join(": "))
}
