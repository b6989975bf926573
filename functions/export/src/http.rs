//! From the request to the use case and back.

use admission::{Arrival, CallerKind, Route};
use audit::RecordEvents;
use countersign_http::{Answer, Endpoint, Inbound, Problem, ProblemType};
use crypto::UnwrapKey;

use crate::body::Body;
use crate::{Export, ExportCursor, ExportError, ExportRequest, ExportStore};

impl<S, U, A> Endpoint for Export<S, U, A>
where
    S: ExportStore + 'static,
    U: UnwrapKey + 'static,
    A: RecordEvents + 'static,
{
    async fn answer(&self, inbound: &Inbound) -> Result<Answer, Problem> {
        let tenant = inbound.caller(Route::Export)?.tenant()?;
        let user = inbound.path_parameter("user_id").parse().map_err(|_| ExportError::NotEnrolled)?;
        let after = cursor(&inbound.query())?;
        let arrival = inbound.arrival(Route::Export, tenant, CallerKind::Server);
        let request = ExportRequest {
            arrival: Arrival { user: Some(user), ..arrival },
            user,
            unverified_token: inbound.unverified_step_up_token(),
            after,
            request_id: &inbound.request_id,
        };
        let page = self.export(request).await?;
        Answer::ok(&Body::of(&page))
    }

    async fn refused(&self, inbound: &Inbound, problem: &Problem) {
        self.0.denials.record(Route::Export, inbound, problem).await;
    }
}

/// The query's one parameter, at most once.
fn cursor(query: &[(String, String)]) -> Result<Option<ExportCursor>, Problem> {
    let invalid = |detail| Problem::new(ProblemType::InvalidRequest).detail(detail);
    match query {
        [] => Ok(None),
        [(name, text)] if name == "cursor" => {
            let cursor = text.parse().map_err(|_| invalid("the parameter cursor is not one that was answered"))?;
            Ok(Some(cursor))
        }
        [(name, _), ..] if name == "cursor" => Err(invalid("the parameter cursor is there twice, or others are")),
        _ => Err(invalid("the only parameter is cursor")),
    }
}
