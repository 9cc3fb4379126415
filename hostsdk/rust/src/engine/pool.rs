//! The instances of one snapshot. An instance serves one call at a time.
//!
//! A snapshot begins with one. Another is made only when a call finds all of them busy, so that a program with one thread, or one
//! that seldom asks, has the snapshot in memory once.
//!
//! Why: RATIONALE.md "Why does the Rust SDK keep several instances of a snapshot?"

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use super::Instance;
use super::abi::{Failure, LoadError};

/// Instances of one snapshot: it takes its memory once for each.
const MOST: usize = 8;

pub(crate) struct Pool {
    slots: Box<[Slot]>,
}

/// A slot has cache lines of its own, so that threads on different ones don't disturb each other.
#[repr(align(128))]
struct Slot(Mutex<Option<Instance>>);

static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Where this thread looks first.
    static PLACE: Cell<usize> = Cell::new(THREADS.fetch_add(1, Ordering::Relaxed));
}

impl Pool {
    pub(crate) fn new(first: Instance) -> Self {
        let most = std::thread::available_parallelism().map_or(1, usize::from).min(MOST);
        let slots = (0..most).map(|_| Slot(Mutex::new(None))).collect();
        let pool = Pool { slots };
        *lock(&pool.slots[0]) = Some(first);
        pool
    }

    /// Asks an instance. One that stops in the middle of a call is replaced, and the new one asked again; if that stops too, it is
    /// the request. `trapped` is told of each.
    pub(crate) fn ask<R>(
        &self,
        data: &[u8],
        trapped: impl Fn(),
        mut ask: impl FnMut(&mut Instance) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let mut slot = self.take();
        for _ in 0..2 {
            let instance = match &mut *slot {
                Some(instance) => instance,
                none => none.insert(self.another(data).map_err(|_| Failure::Trapped)?),
            };
            match ask(instance) {
                Err(Failure::Trapped) => {
                    *slot = None;
                    trapped();
                }
                answer => return answer,
            }
        }
        Err(Failure::Trapped)
    }

    /// One more instance: a copy of the first, unless that stopped in the middle of a call.
    fn another(&self, data: &[u8]) -> Result<Instance, LoadError> {
        match self.slots[0].0.try_lock() {
            Ok(mut guard) if guard.is_some() => {
                guard.as_mut().map_or_else(|| Instance::load(data), |first| first.another(data))
            }
            _ => Instance::load(data),
        }
    }

    /// A free instance; the empty slot of this thread if all are busy; or this thread's instance when it is free.
    fn take(&self) -> MutexGuard<'_, Option<Instance>> {
        let own = PLACE.get() % self.slots.len();
        let (before, from) = self.slots.split_at(own);
        for slot in from.iter().chain(before) {
            let guard = match slot.0.try_lock() {
                Ok(guard) => guard,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => continue,
            };
            if guard.is_some() {
                return guard;
            }
        }
        lock(&self.slots[own])
    }
}

fn lock(slot: &Slot) -> MutexGuard<'_, Option<Instance>> {
    slot.0.lock().unwrap_or_else(PoisonError::into_inner)
}
