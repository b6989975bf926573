//! Log lines.

use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::{FilterExt, LevelFilter, Targets, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry;

use crate::own_crates::OWN_CRATES;

/// Starts logging to standard output, for the rest of the process: one JSON object a line, times in UTC. A second call
/// changes nothing.
pub fn start(filter: Targets) {
    let _already_started = tracing::subscriber::set_global_default(subscriber(filter, std::io::stdout));
}

/// What [`start`] starts, writing elsewhere.
pub fn subscriber<W>(filter: Targets, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_ansi(false)
        .with_writer(writer)
        .with_filter(filter.and(filter_fn(may_be_logged)));
    registry().with(lines)
}

/// Other people's crates log requests, answers and credentials' origins below `info`: they never do here, whatever the
/// filter says.
fn may_be_logged(event_or_span: &Metadata<'_>) -> bool {
    *event_or_span.level() <= LevelFilter::INFO || is_own(event_or_span.target())
}

fn is_own(target: &str) -> bool {
    let crate_name = target.split("::").next().unwrap_or_default();
    OWN_CRATES.contains(&crate_name)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Debug, Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(filter: &str, log: impl FnOnce()) -> Vec<serde_json::Value> {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        tracing::subscriber::with_default(subscriber(filter.parse().unwrap(), move || writer.clone()), log);
        let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_is_one_json_object_with_utc_time_level_target_message_and_fields() {
        let lines = logged("info", || {
            let _invocation = tracing::info_span!(target: "lambda_runtime", "invoke", requestId = "r-1").entered();
            tracing::info!(target: "verify", { attempts.remaining = 2 }, "attempt was wrong");
        });

        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["target"], "verify");
        assert_eq!(line["message"], "attempt was wrong");
        assert_eq!(line["attempts.remaining"], 2);
        assert_eq!(line["spans"][0]["requestId"], "r-1");
    }

    #[test]
    fn e5_other_crates_never_log_below_info() {
        let lines = logged("trace,aws_smithy_runtime=trace", || {
            tracing::trace!(target: "lambda_runtime::layers::api_response", body = "canary", "raw event");
            tracing::debug!(target: "aws_smithy_runtime::client", request = "canary", "sending");
            tracing::debug!(target: "verify_like", "not ours");
            tracing::debug!(target: "verify::attempt", "ours");
            tracing::info!(target: "lambda_runtime", "theirs");
        });

        let messages: Vec<_> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
        assert_eq!(messages, ["ours", "theirs"]);
    }

    #[test]
    fn the_filter_decides_what_is_logged() {
        let lines = logged("warn,verify=debug", || {
            tracing::info!(target: "enroll", "quiet");
            tracing::debug!(target: "verify", "loud");
        });

        assert_eq!(lines.len(), 1);
    }
}
