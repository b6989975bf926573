//! Idempotency keys.

use http::HeaderValue;
use uuid::Builder;

use crate::random::Random;

/// A fresh key: a UUID of version 7 (RFC 9562, section 5.7).
pub(crate) fn fresh(random: &mut Random) -> HeaderValue {
    render(milliseconds(), random)
}

fn render(milliseconds: u64, random: &mut Random) -> HeaderValue {
    let key = Builder::from_unix_timestamp_millis(milliseconds, &random.bytes()).into_uuid();
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    let text = key.as_hyphenated().encode_lower(&mut text);
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a key is fresh by the clock of the host, which is not this program's to set"
)]
fn milliseconds() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_time_its_version_and_its_variant() {
        let mut random = Random::seeded(0);
        for _ in 0..100 {
            let key = render(0x0123_4567_89ab, &mut random);
            let text = key.to_str().unwrap();

            assert_eq!((text.len(), &text[..14]), (36, "01234567-89ab-"));
            assert_eq!(&text[14..15], "7");
            assert!("89ab".contains(&text[19..20]), "{text}");
        }
    }

    #[test]
    fn two_keys_of_one_millisecond_differ() {
        let mut random = Random::fresh();

        assert_ne!(render(1, &mut random), render(1, &mut random));
    }

    #[test]
    fn a_fresh_key_is_of_this_century() {
        let key = fresh(&mut Random::fresh());
        let time = u64::from_str_radix(&key.to_str().unwrap().replace('-', "")[..12], 16).unwrap();

        assert!((1_700_000_000_000..4_100_000_000_000).contains(&time), "{time}");
    }
}
