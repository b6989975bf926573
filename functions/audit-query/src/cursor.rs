//! Where the next page begins, as callers hold it.
//!
//! Opaque to them and not secret: it holds a span of time and a place in it, and no tenant and no person. So another tenant's
//! cursor, or a made-up one, moves its holder within the holder's own trail and nowhere else, and it needs no signature.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::EventId;
use jiff::Timestamp;
use store::EventCursor;
use uuid::Uuid;

use crate::Span;
use crate::span::event_time;

/// Where the next page begins, and of which span it is a page. Its text form is base64url (RFC 4648 §5) without padding of: the
/// version; `from`, `until` and the place's `at`, in milliseconds since 1970, eight bytes each; and the place's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageCursor {
    /// The span that the first page was asked for.
    pub span: Span,
    /// Where the page before ended.
    pub after: EventCursor,
}

impl PageCursor {
    fn parse(unverified_bytes: &[u8]) -> Option<Self> {
        let ([VERSION], rest) = unverified_bytes.split_first_chunk::<1>()? else { return None };
        let (from, rest) = instant(rest)?;
        let (until, rest) = instant(rest)?;
        let (at, rest) = instant(rest)?;
        let id = EventId::new(Uuid::from_slice(rest).ok()?);
        Some(Self { span: Span::new(from, until).ok()?, after: EventCursor { at: event_time(at)?, id } })
    }
}

impl fmt::Display for PageCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![VERSION];
        for instant in [self.span.from(), self.span.until(), self.after.at] {
            bytes.extend(instant.as_millisecond().to_be_bytes());
        }
        bytes.extend(self.after.id.as_bytes());
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for PageCursor {
    type Err = InvalidCursor;

    fn from_str(unverified_text: &str) -> Result<Self, InvalidCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(unverified_text).map_err(|_| InvalidCursor)?;
        Self::parse(&bytes).ok_or(InvalidCursor)
    }
}

/// Not a cursor that we have made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct InvalidCursor;

fn instant(bytes: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (millis, rest) = bytes.split_first_chunk::<8>()?;
    Some((Timestamp::from_millisecond(i64::from_be_bytes(*millis)).ok()?, rest))
}

/// The first byte. Another form gets another one.
const VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn cursor() -> PageCursor {
        let id = EventId::at(at("2026-11-01T12:00:00.007Z"), &[0xab; 10]);
        let after = EventCursor { at: at("2026-11-01T12:00:00.007Z"), id };
        PageCursor { span: Span::new(at("2026-11-01T00:00:00Z"), at("2026-11-02T00:00:00Z")).unwrap(), after }
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let text = cursor().to_string();

        assert_eq!(text.parse(), Ok(cursor()));
        assert_eq!(text, "AQAAAaGUZ-gAAAABoZmORAAAAAGhlvsWBwGhlvsWB3urq6urq6urq6s");
    }

    #[test]
    fn a_cursor_that_was_changed_is_another_cursor_of_ours_or_none() {
        let text = cursor().to_string();
        for position in 0..text.len() {
            for other in ["A", "_", "=", "~", ""] {
                let mut changed = text.clone();
                changed.replace_range(position..=position, other);
                let parsed = changed.parse::<PageCursor>();

                assert!(parsed.is_err() || parsed.is_ok_and(|parsed| parsed.to_string() == changed), "{changed}");
            }
        }
    }

    #[test]
    fn what_is_no_cursor_of_ours_is_refused() {
        let bytes = URL_SAFE_NO_PAD.decode(cursor().to_string()).unwrap();
        let with = |change: fn(&mut Vec<u8>)| {
            let mut changed = bytes.clone();
            change(&mut changed);
            URL_SAFE_NO_PAD.encode(changed).parse::<PageCursor>()
        };

        assert_eq!(with(|_| ()), Ok(cursor()));
        assert_eq!(with(|bytes| bytes[0] = 2), Err(InvalidCursor), "another version");
        assert_eq!(with(|bytes| bytes.push(0)), Err(InvalidCursor), "too long");
        assert_eq!(with(|bytes| bytes.truncate(40)), Err(InvalidCursor), "too short");
        assert_eq!(with(|bytes| bytes[1] = 0x80), Err(InvalidCursor), "an instant that does not exist");
        assert_eq!(with(|bytes| bytes[17] = 0xff), Err(InvalidCursor), "a place before 1970");
        assert_eq!(with(|bytes| bytes[18] = 0x7f), Err(InvalidCursor), "a place after 2199");
        assert_eq!(with(|bytes| bytes[11] = 0x02), Err(InvalidCursor), "a span that is too long");
        assert_eq!("".parse::<PageCursor>(), Err(InvalidCursor));
    }
}
