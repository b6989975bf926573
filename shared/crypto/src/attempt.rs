//! What a verification and its attempts bring about, derived from them: every execution brings about the same.

use domain::{AttemptMark, EventId, IdempotencyKey, SessionId, UserId, Verification, VerificationId};
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::canonical::Canonical;
use crate::{BranchKey, RefreshToken};

impl BranchKey {
    /// What the attempt is called in the account that it reserves a failure with.
    #[must_use]
    pub fn attempt_mark(&self, verification: VerificationId, attempt: &IdempotencyKey) -> AttemptMark {
        let message = Canonical::new("mark").field(verification.as_bytes()).field(attempt.as_bytes());
        let mut mark = [0; 8];
        mark.iter_mut().zip(self.names.attempt_marks.tag(message.as_bytes())).for_each(|(target, byte)| *target = byte);
        AttemptMark(mark)
    }

    /// The session that the attempt opens if it is right, as its refresh token, which names it. Of the version that the verification
    /// names: every execution gives the same.
    ///
    /// The token's secret depends on the verification's seed, too, which stands in its item and nowhere else. So this key alone does not
    /// foretell any token.
    #[must_use]
    pub fn attempt_session(&self, verification: &Verification, attempt: &IdempotencyKey) -> RefreshToken {
        let message = |label| Canonical::new(label).field(verification.id.as_bytes()).field(attempt.as_bytes());
        let session = SessionId::from_keyed_bytes(self.names.sessions.half_tag(message("session").as_bytes()));
        let message = message("refresh-token").field(verification.seed.as_bytes());
        let secret = Zeroizing::new(self.refresh_tokens.tag(message.as_bytes()));
        RefreshToken::with_secret(verification.user, session, &secret)
    }

    /// The id of the audit event that says that a verification was opened: the same for a retry, and another for what was never
    /// opened: another request under the same idempotency key, or a try that failed and would have asked for other factors.
    #[must_use]
    pub fn opening_event_id(&self, verification: &Verification) -> EventId {
        let request = &verification.request;
        let opening = Canonical::new("opening").field(verification.id.as_bytes()).field(request.body);
        let opening = verification.asked.iter().fold(opening, |opening, asked| opening.field(asked.name()));
        self.event_id_at(request.key.made_at(), &opening)
    }

    /// The id of the audit event that says that a user's account was locked at this instant: one for each lock, whichever attempt
    /// tells of it.
    #[must_use]
    pub fn lock_event_id(&self, user: UserId, locked_at: Timestamp) -> EventId {
        self.event_id_at(locked_at, &Canonical::new("lock").field(user.as_bytes()))
    }

    /// The id of the audit event that takes another one back: one for each, however often that is found out. It stands right beside it.
    #[must_use]
    pub fn correction_event_id(&self, corrected: EventId) -> EventId {
        let at = corrected.timestamp().unwrap_or_default();
        self.event_id_at(at, &Canonical::new("correction").field(corrected.as_bytes()))
    }
}
