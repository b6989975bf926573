//! Exchanging a token: one write, which also says who came too late.

use audit::{About, Event, Outcome, RecordEvents, Subject};
use crypto::UnwrapKey;
use domain::{Session, SessionEpoch};
use jiff::Timestamp;
use store::{OutboxEvent, Revocation, Rotation, TokenRotation};

use crate::judge::{Judgement, judge};
use crate::request::Execution;
use crate::{Refresh, RefreshError, RefreshStore};

impl<S: RefreshStore, U: UnwrapKey, A: RecordEvents> Refresh<S, U, A> {
    /// The session, with the next token in the place of the presented one; and the event of it, unless another execution of this
    /// request has kept it.
    pub(crate) async fn exchange(
        &self,
        execution: Execution<'_>,
        (mut session, epoch): (Session, SessionEpoch),
    ) -> Result<(Session, Option<Event>), RefreshError> {
        for _ in 0..ROUNDS {
            let now = self.0.clock.now();
            match judge((&session, epoch), (execution.presented, execution.next), now) {
                Judgement::Worthless => return Err(RefreshError::InvalidGrant),
                Judgement::Exchanged => return Ok((session, None)),
                Judgement::Reused => {
                    self.end_family(execution, now).await?;
                    return Err(RefreshError::InvalidGrant);
                }
                Judgement::Current => {}
            }
            let event = event(execution, Outcome::SessionRefreshed { session: session.id }, now);
            let (presented, next) = (execution.presented.hash(), execution.next.hash());
            let rotation = TokenRotation { session: execution.session(), presented, next, at: now };
            match self.0.store.rotate_refresh_token(&rotation, &OutboxEvent::from(&event)).await? {
                Rotation::Rotated => return Ok((session, Some(event))),
                Rotation::Refused(None) => return Err(RefreshError::InvalidGrant),
                Rotation::Refused(Some(found)) => session = *found,
            }
        }
        Err(RefreshError::Contended)
    }

    /// Revokes the session of a token that was used before, unless it was revoked meanwhile.
    async fn end_family(&self, execution: Execution<'_>, now: Timestamp) -> Result<(), RefreshError> {
        let event = event(execution, Outcome::RefreshTokenReused { session: execution.presented.session() }, now);
        let revoked = self.0.store.revoke_session(&execution.session(), now, &OutboxEvent::from(&event)).await?;
        if revoked == Revocation::Revoked {
            self.0.audit.announce(&event).await;
        }
        Ok(())
    }
}

/// The event of an exchange or of a reuse. Its id derives from the request and from which it is.
fn event(execution: Execution<'_>, outcome: Outcome, at: Timestamp) -> Event {
    let Execution { request, branch, presented, .. } = execution;
    let label = if matches!(outcome, Outcome::RefreshTokenReused { .. }) { "reuse" } else { "refresh" };
    let (tenant, subject) = (execution.tenant(), Subject::new(branch.subject_pseudonym(presented.user())));
    Event {
        id: branch.event_id(&request.key, label, presented.session().as_bytes()),
        about: About::Person { tenant, subject },
        at,
        request_id: request.request_id.clone(),
        outcome,
        personal: None,
    }
}

/// One if nobody else has the token, one for another's exchange, and one for a clock that passes an end in between.
const ROUNDS: usize = 3;
