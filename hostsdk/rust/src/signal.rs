//! Wakes those that wait for something to become true, in threads and in tasks.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

#[derive(Default)]
pub(crate) struct Signal {
    /// How often it was stirred.
    stirs: Mutex<u64>,
    threads: Condvar,
    tasks: Notify,
}

impl Signal {
    /// Has everybody look again.
    pub(crate) fn stir(&self) {
        *self.lock() += 1;
        self.threads.notify_all();
        self.tasks.notify_waiters();
    }

    /// Blocks until it holds, or a time has passed (None: however long it takes). Returns whether it holds.
    pub(crate) fn wait(&self, timeout: Option<Duration>, holds: impl Fn() -> bool) -> bool {
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let seen = *self.lock();
            if holds() {
                return true;
            }
            let mut stirs = self.lock();
            while *stirs == seen {
                stirs = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                    None => self.threads.wait(stirs).unwrap_or_else(PoisonError::into_inner),
                    Some(Duration::ZERO) => return false,
                    Some(left) => self.threads.wait_timeout(stirs, left).unwrap_or_else(PoisonError::into_inner).0,
                };
            }
        }
    }

    /// Waits until it holds.
    pub(crate) async fn until(&self, holds: impl Fn() -> bool) {
        loop {
            let mut stirred = std::pin::pin!(self.tasks.notified());
            stirred.as_mut().enable();
            if holds() {
                return;
            }
            stirred.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.stirs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_stir_wakes_threads_and_tasks() {
        let signal = Arc::new((Signal::default(), AtomicBool::new(false)));
        let thread = std::thread::spawn({
            let signal = signal.clone();
            move || signal.0.wait(None, || signal.1.load(Ordering::SeqCst))
        });
        let task = std::thread::spawn({
            let signal = signal.clone();
            move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
                runtime.block_on(signal.0.until(|| signal.1.load(Ordering::SeqCst)));
            }
        });
        signal.0.stir();
        signal.1.store(true, Ordering::SeqCst);
        signal.0.stir();
        assert!(thread.join().expect("no panic"));
        task.join().expect("no panic");
        assert!(!signal.0.wait(Some(Duration::from_millis(1)), || false));
    }
}
