//! The thread of a client, which follows its source.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, ThreadId};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::changes::has_schedules;
use crate::config::{Config, Pace, StartError};
use crate::endpoint;
use crate::flags::Flags;
use crate::host::Host;
use crate::say::say;
use crate::schedules::tell_edges;
use crate::source::{Origin, Source};
use crate::status::Status;
use crate::store::Store;
use crate::wire::Wire;

/// Before a part that has panicked begins again.
const AGAIN: Duration = Duration::from_secs(5);

/// Takes the outcome of a report that the program asked for.
type Reported = Box<dyn FnOnce(bool) + Send>;

/// What both clients are made of. Dropping it ends the thread, but doesn't wait for it.
pub(crate) struct Follower {
    pub(crate) flags: Flags,
    life: Arc<Life>,
    reports: Option<UnboundedSender<Reported>>,
}

/// How far a thread has come.
#[derive(Default)]
struct Life {
    /// The source has answered, or has refused, or has failed while something serves.
    answered: Arc<AtomicBool>,
    closed: AtomicBool,
    ended: AtomicBool,
    thread: OnceLock<ThreadId>,
}

impl Follower {
    /// Starts to follow what a configuration says. Returns how long to wait for the first answer.
    pub(crate) fn start(config: Config) -> Result<(Self, Duration), StartError> {
        let wire = wire(&config).map_err(StartError::Config)?;
        let environment = match &wire {
            Some(_) => Some(config.environment.unwrap_or_else(|| "default".into())),
            None => config.environment,
        };
        let status = Status::new(config.ttl, true);
        let secret = wire.as_ref().map(|wire| wire.secret.clone()).unwrap_or_default();
        let store = Arc::new(Store::new(environment, status.clone(), config.last_good, secret));
        store.start(config.bootstrap.as_deref())?;
        let origin = match (wire, config.file) {
            (Some(wire), _) => Origin::Server(Arc::new(wire), config.poll),
            (None, Some(path)) => Origin::File(path),
            (None, None) => Origin::Nothing,
        };
        let life = Arc::new(Life::default());
        let mut follower = Follower { flags: Flags { store: store.clone() }, life: life.clone(), reports: None };
        let mut wait = config.ready_within;
        if matches!(origin, Origin::Nothing) {
            wait = Duration::ZERO;
            let engine = store.engine();
            if engine.is_some() {
                status.contact(); // there is nothing that could know better
            }
            if !engine.as_ref().is_some_and(|engine| has_schedules(&engine.data)) {
                life.ended.store(true, Ordering::SeqCst); // there is nothing to follow, not even the clock
                return Ok((follower, wait));
            }
        }
        let (reports, asked) = unbounded_channel();
        let host = match &origin {
            Origin::Server(wire, poll) => {
                follower.reports = Some(reports);
                let via = if poll.is_some() { "poll" } else { "stream" };
                Some(Arc::new(Host::new(store.clone(), wire.clone(), via)))
            }
            _ => None,
        };
        let source = Source::new(store, config.pace.clone(), config.grace, life.answered.clone());
        let run = Run { life, status, source, origin, host, asked, pace: config.pace };
        let spawned = thread::Builder::new().name("gonfalon".into()).spawn(move || run.run());
        spawned.map_err(|error| StartError::Config(format!("a thread can't be started: {error}")))?;
        Ok((follower, wait))
    }

    pub(crate) fn status(&self) -> &Status {
        &self.flags.store.status
    }

    pub(crate) fn has_answered(&self) -> bool {
        self.life.answered.load(Ordering::SeqCst) || self.has_ended()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.life.closed.load(Ordering::SeqCst)
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.life.ended.load(Ordering::SeqCst)
    }

    /// Whether the caller is the client's own thread, as a logger can be: it can't wait for its end.
    pub(crate) fn is_own_thread(&self) -> bool {
        self.life.thread.get() == Some(&thread::current().id())
    }

    /// Whether a revision or a later one serves.
    pub(crate) fn serves(&self, revision: u64) -> bool {
        self.flags.store.engine().as_ref().is_some_and(|engine| engine.info.revision >= revision)
    }

    pub(crate) fn say_unanswered(&self, waited: Duration) {
        say!(Warn, "no flags within {waited:?}; the client starts as {}", self.flags.state());
    }

    /// Reports usage now. Returns false if there is nowhere to; `reported` is then never called.
    pub(crate) fn report(&self, reported: impl FnOnce(bool) + Send + 'static) -> bool {
        self.reports.as_ref().is_some_and(|reports| reports.send(Box::new(reported)).is_ok())
    }

    /// Ends the thread.
    pub(crate) fn stop(&self) {
        self.life.closed.store(true, Ordering::SeqCst);
        self.status().signal.stir();
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.flags.fmt(f)
    }
}

/// The server that a configuration names, if it names one.
fn wire(config: &Config) -> Result<Option<Wire>, String> {
    let Some(endpoint) = &config.endpoint else {
        return match config.file.is_some() || config.bootstrap.is_some() || config.last_good.is_some() {
            true => Ok(None),
            false => {
                Err("nothing to take flags from: give an endpoint (or GONFALON_ENDPOINT) and a token, or a file, \
                          a bootstrap, or a last good snapshot"
                    .into())
            }
        };
    };
    if config.file.is_some() {
        return Err("endpoint and file are two sources; give one".into());
    }
    if config.poll.is_some_and(|every| every.is_zero()) {
        return Err("the time between polls must be above 0".into());
    }
    if config.pace.usage.is_zero() {
        return Err("the time between reports must be above 0".into());
    }
    let token = config.token.as_deref().filter(|token| !token.is_empty());
    let token = token.ok_or("the endpoint needs a token (or GONFALON_TOKEN)")?;
    let url = endpoint::read(endpoint)?;
    let environment = config.environment.as_deref().unwrap_or("default");
    endpoint::check_environment(environment)?;
    let wire = Wire::new(&url, token, environment, &config.tls);
    wire.map(Some).map_err(|error| format!("the source can't be made: {error}"))
}

/// What the thread needs.
struct Run {
    life: Arc<Life>,
    status: Arc<Status>,
    source: Source,
    origin: Origin,
    host: Option<Arc<Host>>,
    asked: UnboundedReceiver<Reported>,
    pace: Pace,
}

impl Run {
    fn run(self) {
        let _first = self.life.thread.set(thread::current().id());
        // Also if something here panics, whoever waits for the end goes on.
        let _ended = Ended(self.life.clone(), self.status.clone());
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Err(error) => self.status.lost(&format!("following can't be started: {error}")),
            Ok(runtime) => {
                runtime.block_on(self.follow());
                runtime.shutdown_background(); // without waiting for a name that is being looked up
            }
        }
    }

    async fn follow(self) {
        let Run { life, status, source, origin, host, asked, pace } = self;
        let store = source.store.clone();
        let edges = move || tell_edges(store.clone());
        let followed = move || source.anew().follow(origin.clone());
        let mut tasks = vec![
            tokio::spawn(held(status.clone(), "telling of schedules", AGAIN, edges)),
            tokio::spawn(held(status.clone(), "following the source", AGAIN, followed)),
        ];
        if let Some(host) = host.clone() {
            let (regular, telling) = (host.clone(), host.clone());
            let report = move || {
                let host = regular.clone();
                async move { host.report_regularly(pace.usage).await }
            };
            let tell = move || {
                let host = telling.clone();
                async move { host.tell().await }
            };
            tasks.push(tokio::spawn(held(status.clone(), "reporting usage", AGAIN, report)));
            tasks.push(tokio::spawn(held(status.clone(), "telling what serves", AGAIN, tell)));
            tasks.push(tokio::spawn(answer(host, asked)));
        }
        let closed = || life.closed.load(Ordering::SeqCst);
        status.signal.until(closed).await;
        for task in tasks {
            task.abort();
            let _cancelled = task.await;
        }
        if let Some(host) = host {
            let _late = timeout(pace.farewell, host.leave()).await;
        }
    }
}

/// Runs a part of the client, and begins it again should it ever panic: that is a state, and a line of the log.
async fn held<F>(status: Arc<Status>, what: &str, pause: Duration, begin: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        let mut part = JoinSet::new(); // which ends with this task
        part.spawn(begin());
        let Some(Err(error)) = part.join_next().await else { return };
        if !error.is_panic() {
            return;
        }
        say!(Error, "{what} has panicked, and begins again");
        status.lost(&format!("{what} has panicked"));
        sleep(pause).await;
    }
}

/// Reports whenever the program asks.
async fn answer(host: Arc<Host>, mut asked: UnboundedReceiver<Reported>) {
    while let Some(reported) = asked.recv().await {
        let report = host.report_usage().await;
        if let Err(error) = &report {
            say!(Info, "usage can't be reported: {}", error.message);
        }
        reported(report.is_ok());
    }
}

/// Says that a thread has ended.
struct Ended(Arc<Life>, Arc<Status>);

impl Drop for Ended {
    fn drop(&mut self) {
        let Ended(life, status) = self;
        life.ended.store(true, Ordering::SeqCst);
        status.signal.stir();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;
    use crate::status::State;

    #[test]
    fn a_part_that_panics_begins_again() {
        let status = Status::new(None, true);
        status.contact();
        let (begun, told) = (Arc::new(AtomicU32::new(0)), status.clone());
        let part = {
            let begun = begun.clone();
            move || {
                let n = begun.fetch_add(1, Ordering::SeqCst);
                async move { assert!(n == 2, "the first two panic") }
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(held(told, "a part", Duration::ZERO, part));
        assert_eq!(begun.load(Ordering::SeqCst), 3);
        assert_eq!((status.state(), status.error()), (State::Stale, Some("a part has panicked".into())));
    }
}
