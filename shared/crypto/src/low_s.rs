//! The one form of an ECDSA signature on P-256: s in the lower half of the group's order.
//!
//! For every valid (r, s), (r, n − s) is valid too (SEC 1 §4.1.4). We make and accept one of them.

/// Whether s of r ‖ s is at most half the order.
pub(crate) fn has_low_s(signature: &[u8; 64]) -> bool {
    let (_, s) = signature.split_at(32);
    s <= HALF_ORDER.as_slice()
}

/// The signature with the lower of s and n − s; `None` if s is neither, for it is not below n.
pub(crate) fn with_low_s(mut signature: [u8; 64]) -> Option<[u8; 64]> {
    if !has_low_s(&signature) {
        let (_, s) = signature.split_last_chunk_mut::<32>()?;
        *s = order_minus(s)?;
    }
    Some(signature)
}

/// n − s; `None` unless 0 < s < n.
fn order_minus(s: &[u8; 32]) -> Option<[u8; 32]> {
    let mut difference = ORDER;
    let mut borrow = false;
    for (digit, subtrahend) in difference.iter_mut().zip(s).rev() {
        let (first, below) = digit.overflowing_sub(*subtrahend);
        let (second, below_again) = first.overflowing_sub(u8::from(borrow));
        *digit = second;
        borrow = below || below_again;
    }
    (!borrow && difference != [0; 32]).then_some(difference)
}

/// n of P-256 (SP 800-186 §3.2.1.3).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// ⌊n / 2⌋.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d,
    0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];
