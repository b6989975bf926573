//! The text form of opaque secrets: prefix ‖ base64url(body) ‖ checksum.
//!
//! The checksum (CRC-32 of what precedes it, as six base-62 digits) lets scanners and the authorizer drop a typing
//! error or a look-alike without a look-up. It protects nothing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::SecretHash;
use zeroize::Zeroizing;

use crate::derive::sha256;

/// The text is not a secret of the expected kind: wrong prefix, alphabet, length or checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed secret")]
pub struct MalformedSecret;

/// Writes the text form.
pub(crate) fn write(prefix: &str, body: &[u8]) -> Zeroizing<String> {
    let mut text = String::with_capacity(prefix.len() + body.len() * 4 / 3 + 2 + CHECKSUM_LENGTH);
    text.push_str(prefix);
    URL_SAFE_NO_PAD.encode_string(body, &mut text);
    let checksum = checksum(&text);
    text.extend(checksum);
    Zeroizing::new(text)
}

/// Reads the body of exactly `N` bytes back. Every body has one text form only.
pub(crate) fn read<const N: usize>(prefix: &str, unverified_text: &str) -> Result<Zeroizing<[u8; N]>, MalformedSecret> {
    let rest = unverified_text.strip_prefix(prefix).ok_or(MalformedSecret)?;
    let expected_length = (N * 4).div_ceil(3) + CHECKSUM_LENGTH;
    if rest.len() != expected_length {
        return Err(MalformedSecret);
    }
    let checksum_at = unverified_text.len() - CHECKSUM_LENGTH;
    let (checked, stated) = unverified_text.split_at_checked(checksum_at).ok_or(MalformedSecret)?;
    if !stated.chars().eq(checksum(checked)) {
        return Err(MalformedSecret);
    }
    let encoded = checked.strip_prefix(prefix).ok_or(MalformedSecret)?;
    let body = Zeroizing::new(URL_SAFE_NO_PAD.decode(encoded).map_err(|_| MalformedSecret)?);
    <[u8; N]>::try_from(body.as_slice()).map(Zeroizing::new).map_err(|_| MalformedSecret)
}

/// What is stored of a secret: SHA-256 of a label and the whole text.
pub(crate) fn hash(label: &str, text: &str) -> SecretHash {
    hash_bytes(label, text.as_bytes())
}

/// What is stored of a part of a secret: SHA-256 of a label and the part, which has one length for each label.
pub(crate) fn hash_bytes(label: &str, part: &[u8]) -> SecretHash {
    SecretHash::new(sha256(&[label.as_bytes(), part]))
}

fn checksum(text: &str) -> [char; CHECKSUM_LENGTH] {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut digits = ['0'; CHECKSUM_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = base62_digit(u8::try_from(rest % 62).unwrap_or(0));
        rest /= 62;
    }
    digits
}

fn base62_digit(value: u8) -> char {
    char::from(match value {
        0..10 => b'0' + value,
        10..36 => b'a' + (value - 10),
        _ => b'A' + (value - 36),
    })
}

/// 62⁶ > 2³².
const CHECKSUM_LENGTH: usize = 6;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_other_spelling_is_refused() {
        let text = write("cst_", &[7; 32]);

        let others = [
            text.replacen("cst_", "csx_", 1),
            format!("{}=", text.as_str()),
            format!(" {}", text.as_str()),
            text[..text.len() - 1].to_owned(),
            text.to_uppercase(),
            text.replace('B', "é"),
            String::new(),
        ];

        assert!(read::<32>("cst_", &text).is_ok());
        for other in others {
            assert_eq!(read::<32>("cst_", &other), Err(MalformedSecret), "{other}");
        }
    }

    #[test]
    fn the_checksum_has_a_fixed_value() {
        // CRC-32 of "123456789" is 0xCBF43926 (the check value of CRC-32/ISO-HDLC).
        let digits: String = checksum("123456789").iter().collect();

        assert_eq!(digits.len(), 6);
        assert_eq!(digits.chars().fold(0, |value, digit| value * 62 + ALPHABET.find(digit).unwrap()), 0xCBF4_3926);
    }

    const ALPHABET: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    proptest! {
        #[test]
        fn bodies_survive_and_one_changed_character_does_not(
            body in any::<[u8; 32]>(),
            position in 0_usize..53,
            replacement in "[0-9A-Za-z_-]",
        ) {
            let text = write("cst_", &body);
            let mut changed = text.to_string();
            changed.replace_range(position..=position, &replacement);

            prop_assert_eq!(*read::<32>("cst_", &text).unwrap(), body);
            prop_assert_eq!(read::<32>("cst_", &changed).is_ok(), changed == *text);
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in ".*") {
            let _ = read::<32>("cst_", &text);
        }
    }
}
