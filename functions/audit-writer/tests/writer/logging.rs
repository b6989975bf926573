//! What the writer says of a batch.

use std::io::Write;
use std::sync::{Arc, Mutex};

use audit::Behaviour;
use serde_json::{Value, json};
use tracing::subscriber::DefaultGuard;

use crate::world::{World, batch, batch_of};

const POISON: &str = include_str!("../../../../events/audit-writer/poison.json");

#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn start() -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let lines =
            tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
        (log, tracing::subscriber::set_default(lines.finish()))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "current_thread")]
async fn e5_a_refused_message_is_logged_without_its_content() {
    let (log, _logging) = Log::start();
    let world = World::new(1);

    world.deliver(serde_json::from_str(POISON).unwrap()).await;

    let text = log.text();
    assert!(text.contains("059f36b4-87a3-44ab-83d2-661975830002"), "{text}");
    assert!(text.contains("not the JSON of an event"), "{text}");
    assert!(!text.contains("canary-4711"), "{text}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_batch_is_one_line_with_what_became_of_its_messages() {
    let world = World::new(2);
    world.deliver(batch_of([1, 2])).await;
    world.reconcile.behave(Behaviour::Fail);
    let mut messages = batch_of([1, 2, 3, 4, 5, 5]);
    messages.records.extend(batch([("poison", "{}".into())]).records);
    let (log, _logging) = Log::start();

    world.deliver(messages).await;

    let text = log.text();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [line] = &lines.iter().filter(|line| line["level"] == "INFO").collect::<Vec<_>>()[..] else { panic!("{text}") };
    let mut fields = line["fields"].clone();
    fields.as_object_mut().unwrap().remove("message");
    let expected = json!({
        "batch.messages": 7, "batch.new": 2, "batch.known": 3, "batch.refused": 1, "batch.failed": 1,
    });
    assert_eq!(fields, expected);
}
