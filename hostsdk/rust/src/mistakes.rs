//! What programs ask that is probably not what they mean, and what went wrong with answers. It is counted, and logged once.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Different mistakes that are remembered, so that each is logged once; later ones are only counted.
const MOST: usize = 1000;

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
    told: Mutex<HashSet<String>>,
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
        let shown: String = key.chars().take(200).collect();
        self.tell(format!("there is no flag {shown:?}: it is off"));
    }

    /// Notes decisions whose context has parts that can't be read.
    pub(crate) fn unreadable_context<T: std::fmt::Display>(&self, wrong: impl Iterator<Item = T>, decisions: u64) {
        let mut any = false;
        for what in wrong {
            any = true;
            self.tell(format!("a context has {what}: see the table of contexts in the documentation"));
        }
        if any {
            self.unreadable.fetch_add(decisions, Ordering::Relaxed);
        }
    }

    /// Notes a decision that the engine failed to make.
    pub(crate) fn broken_decision(&self, key: &str, error: &str) {
        self.broken.fetch_add(1, Ordering::Relaxed);
        log::error!("{key:?} can't be decided, the caller gets the default: {error}");
    }

    /// Notes that the engine stopped in the middle of a call.
    pub(crate) fn trapped(&self) {
        self.traps.fetch_add(1, Ordering::Relaxed);
        log::error!("the engine stopped in the middle of a call; it is loaded again from the snapshot that serves");
    }

    fn tell(&self, message: String) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MOST && !told.contains(&message) {
            log::warn!("{message}");
            told.insert(message);
        }
    }
}
