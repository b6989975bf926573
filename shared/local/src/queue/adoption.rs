//! Takes over what other processes left.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::segment::segments;
use super::{Delivery, Message, Segment};
use crate::chore::Chore;

/// Which segments nobody has.
#[derive(Debug, Clone)]
pub(crate) struct Leftovers {
    /// Where they are.
    pub(crate) folder: PathBuf,
    /// How long ago the last message has to have been written.
    pub(crate) delay: Duration,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
}

impl Leftovers {
    /// Adopts and hands over what is left, now and ever after.
    pub(crate) fn adopt_for(self, delivery: &Delivery) -> Chore {
        let (leftovers, sender) = (Arc::new(self), delivery.sender());
        Chore::start(INTERVAL, move || {
            let (leftovers, sender) = (Arc::clone(&leftovers), sender.clone());
            async move {
                if let Err(error) = leftovers.hand_over(&sender).await {
                    tracing::warn!(error = %error, "what other processes left can't be looked through");
                }
            }
        })
    }

    /// Hands over every message of every segment that nobody has and whose time has come.
    async fn hand_over(&self, delivery: &mpsc::Sender<Message>) -> io::Result<()> {
        let folder = self.folder.clone();
        for path in spawn_blocking(move || segments(&folder)).await?? {
            let Some((segment, bodies)) = self.adopt(path).await? else { continue };
            let segment = Arc::new(segment);
            for body in bodies {
                if delivery.send(Message::new(body, &segment)).await.is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    async fn adopt(&self, path: PathBuf) -> io::Result<Option<(Segment, Vec<String>)>> {
        let latest = self.clock.now().checked_sub(self.delay).unwrap_or(Timestamp::MIN);
        spawn_blocking(move || if is_older(&path, latest)? { Segment::adopt(&path) } else { Ok(None) }).await?
    }
}

fn is_older(path: &Path, latest: Timestamp) -> io::Result<bool> {
    match path.metadata() {
        Ok(metadata) => Ok(Timestamp::try_from(metadata.modified()?).is_ok_and(|modified| modified <= latest)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// How often one looks.
const INTERVAL: Duration = Duration::from_secs(5);
