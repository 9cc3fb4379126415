//! The instances of one snapshot. An instance serves one call at a time.
//!
//! A snapshot begins with one. Another is made only when a call finds all of them busy, so that a program with one thread, or one
//! that seldom asks, has the snapshot in memory once.
//!
//! Why: RATIONALE.md "Why does the Rust SDK keep several instances of a snapshot?"

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use super::Instance;
use super::abi::{Failure, LoadError};

/// Instances of one snapshot: it takes its memory once for each.
const MOST: usize = 8;
const COPY_ATTEMPTS: usize = 20;

pub(crate) struct Pool {
    slots: Arc<[Slot]>,
    /// A thread loads one more instance.
    growing: Arc<AtomicBool>,
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
        let pool = Pool { slots, growing: Arc::default() };
        *lock(&pool.slots[0]) = Some(first);
        pool
    }

    /// Asks an instance. One that stops in the middle of a call is replaced, and the new one asked again; if that stops too, it is
    /// the request. `trapped` is told of each.
    pub(crate) fn ask<R>(
        &self,
        data: &Arc<[u8]>,
        trapped: impl Fn(),
        mut ask: impl FnMut(&mut Instance) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let mut slot = self.take(data);
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

    /// One more instance: a copy of the first, which is quicker than loading the snapshot again.
    fn another(&self, data: &[u8]) -> Result<Instance, LoadError> {
        // The first is busy for less than a microsecond, unless its slot is the one to be filled.
        for _ in 0..COPY_ATTEMPTS {
            if let Ok(mut slot) = self.slots[0].0.try_lock()
                && let Some(first) = slot.as_mut()
            {
                return first.another(data);
            }
            std::thread::yield_now();
        }
        Instance::load(data)
    }

    /// A free instance; an empty slot if all are busy and one more is made quickly; or a busy one when it is free.
    fn take(&self, data: &Arc<[u8]>) -> MutexGuard<'_, Option<Instance>> {
        let own = PLACE.get() % self.slots.len();
        let (before, from) = self.slots.split_at(own);
        let (mut empty, mut busy) = (None, None);
        for slot in from.iter().chain(before) {
            let guard = match slot.0.try_lock() {
                Ok(guard) => guard,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {
                    busy.get_or_insert(slot);
                    continue;
                }
            };
            if guard.is_some() {
                return guard;
            }
            empty.get_or_insert(guard);
        }
        match (empty, busy) {
            (Some(empty), Some(busy)) if !Instance::COPIES => {
                drop(empty);
                self.grow(data);
                lock(busy)
            }
            (Some(empty), _) => empty,
            (None, _) => lock(&self.slots[own]),
        }
    }

    /// Has a thread load one more instance, so that no decision waits for it. The thread ends with that.
    fn grow(&self, data: &Arc<[u8]>) {
        if self.growing.swap(true, Ordering::SeqCst) {
            return;
        }
        let (slots, growing, data) = (self.slots.clone(), self.growing.clone(), data.clone());
        let load = move || {
            if let Ok(instance) = Instance::load(&data) {
                let mut free = slots.iter().filter_map(|slot| slot.0.try_lock().ok());
                if let Some(mut slot) = free.find(|slot| slot.is_none()) {
                    *slot = Some(instance);
                }
            }
            growing.store(false, Ordering::SeqCst);
        };
        if std::thread::Builder::new().name("gonfalon-load".into()).spawn(load).is_err() {
            self.growing.store(false, Ordering::SeqCst);
        }
    }
}

fn lock(slot: &Slot) -> MutexGuard<'_, Option<Instance>> {
    slot.0.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn pool() -> (Pool, Arc<[u8]>) {
        let data: Arc<[u8]> = crate::testing::compiled(&BTreeMap::new()).into();
        (Pool::new(Instance::load(&data).expect("a snapshot")), data)
    }

    /// How many instances there are.
    fn made(pool: &Pool) -> usize {
        pool.slots.iter().filter(|slot| lock(slot).is_some()).count()
    }

    #[test]
    fn an_instance_that_stops_is_replaced() {
        let (pool, data) = pool();
        let (traps, mut asked) = (Cell::new(0), 0);
        let trapped = || traps.set(traps.get() + 1);
        let answer = pool.ask(&data, trapped, |instance| {
            asked += 1;
            if asked == 1 { Err(Failure::Trapped) } else { instance.info() }
        });
        assert!(answer.is_ok() && (asked, traps.get(), made(&pool)) == (2, 1, 1));
        // If it stops again, it is the request, and nothing that stopped is left.
        let answer = pool.ask(&data, trapped, |_| Err::<(), _>(Failure::Trapped));
        assert!(answer == Err(Failure::Trapped) && (traps.get(), made(&pool)) == (3, 0));
        assert!(pool.ask(&data, trapped, Instance::info).is_ok() && made(&pool) == 1);
        // A request that is refused is no trap.
        let answer = pool.ask(&data, trapped, |instance| instance.evaluate(b"nothing"));
        assert!(answer == Err(Failure::Refused(-1)) && traps.get() == 3);
    }

    #[test]
    fn another_instance_is_made_while_all_are_busy() {
        let (pool, data) = pool();
        for _ in 0..3 {
            assert!(pool.ask(&data, || (), Instance::info).is_ok() && made(&pool) == 1);
        }
        let free = || pool.slots.iter().any(|slot| slot.0.try_lock().is_ok_and(|slot| slot.is_some()));
        std::thread::scope(|threads| {
            let busy = pool.ask(
                &data,
                || (),
                |instance| {
                    if pool.slots.len() > 1 {
                        threads.spawn(|| assert!(pool.ask(&data, || (), Instance::info).is_ok()));
                        while !free() {
                            std::thread::yield_now();
                        }
                    }
                    instance.info()
                },
            );
            assert!(busy.is_ok());
        });
        assert_eq!(made(&pool), pool.slots.len().min(2));
    }
}
