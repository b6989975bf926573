//! The hash that binds a token to a transaction.

use domain::{Transaction, TransactionHash};

use crate::derive::sha256;

/// The SHA-256 of the transaction's canonical JSON (RFC 8785): the token's `txn`, which anyone who knows the transaction
/// can recompute.
#[must_use]
pub fn transaction_hash(transaction: &Transaction) -> TransactionHash {
    TransactionHash::new(sha256(&[transaction.canonical_json().as_bytes()]))
}
