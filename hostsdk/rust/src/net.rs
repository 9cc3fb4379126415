//! The thread of a client's connections.

use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::wire::WireError;

/// Makes requests in a thread of its own. A server can keep that thread busy, by any number of interim answers that are read at once;
/// the clock of the thread that waits goes on.
///
/// Why: RATIONALE.md "Why do a Rust client's connections have another thread?"
pub(crate) struct Net(Result<Option<Runtime>, String>);

impl Net {
    /// Starts the thread. If that can't be, every request says why: what serves already goes on.
    pub(crate) fn new() -> Self {
        let threads = Builder::new_multi_thread().worker_threads(1).thread_name("gonfalon-net").enable_all().build();
        Net(threads.map(Some).map_err(|error| format!("a thread can't be started: {error}")))
    }

    /// Sends a request, and returns the answer, whose body is still to be read. A request that takes longer ends.
    pub(crate) async fn send(&self, request: RequestBuilder, within: Duration) -> Result<Response, WireError> {
        let threads = self.0.as_ref().map_err(WireError::new)?;
        let mut sent = JoinSet::new(); // which ends with this call
        if let Some(threads) = threads {
            sent.spawn_on(request.send(), threads.handle());
        }
        match timeout(within, sent.join_next()).await {
            Err(_) => Err(WireError::late("an answer", within)),
            Ok(Some(Ok(answer))) => Ok(answer?),
            Ok(_) => Err(WireError::new("the request has panicked")),
        }
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        if let Ok(Some(threads)) = self.0.as_mut().map(Option::take) {
            threads.shutdown_background(); // without waiting for a connection that is kept busy
        }
    }
}
