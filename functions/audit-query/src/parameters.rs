//! The parameters of the query, strictly: what is not known, there twice or malformed is refused and named.

use std::str::FromStr;
use std::time::Duration;

use countersign_http::{Problem, ProblemType};
use domain::UserId;
use jiff::Timestamp;

use crate::{InvalidSpan, PageCursor, Span};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parameters {
    pub(crate) user: Option<UserId>,
    pub(crate) span: Span,
    pub(crate) after: Option<PageCursor>,
    pub(crate) limit: u16,
}

impl Parameters {
    /// Reads the names and values of the query; what is missing has its default at `now`.
    ///
    /// # Errors
    /// [`Problem`] 400 that names the parameter.
    pub(crate) fn parse<'a>(query: impl Iterator<Item = (&'a str, &'a str)>, now: Timestamp) -> Result<Self, Problem> {
        let texts = Texts::gather(query)?;
        let limit = texts.limit.map_or(Ok(DEFAULT_LIMIT), |text| limit(text).ok_or_else(|| invalid(LIMIT)))?;
        let user = value(texts.user_id, USER_ID)?;
        let from = texts.from.map(|text| instant(text).ok_or_else(|| invalid(FROM))).transpose()?;
        let until = texts.to.map(|text| instant(text).ok_or_else(|| invalid(TO))).transpose()?;
        let after: Option<PageCursor> = value(texts.cursor, CURSOR)?;
        let span = match after {
            Some(cursor) if user.is_none() && !is_within(cursor) => return Err(invalid(CURSOR)),
            Some(cursor) => continued(cursor.span, from, until)?,
            None => asked(from, until, now)?,
        };
        Ok(Self { user, span, after, limit })
    }
}

/// Each parameter's text, at most one of each.
#[derive(Default)]
struct Texts<'a> {
    user_id: Option<&'a str>,
    from: Option<&'a str>,
    to: Option<&'a str>,
    limit: Option<&'a str>,
    cursor: Option<&'a str>,
}

impl<'a> Texts<'a> {
    fn gather(query: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, Problem> {
        let mut texts = Self::default();
        for (name, text) in query {
            let (place, twice) = match name {
                "user_id" => (&mut texts.user_id, "the parameter user_id is there twice"),
                "from" => (&mut texts.from, "the parameter from is there twice"),
                "to" => (&mut texts.to, "the parameter to is there twice"),
                "limit" => (&mut texts.limit, "the parameter limit is there twice"),
                "cursor" => (&mut texts.cursor, "the parameter cursor is there twice"),
                _ => return Err(invalid(UNKNOWN)),
            };
            if place.replace(text).is_some() {
                return Err(invalid(twice));
            }
        }
        Ok(texts)
    }
}

/// The span of the first page.
fn asked(from: Option<Timestamp>, until: Option<Timestamp>, now: Timestamp) -> Result<Span, Problem> {
    let until = until.unwrap_or(now);
    let from = from.map_or_else(|| until.checked_sub(DEFAULT_SPAN).map_err(|_| invalid(BOUNDS)), Ok)?;
    Span::new(from, until).map_err(|error| {
        invalid(match error {
            InvalidSpan::Empty => "the parameter from is not before to",
            InvalidSpan::TooLong => "the parameters from and to are more than 31 days apart",
            InvalidSpan::OutOfBounds => BOUNDS,
        })
    })
}

/// Whether the cursor's place is one of everybody's trail, which is ordered by time. A person's is ordered by id, and their cursors may
/// stand at an event outside of the span.
fn is_within(PageCursor { span, after }: PageCursor) -> bool {
    (span.from()..span.until()).contains(&after.at)
}

/// The span of a later page: that of the first one, whether or not the request names it again.
fn continued(span: Span, from: Option<Timestamp>, until: Option<Timestamp>) -> Result<Span, Problem> {
    let named = Span::new(from.unwrap_or(span.from()), until.unwrap_or(span.until()));
    if named == Ok(span) { Ok(span) } else { Err(invalid("the parameter cursor is of another from or to")) }
}

fn value<T: FromStr>(text: Option<&str>, otherwise: &'static str) -> Result<Option<T>, Problem> {
    text.map(str::parse).transpose().map_err(|_| invalid(otherwise))
}

/// An instant in one form of RFC 3339: `2026-11-01T00:00:00.123Z`, or with an offset of hours and minutes.
fn instant(text: &str) -> Option<Timestamp> {
    let (date_and_time, rest) = text.split_at_checked(19)?;
    let has_the_form = date_and_time.bytes().enumerate().all(|(position, byte)| match position {
        4 | 7 => byte == b'-',
        10 => byte == b'T',
        13 | 16 => byte == b':',
        _ => byte.is_ascii_digit(),
    });
    let (fraction, zone) = rest.split_at_checked(rest.find(['Z', '+', '-'])?)?;
    let zone_has_the_form = match zone.as_bytes() {
        [b'Z'] => true,
        [_, hours @ .., b':', minute, second] if hours.len() == 2 => {
            hours.iter().chain([minute, second]).all(u8::is_ascii_digit)
        }
        _ => false,
    };
    if has_the_form && is_fraction(fraction) && zone_has_the_form { text.parse().ok() } else { None }
}

fn is_fraction(text: &str) -> bool {
    let digits = text.strip_prefix('.');
    text.is_empty()
        || digits
            .is_some_and(|digits| (1..=9).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()))
}

fn limit(text: &str) -> Option<u16> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let number = text.parse().ok().filter(|number| (1..=MOST_EVENTS).contains(number));
    number.filter(|_| is_plain)
}

fn invalid(detail: &'static str) -> Problem {
    Problem::new(ProblemType::InvalidRequest).detail(detail)
}

const UNKNOWN: &str = "there is a parameter besides user_id, from, to, limit and cursor";
const USER_ID: &str = "the parameter user_id is not a UUID in hyphenated form";
const FROM: &str = "the parameter from is not a time of RFC 3339";
const TO: &str = "the parameter to is not a time of RFC 3339";
const BOUNDS: &str = "the parameters from and to are not within the years 1970 to 2199";
const LIMIT: &str = "the parameter limit is not a whole number from 1 to 100";
const CURSOR: &str = "the parameter cursor is not a next_cursor of this API";

/// A page's events if the request does not say.
const DEFAULT_LIMIT: u16 = 50;

/// The most events of a page.
const MOST_EVENTS: u16 = 100;

/// From when to look if the request does not say.
const DEFAULT_SPAN: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-02T00:00:00Z";
    const USER: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

    fn parse(query: &[(&str, &str)]) -> Result<Parameters, &'static str> {
        let parsed = Parameters::parse(query.iter().copied(), NOW.parse().unwrap());
        parsed.map_err(|problem| {
            assert_eq!(problem.kind, ProblemType::InvalidRequest);
            problem.detail.unwrap()
        })
    }

    fn span(from: &str, until: &str) -> Span {
        Span::new(from.parse().unwrap(), until.parse().unwrap()).unwrap()
    }

    #[test]
    fn without_parameters_it_is_the_last_day_of_everybody() {
        let span = span("2026-11-01T00:00:00Z", NOW);

        assert_eq!(parse(&[]), Ok(Parameters { user: None, span, after: None, limit: 50 }));
    }

    #[test]
    fn every_parameter_counts() {
        let query = [("to", "2026-10-31T02:00:00.5+02:00"), ("limit", "100"), ("user_id", USER)];
        let parameters = parse(&query).unwrap();
        assert_eq!(parameters.span, span("2026-10-30T00:00:00.5Z", "2026-10-31T00:00:00.5Z"));
        assert_eq!((parameters.limit, parameters.user), (100, Some(USER.parse().unwrap())));

        let parameters = parse(&[("from", "2026-10-20T00:00:00Z")]).unwrap();
        assert_eq!(parameters.span, span("2026-10-20T00:00:00Z", NOW));
    }

    #[test]
    fn e1_what_is_not_known_there_twice_or_malformed_is_refused_and_named() {
        let cases: &[(&[(&str, &str)], &str)] = &[
            (&[("tenant_id", USER)], "there is a parameter besides user_id, from, to, limit and cursor"),
            (&[("", "")], "there is a parameter besides user_id, from, to, limit and cursor"),
            (&[("limit", "1"), ("limit", "1")], "the parameter limit is there twice"),
            (&[("user_id", USER), ("user_id", USER)], "the parameter user_id is there twice"),
            (&[("from", NOW), ("from", NOW)], "the parameter from is there twice"),
            (&[("to", NOW), ("to", NOW)], "the parameter to is there twice"),
            (&[("cursor", "a"), ("cursor", "a")], "the parameter cursor is there twice"),
            (&[("from", NOW), ("to", NOW)], "the parameter from is not before to"),
            (&[("from", "2026-10-01T00:00:00Z")], "the parameters from and to are more than 31 days apart"),
            (&[("to", "1970-01-01T00:00:00Z")], "the parameters from and to are not within the years 1970 to 2199"),
            (&[("to", "2200-01-02T00:00:00Z")], "the parameters from and to are not within the years 1970 to 2199"),
            (&[("to", "-009999-01-02T01:59:59Z")], "the parameter to is not a time of RFC 3339"),
        ];
        for (query, expected) in cases {
            assert_eq!(parse(query), Err(*expected), "{query:?}");
        }
        for text in ["", "0", "101", "050", "+5", "-1", "5.0", "five", "65537", "１"] {
            assert_eq!(
                parse(&[("limit", text)]),
                Err("the parameter limit is not a whole number from 1 to 100"),
                "{text}"
            );
        }
        for text in ["", "7c9e6679742540de944be07fc1f90ae7", "{7c9e6679-7425-40de-944b-e07fc1f90ae7}", "me"] {
            let expected = Err("the parameter user_id is not a UUID in hyphenated form");
            assert_eq!(parse(&[("user_id", text)]), expected, "{text}");
        }
        for text in ["", "AAAA", "next", "%00"] {
            let expected = Err("the parameter cursor is not a next_cursor of this API");
            assert_eq!(parse(&[("cursor", text)]), expected, "{text}");
        }
    }

    #[test]
    fn e1_a_time_has_one_form() {
        for text in ["2026-11-01T00:00:00Z", "2026-11-01T00:00:00.123456789Z", "2026-11-01T01:00:00+01:00"] {
            assert!(parse(&[("from", text)]).is_ok(), "{text}");
        }
        for text in [
            "",
            "now",
            "0",
            "2026-11-01",
            "2026-11-01 00:00:00Z",
            "2026-11-01T00:00:00",
            "2026-11-01T00:00Z",
            "20261101T000000Z",
            "2026-11-01T00:00:00 01:00",
            "2026-11-01T00:00:00Z[UTC]",
            "2026-11-01T01:00:00+01:00[Europe/Berlin]",
            "2026-02-30T00:00:00Z",
            "2026-11-01T00:00:00Z2026-11-01T00:00:00Z",
            "2026-11-01T00:00:00.Z",
            "2026-11-01T00:00:00.1234567890Z",
            "2026-11-01T00:00:00,5Z",
            "2026-11-01T01:00:00+01",
            "2026-11-01T01:00:00+0100",
            "2026-11-01T01:00:00+01:00:30",
            "2026-11-01t00:00:00z",
            "2026-11-0１T00:00:00Z",
        ] {
            assert_eq!(parse(&[("from", text)]), Err("the parameter from is not a time of RFC 3339"), "{text}");
        }
    }

    #[test]
    fn e1_everybodys_trail_goes_on_within_its_span_only() {
        let span = span("2026-10-01T00:00:00Z", "2026-10-02T00:00:00Z");
        let at = |text: &str| {
            let at = text.parse().unwrap();
            PageCursor { span, after: store::EventCursor { at, id: domain::EventId::at(at, &[7; 10]) } }.to_string()
        };

        for (place, is_everybodys) in [
            ("2026-10-01T00:00:00Z", true),
            ("2026-10-01T23:59:59.999Z", true),
            ("2026-09-30T23:59:59.999Z", false),
            ("2026-10-02T00:00:00Z", false),
        ] {
            assert_eq!(parse(&[("cursor", &at(place))]).is_ok(), is_everybodys, "{place}");
            assert!(parse(&[("cursor", &at(place)), ("user_id", USER)]).is_ok(), "{place}");
        }
    }

    #[test]
    fn a_cursor_stands_for_its_span() {
        let span = span("2026-10-01T00:00:00Z", "2026-10-02T00:00:00Z");
        let after = store::EventCursor { at: span.from(), id: domain::EventId::at(span.from(), &[7; 10]) };
        let cursor = PageCursor { span, after };
        let text = cursor.to_string();

        for query in [
            &[("cursor", text.as_str())][..],
            &[("cursor", &text), ("from", "2026-10-01T02:00:00+02:00")],
            &[("cursor", &text), ("to", "2026-10-02T00:00:00Z"), ("from", "2026-10-01T00:00:00Z")],
        ] {
            assert_eq!(parse(query), Ok(Parameters { user: None, span, after: Some(cursor), limit: 50 }));
        }
        for query in [("from", "2026-10-01T00:00:00.001Z"), ("to", "2026-10-03T00:00:00Z")] {
            let refused = parse(&[("cursor", &text), query]);
            assert_eq!(refused, Err("the parameter cursor is of another from or to"), "{query:?}");
        }
    }
}
