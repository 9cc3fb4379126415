//! Keeps a store current: follows the server's stream, polls it, or watches a file, and reports usage. It runs in a thread of the
//! client's own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use tokio::task::AbortHandle;
use tokio::time::sleep;

use crate::config::Pace;
use crate::events::Event;
use crate::say::say;
use crate::store::{Fresh, Refused, Store, read_file};
use crate::wire::{LONGEST_AWAY, Wire, WireError, frame_bytes};

/// Between two looks at a file.
const LOOK: Duration = Duration::from_secs(1);

/// What a client follows.
#[derive(Clone)]
pub(crate) enum Origin {
    /// Nothing: what the client began with serves for good.
    Nothing,
    File(PathBuf),
    /// A server, by its stream, or by polling.
    Server(Arc<Wire>, Option<Duration>),
}

/// Follows an origin.
pub(crate) struct Source {
    pub(crate) store: Arc<Store>,
    pace: Pace,
    grace: Duration,
    /// The source has answered, or has refused, or has failed while something serves.
    answered: Arc<AtomicBool>,
    /// Attempts that failed since something was delivered.
    attempts: u32,
    /// The end of the grace.
    leaving: Option<AbortHandle>,
    /// The end of the time to live.
    expiry: Option<AbortHandle>,
}

/// A file as it was looked at last.
#[derive(Default)]
struct Seen {
    version: Option<(u64, Option<SystemTime>)>,
    is_wrong: bool,
}

/// Why an attempt failed.
enum Failed {
    Wire(WireError),
    Refused(String),
    File(String),
}

impl From<WireError> for Failed {
    fn from(error: WireError) -> Self {
        Failed::Wire(error)
    }
}

impl From<Refused> for Failed {
    fn from(Refused(reason): Refused) -> Self {
        Failed::Refused(reason)
    }
}

impl Failed {
    fn message(&self) -> &str {
        match self {
            Failed::Wire(error) => &error.message,
            Failed::Refused(reason) | Failed::File(reason) => reason,
        }
    }

    fn refusal(&self) -> bool {
        matches!(self, Failed::Wire(error) if error.refusal())
    }
}

impl Source {
    pub(crate) fn new(store: Arc<Store>, pace: Pace, grace: Duration, answered: Arc<AtomicBool>) -> Self {
        Source { store, pace, grace, answered, attempts: 0, leaving: None, expiry: None }
    }

    /// A source that follows the same from the beginning.
    pub(crate) fn anew(&self) -> Self {
        Source::new(self.store.clone(), self.pace.clone(), self.grace, self.answered.clone())
    }

    /// Follows until it is cancelled.
    pub(crate) async fn follow(mut self, origin: Origin) {
        match origin {
            Origin::Nothing => std::future::pending().await,
            Origin::File(path) => self.watch(&path).await,
            Origin::Server(wire, poll) => loop {
                let pause = match poll {
                    None => self.stream(&wire).await,
                    Some(every) => self.poll(&wire, every).await,
                };
                sleep(pause).await;
            },
        }
    }

    async fn watch(&mut self, path: &Path) {
        let mut seen = Seen::default();
        loop {
            if let Err(error) = self.look(path, &mut seen) {
                self.failed(&error);
                self.answer();
            }
            sleep(LOOK).await;
        }
    }

    /// Reads a file if it has changed. What was wrong with it stays wrong until it is another one.
    fn look(&mut self, path: &Path, seen: &mut Seen) -> Result<(), Failed> {
        let about = std::fs::metadata(path).map_err(|error| Failed::File(format!("{}: {error}", path.display())))?;
        let version = Some((about.len(), about.modified().ok()));
        if seen.version != version {
            *seen = Seen { version, is_wrong: true };
            let data = read_file(path).map_err(|error| Failed::Refused(format!("{}: {error}", path.display())))?;
            self.take(self.store.read_snapshot(&data, None)?);
            seen.is_wrong = false;
        }
        if !seen.is_wrong {
            self.contact();
        }
        Ok(())
    }

    /// Polls once; returns the time until the next.
    async fn poll(&mut self, wire: &Wire, every: Duration) -> Duration {
        match self.fetch(wire).await {
            Ok(()) => {
                self.attempts = 0;
                times(every, 0.9 + fastrand::f64() / 5.0)
            }
            Err(error) => {
                self.failed(&error);
                self.delay(&error, None)
            }
        }
    }

    async fn fetch(&mut self, wire: &Wire) -> Result<(), Failed> {
        let known = self.store.engine().as_ref().map(|engine| engine.info.clone());
        let (data, supersedes) = wire.snapshot(known.as_ref()).await?;
        if let Some(data) = data {
            self.take(self.store.read_snapshot(&data, supersedes.as_deref())?);
        }
        self.contact();
        Ok(())
    }

    /// Follows the stream until it ends; returns the time until the next attempt.
    async fn stream(&mut self, wire: &Wire) -> Duration {
        let mut delivered = false;
        let mut later = None; // when the server wants its hosts back
        let Err(error) = self.read_stream(wire, &mut delivered, &mut later).await;
        self.failed(&error);
        let away = matches!(&error, Failed::Wire(e) if e.unconnected || e.refusal() || e.retry_after.is_some());
        if !delivered && !away {
            // The server is there, but something between doesn't let the stream through.
            if let Err(error) = self.fetch(wire).await {
                say!(Debug, "nor can the snapshot be fetched: {}", error.message());
            }
        }
        self.delay(&error, later.filter(|_| delivered))
    }

    async fn read_stream(
        &mut self,
        wire: &Wire,
        delivered: &mut bool,
        later: &mut Option<Duration>,
    ) -> Result<std::convert::Infallible, Failed> {
        let position = self.store.engine().as_ref().map(|engine| engine.info.position());
        let mut stream = wire.stream(position.as_deref()).await?;
        let mut supersedes = stream.supersedes.take();
        loop {
            let event = stream.next().await?;
            *later = event.retry.map(|retry| retry.min(LONGEST_AWAY)).or(*later);
            match event.kind.as_str() {
                "heartbeat" => self.contact(),
                // It is about the first snapshot only.
                "snapshot" => {
                    let supersedes = supersedes.take();
                    self.frame(wire, &event, |store, data| store.read_snapshot(data, supersedes.as_deref())).await?;
                }
                "delta" => self.frame(wire, &event, |store, data| store.read_delta(data)).await?,
                _ => continue, // of a newer server
            }
            if !*delivered {
                *delivered = true;
                self.attempts = 0;
            }
        }
    }

    /// Takes a frame of the stream. One that can't be read changes nothing, and the stream goes on.
    async fn frame(
        &mut self,
        wire: &Wire,
        event: &Event,
        read: impl FnOnce(&Store, &[u8]) -> Result<Option<Fresh>, Refused>,
    ) -> Result<(), Failed> {
        let data = match frame_bytes(event) {
            Ok(data) => data,
            Err(reason) => {
                self.store.refuse(&reason);
                self.store.status.refused(&reason);
                return Ok(());
            }
        };
        match read(&self.store, &data) {
            Ok(fresh) => {
                self.take(fresh);
                self.contact();
            }
            Err(_) if event.kind == "delta" => self.fetch(wire).await?,
            Err(Refused(reason)) => self.store.status.refused(&reason),
        }
        Ok(())
    }

    fn take(&self, fresh: Option<Fresh>) {
        if let Some(fresh) = fresh {
            self.store.serve(fresh);
        }
    }

    /// The source stands behind what serves.
    fn contact(&mut self) {
        stop(&mut self.leaving);
        if self.store.engine().is_none() {
            return;
        }
        self.store.status.contact();
        self.answer();
        if let Some(ttl) = self.store.status.ttl() {
            stop(&mut self.expiry);
            let status = self.store.status.clone();
            let expire = async move {
                sleep(ttl.saturating_add(Duration::from_millis(1))).await;
                status.settle();
            };
            self.expiry = Some(tokio::spawn(expire).abort_handle());
        }
    }

    /// The source is away or refuses.
    fn failed(&mut self, error: &Failed) {
        let status = self.store.status.clone();
        let message = error.message().to_owned();
        if !error.refusal() {
            say!(Info, "the source failed: {message}");
        } else if status.error().as_deref() != Some(&message) {
            say!(Warn, "the source refuses: {message}"); // and is asked again and again
        }
        status.failed(&message);
        if matches!(error, Failed::Refused(_)) || matches!(error, Failed::Wire(error) if error.is_final()) {
            status.refused(&message);
        }
        if self.store.engine().is_some() || error.refusal() {
            self.answer();
        }
        if self.leaving.is_none() {
            let grace = self.grace;
            let leave = async move {
                sleep(grace).await;
                status.lost(&message);
            };
            self.leaving = Some(tokio::spawn(leave).abort_handle());
        }
    }

    fn answer(&self) {
        if !self.answered.swap(true, Ordering::SeqCst) {
            self.store.status.signal.stir();
        }
    }

    /// How long to wait after an attempt failed: exponential, ±50 %. What the server asked for can only make it longer.
    fn delay(&mut self, error: &Failed, asked: Option<Duration>) -> Duration {
        let step = self.pace.backoff.saturating_mul(1 << self.attempts.min(30)).min(self.pace.longest);
        self.attempts = self.attempts.saturating_add(1);
        let step = if error.refusal() { self.pace.longest } else { step };
        let asked = match error {
            Failed::Wire(error) => error.retry_after.or(asked),
            _ => asked,
        };
        let asked = times(asked.unwrap_or_default(), 1.0 + fastrand::f64() / 10.0);
        times(step, 0.5 + fastrand::f64()).max(asked)
    }
}

/// A duration so many times; a program may say one that is as long as can be.
pub(crate) fn times(duration: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

fn stop(timer: &mut Option<AbortHandle>) {
    if let Some(timer) = timer.take() {
        timer.abort();
    }
}
