//! What programs ask that is probably not what they mean, and what went wrong with answers. It is counted, and logged once.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::say::say;

/// Different mistakes that are remembered, so that each is logged once; later ones are only counted.
const MOST: usize = 1000;
/// Characters of a flag's key in a line.
const KEY: usize = 200;

/// Counts of one client.
#[derive(Default)]
pub(crate) struct Mistakes {
    /// Decisions about unknown flags.
    unknown: AtomicU64,
    /// Decisions whose context has something that can't be read.
    unreadable: AtomicU64,
    /// Decisions that the engine failed to make.
    broken: AtomicU64,
    /// Times that the engine stopped in the middle of a call.
    traps: AtomicU64,
    told: Told,
    /// A server's doing, which leaves room for the program's.
    refused: Told,
}

#[derive(Default)]
struct Told(Mutex<HashSet<String>>);

impl Told {
    /// Whether it is new, and still to be told. What is told is told later, since the program's logger may ask for a flag in turn.
    fn is_new(&self, message: &str) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.len() < MOST && !told.contains(message) && told.insert(message.to_owned())
    }
}

impl Mistakes {
    pub(crate) fn unknown(&self) -> u64 {
        self.unknown.load(Ordering::Relaxed)
    }

    pub(crate) fn unreadable(&self) -> u64 {
        self.unreadable.load(Ordering::Relaxed)
    }

    pub(crate) fn broken(&self) -> u64 {
        self.broken.load(Ordering::Relaxed)
    }

    pub(crate) fn traps(&self) -> u64 {
        self.traps.load(Ordering::Relaxed)
    }

    /// Notes a decision about a flag that the snapshot doesn't have.
    pub(crate) fn unknown_flag(&self, key: &str) {
        self.unknown.fetch_add(1, Ordering::Relaxed);
        self.tell(&format!("there is no flag {:?}: it is off", shown(key)));
    }

    /// Notes decisions whose context has parts that can't be read.
    pub(crate) fn unreadable_context<T: std::fmt::Display>(&self, wrong: impl Iterator<Item = T>, decisions: u64) {
        let mut any = false;
        for what in wrong {
            any = true;
            self.tell(&format!("a context has {what}: see the table of contexts in the documentation"));
        }
        if any {
            self.unreadable.fetch_add(decisions, Ordering::Relaxed);
        }
    }

    /// Notes a decision that the engine failed to make.
    pub(crate) fn broken_decision(&self, key: &str, error: &str) {
        self.broken.fetch_add(1, Ordering::Relaxed);
        if self.told.is_new(error) {
            say!(Error, "{:?} can't be decided, the caller gets the default: {error}", shown(key));
        }
    }

    /// Notes that the engine stopped in the middle of a call.
    pub(crate) fn trapped(&self) {
        self.traps.fetch_add(1, Ordering::Relaxed);
        say!(Error, "the engine stopped in the middle of a call; it is loaded again from the snapshot that serves");
    }

    /// Notes a frame that was refused.
    pub(crate) fn refused(&self, why: &str) {
        if self.refused.is_new(why) {
            say!(Warn, "a frame was refused: {why}");
        }
    }

    fn tell(&self, message: &str) {
        if self.told.is_new(message) {
            say!(Warn, "{message}");
        }
    }
}

/// The beginning of a flag's key.
fn shown(key: &str) -> String {
    key.chars().take(KEY).collect()
}
