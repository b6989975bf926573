//! Counts as real numbers, and back.

/// A count, to calculate with.
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^53")]
pub(crate) fn real(count: usize) -> f64 {
    count as f64
}

/// The whole part; 0 of what is negative.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the conversion saturates")]
pub(crate) fn whole(value: f64) -> usize {
    value as usize
}
