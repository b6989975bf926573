//! What a presented token is. Pure.

use crypto::RefreshToken;
use domain::{Session, SessionEpoch};
use jiff::Timestamp;

/// What a presented token is to the session that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// The current token of a live session.
    Current,
    /// The one before the current one, which an execution of this very request has put in its place.
    Exchanged,
    /// An earlier one of a live session: two have it.
    Reused,
    /// Of no live session, or made up.
    Worthless,
}

/// Judges a token. Whether it is of the family comes first: nobody who merely knows ids learns or changes anything.
pub(crate) fn judge(
    (session, epoch): (&Session, SessionEpoch),
    (presented, next): (&RefreshToken, &RefreshToken),
    now: Timestamp,
) -> Judgement {
    if session.family != presented.family() || !session.is_live_in(epoch, now) {
        Judgement::Worthless
    } else if session.refresh_token == presented.hash() {
        Judgement::Current
    } else if session.refresh_token == next.hash() {
        Judgement::Exchanged
    } else {
        Judgement::Reused
    }
}
