//! A client's state, and the events that tell of its changes.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::engine::unix_micros;
use crate::listener::Listener;
use crate::say;
use crate::signal::Signal;

/// What a client's answers rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Nothing is loaded yet.
    NotReady,
    /// A snapshot serves, and the source confirms it.
    Ready,
    /// A snapshot serves, but the source is unreachable or hasn't answered yet.
    Stale,
    /// Nothing is loaded, and the source refuses or sends what can't be read.
    Error,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            State::NotReady => "NOT_READY",
            State::Ready => "READY",
            State::Stale => "STALE",
            State::Error => "ERROR",
        })
    }
}

/// The client's state has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateChanged {
    /// The state.
    pub state: State,
    /// The state before.
    pub previous: State,
    /// What the source's trouble is, if there is any.
    pub error: Option<String>,
}

/// Another snapshot serves, or a schedule has opened or closed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlagsChanged {
    /// Every flag whose decision can differ now, also by a segment or a flag that it requires.
    pub flags: BTreeSet<String>,
    /// The revision that serves.
    pub revision: u64,
    /// Its lineage.
    pub lineage: String,
}

/// What a client tells its listeners.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The client's state has changed.
    StateChanged(StateChanged),
    /// Decisions can differ from now on.
    FlagsChanged(FlagsChanged),
}

/// A listener that is told of events until this is dropped.
#[must_use = "the listener is told of events only until this is dropped"]
pub struct Subscription {
    status: Weak<Status>,
    number: u64,
}

impl Subscription {
    /// Listens for as long as the client lives.
    pub fn forever(mut self) {
        self.status = Weak::new();
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(status) = self.status.upgrade() {
            let mut inner = status.lock();
            let ended = inner.listeners.extract_if(.., |(number, _)| *number == self.number).collect::<Vec<_>>();
            drop(inner); // what a listener holds may be the program's, and end with it
            ended.iter().for_each(|(_, listener)| listener.end());
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}

/// State and listeners of one client.
pub(crate) struct Status {
    ttl: Option<Duration>,
    /// Listeners are called in threads of their own, or by whatever made the event.
    aside: bool,
    inner: Mutex<Inner>,
    /// Times that the source was lost.
    losses: AtomicU64,
    /// Stirred by each change of state or snapshot, and when somebody begins to listen.
    pub(crate) signal: Signal,
}

struct Inner {
    state: State,
    loaded: bool,
    /// The source stands behind the snapshot.
    backed: bool,
    /// The source answers, but with a refusal.
    refused: bool,
    contact: Option<Instant>,
    error: Option<String>,
    listeners: Vec<(u64, Arc<Listener>)>,
    subscribed: u64,
    heard_since: i64,
}

impl Inner {
    /// Lets an event wait for each listener, in one order for all.
    fn tell(&self, event: Event) {
        let event = Arc::new(event);
        self.listeners.iter().for_each(|(_, listener)| listener.add(&event));
    }

    fn now(&self, ttl: Option<Duration>) -> State {
        let expired = || ttl.is_some_and(|ttl| self.contact.is_some_and(|contact| contact.elapsed() > ttl));
        match (self.loaded, self.refused, self.backed && !expired()) {
            (true, _, true) => State::Ready,
            (true, _, false) => State::Stale,
            (false, true, _) => State::Error,
            (false, false, _) => State::NotReady,
        }
    }
}

impl Status {
    pub(crate) fn new(ttl: Option<Duration>, aside: bool) -> Arc<Self> {
        let inner = Inner {
            state: State::NotReady,
            loaded: false,
            backed: false,
            refused: false,
            contact: None,
            error: None,
            listeners: Vec::new(),
            subscribed: 0,
            heard_since: 0,
        };
        Arc::new(Status { ttl, aside, inner: Mutex::new(inner), losses: AtomicU64::new(0), signal: Signal::default() })
    }

    pub(crate) fn ttl(&self) -> Option<Duration> {
        self.ttl
    }

    pub(crate) fn state(&self) -> State {
        self.settle();
        self.lock().state
    }

    /// Time since the source last confirmed the snapshot; None if it never did.
    pub(crate) fn age(&self) -> Option<Duration> {
        self.lock().contact.map(|contact| contact.elapsed())
    }

    pub(crate) fn losses(&self) -> u64 {
        self.losses.load(Ordering::Relaxed)
    }

    /// What the source's trouble is; None once it is well again.
    pub(crate) fn error(&self) -> Option<String> {
        self.lock().error.clone()
    }

    /// A snapshot serves, and the source stands behind it.
    pub(crate) fn contact(&self) {
        self.change(|inner| {
            inner.contact = Some(Instant::now());
            (inner.loaded, inner.backed, inner.refused, inner.error) = (true, true, false, None);
        });
    }

    /// A snapshot serves that the source hasn't confirmed.
    pub(crate) fn loaded(&self) {
        self.change(|inner| inner.loaded = true);
    }

    /// Nothing serves any more. Only tests bring that about.
    pub(crate) fn unloaded(&self) {
        self.change(|inner| inner.loaded = false);
    }

    /// The source is away. The state follows when that lasts longer than the grace.
    pub(crate) fn failed(&self, error: &str) {
        self.losses.fetch_add(1, Ordering::Relaxed);
        self.lock().error = Some(error.to_owned());
    }

    /// The source has been away for longer than the grace.
    pub(crate) fn lost(&self, error: &str) {
        self.change(|inner| (inner.backed, inner.error) = (false, Some(error.to_owned())));
    }

    /// The source refuses, or sends what can't be read.
    pub(crate) fn refused(&self, error: &str) {
        self.change(|inner| (inner.refused, inner.error) = (true, Some(error.to_owned())));
    }

    /// Takes the state to what it is by now.
    pub(crate) fn settle(&self) {
        self.change(|_| ());
    }

    pub(crate) fn subscribe(self: &Arc<Self>, listener: impl Fn(&Event) + Send + Sync + 'static) -> Subscription {
        let number = {
            let mut inner = self.lock();
            if inner.listeners.is_empty() {
                inner.heard_since = unix_micros();
            }
            inner.subscribed += 1;
            let number = inner.subscribed;
            inner.listeners.push((number, Listener::new(listener, self.aside)));
            number
        };
        self.signal.stir();
        Subscription { status: Arc::downgrade(self), number }
    }

    /// Since when anybody listens, in Unix microseconds; None if nobody does.
    pub(crate) fn heard_since(&self) -> Option<i64> {
        let inner = self.lock();
        (!inner.listeners.is_empty()).then_some(inner.heard_since)
    }

    /// Tells the listeners.
    pub(crate) fn emit(&self, event: Event) {
        self.lock().tell(event);
        self.wake();
    }

    fn wake(&self) {
        let listeners = self.lock().listeners.clone();
        listeners.iter().for_each(|(_, listener)| listener.wake());
    }

    /// Changes what the state follows from, and tells if it is another one.
    fn change(&self, change: impl FnOnce(&mut Inner)) {
        let event = {
            let mut inner = self.lock();
            change(&mut inner);
            let (previous, state) = (inner.state, inner.now(self.ttl));
            if previous == state {
                return;
            }
            inner.state = state;
            let event = StateChanged { state, previous, error: inner.error.clone() };
            inner.tell(Event::StateChanged(event.clone()));
            event
        };
        let level = match event.state {
            State::Error => log::Level::Warn,
            _ if event.previous == State::Ready => log::Level::Warn,
            _ => log::Level::Info,
        };
        let error = event.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
        say::line(level, format_args!("{}, was {}{error}", event.state, event.previous));
        self.wake();
        self.signal.stir();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
