//! Where the next page begins, as callers hold it.
//!
//! Opaque to them and not secret: it holds two instants and an event's id, no tenant and no person. A made-up one moves its holder within the
//! trail of the user whose token they hold and nowhere else, so it needs no signature.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::EventId;
use jiff::Timestamp;
use store::EventCursor;
use uuid::Uuid;

/// Where the next page begins. Its text form is base64url (RFC 4648 §5) without padding of: the version; `until` and the place's `at`, in
/// milliseconds since 1970, eight bytes each; and the place's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportCursor {
    /// Just after the first page was asked for: what happens from then on is not in this export.
    pub until: Timestamp,
    /// Where the page before ended.
    pub after: EventCursor,
}

impl fmt::Display for ExportCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![VERSION];
        for instant in [self.until, self.after.at] {
            bytes.extend(instant.as_millisecond().to_be_bytes());
        }
        bytes.extend(self.after.id.as_bytes());
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for ExportCursor {
    type Err = InvalidCursor;

    fn from_str(unverified_text: &str) -> Result<Self, InvalidCursor> {
        let unverified_bytes = URL_SAFE_NO_PAD.decode(unverified_text).map_err(|_| InvalidCursor)?;
        Self::parse(&unverified_bytes).ok_or(InvalidCursor)
    }
}

impl ExportCursor {
    fn parse(unverified_bytes: &[u8]) -> Option<Self> {
        let ([VERSION], rest) = unverified_bytes.split_first_chunk::<1>()? else { return None };
        let (until, rest) = instant(rest)?;
        let (at, rest) = instant(rest)?;
        let id = EventId::new(Uuid::from_slice(rest).ok()?);
        Some(Self { until, after: EventCursor { at, id } })
    }
}

/// Not a cursor that we have made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct InvalidCursor;

/// An instant that an event can be of.
fn instant(bytes: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (millis, rest) = bytes.split_first_chunk::<8>()?;
    let millis = i64::from_be_bytes(*millis);
    (0..=LATEST_MILLIS).contains(&millis).then_some(())?;
    Some((Timestamp::from_millisecond(millis).ok()?, rest))
}

/// 2200-01-01T00:00:00Z. Keys of the index have thirteen digits for milliseconds since 1970, which last until 2286.
const LATEST_MILLIS: i64 = 7_258_118_400_000;

/// The first byte. Another form gets another one.
const VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor() -> ExportCursor {
        let at: Timestamp = "2026-11-01T12:00:00.007Z".parse().unwrap();
        let id = EventId::at(at, &[0xab; 10]);
        ExportCursor { until: "2026-11-02T00:00:00Z".parse().unwrap(), after: EventCursor { at, id } }
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        assert_eq!(cursor().to_string().parse(), Ok(cursor()));
    }

    #[test]
    fn e1_a_cursor_that_was_changed_is_another_cursor_of_ours_or_none() {
        let text = cursor().to_string();
        for position in 0..text.len() {
            for other in ["A", "_", "=", "~", ""] {
                let mut changed = text.clone();
                changed.replace_range(position..=position, other);
                let parsed = changed.parse::<ExportCursor>();

                assert!(parsed.is_err() || parsed.is_ok_and(|parsed| parsed.to_string() == changed), "{changed}");
            }
        }
        assert_eq!("".parse::<ExportCursor>(), Err(InvalidCursor));
    }
}
