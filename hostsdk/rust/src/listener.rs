//! A program's listener, which is told one event after another. In a thread of its own, one that blocks, panics or closes the client
//! keeps neither the source nor the other listeners waiting.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::say::say;
use crate::status::Event;

/// Events that wait. Later ones are dropped, and it is said once.
const MOST: usize = 1000;

pub(crate) struct Listener {
    program: Box<dyn Fn(&Event) + Send + Sync>,
    aside: bool,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    events: VecDeque<Arc<Event>>,
    running: bool,
    /// Some events were dropped.
    missing: bool,
    /// That was said.
    told: bool,
    ended: bool,
}

impl Listener {
    /// A listener that is called aside, in a thread that ends when nothing waits any more, or at once.
    pub(crate) fn new(program: impl Fn(&Event) + Send + Sync + 'static, aside: bool) -> Arc<Self> {
        Arc::new(Listener { program: Box::new(program), aside, waiting: Mutex::default() })
    }

    /// Lets an event wait for the listener.
    pub(crate) fn add(&self, event: &Arc<Event>) {
        let mut waiting = self.lock();
        if waiting.events.len() < MOST {
            waiting.events.push_back(event.clone());
        } else {
            waiting.missing = true;
        }
    }

    /// Sees to it that what waits is told.
    pub(crate) fn wake(self: &Arc<Self>) {
        let (late, idle) = {
            let mut waiting = self.lock();
            let late = waiting.missing && !waiting.told;
            waiting.told = waiting.missing;
            let idle = !waiting.running && !waiting.events.is_empty();
            waiting.running |= idle;
            (late, idle)
        };
        if late {
            say!(Warn, "a listener is {MOST} events late; it misses some");
        }
        if !idle {
            return;
        }
        if !self.aside {
            return self.tell();
        }
        let listener = self.clone();
        let telling = thread::Builder::new().name("gonfalon-listener".into()).spawn(move || listener.tell());
        if let Err(error) = telling {
            self.lock().running = false; // the next event tries again
            say!(Error, "a listener can't be called: {error}");
        }
    }

    fn tell(&self) {
        while let Some(event) = self.next() {
            if catch_unwind(AssertUnwindSafe(|| (self.program)(&event))).is_err() {
                say!(Error, "a listener panicked on {event:?}");
            }
        }
    }

    fn next(&self) -> Option<Arc<Event>> {
        let mut waiting = self.lock();
        let next = if waiting.ended { None } else { waiting.events.pop_front() };
        waiting.running = next.is_some();
        next
    }

    /// Ends it. Nothing that waits is told any more.
    pub(crate) fn end(&self) {
        let mut waiting = self.lock();
        waiting.ended = true;
        waiting.events.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
