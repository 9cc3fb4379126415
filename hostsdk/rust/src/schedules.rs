//! Tells listeners when schedules open and close.

use std::sync::Arc;
use std::time::Duration;

use crate::changes::Schedules;
use crate::engine::{Engine, unix_micros};
use crate::store::Store;

/// Between two looks at the clock, which may be set, and stands still while a machine sleeps.
const LOOK: Duration = Duration::from_secs(60);

/// Tells each time at which a schedule opens or closes, as of a change of the flags that it decides, while anybody listens.
pub(crate) async fn tell_edges(store: Arc<Store>) {
    let mut following: Option<(Arc<Engine>, Schedules)> = None;
    let mut seen = 0; // edges up to here have been told, or were before anybody listened
    loop {
        let heard = store.status.heard_since();
        let serving = store.engine().clone();
        match (&following, heard, serving) {
            (Some((known, _)), Some(_), Some(engine)) if Arc::ptr_eq(known, &engine) => {}
            (_, Some(heard), Some(engine)) => {
                let schedules = Schedules::read(&engine.data);
                if following.is_none() {
                    seen = heard.max(engine.loaded_at);
                }
                following = Some((engine, schedules));
            }
            _ => following = None,
        }
        let mut wait = None;
        if let Some((_, schedules)) = &following {
            let now = unix_micros();
            // A clock that was set back makes schedules open and close again.
            let flags = schedules.passed(seen.min(now), seen.max(now));
            seen = now;
            if !flags.is_empty() {
                store.tell(flags);
            }
            wait = schedules.next(now).map(|edge| {
                let left = edge.saturating_sub(unix_micros()).max(0);
                Duration::from_micros(left as u64).min(LOOK)
            });
        }
        let known = following.as_ref().map(|(engine, _)| engine);
        let moved = store.status.signal.until(|| {
            let serving = store.status.heard_since().and_then(|_| store.engine().clone());
            serving.as_ref().map(Arc::as_ptr) != known.map(Arc::as_ptr)
        });
        match wait {
            None => moved.await,
            // Whichever comes first: it is looked at again.
            Some(wait) => drop(tokio::time::timeout(wait, moved).await),
        }
    }
}
