//! The transaction that a verification is bound to (PSD2 RTS 2018/389 Art. 5, dynamic linking).

use serde::Serialize;

/// The largest amount in minor units: the largest integer that every JSON implementation carries exactly (2⁵³ − 1,
/// RFC 8259 §6), so that the transaction's canonical form (RFC 8785) is the same in all of them.
pub const MAX_AMOUNT_MINOR: u64 = (1 << 53) - 1;

/// What the user approves: how much, in which currency, to whom, under which reference.
///
/// The fields stand in the order of RFC 8785 (sorted by name), so that serialising gives the canonical form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transaction {
    amount_minor: u64,
    currency: String,
    payee: String,
    reference: String,
}

impl Transaction {
    /// Checks the parts: an amount of at most [`MAX_AMOUNT_MINOR`], three capital letters of currency (the form of ISO
    /// 4217), a payee and a reference of 1 to 140 characters (ISO 20022 Max140Text), none of which controls the terminal or turns
    /// the reading direction.
    ///
    /// # Errors
    /// [`InvalidTransaction`] names the part at fault.
    pub fn new(
        amount_minor: u64,
        currency: String,
        payee: String,
        reference: String,
    ) -> Result<Self, InvalidTransaction> {
        if amount_minor > MAX_AMOUNT_MINOR {
            return Err(InvalidTransaction::Amount);
        }
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(InvalidTransaction::Currency);
        }
        if !is_plain_text(&payee) {
            return Err(InvalidTransaction::Payee);
        }
        if !is_plain_text(&reference) {
            return Err(InvalidTransaction::Reference);
        }
        Ok(Self { amount_minor, currency, payee, reference })
    }

    /// The canonical JSON (RFC 8785): what the token's `txn` is the SHA-256 of.
    #[must_use]
    pub fn canonical_json(&self) -> String {
        // A struct of an integer and three strings always serialises.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Which part of a transaction does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTransaction {
    /// The amount is above [`MAX_AMOUNT_MINOR`].
    #[error("amount_minor is above 2^53 - 1")]
    Amount,
    /// The currency is not three capital letters.
    #[error("currency is not three capital letters")]
    Currency,
    /// The payee is empty, longer than 140 characters, or holds a control character.
    #[error("payee is not 1 to 140 characters without control characters")]
    Payee,
    /// The reference is empty, longer than 140 characters, or holds a control character.
    #[error("reference is not 1 to 140 characters without control characters")]
    Reference,
}

/// The SHA-256 of a transaction's canonical JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionHash([u8; 32]);

impl TransactionHash {
    /// Wraps a hash that was computed over [`Transaction::canonical_json`].
    #[must_use]
    pub const fn new(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// The hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

fn is_plain_text(text: &str) -> bool {
    (1..=140).contains(&text.chars().count())
        && !text.chars().any(|character| character.is_control() || turns(character))
}

/// Whether a character turns the reading direction of what follows (UAX #9): with it a payee could be shown as another.
const fn turns(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(amount: u64, currency: &str, payee: &str) -> Result<Transaction, InvalidTransaction> {
        Transaction::new(amount, currency.into(), payee.into(), "order-7".into())
    }

    #[test]
    fn the_canonical_form_is_sorted_json_without_spaces() {
        let transaction = with(4990, "EUR", "Café \"Zoë\"").unwrap();

        assert_eq!(
            transaction.canonical_json(),
            r#"{"amount_minor":4990,"currency":"EUR","payee":"Café \"Zoë\"","reference":"order-7"}"#
        );
    }

    #[test]
    fn every_part_has_its_bounds() {
        assert_eq!(with(1 << 53, "EUR", "x"), Err(InvalidTransaction::Amount));
        assert_eq!(with(1, "eur", "x"), Err(InvalidTransaction::Currency));
        assert_eq!(with(1, "EUR", ""), Err(InvalidTransaction::Payee));
        assert_eq!(with(1, "EUR", "a\u{7}b"), Err(InvalidTransaction::Payee));
        assert_eq!(with(1, "EUR", "a\u{202e}b"), Err(InvalidTransaction::Payee));
        assert_eq!(with(1, "EUR", &"x".repeat(141)), Err(InvalidTransaction::Payee));
    }
}
